"""Rules by which a claim surely is of the operation of one already known: each by name, and each alone enough."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from attribution import gazetteer
from attribution.likeness import (
    FORMAL,
    SOON,
    USUAL,
    WEEK,
    Rarity,
    Trace,
    attacks,
    disjoint,
    each_its_own,
    gap,
    names_of,
)

# Days within which a statement is repeated, by the press or in another language.
REPEATED = 3
# As many governments speak together of one thing.
COALITION = 3
# A group watched under more names than this has many operations at a time (APT28, Lazarus); one under fewer has one
# that goes on.
NARROW = 16
# What a company that works for a state is called by: it was made for one operation, or is known by one.
COMPANY = re.compile(
    r"\b(?:tech|technology|company|co|inc|ltd|limited|corporation|institute|computing)\b", re.IGNORECASE
)
# A claim that lists more groups than this is about none of them.
LISTED = 3
# Days for which a government that names such a group again means what it meant before.
CAMPAIGN = 250
# What more cases than this have tells none of them apart.
RARE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """How a new claim stands to a known one. `allies`: nobody accuses in both; `together`: how many do; `formal`: the
    new one is an act, not words; `groups`, `victims`: True shared, False others, None not known, or for victims each
    its own; `narrow`: they share a group with few operations, that the case is about; `known_here`: a company that no
    other case knows; `words`: a name or rarer word, in a headline of either; `rare_theme`: one that tells cases apart.
    """

    days: int
    same_accuser: bool
    allies: bool
    together: int
    same_kind: bool
    formal: bool
    groups: bool | None
    victims: bool | None
    narrow: bool
    known_here: bool
    words: bool
    any_theme: bool
    rare_theme: bool

    @property
    def alike(self) -> bool:
        """Whether neither groups nor victims tell the two apart."""
        return self.groups is not False and self.victims is not False


RULES: Mapping[str, Callable[[Pair], bool]] = {
    "a statement repeated": lambda p: p.same_accuser and p.same_kind and p.days <= REPEATED and p.alike,
    "a coalition": lambda p: p.together >= COALITION and p.days <= REPEATED,
    "allies over one victim": lambda p: p.allies and p.days <= SOON and p.victims is True and p.alike,
    "allies over one group": lambda p: p.allies and p.days <= SOON and p.same_kind and p.groups is True and p.alike,
    "allies in the same words": lambda p: p.allies and p.days <= REPEATED and p.words and p.groups is not False,
    "words, and an act": lambda p: (
        p.same_accuser and not p.same_kind and p.days <= WEEK and (p.words or p.any_theme) and p.alike
    ),
    "a campaign goes on": lambda p: p.same_accuser and SOON < p.days <= CAMPAIGN and p.narrow and p.alike,
    "a campaign's target": lambda p: p.same_accuser and p.days > WEEK and p.narrow and p.rare_theme and p.alike,
    "a company is named": lambda p: p.formal and p.known_here and p.alike,
}


def rules(new: Trace, traces: Collection[Trace], rarity: Rarity) -> list[frozenset[str]]:
    """For each claim of a case that a rule ties a new claim to, the names of those rules."""
    about = central(traces) & new.actors if len(new.actors) <= LISTED else frozenset()
    found = (_rules(new, old, about, rarity) for old in traces)
    return [names for names in found if names]


def central(traces: Collection[Trace]) -> frozenset[str]:
    """The groups a case is about: at least half of its claims that name groups name it."""
    naming = [trace.actors for trace in traces if trace.actors]
    named = Counter(actor for actors in naming for actor in actors)
    return frozenset(actor for actor, count in named.items() if 2 * count >= len(naming))


def contrary(one: Trace, other: Trace) -> bool:
    """Whether two headlines name things, and not the same: two tools, two companies that were attacked."""
    ours, theirs = one.marks, other.marks
    codes, other_codes = ours.head & ours.coded, theirs.head & theirs.coded
    if codes and other_codes and not ours.coded & theirs.coded:
        return True
    return bool(ours.head & ours.proper and theirs.head & theirs.proper) and not _words(one) & _words(other)


def compare(new: Trace, old: Trace, about: frozenset[str], rarity: Rarity) -> Pair:
    """What the rules ask of two claims; `about`: the groups the case of the old one is about."""
    shared = new.actors & old.actors
    themes = attacks(new) & attacks(old)
    return Pair(
        days=gap(new, old),
        same_accuser=bool(new.accusers & old.accusers),
        allies=not new.accusers & old.accusers,
        together=len(new.accusers & old.accusers),
        same_kind=new.kind is old.kind,
        formal=new.kind in FORMAL,
        groups=_common(new.actors, old.actors),
        victims=_victims(new, old),
        narrow=len(old.actors) <= LISTED and any(names_of(actor) <= NARROW for actor in shared & about),
        known_here=any(rarity.actors[actor] <= 1 and _is_company(actor) for actor in shared),
        words=bool(_words(new) & _words(old) & (new.marks.head | old.marks.head)),
        any_theme=bool(themes),
        rare_theme=any(rarity.themes[pair] <= RARE and not _usual(*pair) for pair in themes),
    )


def _rules(new: Trace, old: Trace, about: frozenset[str], rarity: Rarity) -> frozenset[str]:
    # Only a group that both name ties claims more than a week apart.
    if gap(new, old) > WEEK and not new.actors & old.actors:
        return frozenset()
    if not _one_accusation(new, old) or contrary(new, old):
        return frozenset()
    pair = compare(new, old, about, rarity)
    return frozenset(name for name, holds in RULES.items() if holds(pair))


def _is_company(actor: str) -> bool:
    group = gazetteer.groups().get(actor)
    return group is not None and any(map(COMPANY.search, group.aliases))


def _one_accusation(new: Trace, old: Trace) -> bool:
    """Whether both blame one state, or one group where either names no state."""
    return bool(new.accused & old.accused or (not (new.accused and old.accused) and new.actors & old.actors))


def _common(one: frozenset[str], other: frozenset[str]) -> bool | None:
    return bool(one & other) if one and other else None


def _victims(new: Trace, old: Trace) -> bool | None:
    if new.victims & old.victims:
        return True if (new.victims & old.victims) - (new.accusers & old.accusers) else None
    return False if disjoint(new.victims, old.victims) and not each_its_own(new, old) else None


def _words(trace: Trace) -> frozenset[str]:
    return trace.marks.head | trace.marks.body


def _usual(theme: str, accused: str) -> bool:
    return theme in USUAL.get(accused, frozenset())
