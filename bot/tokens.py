"""Which token a request to Slack is made with: the one of the settings, or each workspace's own, renewed in time."""

import asyncio
import binascii
import logging
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import aiohttp
import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from sqlite_utils import Database

from bot.config import OAuth
from storage import installs, leases
from storage.db import connect, transaction
from storage.installs import Install

# docs.slack.dev, "Using token rotation": a token lasts twelve hours. Two before its end leave time for many tries.
BEFORE = timedelta(hours=2)
ALWAYS = 60 * 24 * 365  # minutes before its end that slack_sdk's rotator renews a token: when to is decided here
PATIENCE = 0.5  # seconds that a request waits for a renewal: a command is answered in three, and may be without a token
TIMEOUT = 10.0  # seconds for one request to Slack
PAUSE = timedelta(minutes=1)  # after a renewal that failed, while the token is still good
RENEWING_FOR = timedelta(seconds=30)  # how long one process keeps others from renewing the same tokens
LOOK_AGAIN, LOOKS = 0.2, 200  # seconds between looks at whether another process is done, and how many: 40 s
STOP_WITHIN = 5.0  # seconds for renewals under way when the bot stops
SAVES = 5  # tries of storing what cannot be asked for again, each of which waits for the database itself
THREADS = 4  # so that looking for a token waits neither for an answer nor for a poll

# What asking Slack can end with; KeyError and ValueError are answers that are none of Slack's.
FAILURES = (SlackTokenRotationError, aiohttp.ClientError, OSError, AttributeError, KeyError, ValueError)
P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger()


class UnreadableError(Exception):
    """A stored token cannot be decrypted: none of the keys is the one that it was encrypted with."""


class OAuthClient(AsyncWebClient):
    """Slack's client for OAuth alone, without a token, in which the app's own credentials are sent as aiohttp wants
    them: the SDK's way warns."""

    async def oauth_v2_access(self, *, client_id: str, client_secret: str, **asked: str | None) -> AsyncSlackResponse:
        """Exchanges a code or a refresh token; raises what asking Slack can raise."""
        data = {name: value for name, value in asked.items() if value is not None}
        headers = {"Authorization": aiohttp.encode_basic_auth(client_id, client_secret)}
        return await self.api_call("oauth.v2.access", data=data, headers=headers)


class Tokens(Protocol):
    """Where tokens come from."""

    async def of(self, tenant: str, enterprise: str = "") -> str | None:
        """The token for a workspace, None where the app is not installed; `enterprise`: its organisation if known."""
        ...

    async def renewed(self, tenant: str, expired: str) -> str | None:
        """The token to be used in place of one that Slack calls expired, None if there is none."""
        ...

    async def installers(self, tenant: str) -> frozenset[str]:
        """The ids of the people who installed the app for a workspace."""
        ...


class Vault:
    """Encrypts tokens with the first of its keys, and decrypts them with any: thus a key can be replaced.

    A key is 32 bytes as URL-safe base64 (the cryptography library's Fernet)."""

    def __init__(self, keys: Iterable[str]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._first, self._all = fernets[0], MultiFernet(fernets)

    def locked(self, secret: str) -> str:
        """A secret, encrypted."""
        return self._first.encrypt(secret.encode()).decode()

    def opened(self, stored: str) -> str:
        """The secret again; raises UnreadableError if no key fits."""
        try:
            return self._all.decrypt(stored).decode()
        except InvalidToken:
            raise UnreadableError("none of the keys in TOKEN_KEY opens a stored token") from None

    def ticket(self, what: str) -> str:
        """Words for an address that nobody else can make, dated."""
        return self.locked(what).rstrip("=")

    def took(self, ticket: str, what: str, within: timedelta) -> bool:
        """Whether a ticket is one of this vault's for this, made no longer ago, and in its own spelling: base64 has
        others for the same bytes, and each would pass for another ticket."""
        try:
            given = ticket.encode("utf-8", "replace")
            padded = given + b"=" * (-len(given) % 4)
            own = urlsafe_b64encode(urlsafe_b64decode(padded)).rstrip(b"=") == given
            return own and self._all.decrypt(padded, int(within.total_seconds())) == what.encode()
        except (InvalidToken, binascii.Error):
            return False

    def relocked(self, stored: str) -> str:
        """The same secret, encrypted with the first key; unchanged if it is already. Raises UnreadableError."""
        try:
            self._first.decrypt(stored)
        except InvalidToken:
            return self.locked(self.opened(stored))
        return stored


def relock(db: Database, vault: Vault) -> tuple[int, list[str]]:
    """Encrypts every stored token with the first key; how many installations changed, and whose tokens no key opens."""
    changed, unreadable = 0, []
    with transaction(db):
        for install in installs.every(db):
            try:
                again = replace(
                    install,
                    token=vault.relocked(install.token),
                    refresh=install.refresh and vault.relocked(install.refresh),
                )
            except UnreadableError:
                unreadable.append(install.tenant)
                continue
            if again != install:
                changed += installs.renew(db, again, install.token)
    return changed, unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class OneToken:
    """The token of the settings, for whatever workspace asks."""

    token: str = field(repr=False)

    async def of(self, _tenant: str, _enterprise: str = "") -> str | None:
        """The token."""
        return self.token

    async def renewed(self, _tenant: str, _expired: str) -> str | None:
        """None: nothing that would renew it is in the settings."""
        return None

    async def installers(self, _tenant: str) -> frozenset[str]:
        """Nobody: who installed the app did it on Slack's own pages."""
        return frozenset()


async def surely(attempt: Callable[[], Awaitable[R]]) -> R:
    """Does what must not be left undone, again while the database is locked; raises sqlite3.OperationalError in the
    end."""
    for _ in range(SAVES - 1):
        try:
            return await attempt()
        except sqlite3.OperationalError as error:
            log.warning("the database could not be used, trying again", error=str(error))
    return await attempt()


class InstalledTokens:
    """The tokens of the workspaces that installed the app, renewed two hours before they expire: one renewal at a time
    for each installation, whatever process needs it.

    `database`: a DATABASE_URL; `rotator`: slack_sdk's; `threads`: for the database; `client`: for OAuth."""

    def __init__(
        self, database: str, vault: Vault, rotator: AsyncTokenRotator, threads: Executor, client: OAuthClient
    ) -> None:
        self.vault, self.client = vault, client
        self._database, self._rotator, self._threads = database, rotator, threads
        self._holder = token_hex(4)
        self._renewals: dict[str, asyncio.Task[Install]] = {}
        self._failed_at: dict[str, datetime] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def of(self, tenant: str, enterprise: str = "") -> str | None:
        """The token for a workspace: that of its own installation, else of its organisation's."""
        install = await self.with_db(installs.find, tenant, enterprise)
        if install is None:
            return None
        of_all = install.tenant == enterprise != tenant != ""
        if of_all and not await self.with_db(installs.remembered, tenant, enterprise):
            await self._remember(tenant, enterprise)
        return self._opened(await self._in_time(install))

    async def renewed(self, tenant: str, expired: str) -> str | None:
        """The token in place of an expired one: renewed now, unless somebody has done so already."""
        install = await self.with_db(installs.find, tenant)
        if install is None:
            return None
        if self._opened(install) == expired:
            install = await self._renewal(install, TIMEOUT)
        token = self._opened(install)
        return token if token != expired else None

    async def installers(self, tenant: str) -> frozenset[str]:
        """The ids of the people who installed the app for a workspace."""
        return await self.with_db(installs.installers, tenant)

    async def with_db(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a function of a connection in a thread, with a connection of its own."""

        def work() -> R:
            with connect(self._database) as db:
                return function(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def finished(self) -> None:
        """Waits for the renewals under way: Slack knows the old tokens no more."""
        if under_way := {*self._renewals.values(), *self._notes}:
            await asyncio.wait(under_way, timeout=STOP_WITHIN)

    def _opened(self, install: Install) -> str | None:
        try:
            return self.vault.opened(install.token)
        except UnreadableError as error:
            log.error("a workspace cannot be served", tenant=install.tenant, problem=str(error))
            return None

    async def _remember(self, tenant: str, enterprise: str) -> None:
        """Notes a workspace's organisation, without which no message could be sent there; waits for it a little."""

        async def note() -> None:
            try:
                await self.with_db(installs.remember, tenant, enterprise)
            except sqlite3.OperationalError as error:  # the next request notes it
                log.warning("a workspace's organisation is not noted", tenant=tenant, error=str(error))

        task = asyncio.create_task(note())
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)
        await asyncio.wait({task}, timeout=PATIENCE)

    async def _in_time(self, install: Install) -> Install:
        """The installation with a token that is good; with the old one where a renewal takes long, or fails."""
        now = datetime.now(UTC)
        if install.expires_at is None or install.expires_at - BEFORE > now:
            return install
        if install.expires_at <= now:
            return await self._renewal(install, PATIENCE)
        if now - self._failed_at.get(install.tenant, now - PAUSE) < PAUSE:
            return install
        return await self._renewal(install, 0)

    async def _renewal(self, install: Install, wait: float) -> Install:
        """The installation renewed; as it is where that takes longer than `wait` seconds, though it goes on."""
        name = install.tenant
        task = self._renewals.get(name)
        if task is None:
            task = self._renewals[name] = asyncio.create_task(self._renew(install))
            task.add_done_callback(lambda _: self._renewals.pop(name))
        done, _ = await asyncio.wait({task}, timeout=wait)
        return task.result() if done else install

    async def _renew(self, install: Install) -> Install:
        try:
            async with self._alone(f"renew {install.tenant}"):
                # Another process, or a person who installed the app anew, may have been here in the meantime.
                current = await self.with_db(installs.find, install.tenant)
                return await self._exchanged(current) if current == install else current or install
        except (sqlite3.OperationalError, TimeoutError) as error:
            log.error("a token could not be renewed", tenant=install.tenant, problem=repr(error))
            return install

    @asynccontextmanager
    async def _alone(self, lease: str) -> AsyncIterator[None]:
        """Keeps other processes out; raises TimeoutError where they stay in."""
        for _ in range(LOOKS):
            if await self.with_db(leases.hold, lease, self._holder, datetime.now(UTC), RENEWING_FOR):
                break
            await asyncio.sleep(LOOK_AGAIN)
        else:
            raise TimeoutError("another process does not finish renewing it")
        try:
            yield
        finally:
            await self.with_db(leases.release, lease, self._holder)

    async def _exchanged(self, install: Install) -> Install:
        try:
            found = await self._rotator.perform_bot_token_rotation(
                bot=_bot(install, self.vault), minutes_before_expiration=ALWAYS
            )
        except (*FAILURES, UnreadableError) as error:
            self._failed_at[install.tenant] = datetime.now(UTC)
            log.warning("a token could not be renewed", tenant=install.tenant, problem=_why(error))
            return install
        if found is None:
            return install
        again = renewed_install(install, found, self.vault)
        await surely(lambda: self.with_db(installs.renew, again, install.token))
        log.info("a token was renewed", tenant=install.tenant, until=again.expires_at)
        return again


def renewed_install(install: Install, found: Bot, vault: Vault) -> Install:
    """An installation with the tokens that Slack gave for its old ones, encrypted."""
    return replace(
        install,
        token=vault.locked(found.bot_token),
        refresh=vault.locked(found.bot_refresh_token) if found.bot_refresh_token else None,
        expires_at=moment_of(found.bot_token_expires_at),
    )


def moment_of(seconds: int | None) -> datetime | None:
    """A time that slack_sdk has as seconds, None for none."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _bot(install: Install, vault: Vault) -> Bot:
    """As slack_sdk's rotator wants it; one without an end is not renewed."""
    return Bot(
        bot_token=vault.opened(install.token),
        bot_id="",
        bot_user_id=install.bot_user,
        bot_refresh_token=install.refresh and vault.opened(install.refresh),
        bot_token_expires_at=int(install.expires_at.timestamp()) if install.expires_at and install.refresh else None,
        installed_at=install.installed_at,
    )


def _why(error: Exception) -> str:
    """Slack's error code, or the kind of failure: an answer of Slack's may hold tokens."""
    if isinstance(error, SlackTokenRotationError) and isinstance(error.api_error, SlackApiError):
        data = getattr(error.api_error.response, "data", None)
        return str(data.get("error")) if isinstance(data, dict) else "unreadable answer"
    return type(error).__name__


def _quiet_logger() -> logging.Logger:
    """Warnings only, whatever else is logged: at DEBUG the SDK logs each answer, which here are tokens."""
    logger = logging.getLogger("attribution-bot.oauth")
    logger.setLevel(logging.WARNING)
    return logger


@asynccontextmanager
async def open_installed(database: str, oauth: OAuth, api_url: str) -> AsyncIterator[InstalledTokens]:
    """The tokens of the workspaces in a database, which are encrypted with the first of the keys from now on."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="tokens") as threads:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
            client = OAuthClient(base_url=api_url, session=session, retry_handlers=[], logger=_quiet_logger())
            secret = oauth.client_secret.get_secret_value()
            rotator = AsyncTokenRotator(client_id=oauth.client_id, client_secret=secret, client=client)
            vault = Vault(key.get_secret_value() for key in oauth.keys)
            tokens = InstalledTokens(database, vault, rotator, threads, client)
            changed, unreadable = await tokens.with_db(relock, tokens.vault)
            if changed:
                log.info("tokens are encrypted with the first key now", workspaces=changed)
            for tenant in unreadable:
                log.error("no key in TOKEN_KEY opens a workspace's token: install the app there again", tenant=tenant)
            try:
                yield tokens
            finally:
                await tokens.finished()
