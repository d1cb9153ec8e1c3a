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


class DamagedError(StorageError):
    """The database's file is no longer one: nothing more must be written to it."""


DAMAGED = (
    "The database is damaged, or is no SQLite database: check DATABASE_URL. If it is the bot's own, stop the bot and"
    " bring back a copy with `attribution-bot restore FILE`; docs/running.md says how, and what to do without one."
)
LOCKED = "Another program keeps the database locked. Close what has it open, and try again."
FULL = "The disk is full. Nothing of this was stored, what was before is whole: free some space and try again."
READ_ONLY = (
    "The database may only be read. Let the user that runs the bot write it, what lies beside it (-wal, -shm) and"
    " their folder."
)
FAILING = (
    "The disk under the database cannot be read or written. See that it has room and no faults, then try again;"
    " `attribution-bot doctor` looks at the file."
)
# By the beginning of SQLite's own names (sqlite.org/rescode.html): an extended name begins with its primary one.
TROUBLES = {
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "SQLITE_FULL": FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_CANTOPEN": READ_ONLY,
    "SQLITE_PERM": READ_ONLY,
    "SQLITE_IOERR": FAILING,
}


def explained(error: sqlite3.Error) -> str:
    """What a failure of SQLite means, and what to do about it, as sentences."""
    name = getattr(error, "sqlite_errorname", "")  # only what SQLite itself reports has one
    known = next((text for begins, text in TROUBLES.items() if name.startswith(begins)), None)
    return known or f"The database could not be used: {error}. Nothing was lost; try again."


def path_of(url: str) -> Path:
    """The file of a DATABASE_URL such as `sqlite:///attribution.db`; raises StorageError for any other engine's."""
    if not url.startswith(PREFIX) or url in (PREFIX, f"{PREFIX}:memory:"):
        raise StorageError(
            f"{url!r} is no database this bot can use: use sqlite:///FILE, such as {PREFIX}attribution.db."
        )
    return Path(url.removeprefix(PREFIX))


def damaged(error: Exception) -> bool:
    """Whether a failure means that the database's file is damaged."""
    return isinstance(error, DamagedError) or (isinstance(error, sqlite3.Error) and explained(error) == DAMAGED)


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
    # Not strftime: of year 1 its %Y is "1" on Linux, which is neither fixed-width nor read again by `instant`.
    return None if moment is None else f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


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
        kind = DamagedError if damaged(error) else StorageError
        raise kind(f"{path} cannot be used: {error}. {explained(error)}") from error
