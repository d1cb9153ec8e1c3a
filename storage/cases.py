"""Cases: one operation each, with a short id people can cite, and what is known of it."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlite_utils import Database

from attribution.announce import CASE, DENIAL, WITHDRAWAL
from attribution.cases import Known, Told, case_id, choose, fold, news, opens, stronger, trace, window
from attribution.likeness import Trace
from attribution.model import Claim, Role
from attribution.plain import claim_from_plain
from attribution.traces import trace_as_plain, trace_from_plain
from attribution.view import CaseView
from storage.claims import statements
from storage.db import Row, instant, row, rows, run, stamp

LEAD = 1500  # characters of a post's text that say which operation it is about
TOLD = """
    select c.id, c.claim, c.made_first, p.title, substr(p.text, 1, :lead) as text, p.published_at
    from claims c join posts p on p.id = c.post
    where c.case_id = :case and c.withdrawn_at is null and c.owner is null
    order by c.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Where a claim went: its case, what it added (`cases.news`, or one of attribution.announce's words), whether its
    kind is stronger than any the case had, and its trace."""

    case: str
    added: frozenset[str]
    stronger: bool
    trace: Trace


def known(db: Database, around: date) -> list[Known]:
    """The cases near enough in time to be compared with what was said on a day."""
    first, last = window(around)
    sql = """select case_id, trace from claims
             where case_id is not null and withdrawn_at is null and made_last >= :first and made_first <= :last"""
    traces: dict[str, set[Trace]] = {}
    for found in rows(db, sql, first=first.isoformat(), last=last.isoformat()):
        traces.setdefault(found["case_id"], set()).add(_trace(found["trace"]))
    return [Known(id=case, traces=frozenset(each)) for case, each in traces.items()]


@lru_cache(maxsize=4096)  # a poll that brings many claims compares each with the same ones
def _trace(stored: str) -> Trace:
    return trace_from_plain(json.loads(stored))


def resolve(db: Database, case: str) -> str | None:
    """The case an id means now: itself, or what it was merged into; None if there is none."""
    while found := row(db, "select merged_into from cases where id = :id", id=case):
        if found["merged_into"] is None:
            return case
        case = found["merged_into"]
    return None


def join(db: Database, told: Told, now: datetime) -> Joined | None:
    """The case a claim belongs to, opened if there is none; None for a denial of what nobody here has claimed."""
    so_far = {one.id: one for one in known(db, told.said_on)}
    chosen = choose(told, so_far.values())
    if chosen is not None:
        before = so_far[chosen]
        added, more = _added(before, told.claim), stronger(before, told.claim)
        return Joined(case=chosen, added=added, stronger=more, trace=trace(told))
    if not opens(told.claim):
        return None
    opened = _open(db, told.said_on.year, now)
    return Joined(case=opened, added=frozenset({CASE}), stronger=False, trace=trace(told))


def retell(db: Database, case: str) -> None:
    """Works out anew the traces of a case's claims and which of them are news, after they changed."""
    so_far: Known | None = None
    for found in rows(db, TOLD, case=case, lead=LEAD):
        told = _told(found)
        added = _added(so_far, told.claim) if so_far else frozenset({CASE})
        run(
            db,
            "update claims set news = :news, trace = :trace where id = :id",
            id=found["id"],
            news=",".join(sorted(added)),
            trace=json.dumps(trace_as_plain(trace(told)), ensure_ascii=False),
        )
        so_far = fold(so_far, told, case)


def view(db: Database, case: str) -> CaseView:
    """A case as a card shows it."""
    sql = (
        "select count(distinct post) as n from claims where case_id = :case and owner is null and withdrawn_at is null"
    )
    counted = row(db, sql, case=case)
    return CaseView(id=case, statements=tuple(statements(db, case)), sources=counted["n"] if counted else 0)


def opened(db: Database, since: datetime) -> dict[str, datetime]:
    """The cases opened at a time or after it, with when."""
    found = rows(db, "select id, opened_at from cases where opened_at >= :since", since=stamp(since))
    return {r["id"]: instant(r["opened_at"]) for r in found}


def claim_ids(db: Database, case: str) -> list[int]:
    """The ids of a case's claims, the withdrawn ones left out."""
    sql = "select id from claims where case_id = :case and withdrawn_at is null order by id"
    return [found["id"] for found in rows(db, sql, case=case)]


def merge(db: Database, case: str, into: str) -> None:
    """Makes one case of two: the claims move, the old id leads to the new one."""
    run(db, "update claims set case_id = :into where case_id = :case", case=case, into=into)
    run(db, "update cases set merged_into = :into where id = :case", case=case, into=into)
    retell(db, into)


def split(db: Database, case: str, claim_ids: list[int], now: datetime) -> str:
    """Moves claims of a case into a new one; its id."""
    marks = ", ".join(str(int(one)) for one in claim_ids)
    moving = [found for found in rows(db, TOLD, case=case, lead=LEAD) if found["id"] in claim_ids]
    opened = _open(db, _told(moving[0]).said_on.year, now)
    run(db, f"update claims set case_id = :opened where id in ({marks})", opened=opened)  # noqa: S608 - whole numbers
    retell(db, opened)
    retell(db, case)
    return opened


def _added(before: Known, claim: Claim) -> frozenset[str]:
    said = {Role.DENIES: DENIAL, Role.WITHDRAWS: WITHDRAWAL}.get(claim.role)
    return frozenset({said}) if said else news(before, claim)


def _told(found: Row) -> Told:
    said_on = found["made_first"] or found["published_at"][:10]
    claim = claim_from_plain(json.loads(found["claim"]))
    return Told(claim=claim, title=found["title"], text=found["text"], said_on=date.fromisoformat(said_on))


def _open(db: Database, year: int, now: datetime) -> str:
    last = row(db, "select coalesce(max(number), 0) as number from cases where year = :year", year=year)
    number = (last["number"] if last else 0) + 1
    sql = "insert into cases (id, year, number, opened_at) values (:id, :year, :number, :now)"
    opened = case_id(year, number)
    run(db, sql, id=opened, year=year, number=number, now=stamp(now))
    return opened
