"""`/healthz`, `/readyz` and `/metrics`: whether the bot lives, whether it is ready, and what it has done."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiohttp import web

from bot import metrics, paths
from bot.scheduler import LEASE
from storage import vitals
from storage.db import StorageError, connect
from storage.vitals import Vitals

# A feed whose time has come is polled within a minute or so, a message whose time has come is sent within seconds.
POLL_LATE, SEND_LATE = timedelta(minutes=30), timedelta(minutes=15)
LOOK_AGAIN = 1.0  # seconds: who asks more often is told the same again, and the database is not asked
HEADERS = {"Cache-Control": "no-store"}

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Door = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found. `vitals` None: the database could not be read; `doors`: over what Slack is heard, and
    whether it is; `reasons`: why the bot is not ready, none where it is."""

    at: datetime
    vitals: Vitals | None
    doors: Mapping[str, bool]
    reasons: tuple[str, ...]


def reasons(found: Vitals, now: datetime) -> Iterator[str]:
    """Why the bot is not ready, each as a sentence, going by the database."""
    if found.holder is None:
        yield "Nobody is at work."
    if found.poll_due_at and now - found.poll_due_at > POLL_LATE:
        yield f"A feed that is due has not been polled for {minutes(now - found.poll_due_at)}."
    if found.failing and not found.well:
        yield "No feed answers."
    if found.send_due_at and now - found.send_due_at > SEND_LATE:
        yield f"A message that is due has not been sent for {minutes(now - found.send_due_at)}."


def minutes(length: timedelta) -> str:
    """A length of time in whole minutes."""
    whole = int(length.total_seconds() // 60)
    return f"{whole} minute" if whole == 1 else f"{whole} minutes"


def shown(look: Look) -> dict[str, Any]:
    """What `/readyz` answers."""
    body: dict[str, Any] = {"ready": not look.reasons, "reasons": look.reasons, "doors": dict(look.doors)}
    if look.vitals is None:
        return body
    found = look.vitals
    waiting = sum(found.messages.get(state, 0) for state in ("ready", "sending", "doubt"))
    oldest = int((look.at - found.oldest_at).total_seconds()) if found.oldest_at else None
    polled = found.polled_at.isoformat() if found.polled_at else None
    feeds = {"well": found.well, "failing": found.failing, "gone": found.gone}
    return body | {"last_poll": polled, "feeds": feeds, "outbox": {"waiting": waiting, "oldest_seconds": oldest}}


@dataclass(slots=True, kw_only=True)
class Health:
    """Looks at how the bot does. `threads`: its own, so that no poll and no answer delays it; `only`: the one tenant
    whose messages are sent here; `doors`: what Slack is heard through, each with how to know whether it is open."""

    database: str
    clock: Callable[[], datetime]
    threads: Executor
    only: str | None = None
    doors: dict[str, Door] = field(default_factory=dict)
    last: Look | None = None
    looked_at: float = 0.0
    one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self) -> Look:
        """How the bot does, as of now or a second ago."""
        async with self.one:
            moment = asyncio.get_running_loop().time()
            if self.last is None or moment - self.looked_at >= LOOK_AGAIN:
                self.last, self.looked_at = await self._look(), moment
            return self.last

    async def _look(self) -> Look:
        now = self.clock()
        doors = {name: await is_open() for name, is_open in self.doors.items()}
        shut = [f"Slack cannot be heard over {name}." for name, is_open in doors.items() if not is_open]
        try:
            found = await asyncio.get_running_loop().run_in_executor(self.threads, self._read, now)
        except (sqlite3.Error, StorageError) as error:
            log.error("the database could not be looked at", error=str(error))
            why = "The database cannot be read: see the log."
            return Look(at=now, vitals=None, doors=doors, reasons=(why, *shut))
        return Look(at=now, vitals=found, doors=doors, reasons=(*reasons(found, now), *shut))

    def _read(self, now: datetime) -> Vitals:
        with connect(self.database) as db:
            return vitals.read(db, LEASE, now, self.only)


@asynccontextmanager
async def open_health(database: str, clock: Callable[[], datetime], only: str | None = None) -> AsyncIterator[Health]:
    """A `Health` with a thread of its own."""
    with ThreadPoolExecutor(1, thread_name_prefix="health") as threads:
        yield Health(database=database, clock=clock, threads=threads, only=only)


def checks(health: Health) -> dict[str, Handler]:
    """What a platform asks to know whether the bot lives and is ready: fit for everybody's eyes."""

    async def alive(_: web.Request) -> web.StreamResponse:
        return web.json_response({"alive": True}, headers=HEADERS)  # who answers has a loop that turns

    async def ready(_: web.Request) -> web.StreamResponse:
        look = await health.look()
        return web.json_response(shown(look), status=503 if look.reasons else 200, headers=HEADERS)

    return {paths.ALIVE: alive, paths.READY: ready}


def numbers(health: Health) -> dict[str, Handler]:
    """What a monitor reads."""

    async def read(_: web.Request) -> web.StreamResponse:
        look = await health.look()
        if look.vitals is None:
            raise web.HTTPServiceUnavailable(text="\n".join(look.reasons))
        page = metrics.page(look.vitals, look.doors, ready=not look.reasons, now=look.at)
        return web.Response(body=page, headers=HEADERS | {"Content-Type": metrics.CONTENT_TYPE})

    return {paths.METRICS: read}


@asynccontextmanager
async def listening(health: Health, host: str, port: int) -> AsyncIterator[None]:
    """Answers all three at a port of their own; raises OSError where it is taken."""
    served = web.Application()
    for path, handler in (checks(health) | numbers(health)).items():
        served.router.add_get(path, handler)
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log.info("health is told", host=host, port=port)
        yield
    finally:
        await runner.cleanup()
