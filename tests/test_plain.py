"""Claims and posts as values that JSON knows, and back; who stands behind a publisher's name."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.model import (
    Actor,
    Analytic,
    Claim,
    Confidence,
    Found,
    Kind,
    Likelihood,
    Origin,
    PartialDate,
    Precision,
    Publisher,
    PublisherKind,
    Role,
    Scheme,
    Standing,
    Tie,
)
from attribution.plain import claim_as_plain, claim_from_plain, found_as_plain, post_from_plain
from attribution.publishers import publisher_of

CODES = st.frozensets(st.sampled_from(["RU", "CN", "GB", "EU", "NATO"]))
DATES = st.none() | st.builds(
    PartialDate, day=st.dates(date(1995, 1, 1), date(2030, 1, 1)), precision=st.sampled_from(Precision)
)
CLAIMS = st.builds(
    Claim,
    standing=st.sampled_from(Standing), origin=st.sampled_from(Origin), accused=CODES, attributed_by=CODES,
    supported_by=CODES, role=st.sampled_from(Role), tie=st.sampled_from(Tie),
    actors=st.lists(st.builds(Actor, id=st.text(), names=st.lists(st.text()).map(tuple), home=st.none() | st.text(),
                              source=st.none() | st.text()), max_size=2).map(tuple),
    agencies=st.lists(st.text(), max_size=2).map(tuple), speakers=st.lists(st.text(), max_size=2).map(tuple),
    victims=CODES, organisations=st.lists(st.text(), max_size=2).map(tuple),
    confidence=st.builds(Confidence, likelihood=st.sampled_from(Likelihood),
                         analytic=st.none() | st.sampled_from(Analytic), phrase=st.text(),
                         scheme=st.none() | st.sampled_from(Scheme)),
    kind=st.sampled_from(Kind), quote=st.text(), rule=st.text(), made_on=DATES, happened=DATES,
    evidence=st.lists(st.tuples(st.text(), st.text()), max_size=2).map(tuple),
)  # fmt: skip


@given(CLAIMS)
def test_a_claim_comes_back_from_json_as_it_was(claim: Claim) -> None:
    assert claim_from_plain(json.loads(json.dumps(claim_as_plain(claim)))) == claim


def test_sets_are_sorted_so_that_the_same_claim_is_the_same_text() -> None:
    claim = Claim(standing=Standing.MENTION, accused=frozenset({"RU", "CN"}), quote="q", rule="r")
    assert claim_as_plain(claim)["accused"] == ["CN", "RU"]


def test_a_found_claim_shows_its_case_and_link_beside_its_own_fields() -> None:
    found = Found(
        id=7, claim=Claim(standing=Standing.ATTRIBUTION, quote="q", rule="r"), case="2022-17", title="t",
        url="https://example.org/", publisher=Publisher(name="n"), recorded_at=datetime(2025, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    shown = json.loads(json.dumps(found_as_plain(found)))
    assert (shown["id"], shown["case"], shown["quote"], shown["url"]) == (7, "2022-17", "q", "https://example.org/")
    assert shown["publisher"]["name"] == "n"


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2024-05-03", datetime(2024, 5, 3, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2023", datetime(2023, 1, 1, tzinfo=UTC)),
        ("2024-05-03T10:00:00+02:00", datetime(2024, 5, 3, 8, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_post_from_a_corpus_has_an_aware_time_however_it_is_written(written: str | None, at: datetime | None) -> None:
    assert post_from_plain({"title": "t", "text": "x", "published": written}).published_at == at


def test_a_line_without_a_title_is_no_post() -> None:
    with pytest.raises(KeyError):
        post_from_plain({"text": "x"})


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"title": 5}, "its title is a number, not text"),
        ({"title": ["x"]}, "its title is a list, not text"),
        ({"text": {"html": "x"}}, "its text is an object, not text"),
        ({"publisher": {"name": "gov.uk"}}, "its publisher is an object, .* one name, such as “gov.uk”"),
        ({"country_of_publisher": ["GB"]}, "its country_of_publisher is a list"),
        ({"published": 1662508800}, "its published is a number, .* write 2022-09-07"),
        ({"published": "7 September"}, "its published is “7 September”, which is no date; write 2022-09-07"),
        ({"published": "9999-99-99"}, "which is no date"),
        ({"url": 7}, "its url is a number"),
        ({"lang": True}, "its lang is true or false"),
        ({"id": 1.5}, "its id is a number, .*; write text or a whole number"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_is_right(changed: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        post_from_plain({"title": "t", "text": "x", **changed})
    assert "title and text" not in str(refused.value)


@pytest.mark.parametrize("given", [[], "x", 5, None, True])
def test_what_is_no_object_is_said_to_be_none(given: Any) -> None:
    with pytest.raises(ValueError, match="a post is an object such as"):
        post_from_plain(given)


@pytest.mark.parametrize("key", ["published_at", "date", "pubDate", "updated", "Published", "dc:date", "created-at"])
def test_a_date_under_another_name_is_refused_with_the_right_one(key: str) -> None:
    with pytest.raises(ValueError, match=f"it has “{key}” and no “published”"):
        post_from_plain({"title": "t", "text": "x", "published": None, key: "2022-09-07"})
    both = post_from_plain({"title": "t", "text": "x", "published": "2022-09-07", key: "2023-01-01"})
    assert both.published_at == datetime(2022, 9, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["0001-01-01", "0001-01-01T00:00+14:00", "1970-01-01", "1969", "9999-12-31T23:59-12:00"]
)
def test_a_year_before_the_web_or_beyond_the_century_is_no_date(written: str) -> None:
    assert post_from_plain({"title": "t", "text": "x", "published": written}).published_at is None


def test_half_of_a_pair_is_no_character_of_a_post() -> None:
    post = post_from_plain(
        json.loads(r'{"title": "A\ud83d", "text": "\udc00x", "id": "\ud83d", "url": "https://a/\ud83d"}')
    )
    assert (post.title, post.text, post.guid) == ("A\ufffd", "\ufffdx", "\ufffd")
    assert f"{post.title}{post.text}{post.url}{post.guid}".encode()


@pytest.mark.parametrize(
    ("name", "country", "kind", "speaker"),
    [
        ("ncsc.gov.uk", "GB", PublisherKind.GOVERNMENT, "GB"),
        ("gov.uk", None, PublisherKind.GOVERNMENT, "GB"),
        ("www.state.gov", None, PublisherKind.GOVERNMENT, "US"),
        ("cert.ssi.gouv.fr", None, PublisherKind.GOVERNMENT, "FR"),
        ("mofa.go.jp", None, PublisherKind.GOVERNMENT, "JP"),
        ("exteriores.gob.es", None, PublisherKind.GOVERNMENT, "ES"),
        ("bmi.bund.de", None, PublisherKind.GOVERNMENT, "DE"),
        ("ncsc.admin.ch", None, PublisherKind.GOVERNMENT, "CH"),
        ("canada.ca", None, PublisherKind.GOVERNMENT, "CA"),
        ("regjeringen.no", None, PublisherKind.GOVERNMENT, "NO"),
        ("consilium.europa.eu", None, PublisherKind.BODY, "EU"),
        ("nato.int", None, PublisherKind.BODY, "NATO"),
        ("Ministry of Foreign Affairs", "EE", PublisherKind.GOVERNMENT, "EE"),
        ("hawley.senate.gov", "US", PublisherKind.PRESS, None),
        ("pocan.house.gov", "US", PublisherKind.PRESS, None),
        ("bbc.com", "GB", PublisherKind.PRESS, None),
        ("notgov.example.com", None, PublisherKind.PRESS, None),
        ("", None, PublisherKind.UNKNOWN, None),
    ],
)
def test_a_publisher_speaks_only_where_it_is_a_government_or_a_body(
    name: str, country: str | None, kind: PublisherKind, speaker: str | None
) -> None:
    publisher = publisher_of(name, country)
    assert (publisher.kind, publisher.speaker) == (kind, speaker)
