"""`attribution-bot run` and its far side without Slack: a terminal."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time
from textwrap import shorten

import click
from sqlite_utils import Database

from attribution.query import Query
from attribution.retry import Tried
from bot import blocktext, log, scheduler
from bot.config import Settings
from bot.deliver import Sent
from bot.tools import open_tools
from feeds.catalogue import catalogue
from feeds.guard import public_only
from storage import channels, feeds, schema
from storage.channels import Channel, Subscription
from storage.db import connect, transaction
from storage.outbox import Message, Op

UPDATE_LENGTH = 160
TERMINAL = "terminal"  # the tenant and the channel that alerts go to without Slack


class Terminal:
    """A far side that prints what Slack would show; an update as one line, its card was printed in full before."""

    def __init__(self, say: Callable[[str], None] = click.echo) -> None:
        self._say = say

    async def send(self, message: Message) -> Sent:
        """Prints a message; it always arrives."""
        top = f"{WHAT[message.op]} #{message.channel}"
        if message.op is Op.UPDATE:
            self._say(f"╶─ {top}: {shorten(message.payload['text'], UPDATE_LENGTH, placeholder=' …')}")
        else:
            self._say(blocktext.shown(message.payload, top))
        return Sent(tried=Tried(), ts=message.key)

    async def look_up(self, _: Message) -> Sent | None:
        """None: a terminal cannot be asked what it showed, so a message in doubt is printed again."""
        return None


WHAT = {Op.POST: "", Op.REPLY: "reply in a thread of", Op.UPDATE: "card updated in", Op.DIRECT: "to"}


def prepare(db: Database, now: datetime) -> None:
    """Readies a database for `run`: its schema, the catalogue's feeds, and the terminal's channel."""
    schema.require_current(db)
    with transaction(db):
        feeds.put(db, [(one.feed, one.disabled) for one in catalogue()])
        if channels.get(db, TERMINAL, TERMINAL) is None:
            channels.put(db, Channel(tenant=TERMINAL, id=TERMINAL, digest_day=1, digest_time=time(9), created_at=now))
            everything = Subscription(
                tenant=TERMINAL, channel=TERMINAL, query=Query(), created_by=TERMINAL, created_at=now
            )
            channels.subscribe(db, everything)


async def run(settings: Settings, start: datetime | None) -> None:
    """Runs until it is told to stop; `start`: what the clock shows at the beginning, None for the real time."""
    log.configure()
    shift = start - datetime.now(UTC) if start else None

    def clock() -> datetime:
        return datetime.now(UTC) + shift if shift else datetime.now(UTC)

    with connect(settings.database_url) as db:
        prepare(db, clock())
    done = asyncio.Event()
    scheduler.stop_on_signals(done)
    async with open_tools(settings.database_url, public_only, proxy=settings.feeds_proxy) as tools:
        await scheduler.run(tools, Terminal(), clock, done)
