"""An orderly stop in the middle of slow sends and slow polls, and a stand-by that takes over from a dead process."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cards import notice
from bot.feed_lists import DROPPED
from bot.run import prepare
from feeds.catalogue import catalogue
from storage import feeds, outbox, schema
from storage.db import connect, row, run, stamp
from storage.outbox import Message, Op
from tests.killed_bot import SPEED
from tests.makers import FCDO, item, rss
from tests.slack import LocalSlack
from tests.web import Web

STOPS_WITHIN = 5.0  # seconds; ten are promised


# The bot where the name servers do not answer: each lookup of a .test name says so and then takes half a minute.
NO_NAMES = """
import runpy, socket, sys, time
looked_up = socket.getaddrinfo

def hanging(host, *how, **more):
    if str(host).endswith(".test"):
        print("looking up", host, file=sys.stderr, flush=True)
        time.sleep(30)
    return looked_up(host, *how, **more)

socket.getaddrinfo = hanging
runpy.run_module("tests.killed_bot", run_name="__main__")
"""
PLAIN = ("-m", "tests.killed_bot")


async def start(
    database: str, slack: LocalSlack, words: bytes, began: float, how: Sequence[str] = PLAIN
) -> asyncio.subprocess.Process:
    """A bot of its own process, once it has said something; `began`: when its clock began to run faster; `how` Python
    is called."""
    bot = await asyncio.create_subprocess_exec(
        sys.executable, *how, database, slack.url, slack.bot_token, str(began),
        stderr=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert bot.stderr
    async for line in bot.stderr:
        if words in line:
            return bot
    raise AssertionError(f"it ended without saying {words!r}")


async def ended(bot: asyncio.subprocess.Process) -> str:
    """What a process still said after it was told to end; TimeoutError if it takes too long."""
    assert bot.stderr
    async with asyncio.timeout(STOPS_WITHIN):
        complaints = (await bot.stderr.read()).decode()
        await bot.wait()
    return complaints


@pytest.mark.parametrize("fault", ["slow", "hang"])
async def test_it_stops_in_time_while_slack_and_feeds_are_slow(tmp_path: Path, fault: str) -> None:
    database, now = f"sqlite:///{tmp_path / 'test.db'}", datetime.now(UTC)
    async with LocalSlack(paced=False) as slack, Web() as web:
        names = [slack.channel(f"c{number}") for number in range(6)]
        web.serve("/slow.xml", rss(item(1)), delay=30)
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(replace(FCDO, url=web.url("/slow.xml")), None)])
            for number in range(60):
                outbox.put(db, message(names[number % 6], f"m{number}", now), now)
        if fault == "hang":
            slack.next("chat.postMessage", "accept_then_hang", times=60)
        bot = await start(database, slack, b"at work", time.time())
        await slack.called("chat.postMessage", within=10)
        bot.terminate()
        complaints = await ended(bot)
        assert (bot.returncode, "Traceback" in complaints, "stopped" in complaints) == (0, False, True)
        at_end = len(slack.calls)
        said = [one.text for name in names for one in slack.messages(name)]
        with connect(database) as db:
            depth = outbox.depth(db)
            holder = row(db, "select * from leases")
        assert len(said) == len(set(said)) < 60  # no new work was begun
        assert sum(depth.values()) == 60
        # What was answered is sent; what was not is in doubt, to be looked up. Nothing stays half way.
        assert depth.get("sent", 0) + depth.get("sending", 0) + depth.get("doubt", 0) == len(said)
        assert holder is None
        await asyncio.sleep(0.3)
        assert len(slack.calls) == at_end


async def test_it_stops_in_time_while_feeds_names_are_looked_up(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'test.db'}"
    async with LocalSlack(paced=False) as slack:
        with connect(database) as db:
            schema.require_current(db)
            dead = [replace(FCDO, id=f"f{n}", url=f"http://dead-{n}.test/feed.xml") for n in range(40)]
            feeds.put(db, [(one, None) for one in dead])
        bot = await start(database, slack, b"looking up", time.time(), ("-c", NO_NAMES))
        bot.terminate()
        complaints = await ended(bot)
        assert (bot.returncode, "Traceback" in complaints, "stopped" in complaints) == (0, False, True)
        with connect(database) as db:
            assert row(db, "select * from leases") is None


async def test_it_stops_in_time_while_slacks_name_is_looked_up(tmp_path: Path) -> None:
    database, now = f"sqlite:///{tmp_path / 'test.db'}", datetime.now(UTC)
    with connect(database) as db:
        prepare(db, now)
        run(db, "update feeds set next_poll_at = :later", later=stamp(now + timedelta(days=1)))
        outbox.put(db, message("C1", "waits", now), now)
    # The commands' web socket, and who delivers, each look it up.
    tokens = {"SLACK_BOT_TOKEN": "xoxb-1-1-a", "SLACK_APP_TOKEN": "xapp-1-A-1-a"}
    settings = {"DATABASE_URL": database, "SLACK_API_URL": "http://slack.test/api/", **tokens}
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NO_NAMES.replace("tests.killed_bot", "bot"), "run",
        stderr=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1], env={**os.environ, **settings},
    )  # fmt: skip
    assert bot.stderr
    looked_up = 0
    async for line in bot.stderr:
        looked_up += b"looking up" in line
        if looked_up == 2:
            break
    bot.terminate()
    complaints = await ended(bot)
    assert (bot.returncode, "Traceback" in complaints, "stopped" in complaints) == (0, False, True)


def message(channel: str, key: str, now: datetime) -> Message:
    return Message(tenant="T", key=key, channel=channel, op=Op.POST, payload=notice(key), due_at=now)


async def test_a_stand_by_takes_over_when_the_first_is_killed_and_repeats_nothing(tmp_path: Path) -> None:
    database, now = f"sqlite:///{tmp_path / 'test.db'}", datetime.now(UTC)
    async with LocalSlack(paced=False) as slack:
        channel = slack.channel("alerts")
        with connect(database) as db:
            schema.require_current(db)
            outbox.put(db, message(channel, "first", now), now)
        slack.hold("chat.postMessage")
        first = await start(database, slack, b"at work", now.timestamp())
        await slack.held("chat.postMessage")  # it stands in the channel, and its sender never hears of it
        second = await start(database, slack, b"standing by", now.timestamp())
        first.kill()
        killed = time.monotonic()
        slack.let_go("chat.postMessage")
        assert second.stderr
        async for line in second.stderr:
            if b"at work" in line:
                break
        assert (time.monotonic() - killed) * SPEED < 60 * 2  # the lease lasts half a minute of the bots' clock
        with connect(database) as db:
            outbox.put(db, message(channel, "second", now), now)
        await slack.called("chat.postMessage", 2, within=10)
        second.terminate()
        await ended(second)
        assert [one.text for one in slack.messages(channel)] == ["first", "second"]
        with connect(database) as db:
            assert outbox.depth(db) == {"sent": 2}
        await first.wait()


def test_a_feed_that_left_the_catalogue_is_asked_no_more_and_an_operators_own_is(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        schema.require_current(db)
        listed = [one.feed.id for one in catalogue()]
        old = replace(FCDO, id="gb-of-old")
        added, own = replace(FCDO, id=f"{feeds.ADDED}abc"), replace(FCDO, id="own-abc", owner="T1")
        feeds.put(db, [(one, None) for one in (FCDO, old, added, own)])
        assert feeds.drop(db, listed, DROPPED) == 1
        assert feeds.drop(db, listed, DROPPED) == 0
        assert feeds.enabled(db) == sorted([FCDO.id, added.id, own.id])
        feeds.put(db, [(old, None)])  # it is listed again
        assert old.id in feeds.due(db, datetime.now(UTC) + timedelta(days=1))
