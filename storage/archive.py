"""The bundled archive in the tables: its claims, each beside a post that no feed brought, by the archive's keys."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlite_utils import Database

from attribution.announce import Heard
from attribution.archive import Part
from attribution.cases import case_id
from attribution.identity import Window
from attribution.model import Claim, Feed, Post, Publisher
from attribution.plain import claim_from_plain
from attribution.query import search_text
from storage import claims, feeds, posts
from storage.claims import Stored
from storage.db import Row, moment, row, rows, run, stamp

FEED = Feed(id=feeds.ARCHIVE, publisher=Publisher(name="Archive of public attributions"), url="")
BUNDLED = "comes with the bot, nothing to poll"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A claim of the archive as it is stored, with its post and its case. `search`: what text terms find it by."""

    id: int
    claim: Claim
    search: str
    post: int
    url: str
    title: str
    published_at: datetime | None
    publisher: Publisher
    case: str
    withdrawn: bool


def edition(db: Database) -> str | None:
    """What was loaded last, as `finish` noted it; None if nothing was."""
    found = row(db, "select etag from feeds where id = :id", id=FEED.id)
    return found["etag"] if found else None


def begin(db: Database) -> None:
    """Makes the feed that the archive's posts stand under; it is never polled."""
    feeds.put(db, [(FEED, BUNDLED)])


def finish(db: Database, loaded: str) -> None:
    """Notes what has been loaded."""
    run(db, "update feeds set etag = :loaded where id = :id", loaded=loaded, id=FEED.id)


def kept(db: Database) -> dict[str, Kept]:
    """The archive's claims by key, the withdrawn ones among them."""
    sql = """select p.guid, p.url, p.title, p.published_at, p.publisher, p.publisher_kind, p.speaker, c.id, c.post,
             c.claim, c.search, c.case_id, c.withdrawn_at
             from posts p join claims c on c.post = p.id where p.feed = :feed order by c.id"""
    return {found["guid"]: _kept(found) for found in rows(db, sql, feed=FEED.id)}


def says(was: Kept, part: Part) -> bool:
    """Whether all that is stored of a claim is what the archive says now."""
    post = _post(part)
    stored = (was.claim, was.search, was.url, was.title, was.published_at, was.publisher)
    now = (part.claim, search_text(part.claim, post.title), post.url, post.title, post.published_at, post.publisher)
    return stored == now


def add(db: Database, part: Part, case: str, now: datetime) -> None:
    """Stores a claim of the archive under a case, as one that was there before the bot."""
    post = _post(part)
    # Several records may share an address: the key tells them apart.
    body = Window(urls=frozenset({post.url}), shared_urls=frozenset({post.url}), shared_ids=frozenset())
    number = posts.add(db, post, body, now, None, seeded=True)
    assert number is not None, "a key of the archive is stored once"
    claims.add(db, part.claim, Stored(post=number, title=post.title, case=case, heard=Heard.SEEDED), now)


def amend(db: Database, was: Kept, part: Part) -> None:
    """Replaces a stored claim of the archive by what the archive says now."""
    sql = """update posts set url = :url, title = :title, published_at = :on, publisher = :name,
             publisher_kind = :kind, speaker = :speaker where id = :post"""
    post, publisher = _post(part), part.publisher
    about = {"name": publisher.name, "kind": publisher.kind, "speaker": publisher.speaker}
    run(db, sql, post=was.post, url=post.url, title=post.title, on=stamp(post.published_at), **about)
    claims.amend(db, was.id, part.claim, post.title)


def live_cases(db: Database) -> dict[str, str]:
    """The cases of the well-known operations that live claims are about; of several the oldest claim's."""
    sql = """select case_id, trace from claims where case_id is not null and origin = 'live' and withdrawn_at is null
             and owner is null and instr(trace, '"operations": ["') > 0 order by id desc"""
    found = ((r["case_id"], json.loads(r["trace"])["operations"]) for r in rows(db, sql))
    return {operations[0]: case for case, operations in found if len(operations) == 1}


def open_case(db: Database, part: Part) -> str:
    """Opens a case as of the day of its first claim: under the archive's id, or the year's next where that is taken."""
    year, number = map(int, part.case.split("-"))
    if row(db, "select 1 from cases where year = :year and number = :number", year=year, number=number):
        last = row(db, "select max(number) as number from cases where year = :year", year=year)
        number = (last["number"] if last else 0) + 1
    opened = case_id(year, number)
    sql = "insert into cases (id, year, number, opened_at) values (:id, :year, :number, :at)"
    run(db, sql, id=opened, year=year, number=number, at=stamp(_post(part).published_at))
    return opened


def _kept(found: Row) -> Kept:
    return Kept(
        id=found["id"],
        claim=claim_from_plain(json.loads(found["claim"])),
        search=found["search"],
        post=found["post"],
        url=found["url"],
        title=found["title"],
        published_at=moment(found["published_at"]),
        publisher=feeds.publisher(found),
        case=found["case_id"],
        withdrawn=found["withdrawn_at"] is not None,
    )


def _post(part: Part) -> Post:
    """The post that stands for a record's source: what is known of it is the fact, so that is its title."""
    day = part.claim.made_on
    assert day is not None, "every record has a date"
    return Post(
        feed=FEED.id,
        url=part.source,
        guid=part.key,
        title=part.claim.quote,
        text="",
        published_at=datetime.combine(day.day, time(), UTC),
        language="en",
        publisher=part.publisher,
    )
