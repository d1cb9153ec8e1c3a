"""Hedges -> how sure the speaker says it is, on two axes."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import TypeVar

from attribution.details import ANALYTIC, LIKELIHOOD, details_in
from attribution.findings import Finding, Placed
from attribution.marks import Clause
from attribution.model import Analytic, Confidence, Likelihood, Scheme
from attribution.names import Name
from attribution.phrases import Book, Cue

T = TypeVar("T", bound=StrEnum)

# Whose yardstick a speaker's hedges are from: the PHIA yardstick of British assessments, ICD 203 of American ones.
SCHEMES = {"GB": Scheme.PHIA, "US": Scheme.ICD203}
# So many sentences around an accusation may say how sure it is: "We have high confidence in this assessment."
BESIDE = 2
# So many around it where they name the accused.
NAMING = 5
# Degrees that such a sentence may give; a mere "likely" there is about something else as often.
FIRM = frozenset({Likelihood.ALMOST_CERTAIN, Likelihood.HIGHLY_LIKELY})
# A judgement without a degree: "we assess", "definitely".
JUDGED = "judged"


def confidence_of(clause: Clause, book: Book, speakers: Collection[str] = ()) -> Confidence:
    """The confidence a sentence expresses; `book` are its language's details, `speakers` the states that speak in it.

    A sentence without a hedge is a flat statement. Of several hedges on one axis the strongest counts: "almost
    certainly the GRU, likely since 2022" hedges its details too.
    """
    cues = details_in(clause, book)
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
    """The confidence of a claim: what its quoted sentence says, else the nearest sentence that is about it.

    A judgement without a degree counts where there is no degree. `own` is the publisher's state: its yardstick is
    meant in its publication, whoever joins.
    """
    speakers = {id(finding.clause): finding.by for finding in findings}
    order = {id(here.clause): at for at, here in enumerate(placed)}
    quoted = order.get(id(best.clause), 0)
    near = sorted(placed, key=lambda here: (abs(order[id(here.clause)] - quoted), id(here.clause) not in speakers))
    hedged = []
    for here in near:
        by, apart = speakers.get(id(here.clause)), abs(order[id(here.clause)] - quoted)
        if by is None and apart > NAMING:
            continue
        said = confidence_of(here.clause, book, own & SCHEMES.keys() or (best.by if by is None else by))
        if said.phrase and (by is not None or _is_about(here.clause, said, findings, apart)):
            hedged.append(said)
    return next((one for one in hedged if _has_degree(one)), hedged[0] if hedged else Confidence())


def _is_about(clause: Clause, said: Confidence, findings: Sequence[Finding], apart: int) -> bool:
    """Whether a sentence that accuses nobody says how sure the accusation is: right beside it in firm words, or a
    little further where it names the accused and is no forecast."""
    firm = said.analytic is not None or said.likelihood in FIRM or not _has_degree(said)
    if apart <= BESIDE and firm:
        return True
    accused = {code for finding in findings for one in finding.accused for code in _stands_for(one.named.name)}
    named = any(not accused.isdisjoint(_stands_for(named.name)) for named in clause.named)
    return apart <= NAMING and named and not clause.has("perhaps", "recalls")


def _stands_for(name: Name) -> frozenset[str]:
    """Whom a name stands for: itself, the states it is of, and the state a group is usually ascribed to."""
    return frozenset({name.id, *name.states, *([name.home] if name.home else [])})


def _has_degree(confidence: Confidence) -> bool:
    return confidence.analytic is not None or confidence.likelihood is not Likelihood.STATED


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
