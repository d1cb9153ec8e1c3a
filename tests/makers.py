"""Small things that many tests make: claims, posts, and strategies for both."""

from datetime import UTC, date, datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from hypothesis import strategies as st

from attribution.model import (
    Actor,
    Analytic,
    Claim,
    Confidence,
    Feed,
    Kind,
    Likelihood,
    PartialDate,
    Post,
    Precision,
    Publisher,
    PublisherKind,
    Standing,
)

NOW = datetime(2022, 9, 7, 12, tzinfo=UTC)
UK = Publisher(name="UK Foreign, Commonwealth & Development Office", kind=PublisherKind.GOVERNMENT, speaker="GB")
FCDO = Feed(id="gb-fcdo", publisher=UK, url="https://www.example.gov.uk/feed", language="en")
QUOTE = "The United Kingdom holds Iran responsible for the cyber attack on Albania."


def claim(**changed: Any) -> Claim:
    """The UK's claim of 7 September 2022, with what a test changes."""
    usual: dict[str, Any] = {
        "standing": Standing.ATTRIBUTION,
        "accused": frozenset({"IR"}),
        "attributed_by": frozenset({"GB"}),
        "victims": frozenset({"AL"}),
        "quote": QUOTE,
        "rule": "test",
        "made_on": PartialDate(day=date(2022, 9, 7)),
    }
    return Claim(**usual | changed)


def post(**changed: Any) -> Post:
    """The UK's post of 7 September 2022, with what a test changes."""
    usual: dict[str, Any] = {
        "feed": FCDO.id,
        "url": "https://www.example.gov.uk/iran",
        "guid": "iran-1",
        "title": "UK condemns Iran for its attack on Albania",
        "text": QUOTE,
        "published_at": NOW,
        "language": "en",
        "publisher": UK,
    }
    return Post(**usual | changed)


CODES = st.frozensets(st.sampled_from(["IR", "RU", "CN", "KP", "GB", "US", "EU", "AL"]), max_size=3)
ACTORS = st.lists(st.sampled_from(["apt28", "sandworm", "apt31"]), max_size=2, unique=True).map(
    lambda ids: tuple(Actor(id=one, names=(one.upper(),)) for one in ids)
)
CONFIDENCES = st.builds(
    Confidence,
    likelihood=st.sampled_from(list(Likelihood)),
    analytic=st.none() | st.sampled_from(list(Analytic)),
    phrase=st.sampled_from(["", "almost certainly"]),
)
DATES = st.builds(
    PartialDate,
    day=st.dates(min_value=date(2007, 1, 1), max_value=date(2026, 12, 31)),
    precision=st.sampled_from(list(Precision)),
).map(lambda one: PartialDate(day=first_day(one), precision=one.precision))
WORDS = st.text(st.sampled_from("aAbéÉßİ ıΣςｗ Ｗ漢字'\"%_\\…\t"), max_size=12) | st.text(max_size=12)
CLAIMS = st.builds(
    Claim,
    standing=st.sampled_from(list(Standing)),
    accused=CODES,
    attributed_by=CODES,
    supported_by=CODES,
    victims=CODES,
    actors=ACTORS,
    confidence=CONFIDENCES,
    kind=st.sampled_from(list(Kind)),
    quote=WORDS,
    rule=st.just("test"),
    made_on=st.none() | DATES,
)


def first_day(one: PartialDate) -> date:
    """The first day of the month or year that a date of that precision means."""
    if one.precision is Precision.DAY:
        return one.day
    return one.day.replace(day=1) if one.precision is Precision.MONTH else one.day.replace(month=1, day=1)


def rss(*items: dict[str, str]) -> bytes:
    """A feed body: RSS 2.0 of items with any of title, link, guid, date, text."""
    names = {"title": "title", "link": "link", "guid": "guid", "date": "pubDate", "text": "description"}
    entries = (
        "".join(f"<{names[name]}>{escape(value)}</{names[name]}>" for name, value in item.items()) for item in items
    )
    inside = "".join(f"<item>{entry}</item>" for entry in entries)
    return f'<rss version="2.0"><channel><title>News</title>{inside}</channel></rss>'.encode()


def item(number: int = 1, **changed: str) -> dict[str, str]:
    """An item of a feed that says nothing of note, with what a test changes."""
    usual = {
        "title": f"A road is opened, part {number}",
        "link": f"https://www.example.gov.uk/news/{number}",
        "guid": f"g{number}",
        "date": format_datetime(NOW),
        "text": "The minister cut a ribbon and thanked the builders.",
    }
    return usual | changed
