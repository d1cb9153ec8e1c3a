"""Who speaks, where, in which language: the feeds this bot knows, as `catalogue.toml` beside this file lists them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from attribution.model import Feed, Publisher, PublisherKind
from feeds import shape
from feeds.shape import Shape

FILE = "feeds/catalogue.toml"
BODIES = frozenset({"EU", "NATO", "OSCE", "UN"})
REQUIRED = ("url", "publisher", "kind", "language", "evidence")
OPTIONAL = ("agency", "speaker", "disabled", "note", *shape.KEYS)

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2}")  # ISO 639-1
STATE = re.compile(r"[A-Z]{2}")  # ISO 3166-1 alpha-2
FEED = Shape()
EVIDENCE = re.compile(r"body held|(live|dead)( 20\d\d-(0[1-9]|1[0-2]))?|widely listed|listed|constructed")


class CatalogueError(ValueError):
    """The catalogue's file is wrong. `str(error)` names every wrong row, one a line, and says what to correct."""


class UnknownFeedError(LookupError):
    """No feed has this id. `str(error)` is one sentence fit to show, with the nearest ids there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A feed of the catalogue. `agency`: the short name its statements are cited by; `disabled`: why it is not polled,
    None where it is; `evidence`: why the address is believed, in the grades the file's head explains; `shape`: what
    the address serves."""

    feed: Feed
    agency: str | None
    disabled: str | None
    evidence: str
    note: str
    shape: Shape = FEED


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much the catalogue covers. `feeds` are polled and speak for `governments` (of states) and `bodies`;
    `others` are polled and speak for nobody (press, academic CERTs); `disabled` are kept and not polled."""

    feeds: int
    governments: int
    bodies: int
    others: int
    disabled: int

    def __str__(self) -> str:
        return f"{self.feeds} feeds of {self.governments + self.bodies} governments and bodies"


def read_catalogue(text: str) -> tuple[Entry, ...]:
    """Read a catalogue written in TOML, rows in their order. Raises CatalogueError with every problem at once."""
    try:
        rows = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{FILE} is no valid TOML: {error}. An id may head one table only.") from error
    problems = [f"{FILE}, [{name}]: {problem}" for name, row in rows.items() for problem in _problems(name, row)]
    if not problems:
        problems = _shared_urls(rows)
    if problems:
        raise CatalogueError("\n".join(problems))
    return tuple(_entry(name, row) for name, row in rows.items())


def count(entries: tuple[Entry, ...]) -> Counts:
    """Count what `entries` cover; a speaker counts once however many feeds it has, and only where one is polled."""
    polled = [entry.feed.publisher.speaker for entry in entries if entry.disabled is None]
    speakers = {speaker for speaker in polled if speaker}
    return Counts(
        feeds=sum(speaker is not None for speaker in polled),
        governments=len(speakers - BODIES),
        bodies=len(speakers & BODIES),
        others=sum(speaker is None for speaker in polled),
        disabled=len(entries) - len(polled),
    )


def find(entries: tuple[Entry, ...], feed_id: str) -> Entry:
    """The entry whose feed has this id. Raises UnknownFeedError, which names the nearest ids."""
    found = next((entry for entry in entries if entry.feed.id == feed_id), None)
    if found is None:
        raise UnknownFeedError(_not_found(feed_id, [entry.feed.id for entry in entries]))
    return found


def _not_found(feed_id: str, known: list[str]) -> str:
    near = get_close_matches(feed_id.lower(), known, n=3, cutoff=0.5)
    advice = f"Did you mean {' or '.join(near)}?" if near else f"{FILE} lists the ids there are."
    return f"No feed of the catalogue is called {feed_id!r}. {advice}"


def _problems(feed_id: str, row: object) -> list[str]:
    """What is wrong with one row, in words that say what to do; values are checked once their types are right."""
    if not isinstance(row, dict):
        return ["stands outside a table: give it a [feed-id] of its own"]
    known = REQUIRED + OPTIONAL
    return (
        [f"unknown key {key!r}: use one of {', '.join(known)}" for key in row if key not in known]
        + [f"{key!r} is missing: add it" for key in REQUIRED if key not in row]
        + [f"{key!r} must be text that is not empty" for key, value in row.items() if not _is_text(value)]
    ) or _wrong_values(feed_id, row)


def _wrong_values(feed_id: str, row: Mapping[str, str]) -> list[str]:
    rules = (
        (ID.fullmatch(feed_id), "write the id in lower case, digits and single hyphens"),
        (_is_web_address(row["url"]), f"{row['url']!r} is no address to fetch: begin it with https:// or http://"),
        (LANGUAGE.fullmatch(row["language"]), f"language {row['language']!r}: write two letters of ISO 639-1"),
        (EVIDENCE.fullmatch(row["evidence"]), f"evidence {row['evidence']!r} is no grade of the file's head"),
    )
    wrong = [problem for holds, problem in rules if not holds]
    return wrong + _wrong_speaker(row["kind"], row.get("speaker")) + [*shape.problems(row)]


def _wrong_speaker(kind: str, speaker: str | None) -> list[str]:
    """Only a government or an intergovernmental body speaks, each under its own kind of name."""
    match kind:
        case PublisherKind.GOVERNMENT if speaker is None or speaker in BODIES or not STATE.fullmatch(speaker):
            return [f"speaker {speaker!r}: a government needs two letters of ISO 3166-1, such as 'GB'"]
        case PublisherKind.BODY if speaker not in BODIES:
            return [f"speaker {speaker!r}: a body needs one of {', '.join(sorted(BODIES))}"]
        case PublisherKind.PRESS | PublisherKind.UNKNOWN if speaker is not None:
            return [f"speaker {speaker!r}: {kind} speaks for nobody, leave the speaker out"]
    return [] if kind in list(PublisherKind) else [f"kind {kind!r}: use one of {', '.join(PublisherKind)}"]


def _shared_urls(rows: Mapping[str, Mapping[str, str]]) -> list[str]:
    first: dict[str, str] = {}
    return [
        f"{FILE}, [{name}]: [{first[row['url']]}] has the same url: keep one of them"
        for name, row in rows.items()
        if first.setdefault(row["url"], name) != name
    ]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)


def _entry(feed_id: str, row: Mapping[str, str]) -> Entry:
    publisher = Publisher(name=row["publisher"], kind=PublisherKind(row["kind"]), speaker=row.get("speaker"))
    return Entry(
        feed=Feed(id=feed_id, publisher=publisher, url=row["url"], language=row["language"]),
        agency=row.get("agency"),
        disabled=row.get("disabled"),
        evidence=row["evidence"],
        note=row.get("note", ""),
        shape=shape.read_shape(row),
    )


@cache
def catalogue() -> tuple[Entry, ...]:
    """The feeds that come with this package, read once. Raises CatalogueError where the file is wrong."""
    return read_catalogue(files("feeds").joinpath("catalogue.toml").read_text(encoding="utf-8"))


def entry(feed_id: str) -> Entry:
    """The catalogue's entry of this feed id. Raises UnknownFeedError, which names the nearest ids."""
    return find(catalogue(), feed_id)


@cache
def _shapes() -> Mapping[str, Shape]:
    return {one.feed.id: one.shape for one in catalogue() if one.shape != FEED}


def shape_of(feed_id: str) -> Shape:
    """What the address of a feed serves: as the catalogue says, a feed where it does not know the id."""
    return _shapes().get(feed_id, FEED)


def counts() -> Counts:
    """How much this package's catalogue covers; as text, "98 feeds of 40 governments and bodies"."""
    return count(catalogue())
