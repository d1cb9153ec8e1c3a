"""read(post): does a government here hold a state responsible for a cyber operation, and which sentence says so?"""

from collections.abc import Sequence

from attribution import gate, phrases
from attribution.claims import claim_of
from attribution.findings import Finding, Placed, findings_of, placed_of, sentences_to_read
from attribution.model import Claim, Post, Reading, Standing
from attribution.roles import Hold

# How much a finding weighs by its place: the title, the first three sentences, the next three.
WEIGHTS = (3, 2, 2, 2, 1, 1, 1)
ENOUGH = 2


def read(post: Post) -> Reading:
    """What a post says; `gate` names what a quiet post lacked."""
    language = post.language or "en"
    book = phrases.book_of(language) or phrases.book_of("en")
    assert book is not None
    if not gate.holds_cyber(f"{post.title}\n{post.text}", language):
        return Reading(gate="no cyber word", language=language)
    placed = placed_of(post, sentences_to_read(post, gate.words_of(language)), book, language)
    if not any(here.clause.named for here in placed):
        return Reading(gate="no state, service or group", language=language)
    findings = findings_of(post, placed)
    claims = _claims(post, placed, findings)
    return Reading(claims=claims, gate=None if claims else "no accusation by a government", language=language)


def _claims(post: Post, placed: Sequence[Placed], findings: Sequence[Finding]) -> tuple[Claim, ...]:
    valid = [finding for finding in findings if counts(finding)]
    if not valid:
        return ()
    new = [finding for finding in valid if not finding.recalled]
    weight = sum(_weight(finding) for finding in new)
    standing = Standing.ATTRIBUTION if weight >= ENOUGH and not _is_transcript(placed) else Standing.MENTION
    used = new if standing is Standing.ATTRIBUTION else valid
    return (claim_of(post, standing, used, max(used, key=_quotable)),)


def counts(finding: Finding) -> bool:
    """Whether a finding is an accusation by a government: no vendor's, no denial, no mere possibility."""
    if not finding.by or finding.denied or finding.doubtful or finding.others & {"vendor", "anonymous"}:
        return False
    if finding.clause.has("legal", "sanctions", "expels"):
        return finding.hold is Hold.STATE
    return finding.hold >= Hold.PEOPLE


def _weight(finding: Finding) -> int:
    return WEIGHTS[finding.place] if finding.place < len(WEIGHTS) else 0


def _quotable(finding: Finding) -> tuple[int, int]:
    return (finding.hold, -finding.place)


def _is_transcript(placed: Sequence[Placed]) -> bool:
    return any(here.clause.has("transcript") for here in placed if here.place == 0)


def promising(post: Post) -> bool:
    """Whether a teaser looks as if the whole article may hold an attribution."""
    return len(post.text) < 1500 and gate.holds_cyber(f"{post.title}\n{post.text}", post.language)
