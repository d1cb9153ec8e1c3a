"""What `attribution-bot doctor` finds of the database: its folder, the disk, the file, and what the file tells."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from bot.finding import Finding, fault, ok, warn
from bot.run import TERMINAL
from bot.scheduler import LEASE
from feeds.catalogue import counts
from storage import channels, feeds, leases, schema
from storage.db import PREFIX, StorageError, connect, path_of, row, rows

MB = 1024 * 1024
# A year of all feeds of the catalogue takes some hundred megabytes; SQLite needs room for its log beside that.
LITTLE_ROOM, NO_ROOM = 1024 * MB, 50 * MB
AHEAD = timedelta(minutes=5)  # what the database remembers may be so far ahead of the clock
BUSY = 2.0  # seconds to wait for another writer
PROBLEMS, NAMES = 3, 3  # how many are named; the rest is counted
ELSEWHERE = f"point DATABASE_URL at another file, such as {PREFIX}/var/lib/attribution-bot/attribution.db."


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`holder`: the process that is at work on this database, None if none is."""

    findings: tuple[Finding, ...]
    holder: str | None = None


def examine(url: str, now: datetime) -> Examined:
    """Looks at the database of a DATABASE_URL. Nothing of it is changed, none is made where none is."""
    path = path_of(url).absolute()
    around = list(_around(path.parent))
    if not path.parent.is_dir():
        return Examined(findings=tuple(around))
    if not path.exists():
        made = ok("database", f"{path} is not there yet: the first command that needs it makes it.")
        return Examined(findings=(*around, made))
    within = _within(path, now)
    return Examined(findings=(*around, *within.findings), holder=within.holder)


def disk(free: int) -> Finding:
    """What so many free bytes mean."""
    found = f"{free // MB:,} MB are free where the database is."
    if free < NO_ROOM:
        return fault("disk", found, "Free some space: with a full disk nothing is stored and nothing is sent.")
    if free < LITTLE_ROOM:
        return warn("disk", found, f"Free some space: {LITTLE_ROOM // MB:,} MB keep the bot going for years.")
    return ok("disk", found)


def _around(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield fault("folder", f"{folder} does not exist.", f"Make it with: mkdir -p {folder}, or {ELSEWHERE}")
        return
    yield _tried_out(folder)
    yield disk(shutil.disk_usage(folder).free)


def _tried_out(folder: Path) -> Finding:
    """Makes a database beside the real one, as the bot would, and takes it away again."""
    try:
        with (
            TemporaryDirectory(prefix=".attribution-bot-", dir=folder) as scratch,
            connect(f"{PREFIX}{scratch}/trial.db") as db,
        ):
            schema.migrate(db)
            mode = (row(db, "pragma journal_mode") or {})["journal_mode"]
    except OSError as error:
        writable = f"Let the user that runs the bot write there, or {ELSEWHERE}"
        return fault("folder", f"{folder} cannot be written: {error.strerror}.", writable)
    except (StorageError, sqlite3.Error) as error:
        return fault(
            "folder", f"No database can be made in {folder}: {error}", f"Use SQLite 3.34 or newer, or {ELSEWHERE}"
        )
    if mode != "wal":
        shared = f"SQLite cannot keep its log (WAL) in {folder}; is that a network disk?"
        return fault("folder", shared, f"Use a disk of this machine: {ELSEWHERE}")
    return ok("folder", f"{folder} can be written, and SQLite {sqlite3.sqlite_version} keeps its log there.")


def _within(path: Path, now: datetime) -> Examined:
    try:
        with _opened(path, "ro") as db:
            if not (done := schema.version(db)):
                return Examined(findings=(ok("database", f"{path} is empty: `attribution-bot run` makes its tables."),))
            schema.require_current(db)
            found = (ok("database", f"{path} is attribution-bot's, schema {done}."), *_sound(path, db))
            return Examined(findings=(*found, *_told(db, now)), holder=leases.holder(db, LEASE, now))
    except StorageError as error:
        return Examined(findings=(fault("database", f"{path}: {error}", _mending(str(error))),))
    except sqlite3.Error as error:
        restore = f"Restore it from a copy, or {ELSEWHERE}"
        return Examined(findings=(fault("database", f"{path} cannot be read: {error}.", restore),))


def _mending(problem: str) -> str:
    if "attribution-bot migrate" in problem:
        return "Run `attribution-bot migrate`."
    return f"Upgrade attribution-bot, or {ELSEWHERE}" if "upgrade" in problem else ELSEWHERE.capitalize()


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[Database]:
    """Unlike `storage.db.connect` this sets nothing in the file: it may be another program's."""
    db = Database(sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=BUSY), execute_plugins=False)
    try:
        yield db
    finally:
        db.close()


def _sound(path: Path, db: Database) -> Iterator[Finding]:
    broken = [
        str(one["quick_check"]) for one in rows(db, f"pragma quick_check({PROBLEMS})") if one["quick_check"] != "ok"
    ]
    if broken:
        yield fault(
            "integrity",
            f"The database is damaged: {'; '.join(broken)}.",
            "Stop the bot and restore the file from a copy.",
        )
    else:
        yield ok("integrity", "SQLite finds no damage.")
    yield _writable(path)


def _writable(path: Path) -> Finding:
    try:
        with _opened(path, "rw") as db:
            db.conn.execute("begin immediate")
            db.conn.execute("rollback")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return warn("writing", f"Another program keeps {path} locked.", "Close what has it open, then look again.")
        owner = f"Let the user that runs the bot write {path} and what lies beside it (-wal, -shm)."
        return fault("writing", f"{path} cannot be written: {error}.", owner)
    return ok("writing", "The database takes writes.")


# What the database tells


def _told(db: Database, now: datetime) -> Iterator[Finding]:
    holder = leases.holder(db, LEASE, now)
    if holder:
        yield ok("at work", f"{holder} polls and sends.")
    else:
        yield ok("at work", "Nobody polls or sends just now.", "Start `attribution-bot run`.")
    yield _clock(db, now)
    yield _feeds(db, holder)
    yield _channels(db)


def _clock(db: Database, now: datetime) -> Finding:
    last = max((state.polled_at for _, state, _ in feeds.health(db) if state.polled_at), default=None)
    if last and last > now + AHEAD:
        found = f"The clock shows {_at(now)}, yet the last poll was at {_at(last)}."
        return warn("clock", found, "Set the machine's clock (UTC), and keep it right with NTP.")
    return ok("clock", f"The clock shows {_at(now)}.")


def _feeds(db: Database, holder: str | None) -> Finding:
    asked = [(feed, state) for feed, state, disabled in feeds.health(db) if disabled is None]
    if not asked:
        return ok("feeds", f"None yet: the first `attribution-bot run` takes those of the catalogue, {counts()}.")
    gone = [feed.id for feed, state in asked if state.gone_at]
    failing = [feed.id for feed, state in asked if state.failing_since and not state.gone_at]
    never = sum(state.polled_at is None for _, state in asked)
    found = f"{len(asked)} enabled, {_counted(failing)} failing, {_counted(gone)} gone for good, {never} never polled."
    return _judged(found, asked=len(asked) - len(gone), failing=len(failing), never=never, working=holder is not None)


def _judged(found: str, *, asked: int, failing: int, never: int, working: bool) -> Finding:
    if failing and failing == asked - never:
        return fault("feeds", found, "No feed answers: is this machine's network, DNS or FEEDS_PROXY down?")
    if failing:
        return warn("feeds", found, "`attribution-bot status` says of each since when and why; it is asked again.")
    if never and not working:
        return ok("feeds", found, "Start `attribution-bot run`.")
    return ok("feeds", found)


def _channels(db: Database) -> Finding:
    hearing = [one for one in channels.every(db) if one.tenant != TERMINAL]
    paused = [f"{one.id} ({one.paused_why})" for one in hearing if one.paused_at]
    if paused:
        found = f"Of {len(hearing)} channels {_counted(paused)} get nothing."
        return warn("channels", found, "Type /attribution list there: it says how to mend it, and tries again.")
    if not hearing:
        return ok("channels", "No Slack channel has subscribed.", "Type /attribution subscribe in a channel.")
    return ok("channels", f"{len(hearing)} Slack channels have subscribed or asked for a digest.")


def _counted(names: list[str]) -> str:
    """How many there are and the first of them: "2 (gb-ncsc, us-cisa)"."""
    more = ", ..." if len(names) > NAMES else ""
    return f"{len(names)} ({', '.join(names[:NAMES])}{more})" if names else "0"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
