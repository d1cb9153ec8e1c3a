"""The feeds that a workspace adds for itself: add, remove, pause, resume, as its admins ask."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from sqlite_utils import Database

from attribution.identity import canonical_url
from attribution.model import Feed, Publisher
from attribution.words import counted
from bot.blocks import Part
from bot.cards import notice
from bot.commands import ChangeFeed, FeedDeed
from bot.reply import Viewer
from storage import audit, feeds
from storage.db import transaction
from storage.feeds import REMOVED

MOST = 50  # feeds of a workspace's own: each is polled for it alone
LONGEST = 500  # characters of an address: it is listed in messages
PAUSED = "paused by an admin"
DONE = {
    "remove": "is no longer read. What it reported stays findable here until the bot leaves this workspace",
    "pause": "is not polled until somebody writes /attribution feed resume with its address",
    "resume": "is polled again; what it published meanwhile raises no alerts",
}


def problem(url: str) -> str | None:
    """Why an address cannot be a feed's, as a sentence with what would be right; None if it can."""
    try:
        parts = urlsplit(url)
        host, login = parts.hostname, parts.username or parts.password
    except ValueError:
        return f"“{url}” is no address: copy the feed's from a browser."
    if parts.scheme not in ("http", "https") or not host:
        return f"“{url}” is no web address: it begins with https://, such as https://example.org/news.xml."
    if login:
        return "That address has a password in it, and addresses are shown to the workspace: give a public one."
    return f"That address is longer than {LONGEST} characters: give a shorter one." if len(url) > LONGEST else None


def known(db: Database, viewer: Viewer, url: str) -> tuple[Feed, str | None] | None:
    """A feed that this workspace's people may see and that has this address, with why it is not polled."""
    wanted = canonical_url(url)
    seen = [(feed, off) for feed, _, off in feeds.health(db) if feed.owner in (None, viewer.tenant)]
    return next(((feed, off) for feed, off in seen if url == feed.id or canonical_url(feed.url) == wanted), None)


def refused(db: Database, viewer: Viewer, change: ChangeFeed) -> str | None:
    """Why a change cannot be made, in a sentence; None if it can."""
    found = known(db, viewer, change.url)
    if change.deed != "add":
        return _cannot_change(found, change)
    if found and found[0].owner is None:
        return f"This bot reads that feed for everybody already: it is {found[0].id}."
    if found and found[1] != REMOVED:
        return f"This workspace reads that feed already{f', but it is {found[1]}' if found[1] else ''}."
    mine = [feed for feed, _, off in feeds.health(db) if feed.owner == viewer.tenant and off != REMOVED]
    return f"This workspace has {counted(MOST, 'feed')} of its own: remove one first." if len(mine) >= MOST else None


def apply(db: Database, viewer: Viewer, change: ChangeFeed, now: datetime) -> Part:
    """Makes a change that nothing stands against and notes it in the journal; what the admin is told."""
    with transaction(db):
        if (why := refused(db, viewer, change)) is not None:
            return notice(why)
        found = known(db, viewer, change.url)
        feed = found[0] if found else _new(viewer, change.url)
        if found is None:
            feeds.put(db, [(feed, None)])
        elif change.deed in ("add", "resume"):
            feeds.begin_again(db, feed.id)
        else:
            feeds.disable(db, feed.id, PAUSED if change.deed == "pause" else REMOVED)
        audit.note(
            db,
            tenant=viewer.tenant,
            user=viewer.user,
            channel=viewer.channel,
            what=f"feed {change.deed}",
            about=feed.url,
            now=now,
        )
    return notice(f"{feed.url} {DONE[change.deed]}." if change.deed in DONE else _added(feed))


def _new(viewer: Viewer, url: str) -> Feed:
    """The feed has no speaker: whatever it says of itself, nobody here has looked who publishes it."""
    name = hashlib.sha256(f"{viewer.tenant} {canonical_url(url)}".encode()).hexdigest()[:12]
    return Feed(id=f"own-{name}", publisher=Publisher(name=urlsplit(url).hostname or url), url=url, owner=viewer.tenant)


def _cannot_change(found: tuple[Feed, str | None] | None, change: ChangeFeed) -> str | None:
    if found is None or found[1] == REMOVED:
        return f"This workspace has no feed {change.url}. /attribution feeds lists those that are read."
    if found[0].owner is None:
        return f"{found[0].id} is read for everybody: only feeds that this workspace added can be {_past(change.deed)}."
    if change.deed == "resume" and found[1] is None:
        return "That feed is polled already."
    return "That feed is paused already." if change.deed == "pause" and found[1] == PAUSED else None


def _past(deed: FeedDeed) -> str:
    return f"{deed}d" if deed.endswith("e") else f"{deed}ed"


def _added(feed: Feed) -> str:
    return (
        f"{feed.url} is read from now on, for this workspace alone. What stands in it today raises no alerts; what it"
        f" brings is told as “reported by {feed.publisher.name}”, to channels here whose subscriptions match."
    )
