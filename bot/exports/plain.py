"""Claims as JSON: one array, or one object a line. Everything that is stored of a claim, and where it stands."""

import json
from collections.abc import Iterable, Iterator

from attribution.model import Found
from attribution.plain import found_as_plain


def as_json(found: Iterable[Found]) -> Iterator[str]:
    """The claims as one JSON array (RFC 8259), an object a claim as `found_as_plain` gives it."""
    before = "[\n"
    for line in _objects(found):
        yield before + line
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def as_jsonl(found: Iterable[Found]) -> Iterator[str]:
    """The claims as JSON, one object a line; a line break within a claim is escaped."""
    yield from (f"{line}\n" for line in _objects(found))


def _objects(found: Iterable[Found]) -> Iterator[str]:
    return (json.dumps(found_as_plain(one), ensure_ascii=False) for one in found)
