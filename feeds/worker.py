"""Killable worker processes that feeds and pages are parsed in. The only file that knows pebble."""

import asyncio
import logging
import multiprocessing
import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext, suppress
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from attribution.model import Feed, Post
from feeds.article import Article, extract
from feeds.errors import FeedError, Trouble
from feeds.listing import posts_of

PROCESSES = 2
# What may wait inside the pool, so that a process never idles between two jobs; the others wait in the event loop.
IN_FLIGHT = 2 * PROCESSES
# The slowest of 5,925 public torture files took feedparser 0.4 s, a page of 70,000 links took trafilatura 3 s.
SECONDS = 5.0
# Address space. The libraries alone take 50 MB; feeds of 10 MB pass.
MEMORY = 512 * 1024 * 1024
# Jobs after which a process is replaced: C libraries leak, and heaps only grow.
JOBS = 100
# With IN_FLIGHT jobs of SECONDS each, no answer by then means that the pool has lost the job.
STALLED = 30.0
STARTED = 10.0  # seconds that the first processes may take to begin
PRELOADED = ["feeds.article", "feeds.listing"]

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Parses in processes that are stopped when they take too long or too much; the event loop never waits for them.

    An async context manager: `async with Workers() as workers`. `seconds` is what one job may take. Cancelling a call
    stops its job. Closing cancels what is not read yet; later calls raise RuntimeError.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._pool: ProcessPool | None = None
        self._jobs: set[Future[object]] = set()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._patient = asyncio.Semaphore(PROCESSES - 1)
        self._mending = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._pool = await asyncio.to_thread(_start)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        async with self._mending:
            pool, self._pool = self._pool, None
            await self._stop(pool)

    async def parse(
        self, body: bytes, content_type: str, url: str, feed: Feed, *, suspect: bool = False
    ) -> tuple[Post, ...]:
        """The posts of a source's body, as `feeds.listing.posts_of` gives them. `suspect`: it took too long or too much
        the last time; one process is always left to those that did not.

        Raises FeedError: BLOCKED, SOFT_404 or MALFORMED for what is no feed, TIMEOUT and TOO_LARGE for what is not
        read within `seconds` and MEMORY, MALFORMED for what breaks the parser.
        """
        async with self._patient if suspect else nullcontext():
            return await self._run(posts_of, body, content_type, url, feed)

    async def extract(self, page: bytes, content_type: str, url: str) -> Article:
        """The article of a web page, as `feeds.article.extract` gives it. Raises FeedError as `parse` does. One process
        is always left to feeds, which are many times as fast to read."""
        async with self._patient:
            return await self._run(extract, page, content_type, url)

    async def _run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._pool is None:
            raise RuntimeError("The workers are closed.")
        async with self._room:
            answer = await self._answer(function, *args, **kwargs)
            if isinstance(answer, BrokenProcessPool):
                # The pool broke beside this job (a process killed while idle breaks it): the job is not to blame.
                answer = await self._answer(function, *args, **kwargs)
        if isinstance(answer, FeedError):
            raise answer
        if isinstance(answer, BaseException):
            raise _failure(answer, self._seconds) from answer
        return answer

    async def _answer(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | BaseException:
        """What the job returned or raised; BrokenProcessPool if it was lost, and then the pool is a new one."""
        pool = self._pool
        if pool is None:
            raise asyncio.CancelledError("The workers were closed.")
        try:
            job = pool.schedule(_attempt, (function, args, kwargs), timeout=self._seconds)
        except RuntimeError as error:  # pebble's word for a pool that is broken or stopped
            answer: T | BaseException = BrokenProcessPool(str(error))
        else:
            answer = await self._awaited(job)
        if isinstance(answer, BrokenProcessPool | asyncio.CancelledError):
            await self._mend(pool)
            return BrokenProcessPool("The worker pool was broken.")
        return answer

    async def _awaited(self, job: "Future[T]") -> T | BaseException:
        self._jobs.add(job)  # type: ignore[arg-type]  # only kept to be cancelled
        job.add_done_callback(self._jobs.discard)
        try:
            async with asyncio.timeout(STALLED):
                [answer] = await asyncio.gather(asyncio.wrap_future(job), return_exceptions=True)
        except TimeoutError:
            return BrokenProcessPool("The worker pool lost a job.")
        return answer

    async def _mend(self, broken: ProcessPool) -> None:
        async with self._mending:
            if self._pool is broken:
                await self._stop(broken)
                self._pool = await asyncio.to_thread(_start)

    async def _stop(self, pool: ProcessPool | None) -> None:
        if pool:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble gives it no types
        # pebble leaves the futures of a stopped pool pending for good. Cancelled before the pool has ended: on a busy
        # machine one may run into its time limit meanwhile.
        for job in tuple(self._jobs):
            job.cancel()
        if pool:
            await asyncio.to_thread(pool.join)


def _failure(error: BaseException, seconds: float) -> Exception:
    match error:
        case TimeoutError():
            return FeedError(Trouble.TIMEOUT, f"Reading it took more than {seconds:g} seconds, so it was stopped.")
        case ProcessExpired():
            return FeedError(Trouble.MALFORMED, f"Reading it ended the parser (exit code {error.exitcode}).")
        case BrokenProcessPool():
            return FeedError(Trouble.TIMEOUT, "The parser's processes did not answer. It is tried again later.")
        case _:
            return FeedError(Trouble.MALFORMED, f"The parser's answer was lost ({type(error).__name__}).")


def _start() -> ProcessPool:
    # Not fork: the bot has threads. The server imports the parsers once, so that a new process takes milliseconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    # The first lock starts multiprocessing's resource tracker, and that unblocks SIGINT in the thread that starts it.
    context.Lock()
    # The server and all it forks inherit this mask: Ctrl-C is for the bot, which then closes its workers.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pool = ProcessPool(max_workers=PROCESSES, max_tasks=JOBS, initializer=_confine, context=context)
        # Waited for: a process that begins while the bot ends finds its locks gone, and prints that. Long enough for
        # each process to take one.
        wait([pool.schedule(time.sleep, (0.1,)) for _ in range(PROCESSES)], timeout=STARTED)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pool


def _confine() -> None:
    """Runs first in each worker process: what a job may take of the machine, and how it is stopped."""
    # pebble's own handler runs only between two lines of Python, never inside a parser written in C.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit(resource.RLIMIT_AS, MEMORY)
    # Never met by jobs in time: it ends a job that spins on after the bot itself was killed.
    _limit(resource.RLIMIT_CPU, int(JOBS * SECONDS))
    _limit(resource.RLIMIT_CORE, 0)
    # trafilatura logs each page that is no HTML; here, that is an answer and no event.
    logging.getLogger().addHandler(logging.NullHandler())


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError):  # macOS refuses RLIMIT_AS: there, only the time is limited
        resource.setrlimit(kind, (wanted, wanted))


def _attempt(function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    """Runs in the worker process. Raises FeedError and nothing else: what the pool cannot unpickle breaks it."""
    try:
        return function(*args, **kwargs)
    except FeedError:
        raise
    except MemoryError:
        raise FeedError(Trouble.TOO_LARGE, f"Reading it takes more than {MEMORY >> 20} MB of memory.") from None
    except Exception as error:
        raise FeedError(Trouble.MALFORMED, f"The parser failed on it ({type(error).__name__}).") from error
