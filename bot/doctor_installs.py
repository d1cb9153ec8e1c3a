"""What `attribution-bot doctor` finds of the workspaces that installed the app: whether their tokens can be used."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database

from attribution.words import counted
from bot import paths
from bot.config import OAuth
from bot.finding import Finding, fault, ok, warn
from bot.slack import FAILURES, tried
from bot.tokens import UnreadableError, Vault
from storage import installs
from storage.db import path_of
from storage.installs import Install

MOST = 20  # whose tokens are tried: the newest


async def examine(database: str, oauth: OAuth, api_url: str, session: aiohttp.ClientSession) -> list[Finding]:
    """Looks at the installations in a database, and asks Slack about the newest; nothing is changed or renewed."""
    found = await asyncio.to_thread(_read, database)
    if not found:
        where = f"Open {oauth.site}{paths.INSTALL} to install the app in a workspace."
        return [ok("workspaces", "None has installed the app yet.", where)]
    vault = Vault(key.get_secret_value() for key in oauth.keys)
    tokens = {one.tenant: _opened(vault, one) for one in found}
    locked = [tenant for tenant, token in tokens.items() if token is None]
    tried_ones = [one for one in found[-MOST:] if tokens[one.tenant]]
    refused = await asyncio.gather(*(_refusal(one, str(tokens[one.tenant]), api_url, session) for one in tried_ones))
    return [_readable(len(found), locked), *(one for one in refused if one)]


def _read(database: str) -> list[Install]:
    path = path_of(database).absolute()
    if not path.exists():
        return []
    try:
        with closing(Database(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True), execute_plugins=False)) as db:
            return installs.every(db)
    except sqlite3.Error:  # what is wrong with the database itself is found elsewhere
        return []


def _opened(vault: Vault, install: Install) -> str | None:
    try:
        return vault.opened(install.token)
    except UnreadableError:
        return None


def _readable(count: int, locked: Sequence[str]) -> Finding:
    if locked:
        unread = f"No key in TOKEN_KEY opens the token of {', '.join(locked)}, of {counted(count, 'workspace')} in all."
        again = "Put the key that it was encrypted with behind the new one, or install the app there again."
        return fault("workspaces", unread, again)
    return ok("workspaces", f"The app is installed in {counted(count, 'workspace')}, and TOKEN_KEY opens their tokens.")


async def _refusal(install: Install, token: str, api_url: str, session: aiohttp.ClientSession) -> Finding | None:
    client = AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])
    try:
        await client.auth_test()
    except FAILURES as error:
        code = str(tried(error).code)
        if code == "token_expired" and install.refresh:
            return None
        refused = f"Slack does not take the token of {install.tenant} ({code})."
        return warn("workspaces", refused, "If it lasts, an admin there installs the app again.")
    return None
