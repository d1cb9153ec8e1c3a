"""The form an attribution takes: sanctions, indictment, expulsion, disruption, advisory, report or statement."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from attribution.details import details_in
from attribution.findings import Placed
from attribution.marks import Clause
from attribution.model import Kind
from attribution.names import Sort
from attribution.phrases import Book, Cue
from attribution.speech import may_speak, speech_of

# An act of state is what a post is about where its title or its first sentences have it, the most telling first;
# further down where it says that the act is of today, or quotes its papers ("the indictment").
ACTS = (Kind.SANCTIONS, Kind.INDICTMENT, Kind.EXPULSION, Kind.DISRUPTION)
ACTS_WITHIN = 2
# A form of publication is told a little later, too; further down it counts where a government is named with it.
FORMS = (Kind.REPORT, Kind.ADVISORY)
FORMS_WITHIN = 5
FURTHER = 8
# What an advisory or a report is made of, where none is called so: steps to take, figures of a year.
TRAITS = {"advice": Kind.ADVISORY, "study": Kind.REPORT}
# A title that lays the act at somebody's door makes a post a statement, unless it is called something else.
ATTRIBUTING = ("blames", "ties_to")
# Computer emergency response teams, whose business is technical advice, whoever reports it (China's is its accuser);
# and agencies that publish statements besides.
RESPONSE_TEAMS = re.compile(r"(?<!CN)cert\b|csirt|\bcert|cisa\.gov", re.IGNORECASE)
ADVISERS = re.compile(r"cyber\.g|ncsc", re.IGNORECASE)
# The title and the first sentence.
OPENING = 1
# Words between sanctions and what makes them a call for some or a memory of some, or says that they are of today.
BESIDE_REACH = 5


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

    `book` are the details of the post's language, `publisher` the host or name it is from.
    """
    told = [_Told(here.place, here.clause, details_in(here.clause, book)) for here in placed if here.place <= FURTHER]
    for one in told:
        if kind := _kind_told(one) or _warned(one, told):
            return kind
    return _kind_shown(told, publisher)


def _warned(one: _Told, told: Sequence[_Told]) -> Kind | None:
    """A warning in the title is an advisory where the beginning is about technical things."""
    return Kind.ADVISORY if one.place == 0 and one.clause.has("warns") and _is_technical(told) else None


def _is_technical(told: Sequence[_Told]) -> bool:
    return any(one.of("technical") for one in told if one.place <= FORMS_WITHIN)


def _kind_told(one: _Told) -> Kind | None:
    """The kind that one sentence calls it."""
    for kind in ACTS:
        if any(_is_done(one, kind, cue) for cue in one.of(kind)):
            return kind
    if one.place > 0 and one.clause.has("recalls"):
        return None
    if one.place > FORMS_WITHIN and not speech_of(one.clause).by:
        return None
    if one.place == 0 and (shown := next((kind for trait, kind in TRAITS.items() if one.of(trait)), None)):
        return shown
    return next((kind for kind in FORMS if one.of(kind) and not _is_vendors(one, kind)), None)


def _is_vendors(one: _Told, kind: Kind) -> bool:
    """Whether a report is a company's: "according to a report by Mandiant"."""
    return kind is Kind.REPORT and one.clause.has("vendor") and not speech_of(one.clause).by


def _kind_shown(told: Sequence[_Told], publisher: str) -> Kind:
    """The kind of what is called nothing: by what it is made of, and by who publishes it."""
    if any(one.place == 0 and one.clause.has(*ATTRIBUTING) for one in told):
        return Kind.STATEMENT
    for one in told:
        for trait, kind in TRAITS.items():
            if one.place <= FORMS_WITHIN and one.of(trait) and not one.clause.has("recalls"):
                return kind
    technical = ADVISERS.search(publisher) and _is_technical(told)
    team = RESPONSE_TEAMS.search(publisher) or any(_names_response_team(one) for one in told if one.place <= OPENING)
    return Kind.ADVISORY if team or technical else Kind.STATEMENT


def _names_response_team(one: _Told) -> bool:
    return any(named.name.sort is Sort.AGENCY and RESPONSE_TEAMS.search(named.name.label) for named in one.clause.named)


def _is_done(one: _Told, kind: Kind, cue: Cue) -> bool:
    """Whether an act is this post's own: said to be of today, or told by its beginning and no memory or plan."""
    if _stands_beside(one, "announced", cue, either=True):
        return True
    recalled = one.place > 0 and one.clause.has("recalls")
    if recalled or (one.place > ACTS_WITHIN and not one.of("announced")):
        return False
    if kind is Kind.DISRUPTION:
        return not _is_attackers(one.clause, cue)
    return kind is not Kind.SANCTIONS or not _stands_beside(one, "contemplated", cue, either=one.clause.verb_final)


def _is_attackers(clause: Clause, cue: Cue) -> bool:
    """Whether what was taken down was so by the attack: "the hackers disabled", "an attack that took down"."""
    nearest = max((name.reach for name in clause.named if name.last < cue.first and may_speak(name)), default=-1)
    doers = [other.last for other in clause.of("act", "actor") if nearest < other.last < cue.first]
    return any(cue.first - last <= BESIDE_REACH * clause.wide for last in doers)


def _stands_beside(one: _Told, sign: str, cue: Cue, *, either: bool) -> bool:
    """Whether words of a sign stand shortly before or within others, or on either side of them."""
    reach = BESIDE_REACH * one.clause.wide
    last = cue.last + reach if either else cue.last
    return any(cue.first - reach <= other.first <= last for other in one.of(sign))
