"""The app over the wire: commands and buttons, Socket Mode and signed HTTP, answered in time whatever else goes on."""

import asyncio
import io
import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from attribution.model import PartialDate
from bot import desk, paging
from bot.answering import BUSY, open_answers
from bot.app import PATH, SORRY, serving
from bot.cards import notice
from bot.config import Settings
from bot.desk import LATE, LOOKING
from bot.jobs import poll_feed
from bot.run import TERMINAL, prepare
from bot.slack import open_slack
from bot.tools import open_tools
from feeds.guard import MayDial, public_only
from storage import channels, feeds, outbox
from storage.db import connect, run
from storage.outbox import Message, Op
from tests.card_samples import UK_CONDEMNS
from tests.slack import Answer, LocalSlack
from tests.slack.signing import Signing, signed
from tests.slack_limits import links, mentions, problems
from tests.stocked import FEED, STATEMENTS, stock

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
EVERY_PORT = frozenset(range(1 << 16))
IN_TIME = 1.5  # seconds: half of what Slack gives an acknowledgement
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A workspace with a channel and a person, the app that serves it, and its database. `url`: where it listens."""

    slack: LocalSlack
    database: Path
    channel: str
    user: str
    url: str | None = None

    async def slash(self, text: str, channel: str = "") -> Answer:
        return await self.slack.slash(
            "/attribution", text, channel=channel or self.channel, user=self.user, url=self.url
        )

    async def press(self, shown: Json, action: str) -> Answer:
        return await self.slack.click(shown, action, user=self.user, channel=self.channel, url=self.url)

    def subscribed(self, channel: str = "") -> list[str]:
        with connect(f"sqlite:///{self.database}") as db:
            found = channels.subscriptions(db, "T0LOCAL", channel or self.channel)
        return [state for one in found for state in one.query.accused]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    many = [
        replace(UK_CONDEMNS, id=number, url=f"https://www.example.org/n/{number}", title=f"No. {number}")
        for number in range(100, 120)
    ]
    older = [replace(one, claim=replace(one.claim, made_on=PartialDate(day=NOW.date().replace(day=1)))) for one in many]
    with connect(f"sqlite:///{path}") as db:
        stock(db, [*STATEMENTS, *older])
    return path


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(paced=False) as slack:
        yield slack


@asynccontextmanager
async def served(
    slack: LocalSlack, database: Path, *, http: bool = False, may_dial: MayDial = public_only
) -> AsyncIterator[World]:
    port = free_port()
    over: Json = {"slack_signing_secret": slack.signing_secret, "port": port} if http else {}
    settings = settings_for(slack, **over or {"slack_app_token": slack.app_token})
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(open_slack(slack.bot_token, slack.url, pace=0))
        answers = await stack.enter_async_context(open_answers(f"sqlite:///{database}", far, lambda: NOW))
        tools = await stack.enter_async_context(open_tools(f"sqlite:///{database}", may_dial, ports=EVERY_PORT))
        await stack.enter_async_context(serving(settings, answers, tools))
        if not http:
            await slack.connected()
        url = f"http://127.0.0.1:{port}{PATH}" if http else None
        channel = slack.channel("news")
        yield World(slack=slack, database=database, channel=channel, user=slack.user("ada"), url=url)


def settings_for(slack: LocalSlack, **more: Any) -> Settings:
    return Settings.model_validate({"slack_bot_token": slack.bot_token, "slack_api_url": slack.url} | more)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, slack: LocalSlack, database: Path) -> AsyncIterator[World]:
    async with served(slack, database, http=request.param == "http") as world:
        yield world
    assert slack.refusals == []
    assert slack.socket.stray == []


@pytest.fixture
async def by_socket(slack: LocalSlack, database: Path) -> AsyncIterator[World]:
    async with served(slack, database) as world:
        yield world


@pytest.fixture
async def by_http(slack: LocalSlack, database: Path) -> AsyncIterator[World]:
    async with served(slack, database, http=True) as world:
        yield world


def shown(answer: Answer) -> Json:
    """What the person sees last, which is for their eyes only."""
    payload = answer.messages[-1]
    assert payload["response_type"] == "ephemeral"
    assert problems(payload) == []
    assert mentions(payload) == []
    return payload


def told(answer: Answer) -> str:
    return str(shown(answer)["text"]).replace("\u00a0", " ").replace("\u2060", "")


# Questions


async def test_a_question_is_answered_in_its_acknowledgement(world: World) -> None:
    answer = await world.slash("iran since:2022-09-07")
    assert answer.failure is None
    assert "🇬🇧 United Kingdom accuses 🇮🇷 Iran" in told(answer)
    assert answer.seconds < IN_TIME
    assert answer.later == []


@pytest.mark.parametrize("text", ["", "help", "list", "feeds", "status", "digest now", "case:2022-17", "apt28", "irn"])
async def test_every_command_is_answered(by_socket: World, text: str) -> None:
    answer = await by_socket.slash(text)
    assert answer.failure is None
    assert told(answer)


async def test_a_typing_mistake_is_answered_with_what_is_right(world: World) -> None:
    assert "Did you mean /attribution subscribe iran?" in told(await world.slash("subcribe iran"))


async def test_pages_are_turned_in_place(world: World) -> None:
    first = shown(await world.slash("iran"))
    turned = await world.press(first, paging.OLDER)
    (second,) = await turned.said(1)
    assert second["replace_original"] is True
    assert links(first).isdisjoint(links(second))
    back = await world.press(second, paging.NEWER)
    await back.said(1)
    assert shown(back)["text"] == first["text"]


async def test_an_answer_is_shared_with_the_channel_on_demand_only(world: World) -> None:
    answer = shown(await world.slash("case:2022-17"))
    assert world.slack.messages(world.channel) == []
    shared = await world.press(answer, paging.SHARE)
    (payload,) = await shared.said(1)
    (message,) = world.slack.messages(world.channel)
    assert "Shared by ada: /attribution case:2022-17" in message.text
    assert "actions" not in [block["type"] for block in message.blocks]
    assert payload["replace_original"] is False
    assert problems(payload) == []


# Subscriptions


async def test_subscribing_is_confirmed_in_the_channel_and_can_be_taken_back(world: World) -> None:
    assert "Subscribed to attributions to 🇮🇷 Iran" in told(await world.slash("subscribe iran"))
    (message,) = world.slack.messages(world.channel)
    assert "This channel now hears of attributions to" in message.text
    assert world.subscribed() == ["IR"]
    assert "1 subscription" in told(await world.slash("list"))
    assert "None is left" in told(await world.slash("unsubscribe iran"))
    assert world.subscribed() == []


@pytest.mark.parametrize(
    ("kind", "member", "archived", "advice"),
    [
        ("public", False, False, "/invite @attribution-bot"),
        ("private", False, False, "/invite @attribution-bot"),
        ("public", True, True, "archived"),
    ],
)
async def test_where_slack_refuses_nothing_is_subscribed_and_the_answer_says_what_to_do(
    by_socket: World, kind: Any, member: bool, archived: bool, advice: str
) -> None:
    elsewhere = by_socket.slack.channel("elsewhere", kind, member=member, archived=archived)
    answer = await by_socket.slash("subscribe iran", channel=elsewhere)
    assert advice in told(answer)
    assert by_socket.subscribed(elsewhere) == []
    with connect(f"sqlite:///{by_socket.database}") as db:
        assert channels.get(db, "T0LOCAL", elsewhere) is None
        assert outbox.depth(db) == {}


async def test_a_confirmation_that_arrived_though_slacks_answer_was_lost_counts(by_socket: World) -> None:
    by_socket.slack.next("chat.postMessage", "accept_then_reset")
    assert "Subscribed" in told(await by_socket.slash("subscribe iran"))
    assert len(by_socket.slack.messages(by_socket.channel)) == 1
    assert by_socket.subscribed() == ["IR"]


async def test_a_confirmation_that_was_lost_subscribes_nothing(by_socket: World) -> None:
    by_socket.slack.next("chat.postMessage", "reset")
    assert "wait a minute" in told(await by_socket.slash("subscribe iran"))
    assert by_socket.subscribed() == []


# In time, whatever happens


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[sqlite3.Connection]:
    """Another process writes and does not end."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("begin exclusive")
    try:
        yield other
    finally:
        other.close()


async def test_a_locked_database_delays_no_question(world: World) -> None:
    async with locked(world.database):
        answer = await world.slash("iran")
    assert "accuses 🇮🇷 Iran" in told(answer)
    assert answer.seconds < IN_TIME


async def test_a_setting_that_waits_for_the_database_is_answered_later(world: World) -> None:
    async with locked(world.database) as other:
        answer = await world.slash("subscribe iran")
        assert [one["text"] for one in answer.messages] == [LOOKING]
        assert LATE <= answer.seconds < 3
        other.execute("rollback")
        await answer.said(2)
    assert "Subscribed" in told(answer)
    assert world.subscribed() == ["IR"]


async def test_a_database_that_stays_locked_is_told(by_socket: World) -> None:
    async with locked(by_socket.database):
        answer = await by_socket.slash("unsubscribe all")
        assert "nothing to take back" in told(answer)
        with_one = await by_socket.slash("subscribe iran")
        await with_one.said(2, within=10)
    assert BUSY.split(":")[0] in told(with_one)
    assert by_socket.subscribed() == []


async def test_many_answers_at_once_are_each_in_time(by_socket: World) -> None:
    answers = await asyncio.gather(*(by_socket.slash("iran") for _ in range(20)))
    assert max(one.seconds for one in answers) < IN_TIME
    assert {one.failure for one in answers} == {None}


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that does not answer: the C library's look-up holds its thread until it gives up."""
    usual = socket.getaddrinfo

    def look_up(host: Any, *how: Any, **more: Any) -> Any:
        if str(host).endswith(".invalid"):
            time.sleep(1)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return usual(host, *how, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


async def test_a_poll_of_dead_hosts_delays_no_answer(world: World, slow_names: None) -> None:
    dead = [replace(FEED, id=f"dead-{number}", url=f"https://dead-{number}.invalid/feed") for number in range(12)]
    with connect(f"sqlite:///{world.database}") as db:
        feeds.put(db, [(one, None) for one in dead])
    async with open_tools(f"sqlite:///{world.database}", public_only) as tools:
        polls = [asyncio.create_task(poll_feed(tools, one.id, NOW)) for one in dead]
        answers = [await world.slash("iran") for _ in range(10)]
        assert not any(one.done() for one in polls), "the answers came while every poll was under way"
        polled = await asyncio.gather(*polls)
    assert max(one.seconds for one in answers) < IN_TIME
    assert "accuses 🇮🇷 Iran" in told(answers[-1])
    assert {one.trouble is None for one in polled} == {False}


async def test_what_goes_wrong_is_told_kindly_and_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with connect(f"sqlite:///{world.database}") as db:
        run(db, "update claims set claim = 'broken'")
    answer = await world.slash("iran")
    assert answer.failure is None
    assert SORRY in told(answer)
    assert "an answer failed" in "".join(capsys.readouterr())
    pressed = await world.press(button("iran"), paging.OLDER)
    await pressed.said(1)
    assert SORRY in told(pressed)


async def test_what_is_logged_of_a_request_bears_where_it_came_from(world: World) -> None:
    with connect(f"sqlite:///{world.database}") as db:
        run(db, "update claims set claim = 'broken'")
    elsewhere = world.slack.channel("elsewhere")
    for channel in (world.channel, elsewhere):
        with capture_logs(processors=[merge_contextvars]) as logged:
            await world.slash("iran", channel)
        (failed,) = (one for one in logged if one["event"] == "an answer failed")
        assert (failed["tenant"], failed["channel"]) == ("T0LOCAL", channel)


def button(command: str, action: str = paging.OLDER) -> Json:
    (one,) = paging.button(action, "Next page", paging.Turn(command=command))
    return {"blocks": [{"type": "actions", "elements": [one]}]}


async def test_a_late_failure_is_told_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "LATE", 0)
    with connect(f"sqlite:///{world.database}") as db:
        run(db, "update claims set claim = 'broken'")
    answer = await world.slash("iran")
    await answer.said(2)
    assert answer.messages[0]["text"] == LOOKING
    assert SORRY in told(answer)


# What nobody listens to


@pytest.mark.parametrize("kind", ["app_home_opened", "member_joined_channel", "message", "never_heard_of"])
async def test_every_event_is_acknowledged(world: World, kind: str) -> None:
    event = {"type": kind, "user": world.user, "channel": world.channel, "tab": "home", "text": "hello"}
    answer = await world.slack.event(event, url=world.url)
    assert answer.failure is None


async def test_every_other_click_and_view_is_acknowledged(world: World) -> None:
    stranger = {"type": "button", "action_id": "stranger", "text": {"type": "plain_text", "text": "?"}, "value": "1"}
    clicked = await world.press({"blocks": [{"type": "actions", "elements": [stranger]}]}, "stranger")
    assert (clicked.failure, clicked.messages) == (None, [])
    view = {"type": "modal", "id": "V1", "callback_id": "old", "title": {"type": "plain_text", "text": "Old"}}
    assert (await world.slack.submit(view | {"blocks": []}, {}, user=world.user, url=world.url)).failure is None


# The doors


@pytest.mark.parametrize("signing", ["forged", "old"])
async def test_a_request_that_slack_did_not_sign_is_refused_and_its_words_are_not_logged(
    by_http: World, signing: Signing, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    where, who = by_http.channel, by_http.user
    answer = await by_http.slack.slash(
        "/attribution", "iran secret-words", channel=where, user=who, url=by_http.url, signing=signing
    )
    assert answer.status == 401
    logged = caplog.text + "".join(capsys.readouterr())
    assert "a request is not signed by Slack" in logged
    assert "secret-words" not in logged


def request_of(world: World, text: str, ago: float = 0, secret: str = "") -> tuple[bytes, dict[str, str]]:
    """A command as Slack sends it, signed so many seconds ago, with Slack's secret or another."""
    where = {"team_id": "T0LOCAL", "channel_id": world.channel, "user_id": world.user}
    asked = {"command": "/attribution", "text": text, "response_url": "https://example.org", "trigger_id": "1.2.3"}
    body = urlencode(where | asked)
    headers = signed(secret or world.slack.signing_secret, body, time.time() - ago)
    return body.encode(), headers | {"Content-Type": "application/x-www-form-urlencoded"}


async def posted(world: World, body: bytes | io.BytesIO, headers: dict[str, str]) -> int:
    assert world.url is not None
    async with aiohttp.ClientSession() as session, session.post(world.url, data=body, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(("ago", "status"), [(0, 200), (240, 200), (-240, 200), (310, 401), (-310, 401), (86400, 401)])
async def test_a_request_is_good_for_five_minutes(by_http: World, ago: float, status: int) -> None:
    assert await posted(by_http, *request_of(by_http, "subscribe iran", ago)) == status
    assert by_http.subscribed() == (["IR"] if status == 200 else [])


async def test_a_request_that_comes_again_is_refused_whatever_it_was(
    by_http: World, capsys: pytest.CaptureFixture[str]
) -> None:
    request = request_of(by_http, "subscribe iran")
    assert [await posted(by_http, *request) for _ in range(3)] == [200, 401, 401]
    assert "a request came a second time" in "".join(capsys.readouterr())
    assert await posted(by_http, *request_of(by_http, "unsubscribe iran")) == 200
    assert await posted(by_http, *request) == 401
    assert by_http.subscribed() == []


async def test_a_forger_who_guesses_right_keeps_no_request_of_slacks_away(by_http: World) -> None:
    body, headers = request_of(by_http, "subscribe iran")
    assert await posted(by_http, body.replace(b"iran", b"peru"), headers) == 401
    assert await posted(by_http, b"\xff\xfe", headers) == 401
    assert await posted(by_http, io.BytesIO(b"a" * (2 << 20)), headers) == 413
    assert await posted(by_http, body, headers) == 200


@pytest.mark.parametrize("what", ["body", "time", "signature", "secret", "no time", "no signature", "empty", "version"])
async def test_a_request_of_which_anything_was_changed_is_refused(by_http: World, what: str) -> None:
    body, headers = request_of(by_http, "subscribe iran", secret="somebody's" if what == "secret" else "")
    at, signature = "X-Slack-Request-Timestamp", "X-Slack-Signature"
    changed = {
        "time": {at: str(int(headers[at]) + 1)},
        "signature": {signature: headers[signature][:-1] + ("0" if headers[signature][-1] != "0" else "1")},
        "empty": {signature: "v0="},
        "version": {signature: headers[signature].replace("v0=", "v1=")},
    }
    without = {"no time": at, "no signature": signature}.get(what, "")
    given = {name: value for name, value in (headers | changed.get(what, {})).items() if name != without}
    assert await posted(by_http, body.replace(b"iran", b"peru") if what == "body" else body, given) == 401
    assert by_http.subscribed() == []


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{broken", b"", b"payload={broken"])
async def test_a_request_that_is_no_request_is_refused(by_http: World, body: bytes) -> None:
    assert by_http.url is not None
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        async with (
            aiohttp.ClientSession() as session,
            session.post(by_http.url, data=body, headers={"Content-Type": kind}) as answer,
        ):
            assert answer.status == 401


async def test_oauths_settings_in_the_environment_change_nothing(
    slack: LocalSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "not-ours")
    async with served(slack, database) as world:
        assert "accuses" in told(await world.slash("iran"))


async def test_the_app_finds_slack_again(by_socket: World) -> None:
    await by_socket.slack.socket.refresh()
    await by_socket.slack.connected(2)
    assert "accuses" in told(await by_socket.slash("iran"))


async def test_slack_out_of_reach_holds_nothing_up_and_no_ticket_is_logged(
    slack: LocalSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slack.next("apps.connections.open", "500", times=1)
    began = asyncio.get_running_loop().time()
    settings = settings_for(slack, slack_app_token=slack.app_token)
    async with (
        open_slack(slack.bot_token, slack.url) as far,
        open_answers(f"sqlite:///{database}", far, lambda: NOW) as answers,
        open_tools(f"sqlite:///{database}", public_only) as tools,
        serving(settings, answers, tools),
    ):
        assert asyncio.get_running_loop().time() - began < 1
        await slack.called("apps.connections.open")
    assert "ticket" not in caplog.text
    assert "Traceback" not in caplog.text


async def test_stopping_waits_for_an_answer_under_way_but_not_for_long(slack: LocalSlack, database: Path) -> None:
    began = 0.0
    async with served(slack, database) as world:
        slack.next("chat.postMessage", "hang")
        asking = asyncio.create_task(world.slash("subscribe iran"))
        await slack.called("chat.postMessage")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


# The whole bot


@pytest.fixture
def bot_of(database: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `attribution-bot run` with settings in its environment; none of its feeds is due. Ended with the test."""
    started: list[subprocess.Popen[str]] = []
    with connect(f"sqlite:///{database}") as db:
        prepare(db, datetime.now(UTC))
        run(db, "update feeds set next_poll_at = '2999-01-01T00:00:00Z'")

    def start(**settings: str) -> subprocess.Popen[str]:
        environment = os.environ | settings | {"DATABASE_URL": f"sqlite:///{database}", "PYTHONPATH": str(ROOT)}
        bot = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], env=environment, cwd=tmp_path, text=True, stderr=subprocess.PIPE
        )
        started.append(bot)
        return bot

    yield start
    for one in started:
        one.kill()
        one.communicate()


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_run_answers_delivers_and_stops_when_told_to(
    slack: LocalSlack, database: Path, bot_of: Callable[..., subprocess.Popen[str]], transport: str
) -> None:
    port = str(free_port())
    doors = {
        "socket": {"SLACK_APP_TOKEN": slack.app_token},
        "http": {"SLACK_SIGNING_SECRET": slack.signing_secret, "PORT": port},
    }
    bot = bot_of(SLACK_BOT_TOKEN=slack.bot_token, SLACK_API_URL=slack.url, **doors[transport])
    url = None if transport == "socket" else f"http://127.0.0.1:{port}{PATH}"
    channel, user = slack.channel("news"), slack.user("ada")
    await (slack.connected() if url is None else listening(int(port)))
    world = World(slack=slack, database=database, channel=channel, user=user, url=url)
    assert "Subscribed" in told(await world.slash("subscribe iran"))
    with connect(f"sqlite:///{database}") as db:
        hello = Message(
            tenant="T0LOCAL", key="k", channel=channel, op=Op.POST, payload=notice("Hello"), due_at=datetime.now(UTC)
        )
        outbox.put(db, hello, datetime.now(UTC))
        terminal = channels.get(db, TERMINAL, TERMINAL)
    assert terminal is not None
    assert terminal.paused_why == "alerts go to Slack"
    await slack.called("chat.postMessage", 2)
    assert slack.messages(channel)[-1].text == "Hello"
    bot.send_signal(signal.SIGTERM)
    _, complaints = await asyncio.to_thread(bot.communicate, timeout=5)
    assert bot.returncode == 0
    assert "Traceback" not in complaints
    assert slack.bot_token not in complaints


async def listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


def test_the_terminal_hears_again_once_slack_is_taken_away(database: Path) -> None:
    with connect(f"sqlite:///{database}") as db:
        for slack in (False, True, False):
            prepare(db, NOW, slack=slack)
        terminal = channels.get(db, TERMINAL, TERMINAL)
        assert terminal is not None
        assert (terminal.paused_at, terminal.digest_day) == (None, 1)
        assert len(channels.subscriptions(db, TERMINAL, TERMINAL)) == 1
