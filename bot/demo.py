"""`attribution-bot demo`: three days of September 2022, from sample feeds to what a channel would show."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

import click

from attribution.query import Query, QueryError
from attribution.retry import Tried
from bot import archive, blocktext, digests, roundups, settings_replies
from bot.commands import CommandError, parse_command
from bot.deliver import Sent, deliver
from bot.jobs import poll_feed
from bot.replies import reply_to
from bot.reply import Viewer
from bot.run import Terminal
from bot.samples import SampleFeed, sample_web, samples
from bot.tools import Tools, open_tools
from feeds.guard import public_only
from storage import channels, feeds, schema
from storage.channels import Channel, Subscription
from storage.db import PREFIX, connect, transaction

TENANT, CHANNEL = "demo", "threat-intel"
BEFORE = datetime(2022, 9, 6, 18, tzinfo=UTC)
END = datetime(2022, 9, 9, 18, tzinfo=UTC)
VIEWER = Viewer(tenant=TENANT, channel=CHANNEL, user="you")
INTRODUCTION = """\
The clock is set to 6-9 September 2022. The sample feeds tell real facts in our own words. They are served on this
machine: nothing leaves it, no account is needed, and every link is to example.org. Below is what the Slack channel
#threat-intel, subscribed to everything, would show.
"""


async def play(*, interactive: bool = False) -> None:
    """Plays the sample days into a database of their own and prints what a channel would show; `interactive`: then
    answers commands until the input ends."""
    click.echo(INTRODUCTION)
    with tempfile.TemporaryDirectory() as folder:
        database = f"{PREFIX}{Path(folder) / 'demo.db'}"
        _prepare(database)
        await _play(database, samples())
        _answer(database, "iran")
        _show_digest(database)
        if interactive:
            _prompt(database)


async def _play(database: str, sample: Sequence[SampleFeed]) -> None:
    clock = BEFORE
    async with sample_web(sample, lambda: clock) as proxy, open_tools(database, public_only, proxy=proxy) as tools:
        await _poll(tools, sample, clock, "the first poll learns what is there and stays silent")
        for clock in sorted({post.at for one in sample for post in one.posts if post.at > BEFORE}):
            fed = [one for one in sample if any(post.at == clock for post in one.posts)]
            await _poll(tools, fed, clock, "; ".join(_new(one, clock) for one in fed))
        clock = END
        await _poll(tools, sample, clock, "every feed is polled once more, and nothing is repeated")


async def _poll(tools: Tools, fed: Sequence[SampleFeed], now: datetime, what: str) -> None:
    _say(now, what)
    for one in fed:
        await poll_feed(tools, one.feed.id, now, one.address)
    await deliver(tools, Terminal(), now)


def _new(one: SampleFeed, now: datetime) -> str:
    titles = (post.title for post in one.posts if post.at == now)
    return f"{one.feed.publisher.name}: {', '.join(titles)}"


def _prepare(database: str) -> None:
    with connect(database) as db:
        schema.require_current(db)
        with transaction(db):
            feeds.put(db, [(one.feed, None) for one in samples()])
            channel = Channel(tenant=TENANT, id=CHANNEL, digest_day=5, digest_time=time(18), created_at=BEFORE)
            channels.put(db, channel)
            everything = Subscription(
                tenant=TENANT, channel=CHANNEL, query=Query(), created_by="demo", created_at=BEFORE
            )
            channels.subscribe(db, everything)


def _answer(database: str, text: str) -> None:
    _say(END, f"somebody types /attribution {text}")
    with connect(database) as db:
        try:
            reply = reply_to(parse_command(text, END.date()), VIEWER, db, END)
        except (CommandError, QueryError) as error:
            click.echo(str(error))
            return
        if reply.confirm:
            click.echo(blocktext.shown(reply.confirm.message.payload, f"#{CHANNEL}"))
            settings_replies.store(db, reply.confirm, Sent(tried=Tried(), ts="confirmed"), END)
        click.echo(blocktext.shown(reply.payload, "only visible to you"))


def _prompt(database: str) -> None:
    with connect(database) as db:
        archive.load(db, END)  # only now: the story is told without what happened before it
    click.echo("Type what would follow /attribution, such as iran, apt28, by:uk or help; Ctrl-D ends.")
    while True:
        try:
            _answer(database, click.prompt("/attribution", default="help", show_default=False))
        except click.Abort:
            click.echo()
            return


def _show_digest(database: str) -> None:
    _say(END, "the weekly digest")
    with connect(database) as db:
        channel = channels.get(db, TENANT, CHANNEL)
        assert channel is not None, "the demo has made its channel"
        for payload in roundups.digest(digests.compiled(db, channel, END)):
            click.echo(blocktext.shown(payload, f"#{CHANNEL}"))


def _say(now: datetime, what: str) -> None:
    click.echo(f"{now:%a %d %b %Y %H:%M} UTC · {what}")
