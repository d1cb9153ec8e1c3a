"""Claims as CSV (RFC 4180) that a spreadsheet opens: a row a claim, and no cell that it would run as a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from attribution.archive import contested, grade
from attribution.model import Claim, Found
from attribution.plain import plain_value

# Without it Excel takes UTF-8 for the computer's own code page.
BYTE_ORDER_MARK = "\ufeff"
# What makes a cell a formula, also in full width (OWASP, "CSV Injection"); the guard itself, so that it can be told
# from a quote mark of the text.
SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")
GUARDED = (*SIGNS, "\t", "\r", "\n")
GUARD = "'"
# Where a semicolon parts cells (Excel in most of Europe), a quote mark behind a comma begins no quoted cell, but is a
# character of one: all quoting is void from there on, and a cell begins at each ";", and at each line break within a
# text. What stands before the sign may be spaces and quote marks, which are dropped. Tabs part cells that are pasted.
WITHIN = re.compile(rf"([;\t\r\n][ \"\u00a0]*)(?=[{re.escape(''.join(SIGNS))}])")
BETWEEN = "; "
ESCAPE = "\\"
COLUMNS = (
    "id", "case", "standing", "origin", "grade", "contested", "role", "made_on", "attributed_by", "supported_by",
    "speakers", "accused", "tie", "agencies", "actors", "actor_names", "victims", "organisations", "kind",
    "likelihood", "analytic", "phrase", "scheme", "quote", "happened", "title", "url", "publisher", "publisher_kind",
    "speaker", "headline_only", "recorded_at", "withdrawn_at", "rule",
)  # fmt: skip


def as_csv(found: Iterable[Found]) -> Iterator[str]:
    """The claims under a line of COLUMNS. Several values of a cell have "; " between them, with `\\` before a `;` or
    `\\` of their own; every cell is `guarded`."""
    yield BYTE_ORDER_MARK + _line(COLUMNS)
    for one in found:
        cells = _cells(one)
        yield _line([guarded(cells[name]) for name in COLUMNS])


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, nor a part of it where it is split: a `'` stands before one of
    GUARDED at its beginning, and before one of SIGNS behind a `;`, a tab or a line break within."""
    cell = WITHIN.sub(rf"\1{GUARD}", cell)
    return GUARD + cell if cell.startswith(GUARDED) else cell


def joined(values: Iterable[str]) -> str:
    """Several values as one cell."""
    return BETWEEN.join(
        value.replace(ESCAPE, ESCAPE + ESCAPE).replace(BETWEEN[0], ESCAPE + BETWEEN[0]) for value in values
    )


def _line(cells: Sequence[str]) -> str:
    line = StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _cells(one: Found) -> dict[str, str]:
    about = {name: getattr(one, name) for name in ("id", "case", "title", "url", "recorded_at", "withdrawn_at")}
    by = {"publisher": one.publisher.name, "publisher_kind": one.publisher.kind, "speaker": one.publisher.speaker}
    values = {**about, **by, "headline_only": "yes" if one.headline_only else "no", **_claimed(one.claim)}
    return {name: _text(value) for name, value in values.items()}


def _claimed(claim: Claim) -> dict[str, object]:
    simple = ("standing", "origin", "role", "tie", "kind", "quote", "rule")
    several = ("attributed_by", "supported_by", "speakers", "accused", "agencies", "victims", "organisations")
    sure = ("likelihood", "analytic", "phrase", "scheme")
    return {
        **{name: getattr(claim, name) for name in simple},
        **{name: joined(plain_value(getattr(claim, name))) for name in several},
        **{name: getattr(claim.confidence, name) for name in sure},
        "grade": grade(claim),
        "contested": contested(claim),
        "made_on": str(claim.made_on or ""),
        "happened": str(claim.happened or ""),
        "actors": joined(actor.id for actor in claim.actors),
        "actor_names": joined(actor.names[0] for actor in claim.actors),
    }


def _text(value: object) -> str:
    return "" if value is None else str(plain_value(value))
