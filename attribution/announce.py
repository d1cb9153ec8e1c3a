"""What a new claim is to a channel: a card, a reply, an update, or nothing. Pure, so that it can be argued with."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from attribution.model import Found

FRESH = timedelta(days=3)  # a claim first seen later than this after publication is "seen late", no alert
QUIET = timedelta(days=7)  # after so long without news a case is told anew
# What is seen late is in no hurry: after a downtime many feeds bring some, and that is one message.
LATE_AFTER = timedelta(minutes=15)
MOST_CARDS = 3  # that one post opens in one channel; more are one card that lists them


CASE, DENIAL, WITHDRAWAL = "case", "denial", "withdrawal"  # what a claim adds beside what `cases.news` tells


class Heard(StrEnum):
    """How a claim came to be known: FRESH alerts, LATE is listed in a digest, SEEDED was there before the bot."""

    FRESH = "fresh"
    LATE = "late"
    SEEDED = "seeded"


class Act(StrEnum):
    """What a claim does in a channel."""

    NOTHING = "nothing"
    OPEN = "open"
    UPDATE = "update"
    UPDATE_AND_REPLY = "update and reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the case stands in the channel before the claim: whether it has a card that can be edited, and since when
    that had no news."""

    has_card: bool
    news_at: datetime | None = None


def heard(published_at: datetime | None, now: datetime, *, seeding: bool) -> Heard:
    """How a claim read now is known; `seeding`: its feed is polled for the first time. Undated counts as fresh."""
    if seeding:
        return Heard.SEEDED
    return Heard.LATE if published_at is not None and now - published_at > FRESH else Heard.FRESH


def act(
    news: Collection[str], standing: Standing, now: datetime, *, matches: bool, stronger: bool, threads: bool
) -> Act:
    """What a fresh claim does in a channel. `news`: what it adds to its case; `matches`: a subscription of the channel
    asks for it; `stronger`: its kind is stronger than any the case had; `threads`: the channel wants replies."""
    if not news or not (matches or standing.has_card):
        return Act.NOTHING
    if set(news) == {DENIAL}:  # shown on the card it answers, no alert of its own
        return Act.UPDATE if standing.has_card else Act.NOTHING
    if matches and (not standing.has_card or stronger or _quiet(standing, now)):
        return Act.OPEN
    return Act.UPDATE_AND_REPLY if matches and threads else Act.UPDATE


def _quiet(standing: Standing, now: datetime) -> bool:
    return standing.news_at is not None and now - standing.news_at > QUIET


def opening(acts: Iterable[tuple[Found, Act]]) -> dict[str, Found]:
    """The cases that one post's statements open cards for, each with the statement that does; more than MOST_CARDS
    are one list.

    A sentence that accuses one state of several known operations is news to a case of each, and one card to a reader.
    """
    told: set[tuple[str, frozenset[str]]] = set()
    opened: dict[str, Found] = {}
    for found, what in acts:
        said = found.claim.quote, found.claim.accused
        if what is Act.OPEN and found.case is not None and said not in told:
            told.add(said)
            opened.setdefault(found.case, found)
    return opened
