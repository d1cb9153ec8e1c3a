"""The journal of changes, a tenant's own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from bot.cli import cli
from bot.tidy import tidy
from storage import audit, outbox, schema
from storage.audit import Change
from storage.db import connect, rows
from storage.outbox import Message, Op

NOW = datetime(2022, 9, 7, 12, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        schema.migrate(db)
        yield db


def test_changes_are_a_tenants_own_and_the_newest_comes_first(db: Database) -> None:
    audit.note(db, tenant="T1", user="U1", channel="C1", what="subscribe", about="iran", now=NOW)
    audit.note(db, tenant="T2", user="U2", channel="C2", what="subscribe", about="russia", now=NOW)
    audit.note(db, tenant="T1", user="U3", channel="C1", what="unsubscribe", about="iran", now=NOW + timedelta(days=1))
    newest, oldest = audit.changes(db, "T1")
    assert newest == Change(at=NOW + timedelta(days=1), user="U3", channel="C1", what="unsubscribe", about="iran")
    assert oldest.user == "U1"


def test_the_command_writes_a_tenants_journal_as_json_lines(db: Database, tmp_path: Path) -> None:
    for days, about in enumerate(("accused:ir", "“größer”\n")):
        at = NOW + timedelta(days=days)
        audit.note(db, tenant="T1", user="U1", channel="C1", what="subscribe", about=about, now=at)
    audit.note(db, tenant="T2", user="U2", channel="C2", what="threads", about="off", now=NOW)
    oldest = {"at": "2022-09-07T12:00:00+00:00", "user": "U1", "channel": "C1", "what": "subscribe"}
    written = printed(tmp_path, "--tenant", "T1")
    assert written[1] == oldest | {"about": "accused:ir"}
    assert [one["about"] for one in written] == ["“größer”\n", "accused:ir"]
    assert printed(tmp_path, "--tenant", "T1", "--since", "2022-09-08") == written[:1]
    assert printed(tmp_path, "--tenant", "T9") == []


def test_the_journal_is_never_written_for_all_workspaces_at_once(tmp_path: Path) -> None:
    assert CliRunner().invoke(cli, ["audit"], env=database(tmp_path)).exit_code == 2


def printed(path: Path, *options: str) -> list[dict[str, str]]:
    done = CliRunner().invoke(cli, ["audit", *options], env=database(path))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def database(path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{path / 'test.db'}"}


def test_what_was_kept_for_its_time_is_forgotten(db: Database) -> None:
    for days in (0, 10):
        at = NOW + timedelta(days=days)
        audit.note(db, tenant="T1", user="U1", channel="C1", what="subscribe", about=str(days), now=at)
    for key, due in (("first", NOW), ("second", NOW), ("waits", NOW + timedelta(days=400))):
        one = Message(tenant="T1", key=key, channel=f"C{key[0]}", op=Op.POST, payload={"text": key}, due_at=due)
        outbox.put(db, one, NOW)
    for _ in range(2):
        taken = outbox.take(db, NOW)
        assert taken is not None
        outbox.sent(db, taken, "1.0")
    later = Message(tenant="T1", key="third", channel="Cf", op=Op.POST, payload={"text": "third"}, due_at=NOW)
    outbox.put(db, later, NOW + timedelta(days=20))
    taken = outbox.take(db, NOW + timedelta(days=20))
    assert taken is not None
    outbox.sent(db, taken, "2.0")

    assert tidy(db, NOW + timedelta(days=30)) == 0
    assert tidy(db, NOW + timedelta(days=31)) == 1  # the first; the second is its channel's last
    assert {found["key"] for found in rows(db, "select key from outbox")} == {"second", "waits", "third"}
    words = {found["key"]: found["payload"] for found in rows(db, "select key, payload from outbox")}
    assert words["second"] == "{}"
    assert words["third"] == '{"text": "third"}'
    assert tidy(db, NOW + timedelta(days=366)) == 1
    assert [one.about for one in audit.changes(db, "T1")] == ["10"]
