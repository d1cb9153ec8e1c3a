"""The killable worker processes, with real ones: one job's end is no other job's."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from attribution.model import Feed, Publisher
from feeds import worker
from feeds.errors import FeedError, Trouble
from feeds.worker import MEMORY, PROCESSES, Workers

FEED = Feed(id="x", publisher=Publisher(name="Ministry"), url="https://ministry.example/feed")
BODY = b"<rss version='2.0'><channel><item><title>A statement</title></item></channel></rss>"
PAGE = b"<html><head><title>A statement</title></head><body><p>The ministry condemns the intrusion.</p></body></html>"
ROOT = Path(__file__).parents[1]


def spin() -> None:
    while True:
        pass


def spin_in_c() -> None:
    unicodedata.normalize("NFC", "\u0300\u0316" * 1_000_000)


def sleep_and_tell(note: Path) -> None:
    note.write_text(str(os.getpid()))
    time.sleep(60)


class OddError(Exception):
    """Cannot be unpickled: pickle calls it with one argument."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def fail_oddly() -> None:
    raise OddError("one", "two")


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers(seconds=1) as started:
        yield started


async def titles(workers: Workers) -> list[str]:
    return [post.title for post in await workers.parse(BODY, "application/xml", FEED.url, FEED)]


async def trouble(job: asyncio.Task[None]) -> Trouble:
    with pytest.raises(FeedError) as caught:
        await job
    assert str(caught.value).endswith(".")
    return caught.value.trouble


def pid_in(note: Path) -> int:
    """The process id that a job wrote down, once it has."""
    until = time.monotonic() + 5
    while not (note.exists() and note.read_text()):
        assert time.monotonic() < until, "the job was never begun"
        time.sleep(0.01)
    return int(note.read_text())


def has_ended(pid: int) -> bool:
    """Whether a process ends within five seconds; one that nobody buried has ended too."""
    stat, until = Path(f"/proc/{pid}/stat"), time.monotonic() + 5
    with suppress(FileNotFoundError, ProcessLookupError):
        while stat.read_text().rpartition(")")[2].split()[0] != "Z":
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
    return True


async def test_feeds_and_pages_are_read_in_other_processes(workers: Workers) -> None:
    assert await titles(workers) == ["A statement"]
    assert (await workers.extract(PAGE, "text/html", "https://ministry.example/1")).title == "A statement"
    pids = set(await asyncio.gather(*(workers._run(os.getpid) for _ in range(20))))
    assert os.getpid() not in pids
    assert len(pids) <= PROCESSES


async def test_what_a_parser_says_is_wrong_arrives_as_it_was_said(workers: Workers) -> None:
    with pytest.raises(FeedError, match="Just a moment") as caught:
        await workers.parse(b"<html><title>Just a moment...</title></html>", "text/html", FEED.url, FEED)
    assert caught.value.trouble is Trouble.BLOCKED
    with pytest.raises(FeedError) as caught:
        await workers.extract(b"%PDF-1.7", "", FEED.url)
    assert caught.value.trouble is Trouble.MALFORMED


def test_a_feed_error_survives_pickling_whole() -> None:
    error = FeedError(Trouble.RATE_LIMITED, "Wait an hour.", retry_after=timedelta(hours=1))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.trouble, again.retry_after) == (str(error), error.trouble, error.retry_after)


@pytest.mark.parametrize("endless", [spin, spin_in_c])
async def test_a_job_that_does_not_end_is_stopped_and_its_neighbours_are_not(workers: Workers, endless: object) -> None:
    assert callable(endless)
    began = time.monotonic()
    job = asyncio.create_task(workers._run(endless))
    while not job.done():
        assert await titles(workers) == ["A statement"]
        await asyncio.sleep(0.02)
    assert await trouble(job) is Trouble.TIMEOUT
    # A second, pebble's tenths, and never the three seconds that it waits for a process deaf to SIGTERM.
    assert time.monotonic() - began < 3.8


async def test_a_real_page_that_takes_too_long_is_stopped(workers: Workers) -> None:
    # Normalising two million stacked marks takes hours.
    page = "<html><body><p>" + "\u0300\u0316" * 800_000 + "</p></body></html>"
    job = workers.extract(page.encode(), "text/html", FEED.url)
    with pytest.raises(FeedError, match="more than 1 seconds") as caught:
        await job
    assert caught.value.trouble is Trouble.TIMEOUT
    assert await titles(workers) == ["A statement"]


async def test_a_job_that_eats_memory_is_stopped_and_its_neighbours_are_not(workers: Workers) -> None:
    jobs = [asyncio.create_task(workers._run(bytearray, MEMORY)) for _ in range(4)]
    neighbours = await asyncio.gather(*(titles(workers) for _ in range(8)))
    for job in jobs:
        with pytest.raises(FeedError, match="512 MB") as caught:
            await job
        assert caught.value.trouble is Trouble.TOO_LARGE
    assert neighbours == [["A statement"]] * 8


async def test_a_process_killed_midway_fails_its_job_and_no_other(workers: Workers, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    job = asyncio.create_task(workers._run(sleep_and_tell, note))
    os.kill(await asyncio.to_thread(pid_in, note), signal.SIGKILL)
    neighbours = asyncio.gather(*(titles(workers) for _ in range(8)))
    assert await trouble(job) is Trouble.MALFORMED
    assert await neighbours == [["A statement"]] * 8


async def test_a_process_killed_while_idle_is_not_missed(workers: Workers) -> None:
    for _ in range(3):
        os.kill(await workers._run(os.getpid), signal.SIGKILL)
        assert await asyncio.gather(*(titles(workers) for _ in range(8))) == [["A statement"]] * 8


async def test_an_error_that_cannot_be_unpickled_breaks_nothing(workers: Workers) -> None:
    with pytest.raises(FeedError, match="OddError"):
        await workers._run(fail_oddly)
    assert await titles(workers) == ["A statement"]


async def test_a_cancelled_call_stops_its_job(tmp_path: Path) -> None:
    notes = [tmp_path / str(number) for number in range(PROCESSES)]
    async with Workers(seconds=30) as workers:
        jobs = [asyncio.create_task(workers._run(sleep_and_tell, note)) for note in notes]
        pids = [await asyncio.to_thread(pid_in, note) for note in notes]
        for job in jobs:
            job.cancel()
        began = time.monotonic()
        assert await titles(workers) == ["A statement"]
        assert time.monotonic() - began < 10
        assert all([await asyncio.to_thread(has_ended, pid) for pid in pids])
    assert all(job.cancelled() for job in jobs)


async def test_a_pool_that_loses_a_job_is_replaced(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STALLED", 0.2)
    assert await trouble(asyncio.create_task(workers._run(spin))) is Trouble.TIMEOUT
    monkeypatch.setattr(worker, "STALLED", 30.0)
    assert await titles(workers) == ["A statement"]


async def test_processes_are_replaced_after_their_share_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "JOBS", 2)
    async with Workers() as workers:
        pids = [await workers._run(os.getpid) for _ in range(8)]
    assert len(set(pids)) >= 3
    assert max(pids.count(pid) for pid in pids) <= 2


async def test_the_event_loop_runs_on_while_jobs_are_done(workers: Workers) -> None:
    job = asyncio.create_task(workers._run(time.sleep, 0.5))
    longest, last = 0.0, time.monotonic()
    while not job.done():
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 0.4


async def test_closing_is_prompt_and_cancels_what_runs_and_what_waits() -> None:
    async with Workers() as workers:
        jobs = [asyncio.create_task(workers._run(endless)) for endless in (spin, spin_in_c, spin, spin, spin, spin)]
        await asyncio.sleep(0.3)
        began = time.monotonic()
    await asyncio.wait(jobs)
    assert time.monotonic() - began < 2
    assert all(job.cancelled() for job in jobs)
    with pytest.raises(RuntimeError, match="closed"):
        await titles(workers)


INTERRUPTED = """
import asyncio, os, sys
from feeds.worker import Workers
from tests.test_worker import spin

async def main():
    if sys.argv[1] == "start":
        print("ready", flush=True)
    async with Workers(seconds=60) as workers:
        pids = set(await asyncio.gather(*(workers._run(os.getpid) for _ in range(8))))
        jobs = [asyncio.create_task(workers._run(spin)) for _ in range(int(sys.argv[2]))]
        print(*pids, flush=True)
        for _ in range(600):
            await asyncio.sleep(0.1)  # asyncio's own Ctrl-C may wait for the loop to turn

if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def started(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    script = tmp_path / "bot.py"
    script.write_text(INTERRUPTED)
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


# In the first tenths of a second the fork server imports the parsers.
@pytest.mark.parametrize(("when", "after"), [("start", 0.1), ("start", 0.2), ("start", 0.3), ("work", 0)])
def test_ctrl_c_ends_the_bot_and_no_worker_prints_a_traceback(tmp_path: Path, when: str, after: float) -> None:
    bot = started(tmp_path, when, "2")
    assert bot.stdout
    bot.stdout.readline()
    time.sleep(after)
    os.killpg(bot.pid, signal.SIGINT)
    out, complaints = bot.communicate(timeout=30)
    assert out.splitlines()[-1] == "interrupted"
    assert complaints == ""


def test_workers_do_not_outlive_a_bot_that_was_killed(tmp_path: Path) -> None:
    bot = started(tmp_path, "work", "0")
    assert bot.stdout
    pids = [int(pid) for pid in bot.stdout.readline().split()]
    assert pids
    bot.kill()
    bot.communicate()
    assert all(has_ended(pid) for pid in pids)


async def test_feeds_that_took_too_long_before_leave_one_process_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    # Reading this takes longer than the time there is, as long as nobody bounds its marks.
    heavy = b"<rss><channel><item " + b" ".join(b'a%d="1"' % n for n in range(150_000)) + b"/></channel></rss>"
    async with Workers(seconds=2) as workers:
        jobs = [
            asyncio.create_task(workers.parse(heavy, "application/xml", FEED.url, FEED, suspect=True)) for _ in range(3)
        ]
        await asyncio.sleep(0.3)
        began = time.monotonic()
        assert await titles(workers) == ["A statement"]
        assert time.monotonic() - began < 1
        outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert [one.trouble for one in outcomes if isinstance(one, FeedError)] == [Trouble.TIMEOUT] * 3
