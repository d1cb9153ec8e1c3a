"""The outbox: messages to send, each sent once, a channel's oldest first and one at a time."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from attribution.retry import LOOK_UP_AFTER
from storage.db import FARTHEST, Row, instant, moment, row, rows, run, stamp


class Op(StrEnum):
    """What a message does in Slack; a reply and an update wait until their card has been posted."""

    POST = "post"
    REPLY = "reply"
    UPDATE = "update"
    DIRECT = "direct"


class State(StrEnum):
    """Where a message is. DOUBT: nobody knows whether it arrived, so it is looked up before it is sent again."""

    READY = "ready"
    SENDING = "sending"
    DOUBT = "doubt"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to a channel (for DIRECT: a user). `key` is what it is sent once by; `case` and `number` name its card;
    `payload` is what Slack's method takes beside the address; `root_ts`: its card's message; `doubted`: it may have
    arrived already; `attempts`: tries but for those put off, which are `waits`; `tried_at`: when it was
    last taken to be sent."""

    tenant: str
    key: str
    channel: str
    op: Op
    payload: dict[str, Any]
    due_at: datetime
    case: str | None = None
    number: int | None = None
    state: State = State.READY
    attempts: int = 0
    waits: int = 0
    ts: str | None = None
    root_ts: str | None = None
    doubted: bool = False
    tried_at: datetime | None = None


WAITING = "('ready', 'sending', 'doubt')"
# What was queued or tried in the future was put off by a clock that was wrong then: its time has come.
# A channel that is paused is tried at its time; one far ahead was set by a clock that was wrong.
OPEN = "(c.paused_at is null or c.try_at <= :now or c.try_at > :farthest)"
DUE = "(o.due_at <= :now or coalesce(o.taken_at, o.created_at) > :now)"


def put(db: Database, message: Message, now: datetime) -> bool:
    """Queues a message; whether it is a new one: the same key is never sent twice. A waiting update is replaced."""
    sql = """
        insert into outbox (tenant, key, seq, channel, op, case_id, number, payload, state, created_at, due_at)
        values (:tenant, :key, (select coalesce(max(seq), 0) + 1 from outbox), :channel, :op, :case, :number, :payload,
            'ready', :now, :due)
        on conflict (tenant, key) do nothing"""
    values = {"tenant": message.tenant, "key": message.key, "channel": message.channel, "op": message.op}
    payload = json.dumps(message.payload, ensure_ascii=False)
    where = {"case": message.case, "number": message.number}
    return run(db, sql, payload=payload, now=stamp(now), due=stamp(message.due_at), **values, **where) == 1


def put_update(db: Database, message: Message, now: datetime) -> None:
    """Queues an update of a card. One that still waits is replaced, so that a card only moves forward."""
    sql = """update outbox set payload = :payload, due_at = case when taken_at is null then :due else due_at end
             where tenant = :tenant and channel = :channel and op = 'update'
             and case_id = :case and number = :number and state = 'ready'"""
    payload = json.dumps(message.payload, ensure_ascii=False)
    where = {"tenant": message.tenant, "channel": message.channel, "case": message.case, "number": message.number}
    if not run(db, sql, payload=payload, due=stamp(message.due_at), **where) and not put(db, message, now):
        # Its key is that of one which is on its way already: two changes at one reading of the clock.
        latest = row(db, "select max(seq) as seq from outbox") or {}
        put(db, replace(message, key=f"{message.key} after {latest['seq']}"), now)


def take(db: Database, now: datetime, only: str | None = None) -> Message | None:
    """Takes the next message that may be sent now, None if there is none; nobody else is given it.

    One that has been tried holds up its channel until it is settled; one whose time has not come yet holds up nobody.
    `only`: one tenant's."""
    sql = f"""
        update outbox set state = 'sending', taken_at = :now, attempts = attempts + 1
        where state = 'ready' and (tenant, key) = (
            select o.tenant, o.key from outbox o
            left join cards k on k.tenant = o.tenant and k.channel = o.channel
                and k.case_id = o.case_id and k.number = o.number
            left join channels c on c.tenant = o.tenant and c.id = o.channel
            where o.state = 'ready' and {DUE}
              and {OPEN}
              and (:only is null or o.tenant = :only)
              and (o.op in ('post', 'direct') or k.ts is not null)
              and not exists (
                  select 1 from outbox older where older.tenant = o.tenant and older.channel = o.channel
                  and older.state in {WAITING} and older.seq < o.seq
                  and (older.due_at <= :now or older.taken_at is not null or older.created_at > :now))
            order by o.seq limit 1)
        returning *"""  # noqa: S608 - constants
    found = row(db, sql, now=stamp(now), farthest=stamp(now + FARTHEST), only=only)
    return _message(db, found) if found else None


def tenants_due(db: Database, now: datetime) -> list[str]:
    """The tenants that have messages whose time has come, or that somebody took; what waits in a paused channel makes
    no work until that is tried."""
    sql = f"""
        select distinct o.tenant from outbox o
        left join channels c on c.tenant = o.tenant and c.id = o.channel
        where o.state in {WAITING} and {DUE} and (o.state <> 'ready' or {OPEN})"""  # noqa: S608 - constants
    return [found["tenant"] for found in rows(db, sql, now=stamp(now), farthest=stamp(now + FARTHEST))]


def take_doubtful(db: Database, now: datetime, only: str | None = None) -> Message | None:
    """The next message whose arrival is to be looked up now, None if there is none."""
    sql = f"""
        update outbox set state = 'sending'
        where state = 'doubt' and (tenant, key) = (
            select o.tenant, o.key from outbox o where o.state = 'doubt' and {DUE}
            and (:only is null or o.tenant = :only) order by o.seq limit 1)
        returning *"""  # noqa: S608 - a constant
    found = row(db, sql, now=stamp(now), only=only)
    return replace(_message(db, found), doubted=True) if found else None


def sent(db: Database, message: Message, ts: str) -> None:
    """Notes that a message arrived, and under which id."""
    sql = "update outbox set state = 'sent', ts = :ts, problem = null where tenant = :tenant and key = :key"
    run(db, sql, ts=ts, tenant=message.tenant, key=message.key)


def put_off(db: Database, message: Message, due_at: datetime, problem: str) -> None:
    """Lets a message wait because Slack said so: that is no failed try of it."""
    sql = """update outbox set state = 'ready', due_at = :due, problem = :problem, attempts = attempts - 1,
             waits = waits + 1 where tenant = :tenant and key = :key"""
    run(db, sql, due=stamp(due_at), problem=problem, tenant=message.tenant, key=message.key)


def put_back(db: Database, message: Message, state: State, due_at: datetime, problem: str) -> None:
    """Lets a message wait: READY to be sent again, DOUBT to be looked up, DEAD never; with the reason."""
    sql = """update outbox set state = :state, due_at = :due, problem = :problem
             where tenant = :tenant and key = :key"""
    run(db, sql, state=state, due=stamp(due_at), problem=problem, tenant=message.tenant, key=message.key)


def change(db: Database, message: Message, payload: dict[str, Any]) -> None:
    """Gives a message other contents."""
    sql = "update outbox set payload = :payload where tenant = :tenant and key = :key"
    run(db, sql, payload=json.dumps(payload, ensure_ascii=False), tenant=message.tenant, key=message.key)


def interrupted(db: Database, now: datetime, only: str | None = None) -> int:
    """Marks as doubtful, to be looked up in a minute, what was taken to be sent and never settled: by a process that
    died, or where the answer could not be written down. To be called by who sends alone, while nothing is being sent;
    how many messages. `only`: one tenant's."""
    sql = """update outbox set state = 'doubt', due_at = :due, problem = 'interrupted'
             where state = 'sending' and (:only is null or tenant = :only)"""
    return run(db, sql, due=stamp(now + LOOK_UP_AFTER), only=only)


def doubt_all(db: Database, now: datetime) -> int:
    """Marks as doubtful all that waits and can be looked up: a copy of a database cannot know what was sent since; how
    many messages."""
    sql = """update outbox set state = 'doubt', due_at = :now, problem = 'restored',
                 attempts = case when attempts > 0 then attempts else 1 end,
                 taken_at = coalesce(taken_at, created_at)
             where state in ('ready', 'sending') and (op in ('post', 'direct') or exists (
                 select 1 from cards k where k.tenant = outbox.tenant and k.channel = outbox.channel
                 and k.case_id = outbox.case_id and k.number = outbox.number and k.ts is not null))"""
    return run(db, sql, now=stamp(now))


def waiting(db: Database, tenant: str, channel: str) -> list[tuple[Message, datetime]]:
    """A channel's messages that wait to be sent and are not in doubt, oldest first, each with when it was queued."""
    sql = "select * from outbox where tenant = :tenant and channel = :channel and state = 'ready' order by seq"
    return [(_message(db, one), instant(one["created_at"])) for one in rows(db, sql, tenant=tenant, channel=channel)]


def channels_overdue(db: Database, before: datetime, only: str | None = None) -> list[tuple[str, str]]:
    """The tenant and the id of each channel that is not paused and where an alert waits since before a time; `only`:
    one tenant's."""
    sql = """select distinct o.tenant, o.channel from outbox o
             join channels c on c.tenant = o.tenant and c.id = o.channel and c.paused_at is null
             where o.state = 'ready' and o.op in ('post', 'reply') and o.created_at < :before
             and (:only is null or o.tenant = :only)"""
    return [(one["tenant"], one["channel"]) for one in rows(db, sql, before=stamp(before), only=only)]


def stand_in(db: Database, old: list[Message], new: Message) -> None:
    """Puts a message where the first of others stood, which are forgotten."""
    where = "tenant = :tenant and key = :key"
    first = row(db, f"select seq, created_at from outbox where {where}", tenant=old[0].tenant, key=old[0].key)  # noqa: S608 - a constant
    assert first is not None, "what stands in stands for something"
    for one in old:
        run(db, f"delete from outbox where {where}", tenant=one.tenant, key=one.key)  # noqa: S608 - a constant
    put(db, new, new.due_at)
    run(db, f"update outbox set seq = :seq where {where}", seq=first["seq"], tenant=new.tenant, key=new.key)  # noqa: S608 - a constant


def drop_waiting(db: Database, tenant: str, channel: str, case: str, number: int) -> None:
    """Forgets the replies and updates that wait for a card which is there no more."""
    sql = """delete from outbox where tenant = :tenant and channel = :channel and case_id = :case and number = :number
             and op in ('reply', 'update') and state = 'ready'"""
    run(db, sql, tenant=tenant, channel=channel, case=case, number=number)


def forget(db: Database, before: datetime) -> int:
    """Deletes messages from before a time that arrived or were given up; how many. Of each channel's last that arrived
    stays when that was, without its words."""
    run(db, "update outbox set payload = '{}' where state = 'sent' and created_at < :before", before=stamp(before))
    sql = """delete from outbox where state in ('sent', 'dead') and created_at < :before and not (
                 state = 'sent' and seq = (
                     select max(seq) from outbox last where last.tenant = outbox.tenant
                     and last.channel = outbox.channel and last.state = 'sent'))"""
    return run(db, sql, before=stamp(before))


def depth(db: Database) -> dict[str, int]:
    """How many messages are in each state."""
    found = rows(db, "select state, count(*) as n from outbox group by state")
    return {r["state"]: r["n"] for r in found}


def oldest(db: Database) -> datetime | None:
    """Since when the longest waiting message waits."""
    found = row(db, f"select min(created_at) as since from outbox where state in {WAITING}")  # noqa: S608 - a constant
    return instant(found["since"]) if found and found["since"] else None


def dead(db: Database) -> list[tuple[str, str, str]]:
    """The messages that were given up: channel, key, problem."""
    found = rows(db, "select channel, key, problem from outbox where state = 'dead' order by seq")
    return [(r["channel"], r["key"], r["problem"]) for r in found]


def _message(db: Database, found: Row) -> Message:
    sql = """select ts from cards where tenant = :tenant and channel = :channel
             and case_id = :case_id and number = :number"""
    names = ("tenant", "channel", "case_id", "number")
    card = row(db, sql, **{name: found[name] for name in names})
    return Message(
        tenant=found["tenant"],
        key=found["key"],
        channel=found["channel"],
        op=Op(found["op"]),
        payload=json.loads(found["payload"]),
        due_at=instant(found["due_at"]),
        case=found["case_id"],
        number=found["number"],
        state=State(found["state"]),
        attempts=found["attempts"],
        waits=found["waits"],
        ts=found["ts"],
        root_ts=card["ts"] if card else None,
        tried_at=moment(found["taken_at"]),
    )
