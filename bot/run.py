"""`attribution-bot run`: the scheduler with Slack as its far side, or a terminal where there is none."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, time
from textwrap import shorten

import click
import structlog
from sqlite_utils import Database

from attribution.query import Query
from attribution.retry import Tried
from bot import archive, blocktext, config, log, scheduler
from bot.ailing import ANY, Operator
from bot.answering import open_answers
from bot.app import serving
from bot.config import OAuth, Settings
from bot.deliver import FarSide, Sent
from bot.feed_lists import renew
from bot.health import Health, listening, open_health
from bot.slack import open_slack
from bot.tokens import OneToken, Tokens, open_installed
from bot.tools import Tools, open_tools
from feeds.fetch import WEB_PORTS
from feeds.guard import public_only
from storage import channels, claims, schema
from storage.channels import Channel, Subscription
from storage.db import connect, path_of, transaction
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


def prepare(db: Database, now: datetime, *, slack: bool = False) -> bool:
    """Readies a database for `run`: its schema, the archive, the catalogue's feeds, and the terminal's channel, which
    is silent while alerts go to Slack. Whether it is a new one."""
    new = schema.require_current(db)
    schema.require_sound(db)
    archive.load(db, now)
    with transaction(db):
        renew(db)
        known = channels.get(db, TERMINAL, TERMINAL)
        if slack and known:
            _silence(db, known, now)
        elif not slack and (known is None or known.paused_at):
            _hear_everything(db, now)
    return new


def _hear_everything(db: Database, now: datetime) -> None:
    mark = claims.newest(db)
    channels.put(
        db, Channel(tenant=TERMINAL, id=TERMINAL, digest_day=1, digest_time=time(9), digest_mark=mark, created_at=now)
    )
    channels.resume(db, TERMINAL, TERMINAL)
    everything = Subscription(tenant=TERMINAL, channel=TERMINAL, query=Query(), created_by=TERMINAL, created_at=now)
    channels.subscribe(db, everything)


def _silence(db: Database, terminal: Channel, now: datetime) -> None:
    # Paused alone it would be told later; without a subscription there is nothing to tell.
    channels.put(db, replace(terminal, digest_day=None))
    channels.unsubscribe(db, TERMINAL, TERMINAL, Query())
    channels.pause(db, TERMINAL, TERMINAL, now, "alerts go to Slack")


async def run(settings: Settings, start: datetime | None) -> None:
    """Runs until it is told to stop; `start`: what the clock shows at the beginning, None for the real time."""
    log.configure(settings.log_format, config.secrets(settings))
    many = config.oauth(settings)
    shift = start - datetime.now(UTC) if start else None

    def clock() -> datetime:
        return datetime.now(UTC) + shift if shift else datetime.now(UTC)

    slack = settings.slack_bot_token is not None or many is not None
    with connect(settings.database_url) as db:
        if prepare(db, clock(), slack=slack):
            # Where a disk is not mounted or a file was cut off, the old one is missed at once and not weeks later.
            path = str(path_of(settings.database_url).absolute())
            structlog.get_logger().warning("a new database was made: there was none, or an empty file", path=path)
    done = asyncio.Event()
    scheduler.stop_on_signals(done)
    async with AsyncExitStack() as stack:
        ports = WEB_PORTS | settings.feeds_ports
        opened = open_tools(settings.database_url, public_only, proxy=settings.feeds_proxy, ports=ports)
        tools = await stack.enter_async_context(opened)
        only = None if slack else TERMINAL  # a terminal takes nothing that Slack's channels wait for
        health = await stack.enter_async_context(open_health(settings.database_url, clock, only))
        if settings.health_port:
            await stack.enter_async_context(listening(health, settings.health_host, settings.health_port))
        far = await _far_side(stack, settings, many, tools, health)
        await scheduler.run(tools, far, clock, done, only=only, operator=_operator(settings, many))


def _operator(settings: Settings, many: OAuth | None) -> Operator | None:
    if settings.operator_channel is None or (settings.slack_bot_token is None and many is None):
        return None
    return Operator(channel=settings.operator_channel, tenant=None if many else ANY)


async def _far_side(
    stack: AsyncExitStack, settings: Settings, many: OAuth | None, tools: Tools, health: Health
) -> FarSide:
    """Slack where there is a token for it or people may install the app, with its commands answered; else the
    terminal."""
    tokens = await _tokens(stack, settings, many)
    if tokens is None:
        return Terminal()
    far = await stack.enter_async_context(open_slack(tokens, settings.slack_api_url))
    answers = await stack.enter_async_context(open_answers(settings.database_url, far, health.clock))
    await stack.enter_async_context(serving(settings, answers, tools, tokens, many, health))
    return far


async def _tokens(stack: AsyncExitStack, settings: Settings, many: OAuth | None) -> Tokens | None:
    if many:
        return await stack.enter_async_context(open_installed(settings.database_url, many, settings.slack_api_url))
    if settings.slack_bot_token is None:
        return None
    if unused := config.of_many(settings):
        structlog.get_logger().warning(
            "one workspace is served, SLACK_BOT_TOKEN's: other settings are not used", unused=unused
        )
    return OneToken(token=settings.slack_bot_token.get_secret_value())
