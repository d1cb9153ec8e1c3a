"""From stored claims to what a channel sees: cards, replies, updates, each once and in order."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from attribution.announce import LATE_AFTER
from attribution.model import Actor, Claim, Kind, PartialDate, Post, Reading, Role, Standing
from attribution.query import parse
from attribution.retry import Tried
from bot import ingest
from bot.deliver import Sent, settle
from bot.ingest import Read
from storage import cards, channels, feeds, outbox, schema
from storage.channels import Channel, Subscription
from storage.db import connect, rows
from storage.feeds import FeedState
from storage.outbox import Message, Op
from tests.makers import FCDO, NOW, claim, post

DAY = timedelta(days=1)
SEEDED = FeedState(seeded_at=NOW - DAY)


class Desk:
    """A database, a channel or two, and what arrived in them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.sent: list[Message] = []
        self.number = 0

    def listen(self, channel: str, *queries: str, threads: bool = True, digest: bool = False) -> None:
        digest_day = 1 if digest else None
        channels.put(
            self.db, Channel(tenant="T", id=channel, threads=threads, digest_day=digest_day, created_at=NOW - DAY)
        )
        for text in queries:
            query = parse(text, NOW.date())
            channels.subscribe(
                self.db, Subscription(tenant="T", channel=channel, query=query, created_by="U", created_at=NOW)
            )

    def store(self, *told: tuple[Post, tuple[Claim, ...]], now: datetime = NOW, state: FeedState = SEEDED) -> None:
        """One poll of the feed whose body is these posts, each read as making these claims."""
        entries = ingest.sift(self.db, FCDO, [one for one, _ in told], now)
        readings = [
            Read(entry=entry, post=entry.post, reading=Reading(claims=said))
            for entry, (_, said) in zip(entries, told, strict=True)
            if entry.fate in ingest.CHANGED
        ]
        ingest.store(self.db, FCDO, state, entries, readings, now)
        self.deliver(now)

    def deliver(self, now: datetime = NOW) -> None:
        while message := outbox.take(self.db, now):
            self.number += 1
            settle(self.db, message, Sent(tried=Tried(), ts=f"{self.number:04}"), now)
            self.sent.append(message)

    def ops(self, channel: str = "C1") -> list[Op]:
        return [one.op for one in self.sent if one.channel == channel]

    def texts(self, channel: str = "C1") -> list[str]:
        return [one.payload["text"] for one in self.sent if one.channel == channel]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as desk:
        yield desk


class opened:  # noqa: N801 - used as a function
    """A desk on a database file of its own."""

    def __init__(self, folder: Path) -> None:
        self._connection = connect(f"sqlite:///{folder / 'test.db'}")

    def __enter__(self) -> Desk:
        db = self._connection.__enter__()
        schema.require_current(db)
        feeds.put(db, [(FCDO, None)])
        return Desk(db)

    def __exit__(self, *error: Any) -> None:
        self._connection.__exit__(*error)


def told(number: int = 1, *said: Claim, **changed: Any) -> tuple[Post, tuple[Claim, ...]]:
    served = post(url=f"https://www.example.gov.uk/{number}", guid=str(number), **changed)
    return served, said or (claim(),)


def by(*governments: str, **changed: Any) -> Claim:
    return claim(attributed_by=frozenset(governments), **changed)


def test_the_first_matching_claim_opens_a_card_and_allies_join_in_its_thread(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1))
    desk.store(told(2, by("US", role=Role.JOINS)))
    assert desk.ops() == [Op.POST, Op.UPDATE, Op.REPLY]
    assert "United Kingdom" in desk.texts()[0]
    assert "United States" in desk.texts()[2]


def test_a_claim_that_says_nothing_new_is_one_more_source_and_sends_nothing(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1))
    desk.store(told(2, title="The UK blames Iran over Albania"))
    assert desk.ops() == [Op.POST]


def test_what_nobody_asked_for_is_not_told(desk: Desk) -> None:
    desk.listen("C1", "russia")
    desk.store(told(1))
    assert desk.ops() == []


def test_a_channel_without_threads_gets_updates_only(desk: Desk) -> None:
    desk.listen("C1", "iran", threads=False)
    desk.store(told(1))
    desk.store(told(2, by("US")))
    assert desk.ops() == [Op.POST, Op.UPDATE]


def test_news_that_does_not_match_updates_the_card_without_a_reply(desk: Desk) -> None:
    desk.listen("C1", "iran by:uk")
    desk.store(told(1))
    desk.store(told(2, by("US")))
    assert desk.ops() == [Op.POST, Op.UPDATE]


def test_a_channel_that_asks_for_nothing_any_more_has_its_cards_kept_up_to_date(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1))
    channels.unsubscribe(desk.db, "T", "C1", parse("iran", NOW.date()))
    desk.store(told(2, by("US")))
    assert desk.ops() == [Op.POST, Op.UPDATE]


def test_who_listens_is_one_question_to_the_database_and_names_nobody_without_a_question_or_a_card(desk: Desk) -> None:
    for number in range(9):
        desk.listen(f"C{number}", *("iran", "kp")[: number % 3])
    asked: list[str] = []
    desk.db.conn.set_trace_callback(asked.append)
    heard = {channel.id: queries for channel, queries in channels.listeners(desk.db)}
    desk.db.conn.set_trace_callback(None)
    assert sum(one.startswith("select") for one in asked) == 1
    assert list(heard) == ["C1", "C2", "C4", "C5", "C7", "C8"]
    assert heard["C5"] == (parse("iran", NOW.date()), parse("kp", NOW.date()))


def test_a_sanction_opens_a_second_card(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1))
    later = NOW + 2 * DAY
    sanction = by("US", kind=Kind.SANCTIONS, made_on=PartialDate(day=later.date()))
    desk.store(told(2, sanction, published_at=later), now=later)
    assert desk.ops() == [Op.POST, Op.POST]
    newest = cards.latest(desk.db, "T", "C1", "2022-1")
    assert newest is not None
    assert newest.number == 2


def test_a_first_poll_is_silent(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1), state=FeedState())
    assert desk.ops() == []
    desk.store(told(1), told(2, by("US")))
    assert desk.ops() == [Op.POST]


def test_what_is_seen_late_is_listed_and_no_alert(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.listen("C2", "iran", digest=True)  # there the digest lists it
    desk.store(told(1, published_at=NOW - 4 * DAY))
    assert desk.ops("C1") == []  # more may come from other feeds
    desk.deliver(NOW + LATE_AFTER)
    assert desk.ops("C1") == [Op.POST]
    assert "late" in desk.texts("C1")[0].lower()
    assert desk.ops("C2") == []


def test_all_that_one_poll_sees_late_is_one_message(desk: Desk) -> None:
    desk.listen("C1", "")
    old = NOW - 4 * DAY
    others = [said_of(number, what) for number, what in enumerate([("RU", "US", Kind.STATEMENT)], 5)]
    desk.store(told(1, published_at=old), *((replace(served, published_at=old), said) for served, said in others))
    desk.deliver(NOW + LATE_AFTER)
    assert desk.ops("C1") == [Op.POST]


def test_a_card_shows_what_joined_late_without_an_alert(desk: Desk) -> None:
    desk.listen("C1", "iran", digest=True)
    desk.store(told(1))
    desk.store(told(2, by("US"), published_at=NOW), now=NOW + 4 * DAY)
    assert desk.ops() == [Op.POST, Op.UPDATE]
    assert "United States" in str(desk.sent[-1].payload["blocks"])


def test_what_is_taken_back_and_said_again_is_no_new_case(desk: Desk) -> None:
    desk.listen("C1", "iran")
    served, said = told(1)
    desk.store((served, said))
    desk.store((replace(served, text="Nothing of the kind."), ()), now=NOW + timedelta(hours=1))
    desk.store((replace(served, text=f"{served.text} Again."), said), now=NOW + timedelta(hours=2))
    assert desk.ops() == [Op.POST, Op.UPDATE, Op.UPDATE]
    assert len(rows(desk.db, "select id from cases")) == 1
    assert rows(desk.db, "select id from claims where withdrawn_at is not null") == []


def test_an_edit_goes_by_the_day_its_post_was_published(desk: Desk) -> None:
    desk.listen("C1", "iran", digest=True)
    served, said = told(1, published_at=None)
    desk.store((served, ()))
    later = replace(served, text=f"{served.text} More.", published_at=NOW + 400 * DAY)
    desk.store((later, (replace(said[0], made_on=None),)), now=NOW + 10 * DAY)
    assert desk.ops() == []  # seen late: the post is ten days old, whatever its feed says now


def test_an_empty_first_body_seeds_nothing(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(state=FeedState())
    state = feeds.get(desk.db, FCDO.id)
    assert state is not None
    assert state[1].seeded_at is None
    desk.store(told(1), state=state[1])
    assert desk.ops() == []


def test_a_withdrawal_corrects_every_card_that_shows_it(desk: Desk) -> None:
    desk.listen("C1", "iran")
    served, said = told(1)
    desk.store((served, said))
    desk.store(told(2, by("US", kind=Kind.SANCTIONS)), now=NOW + timedelta(hours=1))
    desk.store((replace(served, text="Nothing of the kind."), ()), now=NOW + timedelta(hours=2))
    updated = {one.number for one in desk.sent if one.op is Op.UPDATE}
    assert updated == {1, 2}


def test_an_edit_that_brings_a_claim_alerts(desk: Desk) -> None:
    desk.listen("C1", "iran")
    served, said = told(1)
    desk.store((served, ()))
    assert desk.ops() == []
    desk.store((replace(served, text=f"{served.text} And more."), said), now=NOW + timedelta(hours=1))
    assert desk.ops() == [Op.POST]


def test_an_edit_that_takes_a_claim_back_corrects_the_card(desk: Desk) -> None:
    desk.listen("C1", "iran")
    served, _ = told(1)
    desk.store(told(1))
    desk.store((replace(served, text="Nothing of the kind."), ()), now=NOW + timedelta(hours=1))
    assert desk.ops() == [Op.POST, Op.UPDATE]
    assert "ithdrawn" in desk.texts()[1]


def test_one_post_opens_three_cards_at_most_and_lists_more(desk: Desk) -> None:
    desk.listen("C1", "")
    states = ("IR", "RU", "CN", "KP")
    many = [
        claim(accused=frozenset({state}), quote=f"The United Kingdom holds {state} responsible.") for state in states
    ]
    desk.store(told(1, *many))
    assert desk.ops() == [Op.POST]
    assert rows(desk.db, "select * from cards") == []
    desk.store(told(2, *many[:3], title="Three more operations"), now=NOW + timedelta(minutes=1))
    assert len(rows(desk.db, "select * from cases")) >= 4


def test_a_mention_and_a_denial_of_nothing_send_nothing(desk: Desk) -> None:
    desk.listen("C1", "mentions:yes")
    desk.store(told(1, claim(standing=Standing.MENTION)), told(2, claim(role=Role.DENIES, accused=frozenset({"IR"}))))
    assert desk.ops() == []


def test_a_denial_is_shown_on_the_card_and_is_no_alert(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1))
    denial = claim(standing=Standing.MENTION, role=Role.DENIES, quote="Iran rejects the claim of the United Kingdom.")
    desk.store(told(2, denial, title="Iran rejects the claim over Albania"))
    assert desk.ops() == [Op.POST, Op.UPDATE]
    assert "denies it" in str(desk.sent[1].payload)


def test_that_an_accuser_takes_it_back_is_shown_on_the_card_and_is_no_alert(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1))
    taken_back = claim(standing=Standing.MENTION, role=Role.WITHDRAWS, quote="The UK no longer holds Iran responsible.")
    desk.store(told(2, taken_back, title="UK takes back that Iran attacked Albania"))
    assert desk.ops() == [Op.POST, Op.UPDATE]
    assert "no longer accuses" in str(desk.sent[1].payload)


def test_a_card_that_was_deleted_is_opened_anew_by_the_next_news(desk: Desk) -> None:
    desk.listen("C1", "iran")
    desk.store(told(1))
    card = cards.latest(desk.db, "T", "C1", "2022-1")
    assert card is not None
    cards.lost(desk.db, card)
    desk.store(told(2, by("US")))
    assert desk.ops() == [Op.POST, Op.POST]


OPERATIONS = {
    "IR": ("destructive attack on Albanian government servers", frozenset({"AL"}), "homeland-justice"),
    "RU": ("espionage in the networks of the German parliament", frozenset({"DE"}), "apt28"),
}
SAID = st.tuples(
    st.sampled_from(sorted(OPERATIONS)),
    st.sampled_from(["GB", "US", "EU", "NATO"]),
    st.sampled_from([Kind.STATEMENT, Kind.STATEMENT, Kind.SANCTIONS]),
)


def said_of(number: int, what: tuple[str, str, Kind]) -> tuple[Post, tuple[Claim, ...]]:
    state, government, kind = what
    operation, victims, actor = OPERATIONS[state]
    one = claim(
        accused=frozenset({state}),
        attributed_by=frozenset({government}),
        victims=victims,
        kind=kind,
        actors=(Actor(id=actor, names=(actor,)),),
        quote=f"{government} holds {state} responsible for the {operation}.",
        made_on=PartialDate(day=date(2022, 9, 7)),
    )
    return told(number, one, title=f"{government} on the {operation}")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(said=st.lists(SAID, min_size=1, max_size=8, unique=True), data=st.data())
def test_in_whatever_order_and_pieces_posts_arrive_nothing_is_announced_twice(
    said: list[tuple[str, str, Kind]], data: st.DataObject
) -> None:
    arriving = [said_of(number, what) for number, what in enumerate(said)]
    order = data.draw(st.permutations(arriving))
    again = data.draw(st.lists(st.sampled_from(arriving), max_size=4))
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as desk:
        desk.listen("C1", "iran", "russia")
        desk.listen("C2", "by:us", threads=False)
        left = [*order, *again]
        hour = 0
        while left:
            size = data.draw(st.integers(1, len(left)))
            body = list({served.url: (served, claims) for served, claims in left[:size]}.values())
            left, hour = left[size:], hour + 1
            desk.store(*body, now=NOW + timedelta(hours=hour))
        _check_order(desk)
        sent = Counter((one.channel, one.key) for one in desk.sent)
        assert max(sent.values()) == 1
        replies = Counter((one.channel, one.case, one.payload["text"]) for one in desk.sent if one.op is Op.REPLY)
        assert not replies or max(replies.values()) == 1
        assert outbox.depth(desk.db) == {"sent": len(desk.sent)}
        assert "C2" not in {one.channel for one in desk.sent if one.op is Op.REPLY}


def _check_order(desk: Desk) -> None:
    """Each case's cards are posted 1, 2, 3 ...; what follows a card comes after it; accounts match the tables."""
    posted: dict[tuple[str, str | None], int] = {}
    for one in desk.sent:
        where = (one.channel, one.case)
        if one.op is Op.POST:
            assert one.number == posted.get(where, 0) + 1
            posted[where] = one.number
        else:
            assert posted[where] >= (one.number or 0)
    stored = rows(desk.db, "select channel, case_id, max(number) as number from cards group by channel, case_id")
    assert posted == {(one["channel"], one["case_id"]): one["number"] for one in stored}
