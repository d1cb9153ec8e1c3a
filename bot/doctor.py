"""`attribution-bot doctor`: looks at all that the bot needs, and says for each fault what to do."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from attribution.model import Feed, Publisher
from bot import config, doctor_database, doctor_slack
from bot.config import ConfigError, Settings
from bot.finding import Finding, State, fault, ok, warn
from feeds.errors import FeedError
from feeds.worker import Workers

AHEAD = timedelta(minutes=5)  # what has happened may be so far ahead of the clock
WORDS = {State.OK: "ok", State.WARN: "WARNING", State.FAULT: "FAULT"}
COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAULT: "red"}
TRIAL = Feed(id="trial", publisher=Publisher(name="Trial"), url="https://www.example.org/feed")
TRIAL_BODY = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Trial</title><item><title>One post</title>
<link>https://www.example.org/one</link></item></channel></rss>"""


async def checkup(now: datetime) -> list[Finding]:
    """What there is to say of the settings and, where those can be read, of all else."""
    try:
        settings = config.load()
    except ConfigError as error:
        correct = "Correct it in the environment or in .env; the rest is looked at then."
        return [fault("settings", problem, correct) for problem in str(error).splitlines()]
    return await examine(settings, now)


async def examine(settings: Settings, now: datetime) -> list[Finding]:
    """What there is to say of all that the bot needs; nothing is stored and nobody is sent anything."""
    stored = await asyncio.to_thread(doctor_database.examine, settings.database_url, now)
    slack, parsing = await asyncio.gather(doctor_slack.examine(settings, now, stored.holder), _workers())
    return [*_settings(settings), clock(now, stored.last_poll), *stored.findings, parsing, *slack]


def clock(now: datetime, last_poll: datetime | None) -> Finding:
    """Whether the clock shows a time before what has happened: the last poll, or this program's installation."""
    installed = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    known = [("this program was installed", installed), ("the last poll was", last_poll or installed)]
    what, latest = max(known, key=lambda one: one[1])
    if latest > now + AHEAD:
        return warn("clock", f"It shows {_at(now)}, yet {what} at {_at(latest)}.", "Set the machine's clock, with NTP.")
    return ok("clock", f"It shows {_at(now)}.")


def print_findings(findings: Sequence[Finding]) -> None:
    """Prints each finding with its state as a word, and below it what to do."""
    width = max(len(one.name) for one in findings)
    for one in findings:
        state = click.style(f"{WORDS[one.state]:<8}", fg=COLOURS[one.state])
        click.echo(f"{state}{one.name:<{width}}  {one.found}")
        if one.todo:
            click.echo(f"{'':<8}{'':<{width}}  -> {one.todo}")
    click.echo(_sum(findings))


def exit_status(findings: Sequence[Finding]) -> int:
    """1 if there is any fault, else 0."""
    return int(any(one.state is State.FAULT for one in findings))


def _sum(findings: Sequence[Finding]) -> str:
    found = Counter(one.state for one in findings)
    faults, warnings = found[State.FAULT], found[State.WARN]
    if not faults and not warnings:
        return "All is well."
    return f"{faults} {'fault' if faults == 1 else 'faults'}, {warnings} {'warning' if warnings == 1 else 'warnings'}."


def _settings(settings: Settings) -> Iterator[Finding]:
    given = ", ".join(sorted(name.upper() for name in settings.model_fields_set)) or "none, so all are as usual"
    beside = "" if Path(".env").exists() else f"; there is no .env in {Path.cwd()}"
    yield ok("settings", f"Set: {given}{beside}.")
    if settings.feeds_proxy:
        yield ok("FEEDS_PROXY", "Feeds are fetched through a proxy: keeping them off private addresses is its task.")
    if settings.feeds_ports:
        ports = ", ".join(map(str, sorted(settings.feeds_ports)))
        yield ok("FEEDS_PORTS", f"Whoever adds a feed may have this bot ask public addresses at port {ports}, too.")
    yield from _health(settings)


def _health(settings: Settings) -> Iterator[Finding]:
    if settings.health_port is None:
        return
    if settings.health_port == settings.port:
        yield fault("HEALTH_PORT", f"It is {settings.port}, as PORT is.", "Give it another: 9464, say.")
    elif settings.health_host not in config.HERE:
        found = f"The numbers are open to whoever reaches {settings.health_host}:{settings.health_port}."
        yield warn("HEALTH_HOST", found, "Let a firewall keep all but the monitor away, or unset it.")
    else:
        yield ok("HEALTH_PORT", f"Health and numbers are told to this machine at port {settings.health_port}.")


async def _workers() -> Finding:
    try:
        async with Workers() as workers:
            posts = await workers.parse(TRIAL_BODY, "application/rss+xml", TRIAL.url, TRIAL)
    except (FeedError, OSError) as error:
        memory = "Give the bot 1 GB of memory and let it start processes (a container may forbid either)."
        return fault("workers", f"The processes that read feeds do not work: {error}", memory)
    assert [post.title for post in posts] == ["One post"], "the trial feed has one post"
    return ok("workers", "Feeds are read in processes of their own.")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
