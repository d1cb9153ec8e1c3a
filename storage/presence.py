"""Who is known to have been in which channel: Slack tells an app without further scopes nothing of that."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from storage.db import rows, stamp

KNOWN_FOR = timedelta(days=30)  # who was removed from a channel is told nothing of it for longer
PRIVATE = "G"  # how the ids of private channels begin; those of newer ones may begin with C, as public ones do


def known_to(db: Database, tenant: str, user: str, now: datetime) -> set[str]:
    """The channels that somebody is known to have been in lately: they changed or subscribed something there."""
    sql = """select channel from audit where tenant = :tenant and user = :user and at >= :since
             union select channel from subscriptions
             where tenant = :tenant and created_by = :user and created_at >= :since"""
    found = rows(db, sql, tenant=tenant, user=user, since=stamp(now - KNOWN_FOR))
    return {one["channel"] for one in found}


def may_open(db: Database, tenant: str, user: str, channel: str, now: datetime) -> bool:
    """Whether somebody may open a channel's settings though Slack has not shown just now that they see it."""
    return not private(channel) and channel in known_to(db, tenant, user, now)


def private(channel: str) -> bool:
    """Whether a channel is known to be private by its id."""
    return channel.startswith(PRIVATE)
