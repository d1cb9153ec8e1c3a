"""From the bytes of a feed to what Slack is sent: whatever comes in, what goes out is valid, calls on nobody, leads
nowhere but to the post itself, and is cut where a reader would cut."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from attribution.identity import canonical_url
from attribution.model import Post
from attribution.query import Query
from attribution.retry import Tried
from bot import ingest
from bot.blocks import strings
from bot.deliver import Sent, settle
from bot.escape import clean, web_url
from bot.ingest import CHANGED
from feeds.errors import FeedError
from feeds.parse import parse
from storage import channels, feeds, outbox, schema
from storage.channels import Channel, Subscription
from storage.db import connect
from storage.feeds import FeedState
from storage.outbox import Message
from tests import slack_limits
from tests.makers import FCDO

NOW = datetime(2022, 9, 7, 12, tzinfo=UTC)
ACCUSED = "The United Kingdom holds Iran responsible for the cyber attack on the government of Albania on 15 July."
HOSTILE = [
    "<!channel>",
    "<!here|here>",
    "<@U012AB3CD>",
    "<#C012AB3CD>",
    "<!subteam^S01>",
    "<https://evil.example|gov.uk>",
    "https://evil.example/x",
    "&lt;!channel&gt;",
    "&amp;lt;@U1&amp;gt;",
    "*bold* _it_ ~no~ `code` ```block```",
    ":rotating_light: @everyone",
    "> quote",
    "\u202egnp.exe",
    "\u2066\u2069\u200f\u200b\ufeff",
    "🇬🇧👩‍👩‍👧‍👦👍🏽",
    "e\u0301\u0323\u0300\u0316\u0301",
    "नमस्ते क्षत्रिय",
    "각각",
    "\x00\x07\x1b[31m",
    "|",
    "\\u003c!channel\\u003e",
    "]]>",
    "<script>alert(1)</script>",
    "<b>",
    "{{x}}",
    "${x}",
    "A" * 3_000,
    "👩‍👩‍👧‍👦" * 400,
    "ẹ́" * 2_000,
]
LINKS = [
    "https://www.example.gov.uk/news/1",
    "http://example.gov.uk/a?b=1&c=<!channel>|x",
    "https://example.gov.uk/" + "ü" * 900,
    "https://example.gov.uk/a|b>c",
    "javascript:alert(1)",
    "//evil.example",
    "data:text/html,x",
    "slack://open",
    "https://a@b:443/x",
    "https://[::1]/",
    "",
]
PIECES = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=30), max_size=4).map(" ".join)
TITLES = st.tuples(PIECES, st.sampled_from(["UK condemns Iran for its cyber attack on Albania", ACCUSED]), PIECES)
ITEMS = st.fixed_dictionaries(
    {
        "title": TITLES.map(" ".join),
        "link": st.sampled_from(LINKS),
        "guid": st.sampled_from(["", "1", "https://www.example.gov.uk/g"]) | PIECES,
        "description": st.tuples(PIECES, st.just(ACCUSED), PIECES).map(" ".join),
        "pubDate": st.sampled_from(["Wed, 07 Sep 2022 11:00:00 GMT", "", "Fri, 01 Jan 2099 00:00:00 GMT"]),
    }
)
BODIES = st.tuples(st.lists(ITEMS, min_size=1, max_size=5), st.booleans()).map(lambda made: body(*made))
# `make torture` looks longer.
EXAMPLES = 1_000 if os.environ.get("TORTURE") else 60
USUAL = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def body(items: list[dict[str, str]], escaped: bool) -> bytes:
    """A feed, its text escaped as it should be or left as it is."""
    made = (lambda text: escape(text)) if escaped else (lambda text: text)
    inside = "".join(
        f"<item>{''.join(f'<{name}>{made(value)}</{name}>' for name, value in one.items())}</item>" for one in items
    )
    return f'<rss version="2.0"><channel>{inside}</channel></rss>'.encode("utf-8", "replace")


def told(raw: bytes) -> tuple[tuple[Post, ...], list[Message]]:
    """The posts of a feed's body, and the messages for a channel that hears of everything."""
    try:
        posts = parse(raw, "application/rss+xml", FCDO.url, FCDO)
    except FeedError:
        return (), []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "test.db"
        file.write_bytes(listening())
        with connect(f"sqlite:///{file}") as db:
            return posts, stored(db, posts)


def stored(db: Database, posts: tuple[Post, ...]) -> list[Message]:
    """What storing these as a poll does queues for Slack."""
    entries = ingest.sift(db, FCDO, posts, NOW)
    readings = ingest.read_entries([one for one in entries if one.fate in CHANGED])
    ingest.store(db, FCDO, FeedState(seeded_at=NOW - timedelta(days=1)), entries, readings, NOW)
    return list(queued(db))


@cache
def listening() -> bytes:
    """The file of a database whose one channel hears of everything."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "test.db"
        with connect(f"sqlite:///{file}") as db:
            hear_everything(db)
        return file.read_bytes()


def hear_everything(db: Database) -> None:
    """Makes the tables and one channel that asked for all there is."""
    schema.require_current(db)
    feeds.put(db, [(FCDO, None)])
    channels.put(db, Channel(tenant="T", id="C1", created_at=NOW, threads=True))
    channels.subscribe(db, Subscription(tenant="T", channel="C1", query=Query(), created_by="U", created_at=NOW))


def queued(db: Database) -> Iterator[Message]:
    """Everything that waits, as it is taken: one after the other, each sent before the next."""
    while message := outbox.take(db, NOW):
        yield message
        settle(db, message, Sent(tried=Tried(), ts="1.1"), NOW)


def cut_elsewhere(posts: tuple[Post, ...], payload: dict[str, object]) -> list[str]:
    """Pieces that end in an ellipsis and break a grapheme of the text they are of."""
    sources = [clean(text) for post in posts for text in (post.title, post.text)]
    found = []
    for text in strings(payload.get("blocks", [])):
        kept = text.strip("“”").removesuffix("…")
        whole = next((source for source in sources if len(kept) > 20 and kept in source), None)
        if text.strip("“”").endswith("…") and whole is not None:
            at = whole.index(kept) + len(kept)
            ends = {match.end() for match in regex.finditer(r"\X", whole)}
            found += [] if at in ends else [text[-40:]]
    return found


@USUAL
@given(BODIES)
def test_whatever_a_feed_says_what_slack_is_sent_is_valid_and_calls_on_nobody(raw: bytes) -> None:
    posts, messages = told(raw)
    own = {web_url(post.url) for post in posts}
    for message in messages:
        assert slack_limits.problems(message.payload) == []
        assert slack_limits.mentions(message.payload) == []
        led = slack_limits.links(message.payload)
        assert led <= own, led - own
        assert all(url.startswith(("http://", "https://")) for url in led)
        assert cut_elsewhere(posts, message.payload) == []


def test_such_feeds_do_bring_messages() -> None:
    """The properties above would hold of a bot that says nothing."""
    hostile = {"title": f"<!channel> {ACCUSED}", "link": LINKS[0], "guid": "1", "description": ACCUSED, "pubDate": ""}
    posts, (message,) = told(body([hostile], escaped=True))
    assert "Iran" in str(message.payload["text"])
    assert slack_limits.links(message.payload) == {canonical_url(LINKS[0])}
    assert posts[0].title.startswith("<!channel>")


@USUAL
@given(st.binary(max_size=3000) | BODIES.flatmap(lambda raw: mangled(raw)))
def test_bytes_of_any_kind_give_messages_fit_to_send_or_a_reason(raw: bytes) -> None:
    for message in told(raw)[1]:
        assert slack_limits.problems(message.payload) == []
        assert slack_limits.mentions(message.payload) == []


def mangled(raw: bytes) -> st.SearchStrategy[bytes]:
    """A body with some bytes cut out, doubled or replaced."""
    place = st.integers(0, len(raw))
    return st.tuples(place, place, st.binary(max_size=8)).map(lambda at: raw[: at[0]] + at[2] + raw[at[1] :])


@pytest.mark.parametrize("piece", HOSTILE, ids=range(len(HOSTILE)))
def test_each_hostile_piece_everywhere_at_once(piece: str) -> None:
    item = {
        "title": f"{piece} {ACCUSED} {piece}",
        "link": LINKS[len(piece) % len(LINKS)],
        "guid": piece,
        "description": f"{piece} {ACCUSED}",
    }
    posts, messages = told(body([item], escaped=True))
    own = {web_url(post.url) for post in posts}
    for message in messages:
        assert slack_limits.problems(message.payload) == []
        assert slack_limits.mentions(message.payload) == []
        assert slack_limits.links(message.payload) <= own
        assert cut_elsewhere(posts, message.payload) == []
