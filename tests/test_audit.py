"""The journal of changes, a tenant's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from storage import audit, schema
from storage.audit import Change
from storage.db import connect

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
