"""`stats`: what is counted, and how it is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from attribution.model import Found, Kind, PartialDate, Role
from attribution.query import Query, parse
from bot.stats import shown_stats
from storage import stats
from storage.claims import conditions
from storage.db import connect, rows
from storage.stats import Stats
from tests.card_samples import EU_BACKS, IRAN_DENIES, UK_CONDEMNS
from tests.slack_limits import mentions, modelled, problems
from tests.stocked import stock

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)
NUMBERS = iter(range(1000, 10_000))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        yield db


def said(case: str | None, by: str, accused: str, year: int = 2022, **changed: Any) -> Found:
    number = next(NUMBERS)
    claim = replace(
        UK_CONDEMNS.claim,
        attributed_by=frozenset(by.split()),
        accused=frozenset(accused.split()),
        made_on=PartialDate(day=date(year, 9, 7)),
        **{name: value for name, value in changed.items() if name in ("role", "kind", "supported_by")},
    )
    beside = {name: value for name, value in changed.items() if name in ("owner", "withdrawn_at")}
    return replace(UK_CONDEMNS, id=number, case=case, url=f"https://www.example.org/s/{number}", claim=claim, **beside)


def counted(db: Database, *statements: Found, asked: str = "", viewer: str | None = None) -> Stats:
    stock(db, statements)
    return stats.stats(db, parse(asked, NOW.date()), viewer)


def test_an_operation_counts_once_however_often_it_is_told(db: Database) -> None:
    found = counted(
        db,
        said("2022-1", "GB", "IR"),
        said("2022-1", "GB", "IR"),
        said("2022-1", "US", "IR"),
        said("2022-2", "GB", "RU"),
    )
    assert (found.operations, found.statements) == (2, 4)
    assert found.accused == (("IR", 1), ("RU", 1))
    assert found.accusers == (("GB", 2), ("US", 1))
    assert found.matrix == {("GB", "IR"): 1, ("GB", "RU"): 1, ("US", "IR"): 1}


def test_what_joined_no_case_stands_for_itself(db: Database) -> None:
    assert counted(db, said(None, "GB", "IR"), said(None, "GB", "IR")).operations == 2


def test_denials_solidarity_and_what_was_withdrawn_accuse_nobody(db: Database) -> None:
    found = counted(
        db,
        replace(IRAN_DENIES, case=None),
        replace(EU_BACKS, case=None),
        said("2022-1", "GB", "IR", withdrawn_at=NOW),
        said("2022-2", "GB", "IR", role=Role.SUPPORTS),
    )
    assert found == Stats(operations=0, statements=0, years=(), accused=(), accusers=(), kinds=(), matrix={})


def test_who_only_backs_an_accuser_is_no_accuser(db: Database) -> None:
    assert counted(db, said("2022-1", "GB", "IR", supported_by=frozenset({"NATO"}))).accusers == (("GB", 1),)


def test_years_come_in_their_order_and_kinds_by_how_many(db: Database) -> None:
    found = counted(
        db,
        said("2022-1", "GB", "IR", 2022),
        said("2018-1", "GB", "RU", 2018, kind=Kind.SANCTIONS),
        said("2018-2", "GB", "RU", 2018, kind=Kind.SANCTIONS),
    )
    assert found.years == (("2018", 2), ("2022", 1))
    assert found.kinds == (("sanctions", 2), ("statement", 1))


def test_only_what_answers_the_question_counts(db: Database) -> None:
    found = counted(db, said("2022-1", "GB", "IR"), said("2018-1", "US", "RU", 2018), asked="by:uk since:2020")
    assert found.matrix == {("GB", "IR"): 1}


def test_a_workspaces_own_reports_count_for_it_alone(db: Database) -> None:
    statements = (said("2022-1", "GB", "IR"), said(None, "GB", "CN", owner="T1"))
    assert counted(db, *statements).operations == 1
    assert stats.stats(db, Query(), "T2").operations == 1
    assert stats.stats(db, Query(), "T1").operations == 2


# What is shown


def test_the_numbers_are_told_in_words_and_in_a_table_that_a_phone_shows(db: Database) -> None:
    found = counted(
        db, said("2022-1", "GB", "IR"), said("2021-1", "GB US", "RU CN", 2021), said("2020-1", "US", "", 2020)
    )
    payload = shown_stats(Query(), found)
    assert "3 operations in 3 statements" in payload["text"]
    assert "By year: 2020 1, 2021 1, 2022 1." in payload["text"]
    assert "United States accuses: China 1 and Russia 1." in " ".join(payload["text"].split())
    fixed = [part["elements"][0]["text"] for block in payload["blocks"] for part in block.get("elements", [])
             if part.get("type") == "rich_text_preformatted"]  # fmt: skip
    assert len(fixed) == 2
    assert max(len(row) for text in fixed for row in text.splitlines()) <= 32
    assert fixed[1].splitlines()[1].split() == ["United", "Kingdom", "1", "1", "1"]


def test_no_numbers_say_what_was_asked(db: Database) -> None:
    asked = parse("accused:kp", NOW.date())
    found = counted(db, said("2022-1", "GB", "IR"), asked="accused:kp")
    assert "there is none" in shown_stats(asked, found)["text"]
    assert "North Korea" in shown_stats(asked, found)["text"]


CODES = st.sampled_from(["GB", "US", "EU", "NATO", "IR", "RU", "CN", "KP", "BY", "FR", "DE", "VN"])
COUNTS = st.lists(st.tuples(CODES, st.integers(1, 10**6)), max_size=12, unique_by=lambda one: one[0]).map(tuple)
YEARS = st.lists(st.tuples(st.integers(1990, 2100).map(str), st.integers(1, 10**6)), max_size=60).map(tuple)


@given(COUNTS, COUNTS, YEARS, st.dictionaries(st.tuples(CODES, CODES), st.integers(1, 10**6)))
def test_whatever_the_numbers_slack_takes_them(
    accused: tuple[tuple[str, int], ...],
    accusers: tuple[tuple[str, int], ...],
    years: tuple[tuple[str, int], ...],
    matrix: dict[tuple[str, str], int],
) -> None:
    found = Stats(
        operations=1,
        statements=1,
        years=years,
        accused=accused,
        accusers=accusers,
        kinds=(("report", 1),),
        matrix=matrix,
    )
    payload = shown_stats(Query(), found)
    assert (problems(payload), mentions(payload)) == ([], [])
    assert [modelled(block) for block in payload["blocks"]] == payload["blocks"]


@pytest.mark.parametrize("viewer", [None, "T1"])
def test_all_is_counted_from_the_index_alone_in_its_own_order(db: Database, viewer: str | None) -> None:
    """Its conditions must stand in the query word for word, or a hundred thousand claims are read one by one."""
    stock(db)
    where, values = conditions(Query(), viewer)
    sql = f"explain query plan {stats.COUNTED} and {where} {stats.ORDER}"
    steps = [step["detail"] for step in rows(db, sql, **values)]
    assert len(steps) == 1
    assert "COVERING INDEX claims_counted" in steps[0]
