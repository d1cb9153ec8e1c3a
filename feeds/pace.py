"""When to ask a feed again, and when to believe that it has moved. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from statistics import median_low

# Alerts are wanted within minutes, so no healthy feed waits longer than MOST. The shortest window seen on a government
# feed (state.gov, whitehouse.gov: the last 10 posts) was 18 minutes long: MOST and its jitter stay inside that, so that
# no post leaves a window unseen. LEAST is what miniflux asks at most; a 304 costs either side next to nothing.
LEAST = timedelta(minutes=5)
MOST = timedelta(minutes=15)
# A feed is asked four times in its median gap: the delay is then small beside the gap, and a burst is still seen.
POLLS_PER_GAP = 4
RECENT = 10
# max-age says how long a copy may be used unasked (RFC 9111, 4.2), not that asking is unwelcome: some static sites say
# a day for their feed. Past this the alert counts for more.
FRESH_MOST = timedelta(hours=1)
WISH_MOST = timedelta(hours=24)
BACK_OFF_MOST = timedelta(hours=6)
JITTER = 0.1
POLLS_TO_MOVE = 3


def next_poll(
    *,
    now: datetime,
    published: Sequence[datetime],
    fresh_for: timedelta | None = None,
    failing_since: datetime | None = None,
    failures: int = 0,
    retry_after: timedelta | None = None,
    seed: str,
) -> datetime:
    """When a feed just asked is due again. `published`: when its entries were; `failures`: how often in a row it has
    failed, this time included, since `failing_since`; `fresh_for` and `retry_after`: the server's own wishes, not
    undercut (up to an hour and a day); `seed`: the feed's id. Jitter is one of +-10 %, but of +10 % at most on a
    server's wish."""
    usual = interval(published, now)
    wait = max(usual, back_off(usual, failures, now - (failing_since or now))) if failures else usual
    wish = max(min(fresh_for or timedelta(), FRESH_MOST), min(retry_after or timedelta(), WISH_MOST))
    shift = jitter(seed, now)
    return now + max(wait * (1 + shift), wish * (1 + abs(shift)))


def interval(published: Sequence[datetime], now: datetime) -> timedelta:
    """How often a healthy feed is asked, LEAST to MOST: from the median gap between its RECENT last times of
    publication. Posts of one moment count once; dates to come are mistakes."""
    times = sorted({moment for moment in published if moment <= now})[-RECENT:]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return min(max(median_low(gaps) / POLLS_PER_GAP, LEAST), MOST) if gaps else MOST


def back_off(usual: timedelta, failures: int, failing_for: timedelta) -> timedelta:
    """How long a failing feed is left alone: doubled with each failure up to BACK_OFF_MOST, but no longer than it has
    been failing, so that five failures in one bad minute do not cost hours. Never for good."""
    doubled = usual * (1 << min(failures, 10))
    return min(doubled, failing_for, BACK_OFF_MOST)


def jitter(seed: str, now: datetime) -> float:
    """A number from -JITTER to JITTER that is another one for each feed and moment, so that feeds asked in step once
    do not stay in step, nor fail together."""
    digest = blake2b(f"{seed} {now.isoformat()}".encode(), digest_size=8).digest()
    return JITTER * (2 * int.from_bytes(digest) / (2**64 - 1) - 1)


def settle_move(moved_to: str | None, pending_url: str | None, pending_count: int) -> tuple[str | None, int, bool]:
    """What to remember after a poll that ended at `moved_to` by permanent redirects alone (None: it did not): the
    address that may become the feed's, how many polls in a row led there, and whether to adopt it now."""
    if moved_to is None:
        return None, 0, False
    count = pending_count + 1 if moved_to == pending_url else 1
    return moved_to, count, count >= POLLS_TO_MOVE
