"""`attribution-bot feeds probe`: asks sources once and says what they answer; reads and writes no database."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from attribution.model import Feed, Post
from bot import terminal
from bot.config import Settings
from bot.jobs import asked_for
from bot.poll import AT_ONCE, Target, reach, target
from bot.tools import Tools, open_tools, room
from feeds.catalogue import catalogue, shape_of
from feeds.errors import FeedError, Trouble
from feeds.fetch import Fetched, read_file
from feeds.listing import FEED_ROOT
from feeds.shape import Format

ROOT = re.compile(rb"<(rss|feed|rdf:RDF)\b")
NAMES = {b"rss": "rss", b"feed": "atom", b"rdf:RDF": "rdf"}
START = 4_096
TITLES = ("source", "answer", "serves", "posts", "newest", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What a source answered. `type`: rss, atom, rdf, listing, sitemap, json, "" where it answered nothing of the
    kind; `trouble` None: its posts were read, `entries` of them; `newest`: the latest day of one."""

    feed: str
    seconds: float
    type: str = ""
    content_type: str = ""
    entries: int = 0
    newest: datetime | None = None
    trouble: Trouble | None = None
    text: str = ""


async def probe(settings: Settings, sources: Sequence[str], *, disabled: bool) -> list[Probed]:
    """Asks the sources named, else all of the catalogue: those that are polled, and with `disabled` the others too.
    Shows a progress bar. Raises click.BadParameter for a source that is none."""
    asked = targets(sources, disabled=disabled)
    named = [one.source or one.feed.url for one in asked] if sources else []
    may_dial, ports = reach([url for url in named if isinstance(url, str)])
    gate = asyncio.Semaphore(AT_ONCE)
    async with open_tools(
        settings.database_url, may_dial, proxy=settings.feeds_proxy, ports=ports | settings.feeds_ports
    ) as tools:
        with terminal.progress(len(asked), "asking") as advance:

            async def one(target: Target) -> Probed:
                async with gate:
                    probed = await probe_one(tools, target)
                advance(probed.feed)
                return probed

            return list(await asyncio.gather(*map(one, asked)))


def targets(sources: Sequence[str], *, disabled: bool) -> list[Target]:
    """What to ask; see `probe`."""
    every = [Target(feed=one.feed) for one in catalogue() if disabled or one.disabled is None]
    return [target(source) for source in sources] or every


async def probe_one(tools: Tools, target: Target) -> Probed:
    """Asks one source; what goes wrong is an answer, too."""
    began, feed = time.perf_counter(), target.feed
    try:
        async with room(tools.large_feeds) as large:
            fetched = (
                await tools.in_thread(read_file, target.source)
                if isinstance(target.source, Path)
                else await tools.get(target.source or feed.url, accept=asked_for(feed), room=large)
            )
            posts = await tools.workers.parse(fetched.body or b"", fetched.content_type, fetched.final_url, feed)
    except FeedError as error:
        seconds = time.perf_counter() - began
        return Probed(feed=feed.id, seconds=seconds, trouble=error.trouble, text=str(error))
    return _answered(feed, fetched, posts, time.perf_counter() - began)


def line(one: Probed) -> tuple[str, ...]:
    """A probe under TITLES."""
    newest = f"{one.newest:%Y-%m-%d}" if one.newest else ""
    posts = "" if one.trouble else str(one.entries)
    return one.feed, str(one.trouble or "ok"), one.type, posts, newest, f"{one.seconds:.2f}"


def told(probed: Sequence[Probed]) -> Iterator[str]:
    """What is said below the table: why each source that failed did, and a line for all."""
    failed = [one for one in probed if one.trouble]
    yield from (f"{one.feed}: {one.text}" for one in failed)
    yield f"{len(probed) - len(failed)} of {len(probed)} sources read."


def as_plain(one: Probed) -> dict[str, str | int | float | None]:
    """A probe as JSON has it."""
    return {
        "feed": one.feed,
        "status": str(one.trouble or "ok"),
        "type": one.type,
        "content_type": one.content_type,
        "entries": one.entries,
        "newest": one.newest.isoformat() if one.newest else None,
        "seconds": round(one.seconds, 3),
        "text": one.text,
    }


def _answered(feed: Feed, fetched: Fetched, posts: Sequence[Post], seconds: float) -> Probed:
    days = [post.published_at for post in posts if post.published_at]
    return Probed(
        feed=feed.id,
        seconds=seconds,
        type=_type(feed, fetched.body or b""),
        content_type=fetched.content_type,
        entries=len(posts),
        newest=max(days, default=None),
    )


def _type(feed: Feed, body: bytes) -> str:
    served = shape_of(feed.id).format
    if served is not Format.FEED and not FEED_ROOT.match(body):
        return str(served)
    root = ROOT.search(body[:START])
    return NAMES[root[1]] if root else ""
