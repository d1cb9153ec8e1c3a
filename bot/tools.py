"""What the jobs work with: the database, the web, the workers and the threads."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import aiohttp
from sqlite_utils import Database

from feeds.fetch import WEB_PORTS, Fetched, fetch, open_session
from feeds.guard import CONNECTIONS_PER_HOST, MayDial
from feeds.worker import Workers
from storage.db import connect

P = ParamSpec("P")
R = TypeVar("R")

POLLING_THREADS = 4


def _gates() -> defaultdict[str, asyncio.Semaphore]:
    return defaultdict(lambda: asyncio.Semaphore(CONNECTIONS_PER_HOST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """`database`: a DATABASE_URL; `threads`: for polling's SQL and reading, which never delay an answer's;
    `ports`: where a server may listen."""

    database: str
    session: aiohttp.ClientSession
    workers: Workers
    threads: Executor
    ports: frozenset[int] = WEB_PORTS
    gates: defaultdict[str, asyncio.Semaphore] = field(default_factory=_gates)

    async def get(self, url: str, **asked: Any) -> Fetched:
        """Fetches as `feeds.fetch.fetch` does. Waiting for others at the same host does not count as the server's time;
        raises FeedError."""
        async with self.gates[urlsplit(url).netloc]:
            return await fetch(self.session, url, ports=self.ports, **asked)

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
    database: str, may_dial: MayDial, *, proxy: str | None = None, ports: frozenset[int] = WEB_PORTS
) -> AsyncIterator[Tools]:
    """Everything the jobs need, closed at the end."""
    async with open_session(may_dial=may_dial, proxy=proxy) as session, Workers() as workers:
        with ThreadPoolExecutor(POLLING_THREADS, thread_name_prefix="polling") as threads:
            yield Tools(database=database, session=session, workers=workers, threads=threads, ports=ports)
