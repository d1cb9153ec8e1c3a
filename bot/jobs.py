"""READ THIS FIRST: what the bot does, each job a short list of steps.

poll: ask a feed -> its posts -> which are new -> what do they say -> store all of it at once.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from attribution.identity import Fate
from attribution.model import Feed, Post
from attribution.read import promising
from attribution.retry import article_again
from bot import ingest
from bot.ingest import CHANGED, Entry, Read, Stored
from bot.tools import Tools, room
from feeds.catalogue import shape_of
from feeds.errors import FeedError, Trouble
from feeds.fetch import FEEDS, PAGES, Fetched, Room, read_file
from feeds.pace import next_poll, settle_move
from feeds.shape import Format
from storage import feeds, posts
from storage.feeds import FeedState
from storage.posts import Due

MOST_ARTICLES = 12  # that one poll fetches: a feed of thousands of promising teasers holds up no other
MOST_ARTICLES_DUE = 50  # that one tick tries
MOST_OWN_ARTICLES_DUE = 5  # of them of one workspace's own feeds
# For all of them together: a slow host of articles holds up its own feed's poll, and that no longer than this.
ARTICLES_WITHIN = 30.0  # seconds
# What a mistake of ours in reading raises.
MISTAKES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
HEAVY = (Trouble.TIMEOUT, Trouble.TOO_LARGE)

log = structlog.get_logger()
NOTHING = Stored()


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How one poll went. `trouble` None: it went well; `unchanged`: the server had nothing new to serve."""

    feed: str
    seconds: float
    entries: int = 0
    unchanged: bool = False
    stored: Stored = NOTHING
    trouble: Trouble | None = None
    text: str = ""


async def poll_feed(tools: Tools, feed_id: str, now: datetime, source: str | Path | None = None) -> Polled:
    """Polls one feed and stores what it brings; `source`: a file or an address to read in place of the feed's own.

    A feed that cannot be read is a result, not an error: its state says since when and why."""
    began = time.perf_counter()
    found = await tools.with_db(feeds.get, feed_id)
    if found is None:
        raise LookupError(f"there is no feed {feed_id}")
    feed, state = found
    try:
        async with room(tools.large_feeds, feed.owner) as large:
            polled = await _poll(tools, feed, state, now, source, large)
    except FeedError as error:
        await tools.with_db(feeds.save_state, feed_id, _failed(feed, state, error, now))
        polled = Polled(feed=feed_id, seconds=0, trouble=error.trouble, text=str(error))
    except MISTAKES as error:
        # A mistake of ours in one post must not make the bot hammer its publisher, nor stop the other feeds.
        log.exception("a post could not be read", feed=feed_id, error=repr(error))
        ours = FeedError(Trouble.MALFORMED, f"This bot failed on a post of it ({type(error).__name__}): report it.")
        await tools.with_db(feeds.save_state, feed_id, _failed(feed, state, ours, now))
        polled = Polled(feed=feed_id, seconds=0, trouble=ours.trouble, text=str(ours))
    return replace(polled, seconds=time.perf_counter() - began)


async def retry_articles(tools: Tools, now: datetime) -> int:
    """Tries again the articles that could not be had; how many were had now."""
    due = await tools.with_db(posts.articles_due, now, MOST_ARTICLES_DUE, MOST_OWN_ARTICLES_DUE)
    entries = [Entry(post=one.post, fate=Fate.SEEN, id=one.id, owner=one.owner) for one in due]
    read = await _read_articles(tools, await tools.in_thread(ingest.read_entries, entries))
    return sum([await _settle(tools, *each, now) for each in zip(due, read, strict=True)])


def asked_for(feed: Feed) -> str:
    """What to ask a feed's address for, as HTTP's Accept says it."""
    return PAGES if shape_of(feed.id).format is Format.LISTING else FEEDS


async def _poll(
    tools: Tools, feed: Feed, state: FeedState, now: datetime, source: str | Path | None, large: Room
) -> Polled:
    fetched = await _ask(tools, feed, state, source, large)
    if source is None:
        feed, state = _validated(feed, state, fetched)
    if fetched.body is None:
        await tools.with_db(feeds.save_state, feed.id, _answered(feed, state, fetched, (), now), feed.url)
        return Polled(feed=feed.id, seconds=0, unchanged=True)
    body = await _parsed(tools, fetched, feed, suspect=state.trouble in HEAVY)
    fetched = replace(fetched, body=None)  # what it said is in `body`; the bytes of 16 polls at once are many
    entries = await tools.with_db(ingest.sift, feed, body, now)
    headlines = await tools.in_thread(ingest.read_entries, [entry for entry in entries if entry.fate in CHANGED])
    readings = await _read_on(tools, headlines)
    state = _answered(feed, state, fetched, body, now)
    stored = await tools.with_db(ingest.store, feed, state, entries, readings, now)
    return Polled(feed=feed.id, seconds=0, entries=len(entries), stored=stored)


async def _parsed(tools: Tools, fetched: Fetched, feed: Feed, *, suspect: bool) -> tuple[Post, ...]:
    body, kind, url = fetched.body or b"", fetched.content_type, fetched.final_url
    return await tools.workers.parse(body, kind, url, feed, suspect=suspect)


async def _ask(tools: Tools, feed: Feed, state: FeedState, source: str | Path | None, large: Room) -> Fetched:
    if isinstance(source, Path):
        return await tools.in_thread(read_file, source)
    if source is not None:
        return await tools.get(source, room=large)
    accept = asked_for(feed)
    return await tools.get(feed.url, etag=state.etag, last_modified=state.last_modified, accept=accept, room=large)


async def _read_on(tools: Tools, headlines: Sequence[Read]) -> list[Read]:
    """The readings with the articles of the first promising teasers; the others' are left to `retry_articles`."""
    wanted = [one for one in headlines if one.entry.post.url and promising(one.entry.post)]
    had = await _read_articles(tools, wanted[:MOST_ARTICLES])
    later = [replace(one, wants_article=True) for one in wanted[MOST_ARTICLES:]]
    read_on = {id(one.entry): one for one in (*had, *later)}
    return [read_on.get(id(one.entry), one) for one in headlines]


async def _read_articles(tools: Tools, headlines: Sequence[Read]) -> list[Read]:
    """Each with its article, within ARTICLES_WITHIN; what could not be had by then is wanted again."""
    tasks = [asyncio.create_task(_read_article(tools, one)) for one in headlines]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=ARTICLES_WITHIN)
    finally:
        for task in tasks:
            task.cancel()
    read = await asyncio.gather(*tasks, return_exceptions=True)
    return [_or_later(each, one) for each, one in zip(read, headlines, strict=True)]


def _or_later(read: Read | BaseException, headline: Read) -> Read:
    if isinstance(read, Read):
        return read
    if isinstance(read, MISTAKES):  # in one article: no reason to lose the others, nor the feed
        log.error("an article could not be read", url=headline.entry.post.url, error=repr(read))
    elif not isinstance(read, asyncio.CancelledError):
        raise read
    return replace(headline, wants_article=True)


async def _read_article(tools: Tools, headline: Read) -> Read:
    try:
        async with room(tools.large_pages, headline.entry.owner) as large:
            page = await tools.get(headline.entry.post.url, accept=PAGES, room=large)
            article = await tools.workers.extract(page.body or b"", page.content_type, page.final_url)
    except FeedError:  # kept as "headline only" and tried again for a day
        return replace(headline, wants_article=True)
    return await tools.in_thread(ingest.read_article, headline, article)


async def _settle(tools: Tools, due: Due, one: Read, now: datetime) -> bool:
    """Writes down how trying an article again went; whether it was had."""
    if one.wants_article:
        again = article_again(due.first_seen, due.tries + 1, now)
        await tools.with_db(posts.want_article, due.id, again)
        return False
    await tools.with_db(ingest.store_article, due.id, one, due.owner, now)
    return True


def _answered(feed: Feed, state: FeedState, fetched: Fetched, body: Sequence[Post], now: datetime) -> FeedState:
    dates = sorted(post.published_at for post in body if post.published_at)
    again = next_poll(now=now, published=dates, fresh_for=fetched.fresh_for, seed=feed.id)
    fine = replace(
        state, polled_at=now, last_ok_at=now, next_poll_at=again, newest_at=max(dates, default=state.newest_at)
    )
    return replace(fine, failing_since=None, failures=0, trouble=None, trouble_text=None)


def _validated(feed: Feed, state: FeedState, fetched: Fetched) -> tuple[Feed, FeedState]:
    pending, seen, adopt = settle_move(fetched.moved_to, state.moved_to, state.moved_seen)
    moved = replace(feed, url=fetched.moved_to) if adopt and fetched.moved_to else feed
    answered = replace(state, etag=fetched.etag, last_modified=fetched.last_modified)
    return moved, replace(answered, moved_to=pending, moved_seen=seen)


def _failed(feed: Feed, state: FeedState, error: FeedError, now: datetime) -> FeedState:
    failing_since, failures = state.failing_since or now, state.failures + 1
    again = next_poll(
        now=now,
        published=(),
        failing_since=failing_since,
        failures=failures,
        retry_after=error.retry_after,
        seed=feed.id,
    )
    failing = replace(state, polled_at=now, next_poll_at=again, failing_since=failing_since, failures=failures)
    gone_at = now if error.trouble is Trouble.GONE else None
    return replace(failing, trouble=error.trouble, trouble_text=str(error), gone_at=gone_at)
