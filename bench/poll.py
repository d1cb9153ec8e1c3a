"""How long polling takes beside a bare aiohttp and feedparser loop over the same feeds, in the same run."""

import asyncio
import hashlib
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import feedparser
from aiohttp import web

from attribution.model import Feed, Publisher
from bot.jobs import poll_feed
from bot.tools import Tools, open_tools
from storage import feeds, schema
from storage.db import connect

FEEDS, ENTRIES = 200, 20
SNAPSHOTS = Path(__file__).parents[2] / "shared" / "feeds" / "snapshots"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
Ask = Callable[[], Awaitable[None]]


def bodies() -> list[bytes]:
    """The bodies that are served: real ones where they are on this machine, else generated ones."""
    real = [path.read_bytes() for path in sorted(SNAPSHOTS.glob("*.xml"))]
    return real or [_generated(number) for number in range(73)]


def serve(pipe: Connection, served: list[bytes]) -> None:
    """Serves body n at /n with an ETag, in a process of its own, until it is ended."""

    async def answer(request: web.BaseRequest) -> web.Response:
        body = served[int(request.path[1:]) % len(served)]
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(body=body, headers={"ETag": tag, "Content-Type": "application/xml"})

    async def listen() -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(listen())


async def bare(port: int) -> tuple[float, float]:
    """Seconds that a loop without a database, readings or guards takes: a first pass, and one answered 304."""
    tags: dict[int, str] = {}
    with ProcessPoolExecutor(2, multiprocessing.get_context("forkserver")) as pool:
        await asyncio.gather(*(asyncio.wrap_future(pool.submit(_parse, b"<rss/>")) for _ in range(2)))
        async with aiohttp.ClientSession() as session:

            async def one(number: int) -> None:
                headers = {"If-None-Match": tags[number]} if number in tags else {}
                async with session.get(f"http://127.0.0.1:{port}/{number}", headers=headers) as response:
                    tags[number] = response.headers["ETag"]
                    if response.status == 200:
                        await asyncio.wrap_future(pool.submit(_parse, await response.read()))

            async def every() -> None:
                await asyncio.gather(*map(one, range(FEEDS)))

            return await _timed(every), await _timed(every)


async def ours(port: int, database: str) -> tuple[float, float]:
    """Seconds that the bot takes for the same: fetched, parsed, read and stored."""
    with connect(database) as db:
        schema.require_current(db)
        feeds.put(db, [(_feed(port, number), None) for number in range(FEEDS)])
    async with open_tools(database, lambda _: True, ports=frozenset({port})) as tools:
        gate = asyncio.Semaphore(16)

        async def one(tools: Tools, number: int) -> None:
            async with gate:
                await poll_feed(tools, str(number), NOW)

        async def every() -> None:
            await asyncio.gather(*(one(tools, number) for number in range(FEEDS)))

        await tools.workers.parse(bodies()[0], "", "", _feed(port, 0))
        return await _timed(every), await _timed(every)


def _generated(feed: int) -> bytes:
    entries = "".join(
        f"<item><title>The ministry opens road {feed}-{number}</title><link>https://example.org/{feed}/{number}</link>"
        f"<guid>{feed}-{number}</guid><description>{'The minister thanked the builders. ' * 20}</description></item>"
        for number in range(ENTRIES)
    )
    return f'<rss version="2.0"><channel><title>News</title>{entries}</channel></rss>'.encode()


def _feed(port: int, number: int) -> Feed:
    return Feed(id=str(number), publisher=Publisher(name=f"Ministry {number}"), url=f"http://127.0.0.1:{port}/{number}")


def _parse(body: bytes) -> int:
    return len(feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False).entries)


async def _timed(work: Ask) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def main() -> None:
    """Prints both, and what ours costs beside the bare loop."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve, args=(there, bodies()), daemon=True)
    server.start()
    port = here.recv()
    with tempfile.TemporaryDirectory() as folder:
        limit = asyncio.run(bare(port))
        took = asyncio.run(ours(port, f"sqlite:///{folder}/bench.db"))
    server.terminate()
    for name, ours_took, bare_took in zip(("first poll", "unchanged"), took, limit, strict=True):
        beside = f"bare aiohttp and feedparser {bare_took:.2f} s, ratio {ours_took / bare_took:.1f}"
        sys.stdout.write(f"poll {FEEDS} feeds, {name}: {ours_took:.2f} s, {beside}\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"memory at most, main process: {peak:.0f} MB\n")


if __name__ == "__main__":
    main()
