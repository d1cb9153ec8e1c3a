"""What is told of ailing feeds: once, together, in the operator's channel, and again when they are well."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from attribution.identity import window
from bot import scheduler, status
from bot.ailing import Operator, note_changes
from bot.run import Terminal
from bot.scheduler import Ticks
from bot.tools import open_tools
from storage import channels, feeds, outbox, posts, schema
from storage.channels import Channel
from storage.db import connect, rows
from storage.feeds import FeedState
from tests import slack_limits
from tests.makers import FCDO, item, post, rss
from tests.test_jobs import EVERY_PORT
from tests.test_scheduler import until
from tests.web import Web

NOW = datetime(2022, 9, 9, 8, tzinfo=UTC)
DAY = timedelta(days=1)
OPS = Operator(channel="COPS")
FAILING = FeedState(polled_at=NOW, failing_since=NOW - 2 * DAY, trouble="timeout", trouble_text="It did not answer.")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        schema.require_current(db)
        yield db


def add(db: Database, feed_id: str, state: FeedState, owner: str | None = None) -> None:
    feeds.put(db, [(replace(FCDO, id=feed_id, url=f"https://{feed_id}.example/feed", owner=owner), None)])
    feeds.save_state(db, feed_id, state)


def told(db: Database, now: datetime, operator: Operator | None = OPS) -> str:
    """What is told now, and that it is fit to be sent."""
    before = len(rows(db, "select 1 from outbox"))
    note_changes(db, operator, now)
    queued = rows(db, "select payload from outbox order by seq")[before:]
    assert len(queued) <= 1
    if not queued:
        return ""
    message = outbox.take(db, now)
    assert message
    outbox.sent(db, message, "1.1")
    assert slack_limits.problems(message.payload) == []
    assert slack_limits.mentions(message.payload) == []
    return str(message.payload["text"])


def test_a_feed_that_fails_for_a_day_is_told_once_and_again_when_it_answers(db: Database) -> None:
    add(db, "gb-ncsc", replace(FAILING, failing_since=NOW - timedelta(hours=23)))
    assert told(db, NOW) == ""
    later = NOW + timedelta(hours=2)
    said = told(db, later)
    assert "1 feed wants a look" in said
    assert "gb-ncsc" in said
    assert "It did not answer." in said
    assert told(db, later + DAY / 2) == ""
    feeds.save_state(db, "gb-ncsc", FeedState(polled_at=later + DAY))
    assert "gb-ncsc answers again" in told(db, later + DAY)
    assert told(db, later + DAY) == ""


def test_a_hundred_feeds_that_fail_are_one_message_that_names_a_few(db: Database) -> None:
    for number in range(100):
        add(db, f"feed-{number:03}", replace(FAILING, trouble_text="<!channel> & “much more of this” " * 20))
    said = told(db, NOW)
    assert "100 feeds want a look" in said
    assert "and 92 others" in said
    assert said.count("feed-0") == 8


def test_a_feed_that_is_silent_for_longer_than_usual_is_told_and_when_it_publishes_again(db: Database) -> None:
    add(db, FCDO.id, FeedState(polled_at=NOW, seeded_at=NOW))
    carried = [sighted(db, number, NOW - timedelta(days=15 + number)) for number in range(8)]
    assert all(carried)
    assert "whose last post is of 25 August" in told(db, NOW)
    assert told(db, NOW + timedelta(hours=1)) == ""
    sighted(db, 9, NOW)
    assert "publishes again" in told(db, NOW + timedelta(hours=2))


def sighted(db: Database, number: int, at: datetime) -> int | None:
    one = post(guid=f"g{number}", url=f"https://www.example.gov.uk/{number}", published_at=at)
    post_id = posts.add(db, one, window([one]), at, None)
    assert post_id
    posts.sight(db, post_id, one, at)
    return post_id


def test_a_possible_miss_is_told_once_and_that_none_followed_for_a_week(db: Database) -> None:
    add(db, "gb-ncsc", FeedState(polled_at=NOW, gaps=1, last_gap_at=NOW))
    assert "May have missed posts" in told(db, NOW)
    feeds.save_state(db, "gb-ncsc", FeedState(polled_at=NOW + DAY, gaps=2, last_gap_at=NOW + DAY))
    assert told(db, NOW + DAY) == ""
    feeds.save_state(db, "gb-ncsc", FeedState(polled_at=NOW + 9 * DAY, gaps=2, last_gap_at=NOW + DAY))
    assert "has missed nothing for a week" in told(db, NOW + 9 * DAY)


def test_after_a_downtime_nothing_is_told_of_feeds_before_they_were_asked(db: Database) -> None:
    add(db, "gb-ncsc", FAILING)
    assert told(db, NOW + 30 * DAY) == ""
    feeds.save_state(db, "gb-ncsc", replace(FAILING, polled_at=NOW + 30 * DAY))
    assert "gb-ncsc" in told(db, NOW + 30 * DAY)


def test_the_operators_channel_hears_nothing_of_other_workspaces_own_feeds(db: Database) -> None:
    channels.put(db, Channel(tenant="T1", id="COPS", created_at=NOW))
    add(db, "own-1", FAILING, "T1")
    add(db, "own-2", FAILING, "T2")
    said = told(db, NOW)
    assert "own-1" in said
    assert "own-2" not in said
    assert {one["tenant"] for one in rows(db, "select tenant from outbox")} == {"T1"}


@pytest.mark.parametrize("operator", [None, Operator(channel="COPS", tenant=None)])
def test_without_a_channel_that_can_be_reached_nothing_is_queued(db: Database, operator: Operator | None) -> None:
    add(db, "gb-ncsc", FAILING)
    note_changes(db, operator, NOW)
    assert rows(db, "select 1 from outbox") == []


def test_status_lists_ten_feeds_that_fail_and_groups_a_hundred(db: Database) -> None:
    for number in range(10):
        add(db, f"feed-{number:03}", FAILING)
    assert sum("It did not answer." in line for line in status.lines(db, NOW)) == 10
    for number in range(10, 100):
        add(db, f"feed-{number:03}", replace(FAILING, trouble="blocked" if number % 3 else "timeout"))
    lines = list(status.lines(db, NOW))
    assert len(lines) < 12
    assert any("60 feeds failing (blocked): feed-010 (since 2022-09-07 08:00 UTC), " in line for line in lines)
    assert any(line.endswith("and 55 others") for line in lines)


def test_status_names_what_is_silent_gone_or_may_have_missed_posts(db: Database) -> None:
    add(db, FCDO.id, FeedState(polled_at=NOW, last_ok_at=NOW, seeded_at=NOW))
    for number in range(8):
        sighted(db, number, NOW - timedelta(days=15 + number))
    add(db, "missed", FeedState(polled_at=NOW, gaps=1, last_gap_at=NOW))
    add(db, "gone", FeedState(polled_at=NOW, gone_at=NOW))
    lines = "\n".join(status.lines(db, NOW))
    assert "1 feed silent for longer than usual: gb-fcdo (the last post 2022-08-25 08:00 UTC)" in lines
    assert "without overlap: missed (the last time 2022-09-09 08:00 UTC)" in lines
    assert "1 feed gone and no more asked: gone" in lines


async def test_the_running_bot_tells_of_a_feed_that_fails_and_that_it_answers_again(tmp_path: Path) -> None:
    database, shown = f"sqlite:///{tmp_path / 'test.db'}", list[str]()
    now, done = NOW, asyncio.Event()
    fast = Ticks(heartbeat=0.2, poll=0.2, deliver=0.1, digests=60, articles=60, tidy=60, ailing=0.2)
    async with Web() as web, open_tools(database, lambda _: True, ports=EVERY_PORT) as tools:
        web.serve("/feed.xml", b"", status=503)
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(replace(FCDO, url=web.url("/feed.xml")), None)])
        working = asyncio.create_task(
            scheduler.run(tools, Terminal(shown.append), lambda: now, done, fast, operator=OPS)
        )
        await until(lambda: len(web.requests) == 1)
        for asked in (2, 3, 4):
            now += timedelta(hours=9)
            await until(lambda asked=asked: len(web.requests) >= asked)
        await until(lambda: shown)
        assert "answered 503" in shown[0]
        web.serve("/feed.xml", rss(item(1)))
        now += timedelta(hours=9)
        await until(lambda: len(shown) == 2)
        assert "answers again" in shown[1]
        done.set()
        await asyncio.wait_for(working, 10)
