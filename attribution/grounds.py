"""Why a claim says what it says: each of its fields, the words of the post that gave it, and the name of the rule."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from attribution.claims import own_voice, quote_of
from attribution.dates import happened_in
from attribution.details import LANDMARK, details_for, details_in
from attribution.findings import Finding, Placed
from attribution.kinds import kind_of
from attribution.marks import Clause, Named
from attribution.model import Actor, Claim, Kind, Post, Role, Standing
from attribution.names import Sort
from attribution.phrases import Book, Cue
from attribution.read import Part, Steps, read, steps_of
from attribution.roles import Accused, Hold
from attribution.speech import speech_of
from attribution.standing import passing
from attribution.victims import victims_of

# How many words, each once, a ground is shown with.
MOST_WORDS = 6
NO_TIE = "no words say more than that"
# Words of a date: "from 15 July 2022".
MOST_DATE_WORDS = 4
# Signs of the details that tell whom an operation hit.
HITTING = ("hit", "after", "suffers", "home", "institution", "sector")
# What stands for a kind beside its own name.
TRAITS = {Kind.ADVISORY: ("advice", "technical"), Kind.REPORT: ("study",)}
ROLE_SIGNS = {Role.JOINS: "joins", Role.SUPPORTS: "support"}
ROLE_RULES = {
    Role.JOINS: "words of joining beside the accusation",
    Role.SUPPORTS: "who speaks only stands with another",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One value of a claim's field, the words that gave it, verbatim, and the rule; no words where nothing in the post
    but its publisher, its date or the lack of other words gave it."""

    field: str
    value: str
    rule: str
    words: tuple[str, ...] = ()


def grounds_of(post: Post) -> list[tuple[Claim, tuple[Ground, ...]]]:
    """Each claim that reading a post gives, in order, with the grounds of its fields."""
    steps, claims = steps_of(post), read(post).claims
    made = zip(claims, steps.parts, strict=False)  # denials and withdrawals, which come last, have no part
    grounded = [(claim, tuple(_grounds(post, steps, part, claim))) for claim, part in made]
    return grounded + [(claim, _of_taking_back(claim)) for claim in claims[len(grounded) :]]


def _of_taking_back(claim: Claim) -> tuple[Ground, ...]:
    words = tuple(words for field, words in claim.evidence if field == "role")
    return (Ground(field="role", value=claim.role, rule=claim.rule, words=words),)


def _grounds(post: Post, steps: Steps, part: Part, claim: Claim) -> Iterator[Ground]:
    best = next(finding for finding in part.findings if quote_of(finding) == claim.quote)
    details = details_for(post)
    yield _standing(steps, claim)
    yield from (_accuser(post, part, code, "attributed_by") for code in sorted(claim.attributed_by))
    yield from (_accuser(post, part, code, "supported_by") for code in sorted(claim.supported_by))
    yield from (_accused(part, code) for code in sorted(claim.accused))
    yield from (_actor(part, actor) for actor in claim.actors)
    yield from (_agency(part, agency) for agency in claim.agencies)
    yield _tie(part, claim)
    yield from (_victim(post, steps, claim, code, details) for code in sorted(claim.victims))
    yield from (
        Ground(field="organisations", value=name, rule="a capitalised name behind a word of hitting", words=(name,))
        for name in claim.organisations
    )
    yield _confidence(claim)
    yield _kind(steps, claim, details)
    if claim.role is not Role.LEADS:
        words = _words(best.clause, best.clause.of(ROLE_SIGNS[claim.role]))
        yield Ground(field="role", value=claim.role, rule=ROLE_RULES[claim.role], words=words)
    if claim.happened:
        words = _dated(best.clause, post, claim)
        yield Ground(field="happened", value=str(claim.happened), rule="a date in the quoted sentence", words=words)


def _standing(steps: Steps, claim: Claim) -> Ground:
    rule = "the title or the beginning accuses"
    if claim.standing is Standing.MENTION:
        reason = passing(steps.counted, steps.findings, steps.placed)
        by_names = "no phrase book for the language: names alone do not alert" if steps.by_names_only else None
        rule = str(reason or by_names or "told beside the post's own accusation")
    return Ground(field="standing", value=claim.standing, rule=rule)


def _accuser(post: Post, part: Part, code: str, field: str) -> Ground:
    spoken = [(one, named) for one in part.findings for named in one.speakers if code in named.name.states]
    words = _once(named.name.words for _, named in spoken)
    if not spoken and code in own_voice(post):
        return Ground(field=field, value=code, rule=f"its own publication ({post.publisher.name})")
    if not spoken:
        return Ground(field=field, value=code, rule="signs with those who speak")
    if field == "supported_by":
        return Ground(field=field, value=code, rule=ROLE_RULES[Role.SUPPORTS], words=words)
    carried = all(one.carried for one, _ in spoken)
    rule = "named in a sentence nearby, as nobody else speaks" if carried else "speaks in the sentence"
    return Ground(field=field, value=code, rule=rule, words=words)


def _accused(part: Part, code: str) -> Ground:
    held = [
        (finding, one)
        for finding in part.findings
        for one in finding.accused
        if code in one.named.name.states and one.named.name.sort is not Sort.GROUP
    ]
    return _ground_of_held("accused", code, held)


def _ground_of_held(field: str, value: str, held: Sequence[tuple[Finding, Accused]]) -> Ground:
    """The words of names held responsible, by the rule that does so most strongly; a state's with its phrase."""
    strongest = max((one for _, one in held), key=lambda one: one.hold, default=None)
    found = (finding.clause.words(one.named.first, _last(one.named)) for finding, one in held)
    return Ground(field=field, value=value, rule=strongest.rule if strongest else NO_TIE, words=_once(found))


def _last(named: Named) -> int:
    return named.reach if named.name.sort is Sort.STATE else named.last


def _actor(part: Part, actor: Actor) -> Ground:
    said = [*part.findings, *part.narrated]
    held = [(finding, one) for finding in said for one in finding.accused if one.named.name.id == actor.id]
    return _ground_of_held("actors", actor.id, held)


def _agency(part: Part, agency: str) -> Ground:
    said = [*part.findings, *part.narrated]
    held = [
        (finding, one)
        for finding in said
        for one in finding.accused
        if one.named.name.sort is Sort.AGENCY and agency.startswith(" ".join(one.named.name.words.split())[:4])
    ]
    return _ground_of_held("agencies", agency, held)


def _tie(part: Part, claim: Claim) -> Ground:
    """How the state is tied to it: by what holds it responsible most strongly."""
    held = [(finding, one) for finding in part.findings for one in finding.accused if one.hold is Hold.STATE]
    services = [pair for pair in held if pair[1].named.name.sort is Sort.AGENCY]
    return _ground_of_held("tie", claim.tie, (services or held)[:1])


def _victim(post: Post, steps: Steps, claim: Claim, code: str, details: Book) -> Ground:
    """The first sentence that alone gives a victim, and the words in it that name the state, or else tell of it."""
    by = claim.attributed_by | claim.supported_by
    for here in steps.placed:
        if code in victims_of([here], claim.accused, by, own_voice(post), details):
            return _ground_of_victim(here, code, details)
    return Ground(field="victims", value=code, rule="told by several sentences together")


def _ground_of_victim(here: Placed, code: str, details: Book) -> Ground:
    clause, found = here.clause, details_in(here.clause, details)
    speaking = {named.first for named in speech_of(clause).by}
    named = [one for one in clause.named if code in one.name.states and one.first not in speaking]
    landmarks = [cue for cue in found if cue.sign == LANDMARK + code]
    if landmarks:
        return Ground(field="victims", value=code, rule="a famous victim of it", words=_words(clause, landmarks))
    hitting = _words(clause, [cue for cue in found if cue.sign in HITTING])
    if not named:
        return Ground(field="victims", value=code, rule="its own country or institutions", words=hitting)
    words = _once(clause.words(one.first, one.reach) for one in named)
    return Ground(field="victims", value=code, rule="named as hit", words=words)


def _confidence(claim: Claim) -> Ground:
    sure = claim.confidence
    value = ", ".join(str(part) for part in (sure.likelihood, sure.analytic and f"{sure.analytic} confidence") if part)
    if not sure.phrase:
        return Ground(field="confidence", value=value, rule="no hedge beside the accusation")
    scheme = f"a step of the {sure.scheme} scale" if sure.scheme else "a hedge beside the accusation"
    return Ground(field="confidence", value=value, rule=scheme, words=(sure.phrase,))


def _kind(steps: Steps, claim: Claim, details: Book) -> Ground:
    """The first sentence that alone tells the kind, and its words for it."""
    if claim.kind is Kind.STATEMENT:
        return Ground(field="kind", value=claim.kind, rule="nothing tells another form")
    for here in steps.placed:
        if kind_of([here], details) is claim.kind:
            signs = (claim.kind, *TRAITS.get(claim.kind, ()))
            words = _words(here.clause, [cue for cue in details_in(here.clause, details) if cue.sign in signs])
            return Ground(field="kind", value=claim.kind, rule="told by the title or the beginning", words=words)
    return Ground(field="kind", value=claim.kind, rule="told by the publisher and technical words")


def _dated(clause: Clause, post: Post, claim: Claim) -> tuple[str, ...]:
    """The fewest words of the sentence that alone give the date."""
    for length in range(1, MOST_DATE_WORDS + 1):
        for first in range(len(clause.tokens) - length + 1):
            window = replace(clause, tokens=clause.tokens[first : first + length])
            if happened_in(window, post.published_at) == claim.happened:
                return (clause.words(first, first + length - 1),)
    return ()


def _words(clause: Clause, cues: Iterable[Cue]) -> tuple[str, ...]:
    return _once(clause.words(cue.first, cue.last) for cue in cues)


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(words.split()) for words in found))[:MOST_WORDS]
