"""The kill test: a bot under load, killed and started again many times over, and what came of each alert.

`python -m tests.kills 300` runs it long and prints counts; tests/test_kills.py runs it short.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice, product
from pathlib import Path
from typing import Any

from attribution.model import Feed, Publisher, PublisherKind
from attribution.query import parse
from bot.jobs import poll_feed
from bot.slack import stamp
from bot.tools import open_tools
from storage import channels, feeds, outbox, schema
from storage.channels import Channel, Subscription
from storage.db import connect, rows
from tests.killed_bot import EVERY_PORT, SPEED
from tests.makers import item, rss
from tests.slack import LocalSlack
from tests.slack.store import BOT_USER, Kind, Message
from tests.web import Web

ACCUSERS = {
    "GB": "United Kingdom", "US": "United States", "FR": "France", "NL": "Netherlands", "CA": "Canada",
    "AU": "Australia", "NZ": "New Zealand", "JP": "Japan", "PL": "Poland", "EE": "Estonia", "LT": "Lithuania",
    "NO": "Norway",
}  # fmt: skip
ACCUSED = ("Iran", "Russia", "China", "North Korea")
VICTIMS = (
    *("Albania", "Ukraine", "Germany", "Montenegro", "Costa Rica", "Latvia", "Belgium", "Taiwan", "Israel", "Denmark"),
    *("Finland", "Sweden", "Romania", "Moldova", "Georgia", "Kosovo", "Portugal", "Spain", "Italy", "Greece"),
)
POSTING = ("500", "reset", "hang", "internal_error", "html", "text", "ratelimited", "service_unavailable")
LOST = tuple(f"accept_then_{how}" for how in ("reset", "hang", "500", "html", "text", "internal_error"))
FAULTS = {
    "chat.postMessage": (*POSTING, *LOST, *LOST),
    "chat.update": (*POSTING, *LOST),
    "chat.getPermalink": ("500", "reset", "hang"),
    "conversations.history": ("500", "reset", "hang", "ratelimited"),
    "conversations.replies": ("500", "reset", "hang", "ratelimited"),
}
FAULT_EVERY = 0.05  # seconds
SETTLED_WITHIN = 240.0  # seconds, once nothing goes wrong any more
STOPS_WITHIN = 5.0
DIGESTS = 3  # channels of each kind
BACKLOG = 60  # posts that wait to be told of when the killing begins
ASKED = ("everything", "russia")  # what the listening channels have subscribed to
KINDS: tuple[Kind, Kind] = ("public", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds: the `longest_life` between a bot's beginning and its end, and how often somebody posts."""

    longest_life: float = 1.2
    post_every: float = 0.4


SHORT, LONG = Pace(), Pace(longest_life=4.0, post_every=3.0)


@dataclass(slots=True, kw_only=True)
class Town:
    """What the bot lives in: a web of `feeds`, a Slack, a database, and the time `began`, from which its clock runs
    faster. `items`: what each feed serves; `told`: the address of each post that accuses."""

    web: Web
    slack: LocalSlack
    database: str
    began: float
    chance: random.Random
    listening: list[str]
    digested: list[str]
    pace: Pace
    items: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def now(self) -> datetime:
        """What the bot's clock shows."""
        return datetime.fromtimestamp(self.began + (time.time() - self.began) * SPEED, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: how often each alert and each digest arrived, what nobody had queued, which cards are not
    current, and counts of it all."""

    alerts: dict[str, int]
    digests: dict[str, int]
    strays: list[str]
    stale: list[str]
    counts: dict[str, int]

    def wrong(self) -> list[str]:
        """What should not have happened."""
        alerts = {key: number for key, number in self.alerts.items() if number < 1 or (number > 1 and seen(key))}
        digests = {key: number for key, number in self.digests.items() if number > 1 or (number < 1 and seen(key))}
        said = [f"{key} arrived {number} times" for key, number in (alerts | digests).items()]
        return [
            *said,
            *(f"nobody queued {one}" for one in self.strays),
            *(f"{one} is not current" for one in self.stale),
        ]


def seen(key: str) -> bool:
    """Whether the channel that a key begins with is one whose history the bot can read: a public one."""
    return key.startswith("C")


# What is served


def publisher(code: str) -> Feed:
    """The feed of a government, whose address the web gives."""
    who = Publisher(name=f"Government of {ACCUSERS[code]}", kind=PublisherKind.GOVERNMENT, speaker=code)
    return Feed(id=f"feed-{code.lower()}", publisher=who, url="", language="en")


def accusations(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Who accuses whom over what was done to whom, each once, in any order."""
    every = list(product(ACCUSERS, ACCUSED, VICTIMS))
    chance.shuffle(every)
    yield from every


def accusing(code: str, accused: str, victim: str, now: datetime) -> dict[str, str]:
    """The item of a feed that says so."""
    who = ACCUSERS[code]
    slug = f"{code}-{accused}-{victim}".lower().replace(" ", "-")
    return item(
        1,
        title=f"{who} condemns {accused} over {victim}",
        link=f"https://www.example.gov/{slug}",
        guid=slug,
        date=format_datetime(now),
        text=f"{who} holds {accused} responsible for the cyber attack on the government of {victim}.",
    )


def publish(town: Town, code: str) -> None:
    """Serves a feed as it is now."""
    town.web.serve(f"/{code}.xml", rss(*town.items[code]))


# What goes on meanwhile


def speak(town: Town, code: str, accused: str, victim: str) -> None:
    """Lets a government accuse a state."""
    made = accusing(code, accused, victim, town.now())
    town.items[code].insert(0, made)
    town.told.append(made["link"])
    publish(town, code)


async def news(town: Town, accusations: Iterator[tuple[str, str, str]]) -> None:
    """One government after the other speaks, until this is cancelled."""
    for accusation in accusations:
        speak(town, *accusation)
        await asyncio.sleep(town.pace.post_every)


async def trouble(town: Town) -> None:
    """One request to Slack after the other goes wrong, until this is cancelled."""
    while True:
        method = town.chance.choice([*FAULTS, *["chat.postMessage"] * len(FAULTS)])
        how = town.chance.choice(FAULTS[method])
        if not town.slack._faults[method]:  # no more than one waits: what is asked less often recovers, too
            town.slack.next(method, how, retry_after=town.chance.choice((1, 30)))
            town.faults[how] += 1
        await asyncio.sleep(FAULT_EVERY)


async def start(town: Town) -> asyncio.subprocess.Process:
    """Starts a bot and waits until it is at work."""
    command = [sys.executable, "-m", "tests.killed_bot", town.database, town.slack.url, town.slack.bot_token]
    bot = await asyncio.create_subprocess_exec(
        *command, str(town.began), stderr=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1],
        start_new_session=True, limit=1 << 20,
    )  # fmt: skip
    assert bot.stderr
    said = [line async for line in _until(bot.stderr, b"at work")]
    assert b"at work" in b"".join(said[-1:]), b"".join(said).decode()
    return bot


async def _until(stream: asyncio.StreamReader, words: bytes) -> AsyncIterator[bytes]:
    async for line in stream:
        yield line
        if words in line:
            return


async def live(town: Town, seconds: float) -> None:
    """One life of a bot: it is killed after so long, and leaves no process behind."""
    bot = await start(town)
    assert bot.stderr
    reading = asyncio.create_task(bot.stderr.read())
    await asyncio.sleep(seconds)
    assert bot.returncode is None, (await reading).decode()
    bot.send_signal(signal.SIGKILL)
    await bot.wait()
    await reading  # ends when the last that holds it has ended
    town.kills += 1


async def settle(town: Town) -> float:
    """A last life in which nothing goes wrong: until all is told. How many seconds it then took to stop."""
    bot = await start(town)
    assert bot.stderr
    reading = asyncio.create_task(bot.stderr.read())
    end = time.monotonic() + SETTLED_WITHIN
    while not all_told(town):
        assert time.monotonic() < end, f"not settled: {left(town)}\n{(await _killed(bot, reading))[-3000:]}"
        await asyncio.sleep(0.1)
    began = time.monotonic()
    bot.send_signal(signal.SIGTERM)
    await asyncio.wait_for(bot.wait(), STOPS_WITHIN)
    complaints = (await reading).decode()
    assert "Traceback" not in complaints, complaints
    return time.monotonic() - began


async def _killed(bot: asyncio.subprocess.Process, reading: "asyncio.Task[bytes]") -> str:
    bot.kill()
    return (await reading).decode()


def all_told(town: Town) -> bool:
    """Whether all that was published is stored, and all that was queued settled."""
    with connect(town.database) as db:
        stored = {found["url"] for found in rows(db, "select url from posts")}
        waiting = sum(number for state, number in outbox.depth(db).items() if state not in ("sent", "dead"))
        digested = [one.digest_week for one in channels.every(db) if one.digest_day]
    return not waiting and set(town.told) <= stored and all(digested)


def left(town: Town) -> str:
    """What is not settled yet, in words."""
    with connect(town.database) as db:
        stored = {found["url"] for found in rows(db, "select url from posts")}
        depth = outbox.depth(db)
        waiting = rows(db, "select key, op, state, due_at, problem from outbox where state not in ('sent', 'dead')")
        failing = [(feed.id, state.trouble_text) for feed, state, _ in feeds.health(db) if state.trouble]
    return f"{len(set(town.told) - stored)} posts, {depth}, {waiting[:3]}, {failing}"


# The whole


@asynccontextmanager
async def town(folder: Path, seed: int, pace: Pace) -> AsyncIterator[Town]:
    """The web, the Slack and the database; the bot may read the history of public channels, not of private ones."""
    database = f"sqlite:///{folder / 'kills.db'}"
    async with Web() as web, LocalSlack(paced=False) as slack:
        slack.scopes.discard("groups:history")
        listening = [slack.channel(f"{asked}-{kind}", kind) for asked in ASKED for kind in KINDS]
        digested = [slack.channel(f"digest-{number}-{kind}", kind) for number in range(DIGESTS) for kind in KINDS]
        made = Town(
            web=web, slack=slack, database=database, began=time.time(), chance=random.Random(seed),
            pace=pace, listening=listening, digested=digested,
        )  # fmt: skip
        for code in ACCUSERS:
            made.items[code] = [item(1, link=f"https://www.example.gov/{code}", guid=code)]
            publish(made, code)
        prepare(made)
        yield made


def prepare(town: Town) -> None:
    """The database: a feed for each government, channels that listen, and channels whose digests are due soon."""
    now = town.now()
    with connect(town.database) as db:
        schema.require_current(db)
        for code in ACCUSERS:
            feeds.put(db, [(publisher_at(town, code), None)])
        for channel, asked in zip(town.listening, [asked for asked in ASKED for _ in KINDS], strict=True):
            channels.put(db, Channel(tenant="T0LOCAL", id=channel, created_at=now))
            query = parse(asked.replace("everything", ""), now.date())
            one = Subscription(tenant="T0LOCAL", channel=channel, query=query, created_by="U1", created_at=now)
            channels.subscribe(db, one)
        for number, channel in enumerate(town.digested):
            due = now + timedelta(minutes=number + 2)
            one_of = Channel(
                tenant="T0LOCAL", id=channel, created_at=now - timedelta(days=5), digest_day=due.isoweekday(),
                digest_time=due.time().replace(second=0, microsecond=0),
            )  # fmt: skip
            channels.put(db, one_of)


def publisher_at(town: Town, code: str) -> Feed:
    """A government's feed at its address."""
    feed = publisher(code)
    return Feed(id=feed.id, publisher=feed.publisher, url=town.web.url(f"/{code}.xml"), language="en")


async def begin(town: Town, accusations: Iterator[tuple[str, str, str]]) -> None:
    """Learns every feed in silence, then stores what is new without sending any of it: the work begins with a queue."""
    async with open_tools(town.database, lambda _: True, ports=EVERY_PORT) as tools:
        await asyncio.gather(*(poll_feed(tools, publisher(code).id, town.now()) for code in ACCUSERS))
        for accusation in islice(accusations, BACKLOG):
            speak(town, *accusation)
        await asyncio.gather(*(poll_feed(tools, publisher(code).id, town.now()) for code in ACCUSERS))


async def torture(folder: Path, kills: int, seed: int, pace: Pace = SHORT) -> Outcome:
    """Kills a bot so often at random moments, lets the next live, and looks at all that arrived."""
    async with town(folder, seed, pace) as made:
        every = accusations(made.chance)
        await begin(made, every)
        bothering = [asyncio.create_task(news(made, every)), asyncio.create_task(trouble(made))]
        for _ in range(kills):
            await live(made, made.chance.uniform(0, pace.longest_life))
        for task in bothering:
            task.cancel()
        await asyncio.gather(*bothering, return_exceptions=True)
        made.slack._faults.clear()
        stopped = await settle(made)
        return looked_at(made, stopped)


def looked_at(town: Town, stopped: float) -> Outcome:
    """Every alert and digest with how often it arrived, what arrived unasked, and which cards are not current."""
    arrived = Counter(json.dumps(one.metadata) for one in _of_the_bot(town))
    with connect(town.database) as db:
        queued = rows(db, "select tenant, key, op, state, channel from outbox where op in ('post', 'reply')")
        news = rows(db, "select p.url from claims c join posts p on p.id = c.post where c.news <> ''")
        alerting = {found["url"] for found in news}
    keys = {json.dumps(_stamp(one)): f"{one['channel']}: {one['key']}" for one in queued}
    alerts = {name: arrived[stamp] for stamp, name in keys.items() if ": digest " not in name}
    digests = {name: arrived[stamp] for stamp, name in keys.items() if ": digest " in name}
    # Each was told in the channel that hears everything, whatever the outbox says of it.
    first = [(one.edits[0] if one.edits else {"text": one.text})["text"] for one in _in(town, town.listening[0])]
    unheard = {url: 0 for url in alerting if not any(f"{url}|" in text for text in first)}
    counts = {
        "kills": town.kills, "requests to Slack": len(town.slack.calls), "faults": town.faults.total(),
        "posts": len(town.told), "alerting": len(alerting), "alerts": len(alerts), "digests": len(digests),
        "alerts twice or more where no history is to be read": sum(n > 1 for key, n in alerts.items() if not seen(key)),
        "digests lost there": sum(not n for key, n in digests.items() if not seen(key)),
        "ms to stop": round(stopped * 1000),
    }  # fmt: skip
    strays = sorted(set(arrived) - set(keys))
    return Outcome(alerts=alerts | unheard, digests=digests, strays=strays, stale=_stale(town), counts=counts)


def _stamp(queued: dict[str, Any]) -> dict[str, Any]:
    one = outbox.Message(
        tenant=queued["tenant"], key=queued["key"], channel="", op=outbox.Op.POST, payload={}, due_at=datetime.now(UTC)
    )
    return stamp(one)


def _of_the_bot(town: Town) -> list[Message]:
    return [one for channel in (*town.listening, *town.digested) for one in _in(town, channel)]


def _in(town: Town, channel: str) -> list[Message]:
    return [one for one in town.slack.messages(channel) if one.user == BOT_USER]


def _stale(town: Town) -> list[str]:
    """The cards that do not show what was last queued for them."""
    shown = {(channel, one.ts): one.text for channel in town.listening for one in _in(town, channel)}
    sql = """select c.channel, c.case_id, c.ts, o.payload from cards c join outbox o
             on o.tenant = c.tenant and o.channel = c.channel and o.case_id = c.case_id and o.number = c.number
             and o.op in ('post', 'update') order by o.seq"""
    with connect(town.database) as db:
        last = {(one["channel"], one["case_id"]): one for one in rows(db, sql)}
    return [
        f"{channel} {case}"
        for (channel, case), one in last.items()
        if shown.get((channel, one["ts"])) != json.loads(one["payload"])["text"]
    ]


def main() -> None:
    """Runs it long and says how it went; exits with 1 where anything was lost, repeated or wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("kills", type=int, nargs="?", default=300)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(torture(Path(folder), options.kills, options.seed, LONG))
    wrong = outcome.wrong()
    print("killed:", ", ".join(f"{number} {name}" for name, number in outcome.counts.items()), f"(seed {options.seed})")  # noqa: T201
    print("\n".join(wrong) or "nothing lost; nothing repeated where Slack can be asked, no digest anywhere")  # noqa: T201
    sys.exit(int(bool(wrong)))


if __name__ == "__main__":
    main()
