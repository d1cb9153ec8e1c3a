"""Operations known by a name: which of them a claim speaks of, and a claim over several taken apart."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from attribution import gazetteer
from attribution.labels import EVIDENCE, told_of
from attribution.model import Actor, Claim, Kind, Standing
from attribution.operations import HEADLINE, READ
from attribution.query import span

# How long what an accuser says is about the act it announced: the press takes a weekend. Where allies speak together,
# whoever they are, only that day and the next.
ABOUT_AN_ACT, TOGETHER = timedelta(days=4), timedelta(days=1)
# What a text names twice it is about; what it names once it may recall.
OFTEN = 2
# A headline that names more operations than this reviews them: the first in time count.
MOST = 6
# "the hacking group behind last year's SolarWinds breach": said to tell a group from others, while the operation that
# the sentence speaks of is another.
RECALLED = re.compile(
    r"\b(?:groups?|hackers?|actors?|gang|team|crew|spies|cyberspies)\b"
    r"[^.;]{0,30}\b(?:behind|responsible for|known for|blamed for|linked to)\b[^.;,]{0,60}",
    re.IGNORECASE,
)
HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation known by a name. `since`: the day from which it could be blamed; `until`: the day to which the
    `weaker` names mean it where a title has them. A name is its parts, all of which a text must hold; a part that
    begins with @ is a state that was attacked."""

    id: str
    label: str
    accused: frozenset[str]
    since: date
    until: date
    names: tuple[tuple[str, ...], ...]
    weaker: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What some accusers said or did on one day, over these operations. Empty `by` and `kinds` are any."""

    day: date
    by: frozenset[str]
    accused: frozenset[str]
    kinds: frozenset[Kind]
    operations: tuple[str, ...]


def named(claim: Claim, title: str, text: str, said_on: date) -> frozenset[str]:
    """The ids of the known operations that a claim is about, at most MOST; empty if it names none.

    What the headline (title and quote) names, with what its act was over; where it names none, the act's; else what the
    text names often. A claim that was taken apart is about the one it was given.
    """
    if given := told_of(claim):
        return frozenset(id for id, each in operations().items() if each.label in given)  # noqa: A001 - a table's key
    said = span(claim.made_on) if claim.made_on else (said_on, said_on)
    title, text = title[:HEADLINE], text[:READ]
    possible = [each for each in operations().values() if _possible(each, claim, said)]
    found = [each.id for each in possible if _headed(each, title, claim, said)]
    announced = _announced(claim, said)
    if found:
        return frozenset(found[:MOST]) | (announced if announced & set(found) else frozenset())
    return announced or frozenset([each.id for each in possible if _often(each, RECALLED.sub(" ", text))][:MOST])


def taken_apart(claim: Claim, title: str, text: str, said_on: date) -> tuple[Claim, ...]:
    """A claim over several known operations as one claim each, so that each joins its own case; else the claim alone.

    `title`, `text`: of its post; `said_on`: the day of it, where the claim has none. Only attributions are taken apart:
    what recalls joins no case. Each part keeps the quote, accuses those of the accused who are held responsible for its
    operation, and names the operation in its evidence.
    """
    about = sorted(named(claim, title, text, said_on)) if claim.standing is Standing.ATTRIBUTION else []
    if len(about) < 2:
        return (claim,)
    return tuple(_part(claim, operations()[each]) for each in about)


def _part(claim: Claim, operation: Operation) -> Claim:
    accused = claim.accused & operation.accused or claim.accused
    return replace(
        claim,
        accused=accused,
        actors=tuple(actor for actor in claim.actors if _home(actor) in {None, *accused}),
        evidence=(*claim.evidence, (EVIDENCE, operation.label)),
    )


def _home(actor: Actor) -> str | None:
    group = gazetteer.groups().get(actor.id)
    return actor.home or (group.home if group else None)


def _possible(operation: Operation, claim: Claim, said: tuple[date, date]) -> bool:
    return said[1] >= operation.since and (not claim.accused or not claim.accused.isdisjoint(operation.accused))


def _headed(operation: Operation, title: str, claim: Claim, said: tuple[date, date]) -> bool:
    """Whether title, quote or actors name an operation, or its title by a weaker name."""
    actors = " | ".join(name for actor in claim.actors for name in actor.names)
    headline = RECALLED.sub(" ", f"{title}\n{claim.quote}\n{actors}")
    if _named_in(headline, operation.names, claim):
        return True
    return said[0] <= operation.until and _named_in(title, operation.weaker, claim)


def _named_in(words: str, names: Iterable[tuple[str, ...]], claim: Claim) -> bool:
    return any(all(_holds(part, words, claim.victims) for part in parts) for parts in names)


def _often(operation: Operation, text: str) -> bool:
    """Whether a text names an operation twice, by a name that needs no other beside it."""
    single = [parts[0] for parts in operation.names if len(parts) == 1]
    return any(len(_pattern(name).findall(text)) >= OFTEN for name in single)


def _holds(part: str, headline: str, victims: Iterable[str]) -> bool:
    return part[1:] in victims if part.startswith("@") else bool(_pattern(part).search(headline))


def _announced(claim: Claim, said: tuple[date, date]) -> frozenset[str]:
    """The operations that the act was over, of which a claim of known day seems to speak; the first act that fits."""
    first, last = said
    by = claim.attributed_by | claim.supported_by
    for act in acts():
        told = first == last and act.day <= first <= act.day + (ABOUT_AN_ACT if act.by else TOGETHER)
        fits = (not act.kinds or claim.kind in act.kinds) and (not act.by or act.by & by)
        if told and fits and claim.accused & act.accused:
            return frozenset(act.operations)
    return frozenset()


@cache
def operations() -> dict[str, Operation]:
    """The operations known by a name, by id; from data/renowned.tsv."""
    found = (_operation(row) for row in gazetteer.rows("renowned.tsv"))
    return {each.id: each for each in found}


@cache
def acts() -> tuple[Act, ...]:
    """The acts over known operations, from data/acts.tsv."""
    return tuple(_act(row) for row in gazetteer.rows("acts.tsv"))


def _operation(row: dict[str, str]) -> Operation:
    return Operation(
        id=row["id"],
        label=row["label"],
        accused=frozenset(row["accused"].split(",")),
        since=date.fromisoformat(row["since"]),
        until=date.fromisoformat(row["until"] or row["since"]),
        names=_names(row["names"]),
        weaker=_names(row["weaker"]),
    )


def _act(row: dict[str, str]) -> Act:
    return Act(
        day=date.fromisoformat(row["date"]),
        by=_any(row["by"]),
        accused=frozenset(row["accused"].split(",")),
        kinds=frozenset(map(Kind, _any(row["kinds"]))),
        operations=tuple(row["operations"].split()),
    )


def _any(cell: str) -> frozenset[str]:
    """The values of a cell, none of them where it says "*": any."""
    return frozenset() if cell == "*" else frozenset(cell.split(","))


def _names(cell: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(name.split("+")) for name in gazetteer.listed(cell))


@cache
def _pattern(part: str) -> re.Pattern[str]:
    """A name as in the table: eastern scripts anywhere, others whole, up to a final "*"; a hyphen may be a space."""
    if HAN.search(part):
        return re.compile(re.escape(part))
    letters = re.escape(part.removesuffix("*")).replace(r"\-", "[ -]?").replace(r"\ ", "[ -]")
    end = "" if part.endswith("*") else r"(?!\w)"
    return re.compile(rf"(?<!\w){letters}{end}", re.IGNORECASE)
