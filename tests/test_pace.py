from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import pace
from feeds.pace import interval, jitter, next_poll, settle_move

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

spans = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400))
times = st.lists(spans.map(lambda ago: NOW - ago), max_size=30)
wishes = st.none() | st.timedeltas(min_value=-HOUR, max_value=timedelta(days=9))
seeds = st.text(max_size=20)
counts = st.integers(min_value=0, max_value=10_000)


def posts_every(gap: timedelta, count: int = 10) -> list[datetime]:
    return [NOW - gap * nth for nth in range(count)]


@given(published=times, fresh_for=wishes, seed=seeds)
def test_a_healthy_feed_is_asked_within_minutes_unless_its_server_wishes_otherwise(
    published: list[datetime], fresh_for: timedelta | None, seed: str
) -> None:
    wait = next_poll(now=NOW, published=published, fresh_for=fresh_for, seed=seed) - NOW
    wish = min(fresh_for or timedelta(), pace.FRESH_MOST)
    assert wait >= pace.LEAST * 0.9
    assert wait >= wish
    assert wait <= max(pace.MOST, wish) * 1.1


@given(published=times, seed=seeds, failures=counts, failed_for=spans, fresh_for=wishes, retry_after=wishes)
def test_no_feed_is_given_up_and_no_wish_is_undercut(
    published: list[datetime],
    seed: str,
    failures: int,
    failed_for: timedelta,
    fresh_for: timedelta | None,
    retry_after: timedelta | None,
) -> None:
    due = next_poll(
        now=NOW,
        published=published,
        fresh_for=fresh_for,
        failing_since=NOW - failed_for if failures else None,
        failures=failures,
        retry_after=retry_after,
        seed=seed,
    )
    wish = min(retry_after or timedelta(), pace.WISH_MOST)
    assert NOW + max(wish, pace.LEAST * 0.9) <= due <= NOW + max(pace.BACK_OFF_MOST, pace.WISH_MOST) * 1.1


@given(published=times, seed=seeds, failures=counts, failed_for=spans)
def test_one_more_failure_never_brings_the_next_poll_nearer(
    published: list[datetime], seed: str, failures: int, failed_for: timedelta
) -> None:
    def due(count: int) -> datetime:
        return next_poll(
            now=NOW, published=published, failing_since=NOW - failed_for, failures=count, retry_after=None, seed=seed
        )

    assert due(failures) <= due(failures + 1)


@given(published=times, seed=seeds)
def test_the_same_feed_and_moment_give_the_same_answer_whatever_the_order_of_the_entries(
    published: list[datetime], seed: str
) -> None:
    assert next_poll(now=NOW, published=published, seed=seed) == next_poll(
        now=NOW, published=published[::-1], seed=seed
    )


@given(seed=seeds, moment=st.datetimes(timezones=st.just(UTC)))
def test_jitter_stays_within_a_tenth(seed: str, moment: datetime) -> None:
    assert -pace.JITTER <= jitter(seed, moment) <= pace.JITTER


def test_feeds_asked_at_one_moment_do_not_stay_in_step() -> None:
    waits = sorted(next_poll(now=NOW, published=[], seed=f"feed-{n}") - NOW for n in range(200))
    assert len(set(waits)) == 200
    assert waits[0] < pace.MOST * 0.92
    assert waits[-1] > pace.MOST * 1.08
    assert pace.MOST * 0.99 < sum(waits, timedelta()) / 200 < pace.MOST * 1.01


def test_feeds_told_to_come_back_at_one_moment_do_not_come_back_in_step() -> None:
    waits = {next_poll(now=NOW, published=[], failures=1, retry_after=HOUR, seed=str(n)) - NOW for n in range(50)}
    assert len(waits) == 50
    assert min(waits) >= HOUR


def test_a_feeds_jitter_is_another_one_each_time() -> None:
    assert len({jitter("ncsc", NOW + MINUTE * n) for n in range(50)}) == 50


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (timedelta(minutes=2), pace.LEAST),  # ten posts in 18 minutes, the worst window measured
        (timedelta(minutes=40), timedelta(minutes=10)),
        (timedelta(hours=2.4), pace.MOST),
        (timedelta(days=30), pace.MOST),
    ],
)
def test_the_interval_follows_the_rate_of_the_entries(gap: timedelta, expected: timedelta) -> None:
    assert interval(posts_every(gap), NOW) == expected


def test_no_window_that_was_measured_can_pass_between_two_polls() -> None:
    shortest_window = timedelta(hours=0.3)
    assert shortest_window > pace.MOST * (1 + pace.JITTER)


def test_a_feed_that_publishes_everything_at_once_each_day_is_no_busy_feed() -> None:
    assert interval([NOW - timedelta(days=day) for day in (0, 1, 2) for _ in range(9)], NOW) == pace.MOST


def test_dates_to_come_do_not_count() -> None:
    assert interval(posts_every(-MINUTE)[1:], NOW) == pace.MOST


def test_only_the_recent_rate_counts() -> None:
    quiet_years = [NOW - timedelta(days=365 + 30 * n) for n in range(50)]
    assert interval(posts_every(2 * MINUTE) + quiet_years, NOW) == pace.LEAST


def test_a_failing_feed_is_asked_ever_less_often_down_to_every_six_hours() -> None:
    now, polls = NOW, []
    for failures in range(1, 20):
        due = next_poll(now=now, published=[], failing_since=NOW, failures=failures, seed="")
        polls.append(due - now)
        now = due
    assert polls[0] <= pace.MOST * 1.1
    assert polls[5] > polls[2]
    assert pace.BACK_OFF_MOST * 0.9 <= polls[-1] <= pace.BACK_OFF_MOST * 1.1


def test_many_failures_in_one_bad_minute_do_not_cost_hours() -> None:
    due = next_poll(now=NOW, published=[], failing_since=NOW - MINUTE, failures=9, seed="")
    assert due - NOW <= pace.MOST * 1.1


def test_a_servers_wish_holds_for_a_failing_feed_too() -> None:
    due = next_poll(now=NOW, published=[], failing_since=NOW, failures=1, retry_after=3 * HOUR, seed="")
    assert 3 * HOUR <= due - NOW <= 3.3 * HOUR


def test_a_feed_called_fresh_for_a_day_is_asked_after_an_hour_all_the_same() -> None:
    assert HOUR <= next_poll(now=NOW, published=[], fresh_for=24 * HOUR, seed="") - NOW <= 1.1 * HOUR


def moves(*targets: str | None) -> list[bool]:
    url: str | None = None
    count, adopted = 0, []
    for target in targets:
        url, count, adopt = settle_move(target, url, count)
        adopted.append(adopt)
    return adopted


def test_a_permanent_redirect_is_adopted_when_it_held_three_times() -> None:
    assert moves("a", "a", "a") == [False, False, True]


@pytest.mark.parametrize("interruption", [None, "b"])
def test_a_permanent_redirect_that_did_not_hold_starts_again(interruption: str | None) -> None:
    assert moves("a", "a", interruption, "a", "a", "a") == [False, False, False, False, False, True]
