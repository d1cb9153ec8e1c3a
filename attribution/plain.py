"""Claims and posts as values that JSON knows, and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from attribution.model import (
    Actor,
    Analytic,
    Claim,
    Confidence,
    Found,
    Kind,
    Likelihood,
    Origin,
    PartialDate,
    Post,
    Precision,
    Role,
    Scheme,
    Standing,
    Tie,
)
from attribution.publishers import publisher_of


def claim_as_plain(claim: Claim) -> dict[str, Any]:
    """A claim as strings, numbers, lists and dicts; sets are sorted lists, evidence a list of pairs."""
    return {field.name: plain_value(getattr(claim, field.name)) for field in fields(claim)}


def found_as_plain(found: Found) -> dict[str, Any]:
    """A stored claim with where it stands: the claim's own fields beside its id, case, title, link and publisher."""
    stands = {field.name: plain_value(getattr(found, field.name)) for field in fields(found) if field.name != "claim"}
    return {**stands, **claim_as_plain(found.claim)}


def plain_value(value: Any) -> Any:
    """A value as JSON knows it: sets as sorted lists, dates as ISO text, dataclasses as dicts."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: plain_value(getattr(value, field.name)) for field in fields(value)}
    return value


def claim_from_plain(plain: Mapping[str, Any]) -> Claim:
    """The claim that `claim_as_plain` gave. KeyError or ValueError where a field is missing or no value of its kind."""
    return Claim(
        standing=Standing(plain["standing"]),
        origin=Origin(plain["origin"]),
        accused=frozenset(plain["accused"]),
        attributed_by=frozenset(plain["attributed_by"]),
        supported_by=frozenset(plain["supported_by"]),
        role=Role(plain["role"]),
        tie=Tie(plain["tie"]),
        actors=tuple(_actor(actor) for actor in plain["actors"]),
        agencies=tuple(plain["agencies"]),
        speakers=tuple(plain["speakers"]),
        victims=frozenset(plain["victims"]),
        organisations=tuple(plain["organisations"]),
        confidence=_confidence(plain["confidence"]),
        kind=Kind(plain["kind"]),
        quote=plain["quote"],
        rule=plain["rule"],
        made_on=_date(plain["made_on"]),
        happened=_date(plain["happened"]),
        evidence=tuple((name, words) for name, words in plain["evidence"]),
    )


def _actor(plain: Mapping[str, Any]) -> Actor:
    return Actor(id=plain["id"], names=tuple(plain["names"]), home=plain["home"], source=plain["source"])


def _confidence(plain: Mapping[str, Any]) -> Confidence:
    return Confidence(
        likelihood=Likelihood(plain["likelihood"]),
        analytic=Analytic(plain["analytic"]) if plain["analytic"] else None,
        phrase=plain["phrase"],
        scheme=Scheme(plain["scheme"]) if plain["scheme"] else None,
    )


def _date(plain: Mapping[str, Any] | None) -> PartialDate | None:
    return PartialDate(day=date.fromisoformat(plain["day"]), precision=Precision(plain["precision"])) if plain else None


def post_from_plain(plain: Mapping[str, Any]) -> Post:
    """A post from one line of a corpus: id, url, publisher, country_of_publisher, published, lang, title, text.

    Title and text are needed (KeyError), the rest may be missing or null; a time without a zone is UTC, and a date
    may be a year or a month. ValueError for a date that is none.
    """
    publisher = publisher_of(plain.get("publisher") or "", plain.get("country_of_publisher"))
    return Post(
        feed=publisher.name,
        url=plain.get("url") or "",
        guid=str(plain.get("id") or ""),
        title=plain["title"] or "",
        text=plain["text"] or "",
        published_at=_time(plain.get("published") or ""),
        language=plain.get("lang") or None,
        publisher=publisher,
    )


def _time(written: str) -> datetime | None:
    if not written:
        return None
    if len(written) in (4, 7):
        written = f"{written}-01-01"[:10]
    at = datetime.fromisoformat(written)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
