"""When to try again: pure tables and steps, so that what is retried can be argued with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ARTICLE_FIRST = timedelta(minutes=10)
ARTICLE_FOR = timedelta(days=1)  # after a day the headline's reading is what there is


def article_again(first_seen: datetime, tries: int, now: datetime) -> datetime | None:
    """When to fetch an article again after `tries` failed tries: waiting twice as long each time, None after a day."""
    again = now + ARTICLE_FIRST * 2 ** min(tries - 1, 8)
    return again if again <= first_seen + ARTICLE_FOR else None


class Answer(StrEnum):
    """What to do after a message was tried."""

    DONE = "done"
    WAIT = "wait"
    LOOK_UP = "look up"
    PAUSE_CHANNEL = "pause channel"
    ROTATE = "rotate token"
    SUSPEND = "suspend workspace"
    CARD_GONE = "card gone"
    DEGRADE = "degrade to text"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a try ended: `code` is Slack's error code, or one of ours; None: it arrived. `retry_after`: Slack's wish."""

    code: str | None = None
    retry_after: timedelta | None = None


MINUTE = timedelta(minutes=1)
LOOK_UP_AFTER = MINUTE  # Slack's own history may lag behind what it accepted
DAY = timedelta(days=1)
TRIES = 3  # of what nobody knows; then a dead letter
# Slack did not say what it did, and cannot be asked: tried for days, mostly hourly, so that neither an outage of Slack
# nor a bot that dies again and again costs an alert.
UNANSWERED, UNANSWERED_TRIES = "unanswered", 80
LONGEST_WAIT = timedelta(hours=1)
OVERDUE = 3 * DAY  # as long as a statement is fresh (attribution.announce): older alerts are no alerts any more
MOST_OVERDUE = 3  # of them that a channel is sent one by one, as of one post's cards

# Slack's error codes (the methods' own pages and schemas) by what can be done about them.
ANSWERS: dict[str, Answer] = {
    **dict.fromkeys(
        ("ratelimited", "rate_limited", "service_unavailable", "request_timeout", "message_limit_exceeded"), Answer.WAIT
    ),
    **dict.fromkeys(("timeout", "reset", "internal_error", "fatal_error", "interrupted"), Answer.LOOK_UP),
    **dict.fromkeys(
        (
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "is_inactive",
            "ekm_access_denied",
            "app_access_restricted",
        ),
        Answer.PAUSE_CHANNEL,
    ),
    "token_expired": Answer.ROTATE,
    **dict.fromkeys(
        ("account_inactive", "token_revoked", "invalid_auth", "org_login_required", "missing_scope"), Answer.SUSPEND
    ),
    **dict.fromkeys(
        (
            "message_not_found",
            "thread_not_found",
            "cannot_reply_to_message",
            "cant_update_message",
            "edit_window_closed",
            "unthreaded",
        ),
        Answer.CARD_GONE,
    ),
    **dict.fromkeys(("msg_blocks_too_long", "msg_too_long", "no_text", "metadata_too_large"), Answer.DEGRADE),
}
FAMILIES = {"restricted_action": Answer.PAUSE_CHANNEL, "invalid_blocks": Answer.DEGRADE}


def answer(tried: Tried, attempts: int) -> Answer:
    """What to do after the `attempts`-th try of a message ended so."""
    if tried.code is None:
        return Answer.DONE
    known = ANSWERS.get(tried.code) or next(
        (found for family, found in FAMILIES.items() if tried.code.startswith(family)), None
    )
    if known is not None:
        return known
    most = UNANSWERED_TRIES if tried.code == UNANSWERED else TRIES
    return Answer.WAIT if attempts < most else Answer.GIVE_UP


def named(tried: Tried) -> bool:
    """Whether it is known what a failure means; a try that ended so says nothing against the message."""
    return answer(tried, UNANSWERED_TRIES) is not Answer.GIVE_UP


def overdue(queued: Iterable[datetime], now: datetime) -> bool:
    """Whether so many of a channel's alerts, by when each was queued, have waited so long that one list is to stand for
    them: whoever lets the bot in after a month wants no month of alerts."""
    return sum(now - at > OVERDUE for at in queued) > MOST_OVERDUE


def channel_again(paused_at: datetime, now: datetime) -> datetime:
    """When a paused channel is tried again: hourly for a day, then daily. A refused message costs nobody anything, and
    to hear of being invited again would take another scope."""
    return now + (LONGEST_WAIT if now - paused_at < DAY else DAY)


def message_again(tried: Tried, attempts: int, now: datetime) -> datetime:
    """When a message that must wait is tried again: when Slack says so, else after longer and longer."""
    if tried.code == "message_limit_exceeded":
        return now + LONGEST_WAIT
    return now + (tried.retry_after or min(MINUTE * 2 ** min(attempts - 1, 8), LONGEST_WAIT))
