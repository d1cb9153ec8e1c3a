"""A database with the samples' cases in it, as polling would have stored them."""

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

from attribution.identity import window
from attribution.model import Feed, Found, Post
from storage import claims, feeds, posts, schema
from storage.claims import Stored
from storage.db import run, transaction
from storage.feeds import FeedState
from tests.card_samples import ALBANIA, JOINT, SEVENTH, SINGAPORE, US_SANCTIONS

FEED = Feed(id="gb-fcdo", publisher=ALBANIA.statements[0].publisher, url="https://www.example.org/feed", language="en")
WIRE = Feed(id="wire", publisher=SINGAPORE.statements[0].publisher, url="https://www.example.org/wire", language="en")
STATEMENTS = (*ALBANIA.statements, US_SANCTIONS, *SINGAPORE.statements, *JOINT.statements)


def stock(db: Database, statements: Iterable[Found] = STATEMENTS) -> None:
    """Makes the schema, two feeds that have been read, and the statements."""
    schema.require_current(db)
    with transaction(db):
        feeds.put(db, [(FEED, None), (WIRE, None)])
        for feed in (FEED, WIRE):
            feeds.save_state(db, feed.id, FeedState(polled_at=SEVENTH, last_ok_at=SEVENTH, seeded_at=SEVENTH))
        for one in statements:
            store(db, one)


def store(db: Database, found: Found) -> int:
    """Stores one statement, with its post and case; its id."""
    _open(db, found.case, found.recorded_at)
    post = Post(
        feed=FEED.id,
        url=found.url,
        guid=found.url,
        title=found.title,
        text=found.claim.quote,
        published_at=found.recorded_at,
        language="en",
        publisher=found.publisher,
    )
    number = posts.add(db, post, window([post]), found.recorded_at, found.owner)
    assert number is not None, "each statement has an address of its own"
    beside = Stored(post=number, title=found.title, case=found.case, owner=found.owner, news=frozenset({"case"}))
    stored = claims.add(db, found.claim, beside, found.recorded_at)
    if found.withdrawn_at:
        claims.withdraw(db, stored, found.withdrawn_at, "the post no longer says so")
    return stored


def _open(db: Database, case: str | None, at: datetime) -> None:
    if case is not None:
        year, number = case.split("-")
        sql = "insert into cases (id, year, number, opened_at) values (:id, :year, :number, :at) on conflict do nothing"
        run(db, sql, id=case, year=int(year), number=int(number), at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
