"""Where what people do in Slack is answered: in the acknowledgement if there is time, else at the response URL."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_bolt.response import BoltResponse

from bot import paging
from bot.answering import Answers
from bot.blocks import Part
from bot.escape import mrkdwn
from bot.people import Admins
from bot.reply import Viewer
from bot.tools import Tools

LATE = 2.0  # seconds: Slack gives an acknowledgement three, and the way there takes some
STOP_WITHIN = 1.0  # seconds for answers under way when the bot stops; the whole stop takes less than 10
LOOKING = "Looking ..."
ANYTHING = re.compile(r".*", re.DOTALL)
# What can happen on the way to a response URL; there is nobody else to tell.
UNREACHED = (aiohttp.ClientError, TimeoutError, OSError)

log = structlog.get_logger()
Json = dict[str, Any]
Ack = Callable[..., Awaitable[BoltResponse]]
Respond = Callable[..., Awaitable[Any]]
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where commands and clicks are answered. `tools`: for what has to be fetched first; `admins`: who may do what
    admins may; `busy`: answers under way."""

    answers: Answers
    tools: Tools
    admins: Admins = field(default_factory=Admins)
    busy: set[asyncio.Task[Any]] = field(default_factory=set)

    async def command(self, ack: Ack, command: Json, respond: Respond) -> None:
        """Answers a slash command: in its acknowledgement if there is time, else at its response URL."""
        viewer = typed_by(command)
        await self.answer(ack, respond, self.answers.to(command.get("text") or "", viewer))

    async def answer(self, ack: Ack, respond: Respond, answer: Awaitable[Part]) -> None:
        """Shows who typed a command its answer, once that is there."""
        looking = self.begun(answer)
        done, _ = await asyncio.wait({looking}, timeout=LATE)
        if done:
            await ack(only_for_them(looking.result()))
            return
        await ack(LOOKING)
        await told(respond, only_for_them(await looking))

    async def turn(self, ack: Ack, body: Json, action: Json, respond: Respond) -> None:
        """Shows another page in place of the one whose button was pressed."""
        await ack()
        shown = await self.begun(self.answers.page(paging.turn_of(action["value"]), viewer_of(body)))
        await told(respond, only_for_them(shown) | {"replace_original": True})

    async def share(self, ack: Ack, body: Json, action: Json, respond: Respond) -> None:
        """Shows a page to the whole channel."""
        await ack()
        turn = paging.turn_of(action["value"])
        shown = await self.begun(self.answers.page(turn, viewer_of(body)))
        by = f"Shared by {body['user'].get('name') or 'somebody'}: /attribution {turn.command}"
        everybody = paging.without_buttons(shown, mrkdwn(by))
        await told(respond, everybody | {"response_type": "in_channel", "replace_original": False})

    async def finished(self) -> None:
        """Waits a little for the answers under way, then gives them up."""
        if self.busy:
            _, late = await asyncio.wait(self.busy, timeout=STOP_WITHIN)
            for task in late:
                task.cancel()

    def begun(self, answer: Awaitable[R]) -> asyncio.Task[R]:
        """Starts an answer that is waited for a little when the bot stops."""
        task = asyncio.ensure_future(answer)
        assert isinstance(task, asyncio.Task), "a coroutine becomes a task"
        self.busy.add(task)
        task.add_done_callback(self.busy.discard)
        return task


def only_for_them(payload: Part) -> Part:
    """A message that only who asked sees."""
    return payload | {"response_type": "ephemeral"}


def typed_by(command: Json) -> Viewer:
    """Who typed a command, and where."""
    tenant = command.get("team_id") or command.get("enterprise_id") or ""
    return Viewer(tenant=tenant, channel=command["channel_id"], user=command["user_id"])


def viewer_of(body: Json) -> Viewer:
    """Who pressed a button, and where: `channel` is empty in a view. An app installed for a whole organisation may be
    told no team but the person's own, or none at all. In a window opened from a channel shared with another workspace
    (Slack Connect) the team is the person's; the window names the one the app is installed in, which Bolt goes by."""
    team, enterprise = body.get("team") or {}, body.get("enterprise") or {}
    view, user = body.get("view") or {}, body["user"]
    own = team.get("id") or user.get("team_id") or view.get("team_id")
    tenant = view.get("app_installed_team_id") or own or enterprise.get("id") or ""
    return Viewer(tenant=tenant, channel=(body.get("channel") or {}).get("id", ""), user=user["id"])


async def told(respond: Respond, payload: Part) -> None:
    """Sends a message to a response URL; where that fails, the log is all that is left."""
    try:
        answered = await respond(payload)
    except UNREACHED as error:
        log.warning("no answer could be given", problem=repr(error))
        return
    except ValueError:  # Bolt's, where there is no response URL: in events and in what views bring
        log.info("there is nowhere to answer")
        return
    if answered.status_code != 200:
        log.warning("no answer could be given", status=answered.status_code, problem=answered.body[:100])
