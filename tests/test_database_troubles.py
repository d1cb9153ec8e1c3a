"""A database that is full, locked, read-only, damaged or of another version: said in words, and nothing made worse."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot import scheduler
from bot.cards import notice
from bot.run import Terminal, prepare
from bot.tools import open_tools
from storage import db as storage_db
from storage import outbox, schema
from storage.db import FAILING, FULL, LOCKED, READ_ONLY, StorageError, connect, explained, instant, run, stamp
from storage.outbox import Message, Op
from tests.makers import NOW, item, rss
from tests.test_cli import exit_of
from tests.test_scheduler import FAST, until

NOBODY = 65534
ROOT = Path(__file__).parents[1]
COMMANDS = (
    ("run",),
    ("poll", "--feed", "body.xml"),
    ("query", "iran"),
    ("stats",),
    ("status",),
    ("doctor",),
    ("digest",),
    ("case", "show", "2022-1"),
    ("feedback",),
    ("backup", "copy.db"),
)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that is in use, in the working directory, beside a feed to poll."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(storage_db, "BUSY_MS", 50)
    (tmp_path / "body.xml").write_bytes(rss(item(1)))
    made = tmp_path / "attribution.db"
    with connect(f"sqlite:///{made}") as db:
        prepare(db, NOW)
        run(db, "update feeds set next_poll_at = :later", later=stamp(datetime.now(UTC) + timedelta(days=1)))
        for number in range(300):
            outbox.put(db, message(f"m{number}", due=datetime.now(UTC) + timedelta(days=1)), NOW)
        db.conn.execute("pragma wal_checkpoint(truncate)")
    return made


def message(key: str, due: datetime = NOW) -> Message:
    return Message(tenant="T", key=key, channel="C1", op=Op.POST, payload=notice(key), due_at=due)


def damage(path: Path) -> None:
    """Writes over the head of a database, by which SQLite knows it."""
    path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], word: str
) -> None:
    """That a command ends with a fault and in words, one of them this."""
    status = exit_of(monkeypatch, *command)
    shown = capsys.readouterr()
    assert status == (1 if command == ("doctor",) else 2)
    assert word in shown.out + shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("damage", ["header", "truncated"])
def test_a_damaged_file_is_said_and_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: Path,
    damage: str,
    command: tuple[str, ...],
) -> None:
    body = path.read_bytes()
    path.write_bytes(b"\xff" * 100 + body[100:] if damage == "header" else body[: len(body) // 2])
    was = path.read_bytes()
    refused(monkeypatch, capsys, command, "restore" if command != ("doctor",) else "Restore")
    assert path.read_bytes() == was


def test_a_damaged_page_is_found_before_anything_is_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    body = bytearray(path.read_bytes())
    body[-4096 * 4 : -4096 * 3] = b"\xff" * 4096
    path.write_bytes(body)
    refused(monkeypatch, capsys, ("run",), "attribution-bot restore")
    refused(monkeypatch, capsys, ("doctor",), "damaged")
    refused(monkeypatch, capsys, ("backup", "copy.db"), "attribution-bot restore")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("number", "word"), [(99, "pgrade"), (-1, "migrate")])
def test_a_schema_of_another_version_is_refused_with_what_mends_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: Path,
    number: int,
    word: str,
    command: tuple[str, ...],
) -> None:
    if command[0] == "backup":
        pytest.skip("a copy is made of any version: it is what one makes before an upgrade")
    with connect("sqlite:///attribution.db") as db:
        sql = "delete from migrations where number > 1" if number < 0 else "insert into migrations values (99)"
        db.conn.execute(sql)
        db.conn.commit()
    refused(monkeypatch, capsys, command, word)
    with connect("sqlite:///attribution.db") as db:
        assert schema.version(db) == abs(number)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program at work on the file that lets nobody in."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin immediate")
        other.execute("create table if not exists trial (number integer)")
        yield
        other.execute("rollback")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_another_program_keeps_is_waited_for_and_then_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: Path, command: tuple[str, ...]
) -> None:
    with locked(path):
        if command == ("doctor",):  # it can look all the same, and says what it could not do
            exit_of(monkeypatch, *command)
            assert "locked" in capsys.readouterr().out
        elif command[0] in ("run", "poll"):
            refused(monkeypatch, capsys, command, "locked")
        else:  # SQLite's log lets others read while one writes
            exit_of(monkeypatch, *command)
            assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("command", [("run",), ("poll", "--feed", "body.xml")], ids=" ".join)
def test_a_database_that_may_only_be_read_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: Path, command: tuple[str, ...]
) -> None:
    with TemporaryDirectory() as folder:
        there = Path(folder)
        (there / "attribution.db").write_bytes(path.read_bytes())
        (there / "body.xml").write_bytes((path.parent / "body.xml").read_bytes())
        (there / "attribution.db").chmod(0o444)
        there.chmod(0o555)
        monkeypatch.chdir(there)
        exit_of(monkeypatch, "status")  # and thus all is imported: nobody may not read everybody's Python
        capsys.readouterr()
        with nobody():
            refused(monkeypatch, capsys, command, READ_ONLY)
        monkeypatch.chdir(path.parent)
        there.chmod(0o755)


@contextmanager
def nobody() -> Iterator[None]:
    """As a user who may write only what everybody may: root may write whatever there is."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_disk_without_room_stores_nothing_by_half_and_says_so(path: Path) -> None:
    def confine() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))

    before = path.read_bytes()
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "poll", "--feed", "body.xml"], capture_output=True, text=True, timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, preexec_fn=confine,
    )  # fmt: skip
    assert ended.returncode == 2
    assert FAILING in ended.stderr or FULL in ended.stderr
    assert "Traceback" not in ended.stderr
    assert path.read_bytes() == before


def test_each_failure_of_sqlite_is_explained(path: Path) -> None:
    with connect("sqlite:///attribution.db") as db:
        db.conn.execute("pragma max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as full:
            run(db, "create table more as select randomblob(1000000) as body")
        assert explained(full.value) == FULL
        with connect("sqlite:///attribution.db") as other:
            other.conn.execute("begin immediate")
            with pytest.raises(sqlite3.OperationalError) as busy:
                db.conn.execute("begin immediate")
            assert explained(busy.value) == LOCKED
    assert "Nothing was lost" in explained(sqlite3.ProgrammingError("closed"))


def test_a_full_disk_does_not_end_the_bot_and_it_goes_on_when_there_is_room(path: Path) -> None:
    limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{path}"},
    )  # fmt: skip
    try:
        assert bot.stderr
        assert any("at work" in line for line in bot.stderr)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (512, resource.RLIM_INFINITY))
        assert any("the database could not be used" in line for line in bot.stderr)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, limits)
        with connect(f"sqlite:///{path}") as db:
            now = datetime.now(UTC)
            outbox.put(
                db,
                Message(
                    tenant="terminal",
                    key="told",
                    channel="terminal",
                    op=Op.POST,
                    payload=notice("there is room again"),
                    due_at=now,
                ),
                now,
            )
        assert bot.stdout
        assert any("there is room again" in line for line in bot.stdout)
        bot.send_signal(signal.SIGTERM)
        bot.communicate(timeout=5)
        assert bot.returncode == 0
    finally:
        bot.kill()
        bot.communicate()
    with connect(f"sqlite:///{path}") as db:
        schema.require_sound(db)


async def test_a_lock_that_passes_is_outlasted_and_damage_ends_the_bot(path: Path) -> None:
    shown: list[str] = []
    done = asyncio.Event()
    url = f"sqlite:///{path}"
    async with open_tools(url, lambda _: True) as tools:
        with capture_logs() as logs:
            working = asyncio.create_task(
                scheduler.run(tools, Terminal(shown.append), lambda: datetime.now(UTC), done, FAST)
            )
            await until(lambda: any(one["event"] == "at work" for one in logs))
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("begin immediate")
                await until(lambda: any(one["event"] == "the database could not be used" for one in logs))
                other.execute("rollback")
            with connect(url) as db:
                outbox.put(db, message("after the lock", due=datetime.now(UTC)), datetime.now(UTC))
            await until(lambda: shown)
            damage(path)
            with pytest.raises((sqlite3.DatabaseError, StorageError)) as ended:
                await asyncio.wait_for(working, 10)
    assert storage_db.damaged(ended.value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_comes_back_from_the_database_and_sorts_as_it_should(moment: datetime) -> None:
    written = stamp(moment)
    assert written is not None
    assert instant(written) == moment.replace(microsecond=0)
    assert len(written) == len("2022-09-07T12:00:00Z")
