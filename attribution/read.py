"""read(post): does a government here hold a state responsible for a cyber operation, and which sentence says so?"""

from collections.abc import Sequence
from dataclasses import replace

from attribution import gate, phrases
from attribution.claims import claim_of, denial_of, own_voice
from attribution.findings import Finding, Placed, findings_of, placed_of, sentences_to_read
from attribution.language import language as language_of
from attribution.model import Claim, Post, Reading, Standing
from attribution.parts import background_of, core_of, narrated_in, parts_of
from attribution.phrases import Book
from attribution.sides import hit_first, sided
from attribution.speech import codes_of, speech_of
from attribution.standing import accused_in, counting, standing_of

# A longer text is the article itself, not the teaser of one.
TEASER = 1_500
LATIN = "\u02ff"  # the last letter of the Latin blocks; punctuation beyond is rare in titles
# Words that end a text that was cut off.
CUT_OFF = ("...", "…", "[…]", "[...]", "read more", "continue reading", "weiterlesen", "lire la suite", "lees meer")


def read(post: Post) -> Reading:
    """What a post says; `gate` names what a quiet post lacked.

    A language without a phrase book is read with English's, which finds names and little else: what it finds is a
    mention at most, and marked `by_names_only`.
    """
    whole = f"{post.title}\n{post.text}"
    if not gate.holds_cyber(whole, _hint(post)):
        return Reading(gate="no cyber word", language=post.language)
    language, book = book_for(post)
    by_names_only = language is not None and language != book.language
    short = len(whole) <= gate.SHORT
    placed = placed_of(post, sentences_to_read(post, gate.words_of(language)), book, language, every=short)
    lacking = _lacking(placed)
    claims = () if lacking else _claims(post, placed)
    if by_names_only:
        claims = tuple(replace(claim, standing=Standing.MENTION) for claim in claims)
    gate_failed = lacking or (None if claims else "no accusation by a government")
    return Reading(claims=claims, gate=gate_failed, language=language, by_names_only=by_names_only)


def promising(post: Post) -> bool:
    """Whether a teaser looks as if the whole article may hold an attribution, so that it is worth fetching.

    Generous: a cyber word in the title or the teaser, and a state, service or group named in them, in a text that
    is short or was cut off.
    """
    text = post.text.strip()
    if len(text) > TEASER and not text.casefold().endswith(CUT_OFF):
        return False
    whole = f"{post.title}\n{text}"
    if not gate.holds_cyber(whole, _hint(post)):
        return False
    return any(here.clause.named for here in _placed_teaser(post))


def _placed_teaser(post: Post) -> list[Placed]:
    language, book = book_for(post)
    return placed_of(post, sentences_to_read(post, gate.words_of(language)), book, language, every=True)


def _hint(post: Post) -> str | None:
    """The feed's language, None where it says none or the title is in no Latin script: then all words are known."""
    if post.language is None or any(character > LATIN for character in post.title[:40]):
        return None
    return post.language.split("-")[0].lower()


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


def _claims(post: Post, placed: Sequence[Placed]) -> tuple[Claim, ...]:
    findings = findings_of(post, placed)
    by_sides = sided(findings, post.publisher.speaker, hit_first(placed))
    made = _made(post, placed, findings, by_sides)
    return (*made, *_denials(post, placed, made))


def _made(
    post: Post, placed: Sequence[Placed], findings: Sequence[Finding], by_sides: Sequence[Finding]
) -> list[Claim]:
    """The claims a post makes, one for each set of accused, and those it recalls."""
    valid = counting(by_sides)
    if not valid:
        return []
    if standing_of(valid, findings, placed) is Standing.MENTION:
        return [claim_of(post, Standing.MENTION, part, placed) for part in background_of(valid, [])]
    core = core_of([finding for finding in valid if not finding.recalled])
    claims = [
        claim_of(post, Standing.ATTRIBUTION, part, placed, narrated_in(by_sides, accused_in(part)))
        for part in parts_of(core)
    ]
    return claims + [claim_of(post, Standing.MENTION, part, placed) for part in background_of(valid, core)]


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
