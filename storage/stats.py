"""How often who accuses whom: counts of operations over the stored claims, an operation once however often told."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sqlite_utils import Database

from attribution.model import PartialDate
from attribution.plain import claim_from_plain
from attribution.query import Query
from storage.claims import conditions
from storage.db import row


class Counted(NamedTuple):
    """What is counted of a claim. `operation`: its case; what joined none stands for itself; `accused`, `accusers`:
    codes with commas between."""

    operation: str
    year: str | None
    kind: str
    accused: str
    accusers: str


# Denials and solidarity accuse nobody, and what was withdrawn is said no more.
ACCUSING = "c.role in ('leads', 'joins') and c.withdrawn_at is null and c.standing = 'attribution'"
COUNTED = f"""
    select coalesce(c.case_id, 'claim ' || c.id), substr(c.made_first, 1, 4), c.kind, c.accused, c.accusers
    from claims c where {ACCUSING}"""  # noqa: S608 - a constant
# The index's own: the claims of one operation come one after the other, and nothing is sorted.
ORDER = "order by c.owner, c.case_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts of operations. `years`, `accused`, `accusers`, `kinds`: by year (oldest first), by state or body and by
    kind (most first); `matrix`: (accuser, accused) -> count."""

    operations: int
    statements: int
    years: tuple[tuple[str, int], ...]
    accused: tuple[tuple[str, int], ...]
    accusers: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int], ...]
    matrix: dict[tuple[str, str], int]


def stats(db: Database, query: Query, viewer: str | None = None) -> Stats:
    """The counts over what answers a question; `viewer` as in `claims.find`."""
    operations = statements = 0
    years, kinds, accused, accusers = (Counter[str]() for _ in range(4))
    matrix = Counter[tuple[str, str]]()
    for told in _told(db, query, viewer):
        operations += 1
        statements += len(told)
        years.update({one.year for one in told if one.year})
        kinds.update({one.kind for one in told})
        pairs = {(by, state) for one in told for by in one.accusers.split(",") for state in one.accused.split(",")}
        accusers.update({by for by, _ in pairs if by})
        accused.update({state for _, state in pairs if state})
        matrix.update({(by, state) for by, state in pairs if by and state})
    return Stats(
        operations=operations,
        statements=statements,
        years=tuple(sorted(years.items())),
        accused=_most(accused),
        accusers=_most(accusers),
        kinds=_most(kinds),
        matrix=dict(matrix),
    )


def dates(db: Database, query: Query, viewer: str | None = None) -> tuple[PartialDate, PartialDate] | None:
    """The first and the last date of what `stats` counts; None where nothing has one."""
    first, last = (_date(db, query, viewer, order) for order in ("", "desc"))
    return (first, last) if first and last else None


def _date(db: Database, query: Query, viewer: str | None, order: str) -> PartialDate | None:
    where, values = conditions(query, viewer)
    sql = f"""select c.claim from claims c where {ACCUSING} and {where} and c.made_first is not null
              order by c.made_first {order}, c.made_last {order} limit 1"""  # noqa: S608 - placeholders only
    found = row(db, sql, **values)
    return claim_from_plain(json.loads(found["claim"])).made_on if found else None


def _told(db: Database, query: Query, viewer: str | None) -> Iterator[list[Counted]]:
    """The claims of each operation."""
    where, values = conditions(query, viewer)
    found = map(Counted._make, db.execute(f"{COUNTED} and {where} {ORDER}", values))
    return (list(told) for _, told in groupby(found, key=lambda one: one.operation))


def _most(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
