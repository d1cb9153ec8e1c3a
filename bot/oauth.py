"""How the app is installed: from `/slack/install` to Slack's page, and back to one that says what to do next."""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

import structlog
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from sqlite_utils import Database

from bot import pages, paths
from bot.config import OAuth
from bot.manifest import SCOPES
from bot.pages import Failure
from bot.slack import FAILURES, tried
from bot.tokens import InstalledTokens, Vault, moment_of, surely
from storage import audit, channels, installs
from storage.db import transaction
from storage.installs import Install

UNDER_WAY = timedelta(minutes=10)  # how long an installation may take
INSTALLING = "an installation under way"  # what a state is a ticket for
TEAM = re.compile(r"T[A-Z0-9]{2,20}")
# Bolt's own names for what can go wrong on the way back; any other reason is a code of Slack's.
REASONS = {
    "access_denied": pages.DENIED,
    "invalid_browser": pages.TOO_LATE,
    "invalid_state": pages.TOO_LATE,
    "missing_code": pages.TOO_LATE,
}
Handler = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]

log = structlog.get_logger()


def install_of(installation: Installation, vault: Vault) -> Install:
    """What is stored of an installation; raises LookupError for one without a bot's token or a place."""
    tenant = installation.enterprise_id if installation.is_enterprise_install else installation.team_id
    if not tenant or not installation.bot_token:
        raise LookupError("Slack's answer names no workspace, or has no token for the bot")
    refresh = installation.bot_refresh_token
    return Install(
        tenant=tenant,
        enterprise=installation.enterprise_id or "",
        bot_user=installation.bot_user_id or "",
        scopes=",".join(installation.bot_scopes or ()),
        token=vault.locked(installation.bot_token),
        refresh=vault.locked(refresh) if refresh else None,
        expires_at=moment_of(installation.bot_token_expires_at),
        installed_by=installation.user_id or "",
        installed_at=datetime.now(UTC),
    )


def store(db: Database, install: Install) -> None:
    """Stores an installation in place of the one before, and sends again where that one's token was refused."""
    with transaction(db):
        installs.put(db, install)
        for tenant in {install.tenant, *installs.served(db, install.tenant)}:
            channels.resume(db, tenant)
        who = {"tenant": install.tenant, "user": install.installed_by, "channel": ""}
        audit.note(db, what="install", about=install.scopes, now=install.installed_at, **who)


def installation_of(answer: Any) -> Installation:
    """The installation that Slack's answer to oauth.v2.access tells of."""
    enterprise, team, person = (answer.get(name) or {} for name in ("enterprise", "team", "authed_user"))
    return Installation(
        enterprise_id=enterprise.get("id"),
        enterprise_name=enterprise.get("name"),
        team_id=team.get("id"),
        team_name=team.get("name"),
        bot_token=answer.get("access_token"),
        bot_user_id=answer.get("bot_user_id"),
        bot_scopes=answer.get("scope") or "",
        bot_refresh_token=answer.get("refresh_token"),
        bot_token_expires_in=answer.get("expires_in"),
        user_id=person.get("id") or "",
        is_enterprise_install=bool(answer.get("is_enterprise_install")),
    )


class States(AsyncOAuthStateStore):
    """The states of installations under way: each is good once, within ten minutes. Beginning one stores nothing, so
    that however many begin, none pushes another out."""

    def __init__(self, tokens: InstalledTokens) -> None:
        self._tokens = tokens

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """A new state."""
        return self._tokens.vault.ticket(INSTALLING)

    async def async_consume(self, state: str) -> bool:
        """Uses a state up; whether it was good."""
        now = datetime.now(UTC)
        good = self._tokens.vault.took(state, INSTALLING, UNDER_WAY)
        return good and await self._tokens.with_db(installs.use, state, now, now + UNDER_WAY)


class Installations(AsyncInstallationStore):
    """Where Bolt's flow puts an installation; nothing else is asked of it: tokens are found by `bot.tokens`."""

    def __init__(self, tokens: InstalledTokens) -> None:
        self._tokens = tokens

    async def async_save(self, installation: Installation) -> None:
        """Stores an installation; raises LookupError, or sqlite3.OperationalError where the database stays locked."""
        install = install_of(installation, self._tokens.vault)
        await surely(lambda: self._tokens.with_db(store, install))
        log.info("installed", tenant=install.tenant, enterprise=install.enterprise, rotates=bool(install.refresh))


class Flow(AsyncOAuthFlow):
    """Bolt's flow, which tells why Slack refused, logs no code, and writes addresses as they must be written."""

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        """Slack's page that asks a person; `team` in the request: the workspace to begin with."""
        asked = {"client_id": self.client_id, "scope": ",".join(SCOPES), "user_scope": "", "state": state}
        asked |= {"redirect_uri": str(self.redirect_uri)}
        team = next(iter(request.query.get("team") or ()), "")
        asked |= {"team": team} if TEAM.fullmatch(team) else {}
        return f"{self.settings.authorization_url}?{urlencode(asked)}"

    async def run_installation(self, code: str) -> Installation | None:
        """The installation that a code stands for; raises what asking Slack can raise."""
        answer = await self.client.oauth_v2_access(
            code=code,
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
            redirect_uri=self.redirect_uri,
        )
        return installation_of(answer)


def handlers(oauth: OAuth, tokens: InstalledTokens) -> dict[str, Handler]:
    """What answers at which path, for requests by GET."""
    settings = AsyncOAuthSettings(
        client_id=oauth.client_id,
        client_secret=oauth.client_secret.get_secret_value(),
        scopes=list(SCOPES),
        user_scopes=[],
        redirect_uri=oauth.site + paths.INSTALLED,
        install_path=paths.INSTALL,
        install_page_rendering_enabled=False,
        redirect_uri_path=paths.INSTALLED,
        authorization_url=urljoin(tokens.client.base_url, "/oauth/v2/authorize"),
        callback_options=AsyncCallbackOptions(success=_succeeded, failure=_failed),
        installation_store=Installations(tokens),
        state_store=States(tokens),
        state_expiration_seconds=int(UNDER_WAY.total_seconds()),
    )
    flow = Flow(client=tokens.client, settings=settings)
    return {paths.INSTALL: _guarded(flow.handle_installation), paths.INSTALLED: _guarded(flow.handle_callback)}


def _guarded(handle: Handler) -> Handler:
    """A handler whose failures are pages."""

    async def answered(request: AsyncBoltRequest) -> BoltResponse:
        try:
            return await handle(request)
        except sqlite3.OperationalError as error:
            log.error("an installation could not be stored", problem=str(error))
            return _page(pages.BUSY)
        except FAILURES as error:
            code = str(tried(error).code)
            log.error("Slack refused an installation", problem=code)
            return _page(pages.refused(code))

    return answered


async def _succeeded(args: AsyncSuccessArgs) -> BoltResponse:
    of_all = args.installation.is_enterprise_install
    name = args.installation.enterprise_name if of_all else args.installation.team_name
    body = pages.installed(name or "", None if of_all else args.installation.team_id)
    return BoltResponse(status=200, body=body, headers={**pages.HEADERS, **_without_state(args)})


async def _failed(args: AsyncFailureArgs) -> BoltResponse:
    log.info("nothing was installed", reason=args.reason[:100])
    response = _page(REASONS.get(args.reason) or pages.refused(args.reason[:100]))
    response.headers |= {name.lower(): [value] for name, value in _without_state(args).items()}
    return response


def _page(failure: Failure) -> BoltResponse:
    return BoltResponse(status=failure.status, body=pages.failed(failure), headers={**pages.HEADERS})


def _without_state(args: AsyncSuccessArgs | AsyncFailureArgs) -> dict[str, str]:
    return {"Set-Cookie": args.settings.state_utils.build_set_cookie_for_deletion()}
