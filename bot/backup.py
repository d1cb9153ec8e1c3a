"""`attribution-bot backup` and `restore`: a whole copy of the database while it is at work, and back again."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from sqlite_utils import Database

from bot.scheduler import LEASE
from storage import leases, outbox, schema
from storage.db import BUSY_MS, StorageError, connect, damaged, path_of, row

KEPT = ".before-restore"  # what the database that was there is called afterwards
BESIDE = ("-wal", "-shm")  # SQLite's own files next to a database
RESTORE = "restore"  # as which it holds the lease
RESTORING_FOR = timedelta(minutes=5)  # meanwhile no bot that stands by may begin to work on the old file


class BackupError(Exception):
    """A copy cannot be made or brought back; `str(error)` says why and what to do."""


def backup(url: str, file: Path, *, force: bool = False) -> int:
    """Copies the database of a DATABASE_URL to a file, whole, as it is at one moment; how many bytes the copy has.

    The file appears when the copy is complete and sound, readable by its owner alone; a link to a file stays one, and
    leads to the copy. Raises BackupError where it is there already (unless `force`), where something else than a file
    is there (even so) or there is no database, OSError where it cannot be written, sqlite3.Error where the database
    cannot be read."""
    path = path_of(url)
    target = _target(file, force=force)
    if target.exists() and path.exists() and target.samefile(path):
        raise BackupError(f"{file} is the database itself: name another file.")
    if not path.exists():
        raise BackupError(f"There is no database {path} to copy: check DATABASE_URL.")
    with connect(url) as db, _new_beside(target) as copy:
        if not schema.version(db):
            raise BackupError(f"{path} is empty: there is nothing to copy yet.")
        db.conn.execute("vacuum into ?", (str(copy),))
        _examined(copy)
        _sync(copy)
        copy.replace(target)
    _sync(target.parent)
    return target.stat().st_size


def restore(url: str, file: Path, now: datetime) -> int:
    """Puts a copy in the place of the database of a DATABASE_URL, which is kept beside as `.before-restore`; the
    copy's schema. A link to the database stays one.

    What waits in the copy may have been sent since: it is looked up before it is sent. Where it fails, all is as it
    was. Raises BackupError where the copy is none, is damaged or of a newer schema, where a bot is at work, or where an
    earlier `.before-restore` is in the way; OSError where a file cannot be written, sqlite3.Error where a database
    cannot be."""
    path = path_of(url).resolve()  # of a link what it leads to: there it is exchanged, and there SQLite has its files
    kept = path.with_name(path.name + KEPT)
    if not file.is_file():
        raise BackupError(f"There is no file {file}: name a copy that `attribution-bot backup` made.")
    if path.exists() and file.samefile(path):
        raise BackupError(f"{file} is the database itself: name a copy of it.")
    if kept.exists():
        raise BackupError(f"{kept} is still there from an earlier restore: move it away first.")
    number = _examined(file)
    with ExitStack() as failing, _new_beside(path) as new:
        with _read_only(file) as copy:
            copy.conn.execute("vacuum into ?", (str(new),))
        _ready(new, now)
        _sync(new)
        _rest(url, path, now, failing)
        _exchange(path, new, kept)
        failing.pop_all()
    _sync(path.absolute().parent)
    return number


def _target(file: Path, *, force: bool) -> Path:
    """Where a copy goes that is to be found at a file: where that is a link, what it leads to. Raises BackupError."""
    there = os.path.lexists(file)
    if there and not file.is_file():  # a device, a pipe, a folder, a link to one or to nothing: never replaced
        raise BackupError(f"{file} is there and is no ordinary file: name another file.")
    if there and not force:
        raise BackupError(f"{file} is there already: name another file, or write over it with --force.")
    return file.resolve()


def _examined(file: Path) -> int:
    """The schema of a copy that is sound and that this version can use. Raises BackupError for any other."""
    try:
        with _read_only(file) as db:
            found = row(db, "pragma integrity_check(1)") or {}
            number = schema.version(db)
    except sqlite3.Error as error:
        raise BackupError(f"{file} cannot be used: {error}. Name a copy that `attribution-bot backup` made.") from error
    except StorageError as error:
        raise BackupError(f"{file} is no copy of attribution-bot's: it is another program's database.") from error
    if found.get("integrity_check") != "ok":
        raise BackupError(f"{file} is damaged ({found.get('integrity_check')}): use an older copy.")
    if not number:
        raise BackupError(f"{file} is empty: name a copy that `attribution-bot backup` made.")
    if number > len(schema.MIGRATIONS):
        raise BackupError(
            f"{file} has schema {number}, newer than this attribution-bot's {len(schema.MIGRATIONS)}: upgrade it first."
        )
    return number


def _ready(new: Path, now: datetime) -> None:
    """Makes a copy fit to work on: nobody holds it, and what waits in it is in doubt."""
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        db = Database(connection, execute_plugins=False)
        connection.execute("pragma journal_mode = wal")
        leases.clear(db, LEASE)
        outbox.doubt_all(db, now)


def _rest(url: str, path: Path, now: datetime, failing: ExitStack) -> None:
    """Sees to it that nobody works on the database, and that all of it is in its own file; `failing` lets others work
    again. Raises BackupError."""
    if not path.exists():
        return
    try:
        with connect(url) as db:
            if schema.version(db):
                _hold(db, now)
                failing.callback(_let_go, url)
            db.conn.execute("pragma wal_checkpoint(truncate)")
    except (sqlite3.DatabaseError, StorageError) as error:
        if not damaged(error):  # who holds a damaged one cannot be read; a bot that meets damage stops by itself
            raise


def _hold(db: Database, now: datetime) -> None:
    at_work = leases.holder(db, LEASE, now)
    if at_work or not leases.hold(db, LEASE, RESTORE, now, RESTORING_FOR):
        raise BackupError(f"{at_work} is at work on the database (or was, half a minute ago): stop it first.")


def _let_go(url: str) -> None:
    """Frees what `_hold` held. Raises BackupError."""
    try:
        with connect(url) as db:
            leases.release(db, LEASE, RESTORE)
    except (sqlite3.Error, StorageError) as error:
        minutes = RESTORING_FOR // timedelta(minutes=1)
        raise BackupError(
            f"Nothing was restored, and the database could not be freed again: {error}. No bot and no restore begins to"
            f" work on it for {minutes} minutes."
        ) from error


def _exchange(path: Path, new: Path, kept: Path) -> None:
    """All of it or nothing; at any moment one of the two is the database. What SQLite left beside the old one belongs
    to that alone."""
    aside: list[tuple[Path, Path]] = []
    try:
        if path.exists():
            _keep(path, kept)
        for end in BESIDE:
            beside, there = path.with_name(path.name + end), kept.with_name(kept.name + end)
            if beside.exists():
                beside.replace(there)
                aside.append((beside, there))
        new.replace(path)
    finally:
        if new.exists():  # it has not become the database
            kept.unlink(missing_ok=True)
            for beside, there in aside:
                there.replace(beside)


def _keep(path: Path, kept: Path) -> None:
    try:
        os.link(path, kept)
    except OSError:  # not every file system has links
        shutil.copy2(path, kept)


@contextmanager
def _new_beside(file: Path) -> Iterator[Path]:
    """An empty file beside another, for its owner alone, that is gone at the end unless it was renamed."""
    made = file.with_name(f".{file.name}.{token_hex(4)}")
    os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield made
    finally:
        for end in ("", *BESIDE):
            made.with_name(made.name + end).unlink(missing_ok=True)


@contextmanager
def _read_only(file: Path) -> Iterator[Database]:
    address = f"{file.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY_MS / 1000)) as connection:
        yield Database(connection, execute_plugins=False)


def _sync(path: Path) -> None:
    """Has the disk write down a file, or a folder's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
