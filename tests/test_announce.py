"""What a claim does in a channel, row by row."""

from datetime import timedelta

import pytest

from attribution.announce import CASE, DENIAL, FRESH, QUIET, Act, Heard, Standing, act, heard
from tests.makers import NOW

NONE = Standing(has_card=False)
CARD = Standing(has_card=True, news_at=NOW - timedelta(hours=1))
OLD_CARD = Standing(has_card=True, news_at=NOW - QUIET - timedelta(seconds=1))
GONE = Standing(has_card=False, news_at=NOW - timedelta(hours=1))
JOINS = frozenset({"government"})
NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("news", "standing", "matches", "stronger", "threads", "then"),
    [
        ({CASE}, NONE, True, False, True, Act.OPEN),
        ({CASE}, NONE, False, False, True, Act.NOTHING),
        (JOINS, NONE, True, False, True, Act.OPEN),  # the first matching news opens the card, whichever it is
        (JOINS, CARD, True, False, True, Act.UPDATE_AND_REPLY),
        (JOINS, CARD, True, False, False, Act.UPDATE),  # a channel without threads
        (JOINS, CARD, False, False, True, Act.UPDATE),  # the card shows the whole case, only matching news replies
        (NOTHING, CARD, True, False, True, Act.NOTHING),  # one more source of what is there
        ({"kind"}, CARD, True, True, True, Act.OPEN),  # sanctions after a statement
        ({"kind"}, CARD, False, True, True, Act.UPDATE),
        (JOINS, OLD_CARD, True, False, True, Act.OPEN),  # a week of silence
        (JOINS, OLD_CARD, False, False, True, Act.UPDATE),
        (JOINS, GONE, True, False, True, Act.OPEN),  # somebody deleted the card
        ({DENIAL}, CARD, True, False, True, Act.UPDATE),
        ({DENIAL}, NONE, True, False, True, Act.NOTHING),
        ({DENIAL}, OLD_CARD, True, False, True, Act.UPDATE),
    ],
)
def test_each_claim_does_one_thing_in_a_channel(
    news: frozenset[str], standing: Standing, matches: bool, stronger: bool, threads: bool, then: Act
) -> None:
    assert act(news, standing, NOW, matches=matches, stronger=stronger, threads=threads) is then


@pytest.mark.parametrize(
    ("age", "seeding", "how"),
    [
        (timedelta(minutes=5), False, Heard.FRESH),
        (FRESH, False, Heard.FRESH),
        (FRESH + timedelta(seconds=1), False, Heard.LATE),
        (timedelta(minutes=5), True, Heard.SEEDED),
        (None, False, Heard.FRESH),  # undated: published when first seen
    ],
)
def test_only_what_is_three_days_old_at_most_alerts(age: timedelta | None, seeding: bool, how: Heard) -> None:
    published = NOW - age if age is not None else None
    assert heard(published, NOW, seeding=seeding) is how
