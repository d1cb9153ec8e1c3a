"""The Bolt app: commands and buttons from Slack, over Socket Mode or signed HTTP, each acknowledged in time."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import paging
from bot.answering import Answers
from bot.cards import notice
from bot.config import Settings
from bot.desk import Ack, Desk, Json, Respond, only_for_them, told
from bot.tools import Tools

PATH = "/slack/events"  # commands, buttons and events come to one address
SORRY = "Something went wrong here, and it is in the log. Nothing is lost: please try again in a minute."
TURNED = re.compile(rf"{paging.OLDER}|{paging.NEWER}|{paging.OTHER}.*")
ANYTHING = re.compile(r".*", re.DOTALL)
ADDRESS = re.compile(r"wss?://\S+")  # has a ticket in it

log = structlog.get_logger()


async def failed(error: Exception, response: BoltResponse | None, respond: Respond, body: Json) -> BoltResponse | None:
    """Says sorry: in the acknowledgement where that is still to come, else at the response URL."""
    log.error("an answer failed", kind=body.get("type") or body.get("command"), exc_info=error)
    sorry = only_for_them(notice(SORRY))
    if response is not None:
        return BoltResponse(status=200, body=sorry)
    await told(respond, sorry | {"replace_original": False})
    return None


async def acknowledged(ack: Ack) -> None:
    """Tells Slack that what nobody listens to has arrived: it sends again what is not acknowledged."""
    await ack()


# What each feature hears of: a function that registers its listeners.
LISTENERS: tuple[Callable[[AsyncApp, Desk], None], ...] = ()


def build(settings: Settings, desk: Desk) -> AsyncApp:
    """The app with its listeners; a workspace's token is that of the settings, so that no request waits for Slack."""
    assert settings.slack_bot_token is not None, "without a token there is no app"
    token = settings.slack_bot_token.get_secret_value()
    secret = settings.slack_signing_secret

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = AsyncApp(
        name="attribution-bot",
        logger=_quiet_logger(),
        signing_secret=secret.get_secret_value() if secret else "",
        client=AsyncWebClient(base_url=settings.slack_api_url),
        authorize=authorize,
    )
    app.command(ANYTHING)(desk.command)
    app.action(TURNED)(desk.turn)
    app.action(paging.SHARE)(desk.share)
    for listen in LISTENERS:
        listen(app, desk)
    for others in (app.action, app.event, app.options, app.shortcut, app.view, app.view_closed):
        others(ANYTHING)(acknowledged)
    app.error(failed)
    return app


@asynccontextmanager
async def serving(settings: Settings, answers: Answers, tools: Tools) -> AsyncIterator[None]:
    """Hears Slack as the settings say: Socket Mode with an app-level token, signed HTTP with a secret and a port."""
    desk = Desk(answers=answers, tools=tools, admins=settings.admins)
    app = build(settings, desk)
    async with AsyncExitStack() as stack:
        if settings.slack_app_token:
            await stack.enter_async_context(_socket(app, settings))
        if settings.slack_signing_secret and settings.port:
            await stack.enter_async_context(_http(app, settings.port))
        if not settings.slack_app_token and not (settings.slack_signing_secret and settings.port):
            log.warning("no commands are heard: set SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET and PORT")
        try:
            yield
        finally:
            await desk.finished()


@asynccontextmanager
async def _socket(app: AsyncApp, settings: Settings) -> AsyncIterator[None]:
    assert settings.slack_app_token is not None, "Socket Mode has its own token"
    logger = _quiet_logger()
    # The handler's own client: the app's has no token of this kind, and it must lead to the same Slack.
    client = AsyncWebClient(base_url=settings.slack_api_url, logger=logger)
    handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value(), logger, client)
    # Tries until it succeeds, so polling does not wait for it.
    connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]  # Bolt has no types
    try:
        yield
    finally:
        connecting.cancel()
        await handler.close_async()  # type: ignore[no-untyped-call]  # as above


@asynccontextmanager
async def _http(app: AsyncApp, port: int) -> AsyncIterator[None]:
    async def hear(request: web.Request) -> web.StreamResponse:
        try:
            heard = AsyncBoltRequest(
                body=(await request.read()).decode(), query=request.query_string, headers=dict(request.headers)
            )
        except ValueError as error:
            log.warning("a request is none of Slack's", problem=type(error).__name__, remote=request.remote)
            raise web.HTTPBadRequest from error
        answer = await app.async_dispatch(heard)
        if answer.status == web.HTTPUnauthorized.status_code:
            log.warning("a request is not signed by Slack", remote=request.remote)
        return await to_aiohttp_response(answer)

    served = web.Application()
    served.router.add_post(PATH, hear)
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        log.info("listening", port=port, path=PATH)
        yield
    finally:
        await runner.cleanup()


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
