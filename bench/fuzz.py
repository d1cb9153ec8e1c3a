"""Feeds parse, read, query and cards with what nobody thought of, for so many seconds each.

python -m bench.fuzz SECONDS [SEED]

Ends with 1 at the first input that raises what it must not, takes too long, or makes what Slack would refuse; prints
the input, from which a test is made.
"""

import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

from attribution.model import Found
from attribution.query import Query, QueryError
from attribution.query import parse as parse_query
from attribution.read import read
from bot.commands import CommandError, parse_command
from bot.reported import reported
from feeds.article import extract
from feeds.errors import FeedError
from feeds.parse import parse
from tests import slack_limits
from tests.makers import FCDO, NOW, item, post, rss
from tests.test_property_feeds import ACCUSED, HOSTILE, LINKS

TODAY = date(2022, 9, 7)
SLOW = 5.0  # seconds: a worker's time
WORDS = [
    *HOSTILE,
    *LINKS,
    *ACCUSED.split(),
    "Russia",
    "APT28",
    "GRU",
    "Unit 26165",
    "sanctions",
    "not",
    "if",
    '"',
    "(",
    ",",
]
WORDS += [
    "俄罗斯",
    "サイバー攻撃",
    "кибератака",
    "روسيا",
    "by:",
    "since:",
    "2022-",
    "confidence:",
    "kind:",
    "-",
    ":",
    "\n",
    ". ",
]
MARKUP = [
    "<item>",
    "</item>",
    "<title>",
    "</title>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&#xD800;",
    "&amp;",
    "&",
    "<?xml",
    "?>",
]
MARKUP += [
    "<!DOCTYPE rss [",
    "<!ENTITY a 'b'>",
    "]>",
    "<link>",
    "<pubDate>",
    "xml:base='//['",
    "\0",
    "\x85",
    "<div>",
    "<a href='",
]


def words(chance: random.Random) -> str:
    """Some words, hostile and plain, in any order."""
    return " ".join(chance.choices(WORDS, k=chance.randrange(40)))


def mangled(chance: random.Random, raw: bytes) -> bytes:
    """Bytes with pieces cut out, put in and turned over."""
    made = bytearray(raw)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(4):
            case 0:
                made[at : at + chance.randrange(60)] = b""
            case 1:
                made[at:at] = chance.choice(MARKUP).encode() * chance.choice((1, 1, 2, 500))
            case 2:
                made[at:at] = chance.randbytes(chance.randrange(8))
            case _:
                made[at:at] = words(chance).encode("utf-8", "replace")
    return bytes(made)


def a_feed(chance: random.Random) -> object:
    """Parses a feed that was well once."""
    raw = mangled(chance, rss(*(item(n, text=words(chance), title=words(chance)) for n in range(3))))
    with suppress(FeedError):
        parse(raw, chance.choice(("application/rss+xml", "text/html; charset=utf-16", "")), FCDO.url, FCDO)
    return raw


def a_page(chance: random.Random) -> object:
    """Extracts a page that was well once."""
    raw = mangled(chance, f"<html><head><title>News</title></head><body><p>{words(chance)}</p></body></html>".encode())
    with suppress(FeedError):
        extract(raw, chance.choice(("text/html", "text/html; charset=x", "")), FCDO.url)
    return raw


def a_post(chance: random.Random) -> object:
    """Reads a post, and makes of what it says a message that Slack must take."""
    one = post(
        title=words(chance)[:10_000],
        text=words(chance) * chance.choice((1, 1, 30)),
        language=chance.choice(("en", None)),
    )
    claims = read(one).claims
    found = [
        Found(id=n, claim=claim, case=None, title=one.title, url=one.url, publisher=one.publisher, recorded_at=NOW)
        for n, claim in enumerate(claims, 1)
    ]
    for each in found:
        Query().matches(each)
    if found:
        payload = reported(found, datetime(2022, 9, 7, 13, tzinfo=UTC))
        wrong = [*slack_limits.problems(payload), *slack_limits.mentions(payload)]
        if wrong:
            raise AssertionError(f"{wrong}: {one!r}")
    return one


def a_question(chance: random.Random) -> object:
    """Parses a question, and a command."""
    text = words(chance)
    with suppress(QueryError):
        parse_query(text, TODAY)
    with suppress(CommandError, QueryError):
        parse_command(text, TODAY)
    return text


TRIALS: dict[str, Callable[[random.Random], object]] = {
    "feeds": a_feed, "pages": a_page, "posts": a_post, "questions": a_question,
}  # fmt: skip


def fuzz(name: str, seconds: float, seed: int) -> int:
    """Tries one thing for so long; how often. Raises what it must not, with the seed that makes the input again."""
    end, tried = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number = f"{name} {seed} {tried}"
        began = time.monotonic()
        try:
            made = TRIALS[name](random.Random(number))
        except Exception as error:
            error.add_note(f"random.Random({number!r}) makes the input")
            raise
        if time.monotonic() - began > SLOW:
            raise AssertionError(f"{time.monotonic() - began:.1f} s for random.Random({number!r}): {str(made)[:500]}")
        tried += 1
    return tried


if __name__ == "__main__":
    budget = float(sys.argv[1])
    begun = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    for trial in TRIALS:
        print(f"{trial}: {fuzz(trial, budget, begun):,} tried in {budget:g} s (seed {begun})", flush=True)
