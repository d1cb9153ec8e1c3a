"""Which findings count as a government's accusation, and whether the post is about one or recalls one in passing."""

from collections.abc import Iterable, Sequence

from attribution import gazetteer
from attribution.findings import Finding, Placed
from attribution.model import Standing
from attribution.names import Sort
from attribution.roles import Accused, Hold

# How much a finding weighs by its place: the title, the first three sentences, the next three.
WEIGHTS = (3, 2, 2, 2, 1, 1, 1)
ENOUGH = 2
EARLY = 3
# Forms of law and trade: they name people and firms, so a nationality in them says nothing of a state.
AGAINST_PERSONS = ("charges", "legal", "sanctions", "expels")


def tied_states(findings: Iterable[Finding]) -> frozenset[str]:
    """The states a post ties to the act: by a service of theirs, a group usually ascribed to them, or by name."""
    return frozenset(code for finding in findings for one in finding.accused for code in _tied(one))


def _tied(one: Accused) -> Iterable[str]:
    if one.hold is not Hold.STATE:
        return ()
    if one.named.name.sort is Sort.GROUP:
        return (one.named.name.home,) if one.named.name.home else ()
    return one.named.name.states


def counting(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that are an accusation by a government: no vendor's, no denial, no mere possibility, no crime."""
    tied = tied_states(findings)
    found = [finding for finding in findings if _counts(finding, tied)]
    if any(finding.denied and finding.place <= EARLY for finding in findings):
        found = [finding for finding in found if _names_state(finding)]
    if any(finding.clause.has("crime") for finding in found) and not any(map(_names_state, found)):
        return []
    return found


def _names_state(finding: Finding) -> bool:
    """Whether a finding holds a state or its service responsible, not only a group or people of a nationality."""
    return any(one.hold is Hold.STATE and one.named.name.sort is not Sort.GROUP for one in finding.accused)


def _counts(finding: Finding, tied: frozenset[str]) -> bool:
    if not finding.by or finding.denied or finding.doubtful:
        return False
    if finding.others & {"vendor", "anonymous", "press"} and not finding.speakers:
        return False
    if finding.clause.has(*AGAINST_PERSONS):
        return finding.hold is Hold.STATE or any(not tied.isdisjoint(one.named.name.states) for one in finding.accused)
    return finding.hold >= Hold.PEOPLE


def standing_of(findings: Sequence[Finding], placed: Sequence[Placed]) -> Standing:
    """ATTRIBUTION where the title or the beginning makes or reports the accusation, else MENTION."""
    new = [finding for finding in findings if not finding.recalled]
    if sum(map(_weight, new)) < ENOUGH or is_transcript(placed):
        return Standing.MENTION
    return Standing.ATTRIBUTION


def _weight(finding: Finding) -> int:
    return WEIGHTS[finding.place] if finding.place < len(WEIGHTS) else 0


def is_transcript(placed: Sequence[Placed]) -> bool:
    """Whether the title says that this is a briefing, remarks or the like, on many subjects."""
    return any(here.clause.has("transcript") for here in placed if here.place == 0)


def accused_in(findings: Sequence[Finding]) -> frozenset[str]:
    """The states that findings accuse; a group's usual home is none of them, a nationality only where a tie is said."""
    tied = tied_states(findings)
    return frozenset(
        code
        for finding in findings
        for one in finding.accused
        if one.named.name.sort is not Sort.GROUP
        for code in one.named.name.states
        if len(code) == 2 and (one.hold > Hold.NATIONALITY or code in tied)
    )


def home_of(group: str) -> str | None:
    """The state a group is usually ascribed to."""
    known = gazetteer.groups().get(group)
    return known.home if known else None
