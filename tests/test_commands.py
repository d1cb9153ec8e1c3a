"""The grammar of `/attribution`: what is read, what is refused and with which advice."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.model import Kind
from attribution.query import Query, QueryError
from bot.commands import (
    EVERYTHING,
    Ask,
    ChangeFeed,
    Command,
    CommandError,
    DigestNow,
    Help,
    NoDigest,
    ShowDigest,
    ShowFeeds,
    ShowList,
    ShowStats,
    ShowStatus,
    Subscribe,
    Threads,
    Unsubscribe,
    WeeklyDigest,
    parse_command,
    written_command,
)

TODAY = date(2022, 9, 10)
IRAN = Query(accused=frozenset({"IR"}))
STRICT = Query(
    accused=frozenset({"RU"}),
    by=frozenset({"GB", "US"}),
    since=date(2022, 1, 1),
    kind=frozenset({Kind.SANCTIONS}),
    text=("energy",),
)


def read(text: str) -> Command:
    return parse_command(text, TODAY)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Help(brief=True)),
        ("  \u00a0 ", Help(brief=True)),
        ("iran", Ask(query=IRAN)),
        ("apt28", Ask(query=Query(actor=frozenset({"apt28"})))),
        ("victim:albania", Ask(query=Query(victim=frozenset({"AL"})))),
        ('by:uk,us accused:russia since:2022 kind:sanctions "energy"', Ask(query=STRICT)),
        ("by:uk,us accused:russia since:2022 kind:sanctions “energy”", Ask(query=STRICT)),
        ("case:2022-17", Ask(query=Query(case="2022-17"))),
        ("2022-17", Ask(query=Query(case="2022-17"))),
        (EVERYTHING, Ask(query=Query())),
        ('"list"', Ask(query=Query(text=("list",)))),
        ("&lt;iran", Ask(query=IRAN)),
        ('"a &amp;lt; b"', Ask(query=Query(text=("a &lt; b",)))),
        ('"a\0b"', Ask(query=Query(text=("a b",)))),
        ("subscribe", Subscribe(query=Query())),
        ("Subscribe  iran ", Subscribe(query=IRAN)),
        ("unsubscribe", Unsubscribe()),
        ("unsubscribe iran", Unsubscribe(query=IRAN)),
        ("unsubscribe all", Unsubscribe(everything=True)),
        ("list", ShowList()),
        ("LIST", ShowList()),
        ("feeds", ShowFeeds()),
        ("feed", ShowFeeds()),
        ("feed remove https:\u2060//example.org/a", ChangeFeed(deed="remove", url="https://example.org/a")),
        ("feed add https://example.org/a", ChangeFeed(deed="add", url="https://example.org/a")),
        ("Feeds Pause <https://example.org/a|example.org/a>", ChangeFeed(deed="pause", url="https://example.org/a")),
        ("status", ShowStatus()),
        ("digest", ShowDigest()),
        ("digest off", NoDigest()),
        ("digest now", DigestNow()),
        ("digest weekly", WeeklyDigest(day=1, at=time(9))),
        ("digest weekly mon 09:00 Europe/London", WeeklyDigest(day=1, at=time(9), zone="Europe/London")),
        ("digest weekly Friday 9", WeeklyDigest(day=5, at=time(9))),
        ("digest weekly tu 17.30 europe/london", WeeklyDigest(day=2, at=time(17, 30), zone="Europe/London")),
        ("digest weekly sun 9:05 utc", WeeklyDigest(day=7, at=time(9, 5), zone="UTC")),
        ("digest weekly thurs 00:00 America/New York", WeeklyDigest(day=4, at=time(0), zone="America/New_York")),
        ("threads off", Threads(on=False)),
        ("threads ON", Threads(on=True)),
        ("help", Help()),
        ("help digest", Help(topic="digest")),
        ("help unsubscribe", Help(topic="subscribe")),
    ],
)
def test_a_command_is_read(text: str, command: Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("subcribe iran", "Did you mean /attribution subscribe iran?"),
        ("Unsubscibe", "Did you mean /attribution unsubscribe?"),
        ("lst", "Did you mean /attribution list?"),
        ("feed ad https://example.org/news.xml", "Did you mean add?"),
        ("feed add", "one address"),
        ("feed add one two", "one address"),
        ("fedes", "Did you mean /attribution feeds?"),
        ("staus", "Did you mean /attribution status?"),
        ("hlep digest", "Did you mean /attribution help digest?"),
        ("digets now", "Did you mean /attribution digest now?"),
        ("irn", "Did you mean Iran?"),
        ("sinse:2022", "Did you mean since?"),
        ("subscribe irn", "Did you mean Iran?"),
        ("unsubscribe kind:sanction", "Did you mean sanctions?"),
        ("digest weekly mun 9", "Did you mean mon or sun?"),
        ("digest weekly t 9", "is no day"),
        ("digest weekly wendesday", "Did you mean wed?"),
        ("digest weekly mon 9am", "9:00"),
        ("digest weekly mon 24:00", "is no time"),
        ("digest weekly mon 9:60", "is no time"),
        ("digest weekly mon 9 Lundon", "Did you mean Europe/London?"),
        ("digest weekly mon 9 Europe/Lndon", "Did you mean Europe/London?"),
        ("digest weekly mon 9 Middle of nowhere", "Europe/London or UTC"),
        ("digest wekly mon 9", "Did you mean weekly?"),
        ("digest off please", "digest off"),
        ("digest monthly", "digest weekly mon 09:00 Europe/London"),
        ("list iran", "/attribution iran"),
        ("threads", "threads on"),
        ("help digets", "Did you mean digest?"),
        ("help me", "There is on ask"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(text: str, advice: str) -> None:
    with pytest.raises((CommandError, QueryError)) as refused:
        read(text)
    assert advice in str(refused.value)


STATS = (ShowStats(query=Query()), ShowStats(query=STRICT))


@pytest.mark.parametrize("command", [Ask(query=Query()), Ask(query=STRICT), *STATS, ShowFeeds(), DigestNow()])
def test_a_command_with_buttons_is_written_so_that_it_reads_the_same(
    command: Ask | ShowStats | ShowFeeds | DigestNow,
) -> None:
    assert read(written_command(command)) == command


@given(st.text(max_size=60))
def test_any_text_is_a_command_or_refused_in_words(text: str) -> None:
    assert said(text)


def said(text: str) -> Command | str:
    try:
        return read(text)
    except (CommandError, QueryError) as refused:
        return str(refused)
