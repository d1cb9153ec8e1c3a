"""A channel's settings: subscribe, unsubscribe, threads, digest and list, as replies; settings_store writes them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from attribution.digest import last_due
from attribution.query import Query, written
from attribution.retry import Tried
from attribution.words import counted
from bot import paging, refusals, settings_store
from bot.answers import asked
from bot.blocks import Part, Run, bullets, date, fits, line, message, rich, section, shown, words
from bot.cards import notice
from bot.commands import DAYS, Threads, Unsubscribe, WeeklyDigest
from bot.deliver import Sent
from bot.digests import heard_lately
from bot.escape import mrkdwn
from bot.reply import Confirm, Reply, Viewer
from bot.telling import flat
from storage import channels, delivered, outbox
from storage.channels import Channel, Subscription
from storage.db import transaction
from storage.outbox import Message, Op

WEEK = timedelta(days=7)
MOST_SUBSCRIPTIONS = 20  # a channel's: more is a list nobody keeps, and each is asked of every claim
LONGEST = 500  # characters of a subscribed question: twenty of them still fit into one list
ROW_LENGTHS = (LONGEST + 200, 200, 80)
TOO_LONG = f"That is longer than {LONGEST} characters: subscribe to several smaller questions."
OPEN = "settings_open"  # what the button is called that opens the form
BEGIN = "Begin with /attribution subscribe iran, or any other question."


def meaning(query: Query) -> str:
    """A question in words, with how to write it: "attributions to Iran (accused:ir)"."""
    return f"attributions{asked(query)} ({written(query)})" if query != Query() else "every attribution"


def subscribe(db: Database, viewer: Viewer, query: Query, now: datetime) -> Reply:
    """What the channel is to hear of, to be confirmed there first."""
    had = [one.query for one in channels.subscriptions(db, viewer.tenant, viewer.channel)]
    if query in had:
        return Reply(payload=notice(f"This channel has already subscribed to {meaning(query)}."))
    if len(written(query)) > LONGEST:
        return Reply(payload=notice(TOO_LONG))
    if len(had) >= MOST_SUBSCRIPTIONS:
        return Reply(payload=notice(f"This channel has {MOST_SUBSCRIPTIONS} subscriptions: unsubscribe one first."))
    return Reply(
        payload=notice(f"Subscribed to {meaning(query)}. What is new comes here; /attribution list shows all."),
        confirm=Confirm(
            message=confirmation(viewer, f"This channel now hears of {meaning(query)}.", now),
            channel=new_channel(viewer, now),
            subscriptions=(subscription(viewer, query, now),),
            by=viewer,
            again=f"/attribution subscribe {written(query)}".strip(),
        ),
    )


def store(db: Database, confirm: Confirm, sent: Sent, now: datetime) -> None:
    """Stores what was confirmed in the channel, with the confirmation; a new channel's past is not digested."""
    tenant, channel = confirm.channel.tenant, confirm.channel.id
    with transaction(db):
        before = channels.get(db, tenant, channel)
        if before is None:
            settings_store.add_channel(db, confirm.by, confirm.channel, now)
        elif confirm.channel.digest_day is not None:  # somebody was quicker to bring the bot here
            settings_store.set_digest(db, confirm.by, before, _with_digest_of(before, confirm.channel), now)
        if before is not None and before.threads and not confirm.channel.threads:
            settings_store.set_threads(db, confirm.by, before, now, on=False)
        channels.resume(db, tenant, channel)
        had = len(channels.subscriptions(db, tenant, channel))
        for one in confirm.subscriptions[: max(0, MOST_SUBSCRIPTIONS - had)]:
            settings_store.subscribe(db, confirm.by, one, now)
        outbox.put(db, confirm.message, now)
        outbox.sent(db, confirm.message, sent.ts)


def refused(confirm: Confirm, tried: Tried) -> Part:
    """Why nothing was stored, and what to do."""
    return notice(f"{refusals.why(tried)}, then {confirm.again} again. Nothing is stored ({tried.code}).")


def _with_digest_of(channel: Channel, other: Channel) -> Channel:
    return replace(channel, digest_day=other.digest_day, digest_time=other.digest_time, zone=other.zone)


def unsubscribe(db: Database, viewer: Viewer, command: Unsubscribe, now: datetime) -> Reply:
    """Takes back one subscription, the only one, or all."""
    had = [one.query for one in channels.subscriptions(db, viewer.tenant, viewer.channel)]
    if command.everything:
        gone = had
    elif command.query is None:
        gone = had if len(had) == 1 else [query for query in had if query == Query()]
    else:
        gone = [query for query in had if query == command.query]
    if not gone:
        return Reply(payload=notice(_nothing_to_take_back(had)))
    with transaction(db):
        for query in gone:
            settings_store.unsubscribe(db, viewer, viewer.channel, query, now)
    left = f"{counted(len(had) - len(gone), 'subscription')} left." if len(had) > len(gone) else "None is left."
    return Reply(payload=notice(f"No more {'; '.join(map(meaning, gone))}. {left}"))


def _nothing_to_take_back(had: Sequence[Query]) -> str:
    if not had:
        return "This channel has subscribed to nothing, so there is nothing to take back."
    ways = "\n".join(f"/attribution unsubscribe {written(query)}".strip() for query in had)
    return f"Which one? This channel has:\n{ways}\n/attribution unsubscribe all takes all back."


def threads(db: Database, viewer: Viewer, command: Threads, now: datetime) -> Reply:
    """Sets whether news is also a reply in a card's thread."""
    channel = channels.get(db, viewer.tenant, viewer.channel)
    if channel is None:
        return Reply(payload=notice("This channel has subscribed to nothing yet: /attribution subscribe comes first."))
    with transaction(db):
        settings_store.set_threads(db, viewer, channel, now, on=command.on)
    said = "is also a reply in its thread" if command.on else "updates it, without a reply in its thread"
    return Reply(payload=notice(f"From now on news to a card {said}."))


# The digest


def weekly(db: Database, viewer: Viewer, command: WeeklyDigest, now: datetime) -> Reply:
    """Sets when the channel gets its digest; in a channel new to the bot that is to be confirmed first."""
    before = channels.get(db, viewer.tenant, viewer.channel)
    channel = replace(
        before or new_channel(viewer, now),
        digest_day=command.day,
        digest_time=command.at,
        zone=command.zone or (before.zone if before else "UTC"),
    )
    if before is None:
        again = f"/attribution digest {settings_store.digest_typed(channel)}"
        posted = confirmation(viewer, f"This channel now gets a digest {when(channel)}.", now)
        confirm = Confirm(message=posted, channel=channel, by=viewer, again=again)
        return Reply(payload=_told(promise(channel, now)), confirm=confirm)
    with transaction(db):
        after = settings_store.set_digest(db, viewer, before, channel, now)
    return Reply(payload=_told(promise(after, now)))


def no_digest(db: Database, viewer: Viewer, now: datetime) -> Reply:
    """Ends the channel's digest."""
    channel = channels.get(db, viewer.tenant, viewer.channel)
    if channel is None or channel.digest_day is None:
        return Reply(payload=notice("This channel gets no digest already."))
    with transaction(db):
        settings_store.set_digest(db, viewer, channel, replace(channel, digest_day=None), now)
    return Reply(payload=notice("No more digest. /attribution digest now shows one at any time."))


def shown_digest(db: Database, viewer: Viewer, now: datetime) -> Reply:
    """When the channel's next digest comes."""
    channel = channels.get(db, viewer.tenant, viewer.channel)
    if channel is None or channel.digest_day is None:
        return Reply(payload=notice("This channel gets no digest.\n/attribution digest weekly mon 09:00 Europe/London"))
    return Reply(payload=_told(promise(channel, now)))


def next_digest(channel: Channel, now: datetime) -> datetime | None:
    """When the next digest of a channel is due; None if it gets none. A week has one digest at most."""
    if channel.digest_day is None:
        return None
    zone = ZoneInfo(channel.zone)
    coming = (last_due(now + WEEK * ahead, channel.digest_day, channel.digest_time, zone) for ahead in (0, 1, 2))
    return next(due for week, due in coming if due > now and week > (channel.digest_week or ""))


def promise(channel: Channel, now: datetime) -> Run:
    """When a channel gets its digest, and when the next one comes."""
    due = next_digest(channel, now)
    coming = line(words(" The next: "), date(due, now, _at(due, channel)), words(".")) if due else []
    return line(words(f"This channel gets a digest {when(channel)}."), coming)


def _told(run: Run) -> Part:
    return message(mrkdwn(flat(run)), [rich(section(run))])


def when(channel: Channel) -> str:
    """When a channel gets its digest: "every Monday at 09:00 (UTC)"."""
    day = DAYS[(channel.digest_day or 1) - 1].capitalize()
    return f"every {day} at {channel.digest_time:%H:%M} ({channel.zone})"


def _at(due: datetime, channel: Channel) -> str:
    local = due.astimezone(ZoneInfo(channel.zone))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


# The list


def shown_list(db: Database, viewer: Viewer, now: datetime) -> Reply:
    """What the channel has subscribed to, and whether its messages arrive."""
    channel = channels.get(db, viewer.tenant, viewer.channel)
    had = [one.query for one in channels.subscriptions(db, viewer.tenant, viewer.channel)]
    subscribed = [_health(db, viewer, query, now) for query in had]
    settings = list(_settings(db, channel, now)) if channel else [words(BEGIN)]
    tried = (_list([shown(one, most) for one in subscribed], settings) for most in ROW_LENGTHS)
    fitting = next((payload for payload in tried if fits(payload)), None)
    form = settings_button("Settings", viewer.channel)
    return Reply(payload=paging.with_buttons(fitting or _list([], settings), [form]))


def settings_button(label: str, channel: str, action: str = OPEN) -> Part:
    """A button that opens the form of a channel's settings."""
    text = {"type": "plain_text", "text": label, "emoji": True}
    return {"type": "button", "action_id": action, "text": text, "value": channel}


def _list(subscribed: Sequence[str], settings: Sequence[Run]) -> Part:
    title = f"This channel has {counted(len(subscribed), 'subscription')}"
    text = mrkdwn("\n".join([title, *subscribed, *map(flat, settings)]))
    below = [section(one) for one in settings]
    return message(text, [rich(section(words(title, "bold")), bullets(map(words, subscribed))), rich(*below)])


def _health(db: Database, viewer: Viewer, query: Query, now: datetime) -> str:
    """A subscription with how much it has heard of late: one that hears nothing may be mistyped."""
    heard = heard_lately(db, query, viewer.tenant, now)
    return f"{meaning(query)}: {counted(heard, 'statement')} in the last 30 days"


def _settings(db: Database, channel: Channel, now: datetime) -> Iterator[Run]:
    if channel.paused_at:
        why = words(f": {why_paused(channel.paused_why)}. Trying again now.")
        yield line(words("PAUSED since "), date(channel.paused_at, now), why)
    yield promise(channel, now) if channel.digest_day else words("No digest.")
    yield words(f"News to a card {'is also a reply in its thread' if channel.threads else 'only updates it'}.")
    sent = delivered.last(db, channel.tenant, channel.id)
    last = line(words("Last message here: "), date(sent, now), words(".")) if sent else []
    yield last or words("No message has been sent here yet.")
    if waiting := delivered.waiting(db, channel.tenant, channel.id):
        yield words(f"{counted(waiting, 'message')} waiting.")


def why_paused(code: str | None) -> str:
    """Why nothing is sent to a channel, and what to do about it."""
    return f"{refusals.why(Tried(code=code))} ({code})" if code else "no reason known"


def new_channel(viewer: Viewer, now: datetime) -> Channel:
    """A channel as it begins."""
    return Channel(tenant=viewer.tenant, id=viewer.channel, created_at=now)


def subscription(viewer: Viewer, query: Query, now: datetime) -> Subscription:
    """What somebody asks for in the channel they are in."""
    who = {"tenant": viewer.tenant, "channel": viewer.channel, "created_by": viewer.user}
    return Subscription(query=query, created_at=now, **who)


def confirmation(viewer: Viewer, text: str, now: datetime) -> Message:
    """What everybody in a channel is shown before a setting is stored."""
    said = notice(f"{text}\n/attribution list shows what it hears of; /attribution help what else there is.")
    key = f"subscribed {viewer.channel} {viewer.user} {now.astimezone(UTC).isoformat()}"
    return Message(
        tenant=viewer.tenant, key=key, channel=viewer.channel, op=Op.POST, payload=said, due_at=now, tried_at=now
    )
