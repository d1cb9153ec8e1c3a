"""Feeds that a workspace adds for itself: who may, what is read, and that nobody else ever sees any of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from attribution.query import Query, parse
from bot import overviews, owned_feeds
from bot.blocktext import shown
from bot.commands import ChangeFeed, FeedDeed
from bot.reply import Viewer
from storage import audit, channels, claims, feeds, outbox, schema, tenants
from storage.channels import Channel, Subscription
from storage.db import connect, rows, run, transaction
from storage.outbox import Message
from tests.makers import rss
from tests.slack_limits import mentions, problems
from tests.stocked import FEED, stock
from tests.test_jobs import ACCUSED, TITLE, Bench, accusing, opened

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)
ADMIN = Viewer(tenant="T1", channel="C1", user="U1")
URL = "https://blog.example.com/feed.xml"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        stock(db)
        yield db


def change(db: Database, deed: FeedDeed, url: str = URL, who: Viewer = ADMIN, now: datetime = NOW) -> str:
    return str(owned_feeds.apply(db, who, ChangeFeed(deed=deed, url=url), now)["text"])


def listed(db: Database, tenant: str = "T1") -> str:
    return shown(overviews.shown_feeds(db, replace(ADMIN, tenant=tenant), NOW, 0), "feeds")


def test_a_feed_is_added_for_one_workspace_and_noted(db: Database) -> None:
    assert "for this workspace alone" in change(db, "add")
    assert "blog.example.com" in listed(db)
    assert "blog.example.com" not in listed(db, "T2")
    (noted,) = audit.changes(db, "T1")
    assert (noted.user, noted.what, noted.about) == ("U1", "feed add", URL)
    assert audit.changes(db, "T2") == []


def test_two_workspaces_add_the_same_feed_and_neither_knows_of_the_other(db: Database) -> None:
    change(db, "add")
    assert "for this workspace alone" in change(db, "add", who=replace(ADMIN, tenant="T2"))
    assert "no longer read" in change(db, "remove")
    assert "blog.example.com" in listed(db, "T2")


@pytest.mark.parametrize("again", [URL, "https://blog.example.com/feed.xml?utm_source=slack"])
def test_the_same_address_is_added_once(db: Database, again: str) -> None:
    change(db, "add")
    assert "already" in change(db, "add", again)


def test_what_is_read_for_everybody_can_be_neither_added_nor_changed(db: Database) -> None:
    assert f"it is {FEED.id}" in change(db, "add", FEED.url)
    for deed, done in (("remove", "removed"), ("pause", "paused"), ("resume", "resumed")):
        assert f"can be {done}" in change(db, deed, FEED.url)  # type: ignore[arg-type]  # mypy widens the literals
    assert audit.changes(db, "T1") == []


def test_a_paused_feed_says_so_and_a_removed_one_is_gone_from_the_list(db: Database) -> None:
    change(db, "add")
    assert "is not polled" in change(db, "pause")
    assert "paused by an admin" in listed(db)
    assert "paused already" in change(db, "pause")
    assert "polled again" in change(db, "resume")
    assert "polled already" in change(db, "resume")
    change(db, "remove")
    assert "blog.example.com" not in listed(db)
    assert "has no feed" in change(db, "remove")
    assert "from now on" in change(db, "add")


def test_a_workspace_has_fifty_feeds_of_its_own_at_most(db: Database) -> None:
    for number in range(owned_feeds.MOST):
        change(db, "add", f"https://example.com/{number}.xml")
    assert "50 feeds" in change(db, "add")
    change(db, "remove", "https://example.com/7.xml")
    assert "from now on" in change(db, "add")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("example.com/feed", "https://"),
        ("ftp://example.com/feed", "https://"),
        ("https://me:secret@example.com/feed", "password"),
        ("https://[::1", "no address"),
        (f"https://example.com/{'x' * 500}", "500 characters"),
    ],
)
def test_what_cannot_be_a_feed_is_told_with_what_would_be_right(url: str, why: str) -> None:
    assert why in str(owned_feeds.problem(url))
    assert owned_feeds.problem(URL) is None


# What it reports


@asynccontextmanager
async def polling(folder: Path, *asked: tuple[str, str]) -> AsyncIterator[Bench]:
    """A workspace T1 with a feed of its own, and channels as (tenant, question), each named after its tenant."""
    async with AsyncExitStack() as stack:
        bench = await stack.enter_async_context(opened(folder))
        with connect(bench.tools.database) as db:
            run(db, "update feeds set owner = 'T1', publisher_kind = 'unknown', speaker = null, publisher = 'blog'")
            for tenant, words in asked:
                since = NOW - timedelta(days=9)
                channels.put(db, Channel(tenant=tenant, id=f"C{tenant}", created_at=since))
                query = parse(words, NOW.date())
                one = Subscription(tenant=tenant, channel=f"C{tenant}", query=query, created_by="U", created_at=since)
                channels.subscribe(db, one)
        yield bench


def queued(bench: Bench) -> list[Message]:
    with connect(bench.tools.database) as db:
        found = []
        while one := outbox.take(db, NOW + timedelta(days=9)):
            found.append(one)
            outbox.sent(db, one, "1")
        return found


async def test_its_news_reaches_its_own_channels_as_reported_and_no_case(tmp_path: Path) -> None:
    async with polling(tmp_path, ("T1", "iran"), ("T2", "iran")) as bench:
        await bench.poll(accusing(1, title="Old news: UK condemns Iran"))
        assert queued(bench) == []  # the first poll is silent
        await bench.poll(accusing(1, title="Old news: UK condemns Iran"), accusing(2))
        (message,) = queued(bench)
        assert (message.tenant, message.channel) == ("T1", "CT1")
        assert "reported by blog" in message.payload["text"]
        assert ACCUSED in message.payload["text"]
        assert (problems(message.payload), mentions(message.payload)) == ([], [])
        assert bench.rows("select * from cases") == []
        with connect(bench.tools.database) as db:
            assert claims.find(db, Query()) == []
            assert len(claims.find(db, Query(), viewer="T1")) == 2
            assert claims.find(db, Query(), viewer="T2") == []


async def test_what_no_subscription_asks_for_is_stored_in_silence(tmp_path: Path) -> None:
    async with polling(tmp_path, ("T1", "russia")) as bench:
        await bench.poll(accusing(1, title="Old"))
        await bench.poll(accusing(1, title="Old"), accusing(2, title=TITLE))
        assert queued(bench) == []


async def test_a_resumed_feed_learns_what_it_missed_in_silence(tmp_path: Path) -> None:
    async with polling(tmp_path, ("T1", "iran")) as bench:
        await bench.poll(accusing(1, title="Old"))
        with connect(bench.tools.database) as db:
            feeds.disable(db, bench.feed.id, "paused")
            assert bench.feed.id not in feeds.enabled(db)
            feeds.begin_again(db, bench.feed.id)
            schema.require_current(db)
        await bench.poll(accusing(1, title="Old"), accusing(2))
        assert queued(bench) == []
        assert len(rows_of(bench)) == 2


def rows_of(bench: Bench) -> list[dict[str, object]]:
    with connect(bench.tools.database) as db:
        return rows(db, "select id from posts")


async def test_a_workspace_that_leaves_while_its_feed_is_asked_leaves_nothing_behind(tmp_path: Path) -> None:
    async with polling(tmp_path) as bench:
        bench.web.serve("/feed.xml", rss(accusing(1)), delay=0.5)
        polling_it = asyncio.create_task(bench.poll())
        await asyncio.sleep(0.2)
        with connect(bench.tools.database) as db, transaction(db):
            tenants.purge(db, "T1")
        polled = await polling_it
        assert polled.stored.new == 0
        assert rows_of(bench) == []
