"""How alike two claims' operations are: evidence for and against, by name, and what each piece weighs."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import TypeVar

from attribution import gazetteer
from attribution.model import Analytic, Kind, Likelihood
from attribution.operations import Marks, plain

# Log-odds, fitted by logistic regression to pairs of claims of which a reader said whether they are of one operation,
# then rounded. Each piece of evidence is 0 to 1 or 1.5 strong, `late` grows with the logarithm of weeks.
WEIGHTS: Mapping[str, float] = {
    "any two claims": -2.1,
    "a group shared": 1.4,
    "the same groups": 0.5,
    "other groups": -0.8,
    "an agency shared": 0.2,
    "other agencies": -0.4,
    "a codename shared": 3.0,
    "a name shared": 0.8,
    "a word shared": 1.6,
    "other codenames": -0.2,
    "other names": -1.2,
    "nothing shared": -0.8,
    "a victim shared": 3.0,
    "each its own victim": 0.5,
    "no victim known": -1.0,
    "other victims": -1.6,
    "same day": 0.7,
    "same week": 0.5,
    "weeks apart": -0.65,
    "weeks apart, name shared": 0.1,
    "allies on one day": 0.7,
    "same accuser, same week": 1.0,
    "same accuser, later": 0.7,
    "rare accuser": 0.7,
    "same kind": 1.3,
    "repeated that day": 0.8,
    "a formal act later": 1.8,
    "happened together": 1.5,
    "happened apart": -1.5,
}
T = TypeVar("T")
FORMAL = frozenset({Kind.SANCTIONS, Kind.INDICTMENT, Kind.EXPULSION})
SOON, WEEK, MONTHS = 1, 7, 60  # days
REPEATED = 2  # days within which the press repeats a statement
# A mark weighs less the further from the headlines it stands.
IN_BOTH_HEADS, IN_ONE_HEAD, IN_BODIES = 1.0, 0.6, 0.35
# How much a shared name still does against years between two claims if it does not stand in both headlines.
IN_PASSING = 0.3
# Marks shared beyond this add nothing.
MOST_CODED, MOST_NAMES, MOST_WORDS = 1.2, 1.5, 2.0
# What all shared marks together must reach to count as something shared; and below which two headlines' names differ.
SOMETHING, HARDLY = 0.3, 0.15
# A group with many aliases has many operations: so many aliases count as one more known case.
ALIASES_A_CASE = 4
# Neighbours at war or divided, and the United States: that such a state was attacked tells no two operations apart.
# Nor does a theft of cryptocurrency by North Korea, nor its workers in foreign firms.
USUAL: Mapping[str, frozenset[str]] = {
    "RU": frozenset({"UA", "US"}),
    "CN": frozenset({"TW", "US"}),
    "KP": frozenset({"KR", "US", "crypto", "finance", "jobs"}),
    "IR": frozenset({"IL", "US"}),
}
# What is usual counts as known from so many cases at least, however few are known yet.
USUALLY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one claim says of its operation, as far as claims are compared. `accusers`: who attributes or supports;
    `first`, `last`: the days on which it may have been said; `happened`: the days on which the operation may have
    happened, if it says so; `operations`: those known by a name that it is about. `counts`: False for a denial or a
    withdrawal, which is compared and adds nothing."""

    accused: frozenset[str] = frozenset()
    attributed_by: frozenset[str] = frozenset()
    supported_by: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()
    victims: frozenset[str] = frozenset()
    kind: Kind = Kind.STATEMENT
    likelihood: Likelihood = Likelihood.STATED
    analytic: Analytic | None = None
    first: date
    last: date
    happened: tuple[date, date] | None = None
    operations: frozenset[str] = frozenset()
    marks: Marks = field(default_factory=Marks)
    counts: bool = True

    @property
    def accusers(self) -> frozenset[str]:
        return self.attributed_by | self.supported_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Rarity:
    """In how many known cases a group, a mark, a victim, an (accuser, accused) pair, a (theme, accused) pair occurs."""

    actors: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    victims: Counter[str] = field(default_factory=Counter)
    accusations: Counter[tuple[str, str]] = field(default_factory=Counter)
    themes: Counter[tuple[str, str]] = field(default_factory=Counter)


def rarity_among(cases: Iterable[Iterable[Trace]], about: Trace) -> Rarity:
    """What `about` has, counted over cases, each given as its traces."""
    words, pairs, themes = about.marks.head | about.marks.body, accusations(about), attacks(about)
    actors, marks, victims = Counter[str](), Counter[str](), Counter[str]()
    accused, attacked = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for case in cases:
        traces = tuple(case)
        _count(actors, [about.actors & trace.actors for trace in traces if about.actors])
        _count(marks, [words & part for trace in traces for part in (trace.marks.head, trace.marks.body)])
        _count(victims, [about.victims & trace.victims for trace in traces if about.victims])
        alike = [trace for trace in traces if not about.accused.isdisjoint(trace.accused)]
        _count(accused, [pairs & accusations(trace) for trace in alike if about.accusers & trace.accusers])
        _count(attacked, [themes & attacks(trace) for trace in alike if about.marks.themes & trace.marks.themes])
    return Rarity(actors=actors, marks=marks, victims=victims, accusations=accused, themes=attacked)


def _count(counter: Counter[T], found: Sequence[Iterable[T]]) -> None:
    """Counts once whatever is found at least once."""
    if any(found):
        counter.update({name for names in found for name in names})


def related(one: Trace, other: Trace) -> bool:
    """False of claims that have nothing in common by which they could be of one operation: neither time, nor a group,
    a word or a victim. Their likeness is never above zero, and no rule ties them."""
    return bool(
        gap(one, other) <= WEEK
        or one.actors & other.actors
        or (one.happened and other.happened)
        or (one.victims & other.victims) - (one.accusers & other.accusers)
        or not one.marks.head.isdisjoint(other.marks.head)
        or not one.marks.head.isdisjoint(other.marks.body)
        or not one.marks.body.isdisjoint(other.marks.head)
        or not one.marks.body.isdisjoint(other.marks.body)
    )


def attacks(trace: Trace) -> set[tuple[str, str]]:
    """What was attacked, or how, each with whom it is blamed on."""
    return set(itertools.product(trace.marks.themes, trace.accused))


def accusations(trace: Trace) -> set[tuple[str, str]]:
    """Who accuses whom."""
    return set(itertools.product(trace.accusers, trace.accused))


def comparable(one: Trace, other: Trace) -> bool:
    """False of claims that accuse different states: a counter-accusation is another case."""
    return not one.accused or not other.accused or bool(one.accused & other.accused)


def likeness(one: Trace, other: Trace, rarity: Rarity) -> float:
    """The log-odds that two comparable claims are of one operation; the same whichever is given first."""
    return sum(WEIGHTS[name] * strength for name, strength in evidence(one, other, rarity).items())


def evidence(one: Trace, other: Trace, rarity: Rarity) -> dict[str, float]:
    """The pieces of evidence that hold of two claims, each a key of WEIGHTS, and how strongly."""
    groups = _groups(one, other, rarity)
    words = _words(one.marks, other.marks, rarity)
    nothing = not groups.get("a group shared") and sum(words.values()) <= SOMETHING
    named = words.get("a codename shared", 0) + words.get("a name shared", 0)
    known = _named(one.marks, other.marks, rarity) + IN_PASSING * named + groups.get("a group shared", 0) ** 2
    return {
        "any two claims": 1.0,
        **groups,
        **words,
        **_differences(one.marks, other.marks, words),
        **({"nothing shared": 1.0} if nothing else {}),
        **_victims(one, other, rarity),
        **_times(one, other, min(1.0, known)),
        **_accusers(one, other, rarity),
        **_kinds(one, other),
    }


def gap(one: Trace, other: Trace) -> int:
    """Days between two claims; 0 if they may be of one day."""
    return max(0, (other.first - one.last).days, (one.first - other.last).days)


@cache
def names_of(actor: str) -> int:
    """How many names a group was given: the more, the longer it was watched, and the more it did. Of spellings that
    differ by a space or a capital one counts, and of other scripts none: they are the same names."""
    group = gazetteer.groups().get(actor)
    return len({plain(alias) for alias in group.aliases if alias.isascii()}) if group else 0


def disjoint(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether both say something, and nothing in common."""
    return bool(one and other and not one & other)


def each_its_own(one: Trace, other: Trace) -> bool:
    """Whether two claims speak of attacks on none but those who make them: so allies do who speak together."""
    return bool(one.victims and other.victims) and one.victims <= one.accusers and other.victims <= other.accusers


def _rare(count: float) -> float:
    """How much it says that two claims share what `count` cases have: 1 if one case has it, less the more do."""
    return 1 / math.sqrt(max(1, count))


def _groups(one: Trace, other: Trace, rarity: Rarity) -> dict[str, float]:
    found: dict[str, float] = {}
    if shared := one.actors & other.actors:
        rarest = max(_rare(max(rarity.actors[actor], names_of(actor) / ALIASES_A_CASE)) for actor in shared)
        # Who lists five groups speaks of none in particular.
        found["a group shared"] = rarest * _rare(max(len(one.actors), len(other.actors)))
        found["the same groups"] = float(one.actors == other.actors)
    elif one.actors and other.actors:
        found["other groups"] = 1.0
    if one.agencies and other.agencies:
        found["an agency shared" if one.agencies & other.agencies else "other agencies"] = 1.0
    return found


def _words(one: Marks, other: Marks, rarity: Rarity) -> dict[str, float]:
    """Shared marks: codenames, names and plain words apart, the rarer the stronger."""
    coded = names = words = 0.0
    for mark in (one.head | one.body) & (other.head | other.body):
        strength = _rare(rarity.marks[mark]) * _place(mark, one, other)
        if mark in one.coded or mark in other.coded:
            coded += strength
        elif mark in one.proper or mark in other.proper:
            names += strength
        else:
            words += strength
    found = {
        "a codename shared": min(MOST_CODED, coded),
        "a name shared": min(MOST_NAMES, names),
        "a word shared": min(MOST_WORDS, words),
    }
    return {name: strength for name, strength in found.items() if strength}


def _place(mark: str, one: Marks, other: Marks) -> float:
    heads = (mark in one.head) + (mark in other.head)
    return (IN_BODIES, IN_ONE_HEAD, IN_BOTH_HEADS)[heads]


def _differences(one: Marks, other: Marks, shared: dict[str, float]) -> dict[str, float]:
    """Headlines that each name something, and not the same."""
    found: dict[str, float] = {}
    codes, other_codes = one.head & one.coded, other.head & other.coded
    if codes and other_codes and not codes & other_codes:
        found["other codenames"] = 1.0
    named = shared.get("a codename shared", 0) + shared.get("a name shared", 0)
    if one.head & one.proper and other.head & other.proper and named < HARDLY:
        found["other names"] = 1.0
    return found


def _named(one: Marks, other: Marks, rarity: Rarity) -> float:
    """How well two claims are tied by names that stand in both headlines."""
    shared = one.head & other.head & (one.proper | other.proper)
    return sum(_rare(rarity.marks[mark]) for mark in shared)


def _victims(one: Trace, other: Trace, rarity: Rarity) -> dict[str, float]:
    """A shared victim says much, unless it is the accuser of both: a state mostly speaks of attacks on itself."""
    if not one.victims or not other.victims:
        return {"no victim known": 1.0}
    if not (shared := one.victims & other.victims):
        together = gap(one, other) <= SOON and each_its_own(one, other)
        return {} if together else {"other victims": 1.0}
    strangers = shared - (one.accusers & other.accusers)
    usual = frozenset().union(*(USUAL.get(state, frozenset()) for state in one.accused | other.accused))
    name = "a victim shared" if strangers else "each its own victim"
    counts = (max(rarity.victims[victim], USUALLY * (victim in usual)) for victim in strangers or shared)
    return {name: max(map(_rare, counts))}


def _times(one: Trace, other: Trace, known: float) -> dict[str, float]:
    """`known`: 0 to 1, how well the operation is known by name: then years between the claims say little."""
    days = gap(one, other)
    weeks = math.log2(1 + days / WEEK)
    found = {"weeks apart": weeks * (1 - known), "weeks apart, name shared": weeks * known}
    if days <= SOON:
        found["same day"] = 1.0
    if days <= WEEK:
        found["same week"] = 1.0
    if one.happened and other.happened:
        apart = max(one.happened[0] - other.happened[1], other.happened[0] - one.happened[1])
        if apart <= timedelta(0):
            found["happened together"] = 1.0
        elif apart > timedelta(days=MONTHS):
            found["happened apart"] = 1.0
    return found


def _accusers(one: Trace, other: Trace, rarity: Rarity) -> dict[str, float]:
    days = gap(one, other)
    if shared := accusations(one) & accusations(other):
        if days > WEEK:
            return {"same accuser, later": 1.0}
        return {
            "same accuser, same week": 1.0,
            "rare accuser": max(_rare(rarity.accusations[pair]) for pair in shared),
        }
    contrary = disjoint(one.victims, other.victims) or disjoint(one.actors, other.actors)
    if days <= SOON and disjoint(one.accusers, other.accusers) and not contrary:
        return {"allies on one day": 1.0}
    return {}


def _kinds(one: Trace, other: Trace) -> dict[str, float]:
    days = gap(one, other)
    if one.kind is other.kind:
        again = days <= REPEATED and one.accusers & other.accusers
        return {"same kind": 1.0, **({"repeated that day": 1.0} if again else {})}
    return {"a formal act later": 1.0} if days > WEEK and {one.kind, other.kind} & FORMAL else {}
