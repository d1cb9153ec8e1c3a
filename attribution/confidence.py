"""Hedges -> how sure the speaker says it is, on two axes."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import TypeVar

from attribution.details import ANALYTIC, LIKELIHOOD, details_in
from attribution.findings import Finding, Placed
from attribution.marks import Clause
from attribution.model import Analytic, Confidence, Likelihood, Scheme
from attribution.phrases import Book, Cue

T = TypeVar("T", bound=StrEnum)

# Whose yardstick a speaker's hedges are from: the PHIA yardstick of British assessments, ICD 203 of American ones.
SCHEMES = {"GB": Scheme.PHIA, "US": Scheme.ICD203}
# So many sentences around an accusation may say how sure it is: "We have high confidence in this assessment."
BESIDE = 2
# Degrees that such a sentence may give; a mere "likely" there is about something else as often.
FIRM = frozenset({Likelihood.ALMOST_CERTAIN, Likelihood.HIGHLY_LIKELY})
# A judgement without a degree: "we assess", "definitely".
JUDGED = "judged"


def confidence_of(clause: Clause, speakers: Collection[str] = (), book: Book | None = None) -> Confidence:
    """The confidence a sentence expresses; `speakers` are the states that speak in it, `book` its language's details.

    A sentence without a hedge is a flat statement. Of several hedges on one axis the strongest counts: "almost
    certainly the GRU, likely since 2022" hedges its details too.
    """
    cues = (*clause.cues, *details_in(clause, book)) if book else clause.cues
    likelihood = _strongest(clause, cues, LIKELIHOOD, Likelihood)
    analytic = _strongest(clause, cues, ANALYTIC, Analytic)
    phrases = [phrase for _, phrase in (*analytic, *likelihood)] or _judged(clause, cues)
    if not phrases:
        return Confidence()
    return Confidence(
        likelihood=likelihood[0][0] if likelihood else Likelihood.STATED,
        analytic=analytic[0][0] if analytic else None,
        phrase=phrases[0],
        scheme=_scheme(speakers),
    )


def confidence_in(
    best: Finding, findings: Sequence[Finding], placed: Sequence[Placed], own: frozenset[str], book: Book
) -> Confidence:
    """The confidence of a claim: what its quoted sentence says, else its nearest other sentence, else a sentence beside
    it that says nothing weaker than "highly likely". A judgement without a degree counts where there is no degree.

    `own` is the publisher's state: its yardstick is meant in its publication, whoever joins.
    """
    accusing = {id(finding.clause): finding.by for finding in findings}
    order = {id(here.clause): at for at, here in enumerate(placed)}
    quoted = order.get(id(best.clause), 0)
    near = sorted(placed, key=lambda here: (id(here.clause) not in accusing, abs(order[id(here.clause)] - quoted)))
    said = [
        confidence_of(here.clause, own & SCHEMES.keys() or accusing.get(id(here.clause), best.by), book)
        for here in near
        if id(here.clause) in accusing or abs(order[id(here.clause)] - quoted) <= BESIDE
    ]
    hedged = [one for at, one in enumerate(said) if one.phrase and (at < len(accusing) or _is_firm(one))]
    graded = [one for one in hedged if one.analytic or one.likelihood is not Likelihood.STATED]
    return next(iter((*graded, *hedged)), Confidence())


def _is_firm(confidence: Confidence) -> bool:
    return confidence.analytic is not None or confidence.likelihood in FIRM


def _scheme(speakers: Collection[str]) -> Scheme | None:
    schemes = {SCHEMES[code] for code in speakers if code in SCHEMES}
    return schemes.pop() if len(schemes) == 1 else None


def _judged(clause: Clause, cues: Sequence[Cue]) -> list[str]:
    return [clause.words(cue.first, cue.last) for cue in cues if cue.sign == JUDGED][:1]


def _strongest(clause: Clause, cues: Sequence[Cue], prefix: str, scale: type[T]) -> list[tuple[T, str]]:
    """The strongest step of one axis and the words that say it, the longest of them, or nothing."""
    order = list(scale)
    found = [
        (scale(cue.sign.removeprefix(prefix)), clause.words(cue.first, cue.last))
        for cue in cues
        if cue.sign.startswith(prefix)
    ]
    return sorted(found, key=lambda step: (order.index(step[0]), -len(step[1])))[:1]
