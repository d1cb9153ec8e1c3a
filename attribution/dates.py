"""When an operation took place, where the sentence says so."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache

from attribution.marks import Clause
from attribution.model import PartialDate, Precision
from attribution.phrases import languages, months_of
from attribution.sentences import Token

EARLIEST, LATEST = 1995, 2100


def happened_in(clause: Clause, published_at: datetime | None) -> PartialDate | None:
    """The earliest date of a sentence about an act, None where it names none: a year, a month, or a day.

    A month or a day without a year is the last one before publication; "today" and weekdays say nothing.
    """
    if not clause.has("act", "acted", "cyber", "by_before"):
        return None
    found = [dated for at in range(len(clause.tokens)) if (dated := _dated(clause.tokens, at, published_at))]
    earlier = [one for one in found if published_at is None or one.day < published_at.date()]
    return min(earlier, key=lambda one: one.day, default=None)


def _dated(tokens: Sequence[Token], at: int, published_at: datetime | None) -> PartialDate | None:
    month = _months().get(tokens[at].word)
    if month is None:
        return _year_alone(tokens, at)
    year = _year(tokens, at + 1) or _year(tokens, at + 2)
    day = _day(tokens, at - 1) or _day(tokens, at + 1)
    if year is None:
        year = _last_year_with(month, day, published_at)
    return _partial(year, month, day) if year else None


def _partial(year: int, month: int, day: int | None) -> PartialDate | None:
    try:
        return PartialDate(day=date(year, month, day or 1), precision=Precision.DAY if day else Precision.MONTH)
    except ValueError:
        return None


def _year_alone(tokens: Sequence[Token], at: int) -> PartialDate | None:
    year = _year(tokens, at)
    beside = {tokens[k].word for k in (at - 1, at - 2) if k >= 0}
    if year is None or beside & _months().keys():
        return None
    return PartialDate(day=date(year, 1, 1), precision=Precision.YEAR)


def _year(tokens: Sequence[Token], at: int) -> int | None:
    word = tokens[at].word if at < len(tokens) else ""
    return (
        int(word) if len(word) == 4 and word.isascii() and word.isdigit() and EARLIEST <= int(word) < LATEST else None
    )


def _day(tokens: Sequence[Token], at: int) -> int | None:
    word = tokens[at].word.rstrip("stndrh") if 0 <= at < len(tokens) else ""
    return int(word) if word.isascii() and word.isdigit() and 1 <= int(word) <= 31 else None


def _last_year_with(month: int, day: int | None, published_at: datetime | None) -> int | None:
    if published_at is None:
        return None
    before = (month, day or 1) <= (published_at.month, published_at.day)
    return published_at.year if before else published_at.year - 1


@cache
def _months() -> dict[str, int]:
    """Month names of all phrase books; "may" and "mars" of one language are no word of a date in another's text."""
    return {word: number for language in languages() for word, number in months_of(language).items()}
