"""How often who accuses whom: counts of operations over the stored claims, an operation once however often told."""

from dataclasses import dataclass

from sqlite_utils import Database

from attribution.query import Query
from storage.claims import conditions
from storage.db import Row, rows

# An operation is a case; what joined none stands for itself.
OPERATIONS = "count(distinct coalesce(c.case_id, 'claim ' || c.id))"
# Denials and solidarity accuse nobody, and what was withdrawn is said no more.
ACCUSING = "c.role in ('leads', 'joins') and c.withdrawn_at is null and c.standing = 'attribution'"


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
    where, values = conditions(query, viewer)
    where = f"{where} and {ACCUSING}"
    (total,) = rows(db, f"select {OPERATIONS} as n, count(*) as statements from claims c where {where}", **values)  # noqa: S608 - placeholders only
    return Stats(
        operations=total["n"],
        statements=total["statements"],
        years=_counted(db, "substr(c.made_first, 1, 4)", f"{where} and c.made_first is not null", values, "name"),
        accused=_parties(db, "accused", where, values),
        accusers=_parties(db, "accuser", where, values),
        kinds=_counted(db, "c.kind", where, values, "n desc, name"),
        matrix=_matrix(db, where, values),
    )


def _counted(db: Database, of: str, where: str, values: Row, order: str) -> tuple[tuple[str, int], ...]:
    sql = f"select {of} as name, {OPERATIONS} as n from claims c where {where} group by name order by {order}"  # noqa: S608 - our own columns
    return tuple((found["name"], found["n"]) for found in rows(db, sql, **values))


def _parties(db: Database, field: str, where: str, values: Row) -> tuple[tuple[str, int], ...]:
    sql = f"""select p.name, {OPERATIONS} as n from claims c join parties p on p.claim = c.id and p.field = :party
              where {where} group by p.name order by n desc, p.name"""  # noqa: S608 - placeholders only
    return tuple((found["name"], found["n"]) for found in rows(db, sql, party=field, **values))


def _matrix(db: Database, where: str, values: Row) -> dict[tuple[str, str], int]:
    # "cross join" is how SQLite is told to begin with the claims: from the parties it takes twice as long.
    sql = f"""select b.name as accuser, a.name as accused, {OPERATIONS} as n
              from claims c cross join parties b cross join parties a
              where b.claim = c.id and b.field = 'accuser' and a.claim = c.id and a.field = 'accused' and {where}
              group by b.name, a.name"""  # noqa: S608 - placeholders only
    return {(found["accuser"], found["accused"]): found["n"] for found in rows(db, sql, **values)}
