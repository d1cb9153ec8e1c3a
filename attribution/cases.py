"""Does a claim speak of a known operation, and is it news to it?"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from attribution import gazetteer, operations, renowned
from attribution.joins import rules
from attribution.likeness import Rarity, Trace, comparable, disjoint, likeness, rarity_among, related
from attribution.model import Analytic, Claim, Kind, Likelihood, Role, Standing, strongest
from attribution.query import span

# A case is as near as its nearest claim and all its claims on average: by the nearest alone, one loose claim after
# the other chains unlike operations; by the average alone, a case that drew many reports takes no late sanction.
NEAREST, AVERAGE = 0.3, 0.7
# Log-odds above which a claim joins: two operations in one case mislead more than one operation in two.
ENOUGH = 0.0
# Sanctions and indictments came up to seven years after an operation was first blamed on someone (Sony Pictures,
# 2014 to 2021); archive rows come years late too.
REACH = timedelta(days=366 * 10)
# How strong an act is; all other kinds are words.
STRENGTH = {Kind.EXPULSION: 1, Kind.SANCTIONS: 2, Kind.INDICTMENT: 3}
SILENT = frozenset({Role.DENIES, Role.WITHDRAWS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A claim as it was told: `title` and `text` of its post (an archive claim's fact and ""), `said_on` the day of
    the post, or of the claim if that is known (`claim.made_on`)."""

    claim: Claim
    title: str
    text: str = ""
    said_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A case as far as claims are compared with it: the trace of each claim in it."""

    id: str
    traces: frozenset[Trace]

    @property
    def accused(self) -> frozenset[str]:
        """The states held responsible."""
        return frozenset().union(*(trace.accused for trace in self._counted))

    @property
    def attributed_by(self) -> frozenset[str]:
        """Who attributes it."""
        return frozenset().union(*(trace.attributed_by for trace in self._counted))

    @property
    def supported_by(self) -> frozenset[str]:
        """Who supports another's attribution of it."""
        return frozenset().union(*(trace.supported_by for trace in self._counted))

    @property
    def actors(self) -> frozenset[str]:
        """The ids of the groups held responsible."""
        return frozenset().union(*(trace.actors for trace in self._counted))

    @property
    def victims(self) -> frozenset[str]:
        """The states that were attacked."""
        return frozenset().union(*(trace.victims for trace in self._counted))

    @property
    def operations(self) -> frozenset[str]:
        """The known operations that its claims name."""
        return frozenset().union(*(trace.operations for trace in self.traces))

    @property
    def kinds(self) -> frozenset[Kind]:
        """The forms the attribution took."""
        return frozenset(trace.kind for trace in self._counted)

    @property
    def likelihood(self) -> Likelihood | None:
        """The strongest that was said."""
        return strongest(Likelihood, (trace.likelihood for trace in self._counted))

    @property
    def analytic(self) -> Analytic | None:
        """The highest that was said, None if none was."""
        return strongest(Analytic, (trace.analytic for trace in self._counted if trace.analytic))

    @property
    def _counted(self) -> tuple[Trace, ...]:
        return tuple(trace for trace in self.traces if trace.counts)


def case_id(year: int, number: int) -> str:
    """The id people cite: the year of the first claim, and the case's number in it ("2022-17")."""
    return f"{year}-{number}"


def window(said_on: date) -> tuple[date, date]:
    """The days between which a case must have a claim to be worth comparing with one said on this day."""
    return said_on - REACH, said_on + REACH


def opens(claim: Claim) -> bool:
    """Whether a claim that belongs to no known case makes a new one: a mention, a denial and a withdrawal do not."""
    return claim.standing is Standing.ATTRIBUTION and claim.role not in SILENT


@lru_cache(maxsize=256)  # a claim is traced when its case is chosen, and again when it is kept
def trace(told: Told) -> Trace:
    """What a claim says of its operation."""
    claim = told.claim
    first, last = span(claim.made_on) if claim.made_on else (told.said_on, told.said_on)
    headline = told.title if claim.quote in told.title else f"{told.title}\n{claim.quote}"
    apart = [name for actor in claim.actors for name in (*actor.names, *_aliases(actor.id))]
    return Trace(
        accused=claim.accused,
        attributed_by=claim.attributed_by,
        supported_by=claim.supported_by,
        actors=frozenset(actor.id for actor in claim.actors),
        agencies=frozenset(operations.plain(agency) for agency in claim.agencies),
        victims=claim.victims,
        kind=claim.kind,
        likelihood=claim.confidence.likelihood,
        analytic=claim.confidence.analytic,
        first=first,
        last=last,
        happened=span(claim.happened) if claim.happened else None,
        operations=renowned.named(claim, told.title, told.text, told.said_on),
        marks=operations.marks(headline, told.text, claim.organisations, apart),
        counts=opens(claim),
    )


def fold(known: Known | None, told: Told, id: str) -> Known:  # noqa: A002 - the case's id, by that name everywhere
    """The case `id` with this claim in it; `known` None begins it. In whatever order, and however often."""
    return Known(id=id, traces=(known.traces if known else frozenset()) | {trace(told)})


def choose(told: Told, known: Iterable[Known]) -> str | None:
    """The id of the case a claim belongs to, None if it is of an operation not known yet.

    `known`: the cases within window(told.said_on), at least those that accuse one of its states or none; the more are
    given, the better rare words are told from common ones. The case to most of whose claims a rule ties it; among
    equals, and where no rule holds, the nearest; of equally near ones the lower id.
    """
    cases, new = sorted(known, key=lambda case: case.id), trace(told)
    rarity = rarity_among((case.traces for case in cases), new)
    ranked = [(*_standing(new, case, rarity), case.id) for case in cases]
    same, tied, near, chosen = max(ranked, key=lambda each: each[:3], default=(0, 0, ENOUGH, None))
    return chosen if same or tied or near > ENOUGH else None


def _standing(new: Trace, case: Known, rarity: Rarity) -> tuple[int, int, float]:
    """How many claims of a case name the operation that a new one names, to how many a rule ties it, and how near it
    is. A case that is known by the name of another operation is none for it."""
    traces = [old for old in case.traces if comparable(new, old)]
    same = sum(not new.operations.isdisjoint(old.operations) for old in traces)
    possible = same or any(related(new, old) for old in traces)
    if not possible or disjoint(new.accused, case.accused) or (not same and disjoint(new.operations, case.operations)):
        return 0, 0, float("-inf")
    return same, len(rules(new, traces, rarity)), nearness(new, traces, rarity)


def nearness(new: Trace, traces: Collection[Trace], rarity: Rarity) -> float:
    """Log-odds that a claim belongs to a case, given as its comparable traces; minus infinity without any."""
    odds = [likeness(new, old, rarity) for old in traces]
    return NEAREST * max(odds) + AVERAGE * math.fsum(odds) / len(odds) if odds else float("-inf")


def news(known: Known, claim: Claim) -> frozenset[str]:
    """What a claim adds to its case: "government", "kind", "accused", "actor", "confidence"; empty if it is one more
    source of what is there, a mention, a denial or a withdrawal."""
    if not opens(claim):
        return frozenset()
    joins = claim.attributed_by - known.attributed_by
    supports = claim.supported_by - known.supported_by - known.attributed_by
    added = {
        "government": bool(joins or supports),
        "kind": claim.kind not in known.kinds,
        "accused": bool(claim.accused - known.accused),
        "actor": bool({actor.id for actor in claim.actors} - known.actors),
        "confidence": _surer(known, claim),
    }
    return frozenset(name for name, new in added.items() if new)


def stronger(known: Known, claim: Claim) -> bool:
    """Whether a claim is an act (expulsion, sanctions, indictment, in rising order) stronger than any in its case."""
    so_far = max((STRENGTH.get(kind, 0) for kind in known.kinds), default=0)
    return opens(claim) and STRENGTH.get(claim.kind, 0) > so_far


def _aliases(actor: str) -> tuple[str, ...]:
    """Other names of a group; not "Operation Exchange Marauder", which is named for what was attacked."""
    group = gazetteer.groups().get(actor)
    return tuple(alias for alias in group.aliases if len(alias.split()) <= 2) if group else ()


def _surer(known: Known, claim: Claim) -> bool:
    """Only words of confidence raise it: a paper that leaves a hedge out has heard nothing new."""
    said, before = claim.confidence, (known.likelihood, known.analytic)
    if not said.phrase:
        return False
    likelier = strongest(Likelihood, filter(None, (said.likelihood, before[0]))) is not before[0]
    higher = strongest(Analytic, filter(None, (said.analytic, before[1]))) is not before[1]
    return likelier or higher
