"""Which findings count as a government's accusation, and whether the post is about one or recalls one in passing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from attribution.findings import Finding, Placed
from attribution.model import Standing
from attribution.names import Sort
from attribution.roles import Accused, Hold, codes_of, speech_of

# How much a finding weighs by its place: the title, the first three sentences, the next three.
WEIGHTS = (3, 2, 2, 2, 1, 1, 1)
ENOUGH = 2
EARLY = 3
# Beyond these substantial sentences other speakers' words are background.
CORE_PLACES = 7
# A readout of so few sentences is about what its first one says.
BRIEF = 6
SHARES_END = 99
# What a place is worth when sides are weighed.
SHARES = (6, 4, 4, 4, 2, 2, 2)
# Rules that need company when sides are weighed.
WEAK = frozenset({"a service known for such acts"})
# An accused state with less than this share of the weightiest one's is beside the point.
LEAST = 0.25
# Rules that say whose act it is, not that someone acts for a state: no tie for a person who is charged.
UNTIED = frozenset({"blamed by name", "an act that is a state's own"})
# Forms of law and trade: they name people and firms, so a nationality in them says nothing of a state.
AGAINST_PERSONS = ("charges", "legal", "sanctions", "expels")


def sides_of(findings: Sequence[Finding], own: str | None = None) -> tuple[frozenset[str], frozenset[str]]:
    """Who speaks and who is accused in a post as a whole: nobody is on both sides, the weightier place decides.

    `own` is the state or body whose publication this is: it always speaks.
    """
    speaks: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for finding in findings:
        speaks.update(dict.fromkeys(finding.by, _share(finding) * (1 if finding.carried else 2)))
        held.update({code: _share(finding) * max(1, hold) for code, hold in _held(finding).items()})
    if own:
        held.pop(own, None)
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


def sided(findings: Sequence[Finding], own: str | None = None) -> list[Finding]:
    """The findings with everyone on one side only: speakers who are accused, and accused who speak, taken out."""
    speaks, accused = sides_of(findings, own)
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
    first = min((finding.place for finding in new), default=SHARES_END)
    if sum(map(_weight, new)) < ENOUGH or _opens_with_others(new, every, first):
        return Standing.MENTION
    if is_transcript(placed) and first > 0 and not (first == 1 and placed[-1].place <= BRIEF):
        return Standing.MENTION
    return Standing.ATTRIBUTION


def _opens_with_others(counted: Sequence[Finding], every: Sequence[Finding], first: int) -> bool:
    if any(finding.speakers and "vendor" in finding.others for finding in counted if finding.place <= EARLY):
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
    """Who else signs: the other authors of a joint advisory or statement that a speaker of the claim is named with."""
    found: set[str] = set()
    for here in placed:
        if here.place <= CORE_PLACES and here.clause.has("joint") and not here.clause.has("recalls"):
            codes = codes_of(speech_of(here.clause).by)
            if not codes.isdisjoint(by) and codes.isdisjoint(accused):
                found |= codes
    return frozenset(found)
