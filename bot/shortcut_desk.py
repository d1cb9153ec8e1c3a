"""The shortcut "Read attributions": a message and the pages it links, fetched and read for one person, nothing kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database

from attribution.cases import Told, choose
from attribution.grounds import grounds_of
from attribution.identity import canonical_url
from attribution.model import Claim, Post
from attribution.why import why_not
from bot import modals, shortcut
from bot.blocks import Part
from bot.desk import Ack, Desk, Json, Respond, viewer_of
from bot.reply import Viewer
from bot.shortcut import PAGES, READ, TITLE, Known, Text
from feeds.catalogue import catalogue
from feeds.errors import FeedError, Trouble
from feeds.fetch import PAGES as ACCEPT
from storage import cards, cases, claims, posts
from storage.cases import LEAD

# Seconds for a page: somebody waits, so less than a poll may take, the wait for others at the same host included.
WITHIN = 15.0

log = structlog.get_logger()


def listen(app: AsyncApp, desk: Desk) -> None:
    """Hears the shortcut."""

    async def read(ack: Ack, body: Json, client: AsyncWebClient, respond: Respond) -> None:
        await ack()
        await modals.opened(desk, client, body, TITLE, _reading(desk, body), respond)

    app.shortcut(READ)(read)


async def _reading(desk: Desk, body: Json) -> Part:
    message: Json = body.get("message") or {}
    if shortcut.is_deleted(message):
        return shortcut.said(shortcut.GONE)
    post, links = shortcut.message_post(message), shortcut.links_of(message)
    if not post.text.strip() and not links:
        return shortcut.said(shortcut.NOTHING)
    pages = await asyncio.gather(*(_page(desk, url) for url in links[:PAGES]))
    texts = [*([Text(post=post)] if post.text.strip() else []), *pages]
    now = desk.answers.clock()
    read = await desk.answers.with_db(_read, texts, viewer_of(body), now)
    return shortcut.window(read, max(0, len(links) - PAGES), now)


async def _page(desk: Desk, url: str) -> Text:
    """A page's text, or why it could not be had."""
    try:
        async with asyncio.timeout(WITHIN):
            page = await desk.tools.get(url, accept=ACCEPT)
            article = await desk.tools.workers.extract(page.body or b"", page.content_type, page.final_url)
    except FeedError as error:
        log.info("a page could not be read", trouble=error.trouble)
        return Text(url=url, trouble=error.trouble)
    except TimeoutError:
        return Text(url=url, trouble=Trouble.TIMEOUT)
    there = canonical_url(page.final_url)
    post = Post(
        feed="", url=there, guid="", title=article.title, text=article.text, published_at=None, language=None,
        publisher=shortcut.publisher_at(there, catalogue()),
    )  # fmt: skip
    return Text(url=there, post=post)


def _read(db: Database, texts: Sequence[Text], viewer: Viewer, now: datetime) -> list[Text]:
    return [_read_one(db, text, text.post, viewer, now) if text.post else text for text in texts]


def _read_one(db: Database, text: Text, post: Post, viewer: Viewer, now: datetime) -> Text:
    found = []
    for claim, grounds in grounds_of(post):
        case = _case(db, claim, post, now)
        card = cards.latest(db, viewer.tenant, viewer.channel, case) if case else None
        found.append(Known(claim=claim, grounds=grounds, case=case, card=card.link if card else None))
    return replace(text, claims=found, why_not=None if found else why_not(post))


def _case(db: Database, claim: Claim, post: Post, now: datetime) -> str | None:
    """The case that a claim would join, were it stored."""
    if known := _case_at(db, post.url):
        return cases.resolve(db, known)
    said_on = claim.made_on.day if claim.made_on else (post.published_at or now).date()
    told = Told(claim=claim, title=post.title, text=post.text[:LEAD], said_on=said_on)
    return choose(told, cases.known(db, said_on))


def _case_at(db: Database, url: str) -> str | None:
    """The case that a page was stored under, if it was."""
    stored = posts.at(db, url) if url else None
    found = [claims.case_of(db, one) for one in claims.of_post(db, stored[0])[0]] if stored else []
    return next((case for case in found if case), None)
