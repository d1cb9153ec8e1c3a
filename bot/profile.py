"""What is known of a group: its names, where it is usually ascribed to, who attributed to it and how often. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attribution.gazetteer import Group
from attribution.identity import folded
from attribution.model import Found, PartialDate, Standing
from attribution.query import span
from attribution.words import by_name, counted, day, flagged, joined, some
from bot import blocks, telling
from bot.aliases import by_source
from bot.blocks import Run, line, shown, words

NAMES = 12  # aliases before "and 20 others"
ATTRIBUTORS = 6


def profile(group: Group, found: Sequence[Found], now: datetime) -> Run:
    """Who a group is said to be, as lines; `found`: all stored claims that name it."""
    return blocks.lines([_names(group), _home(group), words(_history(found, now))])


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


def _history(found: Sequence[Found], now: datetime) -> str:
    told = [one for one in found if _counts(one)]
    dates = sorted((one.claim.made_on for one in told if one.claim.made_on), key=span)
    if not told:
        return "No stored statement attributes anything to it."
    by = _attributors(told)
    return f"Attributed to {_period(dates, now)}{f' by {by}' if by else ''}."


def _counts(found: Found) -> bool:
    right = found.claim.standing is Standing.ATTRIBUTION and found.claim.role in telling.ACCUSING
    return right and found.withdrawn_at is None


def _period(dates: Sequence[PartialDate], now: datetime) -> str:
    if not dates:
        return "at unknown times"
    first, last = day(dates[0], now), day(dates[-1], now)
    return f"first {first}, last {last}" if first != last else f"on {first}"


def _attributors(found: Iterable[Found]) -> str:
    """Who attributed how often: one operation counts once however often it is repeated."""
    cases: dict[str, set[str | int]] = {}
    for one in found:
        for code in one.claim.attributed_by:
            cases.setdefault(code, set()).add(one.case or one.id)
    most_first = sorted(by_name(cases), key=lambda code: -len(cases[code]))
    return some([f"{flagged(code)} ({counted(len(cases[code]), 'case')})" for code in most_first], ATTRIBUTORS)
