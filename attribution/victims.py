"""Whom an operation hit: the states a post's beginning names on the receiving side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attribution.details import LANDMARK, details_in
from attribution.findings import Placed, says_cyber
from attribution.marks import BEFORE, BREAKS, Clause, Named
from attribution.names import Sort
from attribution.phrases import Book, Cue
from attribution.speech import GOVERNMENTS, codes_of, speech_of

# Substantial sentences that are read for victims; further down an article recalls other operations, and only sentences
# that name the accused are about this one.
WITHIN = 10
FURTHER = 30
# Words between "its" or "the country's" and what was hit.
OWN_REACH = 4
# Words between "against" and the name of whom it hit: "against ministries, companies and think tanks in Germany".
HIT_REACH = 9
# So many where a preposition places them: "targeting researchers of vaccines and other medicines in Canada".
FAR_REACH = 16
# Words between a victim and what is said of it: "The parliament of Albania was hit".
SUFFERS_REACH = 6
# Words between two victims of one list: "government networks in Germany, telecom firms in Poland and ...".
LIST_REACH = 7
# Words between an institution and the state it is of: "the parliament of Norway".
OWNER_REACH = 3
# Signs that end the phrase of a victim: what follows is said of somebody else.
OTHERS_BEGIN = frozenset({"by_after", "speaks", "warns", "blames", "ties_to", "denies", "support", "authored"})
# Marks that end it, too; commas stand within lists.
ENDS = BREAKS - frozenset(',、()（）「」"“”')
COMMAS = frozenset(",、/&，")
# Japanese particles that end the phrase of a subject.
SUBJECT_ENDS = frozenset("はが")
# Bodies whose codes look like a state's: their members are hit, and named where they are.
UNIONS = frozenset({"EU", "UN"})
# Territories of the United States (ISO 3166-1 gives them codes of their own).
PARTS = {"GU": "US", "PR": "US", "VI": "US", "AS": "US", "MP": "US"}
# What an institution has in its name or before it where it speaks or judges, if it is not said to be hit: "Italian
# media", "the US District Court".
SAYING = frozenset({"body", "authored"})


@dataclass(frozen=True, slots=True)
class _Scene:
    """A sentence with its details, and the codes of whoever says "our country" in it."""

    clause: Clause
    details: tuple[Cue, ...]
    home: frozenset[str]
    speakers: frozenset[int]
    alone: bool

    def of(self, *signs: str) -> list[Cue]:
        return [cue for cue in self.details if cue.sign in signs]


def victims_of(
    placed: Sequence[Placed], accused: frozenset[str], by: frozenset[str], own: frozenset[str], book: Book
) -> frozenset[str]:
    """The states hit. `by` are those that speak, `own` the publisher where it is a government: one of them is meant by
    "our networks" and by a parliament without a state's name; `book` are the details of the post's language."""
    hit: set[str] = set()
    home: set[str] = set()
    for here in placed:
        if _is_about_the_act(here.clause) and (here.place <= WITHIN or _goes_on(here, accused)):
            scene = _scene(here.clause, own, by, accused, book)
            hit |= _named_in(scene)
            home |= _owned_in(scene, others=hit - accused)
    states = {PARTS.get(code, code) for code in hit | home if len(code) == 2 and code not in UNIONS}
    return frozenset(states) - accused


def _is_about_the_act(clause: Clause) -> bool:
    """Whether a sentence of an attribution may tell whom it hit: any does that is not about a war, or an older case."""
    if clause.has("recalls"):
        return False
    return not clause.has("elsewhere") or says_cyber(clause) or clause.has("act", "acted")


def _goes_on(here: Placed, accused: frozenset[str]) -> bool:
    named = frozenset(code for one in here.clause.named for code in (*one.name.states, one.name.home))
    return here.place <= FURTHER and not named.isdisjoint(accused)


def _scene(clause: Clause, own: frozenset[str], by: frozenset[str], accused: frozenset[str], book: Book) -> _Scene:
    speaking = speech_of(clause).by
    return _Scene(
        clause=clause,
        details=details_in(clause, book),
        home=_home(clause, own, codes_of(speaking), by, accused),
        speakers=frozenset(named.first for named in speaking),
        alone=bool(own) or len(by) == 1 or _speaks_alone(clause, codes_of(speaking), accused),
    )


def _home(
    clause: Clause, own: frozenset[str], speaking: frozenset[str], by: frozenset[str], accused: frozenset[str]
) -> frozenset[str]:
    """Whose country "our country" is: the publisher's, else the sentence's speaker's, else the only state there is."""
    named = frozenset(code for one in clause.named if one.name.sort is Sort.STATE for code in one.name.states)
    for codes in (own, speaking - accused, by, named - accused):
        if len(codes) == 1:
            return codes
    return frozenset()


def _speaks_alone(clause: Clause, speaking: frozenset[str], accused: frozenset[str]) -> bool:
    """Whether a sentence has one speaker, and names no other state than that and the accused."""
    named = frozenset(code for one in clause.named for code in one.name.states)
    return len(speaking) == 1 and named - accused <= speaking


def _named_in(scene: _Scene) -> set[str]:
    """The states named as hit, and those of famous victims."""
    clause = scene.clause
    hit = [named for named in clause.named if _is_hit_here(scene, named)]
    hit += [named for cue in scene.of("hit") for named in _struck_after(scene, cue)]
    hit += [named for cue in scene.of("after", "suffers") for named in _struck_before(scene, cue)]
    speaking = {
        at for named in clause.named if named.first in scene.speakers for at in range(named.first, named.last + 1)
    }
    famous = [cue for cue in scene.details if cue.sign.startswith(LANDMARK) and cue.first not in speaking]
    return set(codes_of(hit)) | {cue.sign.removeprefix(LANDMARK) for cue in famous}


def _is_hit_here(scene: _Scene, named: Named) -> bool:
    """Whether a name stands for a victim by itself; "the war against Ukraine" hits nobody's networks."""
    friendly = any(0 < named.first - friend.last <= BEFORE * scene.clause.wide for friend in scene.of("friends"))
    return named.first not in scene.speakers and is_hit(named) and not (friendly and "against" in named.before)


def is_hit(named: Named) -> bool:
    """Whether a name stands for a victim: "against Albania", "Danish waterworks", "the Bundestag hack"."""
    if named.name.sort not in GOVERNMENTS or named.head & {"actor", "national", "tie"}:
        return False
    if named.name.sort is not Sort.STATE:
        return "against" in named.before
    if "against" in named.before and "prosecutes" not in named.before:
        return True
    return bool(named.head & {"organ", "victim"}) and ("act" in named.head or not (named.head | named.before) & SAYING)


def _struck_after(scene: _Scene, cue: Cue) -> Iterator[Named]:
    """The names behind "against" and the like: the first, and its list."""
    if _is_friendly(scene, cue):
        return
    previous = cue.last
    for named in scene.clause.named:
        if named.first <= cue.last:
            continue
        reach = _reach_to(named) if previous == cue.last else LIST_REACH
        if not _reaches(scene, previous, named.first, reach) or not _may_be_hit(scene, named):
            return
        if previous != cue.last and not _lists(scene, previous, named.first):
            return
        yield named
        previous = named.last


def _reach_to(named: Named) -> int:
    return FAR_REACH if "prep" in named.before else HIT_REACH


def _struck_before(scene: _Scene, cue: Cue) -> Iterator[Named]:
    """The names before "was hit", or before a postposition: the nearest, and its list."""
    following = cue.first
    for named in reversed(scene.clause.named):
        if named.last >= cue.first:
            continue
        reach = SUFFERS_REACH if following == cue.first else LIST_REACH
        if not _reaches(scene, named.last, following, reach) or not _may_be_hit(scene, named):
            return
        if following == cue.first and _has_subject_end(scene.clause, named.last, following, cue.sign):
            return
        if following != cue.first and not _lists(scene, named.last, following):
            return
        yield named
        following = named.first


def _has_subject_end(clause: Clause, first: int, last: int, sign: str) -> bool:
    return sign == "after" and any(clause.tokens[at].word in SUBJECT_ENDS for at in range(first + 1, last))


def _may_be_hit(scene: _Scene, named: Named) -> bool:
    return named.name.sort in GOVERNMENTS and named.first not in scene.speakers


def _is_friendly(scene: _Scene, cue: Cue) -> bool:
    """Whether a cue is part of a longer phrase that means the opposite: "sanctions against"."""
    return any(friend.first <= cue.first and cue.last <= friend.last for friend in scene.of("friends"))


def _reaches(scene: _Scene, first: int, last: int, reach: int) -> bool:
    """Whether two words stand in one phrase: near, and nothing between them that speaks of somebody else."""
    clause = scene.clause
    if last - first > reach * clause.wide or not ENDS.isdisjoint(clause.between(first, last)):
        return False
    between = [cue for cue in clause.cues if cue.sign in OTHERS_BEGIN] + scene.of("friends")
    return not any(first < cue.last < last for cue in between)


def _lists(scene: _Scene, first: int, last: int) -> bool:
    if not COMMAS.isdisjoint(scene.clause.between(first, last)) or last - first == 1:
        return True
    return any(first < cue.first < last for cue in scene.of("lists"))


def _owned_in(scene: _Scene, *, others: set[str]) -> set[str]:
    """The states whose own bodies or country were hit without their name beside it."""
    found = set(scene.home) if scene.of("home") or _has_own_organ(scene) else set()
    for cue in scene.of("institution", "sector"):
        if _institution_is_hit(scene, cue):
            found |= _owner(scene, cue) or (set(scene.home) if _is_own(scene, cue, others) else set())
    return found


def _is_own(scene: _Scene, cue: Cue, others: set[str]) -> bool:
    """Whether an institution without a state's name is the speaker's: a parliament is; "ministries" and "hospitals" are
    where one country speaks, and of no other."""
    if others:
        return False
    return cue.sign == "institution" or (scene.alone and not scene.of("abroad"))


def _has_own_organ(scene: _Scene) -> bool:
    """Whether an organ of "its" or "our" was hit; "its targets" are the attackers' own."""
    clause = scene.clause
    return any(
        own.last < cue.first <= own.last + OWN_REACH and _institution_is_hit(scene, own)
        for own in clause.of("own")
        for cue in clause.of("organ", "victim")
    )


def _institution_is_hit(scene: _Scene, institution: Cue) -> bool:
    if any(
        named.first <= institution.first <= named.reach for named in scene.clause.named if named.first in scene.speakers
    ):
        return False  # "the U.K. government said"
    before = any(
        cue.last < institution.first
        and _reaches(scene, cue.last, institution.first, HIT_REACH)
        and not _is_friendly(scene, cue)
        for cue in scene.of("hit")
    )
    return before or any(
        cue.first > institution.last and _reaches(scene, institution.last, cue.first, SUFFERS_REACH)
        for cue in scene.of("suffers", "after")
    )


def _owner(scene: _Scene, cue: Cue) -> set[str]:
    """The states named as an institution's own: "Norway's parliament", "the parliament of Norway"."""
    clause = scene.clause
    for named in clause.named:
        beside = named.last < cue.first <= named.reach + 1
        if named.name.sort is Sort.STATE and (beside or _is_of(clause, cue, named)):
            return set(named.name.states)
    return set()


def _is_of(clause: Clause, cue: Cue, named: Named) -> bool:
    """ "the parliament of Norway", "парламент Норвегії": a state's name right behind, or with a preposition."""
    apart = named.first - cue.last
    if not 0 < apart <= OWNER_REACH * clause.wide or not BREAKS.isdisjoint(clause.between(cue.last, named.first)):
        return False
    return apart == 1 or "prep" in named.before or clause.wide > 1
