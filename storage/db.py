"""Connections, transactions and how SQL is run. One connection a unit of work, never shared between threads."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

PREFIX = "sqlite:///"
BUSY_MS = 5000
TIME = "%Y-%m-%dT%H:%M:%SZ"
FARTHEST = timedelta(days=2)  # nothing is put off as long: what is was so by a clock that was wrong then

Row = dict[str, Any]


class StorageError(Exception):
    """The database cannot be used; `str(error)` says why and what to do."""


def path_of(url: str) -> Path:
    """The file of a DATABASE_URL such as `sqlite:///attribution.db`; raises StorageError for any other engine's."""
    if not url.startswith(PREFIX) or url in (PREFIX, f"{PREFIX}:memory:"):
        raise StorageError(
            f"{url!r} is no database this bot can use: use sqlite:///FILE, such as {PREFIX}attribution.db."
        )
    return Path(url.removeprefix(PREFIX))


@contextmanager
def connect(url: str) -> Iterator[Database]:
    """A connection to the database of a DATABASE_URL, closed at the end; raises StorageError if it cannot be opened."""
    path = path_of(url)
    try:
        db = Database(sqlite3.connect(path, timeout=BUSY_MS / 1000), execute_plugins=False)
    except sqlite3.Error as error:
        raise StorageError(f"Cannot open {path}: {error}. Check that its folder exists and may be written.") from error
    try:
        _prepare(db, path)
        yield db
    finally:
        db.close()


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """All of it or nothing; takes the write lock at once, so that it never fails half way for a lock."""
    db.conn.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.conn.execute("rollback")
        raise
    db.conn.execute("commit")


def rows(db: Database, sql: str, **values: Any) -> list[Row]:
    """What a query gives, as a list of dicts; `:name` stands for a value."""
    return list(db.query(sql, values))


def row(db: Database, sql: str, **values: Any) -> Row | None:
    """The first row of a query, None without any."""
    return next(iter(db.query(sql, values)), None)


def run(db: Database, sql: str, **values: Any) -> int:
    """Runs a statement; how many rows it changed."""
    return db.execute(sql, values).rowcount


def stamp(moment: datetime | None) -> str | None:
    """An aware time as fixed-width UTC text, which sorts as time does."""
    return None if moment is None else moment.astimezone(UTC).strftime(TIME)


def instant(text: str) -> datetime:
    """The time that `stamp` wrote."""
    return datetime.strptime(text, TIME).replace(tzinfo=UTC)


def moment(text: str | None) -> datetime | None:
    """The time that `stamp` wrote, None for none."""
    return None if text is None else instant(text)


def _prepare(db: Database, path: Path) -> None:
    try:
        db.conn.execute(f"pragma busy_timeout = {BUSY_MS}")
        db.conn.execute("pragma foreign_keys = on")
        db.conn.execute("pragma synchronous = normal")
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{path} cannot be used: {error}. Is it a SQLite database that may be written?") from error
