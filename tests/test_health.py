"""What ails a feed, and what of that is news."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.health import ASKED, GAP_FOR, LONG, SILENT_LEAST, Fares, Ill, change, heard, ills, usual_pause

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def every(pause: timedelta, last: datetime, number: int = 12) -> Sequence[datetime]:
    return [last - n * pause for n in range(number)]


@pytest.mark.parametrize(
    ("fares", "expected"),
    [
        (Fares(polled_at=NOW), []),
        (Fares(polled_at=NOW, failing_since=NOW - LONG), []),
        (Fares(polled_at=NOW, failing_since=NOW - LONG - HOUR), [Ill.FAILING]),
        (Fares(polled_at=NOW, failing_since=NOW - 9 * DAY, gone_at=NOW), [Ill.GONE]),
        (Fares(polled_at=NOW, last_gap_at=NOW - DAY), [Ill.GAP]),
        (Fares(polled_at=NOW, last_gap_at=NOW - GAP_FOR), []),
        (Fares(polled_at=NOW, published=every(DAY, NOW - SILENT_LEAST)), []),
        (Fares(polled_at=NOW, published=every(DAY, NOW - SILENT_LEAST - HOUR)), [Ill.SILENT]),
        (Fares(polled_at=NOW, published=every(20 * DAY, NOW - 40 * DAY)), []),
        (Fares(polled_at=NOW, published=every(20 * DAY, NOW - 41 * DAY)), [Ill.SILENT]),
        (Fares(polled_at=NOW, published=every(DAY, NOW - 300 * DAY, 5)), []),  # too few to know its pace
        (Fares(polled_at=NOW, published=every(HOUR, NOW - 300 * DAY, 30)), []),  # two days are no pace
        # Silent only because it fails: one thing to say.
        (Fares(polled_at=NOW, failing_since=NOW - 30 * DAY, published=every(DAY, NOW - 30 * DAY)), [Ill.FAILING]),
        # Silent before it failed: both.
        (
            Fares(polled_at=NOW, failing_since=NOW - 2 * DAY, published=every(DAY, NOW - 30 * DAY)),
            [Ill.FAILING, Ill.SILENT],
        ),
    ],
)
def test_what_ails_a_feed(fares: Fares, expected: list[Ill]) -> None:
    found = ills(fares, NOW)
    assert found is not None
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("polled_at", [None, NOW - ASKED - HOUR])
def test_what_was_not_asked_of_late_is_not_judged(polled_at: datetime | None) -> None:
    assert ills(Fares(polled_at=polled_at, failing_since=NOW - 30 * DAY), NOW) is None


def test_the_usual_pause_is_between_days_not_between_the_posts_of_one() -> None:
    burst = [NOW - n * DAY - m * HOUR for n in (0, 3, 6, 9, 12, 15) for m in range(5)]
    assert usual_pause(burst) == 3 * DAY


def test_an_ill_is_said_once_while_it_lasts_and_its_end_once() -> None:
    began = {Ill.FAILING: NOW}
    assert change(began, {}).begun == began
    said = heard(began, {})
    assert change({Ill.FAILING: NOW + DAY}, said).begun == {}
    assert change({}, said).ended == began
    assert heard({}, said) == {}


def test_a_feed_that_is_gone_is_not_said_to_answer_again() -> None:
    found = change({Ill.GONE: NOW}, {Ill.FAILING: NOW - DAY})
    assert (set(found.begun), found.ended) == ({Ill.GONE}, {})


ILLS = st.dictionaries(st.sampled_from(list(Ill)), st.just(NOW))


@given(st.lists(ILLS))
def test_whatever_happens_nothing_is_said_twice_without_its_end_between(happened: list[dict[Ill, datetime]]) -> None:
    said: dict[Ill, datetime] = {}
    open_ills: set[Ill] = set()
    for now_ill in happened:
        found = change(now_ill, said)
        assert not set(found.begun) & open_ills
        assert set(found.ended) <= open_ills
        open_ills = set(now_ill)
        said = heard(now_ill, said)
