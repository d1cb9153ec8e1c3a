"""`attribution-bot status`: who is at work, which feeds fail since when and why, what waits, what was given up."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from sqlite_utils import Database

from attribution.model import Feed
from attribution.words import counted
from bot.ailing import fares
from bot.health import minutes, reasons
from bot.scheduler import LEASE
from feeds.health import GAP_FOR, Ill, ills
from storage import ailing, channels, claims, feeds, leases, outbox, vitals
from storage.feeds import FeedState

LISTED = 10  # feeds that fail, each with its reason; of more only the groups
NAMED = 5  # of a group
LATELY = timedelta(days=30)
STALE = timedelta(hours=6)  # an answer older than this is no health


def lines(db: Database, now: datetime) -> Iterator[str]:
    """The state of everything, a line each, the good news first."""
    holder = leases.holder(db, LEASE, now)
    yield f"at work: {holder}" if holder else "at work: nobody; start `attribution-bot run`"
    seen = vitals.read(db, LEASE, now)
    yield f"ready: {' '.join(('no.', *reasons(seen, now))) if any(reasons(seen, now)) else 'yes'}"
    yield f"last poll: {_at(seen.polled_at) if seen.polled_at else 'never'}"
    yield from _feeds(db, now)
    yield from _outbox(db, now)
    yield from _alerts(vitals.lags(db, now - LATELY))
    for channel in channels.every(db):
        if channel.paused_at:
            yield f"paused: #{channel.id} since {_at(channel.paused_at)}: {channel.paused_why}"
    yield f"stored: {claims.newest(db)} claims"


def _alerts(lags: Sequence[timedelta]) -> Iterator[str]:
    if lags:
        half = minutes(timedelta(seconds=median(one.total_seconds() for one in lags)))
        yield f"alerts: {counted(len(lags), 'card')} in 30 days, half of them within {half} of publication"


def _feeds(db: Database, now: datetime) -> Iterator[str]:
    health = feeds.health(db)
    polled = [(feed, state) for feed, state, disabled in health if disabled is None and state.gone_at is None]
    failing = [(feed, state) for feed, state in polled if state.failing_since]
    well = sum(state.last_ok_at is not None and now - state.last_ok_at < STALE for _, state in polled)
    yield f"feeds: {well} of {len(polled)} answered in the last 6 hours, {len(failing)} fail, {_quiet(polled, now)}"
    yield from _failing(failing)
    yield from _grouped([feed.id for feed, state, _ in health if state.gone_at], "gone and no more asked")
    missed = [(feed, state) for feed, state in polled if state.last_gap_at and now - state.last_gap_at < GAP_FOR]
    told = (f"{feed.id} (the last time {_at(state.last_gap_at)})" for feed, state in missed)
    yield from _grouped(list(told), "that may have missed posts, their windows without overlap")
    silent = [one for one in ailing.every(db) if Ill.SILENT in (ills(fares(one), now) or {})]
    told = (f"{one.id} (the last post {_at(max(one.published))})" for one in silent)
    yield from _grouped(list(told), "silent for longer than usual")


def _failing(failing: Sequence[tuple[Feed, FeedState]]) -> Iterator[str]:
    """Each with its reason; of many the troubles, each with its first feeds."""
    longest = sorted(failing, key=lambda one: (one[1].failing_since, one[0].id))
    if len(longest) <= LISTED:
        for feed, state in longest:
            yield f"  {feed.id} fails since {_at(state.failing_since)} ({state.trouble}): {state.trouble_text}"
        return
    by_trouble: dict[str, list[str]] = {}
    for feed, state in longest:
        by_trouble.setdefault(state.trouble or "unknown", []).append(f"{feed.id} (since {_at(state.failing_since)})")
    for trouble, told in sorted(by_trouble.items(), key=lambda one: -len(one[1])):
        yield from _grouped(told, f"failing ({trouble})")


def _grouped(told: Sequence[str], what: str) -> Iterator[str]:
    if told:
        more = f" and {counted(len(told) - NAMED, 'other')}" if len(told) > NAMED else ""
        yield f"  {counted(len(told), 'feed')} {what}: {', '.join(told[:NAMED])}{more}"


def _quiet(polled: list[tuple[Feed, FeedState]], now: datetime) -> str:
    never = sum(state.polled_at is None for _, state in polled)
    late = sum(state.next_poll_at is not None and now - state.next_poll_at > timedelta(hours=1) for _, state in polled)
    return f"{never} never polled, {late} overdue by more than an hour"


def _outbox(db: Database, now: datetime) -> Iterator[str]:
    depth, oldest = outbox.depth(db), outbox.oldest(db)
    waiting = sum(depth.get(state, 0) for state in ("ready", "sending", "doubt"))
    since = f", the oldest for {_minutes(now - oldest)}" if oldest else ""
    yield f"outbox: {waiting} waiting{since}, {depth.get('sent', 0)} sent, {depth.get('dead', 0)} given up"
    for channel, key, problem in outbox.dead(db):
        yield f"  given up for #{channel}: {key} ({problem})"


def _minutes(length: timedelta) -> str:
    return f"{int(length.total_seconds() // 60)} minutes"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "ever"
