"""What /healthz, /readyz and /metrics say: asked over HTTP, of the real polls, deliveries and doors behind them."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from attribution.model import Standing
from attribution.query import Query
from attribution.retry import Answer
from bot import health, paths, scheduler
from bot.answering import open_answers
from bot.app import serving
from bot.cards import notice
from bot.config import Settings
from bot.health import POLL_LATE, SEND_LATE, Health, listening, open_health
from bot.metrics import LAGS
from bot.run import prepare
from bot.scheduler import LEASE
from bot.slack import open_slack
from bot.tools import open_tools
from feeds.errors import Trouble
from feeds.guard import public_only
from storage import channels, feeds, leases, outbox, schema
from storage.channels import Channel, Subscription
from storage.db import connect, run, stamp
from storage.feeds import FeedState
from storage.outbox import Message, Op, State
from tests.makers import FCDO, item, rss
from tests.slack import LocalSlack
from tests.test_app import ROOT, free_port, settings_for
from tests.test_jobs import ACCUSED, EVERY_PORT, TITLE
from tests.test_scheduler import FAST, until
from tests.web import Web

NOW = datetime(2022, 9, 9, 8, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OTHER = replace(FCDO, id="gb-ncsc", url="https://www.example.gov.uk/other")
OWN = replace(FCDO, id="own-1", url="https://www.example.org/own", owner="T1")
FAILS = FeedState(polled_at=NOW, failing_since=NOW - DAY, failures=9, trouble="timeout", trouble_text="Late.")
WELL = FeedState(polled_at=NOW, last_ok_at=NOW)
Numbers = dict[tuple[str, ...], float]


@dataclass(slots=True, kw_only=True)
class Bot:
    """A bot's health as it is told at a port, over a database. `now`: what its clock shows."""

    path: Path
    url: str = ""
    now: datetime = NOW
    health: Health | None = None

    @property
    def database(self) -> str:
        return f"sqlite:///{self.path}"

    async def get(self, path: str) -> tuple[int, str]:
        return await get(f"{self.url}{path}")

    async def ready(self) -> tuple[int, dict[str, Any]]:
        status, body = await self.get(paths.READY)
        return status, json.loads(body)

    async def numbers(self) -> Numbers:
        status, body = await self.get(paths.METRICS)
        assert status == 200
        return numbers(body)

    def at_work(self) -> None:
        with connect(self.database) as db:
            assert leases.hold(db, LEASE, "this one", self.now, DAY)

    def state(self, feed: str, state: FeedState) -> None:
        with connect(self.database) as db:
            feeds.save_state(db, feed, state)

    def put(self, channel: str, due_at: datetime, tenant: str = "T1") -> None:
        with connect(self.database) as db:
            key = f"{tenant} {channel} {due_at}"
            one = Message(tenant=tenant, key=key, channel=channel, op=Op.POST, payload=notice("Hello"), due_at=due_at)
            outbox.put(db, one, due_at)


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


def numbers(page: str) -> Numbers:
    """Each number by its name and its labels' values."""
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {(one.name, *one.labels.values()): one.value for one in samples}


@pytest.fixture(autouse=True)
def _looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LOOK_AGAIN", 0.0)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    bot = Bot(path=tmp_path / "test.db")
    with connect(bot.database) as db:
        schema.require_current(db)
        feeds.put(db, [(FCDO, None), (OTHER, None), (OWN, None)])
        channels.put(db, Channel(tenant="T1", id="C1", created_at=NOW))
    async with told(bot) as bot:
        yield bot


@asynccontextmanager
async def told(bot: Bot) -> AsyncIterator[Bot]:
    port = free_port()
    async with (
        open_health(bot.database, lambda: bot.now) as bot.health,
        listening(bot.health, "127.0.0.1", port),
    ):
        bot.url = f"http://127.0.0.1:{port}"
        yield bot


# Ready, or why not


async def test_a_bot_at_work_with_nothing_late_is_alive_and_ready(bot: Bot) -> None:
    bot.at_work()
    assert await bot.get(paths.ALIVE) == (200, json.dumps({"alive": True}))
    status, body = await bot.ready()
    assert (status, body["ready"], body["reasons"]) == (200, True, [])
    assert (await bot.numbers())["attribution_ready",] == 1
    assert (await bot.numbers())["attribution_at_work",] == 1


async def test_nobody_at_work_is_not_ready_but_alive(bot: Bot) -> None:
    assert (await bot.get(paths.ALIVE))[0] == 200
    status, body = await bot.ready()
    assert (status, body["ready"], body["reasons"]) == (503, False, ["Nobody is at work."])
    assert (await bot.numbers())["attribution_ready",] == 0
    assert (await bot.numbers())["attribution_at_work",] == 0


async def test_a_lease_that_ran_out_is_nobodys(bot: Bot) -> None:
    bot.at_work()
    bot.now += DAY + MINUTE
    assert "Nobody is at work." in (await bot.ready())[1]["reasons"]


@pytest.mark.parametrize(("late", "status"), [(POLL_LATE, 200), (POLL_LATE + MINUTE, 503)])
async def test_a_feed_that_is_due_for_long_is_a_reason(bot: Bot, late: timedelta, status: int) -> None:
    bot.at_work()
    bot.state(FCDO.id, replace(WELL, next_poll_at=NOW - late))
    found, body = await bot.ready()
    assert found == status
    assert body["reasons"] == ([] if status == 200 else ["A feed that is due has not been polled for 31 minutes."])


@pytest.mark.parametrize("how", ["owned", "gone", "disabled"])
async def test_what_a_workspace_added_what_is_gone_and_what_is_disabled_is_never_late(bot: Bot, how: str) -> None:
    bot.at_work()
    late = replace(WELL, next_poll_at=NOW - DAY, gone_at=NOW if how == "gone" else None)
    bot.state(OWN.id if how == "owned" else FCDO.id, late)
    if how == "disabled":
        with connect(bot.database) as db:
            feeds.disable(db, FCDO.id, "dropped")
    assert (await bot.ready())[0] == 200


async def test_no_feed_that_answers_is_a_reason_and_one_that_does_is_none(bot: Bot) -> None:
    bot.at_work()
    bot.state(FCDO.id, FAILS)
    assert (await bot.ready())[0] == 200
    bot.state(OTHER.id, FAILS)
    assert (await bot.ready())[1]["reasons"] == ["No feed answers."]
    assert (await bot.ready())[1]["feeds"] == {"well": 0, "failing": 2, "gone": 0}


async def test_one_workspaces_dead_feeds_trip_no_alarm_about_feeds(bot: Bot) -> None:
    bot.at_work()
    dead = [replace(OWN, id=f"own-{n}", url=f"https://dead-{n}.example.org") for n in range(2, 52)]
    with connect(bot.database) as db:
        feeds.put(db, [(one, None) for one in dead])
        for one in dead:
            feeds.save_state(db, one.id, FAILS)
    bot.state(OTHER.id, replace(FAILS, gone_at=NOW))
    assert (await bot.ready())[1]["feeds"] == {"well": 1, "failing": 0, "gone": 1}
    found = await bot.numbers()
    assert {name: found["attribution_feeds", name] for name in ("well", "failing", "gone")} == {
        "well": 1, "failing": 0, "gone": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("late", "status"), [(SEND_LATE, 200), (SEND_LATE + MINUTE, 503)])
async def test_a_message_that_is_due_for_long_is_a_reason(bot: Bot, late: timedelta, status: int) -> None:
    bot.at_work()
    bot.put("C1", NOW - late)
    found, body = await bot.ready()
    assert found == status
    assert body["reasons"] == ([] if status == 200 else ["A message that is due has not been sent for 16 minutes."])
    assert body["outbox"] == {"waiting": 1, "oldest_seconds": late.total_seconds()}
    assert (await bot.numbers())["attribution_outbox_oldest_seconds",] == late.total_seconds()


async def test_what_waits_for_a_paused_channel_waits_without_alarm(bot: Bot) -> None:
    bot.at_work()
    bot.put("C1", NOW - DAY)
    with connect(bot.database) as db:
        channels.pause(db, "T1", "C1", NOW, "archived")
    status, body = await bot.ready()
    assert (status, body["outbox"]["oldest_seconds"]) == (200, DAY.total_seconds())


async def test_all_reasons_are_told_at_once(bot: Bot) -> None:
    for feed in (FCDO, OTHER):
        bot.state(feed.id, replace(FAILS, next_poll_at=NOW - DAY))
    bot.put("C1", NOW - DAY)
    assert len((await bot.ready())[1]["reasons"]) == 4


def spoil(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)
    for beside in ("-wal", "-shm"):
        path.with_name(f"{path.name}{beside}").unlink(missing_ok=True)


async def test_a_database_that_cannot_be_read_is_a_reason_told_without_its_path(
    bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    bot.at_work()
    assert (await bot.ready())[0] == 200
    spoil(bot.path)
    assert (await bot.get(paths.ALIVE))[0] == 200
    status, body = await bot.ready()
    why = "The database cannot be read: see the log."
    assert (status, body) == (503, {"ready": False, "reasons": [why], "doors": {}})
    assert await bot.get(paths.METRICS) == (503, why)
    assert "the database could not be looked at" in "".join(capsys.readouterr())


async def test_who_asks_often_does_not_have_the_database_read_each_time(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LOOK_AGAIN", 0.3)
    assert (await bot.ready())[0] == 503
    bot.at_work()
    assert {(await bot.ready())[0] for _ in range(5)} == {503}
    await asyncio.sleep(0.3)
    assert (await bot.ready())[0] == 200


# The doors


async def test_a_socket_that_is_shut_is_a_reason_until_it_opens(bot: Bot) -> None:
    bot.at_work()
    async with LocalSlack(paced=False) as slack:
        slack.hold("apps.connections.open")
        async with heard(bot, settings_for(slack, slack_app_token=slack.app_token), slack):
            await slack.held("apps.connections.open")
            status, body = await bot.ready()
            assert (status, body["reasons"]) == (503, ["Slack cannot be heard over socket."])
            assert body["doors"] == {"socket": False}
            assert (await bot.numbers())["attribution_door_open", "socket"] == 0
            slack.let_go("apps.connections.open")
            await slack.connected()
            await until_ready(bot.url)
            assert (await bot.ready())[1]["doors"] == {"socket": True}
            assert (await bot.numbers())["attribution_door_open", "socket"] == 1
        assert (await bot.ready())[1]["reasons"] == ["Slack cannot be heard over socket."]


async def test_a_port_that_is_shut_is_a_reason(bot: Bot) -> None:
    bot.at_work()
    async with LocalSlack(paced=False) as slack:
        settings = settings_for(slack, slack_signing_secret=slack.signing_secret, port=free_port())
        async with heard(bot, settings, slack):
            assert (await bot.ready())[1]["doors"] == {"http": True}
            assert (await bot.ready())[0] == 200
        status, body = await bot.ready()
    assert (status, body["reasons"]) == (503, ["Slack cannot be heard over http."])
    assert (await bot.numbers())["attribution_door_open", "http"] == 0


async def test_the_door_that_slack_reaches_tells_no_numbers(bot: Bot) -> None:
    bot.at_work()
    port = free_port()
    async with LocalSlack(paced=False) as slack:
        settings = settings_for(slack, slack_signing_secret=slack.signing_secret, port=port)
        async with heard(bot, settings, slack):
            answers = {path: await get(f"http://127.0.0.1:{port}{path}") for path in WHERE}
    assert {path: status for path, (status, _) in answers.items()} == WHERE
    assert "attribution_" not in "".join(body for _, body in answers.values())


WHERE = {paths.ALIVE: 200, paths.READY: 200, paths.METRICS: 404, f"/slack{paths.METRICS}": 404, "//metrics": 404}


@asynccontextmanager
async def heard(bot: Bot, settings: Settings, slack: LocalSlack) -> AsyncIterator[None]:
    async with (
        open_slack(slack.bot_token, slack.url, pace=0) as far,
        open_answers(bot.database, far, lambda: bot.now) as answers,
        open_tools(bot.database, public_only) as tools,
        serving(settings, answers, tools, health=bot.health),
    ):
        yield


async def until_ready(url: str) -> None:
    async with asyncio.timeout(30):  # a process begins slowly on a busy machine
        while not await is_ready(url):  # noqa: ASYNC110 - it is another process's to say
            await asyncio.sleep(0.05)


async def is_ready(url: str) -> bool:
    try:
        return (await get(f"{url}{paths.READY}"))[0] == 200
    except aiohttp.ClientConnectionError:
        return False


# The numbers, after real work


async def test_the_numbers_are_those_of_the_polls_and_deliveries_that_were(tmp_path: Path) -> None:
    bot, done = Bot(path=tmp_path / "test.db"), asyncio.Event()
    async with (
        LocalSlack(paced=False) as slack,
        Web() as web,
        open_tools(bot.database, lambda _: True, ports=EVERY_PORT) as tools,
        open_slack(slack.bot_token, slack.url, pace=0) as far,
    ):
        news, archived, ada = slack.channel("news"), slack.channel("old", archived=True), slack.user("ada")
        web.serve("/feed.xml", rss(item(1)))
        web.serve("/gone.xml", b"", status=410)
        web.serve("/missing.xml", b"", status=404)
        with connect(bot.database) as db:
            schema.require_current(db)
            served = [replace(FCDO, id=name, url=web.url(f"/{name}.xml")) for name in ("feed", "gone", "missing")]
            feeds.put(db, [(one, None) for one in served])
            for channel in (news, archived):
                channels.put(db, Channel(tenant="T0LOCAL", id=channel, created_at=NOW - DAY))
                channels.subscribe(db, everything(channel, ada))
        async with told(bot):
            before = await bot.numbers()
            working = asyncio.create_task(scheduler.run(tools, far, lambda: bot.now, done, FAST))
            await until(lambda: polls(bot) == 3)
            accusing = item(2, title=TITLE, text=ACCUSED, date="Fri, 09 Sep 2022 07:00:00 GMT")
            web.serve("/feed.xml", rss(item(1, title="A road is opened, and how"), accusing))
            bot.now += timedelta(minutes=20)
            await until(lambda: delivered(bot) == {"sent", "ready"})
            bot.now += timedelta(minutes=40)
            await until(lambda: polled_at(bot, "feed") == stamp(bot.now))
            await asyncio.sleep(0.2)  # what was polled is counted after it is stored
            after, (status, ready) = await bot.numbers(), await bot.ready()
            done.set()
            await asyncio.wait_for(working, 10)
    change = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
    assert change["attribution_polls_total", "not_found"] >= 1, "it was asked again, or not yet"
    counted = {name: value for name, value in change.items() if name[0].endswith("_total") and name[0] != CPU}
    assert counted == {
        ("attribution_polls_total", "read"): 2,
        ("attribution_polls_total", "unchanged"): 1,
        ("attribution_polls_total", "gone"): 1,
        ("attribution_polls_total", "not_found"): change["attribution_polls_total", "not_found"],
        ("attribution_posts_total", "new"): 2,
        ("attribution_posts_total", "edited"): 1,
        ("attribution_claims_total", "attribution"): 1,
        ("attribution_deliveries_total", "post", "done"): 1,
        ("attribution_deliveries_total", "post", "pause_channel"): 1,
        ("attribution_deliveries_total", "direct", "done"): 1,
    }
    # From 07:00, when it was published, to 08:20.
    assert change["attribution_alert_lag_seconds_count",] == 1
    assert change["attribution_alert_lag_seconds_sum",] == 80 * 60
    assert change["attribution_alert_lag_seconds_bucket", "10800.0"] == 1
    assert ("attribution_alert_lag_seconds_bucket", "3600.0") not in change
    assert {state: after["attribution_outbox_messages", state] for state in State} == {
        "ready": 1, "sending": 0, "doubt": 0, "sent": 2, "dead": 0,
    }  # fmt: skip
    assert after["attribution_outbox_oldest_seconds",] == 40 * 60
    assert {name: after["attribution_feeds", name] for name in ("well", "failing", "gone")} == {
        "well": 1, "failing": 1, "gone": 1,
    }  # fmt: skip
    assert after["attribution_last_poll_timestamp_seconds",] == bot.now.timestamp()
    assert (after["attribution_at_work",], after["attribution_ready",]) == (1, 1)
    assert (status, ready) == (200, {
        "ready": True,
        "reasons": [],
        "doors": {},
        "last_poll": bot.now.isoformat(),
        "feeds": {"well": 1, "failing": 1, "gone": 1},
        "outbox": {"waiting": 1, "oldest_seconds": 40 * 60},
    })  # fmt: skip


CPU = "process_cpu_seconds_total"


def everything(channel: str, user: str) -> Subscription:
    return Subscription(tenant="T0LOCAL", channel=channel, query=Query(), created_by=user, created_at=NOW - DAY)


def polls(bot: Bot) -> int:
    with connect(bot.database) as db:
        return sum(state.polled_at is not None for _, state, _ in feeds.health(db))


def polled_at(bot: Bot, feed: str) -> str | None:
    with connect(bot.database) as db:
        found = feeds.get(db, feed)
    return stamp(found[1].polled_at) if found else None


def delivered(bot: Bot) -> set[str]:
    with connect(bot.database) as db:
        return {*outbox.depth(db)}


async def test_every_number_is_there_before_anything_happened_under_labels_that_are_few_and_ours(bot: Bot) -> None:
    """An alarm that waits for a number to grow never hears of one that begins at 1."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for name, *labels in await bot.numbers():
        found.setdefault(name, set()).add(tuple(labels))
    told = {name: labels for name, labels in found.items() if name.startswith("attribution_")}
    doors = told.pop("attribution_door_open", set())
    assert doors <= {("socket",), ("http",)}
    answers = {answer.replace(" ", "_") for answer in Answer}
    troubles = {trouble.replace(" ", "_") for trouble in Trouble}
    alone: set[tuple[str, ...]] = {()}
    assert told == {
        "attribution_polls_total": {(one,) for one in {"read", "unchanged"} | troubles},
        "attribution_posts_total": {("new",), ("edited",)},
        "attribution_claims_total": {(one.value,) for one in Standing},
        "attribution_deliveries_total": {(op.value, answer) for op in Op for answer in answers},
        "attribution_alert_lag_seconds_bucket": {*((str(float(one)),) for one in LAGS), ("+Inf",)},
        "attribution_alert_lag_seconds_count": alone,
        "attribution_alert_lag_seconds_sum": alone,
        "attribution_outbox_messages": {(one.value,) for one in State},
        "attribution_outbox_oldest_seconds": alone,
        "attribution_feeds": {("well",), ("failing",), ("gone",)},
        "attribution_last_poll_timestamp_seconds": alone,
        "attribution_at_work": alone,
        "attribution_ready": alone,
    }
    assert "attribution_deliveries_total" in told
    assert "process_resident_memory_bytes" in found


async def test_every_number_that_the_page_on_running_explains_is_told_and_the_reverse(bot: Bot) -> None:
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    explained = {line.split("`")[1].split("{")[0] for line in page.splitlines() if line.startswith("| `attribution_")}
    _, told = await bot.get(paths.METRICS)
    families = {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE attribution_")}
    assert families == explained


# The whole bot


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """`attribution-bot run`, at the usual host, with no feed due; its HEALTH_PORT and its PORT."""
    database, told_at, heard_at = f"sqlite:///{tmp_path / 'test.db'}", free_port(), free_port()
    with connect(database) as db:
        prepare(db, datetime.now(UTC))
        run(db, "update feeds set next_poll_at = '2999-01-01T00:00:00Z'")
    given = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    given |= {"DATABASE_URL": database, "PYTHONPATH": str(ROOT), "HEALTH_PORT": str(told_at), "PORT": str(heard_at)}
    given |= {"SLACK_BOT_TOKEN": "xoxb-none", "SLACK_SIGNING_SECRET": "none", "SLACK_API_URL": "http://127.0.0.1:9/"}
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], env=given, cwd=tmp_path, text=True, stderr=subprocess.PIPE
    )
    yield bot, told_at, heard_at
    bot.send_signal(signal.SIGKILL)
    bot.communicate()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="what listens where is asked of Linux")
async def test_a_running_bot_tells_its_numbers_to_its_own_machine_alone(
    running: tuple[subprocess.Popen[str], int, int],
) -> None:
    bot, told_at, heard_at = running
    for port in (told_at, heard_at):
        await until_ready(f"http://127.0.0.1:{port}")
    assert (await get(f"http://127.0.0.1:{told_at}{paths.ALIVE}"))[0] == 200
    status, page = await get(f"http://127.0.0.1:{told_at}{paths.METRICS}")
    assert (status, numbers(page)["attribution_ready",]) == (200, 1)
    assert (await get(f"http://127.0.0.1:{heard_at}{paths.METRICS}"))[0] == 404
    assert (await get(f"http://127.0.0.1:{heard_at}{paths.READY}"))[0] == 200
    listened = {where(line) for line in sockets(bot.pid)}
    assert ("127.0.0.1", told_at) in listened
    assert {host for host, port in listened if port == told_at} == {"127.0.0.1"}
    assert any(port == heard_at and host != "127.0.0.1" for host, port in listened), "the other is everybody's"


def sockets(pid: int) -> list[list[str]]:
    """The lines that Linux has of what a machine listens at (proc(5), /proc/net/tcp)."""
    tables = [Path(f"/proc/{pid}/net/{name}").read_text(encoding="ascii") for name in ("tcp", "tcp6")]
    lines = [line.split() for table in tables for line in table.splitlines()]
    return [line for line in lines if line[3] == "0A"]


def where(line: list[str]) -> tuple[str, int]:
    host, port = line[1].split(":")
    raw = bytes.fromhex(host)
    shown = socket.inet_ntop(socket.AF_INET, raw[::-1]) if len(raw) == 4 else socket.inet_ntop(socket.AF_INET6, raw)
    return shown, int(port, 16)
