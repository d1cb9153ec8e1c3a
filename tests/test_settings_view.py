"""The form of a channel's settings over the wire: opened, previewed, corrected, saved; and two people at once."""

import time as clock
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from attribution.query import Query, parse, written
from bot import commands, modals, settings_form, zones
from bot.blocks import strings
from bot.settings_form import DAY, QUERIES, THREADS, TIME, ZONE, Form
from bot.settings_replies import MOST_SUBSCRIPTIONS, OPEN
from bot.settings_view import PREVIEW
from storage import audit, channels
from storage.channels import Channel, Subscription
from storage.db import connect
from tests.slack import Answer, LocalSlack
from tests.slack_limits import mentions
from tests.test_app import IN_TIME, NOW, World, database, locked, served, shown, slack, told, world

__all__ = ["database", "slack", "world"]  # fixtures
Json = dict[str, Any]
TODAY = date(2022, 9, 9)
IRAN = Query(accused=frozenset({"IR"}))


@pytest.fixture
async def by_socket(slack: LocalSlack, database: Any) -> AsyncIterator[World]:
    async with served(slack, database) as world:
        yield world


def filled(text: str = "", *, threads: bool = True, day: str = "off", at: str = "09:00", zone: str = "UTC") -> Json:
    """What the form's fields hold, as Slack tells it."""
    option = {"text": {"type": "plain_text", "text": "News"}, "value": "on"}
    held = {
        QUERIES: {"type": "plain_text_input", "value": text or None},
        THREADS: {"type": "checkboxes", "selected_options": [option] if threads else []},
        DAY: {"type": "static_select", "selected_option": {"value": day}},
        TIME: {"type": "timepicker", "selected_time": at},
        ZONE: {"type": "external_select", "selected_option": {"value": zone}},
    }
    return {name: {name: one} for name, one in held.items()}


async def opened(world: World, user: str = "") -> Json:
    """The form, opened by the command."""
    before = set(world.slack.space.views)
    answer = await world.slack.slash(
        "/attribution", "settings", channel=world.channel, user=user or world.user, url=world.url
    )
    assert answer.failure is None
    assert answer.seconds < IN_TIME
    await world.slack.called("views.open", len(before) + 1)
    (name,) = set(world.slack.space.views) - before
    return world.slack.space.views[name]


async def save(world: World, view: Json, values: Json, user: str = "") -> Answer:
    answer = await world.slack.submit(view, values, user=user or world.user, url=world.url)
    assert answer.failure is None
    assert answer.seconds < IN_TIME
    return answer


def now_shown(world: World, view: Json) -> str:
    return words(world.slack.space.views[view["id"]])


def words(view: Json) -> str:
    assert mentions({"blocks": [block for block in view["blocks"] if block["type"] != "input"]}) == []
    return "\n".join(strings(view)).replace("\u00a0", " ").replace("\u2060", "")


def put(world: World, *queries: str, **settings: Any) -> None:
    """The channel as it is before."""
    with connect(f"sqlite:///{world.database}") as db:
        made = NOW - timedelta(days=60)
        channels.put(db, Channel(tenant="T0LOCAL", id=world.channel, created_at=made, **settings))
        for at, text in enumerate(queries):
            one = Subscription(
                tenant="T0LOCAL",
                channel=world.channel,
                query=parse(text, TODAY),
                created_by="U9",
                created_at=made + timedelta(minutes=at),
            )
            channels.subscribe(db, one)


def kept(world: World) -> tuple[Channel, list[str]]:
    with connect(f"sqlite:///{world.database}") as db:
        channel = channels.get(db, "T0LOCAL", world.channel)
        assert channel is not None
        return channel, [written(one.query) for one in channels.subscriptions(db, "T0LOCAL", world.channel)]


def noted(world: World) -> list[tuple[str, str]]:
    with connect(f"sqlite:///{world.database}") as db:
        return sorted((one.what, one.about) for one in audit.changes(db, "T0LOCAL") if one.channel == world.channel)


# Opening


async def test_the_command_opens_the_form_with_what_the_channel_has(world: World) -> None:
    put(world, "iran", "", digest_day=2, digest_time=time(8, 30), zone="Europe/London", threads=False)
    view = await opened(world)
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert fields[QUERIES]["initial_value"] == "accused:ir\neverything"
    assert "initial_options" not in fields[THREADS]
    assert fields[DAY]["initial_option"]["value"] == "2"
    assert fields[TIME]["initial_time"] == "08:30"
    assert fields[ZONE]["initial_option"]["text"]["text"] == "Europe/London (UTC+01:00)"
    assert "every Tuesday at 08:30 (Europe/London)" in words(view)


async def test_the_list_has_a_button_that_opens_the_form(world: World) -> None:
    listed = shown(await world.slash("list"))
    await world.press(listed, OPEN)
    await world.slack.called("views.open")
    (view,) = world.slack.space.views.values()
    assert view["title"]["text"] == "Settings"


async def test_settings_with_more_behind_it_is_explained(by_socket: World) -> None:
    assert "“settings” takes nothing more" in told(await by_socket.slash("settings iran"))


async def test_a_locked_database_holds_up_neither_the_acknowledgement_nor_the_window(world: World) -> None:
    put(world, "iran", paused_why=None)
    async with locked(world.database) as other:
        view = await opened(world)
        assert "Looking" in words(view)
        other.execute("rollback")
        await world.slack.called("views.update")
    assert "accused:ir" in now_shown(world, view)


async def test_a_paused_channel_says_since_when_and_why_and_is_tried_again(by_socket: World) -> None:
    put(by_socket, "iran")
    with connect(f"sqlite:///{by_socket.database}") as db:
        channels.pause(db, "T0LOCAL", by_socket.channel, NOW - timedelta(hours=2), "not_in_channel")
    told_now = words(await opened(by_socket))
    assert "Paused" in told_now
    assert "13:00 UTC" in told_now  # as a date, in the reader's zone
    assert " since 13:00 UTC" not in told_now
    assert "/invite @attribution-bot" in told_now
    assert kept(by_socket)[0].try_at == NOW


async def test_questions_that_find_no_room_stay_and_are_counted(by_socket: World) -> None:
    long = [f'"{letter * 400}"' for letter in "abcdefghij"]
    put(by_socket, *long)
    view = await opened(by_socket)
    assert "3 more questions found no room here" in words(view)
    field = next(block["element"] for block in view["blocks"] if block.get("block_id") == QUERIES)
    first = field["initial_value"].splitlines()[1:]
    await save(by_socket, view, filled("\n".join(first)))
    assert len(kept(by_socket)[1]) == 9


# The preview


async def test_the_form_says_what_the_last_thirty_days_would_have_posted(world: World) -> None:
    put(world, "iran")
    view = await opened(world)
    said = words(view)
    assert "The last 30 days would have posted" in said
    assert "card" in said
    assert "9 September:" in said


async def test_the_preview_follows_what_is_typed_and_keeps_it(world: World) -> None:
    put(world, "iran")
    view = await opened(world)
    typed = filled("case:1999-1\nkp")
    answer = await world.slack.click(view, PREVIEW, user=world.user, values=typed, url=world.url)
    assert answer.seconds < IN_TIME
    await world.slack.called("views.update")
    said = now_shown(world, view)
    assert "would have posted nothing here" in said
    assert "case:1999-1\nkp" in said
    assert kept(world)[1] == ["accused:ir"]


async def test_a_preview_of_what_cannot_be_read_says_which_line_and_what_would_be_right(by_socket: World) -> None:
    view = await opened(by_socket)
    await by_socket.slack.click(view, PREVIEW, user=by_socket.user, values=filled("iran\nirn"))
    await by_socket.slack.called("views.update")
    said = now_shown(by_socket, view)
    assert "Line 2: " in said
    assert "Did you mean" in said


# Saving


async def test_saving_stores_all_of_it_with_a_note_of_each_change(world: World) -> None:
    put(world, "iran", "by:uk")
    view = await opened(world)
    values = filled("by:uk\nnorth korea\neverything", threads=False, day="5", at="17:30", zone="Asia/Tokyo")
    await save(world, view, values)
    channel, queries = kept(world)
    assert sorted(queries) == ["", "accused:kp", "by:gb"]
    assert (channel.threads, channel.digest_day, channel.digest_time, channel.zone) == (
        False,
        5,
        time(17, 30),
        "Asia/Tokyo",
    )
    assert noted(world) == [
        ("digest", "weekly fri 17:30 Asia/Tokyo"),
        ("subscribe", "accused:kp"),
        ("subscribe", "everything"),
        ("threads", "off"),
        ("unsubscribe", "accused:ir"),
    ]
    said = now_shown(world, view)
    for part in (
        "Saved.",
        "Now hears of every attribution",
        "No more attributions to 🇮🇷 Iran",
        "Friday at 17:30",
    ):
        assert part in said


async def test_saving_what_is_unchanged_changes_nothing(by_socket: World) -> None:
    put(by_socket, "iran", digest_day=1)
    view = await opened(by_socket)
    await save(by_socket, view, filled("iran", day="1"))
    assert "Nothing was changed" in now_shown(by_socket, view)
    assert noted(by_socket) == []


async def test_a_line_that_cannot_be_read_is_told_at_the_field_and_nothing_is_stored(world: World) -> None:
    put(world, "iran")
    view = await opened(world)
    answer = await save(world, view, filled("iran\nkind:sanktions\nby:atlantis", threads=False))
    assert answer.ack is not None
    (problem,) = answer.ack["errors"].values()
    assert answer.ack["errors"].keys() == {QUERIES}
    assert "Line 2: " in problem
    assert "sanctions" in problem
    assert "Line 3: " in problem
    assert kept(world)[0].threads is True


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("everything", [Query()]),
        ("All", [Query()]),
        ("mentions:no", [Query()]),
        ("/attribution subscribe iran", [IRAN]),
        ("subscribe iran\n\n  iran  \nIRAN", [IRAN]),
        ("subscribe", [Query()]),
        ("", []),
    ],
)
def test_a_line_may_be_what_is_typed_as_a_command(typed: str, means: list[Query]) -> None:
    assert settings_form.read_queries(typed, TODAY) == (tuple(means), [])


def test_too_many_and_too_long_questions_are_told() -> None:
    many = "\n".join(f'"word {number}"' for number in range(MOST_SUBSCRIPTIONS + 1))
    assert "more than the 20" in settings_form.read_queries(many, TODAY)[1][0]
    assert "longer than 500 characters" in settings_form.read_queries(f'"{"x" * 501}"', TODAY)[1][0]


async def test_a_new_channel_is_told_first_and_then_stored(world: World) -> None:
    view = await opened(world)
    await save(world, view, filled("iran\nkp", threads=False, day="1", zone="Europe/London"))
    (message,) = world.slack.messages(world.channel)
    for part in ("🇮🇷", "🇰🇵", "gets a digest every Monday at 09:00 (Europe/London)"):
        assert part in message.text.replace("\u00a0", " ")
    channel, queries = kept(world)
    assert sorted(queries) == ["accused:ir", "accused:kp"]
    assert (channel.threads, channel.digest_day, channel.zone) == (False, 1, "Europe/London")
    assert [what for what, _ in noted(world)] == ["digest", "subscribe", "subscribe", "threads"]
    assert "Saved" in now_shown(world, view)


async def test_where_slack_refuses_nothing_is_stored_and_the_form_says_how_to_invite_the_bot(world: World) -> None:
    elsewhere = replace(world, channel=world.slack.channel("elsewhere", "private", member=False))
    view = await opened(elsewhere)
    await save(elsewhere, view, filled("iran", day="3"))
    said = now_shown(elsewhere, view)
    assert "/invite @attribution-bot" in said
    assert "press Save again" in said
    assert "Nothing is stored" in said
    field = next(one for one in world.slack.space.views[view["id"]]["blocks"] if one.get("block_id") == QUERIES)
    assert field["element"]["initial_value"] == "iran"
    with connect(f"sqlite:///{world.database}") as db:
        assert channels.get(db, "T0LOCAL", elsewhere.channel) is None
    assert [method for method, _ in world.slack.refusals] == ["chat.postMessage"]
    world.slack.refusals.clear()


async def test_a_form_for_a_new_channel_with_nothing_in_it_says_what_to_write(by_socket: World) -> None:
    view = await opened(by_socket)
    answer = await save(by_socket, view, filled())
    assert answer.ack is not None
    assert "write a question" in answer.ack["errors"][QUERIES]


async def test_a_save_that_waits_for_the_database_is_acknowledged_in_time_and_done_later(world: World) -> None:
    put(world, "iran")
    view = await opened(world)
    async with locked(world.database) as other:
        await save(world, view, filled("iran\nkp"))
        assert "Looking" in now_shown(world, view)
        other.execute("rollback")
        await world.slack.called("views.update")
    assert "Saved" in now_shown(world, view)
    assert len(kept(world)[1]) == 2


async def test_a_form_of_an_older_version_says_so(by_socket: World) -> None:
    put(by_socket, "iran")
    view = await opened(by_socket)
    for stale, values in ((view | {"private_metadata": "{}"}, filled("iran")), (view, {})):
        await save(by_socket, stale, values)
        assert "before the bot was renewed" in now_shown(by_socket, view)
    assert kept(by_socket)[1] == ["accused:ir"]


# Two people at once


async def test_who_saves_later_undoes_nothing_of_who_saved_first(world: World) -> None:
    put(world, "iran", "by:uk", digest_day=1)
    bob = world.slack.user("bob")
    first, second = await opened(world), await opened(world, bob)
    await save(world, first, filled("iran\nnorth korea", threads=False, day="2"))
    await save(world, second, filled("iran\nby:uk\nrussia", day="1", at="10:00"), bob)
    channel, queries = kept(world)
    assert sorted(queries) == ["accused:ir", "accused:kp", "accused:ru"]
    assert (channel.threads, channel.digest_day, channel.digest_time) == (False, 2, time(10))
    said = now_shown(world, second)
    assert "“accused:kp” was added meanwhile by somebody else: it stays" in said
    assert "“by:gb” was taken back meanwhile by somebody else: it stays away" in said
    assert "The day of the digest was changed meanwhile by somebody else: it stays so" in said


async def test_of_two_changes_of_the_same_setting_the_later_is_taken_and_told(by_socket: World) -> None:
    put(by_socket, "iran", digest_day=1)
    first, second = await opened(by_socket), await opened(by_socket)
    await save(by_socket, first, filled("iran", day="2"))
    await save(by_socket, second, filled("iran", day="3"))
    assert kept(by_socket)[0].digest_day == 3
    assert "yours is taken instead" in now_shown(by_socket, second)


async def test_with_what_others_added_a_channel_gets_no_more_than_it_may_have(by_socket: World) -> None:
    put(by_socket, *(f'"word {number}"' for number in range(MOST_SUBSCRIPTIONS - 1)))
    first, second = await opened(by_socket), await opened(by_socket)
    old = "\n".join(f'"word {number}"' for number in range(MOST_SUBSCRIPTIONS - 1))
    await save(by_socket, first, filled(f"{old}\niran"))
    answer = await save(by_socket, second, filled(f"{old}\nkp"))
    assert answer.ack is not None
    assert "open it again" in answer.ack["errors"][QUERIES]
    assert len(kept(by_socket)[1]) == MOST_SUBSCRIPTIONS


def test_a_form_that_is_packed_is_unpacked_as_it_was() -> None:
    queries = tuple(parse(f'"word {number}"', TODAY) for number in range(MOST_SUBSCRIPTIONS))
    base = settings_form.base_of("C1", Form(queries=queries, threads=False, day=3, at=time(7, 5), zone="Asia/Tokyo"))
    assert settings_form.unpacked(settings_form.packed(base)) == base
    assert len(settings_form.packed(base)) < 3000


# Zones


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("london", "Europe/London"),
        ("New York", "America/New_York"),
        ("Germany", "Europe/Berlin"),
        ("japan", "Asia/Tokyo"),
        ("utc", "UTC"),
        ("lndon", "Europe/London"),
        ("", "UTC"),
        ("EUROPE/PARIS", "Europe/Paris"),
    ],
)
async def test_a_zone_is_found_by_city_country_or_nearly_so(by_socket: World, typed: str, first: str) -> None:
    view = await opened(by_socket)
    options = await by_socket.slack.suggest(view, ZONE, typed, user=by_socket.user)
    assert options[0]["value"] == first


async def test_zones_are_suggested_over_both_transports_and_none_for_nonsense(world: World) -> None:
    view = await opened(world)
    assert await world.slack.suggest(view, ZONE, "qqqq", user=world.user, url=world.url) == []
    assert len(await world.slack.suggest(view, ZONE, "a", user=world.user, url=world.url)) == zones.MOST


def test_every_zone_can_be_found_and_fits_into_a_menu() -> None:
    for zone in commands.zones().values():
        assert zone in zones.found(zone)
        assert len(zones.option(zone, NOW)["text"]["text"]) < 75


# The commands


async def test_every_change_by_command_is_noted_with_who_made_it(world: World) -> None:
    for typed in (
        "subscribe iran",
        "subscribe",
        "threads off",
        "threads off",
        "digest weekly tue 8 Europe/London",
        "digest off",
        "unsubscribe iran",
        "unsubscribe iran",
    ):
        assert told(await world.slash(typed))
    assert noted(world) == [
        ("digest", "off"),
        ("digest", "weekly tue 08:00 Europe/London"),
        ("subscribe", "accused:ir"),
        ("subscribe", "everything"),
        ("threads", "off"),
        ("unsubscribe", "accused:ir"),
    ]
    with connect(f"sqlite:///{world.database}") as db:
        assert {one.user for one in audit.changes(db, "T0LOCAL")} == {world.user}


async def test_a_refused_subscription_is_not_noted(by_socket: World) -> None:
    elsewhere = replace(by_socket, channel=by_socket.slack.channel("elsewhere", member=False))
    assert "/invite" in told(await elsewhere.slash("subscribe iran"))
    assert noted(elsewhere) == []


async def test_what_came_of_a_late_saving_is_shown_after_its_acknowledgement(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world)
    view = await opened(world)
    monkeypatch.setattr(modals, "SOON", 0)  # so that it is done right after it was called late
    answer = await save(world, view, filled("iran"))
    acknowledged = clock.monotonic()
    assert answer.ack is not None
    assert modals.LOOKING in words(answer.ack["view"])
    await world.slack.called("views.update")
    (update,) = (call for call in world.slack.calls if call.method == "views.update")
    assert update.at - acknowledged > modals.SENT_WITHIN / 2
    assert "Saved" in now_shown(world, view)
