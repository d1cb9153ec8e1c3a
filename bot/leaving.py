"""When a workspace lets the app go: all that is its own is removed, at once, whatever events come and in what order."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database

from bot.desk import LATE, Ack, Desk, Json
from bot.slack import FAILURES, tried
from bot.tokens import Tokens, surely
from storage import installs, tenants
from storage.db import transaction

ANSWERS_END_WITHIN = 30.0  # seconds for answers under way, which may store something when Slack has answered them
NOW = datetime.max.replace(tzinfo=UTC)  # after whatever was stored before
GONE = ("account_inactive", "token_revoked", "invalid_auth", "not_authed")  # a token that will never be good again
# Between one question whether a token is still good and the next, where Slack does not say; longer if it wishes.
PAUSES = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))
REMOVING = "removing"  # what is under way for a request, in its context

Removal = Callable[[Json], Coroutine[Any, Any, None]]
Next = Callable[[], Awaitable[None]]
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

    async def uninstalled(body: Json) -> None:
        if one := left(body):
            await _removed(desk, one)

    async def revoked(body: Json) -> None:
        one = left(body)
        # Other tokens than the bot's were never asked for, and a bot's is revoked when it is renewed, too.
        bots = (body["event"].get("tokens") or {}).get("bot")
        if one and bots and await _refused(tokens, client, one):
            await _removed(desk, one)

    async def teams_left(body: Json) -> None:
        teams = [str(one) for one in body["event"].get("team_ids") or ()]
        removed = await surely(lambda: desk.tools.with_db(remove_teams, teams))
        log.info("removed", tenants=teams, rows=removed)

    def first(removal: Removal) -> list[Callable[..., Awaitable[BoltResponse | None]]]:
        return [_before_it_is_acknowledged(desk, removal)]

    app.event("app_uninstalled", middleware=first(uninstalled))(_acknowledged)
    app.event("tokens_revoked", middleware=first(revoked))(_acknowledged)
    app.event("team_access_revoked", middleware=first(teams_left))(_acknowledged)


def _before_it_is_acknowledged(desk: Desk, removal: Removal) -> Callable[..., Awaitable[BoltResponse | None]]:
    """Removes first: Bolt acknowledges an event before its listener runs, and Slack tells of it again only while it is
    not acknowledged."""

    async def first(body: Json, context: AsyncBoltContext, next_: Next) -> BoltResponse | None:
        context[REMOVING] = removing = desk.begun(removal(body))
        await asyncio.wait({removing}, timeout=LATE)
        if removing.done() and (error := removing.exception()):
            log.error("what is a workspace's could not be removed, Slack will tell of it again", exc_info=error)
            return BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
        await next_()
        return None

    return first


async def _acknowledged(ack: Ack, context: AsyncBoltContext) -> None:
    """What is not done in time to be acknowledged goes on."""
    await ack()
    await context[REMOVING]


async def _refused(tokens: Tokens, client: AsyncWebClient, one: Left) -> bool:
    """Whether Slack refuses the token that is kept for them; True where none is kept. Where Slack does not say, it is
    asked again a few times before the token counts as good."""
    token = await tokens.of("" if one.of_all else one.tenant, one.tenant if one.of_all else "")
    if token is None:
        return True
    for pause in (*PAUSES, None):
        try:
            await client.auth_test(token=token)
        except FAILURES as error:
            failed = tried(error)
            if failed.code in GONE:
                return True
            log.warning("Slack does not say whether a token is good", tenant=one.tenant, problem=failed.code)
        else:
            return False
        if pause is not None:
            await asyncio.sleep(max(pause, failed.retry_after or timedelta()).total_seconds())
    return False


async def _removed(desk: Desk, one: Left) -> None:
    """Removes what is theirs now, and once more what an answer that was under way has stored meanwhile."""
    under_way = desk.busy - {asyncio.current_task()}
    rows = await surely(lambda: desk.tools.with_db(remove, one))
    log.info("removed", tenant=one.tenant, rows=rows)
    if under_way:
        desk.begun(_swept(desk, one, under_way))


async def _swept(desk: Desk, one: Left, under_way: Collection[asyncio.Task[Any]]) -> None:
    await asyncio.wait(under_way, timeout=ANSWERS_END_WITHIN)
    await surely(lambda: desk.tools.with_db(remove, one))
