"""The bot as many workspaces meet it: the real app over HTTP beside the local Slack, and a person's browser."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from cryptography.fernet import Fernet

from bot import config, paths
from bot.answering import open_answers
from bot.app import serving
from bot.config import OAuth, Settings
from bot.deliver import FarSide
from bot.slack import open_slack
from bot.tokens import InstalledTokens, open_installed
from bot.tools import Tools, open_tools
from feeds.guard import public_only
from storage.db import connect, rows
from tests.slack import Answer, LocalSlack
from tests.slack.places import Place
from tests.test_app import free_port

Json = dict[str, Any]
KEY = Fernet.generate_key().decode()
LOOK_AGAIN = 0.02  # seconds
SITE = "https://bot.example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a browser shows: its status, its words, and the cookie it was told to keep."""

    status: int
    text: str
    location: str = ""
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The page without its marks."""
        return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", self.text)).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The app at work. `url`: where Slack's requests come; `site`: where a browser does."""

    slack: LocalSlack
    database: str
    site: str
    tokens: InstalledTokens
    tools: Tools
    far: FarSide

    @property
    def url(self) -> str:
        """Where Slack's requests come."""
        return self.site + paths.SLACK

    async def get(self, path: str, cookie: str = "") -> Page:
        """What a browser sees at a path of the bot's site; it follows no redirect by itself."""
        headers = {"Cookie": cookie} if cookie else {}
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.site + path, headers=headers, allow_redirects=False) as seen,
        ):
            kept = seen.headers.get("Set-Cookie", "").split(";")[0]
            where = seen.headers.get("Location", "")
            return Page(
                status=seen.status,
                text=await seen.text(),
                location=where,
                cookie=kept,
                headers={name.lower(): value for name, value in seen.headers.items()},
            )

    async def install(self, place: Place, person: str, *, of_all: bool = False) -> Page:
        """Somebody installs the app, from its own page to the last one."""
        begun = await self.get(paths.INSTALL)
        back = self.slack.consent(begun.location, place, person, of_all=of_all)
        return await self.get(path_of(back), begun.cookie)

    async def slash(self, place: Place, text: str, *, channel: str, user: str) -> Answer:
        """Somebody types a command."""
        return await place.people.slash("/attribution", text, channel=channel, user=user, url=self.url)

    async def uninstall(self, place: Place, *, tell: bool = True) -> None:
        """An admin removes the app: its tokens end, and Slack tells of it."""
        self.slack.oauth.revoke(place.space)
        if tell:
            await self.event(place, {"type": "app_uninstalled"})

    async def event(self, place: Place, event: Json) -> Answer:
        """Something happens that Slack tells of."""
        return await place.people.event(event, url=self.url)

    def rows(self, table: str, tenant: str) -> list[Json]:
        """What a table has of a tenant."""
        with connect(self.database) as db:
            return rows(db, f"select * from {table} where tenant = :tenant", tenant=tenant)

    async def settled(self, table: str, tenant: str, count: int, within: float = 5.0) -> None:
        """Waits until a table has so many rows of a tenant: an event is acknowledged before it is worked on."""
        for _ in range(int(within / LOOK_AGAIN)):
            if len(self.rows(table, tenant)) == count:
                return
            await asyncio.sleep(LOOK_AGAIN)
        raise TimeoutError(f"{table} has {self.rows(table, tenant)}")


def path_of(address: str) -> str:
    """The path of an address on the bot's public site, with its query."""
    split = urlsplit(address)
    return f"{split.path}?{split.query}"


def settings_of(slack: LocalSlack, port: int, **more: Any) -> Settings:
    """What an operator sets for many workspaces."""
    given: Json = {
        "slack_client_id": slack.oauth.client_id,
        "slack_client_secret": slack.oauth.client_secret,
        "slack_signing_secret": slack.signing_secret,
        "slack_api_url": slack.url,
        "token_key": KEY,
        "public_url": SITE,
        "port": port,
    }
    return Settings.model_validate(given | more)


def oauth_of(settings: Settings) -> OAuth:
    """What the settings say of many workspaces."""
    found = config.oauth(settings)
    assert found is not None
    return found


@asynccontextmanager
async def bot_of(slack: LocalSlack, database: Path, **more: Any) -> AsyncIterator[Bot]:
    """The app for many workspaces, served over HTTP, with a database."""
    port = free_port()
    settings = settings_of(slack, port, **more)
    slack.oauth.redirect_urls.add(SITE + paths.INSTALLED)
    url = f"sqlite:///{database}"
    many = oauth_of(settings)
    async with AsyncExitStack() as stack:
        tokens = await stack.enter_async_context(open_installed(url, many, slack.url))
        far = await stack.enter_async_context(open_slack(tokens, slack.url, pace=0))
        answers = await stack.enter_async_context(open_answers(url, far, lambda: datetime.now(UTC)))
        tools = await stack.enter_async_context(open_tools(url, public_only))
        await stack.enter_async_context(serving(settings, answers, tools, tokens, many))
        yield Bot(slack=slack, database=url, site=f"http://127.0.0.1:{port}", tokens=tokens, tools=tools, far=far)


def whole_file(database: Path) -> bytes:
    """All that the database's files hold."""
    with sqlite3.connect(database) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    db.close()
    return b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
