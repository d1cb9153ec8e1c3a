"""`attribution-bot run`: dumb ticks that do what is due, while this process holds the lease."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import digests
from bot.deliver import FarSide, deliver
from bot.jobs import poll_feed, retry_articles
from bot.tools import Tools
from storage import feeds, leases, outbox

LEASE = "run"
LEASE_FOR = timedelta(seconds=30)
HEARTBEAT = 5  # seconds: a process that misses six has lost the lease
POLL_EVERY = 15  # seconds between looks for due feeds
DELIVER_EVERY = 1
DIGEST_EVERY = 30
ARTICLES_EVERY = 60
POLLS_AT_ONCE = 16
STOP_WITHIN = 8.0  # seconds for what is under way; the whole stop takes less than 10

log = structlog.get_logger()
Clock = Callable[[], datetime]


@dataclass(slots=True, kw_only=True)
class Run:
    """One process's share of the work: it holds the lease or stands by. `done` ends it."""

    tools: Tools
    far: FarSide
    clock: Clock
    done: asyncio.Event
    holder: str
    working: bool = False


async def run(tools: Tools, far: FarSide, clock: Clock, done: asyncio.Event) -> None:
    """Polls, delivers and sends digests until `done` is set; stands by while another process has the lease."""
    me = Run(tools=tools, far=far, clock=clock, done=done, holder=f"{socket.gethostname()} {os.getpid()}")
    await _heartbeat(me)
    scheduler = AsyncIOScheduler(timezone=UTC)
    every: tuple[tuple[Callable[[Run], Awaitable[None]], int], ...] = (
        (_heartbeat, HEARTBEAT),
        (_poll, POLL_EVERY),
        (_deliver, DELIVER_EVERY),
        (_digests, DIGEST_EVERY),
        (_articles, ARTICLES_EVERY),
    )
    ticking: set[asyncio.Task[None]] = set()
    for job, seconds in every:
        now = datetime.now(UTC)
        scheduler.add_job(
            _ticked,
            "interval",
            args=(job, me, ticking),
            seconds=seconds,
            max_instances=1,
            coalesce=True,
            next_run_time=now,
        )
    scheduler.start()
    await done.wait()
    scheduler.shutdown(wait=False)
    if ticking:
        _, late = await asyncio.wait(ticking, timeout=STOP_WITHIN)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    await tools.with_db(leases.release, LEASE, me.holder)
    log.info("stopped")


def stop_on_signals(done: asyncio.Event) -> None:
    """Sets `done` when the process is asked to end (SIGTERM, SIGINT)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such handlers: Ctrl-C raises there
            loop.add_signal_handler(number, done.set)


async def _ticked(job: Callable[[Run], Awaitable[None]], me: Run, ticking: set[asyncio.Task[None]]) -> None:
    task = asyncio.current_task()
    assert task is not None, "a tick is a task"
    ticking.add(task)
    try:
        if not me.done.is_set():
            await job(me)
    finally:
        ticking.discard(task)


async def _heartbeat(me: Run) -> None:
    held = await me.tools.with_db(leases.hold, LEASE, me.holder, me.clock(), LEASE_FOR)
    if held and not me.working:
        doubtful = await me.tools.with_db(outbox.interrupted, me.clock())
        log.info("at work", holder=me.holder, interrupted=doubtful)
    elif me.working and not held:
        log.warning("standing by", holder=me.holder)
    me.working = held


async def _poll(me: Run) -> None:
    if not me.working:
        return
    gate = asyncio.Semaphore(POLLS_AT_ONCE)

    async def one(feed_id: str) -> None:
        async with gate:
            if not me.done.is_set():
                polled = await poll_feed(me.tools, feed_id, me.clock())
                log.info("polled", feed=feed_id, posts=polled.entries, new=polled.stored.new, trouble=polled.trouble)

    await asyncio.gather(*map(one, await me.tools.with_db(feeds.due, me.clock())))


async def _deliver(me: Run) -> None:
    if me.working:
        await deliver(me.tools, me.far, me.clock())


async def _digests(me: Run) -> None:
    if me.working and (queued := await me.tools.with_db(digests.queue_due, me.clock())):
        log.info("digests queued", channels=queued)


async def _articles(me: Run) -> None:
    if me.working and (had := await retry_articles(me.tools, me.clock())):
        log.info("articles read", articles=had)
