"""Who speaks and who is accused in a post as a whole: nobody is on both sides."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from attribution.findings import Finding, Placed
from attribution.marks import Named, is_measure
from attribution.names import Sort
from attribution.roles import Hold

# What a finding's place is worth: the title, the first three substantial sentences, the next three; 1 beyond.
SHARES = (6, 4, 4, 4, 2, 2, 2)
# Rules that need company when sides are weighed.
WEAK = frozenset({"a service known for such acts"})
# Before a name these say that "against" is an act of law, or somebody's who comes after it.
UNHIT = frozenset({"charges", "sanctions", "prosecutes", "legal", "blames", "by_after"})
# An accused state with less than this share of the weightiest one's is beside the point.
LEAST = 0.34


def hit_first(placed: Sequence[Placed]) -> frozenset[str]:
    """The states that a title names as hit: "malicious cyber activities against Albania"."""
    return frozenset(
        code
        for here in placed
        if here.place == 0
        for named in here.clause.named
        if _is_plainly_hit(named) and not is_measure(here.clause, named)
        for code in named.name.states
    )


def _is_plainly_hit(named: Named) -> bool:
    """ "Against Albania", but not "charges against", "targeted by" or "defending against China-nexus actors"."""
    return "against" in named.before and not named.before & UNHIT and not named.head & {"tie", "actor", "act"}


def sides_of(
    findings: Sequence[Finding], own: str | None = None, hit: frozenset[str] = frozenset()
) -> tuple[frozenset[str], frozenset[str]]:
    """Who speaks and who is accused in a post as a whole: nobody is on both sides, the weightier place decides.

    `own` is the state or body whose publication this is: it always speaks. `hit` are those that the title names as hit:
    they are accused only where the title does so, too.
    """
    speaks: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for finding in findings:
        speaks.update(dict.fromkeys(finding.by, _share(finding) * (1 if finding.carried else 2)))
        held.update({code: _share(finding) * max(1, hold) for code, hold in _held(finding).items()})
    titled = {code for finding in findings if finding.place == 0 for code in _held(finding)}
    for code in (own, *(hit - titled)):
        held.pop(code or "", None)
    both = speaks.keys() & held.keys()
    least = max(held.values(), default=0) * LEAST
    accused = {code for code in held if held[code] >= least and (code not in both or held[code] > speaks[code])}
    return frozenset(speaks.keys() - accused), frozenset(accused)


def _share(finding: Finding) -> int:
    return SHARES[finding.place] if finding.place < len(SHARES) else 1


def _held(finding: Finding) -> dict[str, int]:
    """The states a finding holds responsible in any way, and how strongly; a group's usual home is none of them."""
    held: dict[str, int] = {}
    for one in finding.accused:
        if one.hold > Hold.BESIDE and one.named.name.sort is not Sort.GROUP:
            for code in one.named.name.states:
                held[code] = max(held.get(code, 0), 1 if one.rule in WEAK else int(one.hold))
    return held


def sided(findings: Sequence[Finding], own: str | None = None, hit: frozenset[str] = frozenset()) -> list[Finding]:
    """The findings with everyone on one side only: speakers who are accused, and accused who speak, taken out."""
    speaks, accused = sides_of(findings, own, hit)
    return [one for finding in findings if (one := _on_sides(finding, speaks, accused))]


def _on_sides(finding: Finding, speaks: frozenset[str], accused: frozenset[str]) -> Finding | None:
    kept = tuple(
        one
        for one in finding.accused
        if one.named.name.sort is Sort.GROUP or not accused.isdisjoint(one.named.name.states)
    )
    if not kept:
        return None
    speakers = tuple(named for named in finding.speakers if not speaks.isdisjoint(named.name.states))
    return replace(finding, by=finding.by & speaks, speakers=speakers, accused=kept, hold=max(one.hold for one in kept))
