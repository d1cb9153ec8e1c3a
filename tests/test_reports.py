"""What people do about cards, over the wire: details, reports, taking them back, hiding; in time, and kindly."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from attribution.announce import Heard
from attribution.query import Query, parse
from bot import announce, casework, details, marks, modals, report_desk, report_view, reports
from bot.announce import News
from bot.answering import BUSY, open_answers
from bot.app import PATH, serving
from bot.deliver import deliver
from bot.slack import Slack, open_slack
from bot.tools import Tools, open_tools
from feeds.guard import public_only
from storage import audit, cards, channels, claims, feedback
from storage import db as storage_db
from storage.channels import Channel, Subscription
from storage.db import connect, rows, run, transaction
from storage.feedback import Wrong
from tests.card_samples import US_SANCTIONS
from tests.slack import Answer, LocalSlack, Message
from tests.slack_limits import problems
from tests.stocked import STATEMENTS, stock, store
from tests.test_app import free_port, locked, settings_for

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)
CASE, TEAM, OTHER_TEAM = "2022-17", "T0LOCAL", "T0OTHER"
IN_TIME = 1.5  # seconds: half of a trigger's three
Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class World:
    """A workspace with a card in a channel that Grace subscribed, seen by Ada, Grace and the admin Alan."""

    slack: LocalSlack
    database: Path
    tools: Tools
    far: Slack
    url: str | None
    channel: str = ""
    ada: str = ""
    grace: str = ""
    alan: str = ""
    seconds: int = 0

    def now(self) -> datetime:
        """Later each time it is looked at."""
        self.seconds += 1
        return NOW + timedelta(seconds=self.seconds)

    def connect(self) -> Any:
        return connect(f"sqlite:///{self.database}")

    async def deliver(self) -> None:
        await deliver(self.tools, self.far, self.now(), TEAM)

    def card(self) -> Message:
        """The channel's first message, its card."""
        return self.slack.messages(self.channel)[0]

    async def press(self, what: Json | Message, action: str, user: str = "") -> Answer:
        return await self.slack.click(what, action, user=user or self.ada, channel=self.channel, url=self.url)

    async def open(self, action: str, user: str = "", what: Json | Message | None = None) -> Json:
        """What a window shows that a button of the card opens."""
        before = sum(one.method == "views.open" for one in self.slack.calls)
        answer = await self.press(what or self.card(), action, user)
        assert answer.failure is None
        await self.slack.called("views.open", before + 1)
        return self.window()

    def window(self) -> Json:
        """The window opened or changed last."""
        return list(self.slack.space.views.values())[-1]

    async def turned(self, what: Json, action: str, user: str = "") -> Json:
        """What a window shows after a button in it was pressed."""
        before = sum(one.method == "views.update" for one in self.slack.calls)
        answer = await self.press(what, action, user)
        assert answer.failure is None
        await self.slack.called("views.update", before + 1)
        return self.slack.space.views[what["id"]]

    async def submit(self, view: Json, user: str = "", **filled: Any) -> Answer:
        values = values_of(view) | {name: {f"report_{name}": held} for name, held in filled.items()}
        return await self.slack.submit(view, values, user=user or self.ada, url=self.url)

    async def report(self, kind: Wrong = Wrong.ACCUSED, user: str = "", **filled: Any) -> Json:
        """What the window shows after somebody reported the card."""
        answer = await self.submit(await self.open(marks.REPORT, user), user, kind=chosen(kind), **filled)
        assert answer.failure is None
        assert answer.seconds < IN_TIME
        await self.deliver()
        return self.window()


def values_of(view: Json) -> Json:
    """A window's inputs as Slack sends them where nobody changed anything."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    first = {"selected_option": None, "value": None}
    return {
        block["block_id"]: {
            block["element"]["action_id"]: first | {"selected_option": block["element"].get("initial_option")}
        }
        for block in inputs
    }


def chosen(value: object) -> Json:
    return {"selected_option": {"value": str(value)}}


def typed(text: str) -> Json:
    return {"value": text}


def words(payload: Any) -> str:
    """Every text of a window or message."""
    found = [
        part["text"] for part in dicts(payload) if isinstance(part.get("text"), str) and part.get("type") != "message"
    ]
    return " ".join(found).replace("\u00a0", " ").replace("\u2060", "")


def dicts(value: Any) -> list[Json]:
    if isinstance(value, dict):
        return [value, *(one for item in value.values() for one in dicts(item))]
    return [one for item in value for one in dicts(item)] if isinstance(value, list) else []


def actions(message: Message) -> list[str]:
    return [part["action_id"] for part in dicts(message.blocks) if "action_id" in part]


def prepare(db: Database, tenant: str, channel: str, by: str) -> None:
    """A channel that somebody subscribed, with the card of the case queued as ingesting queues it."""
    with transaction(db):
        channels.put(db, Channel(tenant=tenant, id=channel, created_at=NOW))
        query = parse("iran", NOW.date())
        channels.subscribe(db, Subscription(tenant=tenant, channel=channel, query=query, created_by=by, created_at=NOW))


def tell(db: Database, claim: int, added: str = "case", **more: Any) -> None:
    with transaction(db):
        (found,) = claims.get(db, [claim])
        news = News(found=found, case=CASE, added=frozenset({added}), heard=Heard.FRESH, stronger=False)
        announce.announce(db, claim, [replace(news, **more)], NOW)


@asynccontextmanager
async def served(slack: LocalSlack, database: Path, *, http: bool) -> AsyncIterator[World]:
    port, url = free_port(), None
    over: Json = {"slack_app_token": slack.app_token}
    if http:
        over, url = {"slack_signing_secret": slack.signing_secret, "port": port}, f"http://127.0.0.1:{port}{PATH}"
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(open_slack(slack.bot_token, slack.url, pace=0))
        tools = await stack.enter_async_context(open_tools(f"sqlite:///{database}", public_only))
        world = World(slack=slack, database=database, tools=tools, far=far, url=url)
        answers = await stack.enter_async_context(open_answers(f"sqlite:///{database}", far, world.now))
        await stack.enter_async_context(serving(settings_for(slack, **over), answers, tools))
        if not http:
            await slack.connected()
        world.channel = slack.channel("news")
        world.ada, world.grace = slack.user("ada"), slack.user("grace")
        world.alan = slack.user("alan", admin=True)
        with world.connect() as db:
            stock(db, STATEMENTS)
            prepare(db, TEAM, world.channel, world.grace)
            prepare(db, OTHER_TEAM, "C0OTHER", "U0OTHER")
            tell(db, 1)
            run(db, "update outbox set state = 'sent' where tenant = :tenant", tenant=OTHER_TEAM)
            run(db, "update cards set ts = '1.0' where tenant = :tenant", tenant=OTHER_TEAM)
        await world.deliver()
        yield world


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with (
        LocalSlack(paced=False) as slack,
        served(slack, tmp_path / "test.db", http=request.param == "http") as world,
    ):
        yield world
        assert slack.refusals == []
        assert slack.socket.stray == []


@pytest.fixture
async def by_socket(tmp_path: Path) -> AsyncIterator[World]:
    async with LocalSlack(paced=False) as slack, served(slack, tmp_path / "test.db", http=False) as world:
        yield world


# Details


async def test_details_open_in_time_with_every_statement_and_its_post(world: World) -> None:
    began = asyncio.get_running_loop().time()
    view = await world.open(marks.DETAILS)
    assert asyncio.get_running_loop().time() - began < IN_TIME
    said = words(view)
    for one in STATEMENTS:
        if one.case == CASE:
            assert one.claim.quote in said
            assert one.url in json.dumps(view)
    assert "sha256:" in said
    assert "homeland justice" in said.casefold()


async def test_details_that_take_long_say_so_and_come_then(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modals, "SOON", 0)
    await world.press(world.card(), marks.DETAILS)
    await world.slack.called("views.update")
    (opened,) = [one.args for one in world.slack.calls if one.method == "views.open"]
    assert modals.LOOKING in words(json.loads(opened["view"]) if isinstance(opened["view"], str) else opened["view"])
    assert "National Cyber Security Centre" in words(world.window())


async def test_a_locked_database_delays_no_details(by_socket: World) -> None:
    async with locked(by_socket.database):
        assert "National Cyber Security Centre" in words(await by_socket.open(marks.DETAILS))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("expired_trigger_id", modals.NOT_OPENED),
        ("exchanged_trigger_id", modals.NOT_OPENED),
        ("trigger_exchanged", modals.NOT_OPENED),
        ("invalid_arguments", modals.SORRY),
    ],
)
async def test_a_window_that_slack_does_not_open_is_told_as_it_is(by_socket: World, code: str, said: str) -> None:
    by_socket.slack.next("views.open", code)
    answer = await by_socket.press(by_socket.card(), marks.DETAILS)
    (told,) = await answer.said(1)
    assert said in told["text"]
    assert told["replace_original"] is False


async def test_details_that_fail_say_so(by_socket: World, capsys: pytest.CaptureFixture[str]) -> None:
    with by_socket.connect() as db:
        run(db, "update claims set claim = 'broken'")
    assert modals.SORRY in words(await by_socket.open(marks.DETAILS))
    assert "a window failed" in "".join(capsys.readouterr())


async def test_details_of_an_answer_stand_beside_sharing_it(world: World) -> None:
    answer = await world.slack.slash(
        "/attribution", f"case:{CASE}", channel=world.channel, user=world.ada, url=world.url
    )
    payload = answer.messages[-1]
    assert [part["action_id"] for part in dicts(payload) if "action_id" in part] == ["page_share", marks.DETAILS]
    assert CASE in words(await world.open(marks.DETAILS, what=payload))


async def test_details_of_a_case_that_was_merged_are_those_of_the_other(by_socket: World) -> None:
    card = by_socket.card()
    with by_socket.connect() as db:
        casework.merge(db, CASE, "2025-12", NOW)
    view = await by_socket.open(marks.DETAILS, what=card)
    assert view["title"]["text"] == "Case 2025-12"
    assert f"Case {CASE} is now part of this case." in words(view)


async def test_pages_of_details_are_turned_in_the_window(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "PAGE_ITEMS", 2)
    first = await world.open(marks.DETAILS)
    second = await world.turned(first, details.AFTER)
    assert "Page 2 of" in words(second)
    assert {block["type"] for block in second["blocks"]} >= {"header", "actions"}
    again = await world.turned(second, details.BEFORE)
    assert again["blocks"] == first["blocks"]


# Reports


async def test_a_report_marks_the_card_at_once_and_taking_it_back_cleans_it(world: World) -> None:
    clean = world.card().blocks
    assert actions(world.card()) == [marks.DETAILS, marks.REPORT]
    thanks = await world.report(instead=typed("Russia"), words=typed("See <!channel> the *annex*"))
    assert "you dispute it: wrong accused, rather 🇷🇺 Russia" in words(thanks)
    card = world.card()
    assert (
        f"Disputed by <@{world.ada}>: wrong accused (statement of 🇬🇧\u00a0United Kingdom), rather 🇷🇺\u00a0Russia"
        in card.text
    )
    assert "&lt;!channel&gt;" in card.text
    assert problems(card.as_json() | {"unfurl_links": False, "unfurl_media": False}) == []
    assert "Disputed" in words(await world.open(marks.DETAILS))
    undone = await world.turned(thanks, report_view.UNDO)
    assert reports.TAKEN_BACK in words(undone)
    await world.deliver()
    assert world.card().blocks == clean
    with world.connect() as db:
        assert [one.what for one in audit.changes(db, TEAM)] == ["undo report", "report"]
        assert feedback.every(db) == []


async def test_a_report_is_never_seen_in_another_workspace(by_socket: World) -> None:
    await by_socket.report()
    with by_socket.connect() as db:
        updates = rows(db, "select tenant from outbox where op = 'update'")
        assert [found["tenant"] for found in updates] == [TEAM]
        assert feedback.standing(db, OTHER_TEAM, CASE) == []


async def test_a_card_opened_later_says_that_its_case_is_disputed(by_socket: World) -> None:
    await by_socket.report(Wrong.NOT_ATTRIBUTION)
    with by_socket.connect() as db:
        tell(db, 7, "kind", stronger=True)
    await by_socket.deliver()
    assert "Disputed by" in by_socket.slack.messages(by_socket.channel)[-1].text


async def test_a_second_report_of_a_person_stands_in_place_of_the_first(by_socket: World) -> None:
    await by_socket.report(Wrong.ACCUSED)
    await by_socket.report(Wrong.ACCUSER, instead=typed("us"))
    assert by_socket.card().text.count("Disputed by") == 1
    assert "wrong accuser" in by_socket.card().text


async def test_only_who_reported_it_or_an_admin_takes_a_report_back(world: World) -> None:
    await world.report()
    view = await world.open(marks.REPORT, world.grace)
    assert report_desk.NOT_YOURS in words(await world.turned(view, report_view.UNDO, world.grace))
    await world.deliver()
    assert "Disputed" in world.card().text
    view = await world.open(marks.REPORT, world.alan)
    assert reports.TAKEN_BACK in words(await world.turned(view, report_view.UNDO, world.alan))
    view = await world.turned(view | {"id": world.window()["id"]}, report_view.UNDO, world.alan)
    assert reports.ALREADY in words(view)


@pytest.mark.parametrize(
    ("kind", "filled", "field"),
    [
        (Wrong.ACCUSED, {"instead": typed("Atlantis")}, "instead"),
        (Wrong.CASE, {"instead": typed("1999-1")}, "instead"),
        (Wrong.MISSED, {}, "link"),
        (Wrong.MISSED, {"link": typed("javascript:alert(1)")}, "link"),
    ],
)
async def test_what_is_filled_in_wrongly_is_said_at_its_field(
    by_socket: World, kind: Wrong, filled: Json, field: str
) -> None:
    answer = await by_socket.submit(await by_socket.open(marks.REPORT), kind=chosen(kind), **filled)
    assert answer.ack is not None
    assert list(answer.ack["errors"]) == [field]
    with by_socket.connect() as db:
        assert feedback.every(db) == []


async def test_what_was_missed_is_kept_with_its_link_and_changes_no_card(world: World) -> None:
    clean = world.card().blocks
    thanks = await world.report(Wrong.MISSED, link=typed("https://www.example.org/missed?utm_source=x"))
    assert "no card changes" in words(thanks)
    with world.connect() as db:
        (report,) = feedback.every(db)
    assert (report.said.link, report.said.claim) == ("https://www.example.org/missed", None)
    assert world.card().blocks == clean
    assert reports.TAKEN_BACK in words(await world.turned(thanks, report_view.UNDO))


async def test_a_report_while_the_database_is_busy_is_made_as_soon_as_it_can_be(world: World) -> None:
    view = await world.open(marks.REPORT)
    async with locked(world.database) as other:
        answer = await world.submit(view, kind=chosen(Wrong.ACCUSED))
        assert answer.seconds < IN_TIME
        assert modals.LOOKING in words(world.window())
        other.execute("rollback")
        await world.slack.called("views.update")
    assert "Thank you" in words(world.window())


async def test_a_report_that_the_database_never_takes_is_told(
    by_socket: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_db, "BUSY_MS", 1500)
    view = await by_socket.open(marks.REPORT)
    async with locked(by_socket.database):
        await by_socket.submit(view, kind=chosen(Wrong.ACCUSED))
        await by_socket.slack.called("views.update", within=10)
    assert BUSY in words(by_socket.window())
    with by_socket.connect() as db:
        assert feedback.every(db) == []


async def test_a_statement_withdrawn_meanwhile_is_not_reported(by_socket: World) -> None:
    view = await by_socket.open(marks.REPORT)
    with by_socket.connect() as db:
        claims.withdraw(db, 1, NOW, "the post no longer says so")
    await by_socket.submit(view, kind=chosen(Wrong.ACCUSED))
    assert reports.WITHDRAWN in words(by_socket.window())


@pytest.mark.parametrize("value", ["2025-12", "1999-1", "'; drop table cards; --"])
async def test_a_button_with_another_case_changes_nothing(by_socket: World, value: str) -> None:
    stale = {"blocks": [{"type": "actions", "elements": [marks.report(value), marks.button(marks.SHOW, "?", value)]}]}
    assert reports.STALE in words(await by_socket.open(marks.REPORT, what=stale))
    shown = await by_socket.press(stale, marks.SHOW, by_socket.alan)
    assert reports.STALE in (await shown.said(1))[0]["text"]


async def test_another_workspaces_report_and_channel_are_out_of_reach(by_socket: World) -> None:
    with by_socket.connect() as db:
        said = feedback.Said(kind=Wrong.ACCUSED, case=CASE, claim=1)
        for _ in range(3):
            feedback.add(db, said, tenant=OTHER_TEAM, user="U0OTHER", channel="C0OTHER", now=NOW)
    view = await by_socket.open(marks.REPORT)
    forged = view | {"blocks": [{"type": "actions", "elements": [marks.button(report_view.UNDO, "?", "3")]}]}
    assert reports.NONE_SUCH in words(await by_socket.turned(forged, report_view.UNDO, by_socket.alan))
    elsewhere = view | {"private_metadata": report_view.ids(CASE, "C0OTHER")}
    await by_socket.submit(elsewhere, by_socket.alan, kind=chosen(Wrong.ACCUSED))
    assert reports.STALE in words(by_socket.window())
    with by_socket.connect() as db:
        assert len(feedback.standing(db, OTHER_TEAM, CASE)) == 1
        assert feedback.standing(db, TEAM, CASE) == []


async def test_a_card_whose_message_is_gone_is_stale(by_socket: World) -> None:
    card = by_socket.card()
    with by_socket.connect() as db:
        run(db, "update cards set state = 'gone'")
    assert reports.STALE in words(await by_socket.open(marks.REPORT, what=card))


# Hiding


async def until(world: World, happened: Callable[[], bool]) -> None:
    """Delivers until something has happened."""
    async with asyncio.timeout(5):
        while not happened():
            await asyncio.sleep(0.05)
            await world.deliver()


async def hide(world: World, user: str, why: str = "Not about us") -> Json:
    asking = await world.turned(await world.open(marks.REPORT, user), report_view.HIDE, user)
    if "submit" not in asking:
        return asking
    answer = await world.submit(asking, user, why=typed(why))
    assert answer.failure is None
    if modals.LOOKING in words(world.window()):
        await world.slack.called("views.update", 2)
    await world.deliver()
    return world.window()


@pytest.mark.parametrize("who", ["grace", "alan"])
async def test_who_subscribed_the_channel_and_an_admin_hide_a_card_and_show_it_again(world: World, who: str) -> None:
    user, before = getattr(world, who), world.card().blocks
    assert reports.HIDDEN in words(await hide(world, user))
    card = world.card()
    assert [block["type"] for block in card.blocks] == ["context", "actions"]
    assert f"Hidden by <@{user}>" in card.text
    assert "“Not about us”" in card.text.replace("\u2060", "")
    assert actions(card) == [marks.SHOW, marks.DETAILS]
    assert (await world.press(card, marks.SHOW, user)).failure is None
    await until(world, lambda: world.card().blocks == before)
    with world.connect() as db:
        assert [one.what for one in audit.changes(db, TEAM)] == ["show card", "hide card"]


async def test_others_neither_hide_nor_show_a_card(world: World) -> None:
    assert report_desk.NOT_YOUR_CHANNEL in words(await hide(world, world.ada))
    assert "Hidden" not in world.card().text
    await hide(world, world.grace)
    answer = await world.press(world.card(), marks.SHOW, world.ada)
    (told,) = await answer.said(1)
    assert report_desk.NOT_YOUR_CHANNEL in told["text"]
    await world.deliver()
    assert "Hidden" in world.card().text


async def test_who_subscribes_once_the_card_is_there_has_no_say_on_it(by_socket: World) -> None:
    assert report_desk.NOT_YOUR_CHANNEL in words(await hide(by_socket, by_socket.ada))
    with connect(f"sqlite:///{by_socket.database}") as db:
        (there,) = {one.channel for one in channels.subscriptions(db, TEAM, by_socket.channel)}
        later = NOW + timedelta(minutes=1)
        channels.subscribe(
            db, Subscription(tenant=TEAM, channel=there, query=Query(), created_by=by_socket.ada, created_at=later)
        )
    assert report_desk.NOT_YOUR_CHANNEL in words(await hide(by_socket, by_socket.ada))


async def test_a_window_to_hide_that_was_left_open_is_checked_again(by_socket: World) -> None:
    view = await by_socket.turned(
        await by_socket.open(marks.REPORT, by_socket.grace), report_view.HIDE, by_socket.grace
    )
    with by_socket.connect() as db:
        channels.unsubscribe(db, TEAM, by_socket.channel, parse("iran", NOW.date()))
    await by_socket.submit(view, by_socket.grace, why=typed("late"))
    assert report_desk.NOT_YOUR_CHANNEL in words(by_socket.window())
    with by_socket.connect() as db:
        (card,) = cards.here(db, TEAM, by_socket.channel, CASE)
        assert card.hidden is None


async def test_a_hidden_card_stays_hidden_counts_what_comes_and_gets_neither_replies_nor_a_successor(
    by_socket: World,
) -> None:
    await hide(by_socket, by_socket.grace)
    later = replace(US_SANCTIONS, id=60, url="https://www.example.org/posts/60", recorded_at=NOW + timedelta(days=9))
    with by_socket.connect() as db:
        number = store(db, later)
        tell(db, number, "kind", stronger=True)
    await by_socket.deliver()
    (card,) = by_socket.slack.messages(by_socket.channel)
    assert "Hidden by" in card.text
    assert "8 statements, the last" in card.text.replace("\u2060", "")


async def test_a_report_on_a_hidden_case_shows_once_it_is_in_sight(by_socket: World) -> None:
    await by_socket.report()
    await hide(by_socket, by_socket.grace)
    assert "Disputed" not in by_socket.card().text
    await by_socket.press(by_socket.card(), marks.SHOW, by_socket.grace)
    await until(by_socket, lambda: "Disputed" in by_socket.card().text)


async def test_showing_again_while_the_database_is_busy_is_told(
    by_socket: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_db, "BUSY_MS", 1500)
    await hide(by_socket, by_socket.grace)
    async with locked(by_socket.database):
        answer = await by_socket.press(by_socket.card(), marks.SHOW, by_socket.grace)
        (told,) = await answer.said(1, within=10)
    assert BUSY in told["text"]


async def test_a_card_posted_without_buttons_gets_them_with_its_next_update(by_socket: World) -> None:
    bare = by_socket.card()
    bare.blocks = [block for block in bare.blocks if block["type"] != "actions"]
    with by_socket.connect() as db:
        tell(db, 2, "government")
    await by_socket.deliver()
    assert actions(by_socket.card()) == [marks.DETAILS, marks.REPORT]
