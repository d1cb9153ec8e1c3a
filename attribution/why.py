"""Why a post is quiet, or only mentions: the step of reading that stopped it, and the sentence nearest to passing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from attribution import gate
from attribution.claims import own_voice
from attribution.findings import Finding, Placed, placed_of, says_cyber, sentences_to_read
from attribution.marks import Clause
from attribution.model import Claim, Post, Standing
from attribution.names import Sort
from attribution.phrases import Cue
from attribution.read import Steps, book_for, read, steps_of
from attribution.roles import Accused, Hold, accused_of
from attribution.speech import codes_of, speech_of
from attribution.standing import Objection, Passing, objections, passing
from attribution.victims import is_hit

# How many words a step, and marks a sentence, is shown with.
MOST_WORDS = 8
MOST_SEEN = 16
# How the signs of the phrase books are called to a person; those of one name mean much the same to one.
CALLED = {
    "cyber act": ("cyber", "computing"),
    "accusing": ("blames", "by_after", "by_before", "ties_to", "acted", "within"),
    "act of law": ("charges", "sanctions", "expels", "legal"),
    "saying": ("speaks", "authored", "warns"),
    "support": ("support",),
    "company": ("vendor",),
    "press": ("press",),
    "unnamed source": ("anonymous",),
    "legislator": ("legislator",),
    "somebody who speaks for no government": ("private",),
    "perhaps": ("perhaps",),
    "denial": ("denies", "unsaid"),
    "taking back": ("withdraws",),
    "crime": ("crime",),
    "recalling": ("recalls", "dated"),
    "other matter": ("elsewhere",),
    "briefing": ("transcript",),
}
CALL = {sign: called for called, signs in CALLED.items() for sign in signs}
STATELY = frozenset({Sort.STATE, Sort.AGENCY, Sort.GROUP})


class Step(StrEnum):
    """The steps of reading in their order, by what each of them must find."""

    CYBER_WORD = "a cyber word"
    CYBER_SENTENCE = "a sentence about a cyber act"
    NAMED = "a state, service or group"
    ACCUSED = "a sentence that holds one responsible"
    APART = "somebody accused who does not speak or suffer"
    GOVERNMENT = "a government that accuses"
    NEWS = "a post that is about it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The sentence nearest to passing a step, verbatim. `place`: 0 the title, 1 the first sentence of the text, and so
    on; `seen`: what the reader saw in it, and the words: ("company", "Microsoft")."""

    sentence: str
    place: int
    seen: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why a post does not alert. `because` goes on after "because"; `passed` are the steps before the one that stopped
    it, with the words that passed them; `standing` is None, or MENTION where the post recalls an attribution."""

    step: Step
    because: str
    passed: tuple[tuple[Step, tuple[str, ...]], ...] = ()
    nearest: Nearest | None = None
    standing: Standing | None = None


def why_not(post: Post) -> WhyNot | None:
    """Which step of reading stopped a post, None where nothing did: it makes an attribution."""
    steps = steps_of(post)
    if steps.gate:
        return _before_findings(post, steps)
    if not steps.counted:
        claims = read(post).claims
        return _taken_back(post, steps, claims[0]) if claims else _uncounted(post, steps)
    reason = passing(steps.counted, steps.findings, steps.placed)
    return None if reason is None and not steps.by_names_only else _mentioned(post, steps, reason)


def _uncounted(post: Post, steps: Steps) -> WhyNot:
    if not steps.sided:
        return _apart(post, steps) if steps.findings else _unjoined(post, steps)
    return _objected(post, steps)


def _before_findings(post: Post, steps: Steps) -> WhyNot:
    """A post without a cyber word, without a sentence about a cyber act, or without a name."""
    found = gate.cyber_in(f"{post.title}\n{post.text}", gate.hint_of(post))
    if not found:
        return WhyNot(step=Step.CYBER_WORD, because="no word of it is about computers or attacks on them")
    placed = steps.placed or _every_sentence(post)
    passed = _passed(post, steps, Step.CYBER_SENTENCE if not steps.placed else Step.NAMED)
    if not steps.placed:
        near = max((here for here in placed if _words_within(here, found)), key=lambda here: -here.place, default=None)
        because = "its cyber words name no act: none of them stands in a phrase of the language's book"
        return WhyNot(step=Step.CYBER_SENTENCE, because=because, passed=passed, nearest=_near(near, post))
    near = max(placed, key=lambda here: (says_cyber(here.clause), -here.place), default=None)
    because = "no state, service or group stands in a sentence that was read"
    return WhyNot(step=Step.NAMED, because=because, passed=passed, nearest=_near(near, post))


def _every_sentence(post: Post) -> list[Placed]:
    language, book = book_for(post)
    return placed_of(post, sentences_to_read(post, gate.words_of(language)), book, language, every=True)


def _words_within(here: Placed, words: Iterable[str]) -> bool:
    folded = here.clause.sentence.text.casefold()
    return any(word in folded for word in words)


def _unjoined(post: Post, steps: Steps) -> WhyNot:
    """A post in which no sentence holds anyone responsible for a cyber act."""
    near = max(steps.placed, key=lambda here: _nearness(here, post))
    return WhyNot(
        step=Step.ACCUSED, because=_unjoined_because(near, post), passed=_passed(post, steps, Step.ACCUSED),
        nearest=_near(near, post),
    )  # fmt: skip


def _nearness(here: Placed, post: Post) -> tuple[int, int]:
    """How much of an accusation a sentence has, and how early it stands."""
    clause = here.clause
    named = any(one.name.sort in STATELY for one in clause.named)
    accusing = clause.has(*CALLED["accusing"], *CALLED["act of law"])
    parts = (named and says_cyber(clause), bool(_accused(clause, post)), named, says_cyber(clause), accusing)
    return sum(parts), -here.place


def _accused(clause: Clause, post: Post) -> tuple[Accused, ...]:
    speech = speech_of(clause)
    return accused_of(clause, speech, codes_of(speech.by) | own_voice(post))


def _unjoined_because(near: Placed, post: Post) -> str:
    clause = near.clause
    if any(one.hold is Hold.STATE for one in _accused(clause, post)):
        own = "whoever is held responsible is also the one who speaks, in the sentence or beside it"
        return own if says_cyber(clause) else "a state is held responsible, but for nothing said to be a cyber act"
    named = [one for one in clause.named if one.name.sort in STATELY]
    if not named or not says_cyber(clause):
        return "no sentence joins a name and a cyber act"
    speaking = codes_of(speech_of(clause).by) | own_voice(post)
    if all(not speaking.isdisjoint(one.name.states) for one in named):
        return "the only states named are those that speak"
    if all(is_hit(one) or not speaking.isdisjoint(one.name.states) for one in named):
        return "who is named is the one that was hit"
    if clause.has(*CALLED["perhaps"]):
        return str(Objection.DOUBTFUL)
    if clause.has(*CALLED["denial"]):
        return str(Objection.DENIED)
    return "names and a cyber act stand in one sentence, but nothing in it says whose act it was"


def _apart(post: Post, steps: Steps) -> WhyNot:
    """A post whose accused speak, or are hit, in weightier places of it."""
    near = max(steps.findings, key=lambda one: (one.hold, -one.place))
    because = "whoever is accused speaks in a weightier place of the post, or is named as hit by its title"
    passed = _passed(post, steps, Step.APART)
    return WhyNot(step=Step.APART, because=because, passed=passed, nearest=_near_finding(near))


def _objected(post: Post, steps: Steps) -> WhyNot:
    """A post none of whose accusing sentences is a government's accusation."""
    against = zip(steps.sided, objections(steps.sided), strict=True)
    near, objection = max(against, key=lambda pair: (pair[0].hold, -pair[0].place))
    return WhyNot(
        step=Step.GOVERNMENT, because=_whose(near, objection), passed=_passed(post, steps, Step.GOVERNMENT),
        nearest=_near_finding(near),
    )  # fmt: skip


def _whose(near: Finding, objection: Objection | None) -> str:
    """The objection, and who else speaks where no government does."""
    others = ", ".join(sorted(CALL[sign] for sign in near.others if sign in CALL))
    return f"{objection} (who speaks: {others})" if objection is Objection.NOBODY and others else str(objection)


def _taken_back(post: Post, steps: Steps, claim: Claim) -> WhyNot:
    """A post without an accusation whose only claims deny or withdraw one."""
    near = next((here for here in steps.placed if claim.quote in here.clause.sentence.text), None)
    return WhyNot(
        step=Step.NEWS, because=f"it accuses nobody, and tells of an accusation that is {claim.rule}",
        passed=_passed(post, steps, Step.ACCUSED), nearest=_near(near, post), standing=Standing.MENTION,
    )  # fmt: skip


def _mentioned(post: Post, steps: Steps, reason: Passing | None) -> WhyNot:
    because = reason or f"there is no phrase book for {steps.language}, and names alone do not alert"
    near = max(steps.counted, key=lambda one: (one.hold, one.firm, -one.place))
    return WhyNot(
        step=Step.NEWS, because=str(because), passed=_passed(post, steps, Step.NEWS),
        nearest=_near_finding(near), standing=Standing.MENTION,
    )  # fmt: skip


def _passed(post: Post, steps: Steps, stopped: Step) -> tuple[tuple[Step, tuple[str, ...]], ...]:
    """The steps before the one that stopped a post, each with the words that passed it."""
    words = {
        Step.CYBER_WORD: _longest(gate.cyber_in(f"{post.title}\n{post.text}", gate.hint_of(post))),
        Step.CYBER_SENTENCE: _words_of(steps.placed, "cyber", "computing"),
        Step.NAMED: tuple(named.name.words for here in steps.placed for named in here.clause.named),
        Step.ACCUSED: _held(steps.findings),
        Step.APART: _held(steps.sided) if len(steps.sided) < len(steps.findings) else (),
        Step.GOVERNMENT: tuple(named.name.words for one in steps.counted for named in one.speakers),
    }
    order = list(Step)
    before = order[: order.index(stopped)]
    return tuple((step, tuple(dict.fromkeys(words[step]))[:MOST_WORDS]) for step in before)


def _longest(words: Sequence[str]) -> tuple[str, ...]:
    """The words that are no part of another: "hacker", not "hack"."""
    return tuple(word for word in words if not any(word in other and word != other for other in words))


def _words_of(placed: Sequence[Placed], *signs: str) -> tuple[str, ...]:
    return tuple(here.clause.words(cue.first, cue.last) for here in placed for cue in here.clause.of(*signs))


def _held(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(f"{one.named.name.words} ({one.rule})" for finding in findings for one in finding.accused)


def _near_finding(finding: Finding) -> Nearest:
    return _nearest(finding.clause, finding.place, finding.accused)


def _near(here: Placed | None, post: Post) -> Nearest | None:
    return _nearest(here.clause, here.place, _accused(here.clause, post)) if here else None


def _nearest(clause: Clause, place: int, accused: Sequence[Accused]) -> Nearest:
    rules = {one.named.first: f"accused: {one.rule}" for one in accused}
    speaking = {named.first for named in speech_of(clause).by}
    marks = [(cue.first, CALL[cue.sign], clause.words(cue.first, cue.last)) for cue in _shown(clause.cues)]
    for named in clause.named:
        called = "speaks" if named.first in speaking else "hit" if is_hit(named) else f"{named.name.sort} named"
        marks.append((named.first, rules.get(named.first, called), named.name.words))
    seen = dict.fromkeys((called, words) for _, called, words in sorted(marks))
    return Nearest(sentence=clause.sentence.text, place=place, seen=tuple(seen)[:MOST_SEEN])


def _shown(cues: Sequence[Cue]) -> list[Cue]:
    """The cues that have a name for people, none within a longer one of the same name."""
    called = [cue for cue in cues if cue.sign in CALL]
    return [cue for cue in called if not any(_lies_within(cue, other) for other in called)]


def _lies_within(cue: Cue, other: Cue) -> bool:
    longer = other.last - other.first > cue.last - cue.first
    return longer and other.first <= cue.first and cue.last <= other.last and CALL[cue.sign] == CALL[other.sign]
