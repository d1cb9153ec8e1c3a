"""Copies of the database: whole while it is written, brought back without losing what was there."""

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import backup, cli
from bot.backup import KEPT, RESTORE, BackupError
from bot.deliver import deliver
from bot.scheduler import LEASE
from bot.slack import open_slack
from bot.tools import open_tools
from storage import cards, channels, leases, outbox, schema
from storage.channels import Channel
from storage.db import DAMAGED, connect, row, run, transaction
from storage.outbox import Message, Op
from tests.makers import NOW
from tests.slack import LocalSlack

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ROWS = 40  # that a writer adds in one transaction
Bot = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with connect(url) as db:
        schema.require_current(db)
        note(url, "first")
    return url


@pytest.fixture
def bot(url: str, monkeypatch: pytest.MonkeyPatch) -> Bot:
    monkeypatch.setenv("DATABASE_URL", url)
    return lambda *words: CliRunner().invoke(cli.cli, words)


def note(url: str, *keys: str) -> None:
    """Queues messages, all in one transaction."""
    with connect(url) as db, transaction(db):
        for key in keys:
            outbox.put(db, Message(tenant="T", key=key, channel="C1", op=Op.POST, payload={}, due_at=NOW), NOW)


def count(file: Path) -> int:
    """How many messages there are in a database's file, which must be sound."""
    with connect(f"sqlite:///{file}") as db:
        assert (row(db, "pragma integrity_check") or {})["integrity_check"] == "ok"
        return sum(outbox.depth(db).values())


def left_over(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.name.startswith(".")]


def test_a_copy_made_while_the_bot_writes_is_whole(url: str, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            note(url, *(f"{number}-{one}" for one in range(ROWS)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy = tmp_path / f"copy-{number}.db"
            assert backup.backup(url, copy) == copy.stat().st_size
            assert count(copy) % ROWS == 1  # the first, and no transaction by half
    finally:
        stop.set()
        writer.join()
    assert left_over(tmp_path) == []


def test_a_copy_is_for_its_owner_alone_and_writes_over_nothing_unasked(bot: Bot, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert bot("backup", str(copy)).exit_code == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    refused = bot("backup", str(copy))
    assert isinstance(refused.exception, BackupError)
    assert "--force" in str(refused.exception)
    assert bot("backup", "--force", str(copy)).exit_code == 0


def test_no_copy_is_made_of_nothing_or_over_the_database_itself(url: str, tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    with pytest.raises(BackupError, match="the database itself"):
        backup.backup(url, path, force=True)
    with pytest.raises(BackupError, match="no database"):
        backup.backup(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "copy.db")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(OSError, match="nowhere"):
        backup.backup(url, tmp_path / "nowhere" / "copy.db")


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to a pipe", "link to a folder", "link to nothing"])
def test_a_copy_replaces_nothing_but_a_file_even_when_forced(url: str, tmp_path: Path, kind: str) -> None:
    there, behind = tmp_path / "there", tmp_path / "behind"
    made = behind if kind.startswith("link") else there
    if kind.endswith("pipe"):
        os.mkfifo(made)
    elif kind.endswith("folder"):
        made.mkdir()
    if made is behind:
        there.symlink_to(behind)
    was = there.lstat()
    for force in (False, True):
        with pytest.raises(BackupError, match="is no ordinary file: name another"):
            backup.backup(url, there, force=force)
    assert (there.lstat().st_ino, there.lstat().st_mode) == (was.st_ino, was.st_mode)
    assert behind.exists() == (made is behind and not kind.endswith("nothing"))
    assert left_over(tmp_path) == []


def test_a_copy_made_at_a_link_to_a_file_takes_that_files_place(url: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link, copy = tmp_path / "copy.db", tmp_path / "elsewhere" / "monday.db"
    copy.write_bytes(b"an older copy")
    link.symlink_to(copy)
    with pytest.raises(BackupError, match="--force"):
        backup.backup(url, link)
    assert backup.backup(url, link, force=True) == copy.stat().st_size
    assert link.readlink() == copy
    assert count(copy) == 1
    itself = tmp_path / "itself.db"
    itself.symlink_to(tmp_path / "test.db")
    with pytest.raises(BackupError, match="the database itself"):
        backup.backup(url, itself, force=True)


def test_a_damaged_database_gives_no_copy(url: str, tmp_path: Path) -> None:
    note(url, *(f"m{number}" for number in range(2000)))
    with connect(url) as db:
        db.conn.execute("pragma wal_checkpoint(truncate)")
    path = tmp_path / "test.db"
    body = bytearray(path.read_bytes())
    for page in range(20, len(body) // 4096, 2):
        body[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(body)
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        backup.backup(url, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert left_over(tmp_path) == []


def test_what_is_restored_is_the_copy_and_the_old_file_is_kept(bot: Bot, url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    bot("backup", str(copy))
    note(url, "second")
    told = bot("restore", str(copy))
    assert told.exit_code == 0, told.exception
    assert KEPT in told.output
    assert count(tmp_path / "test.db") == 1
    assert count(tmp_path / f"test.db{KEPT}") == 2
    assert left_over(tmp_path) == []
    with connect(url) as db:
        schema.require_current(db)
        assert (row(db, "pragma journal_mode") or {})["journal_mode"] == "wal"
        assert leases.hold(db, LEASE, "next", NOW, HOUR)
    again = bot("restore", str(copy))
    assert isinstance(again.exception, BackupError)
    assert "move it away" in str(again.exception)


def test_a_restore_that_fails_half_way_leaves_all_as_it_was_and_holds_up_nobody(url: str, tmp_path: Path) -> None:
    copy, path = tmp_path / "copy.db", tmp_path / "test.db"
    backup.backup(url, copy)
    note(url, "second")
    in_the_way = tmp_path / f"test.db{KEPT}-shm"
    in_the_way.mkdir()
    with closing(sqlite3.connect(path)) as browser:  # while it is open there are files beside the database
        assert browser.execute("select count(*) from outbox").fetchone() == (2,)
        with pytest.raises(IsADirectoryError):
            backup.restore(url, copy, NOW)
        assert {one.name for one in tmp_path.iterdir()} == {
            "copy.db", "test.db", "test.db-shm", "test.db-wal", in_the_way.name
        }  # fmt: skip
    assert count(path) == 2
    with connect(url) as db:
        assert leases.holder(db, LEASE, NOW) is None
    in_the_way.rmdir()
    backup.restore(url, copy, NOW + SECOND)
    assert count(path) == 1


def test_a_restore_that_is_refused_does_not_free_what_another_holds(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup.backup(url, copy)
    with connect(url) as db:
        leases.hold(db, LEASE, RESTORE, NOW, HOUR)
    with pytest.raises(BackupError, match="restore is at work"):
        backup.restore(url, copy, NOW)
    with connect(url) as db:
        assert leases.holder(db, LEASE, NOW) == RESTORE


def test_a_database_reached_by_a_link_is_exchanged_where_it_lies(url: str, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    copy, link, real = tmp_path / "copy.db", tmp_path / "test.db", tmp_path / "disk" / "real.db"
    backup.backup(url, copy)
    note(url, "second")
    link.rename(real)
    link.symlink_to(real)
    backup.restore(url, copy, NOW)
    assert link.readlink() == real
    assert (count(real), count(real.with_name(f"real.db{KEPT}"))) == (1, 2)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.db", "disk", "test.db"]
    with pytest.raises(BackupError, match="still there from an earlier"):
        backup.restore(url, copy, NOW)


def test_nothing_is_restored_while_a_bot_is_at_work(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup.backup(url, copy)
    with connect(url) as db:
        leases.hold(db, LEASE, "somebody", NOW, 30 * SECOND)
    with pytest.raises(BackupError, match="somebody is at work"):
        backup.restore(url, copy, NOW)
    assert not (tmp_path / f"test.db{KEPT}").exists()
    assert backup.restore(url, copy, NOW + HOUR) == len(schema.MIGRATIONS)


@pytest.mark.parametrize("damage", ["garbage", "truncated", "gone", "log without a file"])
def test_a_damaged_database_is_replaced_and_kept(url: str, tmp_path: Path, damage: str) -> None:
    copy, path = tmp_path / "copy.db", tmp_path / "test.db"
    backup.backup(url, copy)
    match damage:
        case "garbage":
            path.write_bytes(b"no database " * 1000)
        case "truncated":
            path.write_bytes(path.read_bytes()[:9000])
        case "gone":
            path.unlink()
        case "log without a file":
            path.unlink()
            (tmp_path / "test.db-wal").write_bytes(b"what another file was to become")
    was = path.read_bytes() if path.exists() else None
    backup.restore(url, copy, NOW)
    assert count(path) == 1
    kept = tmp_path / f"test.db{KEPT}"
    assert (kept.read_bytes() if kept.exists() else None) == was


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b"no database at all, but long enough to be looked at" * 100, "cannot be used"),
    ],
)
def test_what_is_no_copy_is_not_restored(url: str, tmp_path: Path, body: bytes, why: str) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(body)
    with pytest.raises(BackupError, match=why):
        backup.restore(url, copy, NOW)
    with pytest.raises(BackupError, match="no file"):
        backup.restore(url, tmp_path / "none.db", NOW)
    with pytest.raises(BackupError, match="the database itself"):
        backup.restore(url, tmp_path / "test.db", NOW)
    assert count(tmp_path / "test.db") == 1


def test_another_programs_database_and_a_newer_copy_are_refused(url: str, tmp_path: Path) -> None:
    other, newer = tmp_path / "other.db", tmp_path / "newer.db"
    with connect(f"sqlite:///{other}") as db:
        run(db, "create table bookmarks (url text)")
    with pytest.raises(BackupError, match="another program"):
        backup.restore(url, other, NOW)
    backup.backup(url, newer)
    with connect(f"sqlite:///{newer}") as db:
        run(db, "insert into migrations (number) values (99)")
        db.conn.commit()
    with pytest.raises(BackupError, match="upgrade"):
        backup.restore(url, newer, NOW)


def test_an_older_copy_is_restored_and_wants_migrating(
    bot: Bot, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.db"
    backup.backup(url, copy)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("create table more (id integer)",)))
    assert "attribution-bot migrate" in bot("restore", str(copy)).output
    assert bot("migrate").exit_code == 0


def test_damage_is_said_with_the_command_that_mends_it(url: str) -> None:
    assert "attribution-bot restore" in DAMAGED
    assert "docs/running.md" in DAMAGED


async def test_what_was_sent_after_the_copy_was_made_is_not_sent_again(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "copy.db"
    async with LocalSlack(paced=False) as slack:
        channel = slack.channel("alerts")
        with connect(url) as db:
            schema.require_current(db)
            channels.put(db, Channel(tenant="T", id=channel, created_at=NOW))
            run(
                db, "insert into cases (id, year, number, opened_at) values ('2022-1', 2022, 1, '2022-09-07T12:00:00Z')"
            )
            card = cards.add(db, "T", channel, "2022-1", NOW)
            for key, op in (("card", Op.POST), ("reply", Op.REPLY)):
                queued = Message(
                    tenant="T", key=key, channel=channel, op=op, payload={"text": key}, due_at=NOW,
                    case=card.case, number=card.number,
                )  # fmt: skip
                outbox.put(db, queued, NOW)
        await asyncio.to_thread(backup.backup, url, copy)
        async with open_tools(url, lambda _: True) as tools, open_slack(slack.bot_token, slack.url, pace=0) as far:
            await deliver(tools, far, NOW)
            await asyncio.to_thread(backup.restore, url, copy, NOW + HOUR)
            await deliver(tools, far, NOW + HOUR)
        assert [one.text for one in slack.messages(channel)].count("card") == 1
        with connect(url) as db:
            assert outbox.depth(db) == {"sent": 2}
