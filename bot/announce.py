"""From stored claims to the messages of each channel, inside the transaction that stores them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlite_utils import Database

from attribution.announce import LATE_AFTER, MOST_CARDS, Act, Heard, Standing, act, opening
from attribution.model import Claim, Found
from attribution.query import Query
from attribution.view import CaseView, Correction
from attribution.words import who
from bot import cards as rendered
from bot import marks, roundups
from bot.reported import reported
from storage import cards, cases, channels, claims, feedback, outbox
from storage.cards import Card
from storage.channels import Channel
from storage.outbox import Message, Op

Payload = dict[str, object]
LATE = "late "  # how the key of a list of late statements begins; the first one's number follows


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A claim just stored under a case: what it added, how it was heard, and whether its kind is the strongest yet."""

    found: Found
    case: str
    added: frozenset[str]
    heard: Heard
    stronger: bool


def announce(db: Database, post: int, told: Sequence[News], now: datetime) -> None:
    """Queues what one post's fresh claims are to each channel: cards, updates, replies."""
    for channel, queries in channels.listeners(db):
        _tell(db, channel, queries, post, told, now)


def tell_own(db: Database, owner: str, post: int, found: Sequence[Found], now: datetime) -> None:
    """Queues what a post of a workspace's own feed says to those of its channels that asked for any of it."""
    for channel, queries in channels.listeners(db):
        wanted = [one for one in found if any(query.matches(one) for query in queries)]
        if wanted and channel.tenant == owner:
            _post(db, channel, f"own {post} {now.isoformat()}", reported(wanted, now), now)


def tell_late(db: Database, late: Sequence[News], now: datetime) -> None:
    """Queues one message, "Seen late", for each channel that asked for any of these and has no digest for them; cards
    that are there already show them, too."""
    for case in dict.fromkeys(one.case for one in late):
        correct(db, case, (), now)
    for channel, queries in channels.listeners(db):
        wanted = [one.found for one in late if any(query.matches(one.found) for query in queries)]
        if wanted and channel.digest_day is None:
            _list_late(db, channel, queries, wanted, now)


def _list_late(db: Database, channel: Channel, queries: Sequence[Query], wanted: list[Found], now: datetime) -> None:
    """Adds statements to the list of late ones that waits to be sent to a channel, or begins one."""
    waiting = next((one for one, _ in outbox.waiting(db, channel.tenant, channel.id) if one.key.startswith(LATE)), None)
    if waiting is None or waiting.tried_at:
        payload, due = roundups.late(wanted, now), now + LATE_AFTER
        key = f"{LATE}{wanted[0].id} {channel.id}"
        one = Message(tenant=channel.tenant, key=key, channel=channel.id, op=Op.POST, payload=payload, due_at=due)
        outbox.put(db, one, now)
        return
    first = int(waiting.key.split()[1])
    since = [one for one in claims.recorded(db, first - 1, Heard.LATE) if one.case and one.withdrawn_at is None]
    listed = [one for one in since if any(query.matches(one) for query in queries)]
    outbox.change(db, waiting, roundups.late(listed or wanted, now))


def correct(db: Database, case: str, was: Sequence[Claim], now: datetime) -> None:
    """Brings a case's cards up to date after an edit or a merge; `was`: claims they showed that are no longer so."""
    for card in cards.every(db, case):
        if card.state == cards.OPEN:
            for claim in was:
                card = cards.correct(db, card, Correction(at=now, was=who(claim)))
            _update(db, card, now, "correction")


def moved(db: Database, case: str, into: str, now: datetime) -> None:
    """Makes the cards of a case that was merged those of the other; where a channel has one of that already, says so on
    the first and closes it."""
    for card in cards.of_case(db, case):
        if cards.latest(db, card.tenant, card.channel, into) is None:
            cards.adopt(db, card.tenant, card.channel, case, into)
        elif card.state == cards.OPEN:
            text = f"Case {case} is now part of case {into}: its statements are on that card."
            message = _message(card, Op.UPDATE, f"merged {_address(card)}", rendered.notice(text), now)
            outbox.put_update(db, message, now)
            cards.close(db, card)


def _tell(
    db: Database, channel: Channel, queries: Sequence[Query], post: int, fresh: Sequence[News], now: datetime
) -> None:
    acts = [(one, _act(db, channel, queries, one, now)) for one in fresh]
    to_open = opening((one.found, what) for one, what in acts)
    if len(to_open) > MOST_CARDS:
        views = [cases.view(db, case) for case in to_open]
        _post(db, channel, f"listing {post} {now.isoformat()}", roundups.listing(views, now), now)
    else:
        for case, found in to_open.items():
            _open(db, channel, case, found.id, now)
    for one, what in acts:
        if what in (Act.UPDATE, Act.UPDATE_AND_REPLY) and one.case not in to_open:
            _follow(db, channel, one, now, reply=what is Act.UPDATE_AND_REPLY)


def redraw(db: Database, redrawn: Sequence[Card], now: datetime, why: str) -> None:
    """Shows cards as they are now, after a person changed what stands on them; `why`: a word of no other change."""
    for card in redrawn:
        if card.state == cards.OPEN:
            _update(db, card, now, why)


def _act(db: Database, channel: Channel, queries: Sequence[Query], one: News, now: datetime) -> Act:
    card = cards.latest(db, channel.tenant, channel.id, one.case)
    standing = Standing(has_card=card is not None and card.state == cards.OPEN, news_at=card.news_at if card else None)
    matches = any(query.matches(one.found) for query in queries)
    what = act(one.added, standing, now, matches=matches, stronger=one.stronger, threads=channel.threads)
    # Who hid a card wants to hear no more of its case here, nor from a successor; its line counts what came since.
    hidden = standing.has_card and card is not None and card.hidden is not None
    return Act.UPDATE if hidden and what is not Act.NOTHING else what


def _open(db: Database, channel: Channel, case: str, claim: int, now: datetime) -> None:
    card = cards.add(db, channel.tenant, channel.id, case, now, opened_by=claim)
    _queue(db, card, Op.POST, f"card {_address(card)}", _shown(db, card, now), now)


def _follow(db: Database, channel: Channel, one: News, now: datetime, *, reply: bool) -> None:
    card = cards.latest(db, channel.tenant, channel.id, one.case)
    assert card is not None, "an update has a card"
    cards.heard(db, card, now)
    _update(db, card, now, str(one.found.id))
    if reply:
        payload = rendered.reply(_view(db, card), one.found, now)
        _queue(db, card, Op.REPLY, f"reply {_address(card)} {one.found.id}", payload, now)


def _update(db: Database, card: Card, now: datetime, why: str) -> None:
    key = f"update {_address(card)} {why} {now.isoformat()}"
    outbox.put_update(db, _message(card, Op.UPDATE, key, _shown(db, card, now), now), now)


def _shown(db: Database, card: Card, now: datetime) -> Payload:
    view = _view(db, card)
    if card.hidden:
        return marks.hidden(view, card.hidden, now)
    disputed = marks.disputed(feedback.standing(db, card.tenant, card.case), view)
    buttons = [marks.details(card.case), marks.report(card.case)]
    return rendered.card(view, now, opened_by=card.opened_by, disputed=disputed, buttons=buttons)


def _view(db: Database, card: Card) -> CaseView:
    before = cards.get(db, card.tenant, card.channel, card.case, card.number - 1)
    view = cases.view(db, card.case)
    return replace(view, previous_url=before.link if before else None, corrections=card.corrections)


def _queue(db: Database, card: Card, op: Op, key: str, payload: Payload, now: datetime) -> None:
    outbox.put(db, _message(card, op, key, payload, now), now)


def _message(card: Card, op: Op, key: str, payload: Payload, now: datetime) -> Message:
    return Message(
        tenant=card.tenant,
        key=key,
        channel=card.channel,
        op=op,
        payload=payload,
        due_at=now,
        case=card.case,
        number=card.number,
    )


def _post(db: Database, channel: Channel, what: str, payload: Payload, now: datetime) -> None:
    key = f"{what} {channel.id}"
    message = Message(tenant=channel.tenant, key=key, channel=channel.id, op=Op.POST, payload=payload, due_at=now)
    outbox.put(db, message, now)


def _address(card: Card) -> str:
    return f"{card.channel} {card.case} {card.number}"
