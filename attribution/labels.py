"""What operations are called: as the well-known ones are, else as the archive calls its own."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache

from attribution import gazetteer
from attribution.model import Claim

# The evidence of a claim that was taken apart, or is of the archive, names the operation it is about.
EVIDENCE = "operation"
BETWEEN = re.compile(r"[\W_]+")


@cache
def labels() -> Mapping[str, str]:
    """The operations' labels by id."""
    own: dict[str, str] = tomllib.loads(gazetteer.read("archive-cases.toml"))["labels"]
    return own | {row["id"]: row["label"] for row in gazetteer.rows("renowned.tsv")}


def operation(words: str) -> str | None:
    """The label of the operation that is called so, however it is spaced and written; None if none is."""
    return _by_words().get(_bare(words))


def told_of(claim: Claim) -> list[str]:
    """The operation that a part of a claim over several is about, by its label; none for any other claim."""
    return [words for field, words in claim.evidence if field == EVIDENCE]


@cache
def _by_words() -> Mapping[str, str]:
    return {_bare(label): label for label in labels().values()}


def _bare(words: str) -> str:
    return BETWEEN.sub("", gazetteer.fold(words))
