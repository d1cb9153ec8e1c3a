"""A command and the database -> what to say; usable with Slack or without. Only settings write, in settings_replies."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlite_utils import Database

from attribution.announce import Heard
from attribution.digest import Digest
from attribution.gazetteer import groups
from attribution.query import Query
from attribution.view import CaseView
from bot import answers, cards, digests, marks, overviews, paging, roundups, settings_replies
from bot.answers import Answer, Nothing
from bot.blocks import Part, Run
from bot.cards import notice
from bot.commands import (
    Ask,
    ChangeFeed,
    Command,
    DigestNow,
    Help,
    NoDigest,
    ShowDigest,
    ShowFeeds,
    ShowList,
    ShowSettings,
    ShowStats,
    ShowStatus,
    Subscribe,
    Threads,
    Unsubscribe,
    WeeklyDigest,
    written_command,
)
from bot.help import shown_help
from bot.paging import PAGE, Turn
from bot.profile import profile
from bot.reply import Reply, Viewer
from bot.stats import shown_stats
from storage import cases, channels, claims, feedback, stats
from storage.channels import Channel

ONLY_IN_SLACK = "Feeds are added and removed in Slack, by an admin of a workspace, for that workspace."
FIRST = timedelta(days=7)  # what a digest shown in a channel without one covers


def reply_to(command: Command, viewer: Viewer, db: Database, now: datetime, offset: int = 0) -> Reply:
    """What a command is answered with; `offset`: how many rows of a long answer come before.

    A paused channel in which somebody asks anything is tried again."""
    reply = _reply(command, viewer, db, now, offset)
    channel = channels.get(db, viewer.tenant, viewer.channel)
    if channel and channel.paused_at:  # looked at first: a question waits for no writer
        channels.try_now(db, viewer.tenant, viewer.channel, now)
    return reply


def _reply(command: Command, viewer: Viewer, db: Database, now: datetime, offset: int) -> Reply:
    match command:
        case Subscribe(query=query):
            return settings_replies.subscribe(db, viewer, query, now)
        case Unsubscribe():
            return settings_replies.unsubscribe(db, viewer, command, now)
        case WeeklyDigest():
            return settings_replies.weekly(db, viewer, command, now)
        case NoDigest():
            return settings_replies.no_digest(db, viewer, now)
        case ChangeFeed():
            return Reply(payload=notice(ONLY_IN_SLACK))
        case Threads():
            return settings_replies.threads(db, viewer, command, now)
        case _:
            return Reply(payload=_shown(command, viewer, db, now, offset))


Shown: TypeAlias = Ask | ShowStats | ShowFeeds | ShowStatus | ShowList | ShowSettings | ShowDigest | DigestNow | Help


def _shown(command: Shown, viewer: Viewer, db: Database, now: datetime, offset: int) -> Part:
    """What only looks and changes nothing."""
    match command:
        case Ask() | ShowStats():
            return _asked(command, viewer, db, now, offset)
        case ShowFeeds():
            return overviews.shown_feeds(db, viewer, now, offset)
        case ShowStatus():
            return overviews.shown_status(db, viewer, now)
        case ShowList() | ShowSettings():
            return settings_replies.shown_list(db, viewer, now).payload
        case ShowDigest():
            return settings_replies.shown_digest(db, viewer, now).payload
        case DigestNow():
            return _digest(viewer, db, now, offset)
        case Help():
            return shown_help(command)


def _asked(command: Ask | ShowStats, viewer: Viewer, db: Database, now: datetime, offset: int) -> Part:
    if isinstance(command, ShowStats):
        counts = shown_stats(command.query, stats.stats(db, command.query, viewer.tenant))
        return paging.with_buttons(counts, _share(Turn(command=written_command(command))))
    return _answer(command.query, viewer, db, now, offset)


def _answer(query: Query, viewer: Viewer, db: Database, now: datetime, offset: int) -> Part:
    known = cases.resolve(db, query.case) if query.case else None
    if query == Query(case=query.case) and query.case is not None:
        view = cases.view(db, known) if known else None
        if view is not None and view.statements:
            return _card(view, query, viewer, db, now)
    query = replace(query, case=known or query.case)
    about = _profile(query, viewer, db, now) if offset == 0 else []
    total = claims.count(db, query, viewer=viewer.tenant)
    if not total:
        return answers.shown_nothing(_nothing(query, viewer, db, about), now)
    offset = min(offset, total - 1)
    found = claims.find(db, query, viewer=viewer.tenant, limit=PAGE, offset=offset)
    return answers.shown_page(Answer(query=query, found=found, total=total, offset=offset, about=about), now)


def _card(view: CaseView, query: Query, viewer: Viewer, db: Database, now: datetime) -> Part:
    turn = Turn(command=written_command(Ask(query=query)))
    disputed = marks.disputed(feedback.standing(db, viewer.tenant, view.id), view)
    buttons = [*_share(turn), marks.details(view.id)]
    return cards.card(view, now, disputed=disputed, buttons=buttons)


def _profile(query: Query, viewer: Viewer, db: Database, now: datetime) -> Run:
    """What is known of a group, where one alone is asked for."""
    if len(query.actor) != 1:
        return []
    group = groups().get(next(iter(query.actor)))
    if group is None:  # a claim may name what no table has
        return []
    named = Query(actor=query.actor)
    told, dates = stats.stats(db, named, viewer.tenant), stats.dates(db, named, viewer.tenant)
    return profile(group, told, dates, now)


def _nothing(query: Query, viewer: Viewer, db: Database, about: Run) -> Nothing:
    accusing = {code: claims.count(db, Query(by=frozenset({code})), viewer=viewer.tenant) for code in _bare(query)}
    recalled = 0 if query.mentions else claims.count(db, replace(query, mentions=True), viewer=viewer.tenant)
    return Nothing(
        query=query,
        coverage=overviews.coverage(db),
        accusing=[(code, times) for code, times in sorted(accusing.items()) if times],
        mentions=recalled,
        about=about,
    )


def _bare(query: Query) -> frozenset[str]:
    """The states of a question that asks for nothing but them."""
    return query.accused if query == Query(accused=query.accused) else frozenset()


def _digest(viewer: Viewer, db: Database, now: datetime, offset: int) -> Part:
    """The part of the digest after `offset` others, as it would be sent now."""
    parts = roundups.digest(_compiled(viewer, db, now))
    at = min(offset, len(parts) - 1)
    command = written_command(DigestNow())
    before = paging.button(paging.NEWER, "Part before", Turn(command=command, offset=at - 1)) if at else []
    after = paging.button(paging.OLDER, "Next part", Turn(command=command, offset=at + 1)) if parts[at + 1 :] else []
    return paging.with_buttons(parts[at], before, after, _share(Turn(command=command, offset=at)))


def _share(turn: Turn) -> list[Part]:
    return paging.button(paging.SHARE, "Share to channel", turn)


def _compiled(viewer: Viewer, db: Database, now: datetime) -> Digest:
    """What the channel's digest says now; one that gets none is shown the last seven days."""
    week_ago = now - FIRST
    fresh = Channel(tenant=viewer.tenant, id=viewer.channel, created_at=week_ago)
    channel = channels.get(db, viewer.tenant, viewer.channel) or fresh
    if channel.digest_day is None:
        channel = replace(channel, digest_mark=_mark(db, week_ago, now), digest_at=week_ago)
    return digests.compiled(db, channel, now)


def _mark(db: Database, since: datetime, until: datetime) -> int:
    """The last claim recorded before a time."""
    recorded = [
        one.id for heard in (Heard.FRESH, Heard.LATE) for one in claims.recorded_between(db, since, until, heard)
    ]
    return min(recorded) - 1 if recorded else claims.newest(db)
