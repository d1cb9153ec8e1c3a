"""Whom an operation hit: the states a post's beginning names on the receiving side."""

from collections.abc import Sequence

from attribution.findings import Placed, says_cyber
from attribution.marks import BREAKS, Clause, Named
from attribution.names import Sort
from attribution.speech import GOVERNMENTS, speech_of

# Substantial sentences that are read for victims: further down an article recalls other operations.
WITHIN = 10
# Words between "its" or "the country's" and what was hit.
OWN_REACH = 4
# Words between a victim and the verb of its suffering.
SUFFER_REACH = 4
# An organisation's name has so many words and letters.
MOST_WORDS = 5
SHORTEST_NAME = 4


def victims_of(placed: Sequence[Placed], accused: frozenset[str], by: frozenset[str]) -> frozenset[str]:
    """The states hit; `by` are those that speak, who are meant by "our networks" and "the country's hospitals"."""
    hit: set[str] = set()
    for here in placed:
        if here.place <= WITHIN and _is_about_the_act(here.clause):
            hit.update(_hit_in(here.clause, by))
    return frozenset(code for code in hit if len(code) == 2) - accused


def _is_about_the_act(clause: Clause) -> bool:
    return (says_cyber(clause) or clause.has("act", "acted")) and not clause.has("recalls")


def _hit_in(clause: Clause, by: frozenset[str]) -> set[str]:
    speakers = {named.first for named in speech_of(clause).by}
    hit = {
        code for named in clause.named if named.first not in speakers and is_hit(named) for code in named.name.states
    }
    if len(by) == 1 and (any(_has_organ_after(clause, cue.last) for cue in clause.of("own")) or _is_hit_itself(clause)):
        hit |= by
    return hit


def _suffers(clause: Clause, named: Named) -> bool:
    """ "Norway was hit by", "Estonia suffered a cyber attack"; not its hackers."""
    if named.name.sort not in GOVERNMENTS or named.head & {"actor", "tie", "national"}:
        return False
    return any(0 < cue.first - named.reach <= SUFFER_REACH * clause.wide for cue in clause.of("suffers"))


def is_hit(named: Named) -> bool:
    """Whether a name stands for a victim: "against Albania", "Danish waterworks", "the Bundestag hack"."""
    if named.name.sort not in GOVERNMENTS or named.head & {"actor", "national", "tie"}:
        return False
    if named.name.sort is not Sort.STATE:
        return "against" in named.before
    return ("against" in named.before and "prosecutes" not in named.before) or bool(named.head & {"organ", "victim"})


def _is_hit_itself(clause: Clause) -> bool:
    """ "China says Taiwan targeted it": the speaker is the victim."""
    selves = {cue.first for cue in clause.of("self")}
    return any(cue.last + 1 in selves for cue in clause.of("against"))


def _has_organ_after(clause: Clause, at: int) -> bool:
    return any(at < cue.first <= at + OWN_REACH for cue in clause.of("organ", "victim"))


def organisations_in(clause: Clause) -> tuple[str, ...]:
    """Named victims that are no states: capitalised words right behind "against", "hack of" and the like."""
    known = {at for named in clause.named for at in range(named.first, named.reach + 1)}
    found = (_capitalised(clause, cue.last + 1, known) for cue in clause.of("against"))
    return tuple(dict.fromkeys(name for name in found if name))


def _capitalised(clause: Clause, at: int, known: set[int]) -> str:
    first = at
    while (
        at < len(clause.tokens) and at not in known and clause.words(at, at)[:1].isupper() and at - first < MOST_WORDS
    ):
        at += 1
    if at == first or at in known:
        return ""
    name = clause.words(first, at - 1)
    return name if len(name) >= SHORTEST_NAME and BREAKS.isdisjoint(name) else ""
