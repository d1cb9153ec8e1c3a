"""A question about attributions: its one grammar for searching, subscribing and the terminal, and what it matches."""

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from attribution import names
from attribution.identity import folded
from attribution.labels import operation, told_of
from attribution.model import Analytic, Claim, Found, Kind, Likelihood, PartialDate, Precision, Standing

TOKEN = re.compile(r'([^\s:"“”]+):\s*(?:["“”]([^"“”]*)["“”]|(\S*))|["“”]([^"“”]*)["“”]|(\S+)')
QUOTES = re.compile(r'["“”]')
PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
AGO = re.compile(r"(\d{1,4})([dwmy])")
AGO_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
CASE = re.compile(r"\d{4}-\d{1,5}")
LONGEST_NAME = 5  # words: "Democratic People's Republic of Korea"
LONGEST_QUERY = 2000  # characters: Slack cuts a command's text far below
GROUPS = (names.Sort.GROUP,)
YES_NO = {"yes": True, "no": False}


class QueryError(ValueError):
    """The question cannot be read; `str(error)` says which word and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for: within a field any of its values, between fields all of them, of `text` every term.

    `confidence` and `analytic` mean at least so sure. `since` and `until` are the first and last day, both included.
    """

    accused: frozenset[str] = frozenset()
    by: frozenset[str] = frozenset()
    victim: frozenset[str] = frozenset()
    actor: frozenset[str] = frozenset()
    kind: frozenset[Kind] = frozenset()
    confidence: Likelihood | None = None
    analytic: Analytic | None = None
    since: date | None = None
    until: date | None = None
    case: str | None = None
    mentions: bool = False
    text: tuple[str, ...] = ()

    def matches(self, found: Found) -> bool:
        """Whether a stored claim is an answer."""
        claim = found.claim
        return (
            (self.mentions or claim.standing is Standing.ATTRIBUTION)
            and self._parties_match(claim)
            and (not self.kind or claim.kind in self.kind)
            and self._sure_enough(claim)
            and self._in_time(claim)
            and (self.case is None or self.case == found.case)
            and all(term in search_text(claim, found.title) for term in self.text)
        )

    def _parties_match(self, claim: Claim) -> bool:
        asked = ((self.accused, "accused"), (self.by, "by"), (self.victim, "victim"), (self.actor, "actor"))
        return all(not wanted or wanted & parties(claim)[which] for wanted, which in asked)

    def _sure_enough(self, claim: Claim) -> bool:
        said = claim.confidence
        return _at_least(Likelihood, said.likelihood, self.confidence) and _at_least(
            Analytic, said.analytic, self.analytic
        )

    def _in_time(self, claim: Claim) -> bool:
        if claim.made_on is None:
            return self.since is None and self.until is None
        first, last = span(claim.made_on)
        return (self.since is None or last >= self.since) and (self.until is None or first <= self.until)


def rank(scale: type[StrEnum], value: StrEnum) -> int:
    """Where a value stands in its scale, 0 for the strongest."""
    return list(scale).index(value)


def parties(claim: Claim) -> dict[str, frozenset[str]]:
    """Who takes part in a claim, by the query's fields: codes of states and bodies, ids of actors."""
    return {
        "accused": claim.accused,
        "by": claim.attributed_by | claim.supported_by,
        "victim": claim.victims,
        "actor": frozenset(actor.id for actor in claim.actors),
    }


def span(made_on: PartialDate) -> tuple[date, date]:
    """The first and the last day a date may mean."""
    first = made_on.day
    if made_on.precision is Precision.DAY:
        return first, first
    month = 12 if made_on.precision is Precision.YEAR else first.month
    return first, date(first.year, month, calendar.monthrange(first.year, month)[1])


def search_text(claim: Claim, title: str) -> str:
    """What a text term is looked for in: title, quote, headline and what the operation is called where that is known,
    folded, one a line."""
    return "\n".join(folded(part) for part in (title, claim.quote, headline(claim), *told_of(claim)))


def headline(claim: Claim) -> str:
    """Who accuses whom in a few words: "United Kingdom accuses Iran (victim: Albania)"."""
    by = _listed(claim.attributed_by | claim.supported_by) or "Somebody"
    whom = _listed(claim.accused) or ", ".join(actor.names[0] for actor in claim.actors) or "nobody named"
    victims = f" (victim: {_listed(claim.victims)})" if claim.victims else ""
    return f"{by} accuses {whom}{victims}"


def parse(text: str, today: date) -> Query:
    """Reads a question such as `iran by:uk,us since:2022 kind:sanctions "energy"`; empty asks for everything.

    `today` is what `since:30d` counts from. Raises QueryError naming the wrong word and the nearest right one.
    """
    if len(text) > LONGEST_QUERY:
        raise QueryError(f"That is longer than {LONGEST_QUERY} characters: ask for less at once.")
    query = Query()
    bare: list[str] = []
    for key, value, quoted, word in _tokens(text):
        if key:
            query = _with_field(query, key, value, today)
        elif quoted:
            query = replace(query, text=(*query.text, quoted))
        elif word:
            bare.append(word)
    query = _with_bare(query, bare)
    if query.since and query.until and query.since > query.until:
        raise QueryError(f"since:{query.since} is after until:{query.until}: swap them.")
    return query


def written(query: Query) -> str:
    """The question in its grammar; `parse` reads it back as the same question."""
    return " ".join(_written_fields(query))


def _listed(codes: frozenset[str]) -> str:
    return ", ".join(sorted(names.label(code) for code in codes))


def _at_least(scale: type[StrEnum], said: StrEnum | None, wanted: StrEnum | None) -> bool:
    return wanted is None or (said is not None and rank(scale, said) <= rank(scale, wanted))


def _tokens(text: str) -> Iterator[tuple[str, str, str, str]]:
    for match in TOKEN.finditer(text):
        key, quoted_value, value, quoted, word = match.groups()
        yield key or "", folded(quoted_value or value or ""), folded(quoted or ""), word or ""


def _with_field(query: Query, key: str, value: str, today: date) -> Query:
    key = ALIASES.get(key.casefold(), key.casefold())
    if key not in READERS:
        raise QueryError(f"There is no {key}: to ask for.{_perhaps(get_close_matches(key, READERS, n=1))}")
    if not value.strip(","):
        raise QueryError(f"{key}: wants a value, for example {EXAMPLES[key]}.")
    return READERS[key](query, value, today)


def _with_bare(query: Query, words: list[str]) -> Query:
    # The longest run of words that is a name wins: "north korea" before "korea".
    while words:
        for length in range(min(LONGEST_NAME, len(words)), 0, -1):
            named = _named(query, " ".join(words[:length]))
            if named is not None:
                query, words = named, words[length:]
                break
        else:
            raise QueryError(_unknown(words[0]))
    return query


def _named(query: Query, words: str) -> Query | None:
    words = words.strip(",;")
    if (code := names.state(words)) is not None:
        return replace(query, accused=query.accused | {code})
    if (group := names.group(words)) is not None:
        return replace(query, actor=query.actor | {group.id})
    if CASE.fullmatch(words):
        return replace(query, case=words)
    if (label := operation(words)) is not None:
        return replace(query, text=(*query.text, folded(label)))
    return None


def _states(key: str) -> Callable[[Query, str, date], Query]:
    def read(query: Query, value: str, _: date) -> Query:
        codes = {_state(key, part) for part in _parts(value)}
        return _set(query, key, getattr(query, key) | codes)

    return read


def _state(key: str, words: str) -> str:
    code = names.state(words.replace("_", " "))
    if code is None:
        raise QueryError(f"{key}: knows no state or body “{words}”.{_perhaps(names.near(words))}")
    return code


def _actors(query: Query, value: str, _: date) -> Query:
    groups = {part: names.group(part) for part in _parts(value)}
    for part, group in groups.items():
        if group is None:
            raise QueryError(f"actor: knows no group “{part}”.{_perhaps(names.near(part, GROUPS))}")
    return replace(query, actor=query.actor | {group.id for group in groups.values() if group})


def _kinds(query: Query, value: str, _: date) -> Query:
    return replace(query, kind=query.kind | {Kind(_one_of("kind", part, list(Kind))) for part in _parts(value)})


def _sure(query: Query, value: str, _: date) -> Query:
    word = _one_of("confidence", value.replace("-", "_").replace(" ", "_"), [*Likelihood, *Analytic])
    if word in list(Analytic):
        return replace(query, analytic=Analytic(word))
    return replace(query, confidence=Likelihood(word))


def _since(query: Query, value: str, today: date) -> Query:
    return replace(query, since=_period("since", value, today)[0])


def _until(query: Query, value: str, today: date) -> Query:
    return replace(query, until=_period("until", value, today)[1])


def _period(key: str, value: str, today: date) -> tuple[date, date]:
    if value in ("today", "yesterday"):
        day = today - timedelta(days=value == "yesterday")
        return day, day
    if ago := AGO.fullmatch(value):
        day = date.fromordinal(max(1, today.toordinal() - int(ago[1]) * AGO_DAYS[ago[2]]))
        return day, day
    if not (found := PERIOD.fullmatch(value)):
        raise QueryError(f"{key}: cannot read “{value}”: write 2022, 2022-09, 2022-09-07 or 30d.")
    year, month, day_of_month = (int(part) if part else None for part in found.groups())
    try:
        return _bounds(year or 0, month, day_of_month)
    except ValueError as error:
        raise QueryError(f"{key}: there is no day {value}.") from error


def _bounds(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    if day:
        return date(year, month or 1, day), date(year, month or 1, day)
    precision = Precision.MONTH if month is not None else Precision.YEAR
    return span(PartialDate(day=date(year, 1 if month is None else month, 1), precision=precision))


def _case(query: Query, value: str, _: date) -> Query:
    if not CASE.fullmatch(value):
        raise QueryError(f"case: wants a case's id such as 2022-17, not “{value}”.")
    return replace(query, case=value)


def _mentions(query: Query, value: str, _: date) -> Query:
    return replace(query, mentions=YES_NO[_one_of("mentions", value, list(YES_NO))])


def _text(query: Query, value: str, _: date) -> Query:
    return replace(query, text=(*query.text, QUOTES.sub("", value)))


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _one_of(key: str, word: str, choices: Sequence[str]) -> str:
    if word in choices:
        return word
    hint = _perhaps(get_close_matches(word, choices, n=1))
    raise QueryError(f"{key}: knows no “{word}”.{hint} It takes {', '.join(choices)}.")


def _unknown(word: str) -> str:
    near = names.near(word) or names.near(word, GROUPS)
    return f"Nothing is called “{word}”.{_perhaps(near)} To look for words in the text, put them in quotes."


def _perhaps(near: Sequence[str]) -> str:
    return f" Did you mean {near[0]}?" if near else ""


def _set(query: Query, key: str, value: frozenset[str]) -> Query:
    changes: dict[str, Any] = {key: value}
    return replace(query, **changes)


def _written_fields(query: Query) -> Iterator[str]:
    for one in fields(query):
        value = getattr(query, one.name)
        if isinstance(value, frozenset) and value:
            yield f"{one.name}:{','.join(sorted(value)).lower()}"
        elif one.name == "text":
            yield from (f'"{term}"' for term in value)
        elif one.name == "mentions":
            yield from ["mentions:yes"] if value else []
        elif value:
            yield f"{'confidence' if one.name == 'analytic' else one.name}:{value}"


READERS: dict[str, Callable[[Query, str, date], Query]] = {
    "accused": _states("accused"),
    "by": _states("by"),
    "victim": _states("victim"),
    "actor": _actors,
    "kind": _kinds,
    "confidence": _sure,
    "since": _since,
    "until": _until,
    "case": _case,
    "mentions": _mentions,
    "text": _text,
}
ALIASES = {
    "victims": "victim",
    "group": "actor",
    "kinds": "kind",
    "from": "since",
    "to": "until",
    "mention": "mentions",
}
EXAMPLES = {
    "accused": "accused:iran",
    "by": "by:uk,us",
    "victim": "victim:albania",
    "actor": "actor:apt28",
    "kind": "kind:sanctions",
    "confidence": "confidence:likely",
    "since": "since:2022",
    "until": "until:2022-09",
    "case": "case:2022-17",
    "mentions": "mentions:yes",
    "text": "text:energy",
}
