"""What a card shows: one case as a channel sees it."""

from dataclasses import dataclass
from datetime import datetime

from attribution.model import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a card said before and says no more: "was: United Kingdom accuses Russia"."""

    at: datetime
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as it stands. `statements`: its claims that were news when they came, oldest first, withdrawn ones marked
    by their `withdrawn_at`; `sources`: how many posts tell of it, repeats included; `previous_url`: the card before
    this one in the channel; `corrections`: oldest first."""

    id: str
    statements: tuple[Found, ...]
    sources: int
    previous_url: str | None = None
    corrections: tuple[Correction, ...] = ()
