"""docs/data.md describes the schema as it is, and what is shipped for datasette answers."""

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from attribution.model import Found
from storage import schema
from storage.db import connect
from tests.card_samples import UK_CONDEMNS
from tests.stocked import STATEMENTS, stock

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/data.md").read_text(encoding="utf-8")
METADATA = json.loads((ROOT / "docs/datasette.json").read_text(encoding="utf-8"))["databases"]["attribution"]
QUERIES: dict[str, str] = {name: query["sql"] for name, query in METADATA["queries"].items()}
ASKED = {"state": "ir", "case": UK_CONDEMNS.case}
INDEX = re.compile(r"claims_text_\w+")  # FTS5's own tables
PUBLIC = {"feeds", "posts", "sightings", "cases", "claims", "parties"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "attribution.db"
    with connect(f"sqlite:///{path}") as db:
        stock(db)
    plain = sqlite3.connect(path)
    plain.row_factory = sqlite3.Row
    yield plain
    plain.close()


def tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}


def described() -> dict[str, list[str]]:
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    columns = {part.split("\n")[0]: re.findall(r"^\| `(\w+)` \| \S", part, re.MULTILINE) for part in parts}
    return {name: found for name, found in columns.items() if found}


def test_the_page_describes_every_table_and_column_and_no_other(database: sqlite3.Connection) -> None:
    named = {name for name in tables(database) if not INDEX.fullmatch(name)}
    schema_now = {name: [c["name"] for c in database.execute(f"pragma table_info({name})")] for name in named}
    assert described() == schema_now


def test_the_page_was_held_to_the_newest_schema(database: sqlite3.Connection) -> None:
    assert database.execute("select max(number) from migrations").fetchone()[0] == len(schema.MIGRATIONS)


def test_datasette_is_told_of_every_table_and_hides_all_that_is_a_workspaces(database: sqlite3.Connection) -> None:
    told = METADATA["tables"]
    assert set(told) == tables(database)
    assert {name for name, table in told.items() if not table.get("hidden")} == PUBLIC


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_canned_query_answers_over_a_stocked_database(database: sqlite3.Connection, name: str) -> None:
    wanted = {key: value for key, value in ASKED.items() if f":{key}" in QUERIES[name]}
    assert database.execute(QUERIES[name], wanted).fetchall()


def test_a_canned_query_shows_nothing_of_one_workspace_alone(database: sqlite3.Connection) -> None:
    database.execute("update claims set owner = 'T1'")
    assert [name for name, sql in QUERIES.items() if database.execute(sql, ASKED).fetchall()] == []


def test_the_matrix_counts_an_operation_once_for_each_pair(database: sqlite3.Connection) -> None:
    counted = {(r["accuser"], r["accused"]): r["operations"] for r in database.execute(QUERIES["who_accuses_whom"])}
    cases: dict[tuple[str, str], set[str | None]] = {}
    for one in filter(accuses, STATEMENTS):
        for by in one.claim.attributed_by:
            for accused in one.claim.accused:
                cases.setdefault((by, accused), set()).add(one.case)
    assert counted == {pair: len(found) for pair, found in cases.items()}


def accuses(one: Found) -> bool:
    return one.claim.role in ("leads", "joins") and one.withdrawn_at is None


def test_the_copy_to_publish_has_nothing_of_a_workspaces(database: sqlite3.Connection) -> None:
    (steps,) = re.findall(r"sqlite3 public/attribution.db \"\n(.*?)\"\ndatasette", PAGE, re.DOTALL)
    database.execute("update claims set owner = 'T1' where id = 1")
    database.execute("update posts set owner = 'T1' where id = (select post from claims where id = 1)")
    database.execute("insert into audit values ('T1', 1, '', 'U1', 'C1', 'digest', '')")
    database.commit()
    database.executescript(steps)
    for name in tables(database) - PUBLIC - {"migrations"}:
        if not INDEX.fullmatch(name) and name not in ("claims_text", "sqlite_sequence"):
            assert database.execute(f"select count(*) from {name}").fetchone()[0] == 0, name
    for name in ("feeds", "posts", "claims"):
        assert database.execute(f"select count(*) from {name} where owner is not null").fetchone()[0] == 0
    assert database.execute("select count(*) from claims").fetchone()[0] == len(STATEMENTS) - 1
