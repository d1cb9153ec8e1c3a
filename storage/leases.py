"""Who is at work: one process holds the lease, the others stand by."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from storage.db import row, run, stamp


def hold(db: Database, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Takes a lease that is free, run out or one's own, for `length` from now; whether it is held.

    One that would last much longer than `length` was taken by a clock that was wrong then: it counts as run out."""
    sql = """
        insert into leases (name, holder, until) values (:name, :holder, :until)
        on conflict (name) do update set holder = :holder, until = :until
        where leases.holder = :holder or leases.until < :now or leases.until > :farthest"""
    until, farthest = stamp(now + length), stamp(now + 2 * length)
    return run(db, sql, name=name, holder=holder, until=until, now=stamp(now), farthest=farthest) == 1


def release(db: Database, name: str, holder: str) -> None:
    """Gives a lease back, so that a stand-by need not wait for it to run out."""
    run(db, "delete from leases where name = :name and holder = :holder", name=name, holder=holder)


def clear(db: Database, name: str) -> None:
    """Frees a lease whoever holds it: in a copy of a database nobody is at work."""
    run(db, "delete from leases where name = :name", name=name)


def holder(db: Database, name: str, now: datetime) -> str | None:
    """Who holds a lease now."""
    found = row(db, "select holder from leases where name = :name and until >= :now", name=name, now=stamp(now))
    return found["holder"] if found else None
