"""The whole story over the wire: feed -> card -> thread -> slash answer -> digest. Run with -s to read it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import scheduler
from bot.answering import open_answers
from bot.app import PATH, serving
from bot.samples import SampleFeed, sample_web, samples
from bot.scheduler import Ticks
from bot.slack import open_slack
from bot.tools import open_tools
from feeds.guard import public_only
from storage import feeds, outbox, schema
from storage.db import connect, row
from tests.slack import LocalSlack
from tests.test_app import free_port, settings_for

BEFORE = datetime(2022, 9, 6, 18, tzinfo=UTC)
FAST = Ticks(heartbeat=0.5, poll=0.2, deliver=0.1, digests=0.2, articles=1)
PATIENCE = 40.0  # seconds for a step on a busy machine


@dataclass(slots=True)
class Story:
    """A workspace served by the whole bot, and the clock it all goes by."""

    slack: LocalSlack
    database: str
    channel: str
    user: str
    url: str | None
    now: datetime = BEFORE

    async def slash(self, text: str) -> str:
        began = time.perf_counter()
        answer = await self.slack.slash("/attribution", text, channel=self.channel, user=self.user, url=self.url)
        said = str(answer.messages[-1]["text"])
        print(f"[{time.perf_counter() - began:.3f} s] /attribution {text}\n    {said[:300]}")  # noqa: T201
        return said

    async def at(self, moment: datetime, happens: Callable[[], bool]) -> None:
        """Sets the clock and waits until something has happened."""
        self.now = moment
        end = time.monotonic() + PATIENCE
        while not happens():
            assert time.monotonic() < end, [one.text for one in self.slack.messages(self.channel)]
            await asyncio.sleep(0.05)

    def roots(self) -> list[Any]:
        return [one for one in self.slack.messages(self.channel) if one.thread_ts in (None, one.ts)]

    def replies(self, root: Any) -> list[str]:
        every = self.slack.messages(self.channel)
        return [one.text for one in every if one.thread_ts == root.ts and one.ts != root.ts]

    def waiting(self) -> int:
        with connect(self.database) as db:
            return sum(number for state, number in outbox.depth(db).items() if state != "sent")

    def polled_since(self, moment: datetime) -> bool:
        with connect(self.database) as db:
            found = row(db, "select min(coalesce(polled_at, '')) as first from feeds")
        return bool(found and found["first"] >= moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


@asynccontextmanager
async def told(folder: Path, *, http: bool) -> AsyncIterator[Story]:
    database = f"sqlite:///{folder / 'story.db'}"
    sample = tuple(replace(one, feed=replace(one.feed, url=one.address)) for one in samples())
    _prepare(database, sample)
    done, port = asyncio.Event(), free_port()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack(paced=False))
        over = (
            {"slack_signing_secret": slack.signing_secret, "port": port}
            if http
            else {"slack_app_token": slack.app_token}
        )
        url = f"http://127.0.0.1:{port}{PATH}" if http else None
        story = Story(slack, database, slack.channel("threat-intel"), slack.user("ada"), url)
        proxy = await stack.enter_async_context(sample_web(sample, lambda: story.now))
        tools = await stack.enter_async_context(open_tools(database, public_only, proxy=proxy))
        far = await stack.enter_async_context(open_slack(slack.bot_token, slack.url, pace=0))
        answers = await stack.enter_async_context(open_answers(database, far, lambda: story.now))
        await stack.enter_async_context(serving(settings_for(slack, **over), answers, tools))
        running = asyncio.create_task(scheduler.run(tools, far, lambda: story.now, done, FAST))
        if not http:
            await slack.connected()
        try:
            yield story
        finally:
            done.set()
            await asyncio.wait_for(running, 5)
        assert slack.refusals == []


def _prepare(database: str, sample: tuple[SampleFeed, ...]) -> None:
    with connect(database) as db:
        schema.require_current(db)
        feeds.put(db, [(one.feed, None) for one in sample])


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_the_story_of_september_2022(tmp_path: Path, transport: str) -> None:
    async with told(tmp_path, http=transport == "http") as story:
        await story.at(BEFORE, lambda: story.polled_since(BEFORE))
        assert "Subscribed" in await story.slash("subscribe iran")
        assert "Friday" in await story.slash("digest weekly fri 18:00")
        confirmations = len(story.roots())
        assert confirmations == 1  # and the first poll was silent

        noon = datetime(2022, 9, 7, 12, 11, tzinfo=UTC)
        await story.at(noon, lambda: len(story.roots()) == confirmations + 1)
        card = story.roots()[-1]
        assert card.text.startswith("United Kingdom (FCDO, NCSC) accuses Iran. “")
        assert "almost certain" in card.text

        evening = datetime(2022, 9, 8, 20, tzinfo=UTC)
        for hours in (
            13,
            13.5,
            17,
            17.5,
            20,
            37.5,
            39,
        ):  # of the seventh: Albania, the White House, press, NATO, the EU
            step = datetime(2022, 9, 7, tzinfo=UTC) + timedelta(hours=hours)
            await story.at(step, lambda step=step: story.polled_since(step))  # type: ignore[misc]  # bound now
        joined = ("Albania", "United States", "NATO", "European Union", "Iran denies it")
        await story.at(evening, lambda: all(who in str(story.roots()[-1].blocks) for who in joined))
        await story.at(evening, lambda: not story.waiting())
        assert story.roots()[-1].ts == card.ts  # no second card before the sanctions
        # Who comes first may speak for another who is then no news, or less surely than that one itself, who then is.
        assert 3 <= len(story.replies(card)) <= 5, story.replies(card)

        answer = await story.slash("iran")
        assert answer.startswith("Attributions to")
        assert "United Kingdom" in answer
        assert "Did you mean" in await story.slash("irn")

        sanctions = datetime(2022, 9, 9, 16, tzinfo=UTC)
        await story.at(sanctions, lambda: len(story.roots()) == confirmations + 2)
        assert "United States" in story.roots()[-1].text.split(".")[0]

        friday = datetime(2022, 9, 9, 18, 1, tzinfo=UTC)
        await story.at(friday, lambda: len(story.roots()) == confirmations + 3)
        assert "Attributions from" in story.roots()[-1].text
        await story.at(friday, lambda: not story.waiting())
        assert len(story.roots()) == confirmations + 3
        for one in story.slack.messages(story.channel):
            print(("    reply: " if one.thread_ts not in (None, one.ts) else "message: ") + one.text[:160])  # noqa: T201
