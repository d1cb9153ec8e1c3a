"""The Bolt app: commands and buttons from Slack, over Socket Mode or signed HTTP, each acknowledged in time."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
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
from bot.blocks import Part
from bot.cards import notice
from bot.config import Settings
from bot.escape import mrkdwn
from bot.reply import Viewer

LATE = 2.0  # seconds: Slack gives an acknowledgement three, and the way there takes some
STOP_WITHIN = 1.0  # seconds for answers under way when the bot stops; the whole stop takes less than 10
PATH = "/slack/events"  # commands, buttons and events come to one address
LOOKING = "Looking ..."
SORRY = "Something went wrong here, and it is in the log. Nothing is lost: please try again in a minute."
TURNED = re.compile(rf"{paging.OLDER}|{paging.NEWER}|{paging.OTHER}.*")
ANYTHING = re.compile(r".*", re.DOTALL)
ADDRESS = re.compile(r"wss?://\S+")  # has a ticket in it
# What can happen on the way to a response URL; there is nobody else to tell.
UNREACHED = (aiohttp.ClientError, TimeoutError, OSError)

log = structlog.get_logger()
Json = dict[str, Any]
Ack = Callable[..., Awaitable[BoltResponse]]
Respond = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where commands and clicks are answered; `busy`: answers under way."""

    answers: Answers
    busy: set[asyncio.Task[Any]] = field(default_factory=set)

    async def command(self, ack: Ack, command: Json, respond: Respond) -> None:
        """Answers a slash command: in its acknowledgement if there is time, else at its response URL."""
        viewer = Viewer(tenant=command["team_id"], channel=command["channel_id"], user=command["user_id"])
        looking = self._begun(self.answers.to(command.get("text") or "", viewer))
        done, _ = await asyncio.wait({looking}, timeout=LATE)
        if done:
            await ack(only_for_them(looking.result()))
            return
        await ack(LOOKING)
        await told(respond, only_for_them(await looking))

    async def turn(self, ack: Ack, body: Json, action: Json, respond: Respond) -> None:
        """Shows another page in place of the one whose button was pressed."""
        await ack()
        shown = await self._begun(self.answers.page(paging.turn_of(action["value"]), viewer_of(body)))
        await told(respond, only_for_them(shown) | {"replace_original": True})

    async def share(self, ack: Ack, body: Json, action: Json, respond: Respond) -> None:
        """Shows a page to the whole channel."""
        await ack()
        turn = paging.turn_of(action["value"])
        shown = await self._begun(self.answers.page(turn, viewer_of(body)))
        by = f"Shared by {body['user'].get('name') or 'somebody'}: /attribution {turn.command}"
        everybody = paging.without_buttons(shown, mrkdwn(by))
        await told(respond, everybody | {"response_type": "in_channel", "replace_original": False})

    async def finished(self) -> None:
        """Waits a little for the answers under way, then gives them up."""
        if self.busy:
            _, late = await asyncio.wait(self.busy, timeout=STOP_WITHIN)
            for task in late:
                task.cancel()

    def _begun(self, answer: Awaitable[Part]) -> asyncio.Task[Part]:
        task = asyncio.ensure_future(answer)
        assert isinstance(task, asyncio.Task), "a coroutine becomes a task"
        self.busy.add(task)
        task.add_done_callback(self.busy.discard)
        return task


def only_for_them(payload: Part) -> Part:
    """A message that only who asked sees."""
    return payload | {"response_type": "ephemeral"}


def viewer_of(body: Json) -> Viewer:
    """Who pressed a button, and where."""
    return Viewer(tenant=body["team"]["id"], channel=body["channel"]["id"], user=body["user"]["id"])


async def told(respond: Respond, payload: Part) -> None:
    """Sends a message to a response URL; where that fails, the log is all that is left."""
    try:
        answered = await respond(payload)
    except UNREACHED as error:
        log.warning("no answer could be given", problem=repr(error))
        return
    if answered.status_code != 200:
        log.warning("no answer could be given", status=answered.status_code, problem=answered.body[:100])


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
    for others in (app.action, app.event, app.options, app.shortcut, app.view, app.view_closed):
        others(ANYTHING)(acknowledged)
    app.error(failed)
    return app


@asynccontextmanager
async def serving(settings: Settings, answers: Answers) -> AsyncIterator[None]:
    """Hears Slack as the settings say: Socket Mode with an app-level token, signed HTTP with a secret and a port."""
    desk = Desk(answers=answers)
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
