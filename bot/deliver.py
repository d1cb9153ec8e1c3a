"""Delivering: take a message, send it, settle what the answer means."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from sqlite_utils import Database

from attribution.retry import LOOK_UP_AFTER, Answer, Tried, answer, channel_again, message_again, named
from bot import charts, metrics, overdue, refusals
from bot.log import bind
from bot.tools import Tools
from storage import audit, cards, channels, outbox, vitals
from storage.cards import Card
from storage.channels import Channel
from storage.db import transaction
from storage.outbox import Message, Op, State

MOST_AT_ONCE = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How a try ended; `ts` and `link`: the message it has become, where it arrived."""

    tried: Tried
    ts: str = ""
    link: str | None = None


class FarSide(Protocol):
    """Where messages go: Slack, or a terminal."""

    async def send(self, message: Message) -> Sent:
        """Tries to deliver one message; an answer that is no success is a result, not an error."""
        ...

    async def look_up(self, message: Message, /) -> Sent | None:
        """What became of a message in doubt, as if it were answered only now; None if it did not arrive."""
        ...


async def deliver(tools: Tools, far: FarSide, now: datetime, only: str | None = None) -> int:
    """As `deliver_while`, at one moment, until nothing more is due; how many messages were tried."""
    return await deliver_while(tools, far, lambda: now, lambda: True, only)


async def deliver_while(
    tools: Tools, far: FarSide, clock: Callable[[], datetime], going: Callable[[], bool], only: str | None = None
) -> int:
    """Sends what is due, side by side but one at a time a channel, until nothing is or `going` says no; how many were
    tried. `only`: one tenant's messages, of whom nobody else sends any meanwhile: what is still marked as being sent
    was never settled (the database was locked), and is in doubt."""
    tried = 0
    await tools.with_db(outbox.interrupted, clock(), only)
    await tools.with_db(overdue.condense_all, clock(), only)
    while going() and (batch := await _take(tools, clock(), only)):
        # Each is waited for, whatever becomes of the others: the next round takes what is not settled to be in doubt.
        each = (_deliver(tools, far, message, clock) for message in batch)
        ended = await asyncio.gather(*each, return_exceptions=True)
        for failed in ended:
            if isinstance(failed, BaseException):
                raise failed
        tried += len(batch)
    return tried


async def _take(tools: Tools, now: datetime, only: str | None) -> list[Message]:
    batch: list[Message] = []
    while len(batch) < MOST_AT_ONCE:
        message = await tools.with_db(outbox.take_doubtful, now, only) or await tools.with_db(outbox.take, now, only)
        if message is None:
            break
        batch.append(message)
    return batch


async def _deliver(tools: Tools, far: FarSide, message: Message, clock: Callable[[], datetime]) -> None:
    bind({"tenant": message.tenant, "channel": message.channel, "case": message.case})
    sent = await (far.look_up(message) if message.doubted else far.send(message))
    now = clock()
    if sent is None:
        await tools.with_db(outbox.put_back, message, State.READY, now, "did not arrive")
        return
    if sent.tried.code:
        log.warning("not delivered", key=message.key, channel=message.channel, problem=sent.tried.code)
    await tools.with_db(settle, message, sent, now)
    metrics.tried(message, answer(sent.tried, message.attempts))
    if sent.tried.code is None and message.op is Op.POST:
        await _measure(tools, message, now)


async def _measure(tools: Tools, message: Message, now: datetime) -> None:
    """Notes how long after its post's publication a card arrived."""
    if message.case is None or message.number is None:
        return
    card = (message.tenant, message.channel, message.case, message.number)
    if published_at := await tools.with_db(vitals.published_at, *card):
        metrics.alerted(published_at, now)


def settle(db: Database, message: Message, sent: Sent, now: datetime) -> None:
    """Writes down what an answer means, for the message, its card and its channel, all of it or nothing."""
    code = str(sent.tried.code)
    with transaction(db):
        match answer(sent.tried, message.attempts):
            case Answer.DONE:
                _arrived(db, message, sent, now)
            case Answer.LOOK_UP:
                again = now + max(LOOK_UP_AFTER, sent.tried.retry_after or LOOK_UP_AFTER)
                outbox.put_back(db, message, State.DOUBT, again, code)
            case Answer.WAIT:
                _wait(db, message, sent.tried, now)
            case Answer.PAUSE_CHANNEL:
                _pause(db, message, code, now)
            case Answer.SUSPEND | Answer.ROTATE:
                _suspend(db, message, code, now)
            case Answer.DEGRADE if message.payload.get("blocks"):
                _degrade(db, message, code, now)
            case Answer.CARD_GONE:
                outbox.put_back(db, message, State.DEAD, now, code)
                _lose_card(db, message)
            case _:
                _give_up(db, message, code, now)


def _arrived(db: Database, message: Message, sent: Sent, now: datetime) -> None:
    outbox.sent(db, message, sent.ts)
    channel = channels.get(db, message.tenant, message.channel)
    channels.resume(db, message.tenant, message.channel)
    card = _card(db, message)
    if card and message.op is Op.POST:
        cards.posted(db, card, sent.ts, sent.link)
    if channel and channel.paused_at:  # it lets the bot in again
        overdue.condense(db, channel.tenant, channel.id, now)


def _wait(db: Database, message: Message, tried: Tried, now: datetime) -> None:
    again = message_again(tried, message.attempts + message.waits, now)
    if named(tried):
        outbox.put_off(db, message, again, str(tried.code))
    else:
        outbox.put_back(db, message, State.READY, again, str(tried.code))


def _pause(db: Database, message: Message, why: str, now: datetime) -> None:
    channel = channels.get(db, message.tenant, message.channel)
    if channel is None:  # a person, or a channel that nobody has subscribed: nothing would ever resume it
        _give_up(db, message, why, now)
        return
    again = channel_again(channel.paused_at or now, now)
    channels.pause(db, channel.tenant, channel.id, now, why, again)
    outbox.put_off(db, message, now, why)
    if channel.paused_at is None:
        _tell_subscribers(db, channel, why, now)


def _tell_subscribers(db: Database, channel: Channel, why: str, now: datetime) -> None:
    """Tells who subscribed the channel; where nobody did, who last changed its settings, such as its digest."""
    subscribed = {one.created_by for one in channels.subscriptions(db, channel.tenant, channel.id)}
    for user in sorted(subscribed or audit.last_in(db, channel.tenant, channel.id)):
        key = f"paused {channel.id} {user} {now.isoformat()}"
        told = Message(
            tenant=channel.tenant,
            key=key,
            channel=user,
            op=Op.DIRECT,
            payload=refusals.paused(channel.id, why),
            due_at=now,
        )
        outbox.put(db, told, now)


def _suspend(db: Database, message: Message, why: str, now: datetime) -> None:
    """Keeps what is queued for a workspace that refuses the bot's token; a message to no channel has none to pause."""
    channel = channels.get(db, message.tenant, message.channel)
    again = channel_again((channel and channel.paused_at) or now, now)
    channels.suspend(db, message.tenant, now, why, again)
    outbox.put_off(db, message, now if channel else again, why)


def _degrade(db: Database, message: Message, why: str, now: datetime) -> None:
    """Sends a message without its chart, which not every workspace takes; then the text alone, which says all that the
    blocks say. That Slack refuses other blocks is a bug of ours."""
    plainer = charts.without(message.payload)
    if plainer is None:
        log.error("sent as text alone", key=message.key, channel=message.channel, problem=why)
        # An update without `blocks` may keep the old ones, one with none removes them (chat.update).
        plainer = {**message.payload, "blocks": []}
    outbox.change(db, message, plainer)
    outbox.put_off(db, message, now, why)


def _give_up(db: Database, message: Message, why: str, now: datetime) -> None:
    log.error("given up", key=message.key, channel=message.channel, op=message.op, problem=why)
    outbox.put_back(db, message, State.DEAD, now, why)
    if message.op is Op.POST:  # what waits for a card that never comes would hold up its channel for good
        _lose_card(db, message)


def _lose_card(db: Database, message: Message) -> None:
    if card := _card(db, message):
        cards.lost(db, card)
        outbox.drop_waiting(db, card.tenant, card.channel, card.case, card.number)


def _card(db: Database, message: Message) -> Card | None:
    if message.case is None or message.number is None:
        return None
    return cards.get(db, message.tenant, message.channel, message.case, message.number)
