"""The app's home, shown to whoever opens it: looked up for their workspace, published, renewed on demand."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import datetime

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database

from attribution.model import Found
from attribution.query import Query
from bot import home, modals, overviews, settings_desk
from bot.answering import BUSY
from bot.blocks import Part
from bot.desk import Ack, Desk, Json, viewer_of
from bot.home import CHOOSE, MOST_CASES, REFRESH, SETTINGS, Fare, Home
from bot.people import ASKED_FOR
from bot.reply import Viewer
from bot.slack import FAILURES, tried
from storage import channels, claims, delivered, installs, presence
from storage.channels import Channel

NEWEST = 200  # statements among which the latest cases are looked for

log = structlog.get_logger()


def looked_up(db: Database, viewer: Viewer, now: datetime) -> Part:
    """The home of the viewer's workspace, with what they may know of it."""
    known = presence.known_to(db, viewer.tenant, viewer.user, now)
    here = [one for one in channels.every(db) if one.tenant == viewer.tenant]
    fares = [_fare(db, channel, known=channel.id in known) for channel in here]
    told = Home(channels=fares, latest=_latest(db, viewer), feeds=overviews.feeds_told(db, viewer))
    return home.view(told, now)


def _fare(db: Database, channel: Channel, *, known: bool) -> Fare:
    subscribed = channels.subscriptions(db, channel.tenant, channel.id)
    return Fare(
        channel=channel,
        count=len(subscribed),
        subscriptions=subscribed if known else None,
        sent=delivered.last(db, channel.tenant, channel.id),
        waiting=delivered.waiting(db, channel.tenant, channel.id),
    )


def _latest(db: Database, viewer: Viewer) -> list[Found]:
    """The newest statement of each of the newest cases; what belongs to none counts as one."""
    newest: dict[str | int, Found] = {}
    for one in claims.find(db, Query(), viewer=viewer.tenant, limit=NEWEST):
        if one.withdrawn_at is None:
            newest.setdefault(one.case or one.id, one)
    return list(newest.values())[:MOST_CASES]


def listen(app: AsyncApp, desk: Desk) -> None:
    """Hears who opens the home, and its buttons."""

    async def opened(ack: Ack, body: Json, event: Json, client: AsyncWebClient) -> None:
        await ack()
        if event.get("tab") == "home":
            await _publish(desk, client, await _visitor(desk, client, body, event))

    async def refresh(ack: Ack, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await _publish(desk, client, viewer_of(body))

    async def settings(ack: Ack, body: Json, action: Json, client: AsyncWebClient) -> None:
        await ack()
        visitor = viewer_of(body)
        chosen = replace(visitor, channel=action.get("selected_conversation") or action["value"])
        # What Slack's own menu offers they may see; a button may be older than what they may see now.
        if "selected_conversation" in action or await desk.answers.with_db(_may_open, chosen, desk.answers.clock()):
            await settings_desk.open_for(desk, client, body, chosen)
        else:
            await _publish(desk, client, visitor)

    app.event("app_home_opened")(opened)
    app.action(REFRESH)(refresh)
    app.action(SETTINGS)(settings)
    app.action(CHOOSE)(settings)


def _may_open(db: Database, viewer: Viewer, now: datetime) -> bool:
    return presence.may_open(db, viewer.tenant, viewer.user, viewer.channel, now)


async def _publish(desk: Desk, client: AsyncWebClient, viewer: Viewer) -> None:
    """Shows somebody their home; that it is looked up, where that takes long; that Slack does not tell whose it is."""
    if not _is_team(viewer.tenant):
        await _show(client, viewer, home.said(home.NOWHERE))
        return
    looking = desk.begun(desk.answers.with_db(looked_up, viewer, desk.answers.clock()))
    await asyncio.wait({looking}, timeout=modals.SOON)
    if not looking.done():
        await _show(client, viewer, home.said(modals.LOOKING))
        await asyncio.wait({looking})
    await _show(client, viewer, _looked(looking))


def _looked(looking: asyncio.Task[Part]) -> Part:
    """What was looked up, or that it could not be."""
    match looking.exception():
        case None:
            return looking.result()
        case sqlite3.OperationalError() as error:
            log.warning("database busy", problem=str(error))
            return home.said(BUSY)
        case error:
            log.error("a home failed", exc_info=error)
            return home.said(modals.SORRY)


async def _show(client: AsyncWebClient, viewer: Viewer, view: Part) -> None:
    try:
        await client.views_publish(user_id=viewer.user, view=view)
    except FAILURES as error:  # the next visit asks again
        log.warning("a home was not shown", tenant=viewer.tenant, problem=tried(error).code)


async def _visitor(desk: Desk, client: AsyncWebClient, body: Json, event: Json) -> Viewer:
    """Who opened the home, without a tenant where nobody knows which workspace they are in."""
    told: Json = next(iter(body.get("authorizations") or [body]))
    enterprise = body.get("enterprise_id") or told.get("enterprise_id") or ""
    tenant = (
        _team_told(body, told, event)
        or await _team_of(client, event["user"])
        or await desk.answers.with_db(_only_team, enterprise)
    )
    return Viewer(tenant=tenant, channel="", user=event["user"])


def _team_told(body: Json, told: Json, event: Json) -> str:
    """The workspace that an event names, empty for none: it is null where the app is installed for a whole organisation
    (docs.slack.dev, "Organization-ready apps"), but for the home as it was shown before, if it was."""
    view = event.get("view") or {}
    named = (view.get("app_installed_team_id"), view.get("team_id"), body.get("team_id"), told.get("team_id"))
    return next((str(one) for one in named if _is_team(one)), "")


def _is_team(name: str | None) -> bool:
    """Whether an id in a team's place is one: it may be an organisation's."""
    return bool(name) and not str(name).startswith("E")


async def _team_of(client: AsyncWebClient, user: str) -> str:
    """The workspace that Slack says a person is of, empty where it does not: that takes the scope users:read."""
    try:
        async with asyncio.timeout(ASKED_FOR):
            found = await client.users_info(user=user)
    except FAILURES as error:
        log.info("nobody knows a visitor's workspace", problem=tried(error).code)
        return ""
    team = str(found["user"].get("team_id") or "")
    return team if _is_team(team) else ""


def _only_team(db: Database, enterprise: str) -> str:
    """The workspace of an organisation, if one alone is known."""
    known = installs.served(db, enterprise)
    return known[0] if len(known) == 1 else ""
