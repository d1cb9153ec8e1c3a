"""When a workspace lets the app go: all that is its own is removed, at once, whatever events come and in what order."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database

from bot.desk import Ack, Desk, Json
from bot.slack import FAILURES, tried
from bot.tokens import Tokens, surely
from storage import installs, tenants
from storage.db import transaction

ANSWERS_END_WITHIN = 30.0  # seconds for answers under way, which may store something when Slack has answered them
NOW = datetime.max.replace(tzinfo=UTC)  # after whatever was stored before
GONE = ("account_inactive", "token_revoked", "invalid_auth", "not_authed")  # a token that will never be good again

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Who let the app go: a workspace, or with `of_all` an organisation for all that have not installed the app
    themselves. `at`: when, by Slack's clock."""

    tenant: str
    at: datetime
    of_all: bool = False


def left(body: Json) -> Left | None:
    """Who let the app go, by the body of an event such as app_uninstalled; None if it names nobody.

    The team is null where an app was installed for a whole organisation (docs.slack.dev, "Organization-ready apps")."""
    told: Json = next(iter(body.get("authorizations") or [body]))
    team, enterprise = (body.get(name) or told.get(name) for name in ("team_id", "enterprise_id"))
    if str(team).startswith("E"):  # an organisation's id in a team's place
        team, enterprise = None, team
    of_all = bool(enterprise) and (bool(told.get("is_enterprise_install")) or not team)
    tenant = enterprise if of_all else team
    at = datetime.fromtimestamp(body["event_time"], UTC) if body.get("event_time") else NOW
    return Left(tenant=tenant, at=at, of_all=of_all) if tenant else None


def remove(db: Database, one: Left) -> int:
    """Removes all that is theirs, unless they installed the app again after they let it go; how many rows."""
    with transaction(db):
        install = installs.get(db, one.tenant)
        if install and install.installed_at > one.at:
            return 0
        return (tenants.purge_organisation if one.of_all else tenants.purge)(db, one.tenant)


def remove_teams(db: Database, teams: list[str]) -> int:
    """Removes what is of workspaces that an organisation took the app from; not of those with an installation of their
    own."""
    with transaction(db):
        return sum(tenants.purge(db, team) for team in teams if installs.get(db, team) is None)


def listen(app: AsyncApp, desk: Desk, tokens: Tokens, client: AsyncWebClient) -> None:
    """Hears of the app's being let go. `client`: leads to Slack, without a token."""

    async def uninstalled(ack: Ack, body: Json) -> None:
        await ack()
        if one := left(body):
            await _removed(desk, one)

    async def revoked(ack: Ack, body: Json, event: Json) -> None:
        await ack()
        one = left(body)
        # Other tokens than the bot's were never asked for, and a bot's is revoked when it is renewed, too.
        if one and (event.get("tokens") or {}).get("bot") and await _refused(tokens, client, one):
            await _removed(desk, one)

    async def teams_left(ack: Ack, event: Json) -> None:
        await ack()
        teams = [str(one) for one in event.get("team_ids") or ()]
        removed = await surely(lambda: desk.tools.with_db(remove_teams, teams))
        log.info("removed", tenants=teams, rows=removed)

    app.event("app_uninstalled")(uninstalled)
    app.event("tokens_revoked")(revoked)
    app.event("team_access_revoked")(teams_left)


async def _refused(tokens: Tokens, client: AsyncWebClient, one: Left) -> bool:
    """Whether Slack refuses the token that is kept for them; True where none is kept."""
    token = await tokens.of("" if one.of_all else one.tenant, one.tenant if one.of_all else "")
    if token is None:
        return True
    try:
        await client.auth_test(token=token)
    except FAILURES as error:
        return tried(error).code in GONE
    return False


async def _removed(desk: Desk, one: Left) -> None:
    """Removes what is theirs now, and once more what an answer that was under way has stored meanwhile."""
    rows = await surely(lambda: desk.tools.with_db(remove, one))
    log.info("removed", tenant=one.tenant, rows=rows)
    if under_way := set(desk.busy):
        await asyncio.wait(under_way, timeout=ANSWERS_END_WITHIN)
        await surely(lambda: desk.tools.with_db(remove, one))
