"""What the bot answers in Slack, to look at and to test with: from a database with the cases of card_samples."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from attribution.model import Found, PartialDate
from attribution.query import parse
from bot import desk
from bot.cards import notice
from bot.commands import parse_command
from bot.replies import reply_to
from bot.reply import Viewer
from bot.scheduler import LEASE
from storage import channels, feeds, leases, schema
from storage.channels import Subscription
from storage.db import connect, transaction
from storage.feeds import FeedState
from tests.card_samples import ALBANIA, UK_CONDEMNS, US_SANCTIONS
from tests.stocked import WIRE, stock
from tests.view_samples import NEWS

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)
VIEWER = Viewer(tenant=NEWS.tenant, channel=NEWS.id, user="U0ADA")
TYPED = {
    "answers": "iran",
    "nothing": "albania",
    "profile": "storm-0842",
    "list": "list",
    "feeds": "feeds",
    "status": "status",
    "help": "help",
    "help-topic": "help subscribe",
    "mistake": "unsubscribe albania",
}
FAILING = FeedState(
    polled_at=NOW,
    last_ok_at=NOW - timedelta(days=1),
    failing_since=NOW - timedelta(hours=3),
    failures=3,
    trouble="blocked",
    trouble_text="The site asks for a browser: its firewall answers with a page instead of the feed.",
)


def answers() -> dict[str, list[dict[str, Any]]]:
    """The answers, by the name of the picture."""
    with TemporaryDirectory() as folder, connect(f"sqlite:///{Path(folder) / 'samples.db'}") as db:
        _fill(db)
        shown = {name: [_answer(db, text)] for name, text in TYPED.items()}
    return shown | {"looking": [notice(desk.LOOKING)]}


def _answer(db: Database, text: str) -> dict[str, Any]:
    return reply_to(parse_command(text, NOW.date()), VIEWER, db, NOW).payload


def _older(weeks: int) -> Found:
    """A statement of some weeks before, so that an answer takes two pages."""
    at = UK_CONDEMNS.recorded_at - timedelta(weeks=weeks)
    claim = replace(UK_CONDEMNS.claim, made_on=PartialDate(day=at.date()))
    url, case = f"https://www.example.org/posts/9{weeks}", f"2022-{weeks}"
    return replace(UK_CONDEMNS, id=90 + weeks, claim=claim, recorded_at=at, url=url, case=case)


def _fill(db: Database) -> None:
    schema.migrate(db)
    stock(db, (*ALBANIA.statements, US_SANCTIONS, *map(_older, range(1, 5))))
    leases.hold(db, LEASE, "bot", NOW, timedelta(minutes=5))
    with transaction(db):
        feeds.put(db, [(replace(WIRE, id="stopped"), "its owner asked us to stop")])
        feeds.save_state(db, WIRE.id, FAILING)
        channels.put(db, NEWS)
        channels.pause(db, NEWS.tenant, NEWS.id, NOW - timedelta(hours=2), "not_in_channel")
        for text in ("iran", "by:us kind:sanctions"):
            query = parse(text, NOW.date())
            one = Subscription(tenant=NEWS.tenant, channel=NEWS.id, query=query, created_by=VIEWER.user, created_at=NOW)
            channels.subscribe(db, one)
