"""How a source is written that has no feed: as the catalogue's row says, checked before anything is polled."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cssselect import SelectorError
from cssselect import parse as parse_selector


class Format(StrEnum):
    """What an address serves."""

    FEED = "feed"  # RSS, Atom
    LISTING = "listing"  # a page with links to its articles
    SITEMAP = "sitemap"  # sitemaps.org, with or without Google's news tags
    JSON = "json"


# What a row must and may say of each format.
REQUIRED: Mapping[Format, tuple[str, ...]] = {
    Format.FEED: (),
    Format.LISTING: ("links",),
    Format.SITEMAP: (),
    Format.JSON: ("items", "title", "link"),
}
OPTIONAL: Mapping[Format, tuple[str, ...]] = {
    Format.FEED: (),
    Format.LISTING: ("address",),
    Format.SITEMAP: ("address",),
    Format.JSON: ("address", "date"),
}
KEYS = ("format", "links", "address", "items", "title", "link", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How to find the entries. `links`: a CSS selector of a listing's links; `items`: the path to a JSON list, its keys
    with dots between them, and `title`, `link`, `date`: the paths inside an item; `address`: a regular expression that
    is found in every entry's address, "" for any."""

    format: Format = Format.FEED
    links: str = ""
    address: str = ""
    items: str = ""
    title: str = ""
    link: str = ""
    date: str = ""


def read_shape(row: Mapping[str, str]) -> Shape:
    """The shape that a row without `problems` describes; a feed's where it describes none."""
    words = {key: row[key] for key in KEYS if key in row and key != "format"}
    return Shape(format=Format(row.get("format", Format.FEED)), **words)


def problems(row: Mapping[str, str]) -> Iterable[str]:
    """What is wrong with what a row says of its shape, in words that say what to do."""
    if row.get("format", Format.FEED) not in list(Format):
        return [f"format {row['format']!r}: use one of {', '.join(Format)}"]
    kind = Format(row.get("format", Format.FEED))
    known = (*REQUIRED[kind], *OPTIONAL[kind], "format")
    missing = [f"{key!r} is missing: a {kind} needs it" for key in REQUIRED[kind] if key not in row]
    needless = [f"{key!r} says nothing of a {kind}: leave it out" for key in KEYS if key in row and key not in known]
    return missing + needless + [*_unreadable(row)]


def _unreadable(row: Mapping[str, str]) -> Iterable[str]:
    try:
        parse_selector(row.get("links", "a"))
    except SelectorError as error:
        yield f"links {row['links']!r} is no CSS selector ({error}): write one such as 'main li a'"
    try:
        re.compile(row.get("address", ""))
    except re.error as error:
        yield f"address {row['address']!r} is no regular expression ({error}): correct it"
