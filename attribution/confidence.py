"""Hedges -> how sure the speaker says it is, on two axes."""

from collections.abc import Collection
from enum import StrEnum
from typing import TypeVar

from attribution.marks import Clause
from attribution.model import Analytic, Confidence, Likelihood, Scheme

T = TypeVar("T", bound=StrEnum)

# Whose yardstick a speaker's hedges are from: the PHIA yardstick of British assessments, ICD 203 of American ones.
SCHEMES = {"GB": Scheme.PHIA, "US": Scheme.ICD203}


def confidence_of(clause: Clause, speakers: Collection[str] = ()) -> Confidence:
    """The confidence a sentence expresses; `speakers` are the states that speak in it.

    A sentence without a hedge is a flat statement. Of several hedges on one axis the strongest counts: "almost
    certainly the GRU, likely since 2022" hedges its details too.
    """
    likelihood = _strongest(clause, "likelihood:", Likelihood)
    analytic = _strongest(clause, "analytic:", Analytic)
    phrases = [phrase for _, phrase in (*analytic, *likelihood)]
    if not phrases:
        return Confidence()
    return Confidence(
        likelihood=likelihood[0][0] if likelihood else Likelihood.STATED,
        analytic=analytic[0][0] if analytic else None,
        phrase=phrases[0],
        scheme=_scheme(speakers),
    )


def surer(one: Confidence, other: Confidence) -> Confidence:
    """The confidence to show of two sentences of one claim: a hedge before a flat wording, then the stronger."""
    if bool(one.phrase) != bool(other.phrase):
        return one if one.phrase else other
    return min(one, other, key=_rank)


def _rank(confidence: Confidence) -> tuple[int, int]:
    analytic = list(Analytic).index(confidence.analytic) if confidence.analytic else len(Analytic)
    return list(Likelihood).index(confidence.likelihood), analytic


def _scheme(speakers: Collection[str]) -> Scheme | None:
    schemes = {SCHEMES[code] for code in speakers if code in SCHEMES}
    return schemes.pop() if len(schemes) == 1 else None


def _strongest(clause: Clause, prefix: str, scale: type[T]) -> list[tuple[T, str]]:
    """The strongest step of one axis and the words that say it, or nothing."""
    order = list(scale)
    found = [
        (scale(cue.sign.removeprefix(prefix)), clause.words(cue.first, cue.last))
        for cue in clause.cues
        if cue.sign.startswith(prefix)
    ]
    return sorted(found, key=lambda step: order.index(step[0]))[:1]
