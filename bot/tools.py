"""What the jobs work with: the database, the web, the workers and the threads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import aiohttp
from sqlite_utils import Database

from bot.gates import Gates
from feeds.fetch import USUAL, WEB_PORTS, Fetched, Limits, Room, fetch, open_session
from feeds.guard import CONNECTIONS_PER_HOST, MayDial
from feeds.worker import PROCESSES, Workers
from storage.db import connect

P = ParamSpec("P")
R = TypeVar("R")

POLLING_THREADS = 4


def _gates() -> Gates:
    return Gates(CONNECTIONS_PER_HOST)


class Large:
    """Places for bodies that are large: no more than there are processes to read them, in memory they would only wait.
    What workspaces added never takes up the last one, which a server that drips could hold."""

    def __init__(self) -> None:
        self._every = asyncio.Semaphore(PROCESSES)
        self._own = asyncio.Semaphore(PROCESSES - 1)

    async def take(self, owner: str | None, held: AsyncExitStack) -> None:
        """Waits for a place for what is an owner's, None for everybody's; it is given back with `held`."""
        if owner is not None:
            await held.enter_async_context(self._own)
        await held.enter_async_context(self._every)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """`database`: a DATABASE_URL; `threads`: for polling's SQL and reading, which never delay an answer's; `ports`:
    where a server may listen; `limits`: of each answer; `large_feeds`, `large_pages`: for those that are large. Pages
    have their own places, so that a feed that waits for its articles is no reason to wait for it."""

    database: str
    session: aiohttp.ClientSession
    workers: Workers
    threads: Executor
    ports: frozenset[int] = WEB_PORTS
    limits: Limits = USUAL
    gates: Gates = field(default_factory=_gates)
    large_feeds: Large = field(default_factory=Large)
    large_pages: Large = field(default_factory=Large)

    async def get(self, url: str, **asked: Any) -> Fetched:
        """Fetches as `feeds.fetch.fetch` does. Waiting for others at the same host does not count as the server's time;
        raises FeedError."""
        async with self.gates[urlsplit(url).netloc]:
            return await fetch(self.session, url, ports=self.ports, limits=self.limits, **asked)

    async def with_db(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a function of a connection in a thread, with a connection of its own."""

        def work() -> R:
            with connect(self.database) as db:
                return function(db, *args, **kwargs)

        return await self.in_thread(work)

    async def in_thread(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a function in one of polling's threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, lambda: function(*args, **kwargs))


@asynccontextmanager
async def open_tools(
    database: str,
    may_dial: MayDial,
    *,
    proxy: str | None = None,
    ports: frozenset[int] = WEB_PORTS,
    limits: Limits = USUAL,
) -> AsyncIterator[Tools]:
    """Everything the jobs need, closed at the end."""
    async with open_session(may_dial=may_dial, proxy=proxy) as session, Workers() as workers:
        with ThreadPoolExecutor(POLLING_THREADS, thread_name_prefix="polling") as threads:
            yield Tools(
                database=database, session=session, workers=workers, threads=threads, ports=ports, limits=limits
            )


@asynccontextmanager
async def room(large: Large, owner: str | None = None) -> AsyncIterator[Room]:
    """One place among those for large bodies, for what is an owner's, None for everybody's: what this gives waits for
    it, and it is given back at the end."""
    async with AsyncExitStack() as held:
        taken = False

        async def take() -> None:
            nonlocal taken
            if not taken:
                taken = True
                await large.take(owner, held)

        yield take
