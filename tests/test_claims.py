"""Stored claims and the questions asked of them: SQL and `Query.matches` agree."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from attribution.identity import folded, window
from attribution.model import Analytic, Claim, Kind, Likelihood, PartialDate, Standing
from attribution.query import Query
from storage import claims, feeds, posts, schema
from storage.claims import Stored
from storage.db import connect, rows, run, transaction
from tests.makers import CLAIMS, CODES, FCDO, NOW, WORDS, claim, post


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        schema.require_current(db)
        feeds.put(db, [(FCDO, None)])
        yield db


def store(db: Database, one: Claim, title: str = "A title", number: int = 1, owner: str | None = None) -> int:
    served = post(url=f"https://example.gov/{number}", guid=str(number), title=title)
    post_id = posts.add(db, served, window([served]), NOW, owner)
    assert post_id is not None
    return claims.add(db, one, Stored(post=post_id, title=title, owner=owner), NOW)


def test_a_claim_comes_back_as_it_was_stored(db: Database) -> None:
    number = store(db, claim(), "UK condemns Iran")
    (found,) = claims.find(db, Query(accused=frozenset({"IR"})))
    assert (found.id, found.claim, found.title, found.recorded_at) == (number, claim(), "UK condemns Iran", NOW)
    assert found.url == "https://example.gov/1"


def test_mentions_are_left_out_unless_asked_for(db: Database) -> None:
    store(db, claim(standing=Standing.MENTION))
    assert claims.find(db, Query()) == []
    assert len(claims.find(db, Query(mentions=True))) == 1


def test_claims_come_newest_first_and_in_pages(db: Database) -> None:
    old, new = claim(), claim(made_on=PartialDate(day=date(2023, 1, 1)))
    ids = [store(db, one, number=n) for n, one in enumerate((old, new, old))]
    assert [found.id for found in claims.find(db, Query())] == [ids[1], ids[2], ids[0]]
    assert [found.id for found in claims.find(db, Query(), limit=1, offset=1)] == [ids[2]]
    assert claims.count(db, Query()) == 3


def test_an_owned_feeds_claims_are_seen_by_their_owner_only(db: Database) -> None:
    store(db, claim(), owner="T1")
    assert claims.find(db, Query()) == []
    assert claims.find(db, Query(), viewer="T2") == []
    assert len(claims.find(db, Query(), viewer="T1")) == claims.count(db, Query(), viewer="T1") == 1


def test_a_withdrawn_claim_stays_findable_and_marked(db: Database) -> None:
    number = store(db, claim())
    claims.withdraw(db, number, NOW + timedelta(hours=1), "the post no longer says so")
    (found,) = claims.find(db, Query())
    assert found.withdrawn_at == NOW + timedelta(hours=1)


def test_an_amended_claim_is_found_by_what_it_says_now_only(db: Database) -> None:
    number = store(db, claim())
    claims.amend(db, number, claim(accused=frozenset({"RU"}), quote="Russia did it."), "A title")
    assert claims.find(db, Query(accused=frozenset({"IR"}))) == []
    assert claims.find(db, Query(text=("albania.",))) == []
    assert [found.id for found in claims.find(db, Query(accused=frozenset({"RU"}), text=("russia did",)))] == [number]


@pytest.mark.parametrize(
    "term", ["アルバ", "阿尔巴尼亚", "尔", "é", "e-albania", 'the "grid"', "100%", "a_b", "it's", "*", "near"]
)
def test_words_of_any_script_and_length_are_found(db: Database, term: str) -> None:
    number = store(db, claim(quote=f"Before{folded(term).upper()}after"))
    store(db, claim(quote="Nothing of the kind"), number=2)
    assert [found.id for found in claims.find(db, Query(text=(folded(term),)))] == [number]


QUERIES = st.builds(
    Query,
    accused=CODES,
    by=CODES,
    victim=CODES,
    actor=st.frozensets(st.sampled_from(["apt28", "sandworm"]), max_size=1),
    kind=st.frozensets(st.sampled_from(list(Kind)), max_size=2),
    confidence=st.none() | st.sampled_from(list(Likelihood)),
    analytic=st.none() | st.sampled_from(list(Analytic)),
    since=st.none() | st.dates(min_value=date(2007, 1, 1), max_value=date(2026, 12, 31)),
    until=st.none() | st.dates(min_value=date(2007, 1, 1), max_value=date(2026, 12, 31)),
    mentions=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(stored=st.lists(st.tuples(CLAIMS, WORDS), min_size=1, max_size=8), query=QUERIES, data=st.data())
def test_sql_and_matches_give_the_same_answer(
    db: Database, stored: list[tuple[Claim, str]], query: Query, data: st.DataObject
) -> None:
    for table in ("parties", "claims", "posts"):
        run(db, f"delete from {table}")
    ids = [store(db, one, title, number) for number, (one, title) in enumerate(stored)]
    everything = claims.find(db, Query(mentions=True))
    assert sorted(found.id for found in everything) == ids
    haystack = data.draw(st.sampled_from([text for one, title in stored for text in (title, one.quote)]))
    start = data.draw(st.integers(0, len(haystack)))
    term = folded(haystack[start : start + data.draw(st.integers(0, 5))])
    query = replace(query, text=(term,)) if term else query
    assert {found.id for found in claims.find(db, query)} == {one.id for one in everything if query.matches(one)}
    assert claims.count(db, query) == len(claims.find(db, query))


def test_a_transaction_that_fails_leaves_nothing(db: Database) -> None:
    def half() -> None:
        with transaction(db):
            store(db, claim())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert rows(db, "select id from posts") == rows(db, "select id from claims") == []
