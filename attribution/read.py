"""read(post): does a government here hold a state responsible for a cyber operation, and which sentence says so?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attribution import gate, phrases
from attribution.claims import claim_of, denial_of, own_voice
from attribution.findings import Finding, Placed, findings_of, placed_of, sentences_to_read
from attribution.language import language as language_of
from attribution.model import Claim, Post, Reading, Role, Standing
from attribution.parts import background_of, core_of, narrated_in, parts_of
from attribution.phrases import Book
from attribution.sides import hit_first, sided
from attribution.speech import codes_of, speech_of
from attribution.standing import accused_in, counting, standing_of, withdraws

# A longer text is the article itself, not the teaser of one.
TEASER = 1_500
# Words that end a text that was cut off.
CUT_OFF = ("...", "…", "[…]", "[...]", "read more", "continue reading", "weiterlesen", "lire la suite", "lees meer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The findings that make one claim, and the sentences nobody is named as saying that only add names to it."""

    standing: Standing
    findings: Sequence[Finding]
    narrated: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What each step of reading a post found, in their order. `gate`: what the post lacked before any sentence could
    accuse; `findings`: the accusing sentences; `sided`: those left with everyone on one side only; `counted`: those
    that are a government's; `parts`: what of them makes one claim each."""

    gate: str | None = None
    language: str | None = None
    by_names_only: bool = False
    placed: Sequence[Placed] = ()
    findings: Sequence[Finding] = ()
    sided: Sequence[Finding] = ()
    counted: Sequence[Finding] = ()
    parts: Sequence[Part] = ()


def read(post: Post) -> Reading:
    """What a post says; `gate` names what a quiet post lacked.

    A language without a phrase book is read with English's, which finds names and little else: what it finds is a
    mention at most, and marked `by_names_only`.
    """
    steps = steps_of(post)
    claims = () if steps.gate else _claims(post, steps)
    gate_failed = steps.gate or (None if claims else "no accusation by a government")
    return Reading(claims=claims, gate=gate_failed, language=steps.language, by_names_only=steps.by_names_only)


def steps_of(post: Post) -> Steps:
    """The steps of reading a post, up to the first that finds nothing."""
    whole = f"{post.title}\n{post.text}"
    if not gate.holds_cyber(whole, gate.hint_of(post)):
        return Steps(gate="no cyber word", language=post.language)
    language, book = book_for(post)
    by_names_only = language is not None and language != book.language
    short = len(whole) <= gate.SHORT
    placed = placed_of(post, sentences_to_read(post, gate.words_of(language)), book, language, every=short)
    steps = Steps(gate=_lacking(placed), language=language, by_names_only=by_names_only, placed=placed)
    return steps if steps.gate else _weighed(post, steps)


def _weighed(post: Post, steps: Steps) -> Steps:
    findings = findings_of(post, steps.placed)
    by_sides = sided(findings, post.publisher.speaker, hit_first(steps.placed))
    counted = counting(by_sides)
    steps = replace(steps, findings=findings, sided=by_sides, counted=counted)
    return replace(steps, parts=_parts(steps)) if counted else steps


def promising(post: Post) -> bool:
    """Whether a teaser looks as if the whole article may hold an attribution, so that it is worth fetching.

    Generous: a cyber word in the title or the teaser, and a state, service or group named in them, in a text that
    is short or was cut off.
    """
    text = post.text.strip()
    if len(text) > TEASER and not text.casefold().endswith(CUT_OFF):
        return False
    whole = f"{post.title}\n{text}"
    if not gate.holds_cyber(whole, gate.hint_of(post)):
        return False
    return any(here.clause.named for here in _placed_teaser(post))


def _placed_teaser(post: Post) -> list[Placed]:
    language, book = book_for(post)
    return placed_of(post, sentences_to_read(post, gate.words_of(language)), book, language, every=True)


def book_for(post: Post) -> tuple[str | None, Book]:
    """The post's language (ISO 639-1) and its phrase book; English's where it has none."""
    language = language_of(f"{post.title}\n{post.text}", post.language)
    book = phrases.book_of(language or "") or phrases.book_of("en")
    assert book is not None
    return language, book


def _lacking(placed: Sequence[Placed]) -> str | None:
    if not placed:
        return "no sentence about a cyber act"
    return None if any(here.clause.named for here in placed) else "no state, service or group"


def _claims(post: Post, steps: Steps) -> tuple[Claim, ...]:
    made = [claim_of(post, part.standing, part.findings, steps.placed, part.narrated) for part in steps.parts]
    claims = (*made, *_withdrawals(post, steps.sided), *_denials(post, steps.placed, made))
    return tuple(replace(claim, standing=Standing.MENTION) for claim in claims) if steps.by_names_only else claims


def _parts(steps: Steps) -> list[Part]:
    """What makes one claim each: one for each set of accused, and those a post recalls."""
    if standing_of(steps.counted, steps.findings, steps.placed) is Standing.MENTION:
        return [Part(standing=Standing.MENTION, findings=part) for part in background_of(steps.counted, [])]
    core = core_of([finding for finding in steps.counted if not finding.recalled])
    made = [
        Part(standing=Standing.ATTRIBUTION, findings=part, narrated=narrated_in(steps.sided, accused_in(part)))
        for part in parts_of(core)
    ]
    recalled = background_of(steps.counted, core)
    return made + [Part(standing=Standing.MENTION, findings=part) for part in recalled]


def _withdrawals(post: Post, findings: Sequence[Finding]) -> list[Claim]:
    """What a government takes back of an accusation of its own, or corrects: it recalls it, and accuses no more."""
    found: dict[frozenset[str], Claim] = {}
    for finding in findings:
        accused = accused_in([finding])
        if accused and withdraws(finding):
            claim = denial_of(post, finding.clause, accused, finding.by)
            found.setdefault(accused, replace(claim, role=Role.WITHDRAWS, rule="taken back", evidence=_words(finding)))
    return list(found.values())


def _words(finding: Finding) -> tuple[tuple[str, str], ...]:
    clause = finding.clause
    return tuple(("role", clause.words(cue.first, cue.last)) for cue in clause.of("withdraws"))


def _denials(post: Post, placed: Sequence[Placed], made: Sequence[Claim]) -> list[Claim]:
    """The denials of those accused: by the post's claims, or in their own publication."""
    accused = frozenset[str]().union(own_voice(post), *(claim.accused for claim in made))
    accusers = frozenset[str]().union(*(claim.attributed_by for claim in made))
    found: dict[frozenset[str], Claim] = {}
    for here in placed:
        if here.clause.has("denies"):
            denier = (codes_of(speech_of(here.clause).by) or own_voice(post)) & accused - accusers
            if denier:
                found.setdefault(denier, denial_of(post, here.clause, denier, accusers))
    return list(found.values())
