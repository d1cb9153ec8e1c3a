"""Claims, who takes part in them, and the questions asked of them."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from attribution.announce import Heard
from attribution.likeness import Trace
from attribution.model import Analytic, Claim, Found, Likelihood, Standing
from attribution.plain import claim_as_plain, claim_from_plain
from attribution.query import Query, parties, rank, search_text, span
from attribution.traces import trace_as_plain
from storage.db import Row, instant, moment, row, rows, run, stamp
from storage.feeds import publisher

TRIGRAM = 3  # characters: what is shorter is not in the index, so it is scanned for
FOUND = """
    select c.id, c.claim, c.case_id, c.recorded_at, c.withdrawn_at, c.owner,
           p.title, p.url, p.headline_only, p.publisher, p.publisher_kind, p.speaker
    from claims c join posts p on p.id = c.post"""
VISIBLE = "(c.owner is null or c.owner = :viewer)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is stored beside a claim: its post and case, how it was heard, what it added to the case, and what later
    claims are compared with."""

    post: int
    title: str
    case: str | None = None
    owner: str | None = None
    heard: Heard = Heard.FRESH
    news: frozenset[str] = frozenset()
    trace: Trace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A claim of a case with its post. `news`: it added something to the case when it came; `read_at`, `edited_at`:
    when the post was first read and last seen to change; `words`: SHA-256 of the title, a line break and the text as
    they were read."""

    found: Found
    news: bool
    withdrawn_why: str | None
    read_at: datetime
    edited_at: datetime | None
    words: str


def add(db: Database, claim: Claim, stored: Stored, now: datetime) -> int:
    """Stores a claim of a post under its case; its id."""
    sql = """
        insert into claims (post, case_id, recorded_at, owner, heard, news, trace,
            standing, origin, role, tie, kind, likelihood, analytic, made_first, made_last, accused, accusers,
            claim, search)
        values (:post, :case, :now, :owner, :heard, :news, :trace,
            :standing, :origin, :role, :tie, :kind, :likelihood, :analytic, :made_first, :made_last, :accused,
            :accusers, :claim, :search)
        returning id"""
    where = {"post": stored.post, "case": stored.case, "owner": stored.owner, "heard": stored.heard}
    values = _values(claim, stored.title)
    trace = json.dumps(trace_as_plain(stored.trace), ensure_ascii=False) if stored.trace else None
    found = row(db, sql, news=",".join(sorted(stored.news)), trace=trace, now=stamp(now), **where, **values)
    assert found is not None, "an insert that returns gives a row"
    _put_parties(db, found["id"], claim)
    return int(found["id"])


def amend(db: Database, claim_id: int, claim: Claim, title: str) -> None:
    """Replaces a claim by what its post says now."""
    sql = """update claims set standing = :standing, origin = :origin, role = :role, tie = :tie, kind = :kind,
             likelihood = :likelihood, analytic = :analytic, made_first = :made_first, made_last = :made_last,
             accused = :accused, accusers = :accusers, claim = :claim, search = :search,
             withdrawn_at = null, withdrawn_why = null where id = :id"""
    run(db, sql, id=claim_id, **_values(claim, title))
    run(db, "delete from parties where claim = :id", id=claim_id)
    _put_parties(db, claim_id, claim)


def withdraw(db: Database, claim_id: int, now: datetime, why: str) -> None:
    """Marks a claim that its post no longer carries; it stays findable, marked."""
    run(
        db,
        "update claims set withdrawn_at = :now, withdrawn_why = :why where id = :id",
        id=claim_id,
        now=stamp(now),
        why=why,
    )


def case_of(db: Database, claim_id: int) -> str | None:
    """The case a claim is under."""
    found = row(db, "select case_id from claims where id = :id", id=claim_id)
    return found["case_id"] if found else None


def stands(db: Database, claim_id: int, case: str) -> bool:
    """Whether a shared claim is under a case and not withdrawn."""
    sql = "select 1 from claims where id = :id and case_id = :case and withdrawn_at is null and owner is null"
    return row(db, sql, id=claim_id, case=case) is not None


def of_post(db: Database, post: int) -> tuple[dict[int, Claim], set[int]]:
    """A post's claims by id, and which of them are withdrawn."""
    found = rows(db, "select id, claim, withdrawn_at from claims where post = :post order by id", post=post)
    withdrawn = {r["id"] for r in found if r["withdrawn_at"]}
    return {r["id"]: claim_from_plain(json.loads(r["claim"])) for r in found}, withdrawn


def get(db: Database, claim_ids: Iterable[int]) -> list[Found]:
    """Claims by their ids, in the order of recording."""
    marks = ", ".join(str(int(one)) for one in claim_ids)
    return [_found(r) for r in rows(db, f"{FOUND} where c.id in ({marks}) order by c.id")]


def of_case(db: Database, case: str) -> list[Found]:
    """All shared claims of a case, oldest first, withdrawn and repeated ones among them."""
    return [
        _found(r) for r in rows(db, f"{FOUND} where c.case_id = :case and c.owner is null order by c.id", case=case)
    ]


def statements(db: Database, case: str) -> list[Found]:
    """The shared claims that were news to a case when they came, oldest first, the withdrawn ones among them."""
    sql = f"{FOUND} where c.case_id = :case and c.owner is null and c.news <> '' order by c.id"
    return [_found(r) for r in rows(db, sql, case=case)]


def sourced(db: Database, case: str, *, viewer: str | None = None) -> list[Sourced]:
    """Every claim of a case that a tenant may see, oldest first, with when its post was read and in which words."""
    sql = f"""
        select c.id, c.claim, c.case_id, c.recorded_at, c.withdrawn_at, c.withdrawn_why, c.owner, c.news,
               p.title, p.url, p.headline_only, p.publisher, p.publisher_kind, p.speaker,
               p.text, p.first_seen_at, p.edited_at
        from claims c join posts p on p.id = c.post
        where c.case_id = :case and {VISIBLE} order by c.id"""  # noqa: S608 - a constant
    return [_sourced(r) for r in rows(db, sql, case=case, viewer=viewer)]


def recorded(db: Database, after: int, heard: Heard) -> list[Found]:
    """The shared attributions that were heard so and were news, recorded after one claim id, oldest first."""
    sql = f"""{FOUND} where c.id > :after and c.heard = :heard and c.owner is null and c.news <> ''
              and c.standing = 'attribution' order by c.id"""
    return [_found(r) for r in rows(db, sql, after=after, heard=heard)]


def recorded_between(db: Database, since: datetime, until: datetime, heard: Heard) -> list[Found]:
    """As `recorded`, from one time to before another."""
    sql = f"""{FOUND} where c.recorded_at >= :since and c.recorded_at < :until and c.heard = :heard
              and c.owner is null and c.news <> '' and c.standing = 'attribution' order by c.id"""
    return [_found(r) for r in rows(db, sql, since=stamp(since), until=stamp(until), heard=heard)]


def newest(db: Database) -> int:
    """The id of the claim recorded last, 0 without any."""
    found = row(db, "select coalesce(max(id), 0) as id from claims")
    return int(found["id"]) if found else 0


def find(
    db: Database, query: Query, *, viewer: str | None = None, limit: int | None = None, offset: int = 0
) -> list[Found]:
    """The claims that answer a question, newest first; `viewer`: the tenant that asks, None sees shared claims only."""
    where, values = conditions(query, viewer)
    order = "order by c.made_first desc nulls last, c.id desc"
    page = "limit :limit offset :offset" if limit is not None else ""
    if limit is not None:
        values |= {"limit": limit, "offset": offset}
    return [_found(r) for r in rows(db, f"{FOUND} where {where} {order} {page}", **values)]


def each(db: Database, query: Query, *, viewer: str | None = None) -> Iterator[Found]:
    """As `find`, all of them, oldest record first and one at a time: there may be more than memory holds."""
    where, values = conditions(query, viewer)
    yield from (_found(r) for r in db.query(f"{FOUND} where {where} order by c.id", values))


def count(db: Database, query: Query, *, viewer: str | None = None) -> int:
    """How many claims answer a question."""
    where, values = conditions(query, viewer)
    found = row(db, f"select count(*) as n from claims c where {where}", **values)  # noqa: S608 - placeholders only
    return int(found["n"]) if found else 0


def conditions(query: Query, viewer: str | None) -> tuple[str, Row]:
    """What the claims `c` that answer a question and that a tenant may see fulfil, as SQL and its values."""
    values: Row = {"viewer": viewer}
    return " and ".join([VISIBLE, *_conditions(query, values)]), values


def _conditions(query: Query, values: Row) -> Iterator[str]:
    if not query.mentions:
        values["standing"] = Standing.ATTRIBUTION
        yield "c.standing = :standing"
    for field in ("accused", "by", "victim", "actor"):
        if wanted := getattr(query, field):
            names = _marks(field, wanted, values)
            yield f"c.id in (select claim from parties where field = '{field}' and name in ({names}))"  # noqa: S608
    if query.kind:
        yield f"c.kind in ({_marks('kind', query.kind, values)})"
    yield from _thresholds(query, values)
    for number, term in enumerate(query.text):
        yield _holds(term, f"text{number}", values)


def _thresholds(query: Query, values: Row) -> Iterator[str]:
    # The scales start with the strongest, so "at least so sure" is a rank no greater.
    asked = {
        "confidence": (query.confidence and rank(Likelihood, query.confidence), "c.likelihood <= :confidence"),
        "analytic": (query.analytic and rank(Analytic, query.analytic), "c.analytic <= :analytic"),
        "since": (query.since and query.since.isoformat(), "c.made_last >= :since"),
        "until": (query.until and query.until.isoformat(), "c.made_first <= :until"),
        "case": (query.case, "c.case_id = :case"),
    }
    for name, (value, condition) in asked.items():
        if value is not None:
            values[name] = value
            yield condition


def _marks(name: str, wanted: Iterable[Any], values: Row) -> str:
    marks = {f"{name}{number}": one for number, one in enumerate(sorted(wanted))}
    values.update(marks)
    return ", ".join(f":{mark}" for mark in marks)


def _holds(term: str, mark: str, values: Row) -> str:
    values[mark] = term
    scan = f"instr(c.search, :{mark}) > 0"
    if len(term) < TRIGRAM:
        return scan
    values[f"{mark}_match"] = '"' + term.replace('"', '""') + '"'
    return f"c.id in (select rowid from claims_text where claims_text match :{mark}_match) and {scan}"  # noqa: S608


def _values(claim: Claim, title: str) -> Row:
    first, last = span(claim.made_on) if claim.made_on else (None, None)
    return {
        "standing": claim.standing,
        "origin": claim.origin,
        "role": claim.role,
        "tie": claim.tie,
        "kind": claim.kind,
        "likelihood": rank(Likelihood, claim.confidence.likelihood),
        "analytic": claim.confidence.analytic and rank(Analytic, claim.confidence.analytic),
        "made_first": first and first.isoformat(),
        "made_last": last and last.isoformat(),
        "accused": ",".join(sorted(claim.accused)),
        "accusers": ",".join(sorted(claim.attributed_by)),
        "claim": json.dumps(claim_as_plain(claim), ensure_ascii=False),
        "search": search_text(claim, title),
    }


def _put_parties(db: Database, claim_id: int, claim: Claim) -> None:
    # Who backs an accuser is found as `by`, too; to count accusers takes a field of their own.
    for field, names in (parties(claim) | {"accuser": claim.attributed_by}).items():
        for name in sorted(names):
            run(
                db,
                "insert into parties (claim, field, name) values (:claim, :field, :name)",
                claim=claim_id,
                field=field,
                name=name,
            )


def _found(r: Row) -> Found:
    return Found(
        id=r["id"],
        claim=claim_from_plain(json.loads(r["claim"])),
        case=r["case_id"],
        title=r["title"],
        url=r["url"],
        publisher=publisher(r),
        recorded_at=instant(r["recorded_at"]),
        withdrawn_at=moment(r["withdrawn_at"]),
        headline_only=bool(r["headline_only"]),
        owner=r["owner"],
    )


def _sourced(r: Row) -> Sourced:
    return Sourced(
        found=_found(r),
        news=bool(r["news"]),
        withdrawn_why=r["withdrawn_why"],
        read_at=instant(r["first_seen_at"]),
        edited_at=moment(r["edited_at"]),
        words=hashlib.sha256(f"{r['title']}\n{r['text']}".encode("utf-8", "replace")).hexdigest(),
    )
