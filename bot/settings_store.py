"""A channel's settings written down, each change with a note of who made it; all inside the caller's transaction."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from attribution.digest import last_due
from attribution.query import Query, written
from bot.commands import DAYS
from bot.reply import Viewer
from storage import audit, channels, claims
from storage.channels import Channel, Subscription

EVERYTHING = "everything"  # how a question for all of it is noted and typed


def typed(query: Query) -> str:
    """A question as it is typed; a word where that would be nothing."""
    return written(query) or EVERYTHING


def digest_typed(channel: Channel) -> str:
    """When a channel gets its digest, as it is typed: "weekly mon 09:00 Europe/London", "off"."""
    if channel.digest_day is None:
        return "off"
    return f"weekly {DAYS[channel.digest_day - 1][:3]} {channel.digest_time:%H:%M} {channel.zone}"


def add_channel(db: Database, by: Viewer, channel: Channel, now: datetime) -> None:
    """Adds a channel, whose past is not digested."""
    channels.put(db, replace(channel, digest_mark=claims.newest(db)))
    if channel.digest_day is not None:
        _note(db, by, channel.id, "digest", digest_typed(channel), now)
    if not channel.threads:
        _note(db, by, channel.id, "threads", "off", now)


def subscribe(db: Database, by: Viewer, one: Subscription, now: datetime) -> None:
    """Adds a subscription, unless it is there already."""
    if channels.subscribe(db, one):
        _note(db, by, one.channel, "subscribe", typed(one.query), now)


def unsubscribe(db: Database, by: Viewer, channel: str, query: Query, now: datetime) -> None:
    """Takes a subscription back, if it is there."""
    if channels.unsubscribe(db, by.tenant, channel, query):
        _note(db, by, channel, "unsubscribe", typed(query), now)


def set_threads(db: Database, by: Viewer, before: Channel, now: datetime, *, on: bool) -> Channel:
    """Sets whether news is also a reply in a card's thread; the channel as it is then."""
    after = replace(before, threads=on)
    if on != before.threads:
        channels.put(db, after)
        _note(db, by, before.id, "threads", "on" if on else "off", now)
    return after


def set_digest(db: Database, by: Viewer, before: Channel, after: Channel, now: datetime) -> Channel:
    """Sets when a channel gets its digest; the channel as it is then."""
    if digest_typed(before) != digest_typed(after):
        channels.put(db, after)
        if after.digest_day is not None:
            _from_now_on(db, before, after, now)
        _note(db, by, before.id, "digest", digest_typed(after), now)
    return channels.get(db, before.tenant, before.id) or after


def _from_now_on(db: Database, before: Channel, channel: Channel, now: datetime) -> None:
    """A day that has passed this week already is not made up for: the first digest is the next one. One that was off
    covers what comes from now on; one that was moved, what came since its last."""
    assert channel.digest_day is not None, "a weekly digest has a day"
    passed, _ = last_due(now, channel.digest_day, channel.digest_time, ZoneInfo(channel.zone))
    week = max(passed, before.digest_week or "")
    if before.digest_day is None:
        channels.covered(db, channel, week, claims.newest(db), now)
    else:
        channels.covered(db, channel, week, before.digest_mark, before.digest_at or before.created_at)


def _note(db: Database, by: Viewer, channel: str, what: str, about: str, now: datetime) -> None:
    audit.note(db, tenant=by.tenant, user=by.user, channel=channel, what=what, about=about, now=now)
