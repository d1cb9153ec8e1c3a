"""`/attribution feed ...` over the wire: an admin is asked for, a new feed is read once before it is added."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot import people
from storage import audit, feeds
from storage.db import connect
from tests.makers import item, rss
from tests.slack import LocalSlack
from tests.stocked import FEED, stock
from tests.test_app import IN_TIME, World, served
from tests.web import Web


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        stock(db)
    return tmp_path / "test.db"


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        web.serve("/feed.xml", rss(item(1)), content_type="application/rss+xml")
        web.serve("/page", b"<html><title>News</title><p>No feed here</p></html>", content_type="text/html")
        yield web


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, database: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack(paced=False))
        http = request.param == "http"
        world = await stack.enter_async_context(served(slack, database, http=http, may_dial=lambda _: True))
        slack.space.users[world.user]["is_admin"] = True
        yield world


async def asked(world: World, text: str) -> str:
    answer = await world.slash(text)
    assert answer.seconds < IN_TIME
    return str((await answer.said())[-1]["text"])


def own(world: World) -> list[str]:
    with connect(f"sqlite:///{world.database}") as db:
        return [feed.url for feed, _, off in feeds.health(db) if feed.owner == "T0LOCAL" and off is None]


async def test_an_admin_adds_pauses_resumes_and_removes_a_feed(world: World, web: Web) -> None:
    url = web.url("/feed.xml")
    assert "for this workspace alone" in await asked(world, f"feed add {url}")
    assert own(world) == [url]
    assert "paused by an admin" in await asked(world, f"feed pause <{url}|feed>") + await asked(world, "feeds")
    assert own(world) == []
    assert "polled again" in await asked(world, f"feed resume {url}")
    assert "no longer read" in await asked(world, f"feed remove {url}")
    assert "no feed" in await asked(world, f"feed remove {url}")
    with connect(f"sqlite:///{world.database}") as db:
        noted = audit.changes(db, "T0LOCAL")
    assert [one.what for one in noted] == ["feed remove", "feed resume", "feed pause", "feed add"]
    assert {one.user for one in noted} == {world.user}


async def test_who_is_no_admin_is_told_to_ask_one(world: World, web: Web) -> None:
    world.slack.space.users[world.user]["is_admin"] = False
    assert await asked(world, f"feed add {web.url('/feed.xml')}") == people.ONLY_ADMINS
    assert own(world) == []


async def test_without_the_scope_nobody_knows_who_is_an_admin_and_that_is_said(world: World, web: Web) -> None:
    world.slack.scopes.discard("users:read")
    assert await asked(world, f"feed add {web.url('/feed.xml')}") == people.UNKNOWN
    assert own(world) == []


async def test_a_slack_that_does_not_say_who_is_an_admin_is_asked_again_later(world: World, web: Web) -> None:
    world.slack.next("users.info", "internal_error")
    assert "in a minute" in await asked(world, f"feed add {web.url('/feed.xml')}")
    assert own(world) == []


@pytest.mark.parametrize(("path", "why"), [("/page", "a web page (“News”)"), ("/missing", "nothing at this address")])
async def test_what_is_no_feed_is_not_added_and_it_is_said_why(world: World, web: Web, path: str, why: str) -> None:
    assert why in await asked(world, f"feed add {web.url(path)}")
    assert own(world) == []


async def test_what_is_mistyped_is_answered_with_what_would_be_right(world: World, web: Web) -> None:
    assert "Did you mean remove?" in await asked(world, "feed remov https://example.org/news.xml")
    assert "is no web address" in await asked(world, "feed add example.org")
    assert FEED.id in await asked(world, f"feed add {FEED.url}")
