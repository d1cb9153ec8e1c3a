"""What a second reading of a post changes: which claims stay, which are brought, which are gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attribution.labels import told_of
from attribution.model import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`kept`: what the stored claims say now, by id; `brought`: claims the post did not carry; `gone`: ids it lost."""

    kept: Mapping[int, Claim]
    brought: tuple[Claim, ...]
    gone: tuple[int, ...]


def revise(before: Mapping[int, Claim], now: Sequence[Claim]) -> Changes:
    """Pairs a post's stored claims with what it says now: the same accused and standing is the same claim."""
    left = dict(before)
    kept: dict[int, Claim] = {}
    brought = []
    for claim in now:
        twin = _twin(claim, left)
        if twin is None:
            brought.append(claim)
        else:
            del left[twin]
            kept[twin] = claim
    return Changes(kept=kept, brought=tuple(brought), gone=tuple(left))


def _twin(claim: Claim, left: Mapping[int, Claim]) -> int | None:
    same = [one for one, other in left.items() if (other.accused, other.standing) == (claim.accused, claim.standing)]
    return min(same, key=lambda one: _unlike(claim, left[one]), default=None)


def _unlike(claim: Claim, other: Claim) -> tuple[bool, bool]:
    """A claim of the same operation comes before one of the same kind."""
    return told_of(claim) != told_of(other), claim.kind is not other.kind
