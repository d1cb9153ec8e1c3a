"""Sample feeds in our own words on real facts, served on this machine as the web would serve them."""

import tomllib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from importlib.resources import files

from aiohttp import web

from attribution.model import Feed, Publisher, PublisherKind
from feeds.catalogue import entry

WINDOW = 20  # entries a feed shows
HOST = "http://example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePost:
    """A post and when it appears; `article`: the page behind its link, empty where the feed serves it all."""

    at: datetime
    url: str
    guid: str
    title: str
    text: str
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFeed:
    """A feed of the catalogue, or an invented outlet, with its posts."""

    feed: Feed
    title: str
    posts: tuple[SamplePost, ...]

    @property
    def address(self) -> str:
        """Where the sample web serves it."""
        return f"{HOST}/feeds/{self.feed.id}.xml"


def samples() -> tuple[SampleFeed, ...]:
    """The sample feeds that come with this package."""
    text = files("bot.samples").joinpath("september-2022.toml").read_text(encoding="utf-8")
    return tuple(_feed(one) for one in tomllib.loads(text)["feed"])


@asynccontextmanager
async def sample_web(feeds: Iterable[SampleFeed], clock: Callable[[], datetime]) -> AsyncIterator[str]:
    """Serves the feeds as they stood at `clock()`, and their articles; gives the address of the proxy that leads there.

    It is a proxy so that every link keeps its own host, and no request leaves this machine.
    """
    pages = {post.url: post for feed in feeds for post in feed.posts}
    bodies = {feed.address: feed for feed in feeds}

    async def answer(request: web.BaseRequest) -> web.Response:
        url = f"{HOST}{request.path}"
        if url in bodies:
            return web.Response(text=rss(bodies[url], clock()), content_type="application/rss+xml")
        post = pages.get(url)
        if post is None or post.at > clock():
            raise web.HTTPNotFound
        return web.Response(text=page(post), content_type="text/html")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def rss(feed: SampleFeed, now: datetime) -> str:
    """A feed as RSS 2.0 at a time, newest entry first."""
    shown = sorted((post for post in feed.posts if post.at <= now), key=lambda post: post.at, reverse=True)[:WINDOW]
    items = "".join(
        f"<item><title>{escape(post.title)}</title><link>{escape(post.url)}</link>"
        f'<guid isPermaLink="false">{escape(post.guid)}</guid><pubDate>{format_datetime(post.at)}</pubDate>'
        f"<description>{escape(_paragraphs(post.text))}</description></item>"
        for post in shown
    )
    return f'<rss version="2.0"><channel><title>{escape(feed.title)}</title><link>{HOST}/</link>{items}</channel></rss>'


def page(post: SamplePost) -> str:
    """The page behind a post's link."""
    text = _paragraphs(post.article or post.text)
    title = escape(post.title)
    return (
        f"<!doctype html><html><head><title>{title}</title></head>"
        f"<body><main><article><h1>{title}</h1>{text}</article></main></body></html>"
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part.strip())}</p>" for part in text.split("\n\n"))


def _feed(row: dict[str, object]) -> SampleFeed:
    posts = row["post"]
    assert isinstance(posts, list), "each sample feed has posts"
    return SampleFeed(
        feed=_publisher_feed(row),
        title=str(row["title"]),
        posts=tuple(SamplePost(**post | {"at": post["at"].astimezone(UTC)}) for post in posts),
    )


def _publisher_feed(row: dict[str, object]) -> Feed:
    feed_id = str(row["id"])
    if "publisher" not in row:
        return entry(feed_id).feed
    publisher = Publisher(name=str(row["publisher"]), kind=PublisherKind(str(row["kind"])))
    return Feed(id=feed_id, publisher=publisher, url=f"{HOST}/feeds/{feed_id}.xml", language=str(row["language"]))
