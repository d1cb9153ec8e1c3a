"""The feeds that are read for everybody, as lists: what there is, and OPML in and out."""

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click
from sqlite_utils import Database

from attribution.identity import canonical_url
from attribution.model import Feed, Publisher
from bot.owned_feeds import problem
from feeds.catalogue import catalogue, shape_of
from feeds.errors import FeedError
from feeds.fetch import WEB_PORTS, checked
from feeds.guard import public_only
from feeds.opml import MAKE_ANEW, RSS, OpmlError, Outline, write_opml
from feeds.shape import Format
from storage import feeds
from storage.db import transaction
from storage.feeds import FeedState

DROPPED = "no longer in the catalogue"
BY_HAND = "polled by hand only"
TITLES = ("feed", "publisher", "speaks for", "serves", "how it fares")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a list: the feeds that were added, and each other line with the sentence that says why not."""

    added: tuple[Feed, ...]
    skipped: tuple[tuple[Outline, str], ...]


def renew(db: Database) -> None:
    """Stores what the catalogue says of its feeds; one that left it is asked no more. To be called in a transaction."""
    feeds.put(db, [(one.feed, one.disabled) for one in catalogue()])
    feeds.drop(db, [one.feed.id for one in catalogue()], DROPPED)


def everybodys(db: Database) -> list[tuple[Feed, FeedState, str | None]]:
    """The feeds that belong to no workspace, each with its state and why it is not polled, None where it is."""
    gone = "gone: its server asks not to be asked again (410)"
    return [
        (feed, state, off or (gone if state.gone_at else None))
        for feed, state, off in feeds.health(db)
        if feed.owner is None
    ]


def lines(db: Database) -> Iterator[tuple[str, ...]]:
    """A line a feed, under TITLES."""
    for feed, state, off in everybodys(db):
        yield (
            feed.id,
            feed.publisher.name,
            feed.publisher.speaker or "",
            str(shape_of(feed.id).format),
            _fares(state, off),
        )


def outlines(db: Database) -> list[Outline]:
    """What an export holds: every feed that is polled for everybody, by publisher."""
    polled = [feed for feed, _, off in everybodys(db) if off is None]
    return [_outline(feed) for feed in sorted(polled, key=lambda feed: (feed.publisher.name, feed.id))]


def import_outlines(db: Database, lines: Sequence[Outline], ports: Container[int] = WEB_PORTS) -> Imported:
    """Adds each feed that is not there yet: polled from now on, for everybody; it speaks for nobody, because a list
    says of itself who publishes what. Its first poll is silent. `ports`: where the poller goes."""
    with transaction(db):
        known = {canonical_url(feed.url): (feed, off) for feed, _, off in everybodys(db) if off != BY_HAND}
        known |= {canonical_url(one.feed.url): (one.feed, one.disabled) for one in catalogue()}
        added, skipped = [], []
        for line in lines:
            if why := _why_not(line, known, ports):
                skipped.append((line, why))
                continue
            feed = _new(line)
            feeds.put(db, [(feed, None)])
            known[canonical_url(feed.url)] = (feed, None)
            added.append(feed)
    return Imported(added=tuple(added), skipped=tuple(skipped))


def told(imported: Imported) -> Iterator[str]:
    """What an import says: a line for each line that was skipped, and one for all."""
    if empty(imported):
        yield f"The list has no feed: no line of it has an address (xmlUrl). {MAKE_ANEW}"
        return
    for line, why in imported.skipped:
        yield f"skipped {line.url[:200]}: {why}"
    yield f"{len(imported.added)} added, {len(imported.skipped)} skipped."


def empty(imported: Imported) -> bool:
    """Whether a list had nothing to take in."""
    return not imported.added and not imported.skipped


def export(db: Database, file: Path, *, force: bool = False) -> None:
    """Writes `outlines` as OPML to a file, "-" for standard output. Raises OpmlError where the file is there already,
    unless `force`; OSError where it cannot be written."""
    body = write_opml(outlines(db))
    if str(file) == "-":
        click.echo(body, nl=False)
        return
    try:
        with file.open("wb" if force else "xb") as out:
            out.write(body)
    except FileExistsError as error:
        raise OpmlError(f"{file} is there already: name another file, or write over it with --force.") from error


def _fares(state: FeedState, off: str | None) -> str:
    if off:
        return f"not polled: {off}"
    if state.trouble:
        since = f" since {state.failing_since:%Y-%m-%d %H:%M}" if state.failing_since else ""
        return f"{state.trouble}{since}: {state.trouble_text}"
    if state.last_ok_at is None:
        return "not asked yet"
    return f"well at {state.last_ok_at:%Y-%m-%d %H:%M}" + (
        f", newest {state.newest_at:%Y-%m-%d}" if state.newest_at else ""
    )


def _why_not(line: Outline, known: Mapping[str, tuple[Feed, str | None]], ports: Container[int]) -> str | None:
    if found := known.get(canonical_url(line.url)):
        feed, off = found
        return f"it is {feed.id}, which is not polled: {off}." if off else f"it is read already, as {feed.id}."
    if line.type != RSS:
        return f"it is no feed but a {line.type}: only the catalogue says how to read one."
    return problem(line.url) or _refused(line.url, ports)


def _refused(url: str, ports: Container[int]) -> str | None:
    """Why the poller would not go there: known at once for a port or a literal address, of a name when it is asked."""
    try:
        checked(url, ports)
    except FeedError as error:
        return str(error)
    try:
        ip = ip_address(urlsplit(url).hostname or "")
    except ValueError:  # a name, as nearly always
        return None
    return None if public_only(ip) else f"{ip} is no public address: this bot does not go there."


def _new(line: Outline) -> Feed:
    name = hashlib.sha256(canonical_url(line.url).encode()).hexdigest()[:12]
    publisher = Publisher(name=line.text or urlsplit(line.url).hostname or line.url)
    return Feed(id=f"added-{name}", publisher=publisher, url=line.url)


def _outline(feed: Feed) -> Outline:
    served = shape_of(feed.id).format
    speaks = feed.publisher.speaker
    return Outline(
        text=feed.publisher.name,
        url=feed.url,
        type=RSS if served is Format.FEED else served,
        language=feed.language,
        category=f"/{feed.publisher.kind}/{speaks}" if speaks else f"/{feed.publisher.kind}",
        description=feed.id,
    )
