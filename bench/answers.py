"""How long an answer takes over many stored claims, beside the bare SQL of the same question in the same run."""

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from attribution.gazetteer import groups
from attribution.identity import window
from attribution.model import (
    Actor,
    Claim,
    Confidence,
    Feed,
    Kind,
    Likelihood,
    PartialDate,
    Post,
    Publisher,
    PublisherKind,
    Standing,
)
from bot.commands import Command, parse_command
from bot.paging import PAGE
from bot.replies import reply_to
from bot.reply import Viewer
from storage import claims, feeds, posts, schema
from storage.claims import Stored
from storage.db import connect, rows, run, transaction

TIMES = 100  # that each question is asked
NOW = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = date(2007, 1, 1)
UK = Publisher(name="Foreign Office", kind=PublisherKind.GOVERNMENT, speaker="GB")
FEED = Feed(id="bench", publisher=UK, url="https://example.org/feed")
VIEWER = Viewer(tenant="T1", channel="C1", user="U1")
# As often as they are accused and accuse in the years of the archive, by a glance at it.
ACCUSED, ACCUSED_WEIGHTS = ("RU", "CN", "IR", "KP", "BY", "VN"), (45, 30, 12, 10, 2, 1)
BY, BY_WEIGHTS = (
    ("US", "GB", "EU", "AU", "CA", "DE", "FR", "NL", "CZ", "JP", "PL", "UA"),
    (30, 20, 8, 6, 6, 5, 5, 4, 4, 4, 4, 4),
)
GROUPS = ("apt28", "apt29", "sandworm", "apt41", "apt40", "lazarus-group", "muddywater", "apt35")
WORDS = ("ministry", "energy", "hospital", "election", "telecom", "parliament", "router", "grid", "vaccine", "bank")
PER_CASE = 5  # statements of one operation
SOWN = 5_000  # claims that are stored one by one
DAYS = 3_000  # by how much a copy's day may differ
# What is asked, and the least SQL that finds the same rows: the page and how many there are.
PAGE_OF = """select c.id, c.claim, p.title, p.url from claims c join posts p on p.id = c.post
             where {0} order by c.made_first desc limit {1}"""
COUNT = "select count(*) from claims c where {0}"
PARTY = "c.id in (select claim from parties where field = '{0}' and name = '{1}')"
STATED = " and c.standing = 'attribution'"
QUESTIONS = {
    "iran": PARTY.format("accused", "IR") + STATED,
    "by:uk since:2018": PARTY.format("by", "GB") + " and c.made_last >= '2018-01-01'" + STATED,
    '"energy grid"': "c.id in (select rowid from claims_text where claims_text match '\"energy grid\"')" + STATED,
    "apt28": PARTY.format("actor", "apt28") + STATED,
}
NUMBERS = ("stats", "stats iran")
TOTAL = """select substr(c.made_first, 1, 4) as year, count(distinct c.case_id) from claims c
           where c.standing = 'attribution' and {0} group by year"""
BARE_NUMBERS = {"stats": "1", "stats iran": PARTY.format("accused", "IR")}
Ask = Callable[[], object]


def stock(db: Database, number: int) -> None:
    """A database of so many claims, five to a case, a twentieth of them naming a group: some are stored as the bot
    stores them, the others are copies of these, each another operation of another day."""
    chance = random.Random(7)
    schema.require_current(db)
    with transaction(db):
        feeds.put(db, [(FEED, None)])
        for k in range(min(number, SOWN)):
            if k % PER_CASE == 0:
                opened = {"id": f"2007-{k}", "year": 2007, "number": k, "at": "2007-01-01T00:00:00Z"}
                run(db, "insert into cases (id, year, number, opened_at) values (:id, :year, :number, :at)", **opened)
            _store(db, k, _claim(chance), f"2007-{k - k % PER_CASE}")
        for start in range(SOWN, number, SOWN):
            _copy(db, start, min(SOWN, number - start), chance)
    db.conn.execute("analyze")


def _copy(db: Database, start: int, number: int, chance: random.Random) -> None:
    """The first claims once more, so many, with all that stands beside them."""
    moved = {
        "id": f"id + {start}", "post": f"post + {start}", "claim": f"claim + {start}", "number": f"number + {start}",
        "key": f"key || ' {start}'", "url": f"url || '-{start}'", "guid": f"guid || '-{start}'",
    }  # fmt: skip
    days = f"'{chance.randrange(-DAYS, DAYS)} days'"
    dated = {
        name: f"min(max(date({name}, {days}), '2007-01-01'), '2026-10-31')" for name in ("made_first", "made_last")
    }
    case = {"id": f"'2007-' || (number + {start})", "case_id": f"'2007-' || (substr(case_id, 6) + {start})"}
    _insert(db, "cases", moved | {"id": case["id"]}, f"number < {number}")
    _insert(db, "posts", moved, f"id <= {number}")
    _insert(db, "claims", moved | dated | {"claim": "claim", "case_id": case["case_id"]}, f"id <= {number}")
    _insert(db, "parties", {"claim": moved["claim"]}, f"claim <= {number}")


def _insert(db: Database, table: str, changed: dict[str, str], which: str) -> None:
    columns = [found["name"] for found in rows(db, f"pragma table_info({table})")]
    values = ", ".join(changed.get(name, name) for name in columns)
    run(db, f"insert into {table} ({', '.join(columns)}) select {values} from {table} where {which}")


def _store(db: Database, k: int, claim: Claim, case: str) -> None:
    address = f"https://example.org/{k}"
    post = Post(
        feed=FEED.id, url=address, guid=address, title=f"Statement {k}", text=claim.quote, published_at=NOW,
        language="en", publisher=UK,
    )  # fmt: skip
    number = posts.add(db, post, window([post]), NOW, None)
    assert number is not None, "each has an address of its own"
    claims.add(db, claim, Stored(post=number, title=post.title, case=case, news=frozenset({"case"})), NOW)


def _claim(chance: random.Random) -> Claim:
    words = " ".join(chance.sample(WORDS, 3))
    actors = (_actor(chance.choice(GROUPS)),) if chance.random() < 0.05 else ()
    return Claim(
        standing=Standing.ATTRIBUTION if chance.random() < 0.8 else Standing.MENTION,
        accused=frozenset(chance.choices(ACCUSED, ACCUSED_WEIGHTS)),
        attributed_by=frozenset(chance.choices(BY, BY_WEIGHTS, k=chance.choice((1, 1, 1, 2)))),
        victims=frozenset(chance.choices(BY, BY_WEIGHTS)),
        actors=actors,
        kind=chance.choice(list(Kind)),
        confidence=Confidence(likelihood=chance.choice(list(Likelihood))),
        quote=f"We hold them responsible for the attack on the {words}, which we condemn.",
        rule="bench",
        made_on=PartialDate(day=_day(chance)),
    )


def _actor(name: str) -> Actor:
    group = groups()[name]
    return Actor(id=name, names=(group.label,), home=group.home, source=group.source)


def _day(chance: random.Random) -> date:
    return FIRST + timedelta(days=chance.randrange((NOW.date() - FIRST).days))


def measured(database: str) -> Iterator[tuple[str, float, float]]:
    """Each question with the 99th percentile, in seconds, of our answer and of the bare SQL."""
    with connect(database) as db, sqlite3.connect(database.removeprefix("sqlite:///")) as bare:
        for question, where in QUESTIONS.items():
            sqls = [COUNT.format(where), PAGE_OF.format(where, PAGE)]
            yield question, *_beside(db, bare, question, sqls)
        for question in NUMBERS:
            yield question, *_beside(db, bare, question, [TOTAL.format(BARE_NUMBERS[question])])


def _beside(db: Database, bare: sqlite3.Connection, question: str, sqls: list[str]) -> tuple[float, float]:
    command = _command(question)

    def ours() -> object:
        return reply_to(command, VIEWER, db, NOW)

    def least() -> object:
        return [bare.execute(sql).fetchall() for sql in sqls]

    return _p99(ours), _p99(least)


def _command(question: str) -> Command:
    return parse_command(question, NOW.date())


def _p99(ask: Ask) -> float:
    took = []
    ask()
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return statistics.quantiles(took, n=100)[98]


def main() -> None:
    """Prints the 99th percentile of each answer, and what it costs beside the bare SQL."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--claims", type=int, default=100_000)
    asked.add_argument("--keep", type=Path, help="a database to fill, or to ask again where it is there")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "bench.db"
        if not path.exists():
            with connect(f"sqlite:///{path}") as db:
                stock(db, given.claims)
        for question, ours, bare in measured(f"sqlite:///{path}"):
            beside = f"bare SQL {bare * 1000:.1f} ms, ratio {ours / bare:.1f}"
            sys.stdout.write(f"answer to {question} over {given.claims:,} claims: p99 {ours * 1000:.0f} ms, {beside}\n")


if __name__ == "__main__":
    main()
