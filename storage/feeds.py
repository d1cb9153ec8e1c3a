"""Feeds and how they fare: what to ask with, what was answered, since when it fails and why."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlite_utils import Database

from attribution.model import Feed, Publisher, PublisherKind
from storage.db import Row, moment, row, rows, run, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is known of one feed's polls. `trouble` is a word such as "blocked", `trouble_text` a sentence; both None
    while it answers. `moved_seen` counts the polls in a row that were redirected for good to `moved_to`."""

    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    polled_at: datetime | None = None
    next_poll_at: datetime | None = None
    last_ok_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    trouble: str | None = None
    trouble_text: str | None = None
    newest_at: datetime | None = None
    seeded_at: datetime | None = None
    gaps: int = 0
    last_gap_at: datetime | None = None
    gone_at: datetime | None = None


ARCHIVE = "archive"  # the feed of what comes with the bot: no source that is polled, so no health to show
ADDED = "added-"  # how the ids of feeds begin that an operator added for everybody
REMOVED = "removed"  # why a feed is disabled that its workspace does not want any more
TIMES = ("polled_at", "next_poll_at", "last_ok_at", "failing_since", "newest_at", "seeded_at", "last_gap_at", "gone_at")
SET_STATE = ", ".join(f"{name} = :{name}" for name in FeedState.__slots__)


def put(db: Database, feeds: Iterable[tuple[Feed, str | None]]) -> None:
    """Adds feeds or renews what the catalogue says of them; each with the reason it is disabled, None if it is not.

    An address that is new in the catalogue forgets the old one's validators and redirects."""
    for feed, disabled in feeds:
        before = row(db, "select catalogue_url from feeds where id = :id", id=feed.id)
        if before is None:
            run(db, INSERT, **_values(feed, disabled))
        else:
            run(db, RENEW if before["catalogue_url"] == feed.url else READDRESS, **_values(feed, disabled))


def drop(db: Database, ids: Collection[str], why: str) -> int:
    """Polls feeds no more that are polled for everybody and whose ids are none of these, but for those that an operator
    added; how many."""
    sql = "select id from feeds where owner is null and disabled is null"
    gone = {found["id"] for found in rows(db, sql)} - set(ids)
    dropped = sorted(one for one in gone if not one.startswith(ADDED))
    for one in dropped:
        disable(db, one, why)
    return len(dropped)


def get(db: Database, feed_id: str) -> tuple[Feed, FeedState] | None:
    """A feed and its state, None if there is no such feed."""
    found = row(db, "select * from feeds where id = :id", id=feed_id)
    return (_feed(found), _state(found)) if found else None


def enabled(db: Database) -> list[str]:
    """The ids of the feeds that are polled."""
    sql = "select id from feeds where disabled is null and gone_at is null order by id"
    return [found["id"] for found in rows(db, sql)]


def due(db: Database, now: datetime) -> dict[str, str | None]:
    """The ids of the feeds whose time has come, longest waiting first, each with its owner, None for everybody's; never
    polled ones come first of all.

    One that was polled in the future was put off by a clock that was wrong then."""
    sql = """select id, owner from feeds
             where disabled is null and gone_at is null and (coalesce(next_poll_at, '') <= :now or polled_at > :now)
             order by coalesce(next_poll_at, ''), id"""
    return {found["id"]: found["owner"] for found in rows(db, sql, now=stamp(now))}


def health(db: Database) -> list[tuple[Feed, FeedState, str | None]]:
    """Every feed with its state and the reason it is disabled; the bundled archive is none."""
    found = rows(db, "select * from feeds where id <> :archive order by id", archive=ARCHIVE)
    return [(_feed(one), _state(one), one["disabled"]) for one in found]


def disable(db: Database, feed_id: str, why: str) -> None:
    """Polls a feed no more, for a reason that is shown with it."""
    run(db, "update feeds set disabled = :why where id = :id", id=feed_id, why=why)


def begin_again(db: Database, feed_id: str) -> None:
    """Polls a feed again as if it were new: what stands in it by now is learned in silence."""
    sql = """update feeds set disabled = null, seeded_at = null, next_poll_at = null, etag = null, last_modified = null,
             failing_since = null, failures = 0, trouble = null, trouble_text = null, gone_at = null where id = :id"""
    run(db, sql, id=feed_id)


def save_state(db: Database, feed_id: str, state: FeedState, url: str | None = None) -> None:
    """Writes down what a poll learned; `url`: the address the feed has moved to for good."""
    values = asdict(state) | {name: stamp(getattr(state, name)) for name in TIMES}
    # A poll that another one overtook must not take back that the feed has been seeded: its news would stay silent.
    values["seeded_at"] = stamp(state.seeded_at) or _seeded_at(db, feed_id)
    sql = f"update feeds set {SET_STATE}, url = coalesce(:url, url) where id = :id"  # noqa: S608 - our own column names
    run(db, sql, id=feed_id, url=url, **values)


def _seeded_at(db: Database, feed_id: str) -> str | None:
    found = row(db, "select seeded_at from feeds where id = :id", id=feed_id)
    return found["seeded_at"] if found else None


INSERT = """insert into feeds
    (id, url, catalogue_url, publisher, publisher_kind, speaker, language, owner, disabled) values
    (:id, :url, :url, :publisher, :publisher_kind, :speaker, :language, :owner, :disabled)"""
RENEW = """update feeds set publisher = :publisher, publisher_kind = :publisher_kind, speaker = :speaker,
    language = :language, owner = :owner, disabled = :disabled where id = :id"""
READDRESS = """update feeds set publisher = :publisher, publisher_kind = :publisher_kind, speaker = :speaker,
    language = :language, owner = :owner, disabled = :disabled, url = :url, catalogue_url = :url,
    gone_at = null, etag = null, last_modified = null, moved_to = null, moved_seen = 0 where id = :id"""


def _values(feed: Feed, disabled: str | None) -> Row:
    return {
        "id": feed.id,
        "url": feed.url,
        "publisher": feed.publisher.name,
        "publisher_kind": feed.publisher.kind,
        "speaker": feed.publisher.speaker,
        "language": feed.language,
        "owner": feed.owner,
        "disabled": disabled,
    }


def _feed(found: Row) -> Feed:
    return Feed(
        id=found["id"], publisher=publisher(found), url=found["url"], language=found["language"], owner=found["owner"]
    )


def publisher(found: Row) -> Publisher:
    """The publisher of a feed's or a post's row."""
    return Publisher(name=found["publisher"], kind=PublisherKind(found["publisher_kind"]), speaker=found["speaker"])


def _state(found: Row) -> FeedState:
    values: Row = {name: moment(found[name]) if name in TIMES else found[name] for name in FeedState.__slots__}
    return FeedState(**values)
