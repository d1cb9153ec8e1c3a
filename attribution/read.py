"""read(post): does a government here hold a state responsible for a cyber operation, and which sentence says so?"""

from collections.abc import Sequence

from attribution import gate, phrases
from attribution.claims import claim_of
from attribution.findings import Finding, Placed, findings_of, placed_of, sentences_to_read
from attribution.language import language as language_of
from attribution.model import Claim, Post, Reading, Standing
from attribution.phrases import Book
from attribution.standing import core_of, counting, sided, standing_of


def read(post: Post) -> Reading:
    """What a post says; `gate` names what a quiet post lacked."""
    if not gate.holds_cyber(f"{post.title}\n{post.text}", _hint(post)):
        return Reading(gate="no cyber word", language=post.language)
    language, book = book_for(post)
    placed = placed_of(post, sentences_to_read(post, gate.words_of(language)), book, language)
    if not any(here.clause.named for here in placed):
        return Reading(gate="no state, service or group", language=language)
    findings = findings_of(post, placed)
    claims = _claims(post, placed, findings)
    return Reading(claims=claims, gate=None if claims else "no accusation by a government", language=language)


def _hint(post: Post) -> str | None:
    """The feed's language where its script is its own, else none: the gate then knows all languages' words."""
    return None if post.language is None else post.language.split("-")[0].lower()


def book_for(post: Post) -> tuple[str | None, Book]:
    """The post's language (ISO 639-1) and its phrase book; English's, to read by names only, where it has none."""
    language = language_of(f"{post.title}\n{post.text}", post.language)
    book = phrases.book_of(language or "") or phrases.book_of("en")
    assert book is not None
    return language, book


def _claims(post: Post, placed: Sequence[Placed], findings: Sequence[Finding]) -> tuple[Claim, ...]:
    valid = counting(sided(findings, post.publisher.speaker))
    if not valid:
        return ()
    standing = standing_of(valid, findings, placed)
    used = [finding for finding in valid if not finding.recalled] if standing is Standing.ATTRIBUTION else valid
    core = core_of(used)
    return (claim_of(post, standing, core, max(core, key=_quotable), placed),)


def _quotable(finding: Finding) -> tuple[int, int]:
    return (finding.hold, -finding.place)


def promising(post: Post) -> bool:
    """Whether a teaser looks as if the whole article may hold an attribution."""
    return len(post.text) < 1500 and gate.holds_cyber(f"{post.title}\n{post.text}", post.language)
