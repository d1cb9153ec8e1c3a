"""The app's home over the wire: what a new and a busy workspace see, who may know what, and when the bot is slow."""

import asyncio
import json
import time
from datetime import date, timedelta
from typing import Any

import pytest

from attribution.model import Feed
from attribution.query import parse
from bot import home, manifest, modals, overviews
from bot.blocks import strings
from bot.home import CHOOSE, REFRESH, SETTINGS
from bot.reply import Viewer
from storage import audit, channels, claims, feeds
from storage.channels import Channel, Subscription
from storage.db import connect, run, transaction
from tests.card_samples import ALBANIA, UK_CONDEMNS
from tests.slack import Answer
from tests.slack_limits import mentions
from tests.test_app import IN_TIME, NOW, World, by_socket, database, slack, world

__all__ = ["by_socket", "database", "slack", "world"]  # fixtures
Json = dict[str, Any]
TODAY = date(2022, 9, 9)


async def visit(world: World, user: str = "") -> Answer:
    """Opens the home."""
    event = {"type": "app_home_opened", "user": user or world.user, "channel": "D0", "tab": "home"}
    answer = await world.slack.event(event, url=world.url)
    assert answer.failure is None
    assert answer.seconds < IN_TIME
    return answer


async def seen(world: World, user: str = "", count: int = 1) -> Json:
    await visit(world, user)
    await world.slack.called("views.publish", count)
    return world.slack.space.homes[user or world.user]


def words(view: Json) -> str:
    assert mentions(view) == []
    return "\n".join(strings(view)).replace("\u00a0", " ").replace("\u2060", "")


def subscribe(world: World, channel: str, text: str, by: str, **settings: Any) -> None:
    made = NOW - timedelta(days=20)
    with connect(f"sqlite:///{world.database}") as db:
        channels.put(db, Channel(tenant="T0LOCAL", id=channel, created_at=made, **settings))
        query = parse(text, TODAY)
        channels.subscribe(
            db, Subscription(tenant="T0LOCAL", channel=channel, query=query, created_by=by, created_at=made)
        )


def fare_of(channel: str) -> home.Fare:
    return home.Fare(channel=Channel(tenant="T0LOCAL", id=channel, created_at=NOW), count=0, subscriptions=())


def parts(view: Json, kind: str) -> list[Json]:
    return [block for block in view["blocks"] if block["type"] == kind]


async def test_a_new_workspace_is_told_the_first_steps_with_the_exact_commands(world: World) -> None:
    shown = words(await seen(world))
    for command in ("/invite @attribution-bot", "/attribution subscribe iran", "/attribution settings"):
        assert command in shown
    assert "Channels" not in shown


async def test_the_steps_of_the_home_lead_to_a_subscribed_channel(by_socket: World) -> None:
    for typed, _ in home.STEPS:
        if typed.startswith("/attribution "):
            answer = await by_socket.slash(typed.removeprefix("/attribution "))
            assert answer.failure is None
    assert by_socket.subscribed() == ["IR"]


async def test_a_busy_workspace_sees_each_channel_with_how_it_fares(world: World) -> None:
    other = world.slack.channel("quiet")
    subscribe(world, world.channel, "iran by:uk", world.user, digest_day=1)
    subscribe(world, other, "kp", world.user)
    with connect(f"sqlite:///{world.database}") as db:
        channels.pause(db, "T0LOCAL", other, NOW - timedelta(days=1), "is_archived")
    view = await seen(world)
    shown = words(view)
    for part in (
        world.channel,
        other,
        "Paused",
        "This channel is archived",
        "Hears of accused:ir by:gb",
        "next digest",
        "No message yet",
        "no digest",
    ):
        assert part in shown
    assert shown.index(other) < shown.index(world.channel), "what is paused comes first"


async def test_the_latest_cases_are_there_one_row_each_with_their_details(world: World) -> None:
    view = await seen(world)
    rows = [block for block in parts(view, "section") if block.get("accessory", {}).get("value") == "2022-17"]
    assert len(rows) == 1
    assert "case 2022-17" in rows[0]["text"]["text"]
    assert rows[0]["accessory"]["action_id"] == "details_open"


async def test_what_belongs_to_another_workspace_is_not_seen(by_socket: World) -> None:
    with connect(f"sqlite:///{by_socket.database}") as db:
        run(db, "update claims set owner = 'T9', case_id = null")
        channels.put(db, Channel(tenant="T9", id="C9", created_at=NOW))
    shown = words(await seen(by_socket))
    assert "C9" not in shown
    assert ALBANIA.id not in shown
    assert home.NO_CASES in shown


async def test_only_who_was_in_a_channel_sees_its_questions(world: World) -> None:
    subscribe(world, world.channel, '"our own customer"', world.user)
    stranger, guest = world.slack.user("eve"), world.slack.user("bob")
    with connect(f"sqlite:///{world.database}") as db, transaction(db):
        audit.note(db, tenant="T0LOCAL", user=guest, channel=world.channel, what="threads", about="off", now=NOW)
    hidden = await seen(world, stranger)
    assert "our own customer" not in words(hidden)
    assert "1 question" in words(hidden)
    assert SETTINGS not in words(hidden)
    for count, known in enumerate((world.user, guest), 2):
        view = await seen(world, known, count)
        assert "our own customer" in words(view)
        assert SETTINGS in words(view)


async def test_no_channels_name_is_ever_shown_but_by_slack_itself(by_socket: World) -> None:
    private = by_socket.slack.channel("secret-plans", "private")
    subscribe(by_socket, private, "iran", by_socket.user)
    view = await seen(by_socket)
    assert "secret-plans" not in words(view)
    mentioned = [
        part
        for block in parts(view, "rich_text")
        for one in block["elements"]
        for part in one["elements"]
        if part.get("type") == "channel"
    ]
    assert mentioned == [{"type": "channel", "channel_id": private}]


async def test_a_button_opens_the_settings_of_its_channel(world: World) -> None:
    subscribe(world, world.channel, "iran", world.user)
    view = await seen(world)
    answer = await world.slack.click(view, SETTINGS, user=world.user, url=world.url)
    assert answer.seconds < IN_TIME
    await world.slack.called("views.open")
    (form,) = world.slack.space.views.values()
    assert "accused:ir" in words(form)


async def test_what_was_done_a_month_ago_no_longer_shows_that_somebody_is_in_a_channel(by_socket: World) -> None:
    subscribe(by_socket, by_socket.channel, "iran", "U9")
    bob, eve = by_socket.slack.user("bob"), by_socket.slack.user("eve")
    with connect(f"sqlite:///{by_socket.database}") as db, transaction(db):
        for user, days in ((bob, 29), (eve, 31)):
            at = NOW - timedelta(days=days)
            audit.note(db, tenant="T0LOCAL", user=user, channel=by_socket.channel, what="w", about="a", now=at)
        run(db, "update subscriptions set created_by = :eve, created_at = '2020-01-01T00:00:00Z'", eve=eve)
    assert "Hears of accused:ir" in words(await seen(by_socket, bob))
    lately = words(await seen(by_socket, eve, 2))
    assert "1 question" in lately
    assert SETTINGS not in lately


async def test_the_settings_of_a_private_channel_open_only_where_slack_offers_it(by_socket: World) -> None:
    private = by_socket.slack.channel("secret", "private")
    subscribe(by_socket, private, "iran", by_socket.user)
    view = await seen(by_socket)
    assert SETTINGS not in words(view)
    old = home.view(home.Home(channels=[fare_of(by_socket.channel)], feeds="All is well."), NOW)
    stale = json.loads(json.dumps({**old, "id": view["id"]}).replace(by_socket.channel, private))
    await by_socket.slack.click(stale, SETTINGS, user=by_socket.user)
    await by_socket.slack.called("views.publish", 2)
    assert by_socket.slack.space.views == {}
    await by_socket.slack.click(view, CHOOSE, user=by_socket.user, chosen={"selected_conversation": private})
    await by_socket.slack.called("views.open")


async def test_any_channel_that_slack_offers_may_be_chosen(world: World) -> None:
    subscribe(world, world.channel, "iran", "U9")
    view = await seen(world)
    assert "another channel that you can see" in words(view)
    await world.slack.click(
        view, CHOOSE, user=world.user, chosen={"selected_conversation": world.channel}, url=world.url
    )
    await world.slack.called("views.open")
    (form,) = world.slack.space.views.values()
    assert world.channel in form["private_metadata"]
    assert "Everybody who can see it may change this" in words(form)


async def test_refreshing_shows_what_is_new(world: World) -> None:
    view = await seen(world)
    subscribe(world, world.channel, "iran", world.user)
    await world.slack.click(view, REFRESH, user=world.user, url=world.url)
    await world.slack.called("views.publish", 2)
    assert world.channel in words(world.slack.space.homes[world.user])


async def test_the_home_counts_the_feeds_that_the_list_of_feeds_does(world: World) -> None:
    own = Feed(
        id="own", publisher=UK_CONDEMNS.publisher, url="https://www.example.org/own", language="en", owner="T0LOCAL"
    )
    with connect(f"sqlite:///{world.database}") as db:
        before = overviews.feeds_told(db, Viewer(tenant="T0LOCAL", channel="", user=world.user))
        feeds.put(db, [(own, feeds.REMOVED)])
    assert before in words(await seen(world)), "what was removed is not there any more"


async def test_the_messages_tab_is_left_alone(by_socket: World) -> None:
    await by_socket.slack.event({"type": "app_home_opened", "user": by_socket.user, "tab": "messages"})
    await asyncio.sleep(0.1)
    assert by_socket.slack.space.homes == {}


async def test_a_slow_look_up_says_that_it_is_under_way(by_socket: World, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = claims.find

    def slow(*asked: Any, **how: Any) -> Any:
        time.sleep(1.3)
        return usual(*asked, **how)

    monkeypatch.setattr(claims, "find", slow)
    await visit(by_socket)
    calls = await by_socket.slack.called("views.publish", 2)
    assert "Looking" in words(calls[0]["view"])
    assert "Latest cases" in words(by_socket.slack.space.homes[by_socket.user])


async def test_a_home_that_cannot_be_looked_up_says_so_and_can_be_refreshed(world: World) -> None:
    with connect(f"sqlite:///{world.database}") as db:
        run(db, "update claims set claim = 'broken'")
    view = await seen(world)
    assert modals.SORRY in words(view)
    assert REFRESH in words(view)


async def test_a_failure_where_nobody_can_be_answered_is_logged(
    by_socket: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Any) -> Any:
        raise ValueError("broken")

    monkeypatch.setattr(home, "said", broken)
    with connect(f"sqlite:///{by_socket.database}") as db:
        run(db, "update claims set claim = 'broken'")
    await visit(by_socket)
    async with asyncio.timeout(5):
        logged = ""
        while "there is nowhere to answer" not in logged:
            await asyncio.sleep(0.05)
            logged += "".join(capsys.readouterr())
    assert "an answer failed" in logged


def test_many_channels_fit_into_what_slack_takes() -> None:
    fares = [
        home.Fare(channel=Channel(tenant="T", id=f"C{number}", created_at=NOW), count=3, subscriptions=())
        for number in range(80)
    ]
    view = home.view(home.Home(channels=fares, latest=[UK_CONDEMNS] * 9, feeds="All is well."), NOW)
    assert len(view["blocks"]) <= 100
    assert "and 55 other channels" in words(view)


def test_the_home_is_switched_on_in_the_manifest() -> None:
    assert manifest.manifest()["features"]["app_home"]["home_tab_enabled"] is True
