"""A post's findings -> the parts that are one claim each: what it is about, operation by operation, and background."""

from collections.abc import Sequence
from dataclasses import replace

from attribution.findings import BULLETS, Finding, Placed
from attribution.marks import Clause, Named
from attribution.names import Sort
from attribution.roles import Accused
from attribution.speech import codes_of, speech_of, stood_by
from attribution.standing import accused_in

# Beyond these substantial sentences other speakers' words are background.
CORE_PLACES = 7
# So many governments that sign together are the authors of what a post is about, whoever else it names.
MANY = 4
# How many claims of one kind a post is given at most; a review of many groups stays readable.
MOST_PARTS = 6


def core_of(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that make a post's claim: those of its beginning, and later ones by the same speakers.

    What others said of the same accused, further down, is background.
    """
    early = [finding for finding in findings if finding.place <= CORE_PLACES]
    if not early:
        return list(findings)
    by = frozenset[str]().union(*(finding.by for finding in early))
    accused = accused_in(early)
    late = [finding for finding in findings if finding.place > CORE_PLACES and finding.by <= by]
    return early + [one for finding in late if (one := _within(finding, accused))]


def _within(finding: Finding, accused: frozenset[str]) -> Finding | None:
    """A later finding with only those it accuses who are accused at the beginning, or their groups."""
    kept = tuple(one for one in finding.accused if not accused or not _sides_of(one).isdisjoint(accused))
    return replace(finding, accused=kept) if kept else None


def _sides_of(one: Accused) -> frozenset[str]:
    if one.named.name.sort is Sort.GROUP:
        return frozenset({one.named.name.home} if one.named.name.home else ())
    return frozenset(one.named.name.states)


def joint_authors(placed: Sequence[Placed], by: frozenset[str], accused: frozenset[str]) -> frozenset[str]:
    """Who else signs: the other authors of a joint advisory or statement that a speaker of the claim is named with, or
    that are listed line by line below it."""
    found: set[str] = set()
    listing = False
    for here in placed:
        if here.place <= CORE_PLACES and not here.clause.has("recalls"):
            found |= codes_of(stood_by(here.clause)) - accused
        if listing and here.clause.sentence.text.startswith(BULLETS):
            found |= codes_of(one for one in here.clause.named if _is_office(one)) - accused
        elif here.place <= CORE_PLACES and _is_signed(here.clause) and not here.clause.has("recalls"):
            codes = codes_of(speech_of(here.clause).by)
            opens = here.place <= 1 and here.clause.has("authored")  # "Joint statement by the minister and ..."
            if not codes.isdisjoint(by) or len(codes) >= MANY or opens:
                found |= codes - accused
            listing = here.clause.sentence.text.rstrip().endswith((":", "："))
    return frozenset(found)


def _is_office(named: Named) -> bool:
    return named.name.sort is Sort.AGENCY or "body" in named.head


def _is_signed(clause: Clause) -> bool:
    """Whether a sentence tells of several authors: "joint", or an advisory "authored by" or "released by" them."""
    return clause.has("joint") or (clause.has("advises") and clause.has("authored", "signs"))


def narrated_in(findings: Sequence[Finding], accused: frozenset[str]) -> list[Finding]:
    """The sentences in which an article itself goes on about the accused: nobody is named as saying them."""
    silent = [
        finding
        for finding in findings
        if not (finding.by or finding.others - {"anaphor"} or finding.recalled or finding.doubtful or finding.denied)
    ]
    return [one for finding in silent if accused and (one := _within(finding, accused))]


def background_of(findings: Sequence[Finding], core: Sequence[Finding]) -> list[list[Finding]]:
    """What a post recalls beside its claim, one part for each set of speakers."""
    told = {id(finding.clause) for finding in core}
    by_speakers: dict[frozenset[str], list[Finding]] = {}
    for finding in findings:
        if id(finding.clause) not in told:
            by_speakers.setdefault(finding.by, []).append(finding)
    return list(by_speakers.values())[:MOST_PARTS]


def parts_of(core: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of a post by whom they accuse: states that are accused in one sentence are accused together.

    A sentence that names only a group goes with the group's usual state where that is accused, else with the first.
    """
    sets = _joined_sets([accused_in([finding]) & accused_in(core) for finding in core])
    if len(sets) <= 1:
        return [list(core)]
    parts: list[list[Finding]] = [[] for _ in sets]
    for finding in core:
        parts[_index(finding, sets)].append(finding)
    return [part for part in parts if part][:MOST_PARTS]


def _joined_sets(found: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    sets: list[frozenset[str]] = []
    for one in found:
        apart = [other for other in sets if other.isdisjoint(one)]
        together = one.union(*(other for other in sets if not other.isdisjoint(one)))
        sets = [*apart, together] if together else apart
    return sorted(sets, key=lambda states: next(k for k, one in enumerate(found) if not states.isdisjoint(one)))


def _index(finding: Finding, sets: Sequence[frozenset[str]]) -> int:
    named = accused_in([finding])
    homes = frozenset[str]().union(*(_sides_of(one) for one in finding.accused))
    for states in (named, homes):
        for index, one in enumerate(sets):
            if not one.isdisjoint(states):
                return index
    return 0
