"""Which findings count as a government's accusation, and whether the post is about one or recalls one in passing."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from attribution.findings import Finding, Placed
from attribution.model import Standing
from attribution.names import Sort
from attribution.roles import CRIMINALS, Accused, Hold

# How much a finding weighs by its place: the title, the first three sentences, the next three.
WEIGHTS = (3, 2, 2, 2, 1, 1, 1)
ENOUGH = 2
EARLY = 3
# A readout of so few sentences is about what its first one says.
BRIEF = 6
NOWHERE = 99
# How far down a government's own accusation still is what its publication is about: after who met whom and why.
OWN_PLACES = 8
# So many accusing sentences make an accusation the subject of a long paper.
OFTEN = 3
# Rules that say whose act it is, not that someone acts for a state: no tie for a person who is charged.
UNTIED = frozenset({"blamed by name", "an act that is a state's own"})
# Forms of law and trade: they name people and firms, so a nationality in them says nothing of a state.
AGAINST_PERSONS = ("charges", "legal", "sanctions", "expels")


class Objection(StrEnum):
    """Why an accusing sentence is no government's accusation, in words that go on after "because"."""

    NOBODY = "nobody speaks for a government"
    DENIED = "it is a denial"
    DENIED_HERE = "the post denies it and holds no state responsible"
    DOUBTFUL = "it is a hypothesis or a mere possibility"
    ANONYMOUS = "an unnamed source says it"
    OTHERS = "a company or the press says it"
    PERSONS = "it is against persons or firms, and no tie to a state is said"
    WEAK = "a nationality, a service in passing or hacktivists accuse no state"
    WITHDRAWN = "the post takes it back"
    CRIME = "it is ordinary crime: no state is held responsible"


class Passing(StrEnum):
    """Why an accusation is only a mention, in words that go on after "because"."""

    RECALLED = "the sentence recalls an older accusation"
    FAR_DOWN = "the accusation stands too far down, or is only presupposed"
    OTHERS_FIRST = "the post opens with what a company, the press or an unnamed source says"
    TRANSCRIPT = "the post is a briefing or remarks on many subjects, and does not open with it"


def tied_states(findings: Iterable[Finding]) -> frozenset[str]:
    """The states a post ties to the act: by a service of theirs, a group usually ascribed to them, or by name."""
    return frozenset(code for finding in findings for one in finding.accused for code in _tied(one))


def _tied(one: Accused) -> Iterable[str]:
    if one.named.name.sort is Sort.GROUP:
        return (one.named.name.home,) if one.named.name.home and one.hold is Hold.STATE else ()
    if one.named.name.sort is Sort.AGENCY or (one.hold is Hold.STATE and one.rule not in UNTIED):
        return one.named.name.states
    return ()


def counting(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that are an accusation by a government: no vendor's, no denial, no mere possibility, no crime."""
    return [finding for finding, objection in zip(findings, objections(findings), strict=True) if objection is None]


def objections(findings: Sequence[Finding]) -> list[Objection | None]:
    """What speaks against each finding of a post, None where it counts as a government's accusation."""
    tied = tied_states(findings)
    found = [_objection(finding, tied) for finding in findings]
    if any(finding.denied and finding.place <= EARLY for finding in findings):
        found = _unless_state(findings, found, Objection.DENIED_HERE)
    found = _unless_taken_back(findings, found)
    counted = [finding for finding, objection in zip(findings, found, strict=True) if objection is None]
    counted += [finding for finding in findings if any(one.rule == CRIMINALS for one in finding.accused)]
    if any(map(_is_crime, counted)) and not any(map(_names_state, counted)):
        found = _unless_state(findings, found, Objection.CRIME)
    return _without_warning_title(findings, found)


def _unless_taken_back(findings: Sequence[Finding], found: Sequence[Objection | None]) -> list[Objection | None]:
    """An objection to all that accuse only those of whom the post takes an accusation back."""
    taken_back = accused_in([finding for finding in findings if withdraws(finding)])
    if not taken_back:
        return list(found)
    return [
        known or (Objection.WITHDRAWN if accused_in([finding]) <= taken_back else None)
        for finding, known in zip(findings, found, strict=True)
    ]


def _is_crime(finding: Finding) -> bool:
    return finding.clause.has("crime") or any(one.rule == CRIMINALS for one in finding.accused)


def _without_warning_title(findings: Sequence[Finding], found: Sequence[Objection | None]) -> list[Objection | None]:
    """A title that warns of a state's hackers says no more than the sentences below it, where they only fear."""
    early = [(one, objection) for one, objection in zip(findings, found, strict=True) if 0 < one.place <= EARLY]
    feared = any(one.doubtful or one.clause.has("unsaid") for one, _ in early)
    if not feared or any(objection is None for _, objection in early):
        return list(found)
    return [
        known or (Objection.DOUBTFUL if one.place == 0 and one.clause.has("warns", "speaks_of") else None)
        for one, known in zip(findings, found, strict=True)
    ]


def withdraws(finding: Finding) -> bool:
    """Whether a government takes an accusation back, or corrects it, at the beginning of a post."""
    return bool(finding.by) and finding.place <= EARLY and finding.clause.has("withdraws")


def _unless_state(
    findings: Sequence[Finding], found: Sequence[Objection | None], objection: Objection
) -> list[Objection | None]:
    """An objection to all that counted and hold no state responsible."""
    pairs = zip(findings, found, strict=True)
    return [known or (None if _names_state(finding) else objection) for finding, known in pairs]


def _names_state(finding: Finding) -> bool:
    """Whether a finding holds a state or its service responsible, not only a group or people of a nationality."""
    return any(one.hold is Hold.STATE and one.named.name.sort is not Sort.GROUP for one in finding.accused)


def _objection(finding: Finding, tied: frozenset[str]) -> Objection | None:
    if not finding.by:
        return Objection.NOBODY
    if finding.denied:
        return Objection.DENIED
    if finding.doubtful:
        return Objection.DOUBTFUL
    if "anonymous" in finding.others:
        return Objection.ANONYMOUS
    if finding.others & {"vendor", "press"} and not finding.speakers:
        return Objection.OTHERS
    if finding.clause.has(*AGAINST_PERSONS):
        of_tied = any(not tied.isdisjoint(one.named.name.states) for one in finding.accused)
        return None if of_tied or _names_state(finding) else Objection.PERSONS
    strong = finding.hold >= Hold.PEOPLE or any(one.named.name.sort is Sort.AGENCY for one in finding.accused)
    return None if strong else Objection.WEAK


def standing_of(findings: Sequence[Finding], every: Sequence[Finding], placed: Sequence[Placed]) -> Standing:
    """ATTRIBUTION where the title or the beginning makes or reports the accusation, else MENTION.

    `findings` are those that count, `every` all of them: where a vendor or an unnamed source opens the post with
    an accusation, a government's further down is only recalled.
    """
    return Standing.MENTION if passing(findings, every, placed) else Standing.ATTRIBUTION


def passing(findings: Sequence[Finding], every: Sequence[Finding], placed: Sequence[Placed]) -> Passing | None:
    """Why an accusation is only mentioned in passing, None where the post is about it; arguments as `standing_of`."""
    new = [finding for finding in findings if not finding.recalled]
    if _is_subject(new, placed) or _is_reviewed(new, placed):
        return None
    first = min((finding.place for finding in new), default=NOWHERE)
    if not new:
        return Passing.RECALLED
    if sum(map(_weight, new)) < ENOUGH:
        return Passing.FAR_DOWN
    if _opens_with_others(new, every, first):
        return Passing.OTHERS_FIRST
    if is_transcript(placed) and first > 0 and not (first == 1 and placed[-1].place <= BRIEF):
        return Passing.TRANSCRIPT
    return None


def _is_subject(new: Sequence[Finding], placed: Sequence[Placed]) -> bool:
    """Whether a government's long paper is about the accused: it names them in its title, and accuses them often."""
    if is_transcript(placed) or len([finding for finding in new if finding.firm]) < OFTEN:
        return False
    titled = {code for here in placed if here.place == 0 for named in here.clause.named for code in named.name.states}
    return any(not titled.isdisjoint(one.named.name.states) for finding in new for one in finding.accused)


def _is_reviewed(new: Sequence[Finding], placed: Sequence[Placed]) -> bool:
    """Whether a government's yearly report says which state did what, however many chapters it has."""
    review = any(here.clause.has("reports") for here in placed if here.place == 0)
    return review and any(finding.own and finding.hold >= Hold.PEOPLE for finding in new)


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
    if finding.own and finding.hold is Hold.STATE and finding.firm and EARLY < finding.place <= OWN_PLACES:
        return ENOUGH
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
