"""The form of a channel's settings, opened, previewed and saved; what is saved is one transaction."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database

from attribution.query import Query
from attribution.words import joined
from bot import modals, settings_form, settings_store, settings_view, zones
from bot.blocks import Part, Run, line, words
from bot.desk import ANYTHING, Ack, Desk, Json, Respond, typed_by, viewer_of
from bot.escape import clean
from bot.modals import Mistakes
from bot.preview import Foreseen, foreseen
from bot.reply import Confirm, Viewer
from bot.settings_form import QUERIES, ZONE, Form, Merged, StaleError
from bot.settings_replies import (
    MOST_SUBSCRIPTIONS,
    OPEN,
    confirmation,
    meaning,
    new_channel,
    promise,
    subscription,
    when,
)
from bot.settings_view import PREVIEW, SAVE, TITLE, Shown
from storage import channels, recent
from storage.channels import Channel
from storage.db import transaction

R = TypeVar("R")

LATELY = timedelta(days=30)
NOTHING = "There is nothing to save yet: write a question, or choose a day for a digest."
TOO_MANY = (
    f"With what others added meanwhile that is more than the {MOST_SUBSCRIPTIONS} questions a channel may have."
    " Close this form and open it again to see all."
)


def looked_up(db: Database, viewer: Viewer, now: datetime) -> Part:
    """The form for the viewer's channel. A paused channel that somebody looks after is tried again."""
    channel, queries = _now(db, viewer)
    form = settings_form.form_of(channel, queries)
    base = settings_form.base_of(viewer.channel, form)
    channels.try_now(db, viewer.tenant, viewer.channel, now)
    told = _foreseen(db, form.queries, now, threads=form.threads)
    return settings_view.window(settings_view.begun(channel, base, form, told), now)


def previewed(db: Database, viewer: Viewer, view: Json, now: datetime) -> Part:
    """The form as it is filled in, with what the last 30 days would have posted."""
    return settings_view.window(_filled(db, viewer, view, now)[0], now)


def saved(db: Database, viewer: Viewer, view: Json, now: datetime) -> Part | Mistakes | Confirm:
    """Saves a filled form: what became of it, what is wrong with it, or what must stand in the channel first."""
    base = settings_form.unpacked(view["private_metadata"])
    form, wrong = settings_form.read(view["state"]["values"], now.date())
    if wrong:
        return Mistakes(fields=wrong)
    with transaction(db):
        channel, queries = _now(db, viewer)
        if channel is None:
            return _first(viewer, form, now)
        merged = settings_form.merged(base, form, settings_form.form_of(channel, queries))
        if len(queries) + len(merged.added) - len(merged.removed) > MOST_SUBSCRIPTIONS:
            return Mistakes(fields={QUERIES: TOO_MANY})
        after = _apply(db, viewer, channel, merged, now)
    return settings_view.saved(_outcome(channel, after, merged, now))


def refused(db: Database, viewer: Viewer, view: Json, above: Part, now: datetime) -> Part:
    """The filled form again, with why it could not be saved above it."""
    seen, _ = _filled(db, viewer, view, now)
    return settings_view.window(settings_view.again(seen, above["blocks"]), now)


def _now(db: Database, viewer: Viewer) -> tuple[Channel | None, list[Query]]:
    found = channels.subscriptions(db, viewer.tenant, viewer.channel)
    return channels.get(db, viewer.tenant, viewer.channel), [one.query for one in found]


def _foreseen(db: Database, queries: Sequence[Query], now: datetime, *, threads: bool) -> Foreseen:
    return foreseen(recent.since(db, now - LATELY), queries, threads=threads)


def _filled(db: Database, viewer: Viewer, view: Json, now: datetime) -> tuple[Shown, Form]:
    base = settings_form.unpacked(view["private_metadata"])
    values = view["state"]["values"]
    form, wrong = settings_form.read(values, now.date())
    typed = values[QUERIES][QUERIES].get("value") or ""
    channel, queries = _now(db, viewer)
    unseen = [query for query in queries if settings_form.mark(query) in base.unseen]
    asked = [*form.queries, *unseen]
    told = wrong[QUERIES].splitlines() if QUERIES in wrong else _foreseen(db, asked, now, threads=form.threads)
    return Shown(base=base, form=form, typed=typed, channel=channel, told=told), form


def _first(viewer: Viewer, form: Form, now: datetime) -> Mistakes | Confirm:
    """What a channel that is new to the bot must be told before anything is stored."""
    channel = settings_form.channel_with(new_channel(viewer, now), form)
    if not form.queries and form.day is None:
        return Mistakes(fields={QUERIES: NOTHING})
    hears = f"hears of {'; '.join(map(meaning, form.queries))}" if form.queries else ""
    gets = f"gets a digest {when(channel)}" if form.day is not None else ""
    said = f"This channel now {joined([part for part in (hears, gets) if part])}."
    return Confirm(
        message=confirmation(viewer, said, now),
        channel=channel,
        subscriptions=tuple(subscription(viewer, query, now) for query in form.queries),
        by=viewer,
        again="press Save",
    )


def _apply(db: Database, by: Viewer, channel: Channel, merged: Merged, now: datetime) -> Channel:
    for query in merged.added:
        settings_store.subscribe(db, by, subscription(by, query, now), now)
    for query in merged.removed:
        settings_store.unsubscribe(db, by, channel.id, query, now)
    after = settings_store.set_threads(db, by, channel, now, on=merged.form.threads)
    return settings_store.set_digest(db, by, after, settings_form.channel_with(after, merged.form), now)


def _outcome(before: Channel, after: Channel, merged: Merged, now: datetime) -> list[Run]:
    told = [
        *(words(clean(f"Now hears of {meaning(query)}.")) for query in merged.added),
        *(words(clean(f"No more {meaning(query)}.")) for query in merged.removed),
    ]
    if before.threads != after.threads:
        said = "is now also a reply in its thread" if after.threads else "now only updates it"
        told.append(words(f"News to a card {said}."))
    if settings_store.digest_typed(before) != settings_store.digest_typed(after):
        told.append(promise(after, now) if after.digest_day is not None else words("No more digest."))
    others = [words(clean(one)) for one in merged.others]
    return [line(words("Saved. "), told[0]), *told[1:], *others] if told else [words("Nothing was changed."), *others]


# From and to Slack


def listen(app: AsyncApp, desk: Desk) -> None:
    """Hears the command, the buttons and the form of a channel's settings."""

    async def typed(command: Json) -> bool:
        return (command.get("text") or "").strip().casefold() == "settings"

    async def by_command(ack: Ack, command: Json, client: AsyncWebClient, respond: Respond) -> None:
        await ack()
        await open_for(desk, client, command, typed_by(command), respond)

    async def by_button(ack: Ack, body: Json, client: AsyncWebClient, respond: Respond) -> None:
        await ack()
        await open_for(desk, client, body, viewer_of(body), respond)

    async def preview(ack: Ack, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await modals.changed(desk, client, body, TITLE, _kindly(_previewing(desk, body)))

    async def save(ack: Ack, body: Json, client: AsyncWebClient) -> None:
        await modals.submitted(desk, client, ack, body, TITLE, _kindly(_saving(desk, body)))

    async def suggest(ack: Ack, payload: Json) -> None:
        now = desk.answers.clock()
        await ack(options=[zones.option(zone, now) for zone in zones.found(payload.get("value") or "")])

    app.command(ANYTHING, matchers=[typed])(by_command)
    app.action(OPEN)(by_button)
    app.action(PREVIEW)(preview)
    app.view(SAVE)(save)
    app.options(ZONE)(suggest)


async def open_for(
    desk: Desk, client: AsyncWebClient, body: Json, viewer: Viewer, respond: Respond | None = None
) -> None:
    """Opens the form for a channel; `body`: with the trigger."""
    view = desk.answers.with_db(looked_up, viewer, desk.answers.clock())
    await modals.opened(desk, client, body, TITLE, view, respond)


async def _previewing(desk: Desk, body: Json) -> Part:
    viewer, now = _viewer(body), desk.answers.clock()
    return await desk.answers.with_db(previewed, viewer, body["view"], now)


async def _saving(desk: Desk, body: Json) -> Part | Mistakes:
    viewer, now = _viewer(body), desk.answers.clock()
    outcome = await desk.answers.with_db(saved, viewer, body["view"], now)
    if not isinstance(outcome, Confirm):
        return outcome
    above = await desk.answers.confirmed(outcome, now)
    if above is not None:
        return await desk.answers.with_db(refused, viewer, body["view"], above, now)
    return settings_view.saved([words("Saved, and told in the channel. What is new comes there.")])


def _viewer(body: Json) -> Viewer:
    """Who uses the form, and the channel that it is for."""
    channel = settings_form.unpacked(body["view"]["private_metadata"]).channel
    return replace(viewer_of(body), channel=channel)


async def _kindly(work: Awaitable[R]) -> R | Part:
    """A form that an older version of the bot made says so."""
    try:
        return await work
    except StaleError as error:
        return settings_view.saved([words(str(error))])
