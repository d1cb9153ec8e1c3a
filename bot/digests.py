"""The digest of a channel: what is due, what it covers, queued once."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from attribution.announce import Heard
from attribution.digest import Digest, compile_digest, digest_key, last_due
from attribution.model import Found
from attribution.query import Query, written
from attribution.words import counted
from bot import roundups
from storage import cases, channels, claims, delivered, outbox, posts
from storage.channels import Channel
from storage.db import transaction
from storage.outbox import Message, Op

MONTH = timedelta(days=30)
FIRST = timedelta(days=7)  # what a channel's first digest is counted over


class WeekError(Exception):
    """A week cannot be read; `str(error)` says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Period:
    """What a digest covers: the claims recorded after `mark`, `since` a time `until` another."""

    mark: int
    since: datetime
    until: datetime


def queue_due(db: Database, now: datetime) -> int:
    """Queues the digest of each channel whose time has come since its last one; how many channels.

    A paused channel's is made only when it is tried again, so that it tells of what came until then."""
    due = [
        (channel, week)
        for channel in channels.every(db)
        if (week := _week_due(channel, now)) and not _holds_back(db, channel, now)
    ]
    for channel, week in due:
        queue(db, channel, week, now)
    return len(due)


def queue(db: Database, channel: Channel, week: str, now: datetime) -> None:
    """Queues a channel's digest of an ISO week and moves its mark, in one transaction.

    A week that was told of already, by a clock that was wrong then, moves no mark: the next tells of what came."""
    with transaction(db):
        now_there = channels.get(db, channel.tenant, channel.id)
        if now_there is None or _week_due(now_there, now) != week:  # it left, or wants none any more
            return
        fresh = True
        payloads = roundups.digest(compiled(db, channel, now), health(db, channel, now))
        for number, payload in enumerate(payloads, 1):
            key = f"{digest_key(channel.id, week)} {number}"
            message = Message(
                tenant=channel.tenant, key=key, channel=channel.id, op=Op.POST, payload=payload, due_at=now
            )
            fresh = outbox.put(db, message, now) and fresh
        mark, at = (claims.newest(db), now) if fresh else (channel.digest_mark, _told_at(channel, now) or now - FIRST)
        channels.covered(db, channel, week, mark, at)


def of_week(db: Database, week: str | None, now: datetime) -> Digest:
    """What everybody would have been told of an ISO week (Monday to Sunday, UTC), or of the last seven days.

    Raises WeekError for a week that is none."""
    until = _end_of(week) if week else now
    since = until - FIRST
    before = since - FIRST
    opened = cases.opened(db, before)
    read = posts.read_between(db, since, until)
    return compile_digest(
        since=since,
        until=until,
        found=claims.recorded_between(db, since, until, Heard.FRESH),
        late=claims.recorded_between(db, since, until, Heard.LATE),
        new_cases={case for case, at in opened.items() if since <= at < until},
        earlier=claims.recorded_between(db, before, since, Heard.FRESH),
        earlier_cases={case for case, at in opened.items() if at < since},
        posts=read[0],
        feeds=read[1],
    )


def _end_of(week: str) -> datetime:
    try:
        monday = date.fromisoformat(f"{week}-1")
    except ValueError as error:
        raise WeekError(f"{week!r} is no week: write it as 2022-W36.") from error
    if not 1990 <= monday.year <= 2100:
        raise WeekError(f"{week} is out of range: give a week between 1990 and 2100.")
    return datetime.combine(monday, time(), UTC) + FIRST


def heard_lately(db: Database, query: Query, tenant: str, now: datetime) -> int:
    """How many statements of the last 30 days answer a question."""
    month = (now - MONTH).date()
    return claims.count(db, replace(query, since=max(query.since or month, month)), viewer=tenant)


def health(db: Database, channel: Channel, now: datetime) -> str:
    """How what a channel has subscribed to fares, in a line: a question that hears nothing may be mistyped."""
    asked = [one.query for one in channels.subscriptions(db, channel.tenant, channel.id)]
    if not asked:
        return "This channel has no subscriptions, so this covers everything: /attribution subscribe iran"
    silent = [written(query) or "everything" for query in asked if not heard_lately(db, query, channel.tenant, now)]
    if not silent:
        return f"{counted(len(asked), 'subscription')}, each with something in the last 30 days."
    return f"{counted(len(asked), 'subscription')}; nothing in 30 days for {'; '.join(silent)} (see /attribution list)"


def compiled(db: Database, channel: Channel, now: datetime) -> Digest:
    """What a channel's digest says now: all that was recorded since its last one and that it has subscribed to."""
    period = _period(channel, now)
    queries = [one.query for one in channels.subscriptions(db, channel.tenant, channel.id)] or [Query()]
    before = period.since - (period.until - period.since)
    opened = cases.opened(db, before)
    read = posts.read_between(db, period.since, period.until)
    return compile_digest(
        since=period.since,
        until=period.until,
        found=_wanted(claims.recorded(db, period.mark, Heard.FRESH), queries),
        late=_wanted(claims.recorded(db, period.mark, Heard.LATE), queries),
        new_cases={case for case, at in opened.items() if at >= period.since},
        earlier=_wanted(claims.recorded_between(db, before, period.since, Heard.FRESH), queries),
        earlier_cases={case for case, at in opened.items() if at < period.since},
        posts=read[0],
        feeds=read[1],
    )


def _week_due(channel: Channel, now: datetime) -> str | None:
    if channel.digest_day is None:
        return None
    week, due = last_due(now, channel.digest_day, channel.digest_time, ZoneInfo(channel.zone))
    told = channel.digest_week if _told_at(channel, now) else None
    return week if due > channel.created_at and week > (told or "") else None


def _told_at(channel: Channel, now: datetime) -> datetime | None:
    """When a channel had its last digest; None where a clock said so that was wrong then."""
    return channel.digest_at if channel.digest_at and channel.digest_at <= now else None


def _holds_back(db: Database, channel: Channel, now: datetime) -> bool:
    """Whether a channel is paused and not to be tried, or will be tried with what waits already."""
    if channel.paused_at is None:
        return False
    tried = channel.try_at is not None and channel.try_at <= now
    return not tried or delivered.waiting(db, channel.tenant, channel.id) > 0


def _period(channel: Channel, now: datetime) -> _Period:
    since = _told_at(channel, now) or max(channel.created_at, now - FIRST)
    return _Period(mark=channel.digest_mark, since=since, until=now)


def _wanted(found: list[Found], queries: list[Query]) -> list[Found]:
    return [one for one in found if any(query.matches(one) for query in queries)]
