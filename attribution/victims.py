"""Whom an operation hit: the states a sentence names on the receiving side."""

from attribution.findings import Finding
from attribution.names import Sort


def victims_of(finding: Finding) -> frozenset[str]:
    """The states named as victims in a finding's sentence."""
    clause = finding.clause
    accused = {one.named.first for one in finding.accused}
    speakers = {named.first for named in finding.speakers}
    hit = {
        code
        for named in clause.named
        if named.first not in accused | speakers and named.name.sort in (Sort.STATE, Sort.AGENCY)
        if named.head & {"organ"} or "against" in named.before
        for code in named.name.states
    }
    if any(cue.sign == "own" and _near_organ(clause, cue.last) for cue in clause.cues):
        hit |= finding.by
    return frozenset(code for code in hit if len(code) == 2)


def _near_organ(clause, at: int) -> bool:
    return any(cue.sign == "organ" and at < cue.first <= at + 4 for cue in clause.cues)
