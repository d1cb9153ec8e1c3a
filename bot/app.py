"""The Bolt app: commands and buttons from Slack, over Socket Mode or signed HTTP, each acknowledged in time."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import (
    details,
    feed_changes,
    home_desk,
    leaving,
    oauth,
    paging,
    paths,
    report_desk,
    settings_desk,
    shortcut_desk,
)
from bot.answering import Answers
from bot.cards import notice
from bot.config import OAuth, Settings
from bot.desk import ANYTHING, Ack, Desk, Json, Respond, only_for_them, told
from bot.health import Door, Health, checks
from bot.hearing import Page, hearing
from bot.log import bind
from bot.people import Admins
from bot.tokens import InstalledTokens, OneToken, Tokens
from bot.tools import Tools

PATH = paths.SLACK
SORRY = "Something went wrong here, and it is in the log. Nothing is lost: please try again in a minute."
TURNED = re.compile(rf"{paging.OLDER}|{paging.NEWER}|{paging.OTHER}.*")
LONGEST_KIND = 40  # characters of it in a log: a word of Slack's, or a command
ADDRESS = re.compile(r"wss?://\S+")  # has a ticket in it

log = structlog.get_logger()


async def failed(error: Exception, response: BoltResponse | None, respond: Respond, body: Json) -> BoltResponse | None:
    """Says sorry: in the acknowledgement where that is still to come, else at the response URL."""
    kind = str(body.get("type") or body.get("command"))[:LONGEST_KIND]
    log.error("an answer failed", kind=kind, exc_info=error)
    sorry = only_for_them(notice(SORRY))
    if response is not None:
        return BoltResponse(status=200, body=sorry)
    await told(respond, sorry | {"replace_original": False})
    return None


def not_installed(site: str | None) -> str:
    """What somebody is told whose workspace the app has no token for."""
    where = f"at {site}{paths.INSTALL}" if site else "on the app's page"
    return f"attribution-bot is not installed in this workspace any more. An admin can install it again {where}."


async def acknowledged(ack: Ack) -> None:
    """Tells Slack that what nobody listens to has arrived: it sends again what is not acknowledged."""
    await ack()


async def _bound(context: AsyncBoltContext, next_: Callable[[], Awaitable[None]]) -> None:
    """Whatever is logged of a request bears where it came from."""
    bind({"tenant": context.team_id or context.enterprise_id, "channel": context.channel_id})
    await next_()


# What each feature hears of: a function that registers its listeners.
LISTENERS: tuple[Callable[[AsyncApp, Desk], None], ...] = (
    feed_changes.listen,
    details.listen,
    report_desk.listen,
    settings_desk.listen,
    home_desk.listen,
    shortcut_desk.listen,
)


def build(settings: Settings, desk: Desk, tokens: Tokens) -> AsyncApp:
    """The app with its listeners. A workspace's token is looked up here, so that no request waits for Slack."""
    secret = settings.slack_signing_secret
    client = AsyncWebClient(base_url=settings.slack_api_url)

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        token = await tokens.of(team_id or "", enterprise_id or "")
        if token is None:
            return None
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = AsyncApp(
        name="attribution-bot",
        logger=_quiet_logger(),
        signing_secret=secret.get_secret_value() if secret else "",
        client=client,
        authorize=authorize,  # type: ignore[arg-type]  # Bolt takes None for a workspace without the app, and says so
        user_facing_authorize_error_message=not_installed(settings.public_url),
    )
    app.middleware(_bound)
    app.action(TURNED)(desk.turn)
    app.action(paging.SHARE)(desk.share)
    for listen in LISTENERS:
        listen(app, desk)
    app.command(ANYTHING)(desk.command)
    leaving.listen(app, desk, tokens, client)
    for others in (app.action, app.event, app.options, app.shortcut, app.view, app.view_closed):
        others(ANYTHING)(acknowledged)
    app.error(failed)
    return app


@asynccontextmanager
async def serving(
    settings: Settings,
    answers: Answers,
    tools: Tools,
    tokens: Tokens | None = None,
    many: OAuth | None = None,
    health: Health | None = None,
) -> AsyncIterator[None]:
    """Hears Slack as the settings say: Socket Mode with an app-level token, signed HTTP with a secret and a port.

    `tokens`: None for the one of the settings; `many`: what it takes to be installed in many workspaces; `health`: who
    learns which doors are open, and answers beside Slack's requests whether the bot is well."""
    tokens = tokens or _own_token(settings)
    admins = Admins(named=settings.admins, installers=tokens.installers)
    desk = Desk(answers=answers, tools=tools, admins=admins)
    app = build(settings, desk, tokens)
    doors: dict[str, Door] = health.doors if health else {}
    async with AsyncExitStack() as stack:
        if settings.slack_app_token:
            doors["socket"] = await stack.enter_async_context(_socket(app, settings))
        if settings.slack_signing_secret and settings.port:
            pages = {path: _page(handler) for path, handler in (_pages(many, tokens) if many else {}).items()}
            pages |= checks(health) if health else {}
            doors["http"] = await stack.enter_async_context(_http(app, settings, pages))
        if not settings.slack_app_token and not (settings.slack_signing_secret and settings.port):
            log.warning("no commands are heard: set SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET and PORT")
        try:
            yield
        finally:
            await desk.finished()


def _own_token(settings: Settings) -> OneToken:
    assert settings.slack_bot_token is not None, "without a token there is no app"
    return OneToken(token=settings.slack_bot_token.get_secret_value())


def _pages(many: OAuth, tokens: Tokens) -> Mapping[str, oauth.Handler]:
    assert isinstance(tokens, InstalledTokens), "many workspaces have tokens of their own"
    return oauth.handlers(many, tokens)


@asynccontextmanager
async def _socket(app: AsyncApp, settings: Settings) -> AsyncIterator[Door]:
    assert settings.slack_app_token is not None, "Socket Mode has its own token"
    logger = _quiet_logger()
    # The handler's own client: the app's has no token of this kind, and it must lead to the same Slack.
    client = AsyncWebClient(base_url=settings.slack_api_url, logger=logger)
    handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value(), logger, client)
    # Tries until it succeeds, so polling does not wait for it.
    connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]  # Bolt has no types
    try:
        yield handler.client.is_connected
    finally:
        connecting.cancel()
        await handler.close_async()  # type: ignore[no-untyped-call]  # as above


@asynccontextmanager
async def _http(app: AsyncApp, settings: Settings, pages: Mapping[str, Page]) -> AsyncIterator[Door]:
    assert settings.slack_signing_secret is not None, "without a secret nobody's requests are Slack's"
    served = web.Application()
    served.router.add_post(PATH, hearing(app, settings.slack_signing_secret.get_secret_value()))
    for path, handler in pages.items():
        served.router.add_get(path, handler, allow_head=False)
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, port=settings.port)
        await site.start()
        log.info("listening", port=settings.port, path=PATH)

        async def is_open() -> bool:
            return site in runner.sites

        yield is_open
    finally:
        await runner.cleanup()


def _page(handler: oauth.Handler) -> Page:
    async def show(request: web.Request) -> web.StreamResponse:
        asked = AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))
        return await to_aiohttp_response(await handler(asked))

    return show


def _quiet_logger() -> logging.Logger:
    """Warnings only: at INFO Bolt logs the whole body of a request with a bad signature."""
    logger = logging.getLogger("attribution-bot.slack")
    logger.setLevel(logging.WARNING)
    if not logger.filters:
        logger.addFilter(_without_tickets)
    return logger


def _without_tickets(record: logging.LogRecord) -> bool:
    record.msg, record.args, record.exc_info = ADDRESS.sub("wss://...", record.getMessage()), (), None
    return True
