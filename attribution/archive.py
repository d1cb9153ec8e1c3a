"""The bundled archive: public attributions of earlier years as claims, each a fact in our own words with its source."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from attribution import gazetteer
from attribution.labels import EVIDENCE, labels
from attribution.model import (
    Actor,
    Analytic,
    Claim,
    Confidence,
    Kind,
    Likelihood,
    Origin,
    PartialDate,
    Precision,
    Publisher,
    Role,
    Scheme,
    Standing,
    Tie,
)
from attribution.plain import plain_value
from attribution.publishers import publisher_of
from attribution.query import search_text

RULE = "archive"
# What an archive claim's evidence holds: no words of a post, but what is known of the record.
GRADE, CONTESTED, ALSO = "grade", "contested", "also"
RECORDS, CASES = "archive.toml", "archive-cases.toml"
PRECISIONS = {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY}
FIRST_DAY = "-01-01"


class ArchiveError(ValueError):
    """A record cannot be read; `str(error)` says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One public attribution. `claim`: what it says of all its `operations`; `accused_of`: whom of the accused it holds
    responsible for one of them; `victims_of`, `agencies_of`, `actors_of`: what it says of one alone, beside what it
    says of all; `source`: where it can be checked first, `also`: where else; `grade`: "A", the publisher's own address,
    or "B", a press report or a dataset; `contested`: what was said against it or in its place, if anything."""

    id: str
    claim: Claim
    operations: tuple[str, ...]
    accused_of: Mapping[str, frozenset[str]]
    victims_of: Mapping[str, frozenset[str]]
    agencies_of: Mapping[str, tuple[str, ...]]
    actors_of: Mapping[str, tuple[Actor, ...]]
    source: str
    also: tuple[str, ...]
    grade: str
    contested: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a record says of one operation, with the case of it. `key` is the same in every version of the archive."""

    key: str
    operation: str
    case: str
    claim: Claim
    source: str
    publisher: Publisher


def records() -> tuple[Record, ...]:
    """The records, oldest first. Raises ArchiveError for one that cannot be read."""
    return tuple(_record(plain) for plain in tomllib.loads(gazetteer.read(RECORDS))["record"])


def parts() -> Iterator[Part]:
    """The records as claims, oldest first, one for each operation that a record is about."""
    for record in records():
        for operation in record.operations:
            yield _part(record, operation)


@cache
def cases() -> Mapping[str, str]:
    """The ids of the archive's cases by operation."""
    found: dict[str, str] = _cases()["cases"]
    return found


def edition(parts: Iterable[Part]) -> str:
    """What tells one edition of the archive from another: 64 hex digits over all that is stored of its parts, wherever
    it is from: groups, publishers and the names of states and operations have tables of their own."""
    rendered = [(plain_value(part), search_text(part.claim, part.claim.quote)) for part in parts]
    return hashlib.sha256(json.dumps(rendered, ensure_ascii=False).encode()).hexdigest()


def grade(claim: Claim) -> str:
    """The grade of an archive claim's source, empty for any other claim."""
    return _evidence(claim, GRADE)


def contested(claim: Claim) -> str:
    """What was said against an archive claim or in its place, empty if nothing."""
    return _evidence(claim, CONTESTED)


def dated(text: str) -> PartialDate:
    """A date as written: "2018-02-15", "2018-02" or "2018". Raises ValueError for anything else."""
    precision = PRECISIONS.get(len(text))
    if precision is None:
        raise ValueError(f"{text!r} is no date: write 2018-02-15, 2018-02 or 2018")
    found = PartialDate(day=date.fromisoformat(text + FIRST_DAY[len(text) - 4 :]), precision=precision)
    if str(found) != text:  # fromisoformat reads week dates, too
        raise ValueError(f"{text!r} is no date: write 2018-02-15, 2018-02 or 2018")
    return found


def _evidence(claim: Claim, field: str) -> str:
    return (
        next((words for name, words in claim.evidence if name == field), "") if claim.origin is Origin.ARCHIVE else ""
    )


@cache
def _cases() -> dict[str, Any]:
    return tomllib.loads(gazetteer.read(CASES))


def _record(plain: Mapping[str, Any]) -> Record:
    try:
        return Record(
            id=plain["id"],
            claim=_claim(plain),
            operations=tuple(plain["operations"]),
            accused_of={name: frozenset(codes) for name, codes in plain.get("accused_of", {}).items()},
            victims_of={name: frozenset(codes) for name, codes in plain.get("victims_of", {}).items()},
            agencies_of={name: tuple(words) for name, words in plain.get("agencies_of", {}).items()},
            actors_of={name: tuple(map(_actor, ids)) for name, ids in plain.get("actors_of", {}).items()},
            source=plain["source"],
            also=tuple(plain.get("also", ())),
            grade=plain["grade"],
            contested=plain.get("contested", ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"The archive's record {plain.get('id')!r} cannot be read: {error!r}.") from error


def _claim(plain: Mapping[str, Any]) -> Claim:
    return Claim(
        standing=Standing.ATTRIBUTION,
        origin=Origin.ARCHIVE,
        role=Role(plain.get("role", Role.LEADS)),
        attributed_by=frozenset(plain["by"]),
        supported_by=frozenset(plain.get("supported_by", ())),
        accused=frozenset(plain["accused"]),
        tie=Tie(plain["tie"]),
        agencies=tuple(plain.get("agencies", ())),
        actors=tuple(_actor(name) for name in plain.get("actors", ())),
        victims=frozenset(plain.get("victims", ())),
        organisations=tuple(plain.get("organisations", ())),
        kind=Kind(plain["kind"]),
        confidence=_confidence(plain.get("confidence", {})),
        quote=plain["fact"],
        rule=RULE,
        made_on=dated(plain["on"]),
    )


def _actor(name: str) -> Actor:
    group = gazetteer.groups()[name]
    return Actor(id=group.id, names=(group.label,), home=group.home, source=group.source)


def _confidence(plain: Mapping[str, str]) -> Confidence:
    return Confidence(
        phrase=plain.get("phrase", ""),
        likelihood=Likelihood(plain.get("likelihood", Likelihood.STATED)),
        analytic=Analytic(plain["analytic"]) if "analytic" in plain else None,
        scheme=Scheme(plain["scheme"]) if "scheme" in plain else None,
    )


def _part(record: Record, operation: str) -> Part:
    whole = record.claim
    claim = replace(
        whole,
        accused=record.accused_of.get(operation, whole.accused),
        victims=whole.victims | record.victims_of.get(operation, frozenset()),
        agencies=(*whole.agencies, *record.agencies_of.get(operation, ())),
        actors=(*whole.actors, *record.actors_of.get(operation, ())),
        evidence=tuple(_known_of(record, operation)),
    )
    return Part(
        key=f"{record.id} {operation}",
        operation=operation,
        case=cases()[operation],
        claim=claim,
        source=record.source,
        publisher=publisher_of((urlsplit(record.source).hostname or "").removeprefix("www.")),
    )


def _known_of(record: Record, operation: str) -> Iterator[tuple[str, str]]:
    yield GRADE, record.grade
    if record.contested:
        yield CONTESTED, record.contested
    yield from ((ALSO, address) for address in record.also)
    # By this field a claim is known to be about this operation, whatever else its words may name.
    yield EVIDENCE, labels()[operation]
