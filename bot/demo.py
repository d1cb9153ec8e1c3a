"""`attribution-bot demo`: three days of September 2022, from sample feeds to the claims in the database."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from attribution.query import Query
from bot import terminal
from bot.poll import Target, poll_targets
from bot.samples import SampleFeed, sample_web, samples
from bot.tools import open_tools
from feeds.guard import public_only
from storage import claims, feeds, schema
from storage.db import PREFIX, connect

BEFORE = datetime(2022, 9, 6, 18, tzinfo=UTC)
POLLS = tuple(datetime(2022, 9, day, 21, tzinfo=UTC) for day in (7, 8, 9))


async def play() -> int:
    """Plays the sample days into a database of their own, printing each poll; the exit status."""
    click.echo("The clock is set to 6-9 September 2022. The sample feeds are our own words on real facts,")
    click.echo("served on this machine; every link is to example.org.\n")
    with tempfile.TemporaryDirectory() as folder:
        return await _play(f"{PREFIX}{Path(folder) / 'demo.db'}", samples())


async def _play(database: str, sample: tuple[SampleFeed, ...]) -> int:
    with connect(database) as db:
        schema.require_current(db)
        feeds.put(db, [(one.feed, None) for one in sample])
    clock = BEFORE
    async with sample_web(sample, lambda: clock) as proxy, open_tools(database, public_only, proxy=proxy) as tools:
        for clock in (BEFORE, *POLLS):
            click.echo(
                f"— {clock:%A %d %B %Y, %H:%M} UTC"
                + (" (the first poll only learns what is there)" * (clock == BEFORE))
            )
            await poll_targets(tools, [Target(feed=one.feed, source=one.address) for one in sample], clock)
            click.echo()
    with connect(database) as db:
        click.echo("attribution-bot query iran\n")
        asked = Query(accused=frozenset({"IR"}))
        terminal.print_found(claims.find(db, asked), asked)
    return 0
