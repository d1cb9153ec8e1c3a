"""What became of a tenant's messages: the last one that arrived in a channel, what waits, what was given up."""

from datetime import datetime

from sqlite_utils import Database

from storage.db import moment, row, rows


def last(db: Database, tenant: str, channel: str) -> datetime | None:
    """When the last message that arrived in a channel was sent; None if none did."""
    sql = """select max(coalesce(taken_at, created_at)) as at from outbox
             where tenant = :tenant and channel = :channel and state = 'sent'"""
    found = row(db, sql, tenant=tenant, channel=channel)
    return moment(found["at"]) if found else None


def waiting(db: Database, tenant: str, channel: str | None = None) -> int:
    """How many of a tenant's messages wait to be sent, in one channel or in all."""
    sql = """select count(*) as n from outbox where tenant = :tenant and channel = coalesce(:channel, channel)
             and state in ('ready', 'sending', 'doubt')"""
    found = row(db, sql, tenant=tenant, channel=channel)
    return int(found["n"]) if found else 0


def given_up(db: Database, tenant: str) -> list[tuple[str, str]]:
    """A tenant's messages that were given up, oldest first: their channel, and why."""
    sql = "select channel, problem from outbox where tenant = :tenant and state = 'dead' order by seq"
    return [(found["channel"], found["problem"] or "no reason known") for found in rows(db, sql, tenant=tenant)]
