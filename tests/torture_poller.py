"""Polls every feed of a database as the bot does, in a process of its own, and says what that took.

python -m tests.torture_poller DATABASE one|all: beside the feed "good" one after the other, or all at once, twice.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta

from bench.read_memory import most
from bot.jobs import Polled, poll_feed
from bot.scheduler import POLLS_AT_ONCE
from bot.tools import Tools, open_tools
from feeds.fetch import Limits
from storage import feeds
from storage.db import connect

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
GOOD = "good"
# One second of a server's time say as much as thirty.
LIMITS = Limits(total=timedelta(seconds=1))
EVERY_PORT = frozenset(range(1 << 16))
LATER = timedelta(hours=12)


async def main(database: str, how: str) -> None:
    """Prints JSON: of each feed the seconds it took, and its good neighbour took, and the most memory in MB."""
    with connect(database) as db:
        ids = [one for one in feeds.enabled(db) if one != GOOD]
    async with open_tools(database, lambda _: True, ports=EVERY_PORT, limits=LIMITS) as tools:
        await poll_feed(tools, GOOD, NOW)
        took = await (_one_by_one if how == "one" else _all_at_once)(tools, ids)
    sys.stdout.write(json.dumps({"took": took, "memory": most()}))


async def _one_by_one(tools: Tools, ids: list[str]) -> dict[str, tuple[float, float]]:
    took = {}
    for one in ids:
        bad = asyncio.create_task(poll_feed(tools, one, NOW))
        await asyncio.sleep(0.05)
        good = await poll_feed(tools, GOOD, NOW)
        took[one] = (await bad).seconds, _well(good)
    return took


async def _all_at_once(tools: Tools, ids: list[str]) -> dict[str, tuple[float, float]]:
    gate = asyncio.Semaphore(POLLS_AT_ONCE)
    took = {}

    async def poll(one: str, now: datetime) -> None:
        async with gate:
            took[one] = (await poll_feed(tools, one, now)).seconds, 0.0

    for now in (NOW, NOW + LATER):
        polling = asyncio.gather(*(poll(one, now) for one in ids))
        slowest = 0.0
        while not polling.done():
            began = time.perf_counter()
            slowest = max(slowest, _well(await poll_feed(tools, GOOD, now)), time.perf_counter() - began)
            await asyncio.sleep(0.2)
        await polling
        took[f"good at {now:%H}"] = slowest, slowest
    return took


def _well(good: Polled) -> float:
    assert good.trouble is None, good.text
    return good.seconds


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
