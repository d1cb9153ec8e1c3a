"""`attribution-bot import`: a back-catalogue of posts, stored as a feed's first poll is: nothing of it alerts."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import click
from sqlite_utils import Database

from attribution.identity import Fate, canonical_url, feed_hash
from attribution.model import Feed, Post, Publisher, Standing
from attribution.plain import post_from_plain
from attribution.publishers import publisher_of
from attribution.words import counted
from bot import archive, ingest, poll, terminal
from bot.classify import MISREAD, trouble_of
from bot.escape import web_url
from bot.ingest import Stored
from feeds.catalogue import UnknownFeedError, entry
from feeds.errors import FeedError
from feeds.fetch import read_file
from feeds.worker import Workers
from storage import cases, feeds
from storage.db import connect
from storage.feeds import FeedState

# One feed for all that is taken in: the catalogue's own feeds keep their state, and know these posts by their address.
FEED = Feed(id="import", publisher=Publisher(name="Back-catalogue"), url="")
BY_HAND = "taken in by attribution-bot import, nothing to poll"
LINES, FEEDS = (".jsonl", ".ndjson"), (".xml", ".rss", ".atom", ".rdf")
BATCH = 50  # posts in one transaction: what an interruption makes to be read again
INTERRUPTED = 130  # the shell's status for a program that Ctrl-C ended


class BackfillError(Exception):
    """There is nothing to take in; `str(error)` says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Who published what does not say it: a host or a name, and an ISO 3166-1 alpha-2 code."""

    publisher: str = ""
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One post to take in: when it was published, as text that sorts, and how to read it."""

    at: str
    post: Callable[[], Post]


@dataclass(slots=True, kw_only=True)
class Sum:
    """What came of it so far. `known`: posts that were there already; `opened`: cases."""

    new: int = 0
    known: int = 0
    undated: int = 0
    attributions: int = 0
    mentions: int = 0
    opened: int = 0

    def add(self, batch: Sequence[Post], stored: Stored) -> None:
        """Counts a batch that has been stored."""
        told = [claim for _, claim in stored.brought]
        self.new += stored.new
        self.known += len(batch) - stored.new
        self.undated += sum(post.published_at is None for post in batch)
        self.attributions += sum(claim.standing is Standing.ATTRIBUTION for claim in told)
        self.mentions += sum(claim.standing is not Standing.ATTRIBUTION for claim in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What was found in the files: the posts, and how many things could not be read."""

    items: list[Item] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run(database: str, sources: Sequence[Path], given: Given, now: datetime) -> int:
    """Takes files and folders in, with a progress bar; the exit status. Raises BackfillError where they hold no file
    that is one of posts."""
    paths, total = files_of(sources), Sum()
    try:
        wrong = _import(database, paths, given, now, total)
    except KeyboardInterrupt:
        click.echo(_said(total))
        click.echo("Interrupted: run it again to go on; what is stored is passed over.", err=True)
        return INTERRUPTED
    click.echo(_said(total))
    return 1 if wrong else 0


def files_of(sources: Iterable[Path]) -> list[Path]:
    """The files of posts among files and folders, those of a folder and its folders by name. Raises BackfillError."""
    found: list[Path] = []
    for source in sources:
        inside = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
        wanted = [path for path in inside if path.suffix.lower() in LINES + FEEDS]
        if not wanted:
            raise BackfillError(f"{source} holds no posts: give JSON lines (.jsonl), saved feeds (.xml) or a folder.")
        found.extend(wanted)
    return found


def _import(database: str, paths: Sequence[Path], given: Given, now: datetime, total: Sum) -> bool:
    """Lists the posts of the files and stores them, counting in `total`; whether something could not be read."""
    listed = _listed(paths, given)
    for line in listed.wrong:
        click.echo(line, err=True)
    with connect(database) as db:
        poll.prepare(db)
        archive.load(db, now)
        feeds.put(db, [(FEED, BY_HAND)])
        before = set(cases.opened(db, now))
        try:
            _take_in(db, listed.items, now, total)
        finally:
            total.opened = len(set(cases.opened(db, now)) - before)
    return bool(listed.wrong)


def _listed(paths: Sequence[Path], given: Given) -> Listed:
    """The posts of the files, oldest first: the first to speak opens a case, and others join it."""
    listed = Listed()
    with terminal.progress_of_bytes(sum(path.stat().st_size for path in paths), "reading") as advance:
        for path in paths:
            if path.suffix.lower() in LINES:
                _list_lines(path, given, listed, advance)
        saved = [path for path in paths if path.suffix.lower() in FEEDS]
        if saved:
            asyncio.run(_list_feeds(saved, given, listed, advance))
    listed.items.sort(key=lambda item: item.at)
    return listed


def _list_lines(path: Path, given: Given, listed: Listed, advance: Callable[[int], None]) -> None:
    """The posts of a file of JSON lines, as the places where they stand: a catalogue may be larger than memory."""
    place = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                if line.strip():
                    at = _sortable(_post_of(line, given))
                    listed.items.append(Item(at=at, post=partial(_post_at, path, place, given)))
            except MISREAD as error:
                listed.wrong.append(f"{path}, line {number} is no post: {trouble_of(error)}.")
            place += len(line)
            advance(len(line))


async def _list_feeds(paths: Sequence[Path], given: Given, listed: Listed, advance: Callable[[int], None]) -> None:
    async with Workers() as workers:
        for path in paths:
            try:
                fetched = read_file(path)
                body = fetched.body or b""
                posts = await workers.parse(body, fetched.content_type, "", _feed_of(path, given))
                listed.items.extend(_item(_placed(post, given)) for post in posts)
            except FeedError as error:
                listed.wrong.append(f"{path} could not be read: {error}")
            advance(path.stat().st_size)


def _item(post: Post) -> Item:
    return Item(at=_sortable(post), post=lambda: post)


def _post_at(path: Path, place: int, given: Given) -> Post:
    with path.open("rb") as file:
        file.seek(place)
        return _post_of(file.readline(), given)


def _post_of(line: bytes, given: Given) -> Post:
    # Windows' tools begin a file with a byte order mark, and files put together have one within.
    post = post_from_plain(json.loads(line.decode("utf-8-sig", "replace")))
    return _placed(post, given)


def _placed(post: Post, given: Given) -> Post:
    """A post as one of this feed: told by its canonical address, else by its publisher's own id of it."""
    # Any other address (javascript:, a path) leads nobody to the post, and is none.
    url = canonical_url(post.url) if web_url(post.url) else ""
    publisher = post.publisher
    if not publisher.name:
        publisher = publisher_of(given.publisher or _host(url), given.country)
    guid = f"{publisher.name} {post.guid}" if post.guid else ""
    return replace(post, feed=FEED.id, url=url, guid=guid, publisher=publisher)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _feed_of(path: Path, given: Given) -> Feed:
    """The feed that a saved body is of: the catalogue's that the file is named as, else one of nobody known."""
    try:
        known = entry(path.stem).feed
    except UnknownFeedError:
        publisher = publisher_of(given.publisher, given.country) if given.publisher else Publisher(name="")
        return replace(FEED, publisher=publisher)
    return replace(FEED, publisher=known.publisher, language=known.language)


def _sortable(post: Post) -> str:
    return post.published_at.isoformat() if post.published_at else ""


def _take_in(db: Database, items: Sequence[Item], now: datetime, total: Sum) -> None:
    """Stores the posts, some at a time."""
    with terminal.progress(len(items), "importing") as advance:
        for batch in _batches(items):
            total.add(batch, _store(db, _once(batch), now))
            for post in batch:
                advance(post.title[:40])


def _batches(items: Sequence[Item]) -> Iterator[list[Post]]:
    for start in range(0, len(items), BATCH):
        yield [item.post() for item in items[start : start + BATCH]]


def _once(batch: Iterable[Post]) -> list[Post]:
    """A batch without those that stand in it again; in another batch they are known by then."""
    first: dict[str, Post] = {}
    for post in batch:
        first.setdefault(post.url or post.guid or feed_hash(post.title, post.text), post)
    return list(first.values())


def _store(db: Database, posts: Sequence[Post], now: datetime) -> Stored:
    """Reads what is new and stores it, in one transaction, as what was there before the bot: FeedState() says that this
    is the feed's first poll. A catalogue alters no post that is there, so that it corrects no card."""
    entries = [_unaltered(one) for one in ingest.sift(db, FEED, posts, now)]
    readings = ingest.read_entries([one for one in entries if one.fate is Fate.NEW])
    return ingest.store(db, FEED, FeedState(), entries, readings, now)


def _unaltered(one: ingest.Entry) -> ingest.Entry:
    return one if one.fate is Fate.NEW else replace(one, fate=Fate.SEEN)


def _said(total: Sum) -> str:
    said = (
        f"{counted(total.new, 'post')} stored, {total.known:,} there already: "
        f"{counted(total.attributions, 'attribution')}, {counted(total.mentions, 'mention')}, "
        f"{counted(total.opened, 'case')} opened."
    )
    has, it = ("has", "it counts") if total.undated == 1 else ("have", "they count")
    return said + (f" {counted(total.undated, 'post')} {has} no date: {it} as of today." if total.undated else "")
