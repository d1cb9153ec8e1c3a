"""The shortcut "Read attributions" over the wire: messages, the pages they link, what cannot be had."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attribution.model import Publisher, PublisherKind
from attribution.why import why_not
from bot import manifest, shortcut
from bot.answering import open_answers
from bot.app import PATH, serving
from bot.blocks import strings
from bot.shortcut import READ
from bot.slack import open_slack
from bot.tools import open_tools
from feeds.catalogue import catalogue
from feeds.errors import Trouble
from storage import cards, cases, channels
from storage.channels import Channel
from storage.db import connect, rows, run
from tests.card_samples import UK_CONDEMNS
from tests.makers import QUOTE
from tests.slack import Answer, LocalSlack
from tests.slack_limits import mentions
from tests.test_app import IN_TIME, NOW, database, free_port, settings_for, slack
from tests.web import Web

__all__ = ["database", "slack"]  # fixtures
Json = dict[str, Any]
SAID = "The UK government said today that Iran was responsible for the cyber attack on Albania."
LUNCH = "Shall we have lunch at noon, or rather at one?"
PAGE = """<!doctype html><html><head><title>{title}</title></head><body><article><h1>{title}</h1>
<p>{text}</p><p>The attack destroyed data and took public services offline for days, the minister told parliament. Work
to restore them goes on, and those who were hit are being helped by experts from several countries.</p></article>
</body></html>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A workspace, the app that serves it, and a web it may fetch from. `url`: where the app listens."""

    slack: LocalSlack
    web: Web
    database: Path
    channel: str
    user: str
    url: str | None

    async def read(self, message: Json, channel: str = "") -> Answer:
        """Chooses the shortcut of a message."""
        answer = await self.slack.shortcut(READ, message, channel=channel or self.channel, user=self.user, url=self.url)
        assert answer.failure is None
        assert answer.seconds < IN_TIME
        return answer

    async def shown(self, message: Json, channel: str = "") -> str:
        """What the window says in the end."""
        await self.read(message, channel)
        await self.slack.called("views.open")
        (view,) = self.slack.space.views.values()
        if "Looking" in words(view):
            await self.slack.called("views.update", within=30)
        (view,) = self.slack.space.views.values()
        return words(view)


@pytest.fixture
def traced(database: Path) -> Path:
    """The samples' database, with what new claims are compared with."""
    with connect(f"sqlite:///{database}") as db:
        for one in rows(db, "select id from cases"):
            cases.retell(db, one["id"])
    return database


@asynccontextmanager
async def served(slack: LocalSlack, database: Path, *, http: bool) -> AsyncIterator[World]:
    port = free_port()
    signed: Json = {"slack_signing_secret": slack.signing_secret, "port": port}
    where = f"sqlite:///{database}"
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(Web())
        far = await stack.enter_async_context(open_slack(slack.bot_token, slack.url, pace=0))
        answers = await stack.enter_async_context(open_answers(where, far, lambda: NOW))
        tools = await stack.enter_async_context(open_tools(where, lambda _: True, ports=frozenset({web.port})))
        doors = signed if http else {"slack_app_token": slack.app_token}
        await stack.enter_async_context(serving(settings_for(slack, **doors), answers, tools))
        if not http:
            await slack.connected()
        url = f"http://127.0.0.1:{port}{PATH}" if http else None
        channel = slack.channel("news")
        yield World(slack=slack, web=web, database=database, channel=channel, user=slack.user("ada"), url=url)
    assert slack.refusals == []


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, slack: LocalSlack, traced: Path) -> AsyncIterator[World]:
    async with served(slack, traced, http=request.param == "http") as world:
        yield world


@pytest.fixture
async def by_socket(slack: LocalSlack, traced: Path) -> AsyncIterator[World]:
    async with served(slack, traced, http=False) as world:
        yield world


def words(view: Json) -> str:
    assert mentions(view) == []
    return "\n".join(strings(view)).replace("\u00a0", " ").replace("\u2060", "")


def message(text: str = "", **more: Any) -> Json:
    return {"type": "message", "user": "U1", "ts": "1662735600.000100", "text": text} | more


def page(web: Web, path: str, text: str, title: str = "UK blames Iran for a cyber attack") -> str:
    return web.serve(path, PAGE.format(title=title, text=text), content_type="text/html; charset=utf-8")


def stored(world: World) -> list[tuple[str, int]]:
    """How many rows each table has."""
    with connect(f"sqlite:///{world.database}") as db:
        names = [one["name"] for one in rows(db, "select name from sqlite_master where type = 'table' order by name")]
        return [(name, rows(db, f"select count(*) as n from {name}")[0]["n"]) for name in names]


# Over the wire


async def test_a_message_is_read_with_its_sentence_and_the_words_of_each_field(world: World) -> None:
    before = stored(world)
    shown = await world.shown(message(SAID))
    for part in ("This message", "🇬🇧 United Kingdom accuses 🇮🇷 Iran", f"“{SAID}”", "accused: 🇮🇷 Iran", "from “Iran”"):
        assert part in shown
    assert "Nothing of this is stored" in shown
    assert stored(world) == before


async def test_a_page_is_fetched_while_the_window_says_that_it_is_looked_for(world: World) -> None:
    url = world.web.serve(
        "/slow", PAGE.format(title="UK blames Iran", text=SAID), content_type="text/html; charset=utf-8", delay=1.5
    )
    await world.read(message(f"Did you see <{url}|this>?"))
    opened = await world.slack.called("views.open")
    assert "Looking" in words(opened[0]["view"])
    await world.slack.called("views.update", within=20)
    (view,) = world.slack.space.views.values()
    shown = words(view)
    assert "UK blames Iran" in shown
    assert "reported by 127.0.0.1" in shown
    assert "🇬🇧 United Kingdom accuses 🇮🇷 Iran" in shown


async def test_a_stale_trigger_is_answered_kindly(world: World) -> None:
    world.slack.next("views.open", "expired_trigger_id")
    answer = await world.read(message(LUNCH))
    (said,) = await answer.said(1)
    assert "did not open" in said["text"]


async def test_a_window_that_was_closed_meanwhile_is_no_failure(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    url = world.web.serve("/slow", PAGE.format(title="x", text=SAID), content_type="text/html", delay=1.5)
    await world.read(message(url))
    await world.slack.called("views.open")
    world.slack.space.views.clear()
    await world.slack.called("views.update", within=20)
    assert "an answer failed" not in "".join(capsys.readouterr())
    assert [method for method, _ in world.slack.refusals] == ["views.update"]
    world.slack.refusals.clear()


# What is read


async def test_a_thread_a_conversation_of_two_and_a_bots_message_are_read_alike(by_socket: World) -> None:
    reply = message(SAID, thread_ts="1662735500.000100", bot_id="B1")
    assert "accuses 🇮🇷 Iran" in await by_socket.shown(reply, by_socket.slack.channel(by_socket.user, "im"))


async def test_a_quiet_message_says_why_and_what_came_nearest(by_socket: World) -> None:
    shown = await by_socket.shown(message("Iranian hackers attacked a bank, says the vendor Examplesoft."))
    assert "No attribution: " in shown
    assert "The sentence that comes nearest" in shown
    assert "Examplesoft" in shown


async def test_what_is_about_something_else_says_so(by_socket: World) -> None:
    why = why_not(shortcut.message_post(message(LUNCH)))
    assert why is not None
    shown = await by_socket.shown(message(LUNCH))
    assert f"No attribution: \n{why.because}" in shown.replace("text\n", "")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (message(), shortcut.NOTHING),
        (message(files=[{"url_private": "https://files.slack.com/x.png", "title": "x.png"}]), shortcut.NOTHING),
        (message("This message was deleted.", subtype="tombstone"), shortcut.GONE),
        ({}, shortcut.NOTHING),
    ],
)
async def test_what_holds_nothing_to_read_says_so(by_socket: World, given: Json, says: str) -> None:
    assert says in await by_socket.shown(given)


async def test_no_more_than_three_pages_are_read_and_the_rest_counted(by_socket: World) -> None:
    urls = [page(by_socket.web, f"/{number}", SAID, f"No. {number}") for number in range(5)]
    shown = await by_socket.shown(message(" ".join([*urls, urls[0]])))
    assert [seen.path for seen in by_socket.web.requests if seen.path != "/robots.txt"].count("/0") == 1
    assert len(by_socket.web.requests) == 3
    assert "2 more were not" in shown


@pytest.mark.parametrize(
    ("status", "text", "title", "trouble"),
    [
        (404, "", "", Trouble.NOT_FOUND),
        (401, "", "", Trouble.BLOCKED),
        (503, "", "", Trouble.SERVER),
        (200, "Please sign in to continue.", "Sign in", Trouble.BLOCKED),
    ],
)
async def test_a_page_that_cannot_be_had_says_why(
    by_socket: World, status: int, text: str, title: str, trouble: Trouble
) -> None:
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    url = by_socket.web.serve("/p", body, status=status, content_type="text/html")
    shown = await by_socket.shown(message(url))
    assert f"could not be read: {shortcut.WHY_NOT[trouble]}" in shown


async def test_an_address_that_is_not_public_is_not_asked(by_socket: World) -> None:
    shown = await by_socket.shown(message("http://127.0.0.1:1/secret"))
    assert shortcut.WHY_NOT[Trouble.REFUSED] in shown
    assert by_socket.web.requests == []


async def test_a_case_that_is_known_is_named_with_its_card(by_socket: World) -> None:
    with connect(f"sqlite:///{by_socket.database}") as db:
        channels.put(db, Channel(tenant="T0LOCAL", id=by_socket.channel, created_at=NOW))
        card = cards.add(db, "T0LOCAL", by_socket.channel, "2022-17", NOW)
        cards.posted(db, card, "1.2", "https://local.slack.com/archives/C1/p12")
        url = page(by_socket.web, "/p", SAID)
        run(db, "update posts set url = :url where url = :old", url=url, old=UK_CONDEMNS.url)
    shown = await by_socket.shown(message(url))
    assert "This is case 2022-17" in shown
    assert "https://local.slack.com/archives/C1/p12" in shown


async def test_a_message_about_a_known_operation_is_known_by_what_it_says(by_socket: World) -> None:
    shown = await by_socket.shown(message(f"{SAID} HomeLand Justice claimed it."))
    assert "This is case 2022-17" in shown


# What a message holds


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (message("*Iran* did _it_ &amp; <https://a.example.org/|more>"), "Iran did it & more"),
        (message("<!here> <@U1|ada> said <!date^1^{date}|today>"), "ada said today"),
        (
            message(
                blocks=[
                    rich(
                        {"type": "text", "text": "Iran "},
                        {"type": "link", "url": "https://a.example.org", "text": "did"},
                    )
                ]
            ),
            "Iran did",
        ),
        (message("Iran did", blocks=[rich({"type": "text", "text": "Iran did"})]), "Iran did"),
        (
            message(
                blocks=[
                    {
                        "type": "section",
                        "fields": [{"type": "mrkdwn", "text": "*One*"}, {"type": "plain_text", "text": "*2*"}],
                    }
                ]
            ),
            "One\n*2*",
        ),
        (
            message(
                blocks=[
                    {"type": "header", "text": {"type": "plain_text", "text": "Head"}},
                    {"type": "context", "elements": [{"type": "image"}, {"type": "mrkdwn", "text": "small"}]},
                ]
            ),
            "Head\nsmall",
        ),
        (
            message(attachments=[{"title": "Title", "text": "Text", "fields": [{"title": "By", "value": "UK"}]}]),
            "Title\nText\nBy\nUK",
        ),
        (message(attachments=[{"blocks": [{"type": "markdown", "text": "**bold**"}]}]), "bold"),
        (message("2 * 3 and snake_case_word"), "2 * 3 and snake_case_word"),
    ],
)
def test_a_message_is_read_as_a_reader_sees_it(given: Json, text: str) -> None:
    assert shortcut.text_of(given) == text


@pytest.mark.parametrize(
    ("given", "links"),
    [
        (
            message("<https://a.example.org/x|x> and https://b.example.org/y."),
            ["https://a.example.org/x", "https://b.example.org/y"],
        ),
        (message("<https://a.example.org/?a=1&amp;b=2>"), ["https://a.example.org/?a=1&b=2"]),
        (
            message(
                "<https://a.example.org/x?utm_source=s>",
                attachments=[{"from_url": "https://a.example.org/x", "image_url": "https://a.example.org/i.png"}],
            ),
            ["https://a.example.org/x"],
        ),
        (message("<https://local.slack.com/archives/C1/p1>"), []),
        (message(blocks=[rich({"type": "link", "url": "https://a.example.org/"})]), ["https://a.example.org/"]),
        (message("<mailto:a@example.org|a> javascript:alert(1) <#C1>"), []),
    ],
)
def test_the_links_of_a_message_are_the_pages_a_reader_could_open(given: Json, links: list[str]) -> None:
    assert shortcut.links_of(given) == links


def test_who_publishes_a_page_is_looked_up_by_its_host() -> None:
    entries = catalogue()
    known = next(one for one in entries if one.feed.publisher.speaker == "GB")
    assert shortcut.publisher_at(known.feed.url, entries).speaker == "GB"
    nobody = Publisher(name="blog.example.org", kind=PublisherKind.UNKNOWN)
    assert shortcut.publisher_at("https://blog.example.org/gov.uk", entries) == nobody
    assert shortcut.publisher_at("https://www.gov.uk.example.org/", entries).speaker is None


def test_a_message_that_says_we_speaks_for_no_government() -> None:
    assert shortcut.message_post(message(QUOTE)).publisher.speaker is None


def test_every_trouble_of_a_page_has_its_words() -> None:
    assert set(shortcut.WHY_NOT) == set(Trouble)


def test_the_shortcut_is_in_the_manifest() -> None:
    (one,) = manifest.manifest()["features"]["shortcuts"]
    assert (one["type"], one["callback_id"], one["name"]) == ("message", READ, "Read attributions")


def test_hostile_words_neither_call_nor_break_the_window() -> None:
    evil = message("<!channel> <@U1> " + "x" * 50_000 + " \u202e <https://a.example.org|<!here>>")
    post = shortcut.message_post(evil)
    view = shortcut.window([shortcut.Text(post=post)], 7, NOW)
    assert mentions(view) == []
    assert len(post.text) <= shortcut.TEXT_LENGTH
