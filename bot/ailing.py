"""Feeds that fail for long, fall silent or may have missed posts: told to the operator once, and again when well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlite_utils import Database

from attribution.words import counted
from bot.blocks import Part, bullets, message, rich, section, shown, utc, words
from bot.escape import mrkdwn
from feeds.health import Change, Fares, Ill, change, heard, ills
from storage import ailing, outbox
from storage.ailing import Polled
from storage.db import transaction
from storage.outbox import Message, Op

NAMED = 8  # feeds of one kind in a message; `status` and the log have all
WHY_LENGTH = 160
ANY = "operator"  # stands for a workspace where one token is for whichever there is
HEADINGS = {
    Ill.FAILING: "Not answering for more than a day",
    Ill.GONE: "Gone for good, and asked no more",
    Ill.SILENT: "Silent for longer than usual: perhaps moved",
    Ill.GAP: "May have missed posts, because more came than the feed holds",
}
AGAIN = {
    Ill.FAILING: "answers again",
    Ill.GONE: "is there again",
    Ill.SILENT: "publishes again",
    Ill.GAP: "has missed nothing for a week",
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Where the operator is told. `tenant`: the channel's workspace where the database knows none, None: it cannot be
    reached then."""

    channel: str
    tenant: str | None = ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A feed and what is to be said of it."""

    feed: Polled
    change: Change


def fares(one: Polled) -> Fares:
    """How a feed fares, as `feeds.health` judges it."""
    return Fares(
        polled_at=one.polled_at,
        failing_since=one.failing_since,
        gone_at=one.gone_at,
        last_gap_at=one.last_gap_at,
        published=one.published,
    )


def note_changes(db: Database, operator: Operator | None, now: datetime) -> list[Told]:
    """Queues one message for the operator's channel about all feeds whose health changed, if any did, and notes that it
    was said: all of it or nothing. Without a channel that can be reached it is logged only."""
    with transaction(db):
        told = [one for one in _changes(db, now) if one.change.begun or one.change.ended]
        if operator and (tenant := ailing.tenant_of(db, operator.channel) or operator.tenant):
            # What feeds another workspace added is none of this one's business.
            _tell(db, tenant, operator.channel, [one for one in told if one.feed.owner in (None, tenant)], now)
    for one in told:
        log.warning("a feed's health changed", feed=one.feed.id, begun=[*one.change.begun], ended=[*one.change.ended])
    return told


def _tell(db: Database, tenant: str, channel: str, told: Sequence[Told], now: datetime) -> None:
    if told:
        key = f"feeds {now.isoformat()} {channel}"
        payload = telling(told, now)
        outbox.put(db, Message(tenant=tenant, key=key, channel=channel, op=Op.POST, payload=payload, due_at=now), now)


def _changes(db: Database, now: datetime) -> Iterator[Told]:
    for one in ailing.every(db):
        found = ills(fares(one), now)
        said = {Ill(word): at for word, at in one.said.items()}
        if found is not None and found != said:
            ailing.note(db, one.id, {str(ill): at for ill, at in heard(found, said).items()})
            yield Told(feed=one, change=change(found, said))


def telling(told: Sequence[Told], now: datetime) -> Part:
    """One message about all of them, by what ails them; a few of each kind are named."""
    begun = [(ill, [one for one in told if ill in one.change.begun]) for ill in Ill]
    ended = [one for one in told if one.change.ended]
    groups = [(HEADINGS[ill], [_ill(one, ill, now) for one in of]) for ill, of in begun if of]
    groups += [("Well again", [_well(one) for one in ended])] if ended else []
    ailing_now = sum(bool(one.change.begun) for one in told)
    title = f"{counted(ailing_now, 'feed')} {_want(ailing_now)} a look" if ailing_now else "Feeds are well again"
    parts = [part for heading, lines in groups for part in _group(heading, lines)]
    text = "\n".join([title, *(row for heading, lines in groups for row in _rows(heading, lines))])
    return message(mrkdwn(text), [rich(section(words(title, "bold")), *parts)])


def _want(number: int) -> str:
    return "wants" if number == 1 else "want"


def _group(heading: str, lines: Sequence[str]) -> list[Part]:
    top, *rest = _rows(heading, lines)
    return [section(words(f"\n{top}")), bullets(words(row) for row in rest)]


def _rows(heading: str, lines: Sequence[str]) -> list[str]:
    more = [f"and {counted(len(lines) - NAMED, 'other')}: see `attribution-bot status`"] if len(lines) > NAMED else []
    return [f"{heading}:", *lines[:NAMED], *more]


def _ill(one: Told, ill: Ill, now: datetime) -> str:
    since = utc(one.change.begun[ill], now)
    name = shown(one.feed.id, WHY_LENGTH)
    match ill:
        case Ill.FAILING:
            return f"{name}, since {since}: {shown(one.feed.trouble_text or '', WHY_LENGTH)}"
        case Ill.SILENT:
            return f"{name}, whose last post is of {since}"
        case _:
            return f"{name}, since {since}"


def _well(one: Told) -> str:
    return f"{shown(one.feed.id, WHY_LENGTH)} {' and '.join(AGAIN[ill] for ill in one.change.ended)}"
