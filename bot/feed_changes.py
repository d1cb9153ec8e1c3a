"""`/attribution feed add|remove|pause|resume`: an admin is asked for, a new feed is read once before it is added."""

import sqlite3

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from attribution.model import Feed, Publisher
from bot import owned_feeds, people
from bot.answering import BUSY
from bot.blocks import Part
from bot.cards import notice
from bot.commands import ChangeFeed, CommandError, parse_command
from bot.desk import ANYTHING, Ack, Desk, Json, Respond, typed_by
from bot.reply import Viewer
from feeds.errors import FeedError

WORDS = ("feed ", "feeds ")


def listen(app: AsyncApp, desk: Desk) -> None:
    """Hears the commands that change a feed."""

    async def change(ack: Ack, command: Json, respond: Respond, client: AsyncWebClient) -> None:
        await desk.answer(ack, respond, _answered(desk, command["text"], typed_by(command), client))

    app.command(ANYTHING, matchers=[_asked])(change)


async def _asked(command: Json) -> bool:
    return (command.get("text") or "").strip().casefold().startswith(WORDS)


async def _answered(desk: Desk, text: str, viewer: Viewer, client: AsyncWebClient) -> Part:
    try:
        asked = parse_command(text, desk.answers.clock().date())
        assert isinstance(asked, ChangeFeed), "more words after “feed” are a change"
        return await _changed(desk, asked, viewer, client)
    except (CommandError, FeedError) as error:
        return notice(str(error))
    except sqlite3.OperationalError:
        return notice(BUSY)


async def _changed(desk: Desk, asked: ChangeFeed, viewer: Viewer, client: AsyncWebClient) -> Part:
    wrong = owned_feeds.problem(asked.url) if asked.deed == "add" else None
    wrong = wrong or await desk.answers.with_db(owned_feeds.refused, viewer, asked)
    wrong = wrong or await people.refusal(client, viewer, desk.admins)
    if wrong:
        return notice(wrong)
    if asked.deed == "add":
        await _read_once(desk, asked.url)
    return await desk.answers.with_db(owned_feeds.apply, viewer, asked, desk.answers.clock())


async def _read_once(desk: Desk, url: str) -> None:
    """Raises FeedError where there is no feed at an address; what stands in it is not kept."""
    fetched = await desk.tools.get(url)
    feed = Feed(id="new", publisher=Publisher(name=url), url=url)
    await desk.tools.workers.parse(fetched.body or b"", fetched.content_type, fetched.final_url, feed)
