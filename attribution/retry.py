"""When to try again: pure tables and steps, so that what is retried can be argued with."""

from datetime import datetime, timedelta

ARTICLE_FIRST = timedelta(minutes=10)
ARTICLE_FOR = timedelta(days=1)  # after a day the headline's reading is what there is


def article_again(first_seen: datetime, tries: int, now: datetime) -> datetime | None:
    """When to fetch an article again after `tries` failed tries: waiting twice as long each time, None after a day."""
    again = now + ARTICLE_FIRST * 2 ** min(tries - 1, 8)
    return again if again <= first_seen + ARTICLE_FOR else None
