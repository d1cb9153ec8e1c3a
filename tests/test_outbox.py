"""The outbox: once each, oldest first, one at a time a channel, replies after their root."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from storage import cards, channels, leases, outbox, schema
from storage.cards import Card
from storage.channels import Channel
from storage.db import connect, run
from storage.outbox import Message, Op, State
from tests.makers import NOW

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    with connect(url) as db:
        schema.require_current(db)
        for channel in ("C1", "C2"):
            channels.put(db, Channel(tenant="T", id=channel, created_at=NOW))
        run(db, "insert into cases (id, year, number, opened_at) values ('2022-1', 2022, 1, '2022-09-07T12:00:00Z')")
        yield db


def message(key: str, channel: str = "C1", op: Op = Op.POST, card: Card | None = None, **changed: Any) -> Message:
    where = {"case": card.case, "number": card.number} if card else {}
    usual: dict[str, Any] = {"tenant": "T", "key": key, "channel": channel, "op": op, "payload": {"text": key}}
    return Message(**usual | {"due_at": NOW} | where | changed)


def put(db: Database, *messages: Message) -> None:
    for one in messages:
        outbox.put(db, one, NOW)


def taken(db: Database) -> str | None:
    found = outbox.take(db, NOW)
    return found.key if found else None


def test_a_key_is_queued_once(db: Database) -> None:
    assert outbox.put(db, message("a"), NOW)
    assert not outbox.put(db, message("a", payload={"text": "again"}), NOW)
    found = outbox.take(db, NOW)
    assert found is not None
    outbox.sent(db, found, "1.0")
    assert not outbox.put(db, message("a"), NOW)
    assert outbox.depth(db) == {"sent": 1}


def test_one_message_of_a_channel_is_in_flight_oldest_first(db: Database) -> None:
    put(db, message("a"), message("b"), message("c", channel="C2"))
    assert [taken(db), taken(db), taken(db)] == ["a", "c", None]


def test_the_next_goes_out_when_the_one_before_is_settled(db: Database) -> None:
    put(db, message("a"), message("b"))
    first = outbox.take(db, NOW)
    assert first is not None
    outbox.sent(db, first, "1.0")
    assert taken(db) == "b"


def test_a_message_that_was_put_off_is_not_overtaken_in_its_channel(db: Database) -> None:
    put(db, message("a"), message("b"))
    first = outbox.take(db, NOW)
    assert first is not None
    outbox.put_off(db, first, LATER, "ratelimited")
    assert taken(db) is None


def test_a_message_whose_time_has_not_come_holds_up_no_other(db: Database) -> None:
    put(db, message("a", due_at=LATER), message("b"))
    assert taken(db) == "b"
    assert taken(db) is None


def test_two_updates_of_one_moment_are_both_sent_where_the_first_is_on_its_way(db: Database) -> None:
    card = cards.add(db, "T", "C1", "2022-1", NOW)
    cards.posted(db, card, "17.5", None)
    outbox.put_update(db, message("u", op=Op.UPDATE, card=card, payload={"text": "one"}), NOW)
    for text, later in (("one", "two"), ("two", "three"), ("three", "")):
        found = outbox.take(db, NOW)
        assert found is not None
        assert found.payload == {"text": text}
        if later:
            outbox.put_update(db, message("u", op=Op.UPDATE, card=card, payload={"text": later}), NOW)
        outbox.sent(db, found, "17.5")


def test_what_a_clock_that_was_ahead_put_off_is_due_when_it_is_right_again(db: Database) -> None:
    ahead = NOW + timedelta(days=30)
    outbox.put(db, message("queued", due_at=ahead), ahead)
    assert outbox.tenants_due(db, NOW) == ["T"]
    assert taken(db) == "queued"
    outbox.put(db, message("tried", channel="C2"), NOW)
    found = outbox.take(db, ahead)
    assert found is not None
    outbox.put_off(db, found, ahead + timedelta(hours=1), "ratelimited")
    assert taken(db) == "tried"


def test_a_message_in_doubt_holds_its_channel_and_no_other(db: Database) -> None:
    put(db, message("a"), message("b"), message("c", channel="C2"))
    first = outbox.take(db, NOW)
    assert first is not None
    outbox.put_back(db, first, State.DOUBT, LATER, "timeout")
    assert [taken(db), taken(db)] == ["c", None]
    assert outbox.take_doubtful(db, NOW) is None
    doubtful = outbox.take_doubtful(db, LATER)
    assert doubtful is not None
    assert (doubtful.key, doubtful.doubted) == ("a", True)


def test_a_reply_waits_until_its_card_has_been_posted(db: Database) -> None:
    card = cards.add(db, "T", "C1", "2022-1", NOW)
    put(db, message("reply", op=Op.REPLY, card=card))
    assert taken(db) is None
    cards.posted(db, card, "17.5", None)
    found = outbox.take(db, NOW)
    assert found is not None
    assert (found.key, found.root_ts) == ("reply", "17.5")


def test_an_update_that_waits_is_replaced_by_the_next(db: Database) -> None:
    card = cards.add(db, "T", "C1", "2022-1", NOW)
    for key in ("u1", "u2", "u3"):
        outbox.put_update(db, message(key, op=Op.UPDATE, card=card), NOW)
    cards.posted(db, card, "17.5", None)
    found = outbox.take(db, NOW)
    assert found is not None
    assert (found.key, found.payload) == ("u1", {"text": "u3"})
    outbox.put_update(db, message("u4", op=Op.UPDATE, card=card), NOW)
    assert outbox.depth(db) == {"sending": 1, "ready": 1}


def test_a_paused_channel_gets_nothing_until_it_is_resumed(db: Database) -> None:
    put(db, message("a"))
    channels.pause(db, "T", "C1", NOW, "is_archived")
    assert taken(db) is None
    channels.resume(db, "T", "C1")
    assert taken(db) == "a"


def test_a_paused_channel_is_tried_with_its_oldest_message_when_its_time_comes(db: Database) -> None:
    put(db, message("a"), message("b"))
    channels.pause(db, "T", "C1", NOW, "not_in_channel", LATER)
    assert taken(db) is None
    found = outbox.take(db, LATER)
    assert found is not None
    assert found.key == "a"
    assert outbox.take(db, LATER) is None


def test_what_waits_in_a_paused_channel_makes_no_work_until_that_is_tried(db: Database) -> None:
    put(db, message("a"))
    channels.pause(db, "T", "C1", NOW, "not_in_channel", LATER)
    assert outbox.tenants_due(db, NOW) == []
    assert outbox.tenants_due(db, LATER) == ["T"]


def test_only_tenants_with_something_to_send_are_asked(db: Database) -> None:
    put(db, message("a"), message("b", due_at=LATER, tenant="T2"))
    assert outbox.tenants_due(db, NOW) == ["T"]
    assert sorted(outbox.tenants_due(db, LATER)) == ["T", "T2"]


def test_what_a_dead_process_was_sending_is_in_doubt(db: Database) -> None:
    put(db, message("a"))
    assert taken(db) == "a"
    assert outbox.interrupted(db, NOW) == 1
    assert outbox.take(db, NOW) is None
    assert outbox.take_doubtful(db, NOW) is None  # Slack's history may lag behind what it accepted
    doubtful = outbox.take_doubtful(db, LATER)
    assert doubtful is not None
    assert doubtful.doubted


def test_what_another_workspace_is_being_sent_is_not_in_doubt(db: Database) -> None:
    put(db, message("a"))
    assert taken(db) == "a"
    assert outbox.interrupted(db, NOW, only="T2") == 0
    assert outbox.interrupted(db, NOW, only="T") == 1


def test_a_far_side_for_one_tenant_takes_no_others_not_even_in_doubt(db: Database) -> None:
    put(db, message("a"), message("b", channel="C2"))
    first = outbox.take(db, NOW)
    assert first is not None
    outbox.put_back(db, first, State.DOUBT, NOW, "timeout")
    assert outbox.take_doubtful(db, NOW, only="terminal") is None
    assert outbox.take(db, NOW, only="terminal") is None
    assert outbox.take(db, NOW, only="T") is not None


def test_a_card_that_is_gone_takes_its_waiting_replies_with_it(db: Database) -> None:
    card = cards.add(db, "T", "C1", "2022-1", NOW)
    put(db, message("reply", op=Op.REPLY, card=card), message("other"))
    outbox.drop_waiting(db, "T", "C1", "2022-1", 1)
    assert taken(db) == "other"


def test_many_takers_get_each_message_once(db: Database, url: str) -> None:
    channels_of = [f"C{number}" for number in range(40)]
    put(db, *(message(f"m{one}", channel=one) for one in channels_of))

    def take_all(_: int) -> list[str]:
        got = []
        with connect(url) as own:
            while found := outbox.take(own, NOW):
                got.append(found.key)
        return got

    with ThreadPoolExecutor(8) as threads:
        keys = [key for got in threads.map(take_all, range(8)) for key in got]
    assert sorted(keys) == sorted(f"m{one}" for one in channels_of)


def test_one_process_holds_the_lease_until_it_lets_go_or_goes_silent(db: Database) -> None:
    length = timedelta(seconds=30)
    assert leases.hold(db, "run", "one", NOW, length)
    assert not leases.hold(db, "run", "two", NOW + timedelta(seconds=20), length)
    assert leases.hold(db, "run", "one", NOW + timedelta(seconds=20), length)
    assert leases.holder(db, "run", NOW + timedelta(seconds=45)) == "one"
    assert leases.hold(db, "run", "two", NOW + timedelta(seconds=51), length)
    assert not leases.hold(db, "run", "one", NOW + timedelta(seconds=52), length)
    leases.release(db, "run", "two")
    assert leases.hold(db, "run", "one", NOW + timedelta(seconds=53), length)


def test_a_lease_taken_by_a_clock_that_was_ahead_is_no_lease(db: Database) -> None:
    length = timedelta(seconds=30)
    assert leases.hold(db, "run", "one", NOW + timedelta(days=30), length)
    assert leases.hold(db, "run", "two", NOW, length)
