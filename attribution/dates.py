"""When an operation took place, where the sentence says so."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache

from attribution.marks import Clause
from attribution.model import PartialDate, Precision
from attribution.phrases import languages, months_of
from attribution.sentences import Token

EARLIEST, LATEST = 1995, 2100
# Years, months and days as Chinese, Japanese and Korean write them.
EASTERN = re.compile(r"((?:19|20)\d\d)\s?[年년](?:\s?(\d{1,2})\s?[月월])?(?:\s?(\d{1,2})\s?[日일])?")
# A day so shortly before publication, in a sentence in which somebody speaks, is when it was said.
JUST_SAID = timedelta(days=31)
SAYING = ("speaks", "blames", "charges", "sanctions", "warns", "ties_to")
# Words between the months of a span that has one year: "between March and early May 2024".
SPAN = 4
# Words before a year or a month that make it one: "1999 computers" and "may have" are no dates.
# fmt: off
BEFORE = frozenset([
    "in", "since", "from", "of", "during", "between", "and", "to", "until", "late", "early", "mid", "around", "by",
    "summer", "spring", "autumn", "fall", "winter", "year", "im", "seit", "ab", "vom", "von", "ende", "anfang", "mitte",
    "jahr", "jahre", "sommer", "herbst", "frühjahr", "depuis", "en", "dès", "fin", "début", "année", "été", "automne",
    "sinds", "vanaf", "eind", "begin", "jaar", "siden", "fra", "i", "år", "året", "sommeren", "høsten", "våren",
    "sedan", "från", "sommaren", "hösten", "od", "roku", "roce", "rok", "v", "ve", "w", "we", "latem", "з", "із", "у",
    "в", "с", "року", "році", "року", "года", "году", "год", "dal", "nel", "del", "de", "desde", "año", "anno",
    "estate", "năm", "từ", "tháng",
])
# fmt: on


def happened_in(clause: Clause, published_at: datetime | None) -> PartialDate | None:
    """The earliest date of a sentence about an act, None where it names none: a year, a month, or a day.

    A month or a day without a year is the last one before publication; "today" and weekdays say nothing, and neither
    does the day on which somebody said it.
    """
    if not clause.has("act", "acted", "cyber", "by_before"):
        return None
    found = [one for one in _dates(clause, published_at) if not _is_of_the_saying(clause, one, published_at)]
    return min(found, key=lambda one: one.day, default=None)


def _dates(clause: Clause, published_at: datetime | None) -> Iterator[PartialDate]:
    written = clause.words(0, len(clause.tokens) - 1) if clause.tokens else ""
    for match in EASTERN.finditer(written):
        year, month, day = (int(part) if part else None for part in match.groups())
        if year and (dated := _partial(year, month, day)):
            yield dated
    for at in range(len(clause.tokens)):
        if dated := _dated(clause.tokens, at, published_at):
            yield dated


def _is_of_the_saying(clause: Clause, dated: PartialDate, published_at: datetime | None) -> bool:
    """Whether a date is when somebody spoke, or not yet past at publication."""
    if published_at is None:
        return False
    if dated.day >= published_at.date():
        return True
    recent = dated.precision is Precision.DAY and published_at.date() - dated.day <= JUST_SAID
    return recent and clause.has(*SAYING)


def _dated(tokens: Sequence[Token], at: int, published_at: datetime | None) -> PartialDate | None:
    month = _months().get(tokens[at].word)
    if month is None:
        return _year_alone(tokens, at)
    day = _day(tokens, at - 1) or _day(tokens, at + 1)
    if day is None and not _is_introduced(tokens, at):
        return None
    year = _year(tokens, at + 1) or _year(tokens, at + 2) or _year_of_span(tokens, at)
    if year is None:
        year = _last_year_with(month, day, published_at)
    return _partial(year, month, day) if year else None


def _year_of_span(tokens: Sequence[Token], at: int) -> int | None:
    """The year of the month that ends a span: "between March and May 2024"."""
    for index in range(at + 1, min(at + 1 + SPAN, len(tokens))):
        if tokens[index].word in _months():
            return _year(tokens, index + 1)
    return None


def _partial(year: int, month: int | None, day: int | None) -> PartialDate | None:
    try:
        known = date(year, month or 1, day or 1)
    except ValueError:
        return None
    precision = Precision.YEAR if month is None else Precision.DAY if day else Precision.MONTH
    return PartialDate(day=known, precision=precision)


def _year_alone(tokens: Sequence[Token], at: int) -> PartialDate | None:
    year = _year(tokens, at)
    beside = {tokens[k].word for k in (at - 1, at - 2) if k >= 0}
    if year is None or beside & _months().keys() or not _is_introduced(tokens, at):
        return None
    return _partial(year, None, None)


def _is_introduced(tokens: Sequence[Token], at: int) -> bool:
    """Whether a year or a month stands where a date does: behind "in", "since" and the like, or first."""
    if at == 0 or tokens[at - 1].word in BEFORE:
        return True
    return tokens[at - 1].word == "least" or tokens[at - 1].word in _months()


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
