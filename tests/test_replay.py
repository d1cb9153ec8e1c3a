"""Real captures of two government feeds, played in order with the clock set to each."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from attribution.model import Found
from attribution.query import Query
from attribution.retry import Tried
from bot.deliver import Sent, deliver
from bot.jobs import poll_feed
from bot.tools import open_tools
from feeds.catalogue import entry
from storage import channels, claims, feeds, schema
from storage.channels import Channel, Subscription
from storage.db import connect, rows
from storage.outbox import Message, Op

REPLAY = Path(__file__).parents[2] / "shared" / "feeds" / "replay"
EASTERN = ZoneInfo("America/New_York")
pytestmark = pytest.mark.skipif(not REPLAY.exists(), reason="the captured feeds are not on this machine")


class Shelf:
    """A far side that keeps what it is sent."""

    def __init__(self) -> None:
        self.kept: list[Message] = []

    async def send(self, message: Message) -> Sent:
        self.kept.append(message)
        return Sent(tried=Tried(), ts=f"{len(self.kept):04}")

    async def look_up(self, _: Message) -> Sent | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What stands in the database after a window of captures, what was sent, and the counts of all polls."""

    found: list[Found]
    sent: list[Message]
    counts: Counter[str]

    @property
    def titles(self) -> set[str]:
        return {one.title for one in self.found}

    @property
    def cards(self) -> list[str]:
        return [one.payload["text"] for one in self.sent if one.op is Op.POST]


def at(capture: Path) -> datetime:
    return datetime.strptime(capture.stem, "%Y-%m-%dT%H%M%S").replace(tzinfo=EASTERN).astimezone(UTC)


async def played(window: str, feed_id: str, folder: Path) -> Played:
    database = f"sqlite:///{folder / 'replay.db'}"
    counts: Counter[str] = Counter()
    shelf = Shelf()
    captures = sorted((REPLAY / window).glob("*.xml"))
    async with open_tools(database, lambda _: False) as tools:
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(entry(feed_id).feed, None)])
            channels.put(db, Channel(tenant="T", id="C1", created_at=at(captures[0])))
            everything = Subscription(
                tenant="T", channel="C1", query=Query(), created_by="U", created_at=at(captures[0])
            )
            channels.subscribe(db, everything)
        for capture in captures:
            polled = await poll_feed(tools, feed_id, at(capture), capture)
            assert polled.trouble is None, (capture.name, polled.text)
            await deliver(tools, shelf, at(capture))
            counts.update(new=polled.stored.new, edited=polled.stored.edited)
        with connect(database) as db:
            assert rows(db, "select url from posts group by url having count(*) > 1") == []
            return Played(found=claims.find(db, Query()), sent=shelf.kept, counts=counts)


async def test_july_2021_at_the_white_house_is_one_alert(tmp_path: Path) -> None:
    window = await played("white-house-2021-07", "us-white-house", tmp_path)
    assert {one.claim.accused for one in window.found} == {frozenset({"CN"})}
    assert {one.case for one in window.found} == {"2021-1"}
    assert any("Attributes Malicious Cyber Activity" in title for title in window.titles)
    assert len(window.cards) == 1
    assert not any(one.withdrawn_at for one in window.found)
    # 91 posts in nine days, some of them corrected: the many other changes were of spaces, entities and markup.
    assert window.counts == {"new": 91, "edited": 6}


async def test_may_2022_at_the_state_department_is_one_alert(tmp_path: Path) -> None:
    window = await played("state-2022-05", "us-state", tmp_path)
    assert {one.claim.accused for one in window.found} == {frozenset({"RU"})}
    assert {one.case for one in window.found} == {"2022-1", "2022-2"}  # one statement over two known operations
    assert any("Attribution of Russia" in title for title in window.titles)
    assert len(window.cards) == 1
    assert not any(one.withdrawn_at for one in window.found)
    assert window.counts == {"new": 55, "edited": 1}
