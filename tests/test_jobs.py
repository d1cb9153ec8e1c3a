"""Polling, from a real server to the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from attribution.identity import window
from attribution.model import Claim, Feed, Found
from attribution.query import Query
from bot import jobs
from bot.jobs import Polled, poll_feed, retry_articles
from bot.tools import Tools, open_tools
from feeds.errors import Trouble
from feeds.fetch import LARGE
from storage import claims, feeds, posts, schema
from storage.db import Row, connect, rows
from storage.feeds import FeedState
from tests.makers import FCDO, NOW, item, post, rss
from tests.web import Web

ACCUSED = "The United Kingdom holds Iran responsible for the cyber attack on the government of Albania on 15 July."
TITLE = "UK condemns Iran for its cyber attack on Albania"
STEP = timedelta(minutes=20)
EVERY_PORT = frozenset(range(1 << 16))


@dataclass(slots=True)
class Bench:
    """A web, a database and the tools: what a polling test works on."""

    web: Web
    tools: Tools
    feed: Feed
    polls: int = 0

    async def poll(self, *items: dict[str, str], feed: Feed | None = None) -> Polled:
        """Polls after serving these items, twenty minutes after the last poll."""
        feed = feed or self.feed
        if items:
            self.web.serve(feed.url.removeprefix(self.web.url("")), rss(*items), content_type="application/rss+xml")
        self.polls += 1
        return await poll_feed(self.tools, feed.id, NOW + self.polls * STEP)

    def add(self, feed: Feed) -> Feed:
        with connect(self.tools.database) as db:
            feeds.put(db, [(feed, None)])
        return feed

    def state(self) -> FeedState:
        with connect(self.tools.database) as db:
            found = feeds.get(db, self.feed.id)
        assert found
        return found[1]

    def url(self) -> str:
        with connect(self.tools.database) as db:
            found = feeds.get(db, self.feed.id)
        assert found
        return found[0].url

    def claims(self) -> list[Found]:
        with connect(self.tools.database) as db:
            return claims.find(db, Query(mentions=True))

    def rows(self, sql: str) -> list[Row]:
        with connect(self.tools.database) as db:
            return rows(db, sql)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Bench]:
    database = f"sqlite:///{folder / 'test.db'}"
    async with Web() as web, open_tools(database, lambda _: True, ports=EVERY_PORT) as tools:
        feed = replace(FCDO, url=web.url("/feed.xml"))
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(feed, None)])
        yield Bench(web=web, tools=tools, feed=feed)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(tmp_path) as bench:
        yield bench


def accusing(number: int = 1, **changed: str) -> dict[str, str]:
    return item(number, **{"title": TITLE, "text": ACCUSED} | changed)


def only(found: list[Found]) -> Claim:
    assert len(found) == 1, [one.claim for one in found]
    return found[0].claim


async def test_a_post_that_accuses_is_stored_with_its_sentence(bench: Bench) -> None:
    polled = await bench.poll(item(1), accusing(2))
    assert (polled.trouble, polled.entries, polled.stored.new) == (None, 2, 2)
    stored = only(bench.claims())
    assert [set(one) for one in (stored.accused, stored.attributed_by, stored.victims)] == [{"IR"}, {"GB"}, {"AL"}]
    assert stored.quote in f"{TITLE} {ACCUSED}"


async def test_a_second_poll_of_the_same_body_is_a_304_and_stores_nothing(bench: Bench) -> None:
    await bench.poll(accusing())
    polled = await bench.poll()
    assert polled.unchanged
    assert bench.web.requests[-1].headers["If-None-Match"] == bench.state().etag
    assert len(bench.claims()) == 1
    assert bench.state().last_ok_at == NOW + 2 * STEP


async def test_a_cosmetic_edit_is_no_edit(bench: Bench) -> None:
    await bench.poll(accusing())
    polled = await bench.poll(accusing(text=f"<p>{ACCUSED}</p>\n"))
    assert (polled.stored.new, polled.stored.edited) == (0, 0)


async def test_an_edit_that_brings_an_attribution_stores_it(bench: Bench) -> None:
    await bench.poll(item(1, title=TITLE))
    polled = await bench.poll(item(1, title=TITLE, text=ACCUSED))
    assert (polled.stored.new, polled.stored.edited) == (0, 1)
    assert only([found for found in bench.claims() if not found.withdrawn_at]).accused == {"IR"}


async def test_an_edit_that_accuses_nobody_any_more_withdraws_the_claim(bench: Bench) -> None:
    await bench.poll(accusing())
    await bench.poll(item(1))
    (found,) = bench.claims()
    assert found.withdrawn_at == NOW + 2 * STEP


async def test_an_edit_that_keeps_the_accusation_keeps_the_claim(bench: Bench) -> None:
    await bench.poll(accusing())
    before = bench.claims()[0].id
    polled = await bench.poll(accusing(text=f"{ACCUSED} The Foreign Secretary spoke in the House today."))
    assert polled.stored.edited == 1
    assert polled.stored.brought == ()
    assert [(found.id, found.withdrawn_at) for found in bench.claims()] == [(before, None)]


async def test_a_stale_cache_that_goes_back_and_forth_edits_once(bench: Bench) -> None:
    old, new = accusing(), accusing(text=f"{ACCUSED} More was said.")
    edits = [(await bench.poll(one)).stored.edited for one in (old, new, old, new, old)]
    assert edits == [0, 1, 0, 0, 0]


async def test_a_page_that_two_feeds_carry_is_one_post_with_two_sightings(bench: Bench) -> None:
    other = bench.add(replace(bench.feed, id="gb-ncsc", url=bench.web.url("/other.xml")))
    await bench.poll(accusing())
    polled = await bench.poll(accusing(guid="another", text=f"{ACCUSED} Read more."), feed=other)
    assert polled.stored.new == 0
    assert len(bench.claims()) == 1
    assert len(bench.rows("select feed from sightings")) == 2


async def test_an_entry_that_leaves_the_window_and_comes_back_is_not_new(bench: Bench) -> None:
    await bench.poll(accusing(1), item(2))
    await bench.poll(item(2), item(3))
    polled = await bench.poll(accusing(1), item(3))
    assert polled.stored.new == 0
    assert bench.claims()[0].withdrawn_at is None


async def test_a_window_without_overlap_is_counted_as_a_possible_miss(bench: Bench) -> None:
    assert not (await bench.poll(item(1), item(2))).stored.gap
    assert not (await bench.poll(item(2), item(3))).stored.gap
    assert (await bench.poll(item(7), item(8))).stored.gap
    assert (bench.state().gaps, bench.state().last_gap_at) == (1, NOW + 3 * STEP)


async def test_entries_without_link_and_guid_are_known_by_their_words(bench: Bench) -> None:
    bare = {"title": TITLE, "text": ACCUSED}
    await bench.poll(bare)
    assert (await bench.poll(bare, item(2))).stored.new == 1
    assert len(bench.claims()) == 1


async def test_a_post_at_a_new_address_with_its_guid_and_title_has_moved(bench: Bench) -> None:
    await bench.poll(accusing())
    polled = await bench.poll(accusing(link="https://www.example.gov.uk/news/one"))
    assert (polled.stored.new, polled.stored.brought) == (0, ())
    assert bench.claims()[0].url == "https://www.example.gov.uk/news/one"


@pytest.mark.parametrize(
    ("status", "body", "trouble"),
    [
        (403, b"", Trouble.BLOCKED),
        (404, b"", Trouble.NOT_FOUND),
        (500, b"", Trouble.SERVER),
        (200, b"<!doctype html><html><body><h1>Page not found</h1></body></html>", Trouble.SOFT_404),
        (200, b"{} nonsense", Trouble.MALFORMED),
    ],
)
async def test_a_feed_that_fails_says_since_when_and_why_and_recovers(
    bench: Bench, status: int, body: bytes, trouble: Trouble
) -> None:
    bench.web.serve("/feed.xml", body, status=status, content_type="text/html" if b"<" in body else "text/plain")
    first, second = await bench.poll(), await bench.poll()
    assert first.trouble is second.trouble is trouble
    state = bench.state()
    assert (state.failing_since, state.failures, state.trouble) == (NOW + STEP, 2, trouble)
    assert state.trouble_text
    assert state.next_poll_at is not None
    assert (await bench.poll(item(1))).trouble is None
    assert (bench.state().failing_since, bench.state().failures, bench.state().trouble) == (None, 0, None)


async def test_a_feed_that_is_gone_is_asked_no_more(bench: Bench) -> None:
    bench.web.serve("/feed.xml", b"", status=410)
    polled = await bench.poll()
    assert polled.trouble is Trouble.GONE
    with connect(bench.tools.database) as db:
        assert (feeds.due(db, NOW + timedelta(days=30)), feeds.enabled(db)) == ({}, [])


async def test_a_permanent_redirect_is_remembered_once_it_has_held(bench: Bench) -> None:
    bench.web.redirect("/feed.xml", bench.web.url("/new.xml"), status=301)
    bench.web.serve("/new.xml", rss(item(1)), content_type="application/rss+xml")
    addresses = []
    for _ in range(3):
        assert (await bench.poll()).trouble is None
        addresses.append(bench.url())
    assert addresses == [bench.feed.url, bench.feed.url, bench.web.url("/new.xml")]


async def test_no_redirect_and_no_article_makes_the_bot_send_or_store_a_login(bench: Bench) -> None:
    login = bench.web.url("/news/1").replace("//", "//bob:secret@", 1)
    bench.web.serve("/news/1", article(ACCUSED), content_type="text/html")
    await bench.poll(accusing(link=login, title="Foreign Secretary on Iran", text="On a cyber attack."))
    assert bench.rows("select headline_only from posts") == [{"headline_only": 1}]
    bench.web.redirect("/feed.xml", login.replace("/news/1", "/new.xml"), status=301)
    bench.web.serve("/new.xml", rss(item(1)))
    for _ in range(3):
        assert (await bench.poll()).trouble is Trouble.REDIRECTS
    assert (bench.url(), bench.state().moved_to) == (bench.feed.url, None)
    assert "secret" not in str(bench.state())
    assert {request.path for request in bench.web.requests} == {"/feed.xml"}


async def test_a_teasers_article_is_read(bench: Bench) -> None:
    teaser = accusing(
        link=bench.web.url("/news/1"), title="Foreign Secretary speaks on Iran", text="On a cyber attack."
    )
    bench.web.serve("/news/1", article(ACCUSED), content_type="text/html")
    await bench.poll(teaser)
    assert only(bench.claims()).quote == ACCUSED
    assert not bench.claims()[0].headline_only


async def test_an_article_that_cannot_be_had_leaves_the_headline_and_is_tried_again(bench: Bench) -> None:
    teaser = accusing(link=bench.web.url("/news/1"), text="The Foreign Secretary on the cyber attack on Albania.")
    bench.web.serve("/news/1", b"", status=503)
    await bench.poll(teaser)
    before = bench.claims()
    assert all(found.headline_only for found in before)
    assert await retry_articles(bench.tools, NOW + STEP + timedelta(minutes=1)) == 0
    bench.web.serve("/news/1", article(ACCUSED), content_type="text/html")
    assert await retry_articles(bench.tools, NOW + STEP + timedelta(minutes=11)) == 1
    after = bench.claims()
    assert [found.id for found in after][: len(before)] == [found.id for found in before]
    assert not any(found.headline_only for found in after)
    assert await retry_articles(bench.tools, NOW + timedelta(hours=12)) == 0


async def test_an_article_that_stays_away_is_given_up_after_a_day(bench: Bench) -> None:
    bench.web.serve("/news/1", b"", status=503)
    await bench.poll(accusing(link=bench.web.url("/news/1"), text="The Foreign Secretary on the cyber attack."))
    for hour in range(48):
        await retry_articles(bench.tools, NOW + timedelta(hours=hour))
    tries = [request for request in bench.web.requests if request.path == "/news/1"]
    assert 3 <= len(tries) <= 10
    assert bench.rows("select 1 from posts where article_due_at is not null") == []


async def test_one_poll_fetches_some_articles_and_the_rest_follow(bench: Bench) -> None:
    items = []
    for number in range(15):
        bench.web.serve(f"/news/{number}", article(ACCUSED), content_type="text/html")
        link = bench.web.url(f"/news/{number}")
        items.append(item(number, link=link, title=f"Foreign Secretary on Iran {number}", text="On a cyber attack."))
    await bench.poll(*items)
    fetched = {request.path for request in bench.web.requests if request.path.startswith("/news/")}
    assert len(fetched) == 12
    assert await retry_articles(bench.tools, NOW + STEP + timedelta(minutes=11)) == 3
    assert bench.rows("select id from posts where headline_only = 1") == []


async def test_what_a_workspaces_feed_holds_when_added_waits_for_no_articles_and_its_news_do(bench: Bench) -> None:
    def teasers(*numbers: int) -> list[dict[str, str]]:
        words = {"title": "Foreign Secretary on Iran", "text": "On a cyber attack."}
        return [item(n, link=bench.web.url(f"/news/{n}"), **words) for n in numbers]

    own = bench.add(replace(bench.feed, id="own-1", url=bench.web.url("/own.xml"), owner="T1"))
    await bench.poll(*teasers(*range(20)), feed=own)
    assert bench.rows("select count(*) as n from posts where headline_only = 1") == [{"n": 20}]
    assert bench.rows("select id from posts where article_due_at is not null") == []
    await bench.poll(*teasers(1, 2, 30), feed=own)
    assert bench.rows("select guid from posts where article_due_at is not null") == [{"guid": teasers(30)[0]["guid"]}]
    await bench.poll(*teasers(1, 2, 30))
    assert len(bench.rows("select id from posts where article_due_at is not null and owner is null")) == 3


async def test_everybodys_articles_are_tried_first_and_then_each_workspaces_in_turn(bench: Bench) -> None:
    whose = {"T1": range(40), "T2": range(40, 43), None: range(50, 52)}
    with connect(bench.tools.database) as db:
        for owner, numbers in whose.items():
            for number in numbers:
                one = post(url=f"https://example.org/{number}", guid=f"{number}")
                post_id = posts.add(db, one, window([one]), NOW, owner)
                assert post_id is not None
                posts.want_article(db, post_id, NOW + timedelta(seconds=number))
        at = NOW + timedelta(minutes=1)
        due = [(one.owner, int(one.post.guid)) for one in posts.articles_due(db, at, limit=50, own=5)]
        few = [int(one.post.guid) for one in posts.articles_due(db, at, limit=4, own=5)]
        early = [int(one.post.guid) for one in posts.articles_due(db, NOW + timedelta(seconds=3), limit=50, own=5)]
    assert [number for _, number in due] == [50, 51, 0, 40, 1, 41, 2, 42, 3, 4]
    assert [owner for owner, _ in due[:4]] == [None, None, "T1", "T2"]
    assert few == [50, 51, 0, 40]
    assert early == [0, 1, 2, 3]


async def test_a_flood_from_one_workspace_delays_neither_everybodys_articles_nor_anothers(bench: Bench) -> None:
    feeds_of = {
        owner: bench.add(replace(bench.feed, id=f"own-{owner}", url=bench.web.url(f"/{owner}.xml"), owner=owner))
        for owner in ("T1", "T2")
    }
    for feed in (*feeds_of.values(), bench.feed):
        await bench.poll(item(0), feed=feed)

    def teasers(path: str, count: int) -> list[dict[str, str]]:
        words = {"title": "Foreign Secretary on Iran", "text": "On a cyber attack."}
        return [item(0), *(item(n, link=bench.web.url(f"/{path}/{n}"), **words) for n in range(1, count + 1))]

    await bench.poll(*teasers("flood", 300), feed=feeds_of["T1"])
    await bench.poll(*teasers("other", 2), feed=feeds_of["T2"])
    await bench.poll(*teasers("gov", 2))
    bench.web.requests.clear()
    await retry_articles(bench.tools, NOW + 12 * STEP)
    asked = [request.path.split("/")[1] for request in bench.web.requests]
    assert {path: asked.count(path) for path in asked} == {"gov": 2, "other": 2, "flood": jobs.MOST_OWN_ARTICLES_DUE}


@pytest.mark.parametrize("what", ["feeds", "pages"])
async def test_large_bodies_that_drip_from_workspaces_feeds_keep_no_large_one_for_everybody_waiting(
    bench: Bench, what: str
) -> None:
    big = b"<!--" + b"x" * LARGE + b"-->"
    words = {"title": "Foreign Secretary on Iran", "text": "On a cyber attack."}
    drips = (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + big, *[b" "] * 100)
    polls = []
    for n in range(3):  # each at a host of its own, of which two are asked at once at most
        feed, page = (bench.web.url(path).replace("127.", f"0x{n * '0'}7f.") for path in (f"/{n}.xml", f"/drips/{n}"))
        bench.add(replace(bench.feed, id=f"own-{n}", url=feed, owner=f"T{n}"))
        bench.web.serve(f"/{n}.xml", rss(item(n, link=page, **words)))
        bench.web.serve_pieces(f"/{n}.xml" if what == "feeds" else f"/drips/{n}", lambda: drips, drip=0.1)
        polls.append(asyncio.create_task(poll_feed(bench.tools, f"own-{n}", NOW)))
    await asyncio.sleep(1)
    bench.web.serve("/news/1", article(ACCUSED) + big, content_type="text/html")
    bench.web.serve("/feed.xml", rss(item(9, link=bench.web.url("/news/1"), **words)) + big)
    try:
        async with asyncio.timeout(5):
            polled = await poll_feed(bench.tools, bench.feed.id, NOW)
        assert not any(one.done() for one in polls)
    finally:
        for one in polls:
            one.cancel()
        await asyncio.wait(polls)
    assert polled.trouble is None
    assert only(bench.claims()).accused == {"IR"}


async def test_what_a_seeded_posts_article_brings_later_is_seeded_too(bench: Bench) -> None:
    teaser = accusing(
        link=bench.web.url("/news/1"), title="Foreign Secretary speaks on Iran", text="On a cyber attack."
    )
    bench.web.serve("/news/1", b"", status=503)
    await bench.poll(teaser)
    bench.web.serve("/news/1", article(ACCUSED), content_type="text/html")
    assert await retry_articles(bench.tools, NOW + STEP + timedelta(minutes=11)) == 1
    assert {found["heard"] for found in bench.rows("select heard from claims")} == {"seeded"}


async def test_an_edit_whose_article_cannot_be_had_is_read_by_its_headline_and_tried_again(bench: Bench) -> None:
    teaser = accusing(
        link=bench.web.url("/news/1"), title="Foreign Secretary speaks", text="On a cyber attack by Iran."
    )
    bench.web.serve("/news/1", b"", status=503)
    await bench.poll(teaser)
    await bench.poll(teaser | {"title": TITLE})
    assert bench.rows("select title from posts") == [{"title": TITLE}]
    assert {"IR"} in [set(found.claim.accused) for found in bench.claims()]
    assert len(bench.rows("select id from posts where article_due_at is not null")) == 1


async def test_an_edit_whose_article_cannot_be_had_withdraws_nothing(bench: Bench) -> None:
    teaser = accusing(
        link=bench.web.url("/news/1"), title="Foreign Secretary speaks on Iran", text="On a cyber attack."
    )
    bench.web.serve("/news/1", article(ACCUSED), content_type="text/html")
    await bench.poll(teaser)
    assert only(bench.claims()).accused == {"IR"}
    bench.web.serve("/news/1", b"", status=503)
    polled = await bench.poll(teaser | {"text": "On a cyber attack, updated."})
    assert polled.stored.edited == 1
    assert bench.claims()[0].withdrawn_at is None


def article(text: str) -> bytes:
    """A page with the text among what government pages have around it."""
    filler = "The department works with partners at home and abroad to keep people safe online. " * 4
    return (
        "<!doctype html><html><head><title>A statement</title></head><body><nav><a href='/'>Home</a></nav>"
        f"<main><article><h1>A statement</h1><p>{text}</p><p>{filler}</p></article></main></body></html>"
    ).encode()


async def test_a_slow_host_of_articles_holds_up_its_feeds_poll_for_a_bounded_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ARTICLES_WITHIN", 0.5)
    items = []
    for number in range(8):  # two at a time, so that it would take four seconds
        bench.web.serve(f"/news/{number}", article(ACCUSED), content_type="text/html", delay=0 if number < 2 else 1)
        link = bench.web.url(f"/news/{number}")
        items.append(item(number, link=link, title=f"Foreign Secretary on Iran {number}", text="On a cyber attack."))
    polled = await bench.poll(*items)
    assert polled.seconds < 2
    assert (polled.trouble, polled.stored.new) == (None, 8)
    assert len(bench.rows("select id from posts where headline_only = 1")) == 6
    for number in range(8):
        bench.web.serve(f"/news/{number}", article(ACCUSED), content_type="text/html")
    assert await retry_articles(bench.tools, NOW + STEP + timedelta(minutes=11)) == 6
    assert bench.rows("select id from posts where headline_only = 1") == []


async def test_articles_that_are_not_had_in_time_are_tried_again_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.web.serve("/news/1", article(ACCUSED), content_type="text/html", delay=1)
    monkeypatch.setattr(jobs, "ARTICLES_WITHIN", 0.2)
    await bench.poll(accusing(link=bench.web.url("/news/1"), text="The Foreign Secretary on the cyber attack."))
    later = NOW + STEP + timedelta(minutes=11)
    assert await retry_articles(bench.tools, later) == 0
    (row,) = bench.rows("select article_tries, article_due_at from posts")
    assert row["article_tries"] == 2
    assert row["article_due_at"] > f"{later:%Y-%m-%dT%H:%M:%SZ}"
