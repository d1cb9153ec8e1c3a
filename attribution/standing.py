"""Which findings count as a government's accusation, and whether the post is about one or recalls one in passing."""

from collections.abc import Iterable, Sequence

from attribution.findings import Finding, Placed
from attribution.model import Standing
from attribution.names import Sort
from attribution.roles import Accused, Hold

# How much a finding weighs by its place: the title, the first three sentences, the next three.
WEIGHTS = (3, 2, 2, 2, 1, 1, 1)
ENOUGH = 2
EARLY = 3
# A readout of so few sentences is about what its first one says.
BRIEF = 6
NOWHERE = 99
# So many accusing sentences make an accusation the subject of a long paper.
OFTEN = 3
# Rules that say whose act it is, not that someone acts for a state: no tie for a person who is charged.
UNTIED = frozenset({"blamed by name", "an act that is a state's own"})
# Forms of law and trade: they name people and firms, so a nationality in them says nothing of a state.
AGAINST_PERSONS = ("charges", "legal", "sanctions", "expels")


def tied_states(findings: Iterable[Finding]) -> frozenset[str]:
    """The states a post ties to the act: by a service of theirs, a group usually ascribed to them, or by name."""
    return frozenset(code for finding in findings for one in finding.accused for code in _tied(one))


def _tied(one: Accused) -> Iterable[str]:
    if one.named.name.sort is Sort.GROUP:
        return (one.named.name.home,) if one.named.name.home else ()
    if one.named.name.sort is Sort.AGENCY or (one.hold is Hold.STATE and one.rule not in UNTIED):
        return one.named.name.states
    return ()


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
    if "anonymous" in finding.others or (finding.others & {"vendor", "press"} and not finding.speakers):
        return False
    if finding.clause.has(*AGAINST_PERSONS):
        return _names_state(finding) or any(not tied.isdisjoint(one.named.name.states) for one in finding.accused)
    return finding.hold >= Hold.PEOPLE or any(one.named.name.sort is Sort.AGENCY for one in finding.accused)


def standing_of(findings: Sequence[Finding], every: Sequence[Finding], placed: Sequence[Placed]) -> Standing:
    """ATTRIBUTION where the title or the beginning makes or reports the accusation, else MENTION.

    `findings` are those that count, `every` all of them: where a vendor or an unnamed source opens the post with
    an accusation, a government's further down is only recalled.
    """
    new = [finding for finding in findings if not finding.recalled]
    if _is_subject(new, placed):
        return Standing.ATTRIBUTION
    first = min((finding.place for finding in new), default=NOWHERE)
    if sum(map(_weight, new)) < ENOUGH or _opens_with_others(new, every, first):
        return Standing.MENTION
    if is_transcript(placed) and first > 0 and not (first == 1 and placed[-1].place <= BRIEF):
        return Standing.MENTION
    return Standing.ATTRIBUTION


def _is_subject(new: Sequence[Finding], placed: Sequence[Placed]) -> bool:
    """Whether a government's long paper is about the accused: it names them in its title, and accuses them often."""
    if is_transcript(placed) or len([finding for finding in new if finding.firm]) < OFTEN:
        return False
    titled = {code for here in placed if here.place == 0 for named in here.clause.named for code in named.name.states}
    return any(not titled.isdisjoint(one.named.name.states) for finding in new for one in finding.accused)


def _opens_with_others(counted: Sequence[Finding], every: Sequence[Finding], first: int) -> bool:
    together = [finding for finding in counted if finding.speakers and finding.clause.has("joint")]
    if any("vendor" in finding.others and finding.place <= EARLY for finding in together):
        return False  # said together with a government
    return first > 1 and any(
        finding.place <= 1 and finding.others & {"vendor", "anonymous", "press"} and not finding.speakers
        for finding in every
    )


def _weight(finding: Finding) -> int:
    """What a finding's place is worth; half of it where the accusation is only presupposed further down."""
    weight = WEIGHTS[finding.place] if finding.place < len(WEIGHTS) else 0
    return weight if finding.firm or finding.place <= 1 else weight // 2


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
        if len(code) == 2 and (one.hold >= _least_hold(finding) or code in tied)
    )


def _least_hold(finding: Finding) -> Hold:
    """Hackers of a nationality are enough for a warning; a person charged or sanctioned needs a tie to the state."""
    return Hold.STATE if finding.clause.has(*AGAINST_PERSONS) else Hold.PEOPLE
