"""The grammar of questions: what is read, what is refused and with which advice."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.model import Analytic, Kind, Likelihood
from attribution.query import Query, QueryError, parse, written

TODAY = date(2022, 9, 10)


def ask(text: str) -> Query:
    return parse(text, TODAY)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("iran", Query(accused=frozenset({"IR"}))),
        ("North Korea", Query(accused=frozenset({"KP"}))),
        ("iran, russia", Query(accused=frozenset({"IR", "RU"}))),
        ("Fancy Bear", Query(actor=frozenset({"apt28"}))),
        ("NotPetya", Query(text=("notpetya",))),
        ("not petya by:uk", Query(by=frozenset({"GB"}), text=("notpetya",))),
        ("sony pictures", Query(text=("sony pictures",))),
        ("victim:albania", Query(victim=frozenset({"AL"}))),
        ("by:uk,us,EU", Query(by=frozenset({"GB", "US", "EU"}))),
        ("kind:sanctions,indictment", Query(kind=frozenset({Kind.SANCTIONS, Kind.INDICTMENT}))),
        ("confidence:highly-likely", Query(confidence=Likelihood.HIGHLY_LIKELY)),
        ("confidence:high", Query(analytic=Analytic.HIGH)),
        ("since:2022", Query(since=date(2022, 1, 1))),
        ("until:2022-02", Query(until=date(2022, 2, 28))),
        ("since:30d", Query(since=date(2022, 8, 11))),
        ("since:yesterday until:today", Query(since=date(2022, 9, 9), until=TODAY)),
        ("2022-17", Query(case="2022-17")),
        ("mentions:yes", Query(mentions=True)),
        ('"Energy Grid" text:Tirana', Query(text=("energy grid", "tirana"))),
        ("by: uk", Query(by=frozenset({"GB"}))),
        ('victim:"united states"', Query(victim=frozenset({"US"}))),
    ],
)
def test_a_question_is_read(text: str, query: Query) -> None:
    assert ask(text) == query


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("irn", "Did you mean Iran"),
        ("iran sinse:2022", "Did you mean since"),
        ("kind:sanction", "Did you mean sanctions"),
        ("by:ukk", "Did you mean UK"),
        ("actor:apt288", "Did you mean APT28"),
        ("victim:", "victim:albania"),
        ("since:2022-13", "no day 2022-13"),
        ("since:soon", "2022-09-07"),
        ("since:2022-03 until:2022-02", "swap them"),
        ("case:albania", "2022-17"),
        ("iran " + "x" * 2000, "ask for less"),
    ],
)
def test_a_wrong_word_gets_the_nearest_right_one(text: str, advice: str) -> None:
    with pytest.raises(QueryError, match=advice):
        ask(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = ask(text)
    except QueryError:
        return  # anything but this error fails the test
    assert ask(written(query)) == query


CODES = st.frozensets(st.sampled_from(["IR", "RU", "CN", "KP", "GB", "US", "EU", "NATO", "AL", "IN", "NO"]), max_size=3)
QUERIES = st.builds(
    Query,
    accused=CODES,
    by=CODES,
    victim=CODES,
    actor=st.frozensets(st.sampled_from(["apt28", "sandworm", "lazarus-group", "apt31"]), max_size=2),
    kind=st.frozensets(st.sampled_from(list(Kind)), max_size=2),
    confidence=st.none() | st.sampled_from(list(Likelihood)),
    analytic=st.none() | st.sampled_from(list(Analytic)),
    since=st.none() | st.dates(min_value=date(2007, 1, 1), max_value=date(2015, 1, 1)),
    until=st.none() | st.dates(min_value=date(2015, 1, 1), max_value=date(2026, 1, 1)),
    case=st.none() | st.just("2022-17"),
    mentions=st.booleans(),
    text=st.lists(st.sampled_from(["energy", "e-albania", "état", "邮件 服务器", "'"]), max_size=2).map(tuple),
)


@given(QUERIES)
def test_a_question_written_out_is_read_back_as_the_same(query: Query) -> None:
    assert ask(written(query)) == query
