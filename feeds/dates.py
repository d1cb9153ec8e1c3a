"""Dates as governments' feeds write them, where feedparser reads none or the wrong one."""

import re
from datetime import UTC, datetime

from attribution.plain import YEARS

# Each was met in a real feed: the two Drupal forms at the FCA, FDA and US House, the others at SEBI and the RBI of
# India; the last three guard against feedparser, which takes 2026/07/27 for the first of November.
# Day before month comes second: it is only taken where the weekday proves it.
FORMATS = (
    "%B %d, %Y - %H:%M",
    "%B %d, %Y - %I:%M%p",
    "%m/%d/%Y - %H:%M",
    "%d/%m/%Y - %H:%M",
    "%d %b, %Y %z",
    "%d %b, %Y",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d %B %Y %H:%M:%S",
    "%d %B %Y %H:%M",
    "%B %d, %Y",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
)
# RFC 822 with a zone and RFC 3339: feedparser reads these, and nearly every date is one.
STANDARD = re.compile(r"(\w{3}, )?\d\d? [A-Z][a-z]{2} \d{2,4} \d\d:\d\d(:\d\d)? [A-Z+-]|\d{4}-\d\d-\d\dT")
LONGEST = 60
WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)


def read_date(text: str) -> datetime | None:
    """A date in one of FORMATS as an aware UTC datetime, None for any other text, among it what feedparser reads.

    Text without an offset is taken as UTC: such feeds do not say where their clock stands, and no zone is guessed.
    """
    text = " ".join(text[:LONGEST].split())
    if not text or STANDARD.match(text):
        return None
    weekday = WEEKDAY.match(text)
    rest = text[weekday.end() :] if weekday else text
    found = [moment for form in FORMATS if (moment := _in_form(rest, form))]
    named = [moment for moment in found if weekday and f"{moment:%a}".lower() == weekday[1].lower()]
    return next((as_utc(moment) for moment in named or found), None)


def as_utc(moment: datetime) -> datetime | None:
    """The moment in UTC, naive ones taken as UTC already; None outside of YEARS."""
    if moment.year not in YEARS:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_form(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - what has no offset is given UTC by as_utc
    except ValueError:
        return None
