"""What `attribution-bot doctor` finds of the database: its folder, the disk, the file, and what the file tells."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from attribution.model import Feed
from bot.finding import Finding, fault, ok, warn
from bot.run import TERMINAL
from bot.scheduler import LEASE
from feeds.catalogue import counts
from storage import channels, feeds, leases, schema
from storage.channels import Channel
from storage.db import PREFIX, StorageError, connect, path_of, row, rows
from storage.feeds import FeedState

MB = 1024 * 1024
# Our own choice: time to do something about it, and less than a busy log (WAL) may want at once.
LITTLE_ROOM, NO_ROOM = 1024 * MB, 50 * MB
BUSY = 2.0  # seconds to wait for another writer
PROBLEMS, NAMES = 3, 3  # how many are named; the rest is counted
ELSEWHERE = f"point DATABASE_URL at another file, such as {PREFIX}/var/lib/attribution-bot/attribution.db."


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`holder`: the process that is at work on this database, None if none is; `last_poll`: of any feed."""

    findings: tuple[Finding, ...]
    holder: str | None = None
    last_poll: datetime | None = None


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
    return replace(within, findings=(*around, *within.findings))


def disk(free: int) -> Finding:
    """What so many free bytes mean."""
    found = f"{free // MB:,} MB are free where the database is."
    if free < NO_ROOM:
        return fault("disk", found, "Free some space: with a full disk nothing is stored and nothing is sent.")
    if free < LITTLE_ROOM:
        return warn("disk", found, "Free some space before the disk is full.")
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
            "folder", f"No database can be made in {folder}: {error}.", f"Use SQLite 3.34 or newer, or {ELSEWHERE}"
        )
    if mode != "wal":
        shared = f"SQLite cannot keep its log (WAL) in {folder}; is that a network disk?"
        return fault("folder", shared, f"Use a disk of this machine: {ELSEWHERE}")
    return ok("folder", f"{folder} can be written, and SQLite {sqlite3.sqlite_version} keeps its log there.")


def _within(path: Path, now: datetime) -> Examined:
    try:
        with _opened(path, "ro") as db:
            if not (done := schema.version(db)):
                return Examined(findings=(_empty(path),))
            schema.require_current(db)
            return _told(path, db, done, now)
    except StorageError as error:
        wrong, _, todo = str(error).rpartition(": ")  # as each is written: what is wrong, and what to do
        return Examined(findings=(fault("database", f"{path}: {wrong}.", f"{todo[:1].upper()}{todo[1:]}"),))
    except sqlite3.Error as error:
        restore = f"Restore it from a copy, or {ELSEWHERE}"
        return Examined(findings=(fault("database", f"{path} cannot be read: {error}.", restore),))


def _empty(path: Path) -> Finding:
    """A file without tables: no command of ours leaves one behind."""
    found = f"{path} is there and empty: `attribution-bot run` begins anew in it."
    return warn("database", found, "If it held anything, bring back a copy first: `attribution-bot restore FILE`.")


def _told(path: Path, db: Database, done: int, now: datetime) -> Examined:
    holder, health = leases.holder(db, LEASE, now), feeds.health(db)
    findings = (
        ok("database", f"{path} is attribution-bot's, schema {done}."),
        *_sound(path, db),
        _work(holder),
        _feeds(health, working=holder is not None),
        _channels(channels.every(db)),
    )
    last = max((state.polled_at for _, state, _ in health if state.polled_at), default=None)
    return Examined(findings=findings, holder=holder, last_poll=last)


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
            db.conn.execute("begin immediate")  # alone it succeeds on a file that can only be read
            db.conn.execute("create table trial (number integer)")
            db.conn.execute("rollback")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return warn("writing", f"Another program keeps {path} locked.", "Close what has it open, then look again.")
        owner = f"Let the user that runs the bot write {path} and what lies beside it (-wal, -shm)."
        return fault("writing", f"{path} cannot be written: {error}.", owner)
    return ok("writing", "The database takes writes.")


# What the database tells


def _work(holder: str | None) -> Finding:
    if holder is None:
        return ok("at work", "Nobody polls or sends just now.", "Start `attribution-bot run`.")
    return ok("at work", f"{holder} polls and sends.")


def _feeds(health: Sequence[tuple[Feed, FeedState, str | None]], *, working: bool) -> Finding:
    enabled = [(feed, state) for feed, state, disabled in health if disabled is None]
    if not enabled:
        return ok("feeds", f"None yet: the first `attribution-bot run` takes the catalogue's, {counts()}.")
    gone = [feed.id for feed, state in enabled if state.gone_at]
    failing = [feed.id for feed, state in enabled if state.failing_since and not state.gone_at]
    never = sum(state.polled_at is None for _, state in enabled)
    found = (
        f"{len(enabled)} enabled, {_counted(failing)} failing, {_counted(gone)} gone for good, {never} never polled."
    )
    if failing and len(failing) == len(enabled) - len(gone) - never:
        return fault("feeds", found, "No feed answers: is this machine's network, its DNS or FEEDS_PROXY down?")
    if failing:
        return warn("feeds", found, "`attribution-bot status` says of each since when and why; all are asked again.")
    return ok("feeds", found, "" if working or not never else "Start `attribution-bot run`.")


def _channels(every: Sequence[Channel]) -> Finding:
    hearing = [one for one in every if one.tenant != TERMINAL]
    paused = [f"{one.id} ({one.paused_why})" for one in hearing if one.paused_at]
    if paused:
        found = f"{_counted(paused)} of the {len(hearing)} Slack channels cannot be posted to."
        return warn("channels", found, "Type /attribution list there: it says how to mend that, and tries again.")
    if not hearing:
        return ok("channels", "No Slack channel has subscribed.", "Type /attribution subscribe in a channel.")
    return ok("channels", f"{len(hearing)} Slack channels hear of attributions, and all can be posted to.")


def _counted(names: list[str]) -> str:
    """How many there are and the first of them: "2 (gb-ncsc, us-cisa)"."""
    more = ", ..." if len(names) > NAMES else ""
    return f"{len(names)} ({', '.join(names[:NAMES])}{more})" if names else "0"
