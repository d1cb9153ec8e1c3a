"""How the work goes, over all tenants: who is at it, what waits since when, and how late an alert came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from storage import leases, outbox
from storage.db import Row, instant, moment, row, rows, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """`holder`: who is at work; `polled_at`: the last poll of any feed; `poll_due_at`: since when the feed waits that
    has waited longest; `messages`: how many are in each state of the outbox; `oldest_at`: since when the longest
    waiting message is queued; `send_due_at`: since when one could have been sent that nothing stands in the way of;
    `well`, `failing`, `gone`: how many of the feeds that are read answer, fail, and are there no more.

    `poll_due_at` and these counts are of the feeds for everybody: a workspace's own wait for each other, and may all be
    dead, which is nothing to wake an operator for."""

    holder: str | None
    polled_at: datetime | None
    poll_due_at: datetime | None
    messages: Mapping[str, int]
    oldest_at: datetime | None
    send_due_at: datetime | None
    well: int
    failing: int
    gone: int


def read(db: Database, lease: str, now: datetime, only: str | None = None) -> Vitals:
    """How the work goes now; `lease`: the worker's; `only`: the one tenant whose messages can be sent here."""
    fares = _feeds(db, now)
    return Vitals(
        holder=leases.holder(db, lease, now),
        polled_at=moment(fares["polled_at"]),
        poll_due_at=moment(fares["due_at"]),
        messages=outbox.depth(db),
        oldest_at=outbox.oldest(db),
        send_due_at=_send_due_at(db, now, only),
        well=fares["well"],
        failing=fares["failing"],
        gone=fares["gone"],
    )


def published_at(db: Database, tenant: str, channel: str, case: str, number: int) -> datetime | None:
    """When the post was published that opened a card; None where that is not known."""
    sql = """select p.published_at from cards k join claims c on c.id = k.opened_by join posts p on p.id = c.post
             where k.tenant = :tenant and k.channel = :channel and k.case_id = :case and k.number = :number"""
    found = row(db, sql, tenant=tenant, channel=channel, case=case, number=number)
    return moment(found["published_at"]) if found else None


def lags(db: Database, since: datetime) -> list[timedelta]:
    """How long after its post's publication each card arrived that was sent since a time."""
    sql = """select p.published_at, o.taken_at from outbox o
             join cards k on k.tenant = o.tenant and k.channel = o.channel
                 and k.case_id = o.case_id and k.number = o.number
             join claims c on c.id = k.opened_by join posts p on p.id = c.post
             where o.op = 'post' and o.state = 'sent' and o.taken_at >= :since and p.published_at is not null"""
    found = rows(db, sql, since=stamp(since))
    return [max(instant(one["taken_at"]) - instant(one["published_at"]), timedelta()) for one in found]


def _feeds(db: Database, now: datetime) -> Row:
    sql = """select max(polled_at) as polled_at,
                 min(case when gone_at is null and next_poll_at <= :now then next_poll_at end)
                     filter (where owner is null) as due_at,
                 count(*) filter (where owner is null and gone_at is null and failing_since is null) as well,
                 count(*) filter (where owner is null and gone_at is null and failing_since is not null) as failing,
                 count(*) filter (where owner is null and gone_at is not null) as gone
             from feeds where disabled is null"""
    return row(db, sql, now=stamp(now)) or {}


def _send_due_at(db: Database, now: datetime, only: str | None) -> datetime | None:
    """Of each channel's first message: the others wait for it, and what a paused channel waits for is no delay."""
    sql = """select min(o.due_at) as due_at from outbox o
             left join channels c on c.tenant = o.tenant and c.id = o.channel
             where o.state in ('ready', 'sending', 'doubt') and o.due_at <= :now and c.paused_at is null
               and (:only is null or o.tenant = :only)
               and not exists (
                   select 1 from outbox older where older.tenant = o.tenant and older.channel = o.channel
                   and older.state in ('ready', 'sending', 'doubt') and older.seq < o.seq)"""
    found = row(db, sql, now=stamp(now), only=only)
    return moment(found["due_at"]) if found else None
