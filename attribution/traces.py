"""Traces as values that JSON knows, and back: what is kept of a claim so that later ones can be compared with it."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from attribution.likeness import Trace
from attribution.model import Analytic, Kind, Likelihood
from attribution.operations import Marks
from attribution.plain import plain_value

SETS = ("accused", "attributed_by", "supported_by", "actors", "agencies", "victims")


def trace_as_plain(trace: Trace) -> dict[str, Any]:
    """A trace as strings, numbers, lists and dicts."""
    return {one.name: plain_value(getattr(trace, one.name)) for one in fields(trace)}


def trace_from_plain(plain: Mapping[str, Any]) -> Trace:
    """The trace that `trace_as_plain` gave. KeyError or ValueError where a field is missing or no value of its kind."""
    sets = {name: frozenset(plain[name]) for name in SETS}
    happened = plain["happened"]
    return Trace(
        **sets,
        kind=Kind(plain["kind"]),
        likelihood=Likelihood(plain["likelihood"]),
        analytic=Analytic(plain["analytic"]) if plain["analytic"] else None,
        first=date.fromisoformat(plain["first"]),
        last=date.fromisoformat(plain["last"]),
        happened=(date.fromisoformat(happened[0]), date.fromisoformat(happened[1])) if happened else None,
        operations=frozenset(plain.get("operations", ())),
        marks=Marks(**{one.name: frozenset(plain["marks"].get(one.name, ())) for one in fields(Marks)}),
        counts=plain["counts"],
    )
