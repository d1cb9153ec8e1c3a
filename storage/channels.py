"""A tenant's channels and what each has subscribed to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import groupby

from sqlite_utils import Database

from attribution.query import Query, parse, written
from storage.cards import OPEN
from storage.db import Row, instant, moment, row, rows, run, stamp

REMEMBERED = 4096  # questions that were read once, of all channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel. `digest_day`: 1 (Monday) to 7, None for no digest; `digest_time`: on the wall clock of `zone`;
    `digest_week`: the ISO week of its last digest, `digest_at`: when that was; `digest_mark`: the last claim that a
    digest of it covered; `try_at`: when a paused one is tried again, None for not by itself."""

    tenant: str
    id: str
    threads: bool = True
    digest_day: int | None = None
    digest_time: time = time(9)
    zone: str = "UTC"
    digest_week: str | None = None
    digest_at: datetime | None = None
    digest_mark: int = 0
    created_at: datetime
    paused_at: datetime | None = None
    paused_why: str | None = None
    try_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a channel wants to hear of."""

    tenant: str
    channel: str
    query: Query
    created_by: str
    created_at: datetime


def put(db: Database, channel: Channel) -> None:
    """Adds a channel or changes its settings; what a digest covered and whether it is paused stay as they are."""
    sql = """
        insert into channels (tenant, id, threads, digest_day, digest_time, zone, digest_mark, created_at)
        values (:tenant, :id, :threads, :digest_day, :digest_time, :zone, :digest_mark, :created_at)
        on conflict (tenant, id) do update set
            threads = :threads, digest_day = :digest_day, digest_time = :digest_time, zone = :zone"""
    run(
        db,
        sql,
        tenant=channel.tenant,
        id=channel.id,
        threads=int(channel.threads),
        digest_day=channel.digest_day,
        digest_time=channel.digest_time.isoformat("minutes"),
        zone=channel.zone,
        digest_mark=channel.digest_mark,
        created_at=stamp(channel.created_at),
    )


def get(db: Database, tenant: str, channel: str) -> Channel | None:
    """One channel, None if there is none."""
    found = row(db, "select * from channels where tenant = :tenant and id = :id", tenant=tenant, id=channel)
    return _channel(found) if found else None


def every(db: Database) -> list[Channel]:
    """All channels of all tenants."""
    return [_channel(found) for found in rows(db, "select * from channels order by tenant, id")]


def pause(db: Database, tenant: str, channel: str, now: datetime, why: str, try_at: datetime | None = None) -> bool:
    """Sends nothing more to a channel but one message at `try_at`; whether there is such a channel. One that is paused
    already stays paused since then."""
    sql = """update channels set paused_at = coalesce(paused_at, :now), paused_why = :why, try_at = :try_at
             where tenant = :tenant and id = :id"""
    return run(db, sql, tenant=tenant, id=channel, now=stamp(now), why=why, try_at=stamp(try_at)) == 1


def suspend(db: Database, tenant: str, now: datetime, why: str, try_at: datetime | None = None) -> None:
    """As `pause`, any channel of a tenant; one that is paused already keeps its own reason."""
    sql = """update channels set paused_at = coalesce(paused_at, :now), paused_why = coalesce(paused_why, :why),
             try_at = :try_at where tenant = :tenant"""
    run(db, sql, tenant=tenant, now=stamp(now), why=why, try_at=stamp(try_at))


def try_now(db: Database, tenant: str, channel: str, now: datetime) -> None:
    """Lets a paused channel be tried at once; whether it is resumed shows when a message arrives."""
    sql = "update channels set try_at = :now where tenant = :tenant and id = :id and paused_at is not null"
    run(db, sql, tenant=tenant, id=channel, now=stamp(now))


def resume(db: Database, tenant: str, channel: str | None = None) -> None:
    """Sends to a channel again; without one, to all of a tenant's."""
    sql = """update channels set paused_at = null, paused_why = null, try_at = null
             where tenant = :tenant and id = coalesce(:id, id) and paused_at is not null"""
    run(db, sql, tenant=tenant, id=channel)


def covered(db: Database, channel: Channel, week: str, mark: int, now: datetime) -> None:
    """Notes that the digest of an ISO week, of `now`, covered the claims up to `mark`."""
    sql = """update channels set digest_week = :week, digest_mark = :mark, digest_at = :now
             where tenant = :tenant and id = :id"""
    run(db, sql, tenant=channel.tenant, id=channel.id, week=week, mark=mark, now=stamp(now))


def subscribe(db: Database, one: Subscription) -> bool:
    """Adds a subscription; whether it is a new one."""
    sql = """insert into subscriptions (tenant, channel, query, created_by, created_at)
             values (:tenant, :channel, :query, :by, :now) on conflict do nothing"""
    values = {"tenant": one.tenant, "channel": one.channel, "query": written(one.query), "by": one.created_by}
    return run(db, sql, now=stamp(one.created_at), **values) == 1


def unsubscribe(db: Database, tenant: str, channel: str, query: Query) -> bool:
    """Takes a subscription back; whether there was one."""
    sql = "delete from subscriptions where tenant = :tenant and channel = :channel and query = :query"
    return run(db, sql, tenant=tenant, channel=channel, query=written(query)) == 1


def subscriptions(db: Database, tenant: str, channel: str) -> list[Subscription]:
    """What a channel has subscribed to, in the order of asking."""
    sql = "select * from subscriptions where tenant = :tenant and channel = :channel order by created_at, query"
    return [_subscription(found) for found in rows(db, sql, tenant=tenant, channel=channel)]


def listeners(db: Database) -> Iterator[tuple[Channel, tuple[Query, ...]]]:
    """Each channel that asked for something, or has an open card to be kept up to date, with its queries; a paused
    one, too: it hears what came when it is resumed."""
    # One query for all: it is asked inside the transaction that stores a post.
    sql = """select channels.*, subscriptions.query from channels
             left join subscriptions on subscriptions.tenant = channels.tenant and subscriptions.channel = channels.id
             where subscriptions.query is not null or exists (
                 select 1 from cards where cards.tenant = channels.tenant and cards.channel = channels.id
                     and cards.state = :open)
             order by channels.tenant, channels.id, subscriptions.created_at, subscriptions.query"""
    for _, told in groupby(rows(db, sql, open=OPEN), key=lambda found: (found["tenant"], found["id"])):
        one, *more = told
        yield _channel(one), tuple(_asked(found["query"]) for found in (one, *more) if found["query"] is not None)


@lru_cache(maxsize=REMEMBERED)
def _asked(text: str) -> Query:
    """A stored question. A written query names its dates: it is read the same on any day."""
    return parse(text, date.min)


def _channel(found: Row) -> Channel:
    return Channel(
        tenant=found["tenant"],
        id=found["id"],
        threads=bool(found["threads"]),
        digest_day=found["digest_day"],
        digest_time=time.fromisoformat(found["digest_time"]),
        zone=found["zone"],
        digest_week=found["digest_week"],
        digest_at=moment(found["digest_at"]),
        digest_mark=found["digest_mark"],
        created_at=instant(found["created_at"]),
        paused_at=moment(found["paused_at"]),
        paused_why=found["paused_why"],
        try_at=moment(found["try_at"]),
    )


def _subscription(found: Row) -> Subscription:
    return Subscription(
        tenant=found["tenant"],
        channel=found["channel"],
        query=_asked(found["query"]),
        created_by=found["created_by"],
        created_at=instant(found["created_at"]),
    )
