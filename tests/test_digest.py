"""When a digest is due, and what it tells."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.digest import Count, Digest, Tally, compile_digest, digest_key, due_at, last_due
from attribution.model import Found, Role, Standing
from tests.card_samples import (
    EU_BACKS,
    IRAN_DENIES,
    REPORTED,
    SINGAPORE,
    UK_CONDEMNS,
    US_JOINS,
    US_SANCTIONS,
)

BERLIN, NEW_YORK, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo")
SINCE = datetime(2022, 9, 5, 7, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=7)


@pytest.mark.parametrize(
    ("week", "day", "at", "zone", "expected"),
    [
        ("2022-W36", 1, time(9), BERLIN, datetime(2022, 9, 5, 7, tzinfo=UTC)),
        ("2022-W36", 1, time(9), NEW_YORK, datetime(2022, 9, 5, 13, tzinfo=UTC)),
        ("2020-W53", 7, time(0), UTC, datetime(2021, 1, 3, tzinfo=UTC)),
        # 2:30 does not exist on 31 March 2024: due when the clock jumps from 2 to 3.
        ("2024-W13", 7, time(2, 30), BERLIN, datetime(2024, 3, 31, 1, tzinfo=UTC)),
        # 2:30 comes twice on 27 October 2024: due the first time.
        ("2024-W43", 7, time(2, 30), BERLIN, datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
        # Samoa had no 30 December 2011: due when the 31st begins.
        ("2011-W52", 5, time(9), APIA, datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_digest_is_due_when_the_wall_clock_first_shows_the_time(
    week: str, day: int, at: time, zone: ZoneInfo, expected: datetime
) -> None:
    assert due_at(week, day, at, zone) == expected


@given(
    day=st.dates(date(2000, 1, 3), date(2037, 12, 31)),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_no_instant_before_it_is_due_shows_the_time(day: date, at: time, zone: ZoneInfo) -> None:
    year, week, weekday = day.isocalendar()
    due = due_at(f"{year}-W{week:02}", weekday, at, zone)
    chosen = datetime.combine(day, at)
    assert due.astimezone(zone).replace(tzinfo=None) >= chosen
    for before in (1, 60, 3600, 7200):
        earlier = (due - timedelta(seconds=before)).astimezone(zone).replace(tzinfo=None)
        assert earlier < chosen


def test_a_week_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="2021-W53"):
        due_at("2021-W53", 1, time(9), UTC)


@given(
    now=st.integers(1_290_000_000, 1_900_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    day=st.integers(1, 7),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_the_last_digest_was_due_within_the_past_week(now: datetime, day: int, zone: ZoneInfo) -> None:
    week, due = last_due(now, day, time(2, 30), zone)
    assert due <= now
    assert now - due <= timedelta(days=7, hours=25)  # a day may be skipped
    assert due == due_at(week, day, time(2, 30), zone)


def test_two_weeks_and_two_channels_have_keys_of_their_own() -> None:
    keys = {digest_key(channel, week) for channel in ("C1", "C2") for week in ("2022-W36", "2022-W37")}
    assert len(keys) == 4


def compiled(found: Iterable[Found], new: Iterable[str] = ("2022-17",), late: Iterable[Found] = ()) -> Digest:
    return compile_digest(since=SINCE, until=UNTIL, found=found, new_cases=set(new), late=late)


def test_cases_are_grouped_by_the_accused_and_no_state_comes_last() -> None:
    korean = replace(US_SANCTIONS, id=9, case="2022-3")
    korean = replace(korean, claim=replace(korean.claim, accused=frozenset({"KP"})))
    made = compiled([SINGAPORE.statements[0], korean, UK_CONDEMNS, US_JOINS], ["2022-17", "2025-9"])
    assert [group.accused for group in made.groups] == [{"IR"}, {"KP"}, frozenset()]


def test_new_cases_and_news_of_older_ones_stand_apart() -> None:
    older = replace(US_SANCTIONS, id=9, case="2022-3")
    (group,) = compiled([UK_CONDEMNS, older, US_JOINS]).groups
    assert [[one.id for one in entry.statements] for entry in group.new] == [[1, 2]]
    assert [entry.case for entry in group.older] == ["2022-3"]


def test_statements_are_told_in_the_order_they_were_recorded() -> None:
    (group,) = compiled([US_SANCTIONS, US_JOINS, UK_CONDEMNS]).groups
    assert [one.id for one in group.new[0].statements] == [1, 2, 7]


def test_mentions_and_withdrawn_statements_are_left_out() -> None:
    mention = replace(UK_CONDEMNS, claim=replace(UK_CONDEMNS.claim, standing=Standing.MENTION))
    made = compiled([mention, replace(US_JOINS, withdrawn_at=UNTIL)], late=[replace(REPORTED, withdrawn_at=UNTIL)])
    assert made.groups == ()
    assert made.late == ()


def test_a_denial_is_told_but_not_counted() -> None:
    made = compiled([UK_CONDEMNS, IRAN_DENIES, EU_BACKS])
    assert made.count == Count(cases=1, statements=2)
    assert IRAN_DENIES in made.groups[0].new[0].statements


def test_what_was_seen_late_is_listed_once_and_apart() -> None:
    made = compiled([UK_CONDEMNS, US_JOINS], late=[UK_CONDEMNS])
    assert made.late == (UK_CONDEMNS,)
    assert made.count == Count(cases=1, statements=1)


def test_the_period_before_is_counted_alike() -> None:
    denial = replace(IRAN_DENIES, id=90)
    made = compile_digest(
        since=SINCE, until=UNTIL, found=[], new_cases=[], earlier=[UK_CONDEMNS, denial], earlier_cases={"2022-17"}
    )
    assert made.before == Count(cases=1, statements=1)


def test_each_accused_is_tallied_beside_the_period_before_the_most_accused_first() -> None:
    korean = replace(UK_CONDEMNS, id=9, claim=replace(UK_CONDEMNS.claim, accused=frozenset({"KP"})))
    denial = replace(IRAN_DENIES, id=90)
    made = compile_digest(
        since=SINCE, until=UNTIL, found=[UK_CONDEMNS, US_JOINS, denial, korean], new_cases=[], earlier=[korean, korean]
    )
    assert made.tallies == (Tally(accused="IR", now=2, before=0), Tally(accused="KP", now=1, before=2))


def test_a_claim_that_belongs_to_no_case_stands_for_itself() -> None:
    owned = [replace(REPORTED, id=number, case=None) for number in (1, 2)]
    (group,) = compiled(owned).groups
    assert [len(entry.statements) for entry in group.new] == [1, 1]


def test_a_case_without_a_denial_has_the_weight_of_its_statements() -> None:
    (group,) = compiled([UK_CONDEMNS, US_JOINS, IRAN_DENIES]).groups
    assert group.statements == len([one for one in (UK_CONDEMNS, US_JOINS) if one.claim.role is not Role.DENIES])
