"""What is done after a try, row by row, and when."""

from datetime import timedelta

import pytest

from attribution.retry import ARTICLE_FOR, Answer, Tried, answer, article_again, channel_again, message_again
from tests.makers import NOW


@pytest.mark.parametrize(
    ("code", "then"),
    [
        (None, Answer.DONE),
        ("ratelimited", Answer.WAIT),
        ("rate_limited", Answer.WAIT),
        ("service_unavailable", Answer.WAIT),
        ("request_timeout", Answer.WAIT),
        ("message_limit_exceeded", Answer.WAIT),
        ("timeout", Answer.LOOK_UP),
        ("reset", Answer.LOOK_UP),
        ("internal_error", Answer.LOOK_UP),
        ("fatal_error", Answer.LOOK_UP),
        ("channel_not_found", Answer.PAUSE_CHANNEL),
        ("not_in_channel", Answer.PAUSE_CHANNEL),
        ("is_archived", Answer.PAUSE_CHANNEL),
        ("is_inactive", Answer.PAUSE_CHANNEL),
        ("restricted_action", Answer.PAUSE_CHANNEL),
        ("restricted_action_read_only_channel", Answer.PAUSE_CHANNEL),
        ("token_expired", Answer.ROTATE),
        ("token_revoked", Answer.SUSPEND),
        ("missing_scope", Answer.SUSPEND),
        ("message_not_found", Answer.CARD_GONE),
        ("thread_not_found", Answer.CARD_GONE),
        ("unthreaded", Answer.CARD_GONE),
        ("invalid_blocks", Answer.DEGRADE),
        ("invalid_blocks_format", Answer.DEGRADE),
        ("msg_blocks_too_long", Answer.DEGRADE),
        ("msg_too_long", Answer.DEGRADE),
    ],
)
def test_each_answer_of_slack_has_its_deed(code: str | None, then: Answer) -> None:
    assert answer(Tried(code=code), 1) is then


def test_what_nobody_knows_is_tried_three_times() -> None:
    tried = [answer(Tried(code="brand_new_error"), attempts) for attempts in (1, 2, 3)]
    assert tried == [Answer.WAIT, Answer.WAIT, Answer.GIVE_UP]


def test_slacks_own_wish_comes_first() -> None:
    wished = Tried(code="ratelimited", retry_after=timedelta(seconds=7))
    assert message_again(wished, 5, NOW) == NOW + timedelta(seconds=7)


def test_without_a_wish_it_waits_longer_and_longer_up_to_an_hour() -> None:
    waits = [message_again(Tried(code="service_unavailable"), attempts, NOW) - NOW for attempts in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(hours=1)


def test_a_channel_that_is_full_is_left_alone_for_an_hour() -> None:
    assert message_again(Tried(code="message_limit_exceeded"), 1, NOW) == NOW + timedelta(hours=1)


def test_an_article_is_given_up_after_a_day() -> None:
    now, tries = NOW, 1
    while again := article_again(NOW, tries, now):
        assert now < again <= NOW + ARTICLE_FOR
        now, tries = again, tries + 1
    assert tries < 12


@pytest.mark.parametrize(("paused", "again"), [(0, 1), (23, 1), (24, 24), (500, 24)])
def test_a_paused_channel_is_tried_hourly_for_a_day_and_daily_from_then_on(paused: int, again: int) -> None:
    hour = timedelta(hours=1)
    assert channel_again(NOW - paused * hour, NOW) == NOW + again * hour
