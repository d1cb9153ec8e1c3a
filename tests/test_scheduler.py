"""The running bot: ticks that do what is due, one process at work, an orderly stop."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlite_utils import Database

from attribution.model import Feed, Publisher
from attribution.query import Query
from bot import scheduler
from bot.cards import notice
from bot.deliver import Sent
from bot.run import Terminal, prepare
from bot.scheduler import Ticks
from bot.tools import open_tools
from storage import channels, feeds, leases, outbox, schema
from storage.channels import Channel, Subscription
from storage.db import connect, row, run, stamp
from storage.outbox import Message, Op
from tests.makers import FCDO, item, rss
from tests.test_jobs import ACCUSED, EVERY_PORT, TITLE
from tests.web import Web

FAST = Ticks(heartbeat=0.2, poll=0.2, deliver=0.1, digests=0.2, articles=0.5)


async def until(what: object, limit: float = 20) -> None:
    """Waits until a function gives something true."""
    assert callable(what)
    end = time.monotonic() + limit
    while not what():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.05)


async def test_a_new_post_reaches_the_channel_and_a_digest_follows(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'test.db'}"
    shown: list[str] = []
    done = asyncio.Event()
    now = datetime(2022, 9, 9, 8, tzinfo=UTC)
    async with Web() as web, open_tools(database, lambda _: True, ports=EVERY_PORT) as tools:
        feed = replace(FCDO, url=web.url("/feed.xml"))
        web.serve("/feed.xml", rss(item(1)))
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(feed, None)])
            channels.put(db, Channel(tenant="T", id="C1", digest_day=5, created_at=now - timedelta(days=3)))
            everything = Subscription(tenant="T", channel="C1", query=Query(), created_by="U", created_at=now)
            channels.subscribe(db, everything)
        working = asyncio.create_task(scheduler.run(tools, Terminal(shown.append), lambda: now, done, FAST))
        await until(lambda: state_of(database, feed.id)["seeded_at"])
        assert shown == []
        web.serve("/feed.xml", rss(item(1), item(2, title=TITLE, text=ACCUSED, date="Fri, 09 Sep 2022 07:00:00 GMT")))
        now += timedelta(minutes=20)
        await until(lambda: shown)
        assert "Iran" in shown[0]
        now += timedelta(hours=1)
        await until(lambda: len(shown) == 2)
        assert "Attributions from" in shown[1]
        done.set()
        await asyncio.wait_for(working, 5)
    with connect(database) as db:
        assert leases.holder(db, scheduler.LEASE, now) is None


class Stuck(Terminal):
    """A far side on which one workspace never answers."""

    async def send(self, message: Message) -> Sent:
        if message.tenant == "T1":
            await asyncio.Event().wait()
        return await super().send(message)


async def test_a_workspace_that_never_answers_delays_no_other(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'test.db'}"
    shown: list[str] = []
    now, done = datetime(2022, 9, 9, 8, tzinfo=UTC), asyncio.Event()
    async with open_tools(database, lambda _: True, ports=EVERY_PORT) as tools:
        with connect(database) as db:
            schema.require_current(db)
            put(db, "T1", "first", now)
            put(db, "T2", "second", now)
        working = asyncio.create_task(scheduler.run(tools, Stuck(shown.append), lambda: now, done, FAST))
        await until(lambda: shown)
        with connect(database) as db:
            put(db, "T2", "third", now)
        await until(lambda: len(shown) == 2)
        assert ["second" in shown[0], "third" in shown[1]] == [True, True]
        done.set()
        await asyncio.wait_for(working, 10)


def put(db: Database, tenant: str, text: str, now: datetime) -> None:
    one = Message(tenant=tenant, key=text, channel=f"C{tenant}", op=Op.POST, payload=notice(text), due_at=now)
    outbox.put(db, one, now)


async def test_a_clock_that_is_set_back_stops_no_job() -> None:
    ran, day = [], timedelta(days=1)
    jobs = AsyncIOScheduler(timezone=UTC)
    jobs.add_job(lambda: ran.append(1), "interval", days=1, next_run_time=datetime.now(UTC) + day)
    jobs.start()
    times = iter([datetime.now(UTC) + day])  # a day ahead, and then right again
    minding = asyncio.create_task(scheduler.mind_the_clock(jobs, lambda: next(times, datetime.now(UTC)), every=0.01))
    await until(lambda: ran, limit=5)
    minding.cancel()
    jobs.shutdown(wait=False)


def state_of(database: str, feed_id: str) -> dict[str, object]:
    with connect(database) as db:
        return row(db, "select * from feeds where id = :id", id=feed_id) or {}


@pytest.fixture
def quiet(tmp_path: Path) -> dict[str, str]:
    """The environment of a bot whose feeds are none of them due."""
    database = f"sqlite:///{tmp_path / 'test.db'}"
    with connect(database) as db:
        prepare(db, datetime.now(UTC))
        run(db, "update feeds set next_poll_at = :later", later=stamp(datetime.now(UTC) + timedelta(days=1)))
    return {**os.environ, "DATABASE_URL": database}


@pytest.fixture
def bots(quiet: dict[str, str], tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are ended with the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for one in started:
        one.kill()
        one.communicate()


def start(bots: list[subprocess.Popen[str]], environment: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot", "run"]
    bot = subprocess.Popen(
        command, env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])}, cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    bots.append(bot)
    return bot


def said(bot: subprocess.Popen[str], words: str) -> None:
    assert bot.stderr
    for line in bot.stderr:
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(
    bots: list[subprocess.Popen[str]], quiet: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    bot = start(bots, quiet, tmp_path)
    said(bot, "at work")
    bot.send_signal(number)
    out, complaints = bot.communicate(timeout=5)  # half of the 10 s a stop may take
    assert (bot.returncode, out) == (0, "")
    assert "stopped" in complaints
    assert "Traceback" not in complaints


def test_a_bot_that_makes_a_new_database_says_so_first(
    bots: list[subprocess.Popen[str]], quiet: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "test.db").write_bytes(b"")
    nowhere = {"FEEDS_PROXY": "http://127.0.0.1:1", "LOG_FORMAT": "json"}  # a new database's feeds are all due
    bot = start(bots, quiet | nowhere, tmp_path)
    assert bot.stderr
    first = json.loads(bot.stderr.readline())
    assert (first["level"], first["path"]) == ("warning", str(tmp_path / "test.db"))
    assert first["event"].startswith("a new database was made")
    said(bot, "at work")
    bot.send_signal(signal.SIGTERM)
    bot.communicate(timeout=10)
    again = start(bots, quiet | nowhere, tmp_path)
    assert again.stderr
    assert "new database" not in again.stderr.readline()


def test_a_second_bot_stands_by_and_takes_over(
    bots: list[subprocess.Popen[str]], quiet: dict[str, str], tmp_path: Path
) -> None:
    first = start(bots, quiet, tmp_path)
    said(first, "at work")
    second = start(bots, quiet, tmp_path)
    said(second, "standing by")
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=5)
    said(second, "at work")


def test_status_says_who_is_at_work_and_that_nothing_waits(
    bots: list[subprocess.Popen[str]], quiet: dict[str, str], tmp_path: Path
) -> None:
    bot = start(bots, quiet, tmp_path)
    said(bot, "at work")
    told = subprocess.run(
        [sys.executable, "-m", "bot", "status"], env={**quiet, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert f"at work: {os.uname().nodename} {bot.pid}" in told.stdout
    assert "outbox: 0 waiting, 0 sent, 0 given up" in told.stdout


async def test_a_feed_that_answers_slowly_delays_no_other_feeds_next_poll(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'test.db'}"
    now, done = datetime(2022, 9, 9, 8, tzinfo=UTC), asyncio.Event()
    async with Web() as web, open_tools(database, lambda _: True, ports=EVERY_PORT) as tools:
        web.serve("/slow.xml", rss(item(1)), delay=4)
        web.serve("/feed.xml", rss(item(2)))
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(replace(FCDO, id=one, url=web.url(f"/{one}.xml")), None) for one in ("slow", "feed")])
        working = asyncio.create_task(scheduler.run(tools, Terminal(lambda _: None), lambda: now, done, FAST))
        for asked in (1, 2, 3):
            await until(lambda asked=asked: [one.path for one in web.requests].count("/feed.xml") == asked, 3)
            now += timedelta(minutes=20)
        assert [one.path for one in web.requests].count("/slow.xml") == 1
        done.set()
        await asyncio.wait_for(working, 10)


def own(web: Web, number: int, owner: str = "T1", *, delay: float = 0) -> Feed:
    """A workspace's feed, at a host of its own: of one host two are asked at once at most."""
    url = web.serve(f"/{number}.xml", rss(item(number)), delay=delay).replace(".1:", f".0x{'0' * number}1:")
    return Feed(id=f"a-{number:02}", publisher=Publisher(name="somebody"), url=url, owner=owner)


@asynccontextmanager
async def polling(database: str, added: Sequence[Feed]) -> AsyncIterator[None]:
    """The scheduler at work on these feeds."""
    now, done = datetime(2022, 9, 9, 8, tzinfo=UTC), asyncio.Event()
    async with open_tools(database, lambda _: True, ports=EVERY_PORT) as tools:
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(one, None) for one in added])
        working = asyncio.create_task(scheduler.run(tools, Terminal(lambda _: None), lambda: now, done, FAST))
        try:
            yield
        finally:
            done.set()
            await asyncio.wait_for(working, 10)


async def test_the_feeds_that_a_workspace_added_delay_none_that_is_for_everybody_or_anothers(tmp_path: Path) -> None:
    async with Web() as web:
        slow = [own(web, n, delay=30) for n in range(32)]  # by their ids these come first
        quick = [replace(FCDO, id="us-x", url=web.serve("/feed.xml", rss(item(40)))), own(web, 33, "T2")]
        async with polling(f"sqlite:///{tmp_path / 'test.db'}", [*slow, *quick]):
            await until(lambda: {"/feed.xml", "/33.xml"} <= {one.path for one in web.requests}, 5)
            assert len(web.requests) == 3


async def test_so_many_workspaces_feeds_are_polled_at_once_one_of_each_and_each_has_its_turn(tmp_path: Path) -> None:
    async with Web() as web:
        added = [own(web, n, f"T{n // 3}", delay=0.3) for n in range(24)]
        async with polling(f"sqlite:///{tmp_path / 'test.db'}", added):
            await until(lambda: len(web.requests) == 24)
        assert web.most_at_once == scheduler.OWN_POLLS_AT_ONCE
        turns = [int(one.path[1:-4]) // 3 for one in web.requests]
        times = [[at for at, whose in enumerate(turns) if whose == owner] for owner in range(8)]
        assert max(first for first, _, _ in times) < min(third for _, _, third in times)
