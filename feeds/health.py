"""What ails a feed that somebody should know of, and what of that is news. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

LONG = timedelta(hours=24)  # outages of a night or of a publisher's maintenance are nobody's business
# A feed is asked every few hours even where it fails, or a day later where its server says so: what has not been asked
# for longer is nothing that can be judged, because the bot was off.
ASKED = LONG + timedelta(hours=2)
GAP_FOR = timedelta(days=7)
# Governments' feeds pause over holidays: a feed is silent after twice the longest of its last pauses, and no earlier
# than this. Our own choice; with fewer pauses known there is no usual pace.
SILENT_LEAST = timedelta(days=14)
PAUSES_LEAST, PAUSES = 5, 20


class Ill(StrEnum):
    """What can ail a feed."""

    GONE = "gone"
    FAILING = "failing"
    SILENT = "silent"
    GAP = "gap"  # its window did not overlap the one before: posts may have been missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fares:
    """How a feed fares. `published`: when its last posts were, in any order; `last_gap_at`: when its window last did
    not overlap the one before."""

    polled_at: datetime | None
    failing_since: datetime | None = None
    gone_at: datetime | None = None
    last_gap_at: datetime | None = None
    published: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be said of a feed: what has begun to ail it, and what has ended; each with when it began."""

    begun: Mapping[Ill, datetime]
    ended: Mapping[Ill, datetime]


def ills(fares: Fares, now: datetime) -> dict[Ill, datetime] | None:
    """What ails a feed and since when; None where that cannot be judged, because it was not asked of late."""
    if fares.gone_at:
        return {Ill.GONE: fares.gone_at}
    if fares.polled_at is None or now - fares.polled_at > ASKED:
        return None
    found: dict[Ill, datetime] = (
        {Ill.GAP: fares.last_gap_at} if fares.last_gap_at and now - fares.last_gap_at < GAP_FOR else {}
    )
    if fares.failing_since and now - fares.failing_since > LONG:
        found[Ill.FAILING] = fares.failing_since
    # While it fails nobody can see whether it publishes.
    if (last := silent_since(fares.published, fares.failing_since or now)) is not None:
        found[Ill.SILENT] = last
    return found


def silent_since(published: Sequence[datetime], now: datetime) -> datetime | None:
    """When the last post was of a feed that is silent for longer than its usual pace says, None of any other."""
    last, usual = max(published, default=None), usual_pause(published)
    if last is None or usual is None or now - last <= max(2 * usual, SILENT_LEAST):
        return None
    return last


def usual_pause(published: Sequence[datetime]) -> timedelta | None:
    """The longest of a feed's last PAUSES pauses between two days with posts, None where too few are known."""
    days = sorted({moment.date() for moment in published})[-PAUSES - 1 :]
    pauses = [later - earlier for earlier, later in pairwise(days)]
    return max(pauses) if len(pauses) >= PAUSES_LEAST else None


def change(now_ill: Mapping[Ill, datetime], said: Mapping[Ill, datetime]) -> Change:
    """What is to be said now, when `said` was said: an ill once while it lasts, and its end once. A feed that is gone
    is well in no other way."""
    ended = {} if Ill.GONE in now_ill else {ill: since for ill, since in said.items() if ill not in now_ill}
    return Change(begun={ill: since for ill, since in now_ill.items() if ill not in said}, ended=ended)


def heard(now_ill: Mapping[Ill, datetime], said: Mapping[Ill, datetime]) -> dict[Ill, datetime]:
    """What has been said once the change is: what ails it, each since when it was said to."""
    return {ill: said.get(ill, since) for ill, since in now_ill.items()}
