"""Dates as governments' feeds write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.plain import YEARS
from feeds.dates import read_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("Monday, July 27, 2026 - 15:30", datetime(2026, 7, 27, 15, 30, tzinfo=UTC), id="FCA"),
        pytest.param("Fri, 05/03/2019 - 15:21", datetime(2019, 5, 3, 15, 21, tzinfo=UTC), id="FDA"),
        pytest.param("31 Jul, 2026 +0530", datetime(2026, 7, 30, 18, 30, tzinfo=UTC), id="SEBI"),
        pytest.param("Sat, 01 Aug 2026 09:45:00", datetime(2026, 8, 1, 9, 45, tzinfo=UTC), id="RBI"),
        pytest.param("Wednesday, February 13, 2013 - 10:55am", datetime(2013, 2, 13, 10, 55, tzinfo=UTC), id="House"),
        pytest.param("Thursday, February 14, 2013 - 1:05pm", datetime(2013, 2, 14, 13, 5, tzinfo=UTC), id="House pm"),
        pytest.param("2026/07/27", datetime(2026, 7, 27, tzinfo=UTC), id="feedparser says November"),
        pytest.param("  July 27,\n 2026 ", datetime(2026, 7, 27, tzinfo=UTC), id="wrapped"),
    ],
)
def test_the_forms_of_real_government_feeds_are_read_and_zoneless_ones_taken_as_utc(
    text: str, moment: datetime
) -> None:
    assert read_date(text) == moment


def test_the_weekday_tells_which_number_is_the_month() -> None:
    # 3 May 2019 was a Friday, 5 March 2019 a Tuesday.
    assert read_date("Fri, 05/03/2019 - 15:21") == datetime(2019, 5, 3, 15, 21, tzinfo=UTC)
    assert read_date("Tue, 05/03/2019 - 15:21") == datetime(2019, 3, 5, 15, 21, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "31 Jul, 0026 +0530", "January 1, 1970", "July 27, 9999", "2026/02/30"])
def test_no_date_is_made_up(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize("text", ["Mon, 27 Jul 2026 15:30:00 +0200", "27 Jul 26 15:30 GMT", "2026-07-27T15:30:00Z"])
def test_the_standards_own_forms_are_left_to_feedparser(text: str) -> None:
    assert read_date(text) is None


@given(st.text())
def test_any_text_gives_a_date_within_reason_or_none(text: str) -> None:
    found = read_date(text)
    assert found is None or (found.tzinfo is UTC and found.year in YEARS)
