"""`attribution-bot run`: dumb ticks that do what is due, while this process holds the lease."""

import asyncio
import os
import signal
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import digests
from bot.deliver import FarSide, deliver
from bot.jobs import poll_feed, retry_articles
from bot.tidy import tidy
from bot.tools import Tools
from storage import feeds, leases, outbox

LEASE = "run"
LEASE_FOR = timedelta(seconds=30)
POLLS_AT_ONCE = 16
STOP_WITHIN = 8.0  # seconds for what is under way; the whole stop takes less than 10

log = structlog.get_logger()
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """How often each job looks for what is due, in seconds; a process that misses six heartbeats loses the lease."""

    heartbeat: float = 5
    poll: float = 15
    deliver: float = 1
    digests: float = 30
    articles: float = 60
    tidy: float = 3600


USUAL = Ticks()


@dataclass(slots=True, kw_only=True)
class Run:
    """One process's share of the work: it holds the lease or stands by. `done` ends it; `under_way`: jobs at work,
    among them `delivering`, one for each workspace that has messages, and `polling`, one for each feed that is due,
    POLLS_AT_ONCE of them past the `gate`."""

    tools: Tools
    far: FarSide
    clock: Clock
    done: asyncio.Event
    holder: str
    only: str | None = None
    working: bool = False
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    delivering: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    polling: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(POLLS_AT_ONCE))


async def run(
    tools: Tools, far: FarSide, clock: Clock, done: asyncio.Event, ticks: Ticks = USUAL, only: str | None = None
) -> None:
    """Polls, delivers and sends digests until `done` is set; stands by while another process has the lease.

    `only`: the one tenant whose messages the far side takes, None for all."""
    # Two containers may share a host name and a process number.
    holder = f"{socket.gethostname()} {os.getpid()} {token_hex(2)}"
    me = Run(tools=tools, far=far, clock=clock, done=done, holder=holder, only=only)
    await _heartbeat(me)
    if not me.working:
        log.info("standing by", holder=me.holder)
    scheduler = _scheduled(me, ticks)
    await done.wait()
    scheduler.pause()  # a shutdown would cancel what is under way
    await _finish(me.under_way)
    scheduler.shutdown(wait=False)
    await tools.with_db(leases.release, LEASE, me.holder)
    log.info("stopped", holder=me.holder)


def _scheduled(me: Run, ticks: Ticks) -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler(timezone=UTC)
    every: tuple[tuple[Callable[[Run], Awaitable[None]], float], ...] = (
        (_heartbeat, ticks.heartbeat),
        (_poll, ticks.poll),
        (_deliver, ticks.deliver),
        (_digests, ticks.digests),
        (_articles, ticks.articles),
        (_tidy, ticks.tidy),
    )
    # A tick that is late or still at work is no error: what is due is a query, and the next tick asks it.
    how = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None, "next_run_time": datetime.now(UTC)}
    for job, seconds in every:
        scheduler.add_job(_tick, "interval", args=(job, me), seconds=seconds, **how)
    scheduler.start()
    return scheduler


async def _finish(under_way: set[asyncio.Task[None]]) -> None:
    if under_way:
        _, late = await asyncio.wait(under_way, timeout=STOP_WITHIN)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def stop_on_signals(done: asyncio.Event) -> None:
    """Sets `done` when the process is asked to end (SIGTERM, SIGINT)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such handlers: Ctrl-C raises there
            loop.add_signal_handler(number, done.set)


async def _tick(job: Callable[[Run], Awaitable[None]], me: Run) -> None:
    task = asyncio.current_task()
    assert task is not None, "a tick is a task"
    me.under_way.add(task)
    try:
        if not me.done.is_set():
            await job(me)
    except sqlite3.OperationalError as error:  # locked or full: the next tick tries again, and `status` shows it
        log.error("the database could not be used", job=job.__name__.strip("_"), error=str(error))
    finally:
        me.under_way.discard(task)


async def _heartbeat(me: Run) -> None:
    held = await me.tools.with_db(leases.hold, LEASE, me.holder, me.clock(), LEASE_FOR)
    if held and not me.working:
        doubtful = await me.tools.with_db(outbox.interrupted, me.clock())
        log.info("at work", holder=me.holder, interrupted=doubtful)
    elif me.working and not held:
        log.warning("standing by", holder=me.holder)
    me.working = held


async def _poll(me: Run) -> None:
    """Begins to poll each feed that is due, unless that is under way: a slow one delays only itself."""
    if not me.working:
        return
    for feed_id in await me.tools.with_db(feeds.due, me.clock()):
        if feed_id not in me.polling:
            _begin_polling(me, feed_id)


def _begin_polling(me: Run, feed_id: str) -> None:
    async def poll(me: Run) -> None:
        async with me.gate:
            if not me.done.is_set() and me.working:
                polled = await poll_feed(me.tools, feed_id, me.clock())
                log.info("polled", feed=feed_id, posts=polled.entries, new=polled.stored.new, trouble=polled.trouble)

    task = asyncio.create_task(_tick(poll, me))
    me.polling[feed_id] = task
    task.add_done_callback(lambda _: me.polling.pop(feed_id))


async def _deliver(me: Run) -> None:
    """Begins to deliver each workspace's messages, unless that is under way: none waits for another."""
    if not me.working:
        return
    due = await me.tools.with_db(outbox.tenants_due, me.clock())
    for tenant in set(due) - me.delivering.keys():
        if me.only in (None, tenant):
            _begin_delivering(me, tenant)


def _begin_delivering(me: Run, tenant: str) -> None:
    async def deliver_to(me: Run) -> None:
        await deliver(me.tools, me.far, me.clock(), tenant)

    task = asyncio.create_task(_tick(deliver_to, me))
    me.delivering[tenant] = task
    task.add_done_callback(lambda _: me.delivering.pop(tenant))


async def _digests(me: Run) -> None:
    if me.working and (queued := await me.tools.with_db(digests.queue_due, me.clock())):
        log.info("digests queued", channels=queued)


async def _tidy(me: Run) -> None:
    if me.working and (gone := await me.tools.with_db(tidy, me.clock())):
        log.info("kept long enough", rows=gone)


async def _articles(me: Run) -> None:
    if me.working and (had := await retry_articles(me.tools, me.clock())):
        log.info("articles read", articles=had)
