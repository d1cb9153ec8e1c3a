"""Hedges -> how sure the speaker says it is, on two axes."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import TypeVar

from attribution.details import ANALYTIC, LIKELIHOOD, details_in
from attribution.findings import Finding, Placed
from attribution.marks import Clause, Named, is_plain_noun
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
# Degrees that are about something else as often, and must bear on the accusation.
WEAK = frozenset({LIKELIHOOD + Likelihood.LIKELY, LIKELIHOOD + Likelihood.POSSIBLE})
# What lays an act at somebody's door, and the words between it and its hedge: "was likely behind".
LAYING = ("by_before", "by_after", "ties_to", "blames", "within")
LAYING_REACH = 6
# Words of courts that hedge nothing: "presumed innocent unless proven guilty beyond a reasonable doubt".
LAW = "law"
# A judgement without a degree: "we assess", "definitely".
JUDGED = "judged"


def confidence_of(
    clause: Clause, book: Book, speakers: Collection[str] = (), accused: Collection[Named] | None = None
) -> Confidence:
    """The confidence a sentence expresses; `book` are its language's details, `speakers` the states that speak in it.

    A sentence without a hedge is a flat statement. Of several hedges on one axis the strongest counts: "almost
    certainly the GRU, likely since 2022" hedges its details too. Where `accused` is given, a weak hedge must bear on
    one of these names: "Iran's hackers likely used phishing" doubts the phishing.
    """
    cues = details_in(clause, book)
    if any(cue.sign == LAW for cue in cues):
        return Confidence()
    if accused is not None:
        cues = tuple(cue for cue in cues if cue.sign not in WEAK or _bears_on(clause, cue, accused))
    likelihood = _strongest(clause, cues, LIKELIHOOD, Likelihood)
    analytic = _strongest(clause, cues, ANALYTIC, Analytic)
    phrases = [phrase for _, phrase in (*likelihood, *analytic)] or _judged(clause, cues)
    if not phrases:
        return Confidence()
    return Confidence(
        likelihood=likelihood[0][0] if likelihood else Likelihood.STATED,
        analytic=analytic[0][0] if analytic else None,
        phrase=phrases[0],
        scheme=_scheme(speakers),
    )


def _bears_on(clause: Clause, hedge: Cue, accused: Collection[Named]) -> bool:
    """Whether a hedge is about who did it: it stands before the name, or beside what lays the act at its door."""
    laying = [cue for cue in clause.of(*LAYING) if abs(cue.first - hedge.first) <= LAYING_REACH * clause.wide]
    did = any(is_plain_noun(named) and named.head.isdisjoint({"actor", "tie"}) for named in accused)
    if did and any(0 < cue.first - hedge.last <= LAYING_REACH * clause.wide for cue in clause.of("acted", "act")):
        return True
    return any(hedge.first < named.first or laying for named in accused)


def confidence_in(
    best: Finding,
    findings: Sequence[Finding],
    placed: Sequence[Placed],
    own: frozenset[str],
    book: Book,
    *,
    charged: bool = False,
) -> Confidence:
    """The confidence of a claim: what its quoted sentence says, else the nearest sentence that is about it.

    A judgement without a degree counts where there is no degree. `own` is the publisher's state: its yardstick is
    meant in its publication, whoever joins. Where people are `charged`, weak words are the form of the law.
    """
    by_clause = {id(finding.clause): finding for finding in findings}
    order = {id(here.clause): at for at, here in enumerate(placed)}
    quoted, accusing = order.get(id(best.clause), 0), [order[clause] for clause in by_clause if clause in order]
    near = sorted(placed, key=lambda here: (abs(order[id(here.clause)] - quoted), id(here.clause) not in by_clause))
    hedged = []
    for here in near:
        finding = by_clause.get(id(here.clause))
        apart = min((abs(order[id(here.clause)] - at) for at in accusing), default=NAMING + 1)
        if finding is None and apart > NAMING:
            continue
        accused = () if charged or finding is None else [one.named for one in finding.accused]
        speakers = own & SCHEMES.keys() or (finding or best).by
        said = confidence_of(here.clause, book, speakers, accused)
        if said.phrase and (finding is not None or _is_about(here.clause, findings, apart)):
            hedged.append(said)
    return next((one for one in hedged if _has_degree(one)), hedged[0] if hedged else Confidence())


def is_hedged(finding: Finding, book: Book) -> bool:
    """Whether an accusing sentence says itself how likely its accusation is."""
    said = confidence_of(finding.clause, book, accused=[one.named for one in finding.accused])
    return said.likelihood is not Likelihood.STATED


def _is_about(clause: Clause, findings: Sequence[Finding], apart: int) -> bool:
    """Whether a sentence that accuses nobody says how sure the accusation is: right beside it, or a little further
    where it names the accused and is no forecast."""
    if apart <= BESIDE:
        return True
    accused = {code for finding in findings for one in finding.accused for code in _stands_for(one.named.name)}
    named = any(not accused.isdisjoint(_stands_for(named.name)) for named in clause.named)
    return named and not clause.has("perhaps", "recalls")


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
