"""The database file: made by itself, migrated on request, refused when it is not ours or not of this version."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from attribution.query import Query
from storage import schema
from storage.db import StorageError, connect, path_of, row, run
from storage.stats import stats
from tests.stocked import stock


def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


def test_a_new_database_is_made_by_itself(tmp_path: Path) -> None:
    with connect(url(tmp_path)) as db:
        schema.require_current(db)
        assert schema.version(db) == len(schema.MIGRATIONS)
        assert (row(db, "pragma journal_mode") or {})["journal_mode"] == "wal"


def test_many_that_make_a_new_database_at_once_make_one(tmp_path: Path) -> None:
    def make(_: int) -> int:
        with connect(url(tmp_path)) as db:
            schema.require_current(db)
            return schema.version(db)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(make, range(16))) == {len(schema.MIGRATIONS)}


def test_an_older_schema_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(url(tmp_path)) as db:
        schema.require_current(db)
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("create table more (id integer)",)))
        with pytest.raises(StorageError, match="attribution-bot migrate"):
            schema.require_current(db)
        assert schema.migrate(db) == 1
        assert schema.migrate(db) == 0
        schema.require_current(db)


def test_claims_of_an_older_schema_are_counted_like_new_ones(tmp_path: Path) -> None:
    with connect(url(tmp_path)) as db:
        stock(db)
        counted = stats(db, Query())
        assert counted.matrix
        run(db, "drop index claims_counted")
        run(db, "create index claims_counted on claims (standing)")
        for column in ("accused", "accusers"):
            run(db, f"alter table claims drop column {column}")
        run(db, "delete from migrations where number >= 4")
        assert schema.migrate(db) == len(schema.MIGRATIONS) - 3
        assert stats(db, Query()) == counted


def test_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    with connect(url(tmp_path)) as db:
        schema.require_current(db)
        run(db, "insert into migrations (number) values (99)")
        for use in (schema.require_current, schema.migrate):
            with pytest.raises(StorageError, match="upgrade attribution-bot"):
                use(db)
        assert schema.version(db) == 99


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(url(tmp_path)) as db:
        schema.require_current(db)
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("create table more (id integer)", "nonsense")))
        with pytest.raises(sqlite3.OperationalError):
            schema.migrate(db)
        assert not row(db, "select 1 from sqlite_master where name = 'more'")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "test.db") as other:
        other.execute("create table bookmarks (id integer)")
    other.close()
    with connect(url(tmp_path)) as db, pytest.raises(StorageError, match="another program's"):
        schema.require_current(db)


def test_a_file_that_is_no_database_is_refused_with_words(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_text("This is a letter, and a long one at that. " * 50)
    with pytest.raises(StorageError, match="no SQLite database"), connect(url(tmp_path)):
        pytest.fail("a letter was opened as a database")


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="folder exists"), connect(f"sqlite:///{tmp_path}/none/test.db"):
        pytest.fail("a database was opened in no folder")


@pytest.mark.parametrize("address", ["postgresql://host/name", "sqlite:///", "attribution.db", ""])
def test_another_scheme_gets_one_clear_sentence(address: str) -> None:
    with pytest.raises(StorageError, match="use sqlite:///FILE"):
        path_of(address)
