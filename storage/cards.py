"""Cards: one message a channel and case that stays current, and its successors."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from attribution.view import Correction
from storage.db import Row, instant, row, rows, run, stamp

OPEN, CLOSED, GONE = "open", "closed", "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """That a card was taken out of sight: by whom (Slack's id), why in their words, and when."""

    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of a case in a channel. `number` counts the case's cards there from 1; `ts`: Slack's id of the message,
    None until it is sent; `link`: where it can be read; `opened_by`: the claim that it leads with; `state`: open,
    closed when its case was merged into another, gone where Slack has it no more; `hidden`: None where it is in
    sight."""

    tenant: str
    channel: str
    case: str
    number: int
    state: str = OPEN
    ts: str | None = None
    link: str | None = None
    opened_by: int | None = None
    opened_at: datetime
    news_at: datetime
    corrections: tuple[Correction, ...] = ()
    hidden: Hidden | None = None


def latest(db: Database, tenant: str, channel: str, case: str) -> Card | None:
    """The newest card of a case in a channel, None if it has none."""
    sql = """select * from cards where tenant = :tenant and channel = :channel and case_id = :case
             order by number desc limit 1"""
    found = row(db, sql, tenant=tenant, channel=channel, case=case)
    return _card(found) if found else None


def get(db: Database, tenant: str, channel: str, case: str, number: int) -> Card | None:
    """One card."""
    sql = "select * from cards where tenant = :tenant and channel = :channel and case_id = :case and number = :number"
    found = row(db, sql, tenant=tenant, channel=channel, case=case, number=number)
    return _card(found) if found else None


def of_case(db: Database, case: str) -> list[Card]:
    """The newest card of a case in each channel that has one."""
    sql = """select c.* from cards c where c.case_id = :case and c.number = (
                 select max(number) from cards n
                 where n.tenant = c.tenant and n.channel = c.channel and n.case_id = c.case_id)
             order by c.tenant, c.channel"""
    return [_card(found) for found in rows(db, sql, case=case)]


def every(db: Database, case: str) -> list[Card]:
    """All cards of a case, older ones among them: each shows the case, and is corrected with it."""
    found = rows(db, "select * from cards where case_id = :case order by tenant, channel, number", case=case)
    return [_card(one) for one in found]


def here(db: Database, tenant: str, channel: str, case: str) -> list[Card]:
    """All cards of a case in one channel, oldest first."""
    sql = "select * from cards where tenant = :tenant and channel = :channel and case_id = :case order by number"
    return [_card(one) for one in rows(db, sql, tenant=tenant, channel=channel, case=case)]


def of_tenant(db: Database, tenant: str, case: str) -> list[Card]:
    """All cards of a case in one tenant's channels."""
    sql = "select * from cards where tenant = :tenant and case_id = :case order by channel, number"
    return [_card(one) for one in rows(db, sql, tenant=tenant, case=case)]


def hide(db: Database, tenant: str, channel: str, case: str, hidden: Hidden) -> None:
    """Takes a case's cards in one channel out of sight."""
    sql = """update cards set hidden_by = :by, hidden_why = :why, hidden_at = :at
             where tenant = :tenant and channel = :channel and case_id = :case"""
    who = {"by": hidden.by, "why": hidden.why, "at": stamp(hidden.at)}
    run(db, sql, tenant=tenant, channel=channel, case=case, **who)


def unhide(db: Database, tenant: str, channel: str, case: str) -> None:
    """Brings a case's cards in one channel back into sight."""
    sql = """update cards set hidden_by = null, hidden_why = null, hidden_at = null
             where tenant = :tenant and channel = :channel and case_id = :case"""
    run(db, sql, tenant=tenant, channel=channel, case=case)


def adopt(db: Database, tenant: str, channel: str, case: str, into: str) -> None:
    """Makes a channel's cards of one case, with what waits for them, cards of another that it has none of."""
    where = {"tenant": tenant, "channel": channel, "case": case, "into": into}
    for table in ("cards", "outbox"):
        sql = f"""update {table} set case_id = :into
                  where tenant = :tenant and channel = :channel and case_id = :case"""  # noqa: S608 - our own tables
        run(db, sql, **where)


def add(db: Database, tenant: str, channel: str, case: str, now: datetime, opened_by: int | None = None) -> Card:
    """Opens the next card of a case in a channel; `opened_by`: the claim that opens it."""
    before = latest(db, tenant, channel, case)
    number = before.number + 1 if before else 1
    sql = """insert into cards (tenant, channel, case_id, number, state, opened_by, opened_at, news_at)
             values (:tenant, :channel, :case, :number, :state, :opened_by, :now, :now)"""
    run(
        db,
        sql,
        tenant=tenant,
        channel=channel,
        case=case,
        number=number,
        state=OPEN,
        opened_by=opened_by,
        now=stamp(now),
    )
    found = get(db, tenant, channel, case, number)
    assert found is not None, "a card just added exists"
    return found


def heard(db: Database, card: Card, now: datetime) -> None:
    """Notes when a card last had news."""
    _set(db, card, "news_at", stamp(now))


def posted(db: Database, card: Card, ts: str, link: str | None) -> None:
    """Notes the message that a card has become."""
    _set(db, card, "ts", ts)
    _set(db, card, "link", link)


def close(db: Database, card: Card) -> None:
    """Notes that a card's case was merged into another: nothing more follows it."""
    _set(db, card, "state", CLOSED)


def lost(db: Database, card: Card) -> None:
    """Notes that the message is there no more; the next matching news opens a new card."""
    _set(db, card, "state", GONE)


def correct(db: Database, card: Card, correction: Correction) -> Card:
    """Adds to a card what it said before."""
    corrections = (*card.corrections, correction)
    _set(db, card, "corrections", json.dumps([[stamp(one.at), one.was] for one in corrections], ensure_ascii=False))
    found = get(db, card.tenant, card.channel, card.case, card.number)
    assert found is not None, "a card that is corrected exists"
    return found


def _set(db: Database, card: Card, column: str, value: str | None) -> None:
    sql = f"""update cards set {column} = :value where tenant = :tenant and channel = :channel
              and case_id = :case and number = :number"""  # noqa: S608 - our own column names
    run(db, sql, value=value, tenant=card.tenant, channel=card.channel, case=card.case, number=card.number)


def _card(found: Row) -> Card:
    return Card(
        tenant=found["tenant"],
        channel=found["channel"],
        case=found["case_id"],
        number=found["number"],
        state=found["state"],
        ts=found["ts"],
        link=found["link"],
        opened_by=found["opened_by"],
        opened_at=instant(found["opened_at"]),
        news_at=instant(found["news_at"]),
        corrections=tuple(Correction(at=instant(at), was=was) for at, was in json.loads(found["corrections"])),
        hidden=_hidden(found),
    )


def _hidden(found: Row) -> Hidden | None:
    if found["hidden_at"] is None:
        return None
    return Hidden(by=found["hidden_by"], why=found["hidden_why"], at=instant(found["hidden_at"]))
