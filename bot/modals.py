"""Windows that open in time: what a trigger asks for, shown at once or as soon as it is there, and kindly where not."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.answering import BUSY
from bot.blocks import Part, rich, section, words
from bot.cards import notice
from bot.desk import Ack, Desk, Json, Respond, only_for_them, told
from bot.escape import clean, cut
from bot.slack import FAILURES, tried

SOON = 1.0  # seconds for what a window shows: a trigger lasts three, and opening takes a part of them
SENT_WITHIN = 0.3  # seconds for an acknowledgement to arrive before what follows it
TITLE_LENGTH = 24  # of a modal (docs.slack.dev, "Modal views")
LABEL_LENGTH = 24  # of its buttons
LOOKING = "Looking ..."
SORRY = "That went wrong here, and it is in the log. Nothing is lost: please try again in a minute."
NOT_OPENED = "Slack did not open the window in time: please try again."
# What views.open says of a trigger that is too old or used up (docs.slack.dev, "views.open"), or our own wait ended.
TOO_LATE = {"expired_trigger_id", "exchanged_trigger_id", "trigger_exchanged", "timeout"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """What is wrong with what was filled in: a block's id -> what to write there instead."""

    fields: Mapping[str, str]


Work = Awaitable[Part | Mistakes]


def modal(title: str, blocks: Sequence[Part], *, close: str = "Close", **more: Any) -> Part:
    """A window; `more`: what else it has, such as `submit`, as Slack names it, texts as they are."""
    texts = {name: plain(more.pop(name)) for name in ("submit",) if name in more}
    named = {"type": "modal", "title": plain(cut(title, TITLE_LENGTH)), "close": plain(close)}
    return {**named, **texts, "blocks": list(blocks), **more}


def said(title: str, *lines: str) -> Part:
    """A window that only says something in the bot's own words."""
    return modal(title, [rich(section(words("\n".join(clean(line) for line in lines))))])


def plain(text: str) -> Part:
    """A text of a label or button."""
    return {"type": "plain_text", "text": text, "emoji": True}


async def opened(
    desk: Desk, client: AsyncWebClient, body: Json, title: str, view: Awaitable[Part], respond: Respond | None = None
) -> None:
    """Opens a window for a trigger: with what it is to show if that is there soon, else with that it is looked for.

    `respond`: where to say that Slack did not open it."""
    looking = desk.begun(view)
    await asyncio.wait({looking}, timeout=SOON)
    late = not looking.done()
    try:
        shown = await client.views_open(
            trigger_id=body["trigger_id"], view=said(title, LOOKING) if late else _shown(looking, title)
        )
    except FAILURES as error:
        looking.cancel()
        code = tried(error).code
        log.warning("a window did not open", problem=code)
        if respond:
            said_why = NOT_OPENED if code in TOO_LATE else SORRY
            await told(respond, only_for_them(notice(said_why)) | {"replace_original": False})
        return
    if late:
        await _updated(client, shown["view"]["id"], looking, title)


async def changed(desk: Desk, client: AsyncWebClient, body: Json, title: str, view: Awaitable[Part]) -> None:
    """Shows something else in the window in which a button was pressed; that it is looked for where that takes long."""
    looking, name = desk.begun(view), body["view"]["id"]
    await asyncio.wait({looking}, timeout=SOON)
    if not looking.done():
        await _update(client, name, said(title, LOOKING))
    await _updated(client, name, looking, title)


async def submitted(desk: Desk, client: AsyncWebClient, ack: Ack, body: Json, title: str, work: Work) -> None:
    """Does what a window was submitted for, and shows there what came of it, or at each field what is wrong with it."""
    doing = desk.begun(work)
    await asyncio.wait({doing}, timeout=SOON)
    if not doing.done():
        await ack(response_action="update", view=said(title, LOOKING))
        # Bolt only marks the answer, which is sent after this: what came of it must not be shown before.
        await asyncio.sleep(SENT_WITHIN)
        await _updated(client, body["view"]["id"], doing, title)
    elif not doing.exception() and isinstance(found := doing.result(), Mistakes):
        await ack(response_action="errors", errors=dict(found.fields))
    else:
        await ack(response_action="update", view=_shown(doing, title))


async def _updated(client: AsyncWebClient, view_id: str, looking: asyncio.Task[Any], title: str) -> None:
    await asyncio.wait({looking})
    await _update(client, view_id, _shown(looking, title))


async def _update(client: AsyncWebClient, view_id: str, view: Part) -> None:
    try:
        await client.views_update(view_id=view_id, view=view)
    except FAILURES as error:  # most likely it was closed meanwhile
        log.info("a window was not updated", problem=tried(error).code)


def _shown(done: asyncio.Task[Any], title: str) -> Part:
    """What a window shows of work that is done, or of its failure."""
    if done.cancelled():  # the bot stops
        return said(title, SORRY)
    match done.exception():
        case None:
            result = done.result()
            return said(title, *result.fields.values()) if isinstance(result, Mistakes) else result
        case sqlite3.OperationalError() as error:
            log.warning("database busy", problem=str(error))
            return said(title, BUSY)
        case error:
            log.error("a window failed", exc_info=error)
            return said(title, SORRY)
