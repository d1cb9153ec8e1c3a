"""What has been said of feeds that ail, and what there is to judge them by."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from storage.db import Row, instant, moment, rows, run, stamp

PUBLISHED = 60  # of a feed's last posts: more days than anybody counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A feed that is to be polled: how that goes, when its last posts were published, and what was said of it, each
    word with a time."""

    id: str
    owner: str | None
    polled_at: datetime | None
    failing_since: datetime | None
    gone_at: datetime | None
    last_gap_at: datetime | None
    trouble_text: str | None
    published: tuple[datetime, ...]
    said: Mapping[str, datetime]


def every(db: Database) -> list[Polled]:
    """The feeds that are to be polled, those that are gone among them."""
    return [_polled(db, found) for found in rows(db, "select * from feeds where disabled is null order by id")]


def note(db: Database, feed_id: str, said: Mapping[str, datetime]) -> None:
    """Writes down what has been said of a feed."""
    text = json.dumps({word: stamp(at) for word, at in said.items()}) if said else None
    run(db, "update feeds set said = :said where id = :id", id=feed_id, said=text)


def tenant_of(db: Database, channel: str) -> str | None:
    """The workspace that a channel is of, where it is known; None where it is not, or not sure."""
    found = rows(db, "select tenant from channels where id = :channel", channel=channel)
    return found[0]["tenant"] if len(found) == 1 else None


def _polled(db: Database, found: Row) -> Polled:
    said = json.loads(found["said"]) if found["said"] else {}
    return Polled(
        id=found["id"],
        owner=found["owner"],
        polled_at=moment(found["polled_at"]),
        failing_since=moment(found["failing_since"]),
        gone_at=moment(found["gone_at"]),
        last_gap_at=moment(found["last_gap_at"]),
        trouble_text=found["trouble_text"],
        published=_published(db, found["id"]),
        said={word: instant(at) for word, at in said.items()},
    )


def _published(db: Database, feed_id: str) -> tuple[datetime, ...]:
    sql = """select p.published_at from sightings s join posts p on p.id = s.post
             where s.feed = :feed and p.published_at is not null order by p.published_at desc limit :most"""
    return tuple(instant(found["published_at"]) for found in rows(db, sql, feed=feed_id, most=PUBLISHED))
