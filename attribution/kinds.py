"""The form an attribution takes: sanctions, indictment, expulsion, disruption, advisory, report or statement."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from attribution.details import details_in
from attribution.findings import Placed
from attribution.marks import Clause
from attribution.model import Kind
from attribution.phrases import Book, Cue

# An act of state is what a post is about where its title or its first sentences have it, the most telling first.
ACTS = (Kind.SANCTIONS, Kind.INDICTMENT, Kind.EXPULSION, Kind.DISRUPTION)
# A form of publication is told a little later, too.
FORMS = (Kind.REPORT, Kind.ADVISORY)
ACTS_WITHIN = 2
FORMS_WITHIN = 5
# Computer emergency response teams and the like, whose business is technical advice.
RESPONSE_TEAMS = re.compile(r"cert|csirt|krcert|cisa\.gov|cyber\.g|ncsc", re.IGNORECASE)
# Words around sanctions that make them a call for some, or a memory of some.
CONTEMPLATED_REACH = 5


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence and its details."""

    place: int
    clause: Clause
    details: tuple[Cue, ...]

    def of(self, sign: str) -> list[Cue]:
        return [cue for cue in self.details if cue.sign == sign]


def kind_of(placed: Sequence[Placed], book: Book, publisher: str = "") -> Kind:
    """The kind of a post's attribution, by its title first, then by its beginning; STATEMENT where nothing tells.

    `book` are the details of the post's language, `publisher` the host or name it is from. A warning in the title is
    an advisory where the beginning is about technical things, and so is what a cyber agency publishes on them.
    """
    told = [
        _Told(here.place, here.clause, details_in(here.clause, book)) for here in placed if here.place <= FORMS_WITHIN
    ]
    technical = any(one.of("technical") for one in told)
    for one in told:
        if kind := _kind_told(one):
            return kind
        if one.place == 0 and technical and one.clause.has("warns"):
            return Kind.ADVISORY
    return Kind.ADVISORY if technical and RESPONSE_TEAMS.search(publisher) else Kind.STATEMENT


def _kind_told(one: _Told) -> Kind | None:
    """The kind that one sentence tells."""
    if one.place > 0 and one.clause.has("recalls"):
        return None
    if one.place <= ACTS_WITHIN:
        for kind in ACTS:
            if any(kind is not Kind.SANCTIONS or not _is_contemplated(one, cue) for cue in one.of(kind)):
                return kind
    return next((kind for kind in FORMS if one.of(kind)), None)


def _is_contemplated(one: _Told, cue: Cue) -> bool:
    """Whether sanctions are called for, prolonged or remembered, not imposed."""
    reach = CONTEMPLATED_REACH * one.clause.wide
    return any(
        cue.first - reach <= other.first <= cue.last or (one.clause.verb_final and 0 < other.first - cue.last <= reach)
        for other in one.of("contemplated")
    )
