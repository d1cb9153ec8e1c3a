"""`attribution-bot poll`: which feeds, polled once, with a progress bar and a line a feed."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import click
from sqlite_utils import Database
from yarl import URL

from attribution.model import Feed, Publisher
from attribution.publishers import publisher_of
from bot import archive, terminal
from bot.config import Settings
from bot.feed_lists import BY_HAND, everybodys, renew
from bot.jobs import Polled, poll_feed, retry_articles
from bot.tools import Tools, open_tools
from feeds.catalogue import UnknownFeedError, catalogue, entry
from feeds.fetch import WEB_PORTS
from feeds.guard import Address, MayDial, public_only
from storage import feeds, schema
from storage.db import connect, path_of, transaction

AT_ONCE = 16  # feeds; a host gets two requests at once at most
WEB = ("http://", "https://")
ID = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A feed to poll, and what to read in place of its own address, if anything."""

    feed: Feed
    source: str | Path | None = None


async def poll(settings: Settings, sources: Sequence[str], now: datetime) -> list[Polled]:
    """Polls the feeds that `sources` name (every enabled one without any), printing as it goes; how each went.

    Raises click.BadParameter for a source that is no feed."""
    targets = [target(source) for source in sources]
    with connect(settings.database_url) as db:
        if prepare(db):
            click.echo(newly_made(settings.database_url), err=True)
        archive.load(db, now)
        feeds.put(db, [(one.feed, BY_HAND) for one in targets if not _in_catalogue(one.feed.id)])
        targets = targets or [Target(feed=feed) for feed, _, off in everybodys(db) if off is None]
    named = [one.source or one.feed.url for one in targets] if sources else []
    may_dial, ports = reach([url for url in named if isinstance(url, str)])
    async with open_tools(
        settings.database_url, may_dial, proxy=settings.feeds_proxy, ports=ports | settings.feeds_ports
    ) as tools:
        polled = await poll_targets(tools, targets, now)
        await retry_articles(tools, now)
    return polled


def prepare(db: Database) -> bool:
    """Readies a database for its feeds: the schema, and what the catalogue says of each. Whether it is a new one."""
    new = schema.require_current(db)
    with transaction(db):
        renew(db)
    return new


def newly_made(url: str) -> str:
    """What is said of a DATABASE_URL whose database was made just now: who expected an old one must see it."""
    path = path_of(url).absolute()
    return f"A new database was made, {path}: there was none, or an empty file. Did you expect one? Check DATABASE_URL."


async def poll_targets(tools: Tools, targets: Sequence[Target], now: datetime) -> list[Polled]:
    """Polls feeds side by side, showing a progress bar and then a line a feed and a line for all."""
    gate = asyncio.Semaphore(AT_ONCE)
    with terminal.progress(len(targets)) as advance:

        async def one(target: Target) -> Polled:
            async with gate:
                polled = await poll_feed(tools, target.feed.id, now, target.source)
            advance(polled.feed)
            return polled

        polled = await asyncio.gather(*map(one, targets))
    terminal.print_polled(polled)
    return polled


def reach(named: Sequence[str]) -> tuple[MayDial, frozenset[int]]:
    """Where a poll may go: the public web, and what an operator named by its number or as localhost on the command
    line, at its port."""
    urls = [URL(url) for url in named]
    own = {ip for url in urls for ip in _literal(url.host or "")}
    return lambda ip: ip in own or public_only(ip), WEB_PORTS | {url.port for url in urls if url.port}


def target(source: str) -> Target:
    """What a --feed option names; raises click.BadParameter that says what would be right."""
    feed_id, equals, body = source.partition("=")
    if equals and ID.fullmatch(feed_id) and not Path(source).exists():
        return Target(feed=_catalogued(feed_id), source=_body(body))
    if source.startswith(WEB):
        return Target(feed=_adhoc(_address(source)))
    if Path(source).is_file():
        return Target(
            feed=Feed(id=source, publisher=Publisher(name=Path(source).name), url=source), source=Path(source)
        )
    return Target(feed=_catalogued(source))


def _literal(host: str) -> list[Address]:
    try:
        return [ip_address("127.0.0.1"), ip_address("::1")] if host == "localhost" else [ip_address(host)]
    except ValueError:
        return []


def _catalogued(feed_id: str) -> Feed:
    try:
        return entry(feed_id).feed
    except UnknownFeedError as error:
        raise click.BadParameter(f"{error} Or give an http(s) address or a file that exists.") from error


def _body(body: str) -> str | Path:
    if body.startswith(WEB):
        return _address(body)
    if not Path(body).is_file():
        raise click.BadParameter(f"There is no file {body}: give a file that exists or an http(s) address.")
    return Path(body)


def _address(url: str) -> str:
    try:
        host = URL(url).host
    except ValueError as error:
        raise click.BadParameter(f"{url} is no address: {error}.") from error
    if not host:
        raise click.BadParameter(f"{url} names no host: write http://HOST/PATH.")
    return url


def _adhoc(url: str) -> Feed:
    known = {one.feed.url: one.feed for one in catalogue()}
    host = URL(url).host or url
    return known.get(url) or Feed(id=url, publisher=publisher_of(host, None), url=url)


def _in_catalogue(feed_id: str) -> bool:
    return any(one.feed.id == feed_id for one in catalogue())
