"""The feeds and the bot's own state, as replies."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlite_utils import Database

from attribution import names
from attribution.model import Feed, Publisher
from attribution.query import Query
from attribution.words import counted, flagged, who
from bot import paging, telling
from bot.answers import Coverage
from bot.blocks import Part, Run, bullets, date, line, link, message, rich, section, shown, words
from bot.commands import ShowFeeds, written_command
from bot.escape import mrkdwn
from bot.paging import Listing, Row, Turn
from bot.reply import Viewer
from bot.scheduler import LEASE
from storage import claims, delivered, feeds, leases, posts
from storage.feeds import FeedState

FEEDS_PAGE = 40
TROUBLE_LENGTH = 160
PROBLEMS = 3
DAY, WEEK = timedelta(days=1), timedelta(days=7)
Health = tuple[Feed, FeedState, str | None]


def coverage(db: Database) -> Coverage:
    """What has been read so far: the shared feeds that have answered at least once."""
    read = [(feed, state) for feed, state, _ in feeds.health(db) if state.last_ok_at and feed.owner is None]
    speakers = [feed.publisher.speaker for feed, _ in read]
    begun = [state.seeded_at or state.last_ok_at for _, state in read]
    return Coverage(
        feeds=sum(speaker is not None for speaker in speakers),
        speakers=len({speaker for speaker in speakers if speaker}),
        others=sum(speaker is None for speaker in speakers),
        since=min((at for at in begun if at), default=None),
    )


def shown_feeds(db: Database, viewer: Viewer, now: datetime, offset: int) -> Part:
    """The feeds, those that do not answer first, then by government."""
    seen = _seen(db, viewer)
    rows = [Row(heading=_heading(one), run=_row(one, now)) for one in sorted(seen, key=_place)]
    return paging.page(
        Listing(
            title="Feeds",
            told=words(_summary(seen)),
            rows=rows[offset : offset + FEEDS_PAGE],
            turn=Turn(command=written_command(ShowFeeds()), offset=offset),
            total=len(rows),
            thing="feed",
            most=FEEDS_PAGE,
        )
    )


def _seen(db: Database, viewer: Viewer) -> list[Health]:
    """The feeds that a workspace's people may know of: everybody's, and its own unless it removed them."""
    found = [one for one in feeds.health(db) if one[0].owner in (None, viewer.tenant)]
    return [one for one in found if one[2] != feeds.REMOVED]


def feeds_told(db: Database, viewer: Viewer) -> str:
    """How the feeds that a viewer may see fare, in one line."""
    return _summary(_seen(db, viewer))


def _summary(seen: Sequence[Health]) -> str:
    polled = [state for _, state, disabled in seen if disabled is None and state.gone_at is None]
    failing = sum(state.failing_since is not None for state in polled)
    waiting = sum(state.polled_at is None for state in polled)
    parts = [
        f"{len(polled) - failing - waiting} of {len(polled)} answered at their last poll",
        f"{failing} did not" if failing else "",
        f"{waiting} not asked yet" if waiting else "",
        f"{len(seen) - len(polled)} not polled" if len(seen) > len(polled) else "",
    ]
    return f"{', '.join(part for part in parts if part)}."


def _place(one: Health) -> tuple[int, str, str]:
    """What does not answer comes first, then governments by name, the press, and what is not polled."""
    feed, state, disabled = one
    stopped = disabled is not None or state.gone_at is not None
    rank = 3 if stopped else 0 if state.failing_since else 1 if feed.publisher.speaker else 2
    return rank, names.label(feed.publisher.speaker or ""), feed.id


def _heading(one: Health) -> str:
    feed, state, disabled = one
    if disabled is not None or state.gone_at:
        return "Not polled"
    if state.failing_since:
        return "Not answering"
    return _speaker(feed.publisher)


def _speaker(publisher: Publisher) -> str:
    return flagged(publisher.speaker) if publisher.speaker else "Others"


def _row(one: Health, now: datetime) -> Run:
    feed, _, _ = one
    return line(link(shown(feed.publisher.name), feed.url), words(f" {feed.id} · "), _state(one, now))


def _state(one: Health, now: datetime) -> Run:
    _, state, disabled = one
    if disabled is not None:
        return words(shown(disabled, TROUBLE_LENGTH))
    if state.gone_at:
        return line(words("gone since "), date(state.gone_at, now))
    if state.failing_since:
        trouble = words(f": {shown(state.trouble_text or '', TROUBLE_LENGTH)}")
        return line(words("since "), date(state.failing_since, now), trouble)
    return line(words("answered "), date(state.last_ok_at, now)) if state.last_ok_at else words("not asked yet")


# The bot's own state


def shown_status(db: Database, viewer: Viewer, now: datetime) -> Part:
    """What the bot is doing, with what is wrong."""
    newest = _newest(db, viewer, now)
    every = [
        _work(db, now),
        *_reading(db, viewer, now),
        *map(words, _messages(db, viewer)),
        *([newest] if newest else []),
    ]
    text = mrkdwn("\n".join(map(telling.flat, every)))
    title = f"attribution-bot {version('attribution-bot')}"
    return message(f"{title}\n{text}", [rich(section(words(title, "bold")), bullets(every))])


def _work(db: Database, now: datetime) -> Run:
    holder = leases.holder(db, LEASE, now)
    return words(
        "At work." if holder else "NOBODY IS AT WORK: no feed is polled and nothing is sent until the bot runs."
    )


def _reading(db: Database, viewer: Viewer, now: datetime) -> Iterator[Run]:
    seen = _seen(db, viewer)
    last = max((state.polled_at for _, state, _ in seen if state.polled_at), default=None)
    polled = line(words("The last poll: "), date(last, now), words(".")) if last else words("None was polled yet.")
    yield line(words(f"Feeds: {_summary(seen)} "), polled)
    day, week = (posts.read_between(db, now - length, now)[0] for length in (DAY, WEEK))
    yield words(f"Read: {counted(day, 'new post')} in the last 24 hours, {week:,} in 7 days.")
    yield words(f"Stored: {counted(claims.count(db, Query(), viewer=viewer.tenant), 'attribution')}.")


def _newest(db: Database, viewer: Viewer, now: datetime) -> Run:
    found = claims.find(db, Query(), viewer=viewer.tenant, limit=1)
    if not found:
        return []
    said = shown(who(found[0].claim))
    return line(
        words("The newest: "), link(said, found[0].url), words(", seen "), date(found[0].recorded_at, now), words(".")
    )


def _messages(db: Database, viewer: Viewer) -> Iterator[str]:
    yield f"Messages: {delivered.waiting(db, viewer.tenant)} waiting."
    lost = delivered.given_up(db, viewer.tenant)
    if lost:
        some = ", ".join(dict.fromkeys(problem for _, problem in lost[-PROBLEMS:]))
        yield f"{counted(len(lost), 'message')} could not be delivered: {shown(some)}."
