"""What waited for days, for a channel or a Slack that could not be reached: one list in the place of all of it."""

import html
import re
from collections.abc import Collection
from datetime import datetime

from sqlite_utils import Database

from attribution.retry import OVERDUE, overdue
from bot import roundups
from bot.cards import lead_of
from storage import cards, cases, outbox
from storage.db import transaction
from storage.outbox import Message, Op

# What is sent however long it waited: a digest sums up, and a list of this kind does.
KEPT = ("digest ", "overdue ")
LINK = re.compile(r"<[^<>|]*\|([^<>]*)>")


def condense_all(db: Database, now: datetime, only: str | None = None) -> int:
    """As `condense`, for every channel that is not paused; `only`: one tenant's."""
    if not (late := outbox.channels_overdue(db, now - OVERDUE, only)):
        return 0
    with transaction(db):
        return sum(condense(db, tenant, channel, now) for tenant, channel in late)


def condense(db: Database, tenant: str, channel: str, now: datetime) -> int:
    """Puts one list in the place of the alerts that have waited too long in a channel, where they are too many; how
    many it stands for. To be called in a transaction.

    A card that was never posted will not be, unless there is fresh news of it: the next opens another. Updates of cards
    that are there are sent: they ring for nobody."""
    waiting = outbox.waiting(db, tenant, channel)
    fresh = {(one.case, one.number) for one, queued in waiting if one.case and now - max(queued, one.due_at) <= OVERDUE}
    old = [(one, queued) for one, queued in waiting if now - queued > OVERDUE and _goes(one, fresh)]
    if not overdue([queued for _, queued in old], now):
        return 0
    late = [one for one, _ in old]
    payload = roundups.overdue(_told(db, late), min(queued for _, queued in old), now)
    key = f"overdue {channel} {now.isoformat()}"
    outbox.stand_in(db, late, Message(tenant=tenant, key=key, channel=channel, op=Op.POST, payload=payload, due_at=now))
    for one in late:
        _forget_card(db, one)
    return len(late)


def _goes(one: Message, fresh: Collection[tuple[str | None, int | None]]) -> bool:
    """Whether an old message may be one of a list: a card with fresh news is posted, which stands in it."""
    if one.key.startswith(KEPT) or one.op not in (Op.POST, Op.REPLY):
        return False
    return one.op is Op.REPLY or (one.case, one.number) not in fresh


def _told(db: Database, late: list[Message]) -> list[roundups.Told]:
    """What the messages would have said: each case once, and the words of those that are about none."""
    told: dict[str, roundups.Told] = {}
    for one in late:
        case = one.case and cases.resolve(db, one.case)
        told.setdefault(case or one.key, lead_of(cases.view(db, case)) if case else _plain(one.payload["text"]))
    return list(told.values())


def _plain(text: str) -> str:
    return html.unescape(LINK.sub(r"\1", text.split("\n")[0]))


def _forget_card(db: Database, one: Message) -> None:
    if one.op is not Op.POST or one.case is None or one.number is None:
        return
    if card := cards.get(db, one.tenant, one.channel, one.case, one.number):
        cards.lost(db, card)
        outbox.drop_waiting(db, card.tenant, card.channel, card.case, card.number)
