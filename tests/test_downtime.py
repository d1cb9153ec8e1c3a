"""After an hour, a day or a month without the bot, Slack or a channel: nothing lost, one digest a week, no flood."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from sqlite_utils import Database

from attribution.digest import due_at, last_due
from attribution.model import Claim, PartialDate, Post, Reading
from attribution.query import Query
from attribution.retry import MOST_OVERDUE, OVERDUE, overdue
from bot import digests, ingest
from bot.ingest import Read
from bot.overdue import condense_all
from storage import channels, feeds, leases, outbox, schema
from storage.channels import Channel, Subscription
from storage.db import connect, run
from storage.feeds import FeedState
from tests.makers import FCDO, NOW, claim, post

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VICTIMS = ("AL", "UA", "DE", "ME", "CR", "LV", "BE", "TW", "IL", "DK", "FI")
STATES = ("IR", "RU", "CN", "KP", "BY", "VN", "TR", "PK")
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        schema.require_current(db)
        feeds.put(db, [(FCDO, None)])
        channels.put(db, Channel(tenant="T", id="C1", created_at=NOW - DAY))
        everything = Subscription(tenant="T", channel="C1", query=Query(), created_by="U", created_at=NOW)
        channels.subscribe(db, everything)
        yield db


def told(db: Database, number: int, now: datetime, *, ago: timedelta = timedelta(), accused: str = "") -> None:
    """Stores a post about an operation of its own, published so long ago, as a poll of its own does."""
    said: Claim = claim(
        accused=frozenset({accused or STATES[number % 8]}),
        victims=frozenset({VICTIMS[number]}),
        made_on=PartialDate(day=(now - ago).date()),
    )
    made: Post = post(url=f"https://www.example.gov.uk/{number}", guid=str(number), published_at=now - ago)
    (entry,) = ingest.sift(db, FCDO, [made], now)
    read = Read(entry=entry, post=made, reading=Reading(claims=(said,)))
    ingest.store(db, FCDO, FeedState(seeded_at=NOW - DAY), [entry], [read], now)


def sent(db: Database, now: datetime) -> list[str]:
    """What arrives at a time, in its order."""
    texts = []
    condense_all(db, now)
    while found := outbox.take(db, now):
        texts.append(str(found.payload["text"]))
        outbox.sent(db, found, found.key)
        run(db, "update cards set ts = 'x' where case_id = :case", case=found.case)
    return texts


# The rule, and what it does


@pytest.mark.parametrize(
    ("old", "new", "listed"),
    [(MOST_OVERDUE, 0, False), (MOST_OVERDUE, 20, False), (MOST_OVERDUE + 1, 0, True), (40, 5, True)],
)
def test_more_than_three_alerts_of_more_than_three_days_are_too_many(old: int, new: int, listed: bool) -> None:
    queued = [NOW - OVERDUE - HOUR] * old + [NOW - OVERDUE] * new
    assert overdue(queued, NOW) is listed


def test_what_waited_for_a_month_is_one_list_and_what_is_fresh_comes_as_it_was(db: Database) -> None:
    for number in range(8):
        told(db, number, NOW)
    month = NOW + 30 * DAY
    for number in (8, 9):
        told(db, number, month - HOUR)
    first, *fresh = sent(db, month)
    assert "8 alerts waited for more than three days" in first
    assert len(fresh) == 2
    assert all(text.startswith("United Kingdom") for text in fresh)
    assert outbox.depth(db) == {"sent": 3}


def test_three_days_are_a_flood_of_nobody(db: Database) -> None:
    for number in range(8):
        told(db, number, NOW)
    assert len(sent(db, NOW + OVERDUE)) == 8


def test_a_case_that_was_only_listed_opens_a_card_with_its_next_news(db: Database) -> None:
    for number in range(5):
        told(db, number, NOW)
    later = NOW + 4 * DAY
    assert len(sent(db, later)) == 1
    said = claim(accused=frozenset({"IR"}), attributed_by=frozenset({"US"}), victims=frozenset({"AL"}), made_on=None)
    made = post(url="https://www.example.gov/us", guid="us", published_at=later)
    (entry,) = ingest.sift(db, FCDO, [made], later)
    read = Read(entry=entry, post=made, reading=Reading(claims=(said,)))
    ingest.store(db, FCDO, FeedState(seeded_at=NOW - DAY), [entry], [read], later)
    assert [text.startswith("United") for text in sent(db, later)] == [True]


def test_nothing_is_condensed_where_the_channel_is_still_paused(db: Database) -> None:
    for number in range(8):
        told(db, number, NOW)
    channels.pause(db, "T", "C1", NOW, "not_in_channel")
    assert condense_all(db, NOW + 30 * DAY) == 0
    channels.resume(db, "T", "C1")
    assert condense_all(db, NOW + 30 * DAY, only="T2") == 0
    assert condense_all(db, NOW + 30 * DAY) == 8
    assert condense_all(db, NOW + 60 * DAY) == 0


def test_what_many_feeds_bring_late_after_a_month_is_one_message(db: Database) -> None:
    month = NOW + 30 * DAY
    for number in range(8):
        told(db, number, month + number * timedelta(minutes=1), ago=10 * DAY)
    told(db, 9, month + timedelta(minutes=9))
    fresh = sent(db, month + timedelta(minutes=10))
    assert len(fresh) == 1  # the late list waits, and holds up nobody
    (late,) = sent(db, month + timedelta(minutes=30))
    assert "8 statements first seen more than three days" in late
    told(db, 10, month + HOUR, ago=10 * DAY)
    (more,) = sent(db, month + 2 * HOUR)
    assert "1 statement first seen" in more


@pytest.mark.parametrize("away", [HOUR, DAY, 30 * DAY, 400 * DAY])
def test_a_channel_gets_one_digest_after_any_downtime_and_it_covers_all(db: Database, away: timedelta) -> None:
    weekly = Channel(tenant="T", id="C2", created_at=NOW - 8 * DAY, digest_day=3, digest_time=time(11))
    channels.put(db, weekly)
    assert digests.queue_due(db, NOW) == 1
    told(db, 1, NOW, accused="RU")
    then = NOW + max(away, 7 * DAY)
    assert digests.queue_due(db, then) == 1
    assert digests.queue_due(db, then + HOUR) == 0
    texts = sent(db, then + HOUR)
    assert sum("Ukraine" in text for text in texts if text.startswith("Attributions")) == 1


# A clock that jumps


def test_a_digest_that_a_clock_ahead_sent_costs_no_later_one_its_contents(db: Database) -> None:
    channels.unsubscribe(db, "T", "C1", Query())
    channels.put(db, Channel(tenant="T", id="C2", created_at=NOW - 8 * DAY, digest_day=3, digest_time=time(11)))
    assert digests.queue_due(db, NOW + 14 * DAY) == 1  # the clock is two weeks ahead, and then right again
    weeks = []
    for week in range(5):
        now = NOW + week * 7 * DAY + HOUR
        told(db, week, now - 2 * HOUR, accused=STATES[week])
        digests.queue_due(db, now)
        weeks.append(sum(text.startswith("Attributions") for text in sent(db, now)))
    # The digest of the week that was told of already is left out, and its statements are in the next.
    assert weeks == [1, 1, 0, 1, 1]
    assert channels.get(db, "T", "C2") is not None


def test_a_feed_that_a_clock_ahead_put_off_is_polled_when_it_is_right_again(db: Database) -> None:
    ahead = NOW + 30 * DAY
    state = FeedState(seeded_at=NOW, polled_at=ahead, next_poll_at=ahead + HOUR)
    feeds.save_state(db, FCDO.id, state)
    assert feeds.due(db, NOW) == {FCDO.id: None}
    feeds.save_state(db, FCDO.id, FeedState(seeded_at=NOW, polled_at=NOW, next_poll_at=NOW + HOUR))
    assert feeds.due(db, NOW) == {}


def test_a_stand_by_takes_over_from_a_process_whose_clock_was_ahead(db: Database) -> None:
    length = timedelta(seconds=30)
    assert leases.hold(db, "run", "first", NOW + 365 * DAY, length)
    assert leases.hold(db, "run", "second", NOW, length)
    assert not leases.hold(db, "run", "first", NOW, length)


def test_a_paused_channel_that_a_clock_ahead_put_off_is_tried_again(db: Database) -> None:
    told(db, 1, NOW)
    channels.pause(db, "T", "C1", NOW, "not_in_channel", NOW + 300 * DAY)
    assert outbox.take(db, NOW + HOUR) is not None


# Every time zone


def changes() -> dict[tuple[datetime, timedelta, timedelta], str]:
    """Each change of a wall clock from 2024 to 2027, by its instant and the offsets around it; one zone for each."""
    found: dict[tuple[datetime, timedelta, timedelta], str] = {}
    for name in sorted(available_timezones()):
        zone, at = ZoneInfo(name), FIRST
        while at < LAST:
            after = at + 7 * DAY
            if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
                instant = _instant(zone, at, after)
                before, then = (one.astimezone(zone).utcoffset() for one in (instant - timedelta(minutes=1), instant))
                assert before is not None
                assert then is not None
                found.setdefault((instant, before, then), name)
            at = after
    return found


def _instant(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    was = before.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == was else (before, middle)
    return after


def test_every_zones_change_of_clocks_costs_no_digest_and_repeats_none() -> None:
    found = changes()
    assert len(found) > 100
    for (instant, before, then), name in found.items():
        zone = ZoneInfo(name)
        around = (instant + min(before, then)).replace(tzinfo=None)
        for minutes in (-60, -1, 0, 30, 59, 60, 90):
            wall = around + timedelta(minutes=minutes)
            day, at = wall.isoweekday(), wall.time().replace(second=0)
            _one_a_week(instant, zone, day, at, name)


def _one_a_week(instant: datetime, zone: ZoneInfo, day: int, at: time, name: str) -> None:
    """That digests around a change come once a week, each at the first instant that shows its time or a later one."""
    ticks = [instant + step * timedelta(hours=5) for step in range(-70, 71)]
    pairs = sorted({last_due(now, day, at, zone) for now in ticks})
    due = dict(pairs)
    assert len(due) == len(pairs), name
    mondays = [date.fromisoformat(f"{week}-1") for week in due]
    assert all(later - earlier == 7 * DAY for earlier, later in pairwise(mondays)), (name, due)
    for week, moment in due.items():
        assert due_at(week, day, at, zone) == moment
        wall = datetime.combine(date.fromisoformat(f"{week}-{day}"), at)
        assert moment.astimezone(zone).replace(tzinfo=None) >= wall, (name, week)
        assert (moment - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < wall, (name, week)
