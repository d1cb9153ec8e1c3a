"""Gates by name and places for polls: how many get in, in which order, and that nothing is kept of who is gone."""

import asyncio
from pathlib import Path

import pytest

from bot.gates import Gates, Places
from feeds.errors import FeedError
from tests.test_jobs import opened


async def test_a_name_lets_in_so_many_and_is_forgotten_with_the_last() -> None:
    gates, inside, most, go_on = Gates(2), 0, 0, asyncio.Event()

    async def enter(name: str) -> None:
        nonlocal inside, most
        async with gates[name]:
            inside, most = inside + 1, max(most, inside + 1)
            await go_on.wait()
            inside -= 1

    entering = [asyncio.create_task(enter("a")) for _ in range(5)]
    await asyncio.sleep(0)
    assert (inside, len(gates)) == (2, 1)
    entering.append(asyncio.create_task(enter("b")))
    await asyncio.sleep(0)
    assert (inside, len(gates)) == (3, 2)
    go_on.set()
    await asyncio.gather(*entering)
    del entering
    assert (most, len(gates)) == (3, 0)


async def test_nothing_is_kept_of_hosts_that_were_asked(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.web.serve("/page", "text")
        for host in ("127.0.0.1", "0x7f.1", "0x07f.1", "localhost", "127.0x0.1"):
            await bench.tools.get(f"http://{host}:{bench.web.port}/page")
        with pytest.raises(FeedError):
            await bench.tools.get(bench.web.url("/nothing"))
        assert len(bench.web.requests) == 6
        assert len(bench.tools.gates) == 0


async def test_a_second_feed_of_an_owner_waits_without_taking_up_a_place() -> None:
    places, entered, go_on = Places(1, 2), [], asyncio.Event()

    async def poll(owner: str | None, feed: str) -> None:
        async with places.of(owner):
            entered.append(feed)
            await go_on.wait()

    wanted = [("T1", "a"), ("T1", "b"), ("T1", "c"), ("T2", "d"), (None, "e"), (None, "f"), ("T3", "g")]
    polls = [asyncio.create_task(poll(*one)) for one in wanted]
    await asyncio.sleep(0.01)
    assert entered == ["a", "d", "e"]
    go_on.set()
    await asyncio.gather(*polls)
    assert set(entered) == set("abcdefg")
