"""What is known of a group: its names, where it is usually ascribed to, who attributed to it and how often. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from attribution.gazetteer import Group
from attribution.identity import folded
from attribution.model import PartialDate
from attribution.words import by_name, counted, day, flagged, joined, some
from bot import blocks, telling
from bot.aliases import by_source
from bot.blocks import Run, line, shown, words
from storage.stats import Stats

Dates: TypeAlias = tuple[PartialDate, PartialDate]  # the first and the last

NAMES = 12  # aliases before "and 20 others"
ATTRIBUTORS = 6


def profile(group: Group, told: Stats, dates: Dates | None, now: datetime) -> Run:
    """Who a group is said to be, as lines; `told`, `dates`: what is attributed to it, counted, from when to when."""
    return blocks.lines([_names(group), _home(group), words(_history(told, dates, now))])


def _names(group: Group) -> Run:
    sources = by_source(group)
    others = [name for _, found in sources for name in found if folded(name) != folded(group.label)]
    also = f", also {some([shown(one, telling.NAME_LENGTH) for one in others], NAMES)}" if others else ""
    return line(words(group.label, "bold"), words(f"{also} (names from: {joined([source for source, _ in sources])})."))


def _home(group: Group) -> Run:
    if group.home is None:
        return words("No source that this bot has ascribes it to a state.")
    return words(
        f"Usually ascribed to {flagged(group.home)} (source: {shown(group.source)}); that is background, no accusation."
    )


def _history(told: Stats, dates: Dates | None, now: datetime) -> str:
    if not told.statements:
        return "No stored statement attributes anything to it."
    by = some([f"{flagged(code)} ({counted(number, 'case')})" for code, number in _most(told.accusers)], ATTRIBUTORS)
    return f"Attributed to {_period(dates, now)}{f' by {by}' if by else ''}."


def _most(accusers: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Who attributed most often first, equals by their names."""
    often = dict(accusers)
    return sorted(((code, often[code]) for code in by_name(often)), key=lambda one: -one[1])


def _period(dates: Dates | None, now: datetime) -> str:
    if dates is None:
        return "at unknown times"
    first, last = (day(date, now) for date in dates)
    return f"first {first}, last {last}" if first != last else f"on {first}"
