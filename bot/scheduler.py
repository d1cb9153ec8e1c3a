"""`attribution-bot run`: dumb ticks that do what is due, while this process holds the lease."""

import asyncio
import os
import signal
import socket
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import digests, metrics
from bot.ailing import Operator, note_changes
from bot.deliver import FarSide, deliver_while
from bot.gates import Places
from bot.jobs import poll_feed, retry_articles
from bot.log import bind
from bot.tidy import tidy
from bot.tools import Tools
from storage import feeds, leases, outbox
from storage.db import StorageError, damaged

LEASE = "run"
LEASE_FOR = timedelta(seconds=30)
POLLS_AT_ONCE = 16
OWN_POLLS_AT_ONCE = 4  # beside them, of feeds that workspaces added, one of each workspace
STOP_WITHIN = 3.0  # seconds for what is being sent; the whole stop takes less than 10

CLOCK_MINDED = 1.0  # seconds between looks at whether the clock was set back

log = structlog.get_logger()
Clock = Callable[[], datetime]
Job = Callable[["Run"], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """How long after it ended each job looks again for what is due, in seconds; a process that misses six heartbeats
    loses the lease."""

    heartbeat: float = 5
    poll: float = 15
    deliver: float = 1
    digests: float = 30
    articles: float = 60
    tidy: float = 3600
    ailing: float = 300


USUAL = Ticks()


def _places() -> Places:
    return Places(POLLS_AT_ONCE, OWN_POLLS_AT_ONCE)


@dataclass(slots=True, kw_only=True)
class Run:
    """One process's share of the work: it holds the lease or stands by. `done` ends it; `under_way`: jobs at work,
    among them `delivering`, one for each workspace that has messages, and `polling`, one for each feed that is due, of
    which those are at it that have one of the `places`; `damage`: what of the database ended it."""

    tools: Tools
    far: FarSide
    clock: Clock
    done: asyncio.Event
    holder: str
    only: str | None = None
    operator: Operator | None = None
    working: bool = False
    damage: sqlite3.DatabaseError | StorageError | None = None
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    delivering: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    polling: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    places: Places = field(default_factory=_places)

    def going(self) -> bool:
        """Whether more work may be begun."""
        return self.working and not self.done.is_set()


async def run(
    tools: Tools,
    far: FarSide,
    clock: Clock,
    done: asyncio.Event,
    ticks: Ticks = USUAL,
    only: str | None = None,
    operator: Operator | None = None,
) -> None:
    """Polls, delivers and sends digests until `done` is set; stands by while another process has the lease.

    `only`: the one tenant whose messages the far side takes, None for all; `operator`: who is told of ailing
    feeds. Raises sqlite3.DatabaseError or StorageError where the database is damaged: what is full or locked passes,
    and is waited for."""
    # Two containers may share a host name and a process number.
    holder = f"{socket.gethostname()} {os.getpid()} {token_hex(2)}"
    me = Run(tools=tools, far=far, clock=clock, done=done, holder=holder, only=only, operator=operator)
    await _tick(_heartbeat, me)
    if not me.working:
        log.info("standing by", holder=me.holder)
    scheduler = _scheduled(me, ticks)
    minding = asyncio.create_task(mind_the_clock(scheduler))
    await done.wait()
    minding.cancel()
    scheduler.pause()  # a shutdown would cancel what is under way
    await _finish(me)
    await asyncio.sleep(0)  # the ticks that waited for it end first
    scheduler.shutdown(wait=False)
    if me.damage:
        raise me.damage
    await _let_go(me)
    log.info("stopped", holder=me.holder)


def _jobs(ticks: Ticks) -> tuple[tuple[Job, float], ...]:
    return (
        (_heartbeat, ticks.heartbeat),
        (_poll, ticks.poll),
        (_deliver, ticks.deliver),
        (_digests, ticks.digests),
        (_articles, ticks.articles),
        (_tidy, ticks.tidy),
        (_ailing, ticks.ailing),
    )


def _scheduled(me: Run, ticks: Ticks) -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler(timezone=UTC)
    # A tick that is late or still at work is no error: what is due is a query, and the next tick asks it.
    how = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None, "next_run_time": datetime.now(UTC)}
    for job, seconds in _jobs(ticks):
        scheduler.add_job(_fire, "interval", args=(job, me), seconds=seconds, **how)
    scheduler.start()
    return scheduler


async def _fire(job: Job, me: Run) -> None:
    await asyncio.wait({_begun(job, me)})


def _machine_time() -> datetime:
    return datetime.now(UTC)


async def mind_the_clock(
    scheduler: AsyncIOScheduler, machine_time: Clock = _machine_time, every: float = CLOCK_MINDED
) -> None:
    """Lets every job run anew where the machine's clock was set back: APScheduler would wait for the old time."""
    seen = machine_time()
    while True:
        await asyncio.sleep(every)
        now = machine_time()
        if now < seen:
            log.warning("the clock was set back", seconds=(seen - now).total_seconds())
            for job in scheduler.get_jobs():
                job.modify(next_run_time=now)
        seen = now


def _begun(job: Job, me: Run) -> asyncio.Task[None]:
    task = asyncio.create_task(_tick(job, me))
    me.under_way.add(task)
    task.add_done_callback(me.under_way.discard)
    task.add_done_callback(_own_up)
    return task


def _own_up(task: asyncio.Task[None]) -> None:
    """Logs a mistake of ours that ended a job: the others go on, and this one is tried again."""
    if not task.cancelled() and (error := task.exception()):
        log.error("a job failed", exc_info=error)


async def _finish(me: Run) -> None:
    """Lets what is being sent arrive; a poll that ends half way has stored nothing."""
    for task in me.polling.values():
        task.cancel()
    if me.under_way:
        await asyncio.wait(me.under_way, timeout=STOP_WITHIN)
    late = [*me.under_way]
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


async def _let_go(me: Run) -> None:
    try:
        await me.tools.with_db(leases.release, LEASE, me.holder)
    except (sqlite3.OperationalError, StorageError) as error:  # it runs out by itself
        log.warning("the lease could not be given back", error=str(error))


def stop_on_signals(done: asyncio.Event) -> None:
    """Sets `done` when the process is asked to end (SIGTERM, SIGINT)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such handlers: Ctrl-C raises there
            loop.add_signal_handler(number, done.set)


async def _tick(job: Job, me: Run) -> None:
    try:
        if not me.done.is_set():
            await job(me)
    except (sqlite3.DatabaseError, StorageError) as error:
        log.error("the database could not be used", job=job.__name__.strip("_"), error=str(error))
        if damaged(error):  # what else is written to it may be lost
            me.damage = error
            me.done.set()  # what is full or locked passes: the next tick tries again


async def _heartbeat(me: Run) -> None:
    held = await me.tools.with_db(leases.hold, LEASE, me.holder, me.clock(), LEASE_FOR)
    if held and not me.working:
        doubtful = await me.tools.with_db(outbox.interrupted, me.clock())
        log.info("at work", holder=me.holder, interrupted=doubtful)
    elif me.working and not held:
        log.warning("standing by", holder=me.holder)
    me.working = held


async def _poll(me: Run) -> None:
    """Begins to poll each feed that is due, unless that is under way: a slow one delays only itself, and where a
    workspace added it, that workspace's others."""
    if not me.working:
        return
    due = await me.tools.with_db(feeds.due, me.clock())
    for feed_id, owner in due.items():
        if feed_id not in me.polling:
            _begin_polling(me, feed_id, owner)


def _begin_polling(me: Run, feed_id: str, owner: str | None) -> None:
    async def poll(me: Run) -> None:
        async with me.places.of(owner):
            if me.going():
                bind({"feed": feed_id})
                polled = await poll_feed(me.tools, feed_id, me.clock())
                metrics.polled(polled)
                log.info("polled", posts=polled.entries, new=polled.stored.new, trouble=polled.trouble)

    task = me.polling[feed_id] = _begun(poll, me)
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
        await deliver_while(me.tools, me.far, me.clock, me.going, tenant)

    task = me.delivering[tenant] = _begun(deliver_to, me)
    task.add_done_callback(lambda _: me.delivering.pop(tenant))


async def _digests(me: Run) -> None:
    if me.working and (queued := await me.tools.with_db(digests.queue_due, me.clock())):
        log.info("digests queued", channels=queued)


async def _tidy(me: Run) -> None:
    if me.working and (gone := await me.tools.with_db(tidy, me.clock())):
        log.info("kept long enough", rows=gone)


async def _ailing(me: Run) -> None:
    if me.working:
        await me.tools.with_db(note_changes, me.operator, me.clock())


async def _articles(me: Run) -> None:
    if me.working and (had := await retry_articles(me.tools, me.clock())):
        log.info("articles read", articles=had)
