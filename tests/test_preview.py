"""What a channel would have been told of late: the same rules as announcing, over what is stored."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from attribution.announce import QUIET, Heard
from attribution.model import Kind, PartialDate, Reading, Role
from attribution.query import Query
from bot import ingest
from bot.ingest import Read
from bot.preview import Foreseen, foreseen
from storage import channels, feeds, outbox, recent, schema
from storage.channels import Channel, Subscription
from storage.db import connect, rows
from storage.feeds import FeedState
from storage.recent import Recent
from tests.card_samples import SEVENTH, UK_CONDEMNS
from tests.makers import FCDO, claim, post
from tests.stocked import stock, store

IRAN, ALL = Query(accused=frozenset({"IR"})), Query()
CASE = frozenset({"case"})
JOINED = frozenset({"by"})


def told(
    number: int, after: timedelta = timedelta(), added: frozenset[str] = CASE, case: str = "2022-17", **changed: object
) -> Recent:
    """A statement that was news, on a post of its own."""
    at = SEVENTH + after
    found = replace(UK_CONDEMNS, id=number, case=case, recorded_at=at)
    usual = Recent(found=found, post=number, heard=Heard.FRESH, added=added, stronger=False)
    return replace(usual, **changed)  # type: ignore[arg-type]  # a test gives the types it means


def several(number: int) -> list[Recent]:
    """So many cases of one post, each with a sentence of its own."""
    made = [told(each, case=f"2022-{each}", post=9) for each in range(1, number + 1)]
    return [
        replace(
            one, found=replace(one.found, claim=replace(one.found.claim, quote=f"{one.found.id}. {one.found.title}"))
        )
        for one in made
    ]


def counts(seen: Foreseen) -> tuple[int, int, int, int]:
    return seen.cards, seen.replies, seen.lists, seen.late


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], (0, 0, 0, 0)),
        ([told(1)], (1, 0, 0, 0)),
        ([told(1), told(2, HOUR, JOINED)], (1, 1, 0, 0)),
        ([told(1), told(2, QUIET + HOUR, JOINED)], (2, 0, 0, 0)),
        ([told(1), told(2, HOUR, JOINED, stronger=True)], (2, 0, 0, 0)),
        ([told(1), told(2, HOUR, frozenset({"denial"}))], (1, 0, 0, 0)),
        ([told(1, heard=Heard.LATE)], (0, 0, 0, 1)),
        (several(3), (3, 0, 0, 0)),
        (several(4), (0, 0, 1, 0)),
        ([told(number, case=f"2022-{number}", post=9) for number in range(1, 5)], (1, 0, 0, 0)),  # one sentence
    ],
)
def test_it_counts_by_the_rules_of_announcing(statements: list[Recent], expected: tuple[int, int, int, int]) -> None:
    assert counts(foreseen(statements, [IRAN], threads=True)) == expected


def test_without_threads_there_are_no_replies() -> None:
    assert counts(foreseen([told(1), told(2, HOUR, JOINED)], [IRAN], threads=False)) == (1, 0, 0, 0)


def test_only_what_is_asked_for_counts_and_without_questions_nothing() -> None:
    for asked in ([Query(accused=frozenset({"KP"}))], []):
        assert foreseen([told(1), told(2, HOUR, JOINED)], asked, threads=True) == Foreseen()


def test_the_newest_stand_first_and_updates_alone_are_not_told() -> None:
    seen = foreseen([told(1), told(2, HOUR, frozenset({"denial"})), told(3, 2 * HOUR, JOINED)], [ALL], threads=True)
    assert [one.id for one in seen.newest] == [3, 1]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        schema.require_current(db)
        yield db


def test_it_foresees_what_announcing_then_queued(db: Database) -> None:
    """The same three posts, read by a bot with a channel, and then foreseen from what was stored."""
    feeds.put(db, [(FCDO, None)])
    seeded = FeedState(polled_at=SEVENTH, last_ok_at=SEVENTH, seeded_at=SEVENTH - timedelta(days=1))
    channels.put(db, Channel(tenant="T", id="C", created_at=SEVENTH))
    channels.subscribe(db, Subscription(tenant="T", channel="C", query=IRAN, created_by="U", created_at=SEVENTH))
    said = [
        claim(made_on=PartialDate(day=SEVENTH.date())),
        claim(attributed_by=frozenset({"US"}), role=Role.JOINS),
        claim(attributed_by=frozenset({"US"}), role=Role.JOINS, kind=Kind.SANCTIONS),
    ]
    for number, one in enumerate(said):
        now = SEVENTH + number * HOUR
        news = post(url=f"https://www.example.gov.uk/{number}", guid=str(number), published_at=now)
        entries = ingest.sift(db, FCDO, [news], now)
        reading = [Read(entry=entry, post=entry.post, reading=Reading(claims=(one,))) for entry in entries]
        ingest.store(db, FCDO, seeded, entries, reading, now)
    queued = [found["op"] for found in rows(db, "select op from outbox order by seq")]
    seen = foreseen(recent.since(db, SEVENTH - HOUR), [IRAN], threads=True)
    assert seen.cards == queued.count("post")
    assert seen.replies == queued.count("reply")
    assert (seen.cards, seen.replies) == (2, 1)
    assert outbox.depth(db)


def test_what_was_there_before_the_bot_or_is_older_is_no_news(db: Database) -> None:
    stock(db, ())
    old = replace(UK_CONDEMNS, recorded_at=SEVENTH - timedelta(days=40))
    store(db, old)
    assert recent.since(db, SEVENTH - timedelta(days=30)) == []
    assert len(recent.since(db, SEVENTH - timedelta(days=50))) == 1
