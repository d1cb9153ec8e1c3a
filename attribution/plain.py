"""Claims and posts as values that JSON knows, and back."""

import re
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

EXAMPLE = '{"title": "…", "text": "…"}'
WANTED = f"a post is an object such as {EXAMPLE}"
MEANT = {
    "publisher": "write who published it as one name, such as “gov.uk”",
    "published": "write 2022-09-07, 2022-09-07T10:00:00Z, 2022-09 or 2022",
    "id": "write text or a whole number",
}
# What exports of readers, crawlers and other tools call a post's date, without case, "_" and "-".
WHAT = "published|created|updated|modified|issued|posted"
DATE_KEY = re.compile(
    rf"(?:{WHAT})(?:at|on)?|(?:dc|pub|publish|publication|{WHAT})?(?:date|datetime|day|time|timestamp)|datepublished"
)
# The web's first page is of 1991: an earlier date is an unset clock. Later ones than 2100 are typing errors.
YEARS = range(1991, 2101)
# Half of a pair: JSON may hold one as an escape (RFC 8259, 8.2), UTF-8 and thus the database cannot.
SURROGATE = re.compile("[\ud800-\udfff]")
KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    Mapping: "an object",
    object: "nothing",
}


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
    """A post from one line of a corpus: id, url, publisher, country_of_publisher, published, lang, title, text. All are
    text; an id may be a whole number. Other keys are passed over.

    Title and text are needed (KeyError), the rest may be missing or null; a time without a zone is UTC, and a date
    may be a year or a month. ValueError, with what would be right, for what is no object, for a value of another kind,
    for a date that is none, and for a date under another name than `published`. A date outside of YEARS is none, and
    what no text can hold (half of a surrogate pair) becomes U+FFFD.
    """
    if not isinstance(plain, Mapping):
        raise ValueError(f"it is {_kind(plain)}; {WANTED}")
    if misnamed := _misnamed(plain):
        raise ValueError(f"it has “{misnamed}” and no “published”: give the day it was published under that name")
    publisher = publisher_of(_words(plain, "publisher"), _words(plain, "country_of_publisher") or None)
    title, text = (_words({key: plain[key]}, key) for key in ("title", "text"))
    return Post(
        feed=publisher.name,
        url=_words(plain, "url"),
        guid=_id(plain.get("id")),
        title=title,
        text=text,
        published_at=_time(_words(plain, "published")),
        language=_words(plain, "lang") or None,
        publisher=publisher,
    )


def _misnamed(plain: Mapping[str, Any]) -> str | None:
    """The key that a date was given under where it should be `published`: the post would count as of today."""
    named = (key for key, value in plain.items() if value and key != "published" and DATE_KEY.fullmatch(_letters(key)))
    return None if plain.get("published") else next(named, None)


def _letters(key: str) -> str:
    return "".join(character for character in key.casefold() if character.isalpha())


def _id(value: object) -> str:
    return str(value) if type(value) is int else _words({"id": value}, "id")


def _words(plain: Mapping[str, Any], key: str) -> str:
    """The text under a key, "" for none."""
    value = plain.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"its {key} is {_kind(value)}, not text; {MEANT.get(key, WANTED)}")
    return SURROGATE.sub("\ufffd", value)


def _kind(value: object) -> str:
    return next(words for kind, words in KINDS.items() if isinstance(value, kind))


def _time(written: str) -> datetime | None:
    if not written:
        return None
    try:
        at = datetime.fromisoformat(f"{written}-01-01"[:10] if len(written) in (4, 7) else written)
    except ValueError as error:
        raise ValueError(f"its published is “{written[:40]}”, which is no date; {MEANT['published']}") from error
    if at.year not in YEARS:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
