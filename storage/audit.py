"""Who changed what: every change that a person makes in Slack, as a tenant's own journal."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from storage.db import instant, rows, run, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change. `user` and `channel`: Slack's ids of who made it and where; `what`: a verb such as `subscribe`;
    `about`: what was changed, as it would be typed."""

    at: datetime
    user: str
    channel: str
    what: str
    about: str


def note(db: Database, *, tenant: str, user: str, channel: str, what: str, about: str, now: datetime) -> None:
    """Writes a change down; to be called in the transaction that makes it."""
    sql = """insert into audit (tenant, number, at, user, channel, what, about)
             values (:tenant, (select coalesce(max(number), 0) + 1 from audit where tenant = :tenant),
                 :now, :user, :channel, :what, :about)"""
    run(db, sql, tenant=tenant, user=user, channel=channel, what=what, about=about, now=stamp(now))


def last_in(db: Database, tenant: str, channel: str) -> set[str]:
    """Who made the last change in a channel; empty where nobody did."""
    sql = "select user from audit where tenant = :tenant and channel = :channel order by number desc limit 1"
    return {found["user"] for found in rows(db, sql, tenant=tenant, channel=channel)}


def forget(db: Database, before: datetime) -> int:
    """Deletes the changes from before a time; how many."""
    return run(db, "delete from audit where at < :before", before=stamp(before))


def changes(db: Database, tenant: str) -> list[Change]:
    """A tenant's changes, the newest first."""
    sql = "select at, user, channel, what, about from audit where tenant = :tenant order by number desc"
    return [Change(**{**found, "at": instant(found["at"])}) for found in rows(db, sql, tenant=tenant)]
