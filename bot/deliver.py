"""Delivering: take a message, send it, settle what the answer means."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlite_utils import Database

from attribution.retry import LOOK_UP_AFTER, Answer, Tried, answer, message_again
from bot.tools import Tools
from storage import cards, channels, outbox
from storage.cards import Card
from storage.db import transaction
from storage.outbox import Message, Op, State

MOST_AT_ONCE = 20


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

    async def look_up(self, message: Message) -> str | None:
        """The ts under which a message in doubt arrived, None if it did not."""
        ...


async def deliver(tools: Tools, far: FarSide, now: datetime) -> int:
    """Sends what is due, side by side but one at a time a channel, until nothing is; how many were tried."""
    tried = 0
    while batch := await _take(tools, now):
        await asyncio.gather(*(_deliver(tools, far, message, now) for message in batch))
        tried += len(batch)
    return tried


async def _take(tools: Tools, now: datetime) -> list[Message]:
    batch: list[Message] = []
    while len(batch) < MOST_AT_ONCE:
        message = await tools.with_db(outbox.take_doubtful, now) or await tools.with_db(outbox.take, now)
        if message is None:
            break
        batch.append(message)
    return batch


async def _deliver(tools: Tools, far: FarSide, message: Message, now: datetime) -> None:
    if message.doubted:  # it was in doubt: sent again only if it is not there
        ts = await far.look_up(message)
        if ts is not None:
            await tools.with_db(settle, message, Sent(tried=Tried(), ts=ts), now)
            return
    sent = await far.send(message)
    await tools.with_db(settle, message, sent, now)


def settle(db: Database, message: Message, sent: Sent, now: datetime) -> None:
    """Writes down what an answer means, for the message, its card and its channel, all of it or nothing."""
    with transaction(db):
        match answer(sent.tried, message.attempts):
            case Answer.DONE:
                _arrived(db, message, sent)
            case Answer.LOOK_UP:
                outbox.put_back(db, message, State.DOUBT, now + LOOK_UP_AFTER, str(sent.tried.code))
            case Answer.CARD_GONE:
                _lost(db, message, str(sent.tried.code), now)
            case Answer.PAUSE_CHANNEL:
                channels.pause(db, message.tenant, message.channel, now, str(sent.tried.code))
                outbox.put_back(db, message, State.READY, now, str(sent.tried.code))
            case Answer.WAIT:
                again = message_again(sent.tried, message.attempts, now)
                outbox.put_back(db, message, State.READY, again, str(sent.tried.code))
            case _:
                outbox.put_back(db, message, State.DEAD, now, str(sent.tried.code))


def _arrived(db: Database, message: Message, sent: Sent) -> None:
    outbox.sent(db, message, sent.ts)
    card = _card(db, message)
    if card and message.op is Op.POST:
        cards.posted(db, card, sent.ts, sent.link)


def _lost(db: Database, message: Message, why: str, now: datetime) -> None:
    outbox.put_back(db, message, State.DEAD, now, why)
    if card := _card(db, message):
        cards.lost(db, card)
        outbox.drop_waiting(db, card.tenant, card.channel, card.case, card.number)


def _card(db: Database, message: Message) -> Card | None:
    if message.case is None or message.number is None:
        return None
    return cards.get(db, message.tenant, message.channel, message.case, message.number)
