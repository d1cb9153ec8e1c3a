"""Delivery over the wire: each answer of Slack and what becomes of the message, its card and its channel."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from attribution.model import Claim, Post, Reading
from attribution.query import parse
from attribution.retry import ANSWERS, UNANSWERED_TRIES, Answer, Tried
from bot import charts, ingest, slack
from bot.deliver import deliver
from bot.ingest import Read
from bot.slack import Slack, open_slack, stamp
from bot.tools import Tools
from feeds.worker import Workers
from storage import audit, cards, channels, feeds, outbox, schema
from storage.cards import Card
from storage.channels import Channel, Subscription
from storage.db import Row, connect, row, run
from storage.feeds import FeedState
from storage.outbox import Message, Op
from tests.card_samples import messages as samples
from tests.makers import FCDO, NOW, claim, post
from tests.slack import LocalSlack

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "words"}}]
LONG = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
METHODS = {Op.POST: "chat.postMessage", Op.REPLY: "chat.postMessage", Op.UPDATE: "chat.update"}


@dataclass(slots=True, kw_only=True)
class Office:
    """A Slack, a database with a channel and a case, and what delivers from one to the other."""

    slack: LocalSlack
    far: Slack
    tools: Tools
    channel: str

    async def deliver(self, after: timedelta = timedelta()) -> int:
        """Delivers what is due so long after the beginning."""
        return await deliver(self.tools, self.far, NOW + after)

    def put(self, *messages: Message) -> None:
        with connect(self.tools.database) as db:
            for one in messages:
                outbox.put(db, one, NOW)

    def message(self, key: str, op: Op = Op.POST, card: Card | None = None, **changed: Any) -> Message:
        where = {"case": card.case, "number": card.number} if card else {}
        usual: dict[str, Any] = {"tenant": "T", "key": key, "channel": self.channel, "op": op, "due_at": NOW}
        return Message(**usual | {"payload": {"text": key, "blocks": BLOCKS}} | where | changed)

    def card(self) -> Card:
        """A card whose message waits to be sent."""
        with connect(self.tools.database) as db:
            made = cards.add(db, "T", self.channel, "2022-1", NOW)
        self.put(self.message("card", card=made))
        return made

    async def posted_card(self) -> Card:
        """A card that is in the channel."""
        made = self.card()
        await self.deliver()
        return made

    def state(self, key: str) -> tuple[str, datetime, str | None]:
        """A message's state, when it is due, and its problem."""
        found = self.row("select state, due_at, problem from outbox where key = :key", key=key)
        return found["state"], datetime.fromisoformat(found["due_at"]), found["problem"]

    def row(self, sql: str, **values: Any) -> Row:
        with connect(self.tools.database) as db:
            found = row(db, sql, **values)
        assert found is not None
        return found

    def texts(self, channel: str = "") -> list[str]:
        """What the channel says."""
        return [one.text for one in self.slack.messages(channel or self.channel)]

    def calls(self, method: str) -> int:
        return sum(call.method == method for call in self.slack.calls)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path) as office:
        yield office


@asynccontextmanager
async def opened(folder: Path, *, pace: float = 0.0) -> AsyncIterator[Office]:
    database = f"sqlite:///{folder / 'test.db'}"
    async with LocalSlack(paced=pace > 0) as local, aiohttp.ClientSession() as session:
        channel = local.channel("alerts")
        with connect(database) as db:
            schema.require_current(db)
            feeds.put(db, [(FCDO, None)])
            channels.put(db, Channel(tenant="T", id=channel, created_at=NOW - DAY))
            run(
                db, "insert into cases (id, year, number, opened_at) values ('2022-1', 2022, 1, '2022-09-07T12:00:00Z')"
            )
        async with open_slack(local.bot_token, local.url, pace=pace, patience=1.0) as far:
            with ThreadPoolExecutor(2) as threads:
                tools = Tools(database=database, session=session, workers=Workers(), threads=threads)
                yield Office(slack=local, far=far, tools=tools, channel=channel)


def subscription(channel: str, asked: str, user: str) -> Subscription:
    query = parse(asked, NOW.date())
    return Subscription(tenant="T", channel=channel, query=query, created_by=user, created_at=NOW)


# What arrives


async def test_a_card_arrives_stamped_and_its_link_is_kept(office: Office) -> None:
    await office.posted_card()
    (message,) = office.slack.messages(office.channel)
    assert (message.text, message.blocks, message.metadata) == ("card", BLOCKS, stamp(office.message("card")))
    kept = office.row("select * from cards")
    assert (kept["ts"], kept["link"].rsplit("/p", 1)[1]) == (message.ts, message.ts.replace(".", ""))
    assert office.state("card")[0] == "sent"


async def test_a_card_without_a_link_is_a_card_all_the_same(office: Office) -> None:
    office.slack.next("chat.getPermalink", "internal_error")
    await office.posted_card()
    assert office.row("select ts is not null as sent, link from cards") == {"sent": 1, "link": None}


async def test_news_updates_the_card_and_replies_in_its_thread(office: Office) -> None:
    card = office.card()
    office.put(office.message("update", Op.UPDATE, card), office.message("reply", Op.REPLY, card))
    await office.deliver()
    root, reply = office.slack.messages(office.channel)
    assert (root.text, root.edits[0]["text"], reply.text, reply.thread_ts) == ("update", "card", "reply", root.ts)
    assert root.metadata == stamp(office.message("card"))


async def test_a_person_is_told_directly(office: Office) -> None:
    user = office.slack.user("ana")
    office.put(office.message("paused", Op.DIRECT, channel=user))
    await office.deliver()
    assert office.texts(user) == ["paused"]


async def test_every_kind_of_message_that_there_is_passes(office: Office) -> None:
    payloads = [payload for several in samples().values() for payload in several]
    office.put(*(office.message(f"post {number}", payload=one) for number, one in enumerate(payloads)))
    card = await office.posted_card()
    for number, one in enumerate(payloads):
        office.put(office.message(f"update {number}", Op.UPDATE, card, payload=one))
    await office.deliver()
    assert office.slack.refusals == []
    assert len(office.slack.messages(office.channel)) == len(payloads) + 1
    assert office.calls("chat.update") == len(payloads)


# The table, row by row

WAITS = {
    "rate_limited": MINUTE,
    "service_unavailable": MINUTE,
    "request_timeout": MINUTE,
    "message_limit_exceeded": HOUR,
}
IN_DOUBT = ("hang", "reset", "500", "html", "text", "internal_error", "fatal_error")
PAUSING = sorted(code for code, deed in ANSWERS.items() if deed is Answer.PAUSE_CHANNEL)
SUSPENDING = sorted(code for code, deed in ANSWERS.items() if deed in (Answer.SUSPEND, Answer.ROTATE))
GONE = sorted(code for code, deed in ANSWERS.items() if deed is Answer.CARD_GONE if code != "unthreaded")
DEGRADING = sorted(code for code, deed in ANSWERS.items() if deed is Answer.DEGRADE)


async def test_rate_limited_it_waits_as_long_as_slack_says(office: Office) -> None:
    office.slack.next("chat.postMessage", "ratelimited", retry_after=7)
    office.put(office.message("a"))
    await office.deliver()
    assert office.state("a") == ("ready", NOW + timedelta(seconds=7), "ratelimited")
    assert await office.deliver(timedelta(seconds=6)) == 0
    await office.deliver(timedelta(seconds=7))
    assert office.texts() == ["a"]


@pytest.mark.parametrize(("code", "wait"), WAITS.items())
async def test_what_passes_is_waited_for(office: Office, code: str, wait: timedelta) -> None:
    office.slack.next("chat.postMessage", code)
    office.put(office.message("a"))
    await office.deliver()
    assert office.state("a") == ("ready", NOW + wait, code)
    await office.deliver(wait)
    assert office.texts() == ["a"]


@pytest.mark.parametrize("how", IN_DOUBT)
async def test_what_may_have_arrived_is_looked_up_and_sent_if_it_did_not(office: Office, how: str) -> None:
    office.slack.next("chat.postMessage", how)
    office.card()
    await office.deliver()
    assert office.state("card")[:2] == ("doubt", NOW + MINUTE)
    assert await office.deliver(MINUTE - SECOND) == 0
    await office.deliver(MINUTE)
    assert (office.texts(), office.calls("conversations.history")) == (
        ["card"],
        2,
    )  # by our clock, and whatever it says


@pytest.mark.parametrize("op", [Op.POST, Op.REPLY])
async def test_what_did_arrive_is_found_by_a_clock_that_is_a_century_ahead(office: Office, op: Op) -> None:
    card = await office.posted_card()
    office.slack.next("chat.postMessage", "accept_then_reset")
    century = 36500 * DAY
    office.put(office.message("a", op, card if op is Op.REPLY else None))
    await office.deliver(century)
    await office.deliver(century + MINUTE)
    assert office.texts() == ["card", "a"]


@pytest.mark.parametrize("how", IN_DOUBT)
async def test_what_did_arrive_is_found_and_not_sent_again(office: Office, how: str) -> None:
    office.slack.next("chat.postMessage", f"accept_then_{how}")
    card = office.card()
    await office.deliver()
    await office.deliver(MINUTE)
    (message,) = office.slack.messages(office.channel)
    kept = office.row("select * from cards")
    assert (kept["ts"], kept["number"], bool(kept["link"])) == (message.ts, card.number, True)
    assert (office.calls("chat.postMessage"), office.state("card")[0]) == (1, "sent")


@pytest.mark.parametrize("code", [*PAUSING, "restricted_action", "restricted_action_read_only_channel"])
async def test_a_channel_that_refuses_is_paused_and_loses_nothing(office: Office, code: str) -> None:
    office.slack.next("chat.postMessage", code)
    office.put(office.message("a"), office.message("b"))
    await office.deliver()
    assert office.row("select paused_why from channels") == {"paused_why": code}
    assert await office.deliver(HOUR - SECOND) == 0
    await office.deliver(HOUR)
    assert office.texts() == ["a", "b"]
    assert office.row("select paused_at, try_at from channels") == {"paused_at": None, "try_at": None}


async def test_who_subscribed_is_told_once_that_a_channel_refuses_and_not_at_every_try(office: Office) -> None:
    with connect(office.tools.database) as db:
        for user, asked in ((office.slack.user("ada"), "iran"), (office.slack.user("bo"), "russia")):
            channels.subscribe(db, subscription(office.channel, asked, user))
    office.slack.about(office.channel).members.remove("U0BOT")
    office.put(office.message("a"))
    for hours in range(26):
        await office.deliver(hours * HOUR)
    assert office.calls("chat.postMessage") == 2 + 25  # hourly for a day, then daily
    for user in office.slack.space.users:
        (told,) = office.slack.messages(user)
        assert f"<#{office.channel}>" in told.text
        assert "/invite @attribution-bot" in told.text
    office.slack.about(office.channel).members.add("U0BOT")
    await office.deliver(49 * HOUR)
    assert office.texts() == ["a"]


async def test_a_channel_with_a_digest_alone_tells_who_asked_for_it_that_it_refuses(office: Office) -> None:
    ada = office.slack.user("ada")
    with connect(office.tools.database) as db:
        for user, what in (("U0EARLIER", "threads"), (ada, "digest")):
            audit.note(db, tenant="T", user=user, channel=office.channel, what=what, about="", now=NOW)
    office.slack.next("chat.postMessage", "is_archived")
    office.put(office.message("a"))
    await office.deliver()
    (told,) = office.slack.messages(ada)
    assert f"<#{office.channel}>" in told.text


async def test_what_slack_puts_off_is_no_failed_try(office: Office) -> None:
    office.slack.next("chat.postMessage", "ratelimited", times=4, retry_after=60)
    office.slack.next("chat.postMessage", "never_heard_of", times=3)
    office.put(office.message("a"))
    for minutes in range(60):
        await office.deliver(minutes * MINUTE)
    assert office.calls("chat.postMessage") == 7
    assert office.state("a")[0] == "dead"


@pytest.mark.parametrize("code", SUSPENDING)
async def test_a_workspace_that_refuses_the_token_is_suspended_and_loses_nothing(office: Office, code: str) -> None:
    other = office.slack.channel("other")
    with connect(office.tools.database) as db:
        channels.put(db, Channel(tenant="T", id=other, created_at=NOW))
        channels.put(db, Channel(tenant="T2", id="C2", created_at=NOW))
    office.slack.next("chat.postMessage", code)
    office.put(office.message("a"), office.message("b", channel=other, due_at=NOW + MINUTE))
    await office.deliver()
    assert await office.deliver(HOUR - SECOND) == 0
    with connect(office.tools.database) as db:
        paused = {(one.tenant, one.id): one.paused_why for one in channels.every(db)}
        for one in (office.channel, other):
            channels.resume(db, "T", one)
    assert paused == {("T", office.channel): code, ("T", other): code, ("T2", "C2"): None}
    await office.deliver(DAY)
    assert (office.texts(), office.texts(other)) == (["a"], ["b"])


@pytest.mark.parametrize("op", [Op.REPLY, Op.UPDATE])
@pytest.mark.parametrize("code", GONE)
async def test_a_card_that_is_gone_is_marked_and_what_waits_for_it_dropped(office: Office, code: str, op: Op) -> None:
    card = await office.posted_card()
    office.slack.next(METHODS[op], code)
    office.put(office.message("first", op, card), office.message("second", Op.REPLY, card), office.message("other"))
    await office.deliver()
    assert office.row("select state from cards") == {"state": cards.GONE}
    assert office.state("first")[0] == "dead"
    assert office.texts() == ["card", "other"]


async def test_a_reply_that_slack_unthreads_is_deleted_and_its_card_gone(office: Office) -> None:
    card = await office.posted_card()
    office.slack.delete(office.channel, office.slack.messages(office.channel)[0].ts)
    office.put(office.message("reply", Op.REPLY, card), office.message("other"))
    await office.deliver()
    assert office.state("reply")[2] == "unthreaded"
    assert office.row("select state from cards") == {"state": cards.GONE}
    assert office.texts() == ["other"]


async def test_a_stray_reply_that_cannot_be_deleted_still_ends_its_card(office: Office) -> None:
    card = await office.posted_card()
    office.slack.delete(office.channel, office.slack.messages(office.channel)[0].ts)
    office.slack.next("chat.delete", "cant_delete_message")
    office.put(office.message("reply", Op.REPLY, card))
    with capture_logs() as logs:
        await office.deliver()
    assert office.row("select state from cards") == {"state": cards.GONE}
    assert [one["problem"] for one in logs if one["event"] == "a stray reply stays"] == ["cant_delete_message"]


@pytest.mark.parametrize("op", [Op.POST, Op.UPDATE, Op.REPLY])
@pytest.mark.parametrize("code", [*DEGRADING, "invalid_blocks", "invalid_blocks_format"])
async def test_blocks_that_slack_refuses_are_sent_as_text_and_logged(office: Office, code: str, op: Op) -> None:
    card = await office.posted_card()
    office.slack.next(METHODS[op], code)
    office.put(office.message("a", op, None if op is Op.POST else card))
    with capture_logs() as logs:
        await office.deliver()
    changed = {one.text: one.blocks for one in office.slack.messages(office.channel)}
    assert changed["a"] == []
    assert [(one["log_level"], one["problem"]) for one in logs if one["event"] == "sent as text alone"] == [
        ("error", code)
    ]


async def test_blocks_that_slack_really_refuses_are_sent_as_text(office: Office) -> None:
    office.put(office.message("a", payload={"text": "all that the blocks say", "blocks": LONG}))
    await office.deliver()
    assert office.texts() == ["all that the blocks say"]
    assert [answer["error"] for _, answer in office.slack.refusals] == ["invalid_blocks"]


async def test_a_workspace_without_charts_is_sent_all_the_rest(office: Office) -> None:
    chart = charts.bars("By state", ["Iran", "Russia"], {"now": [2, 4]})
    office.slack.next("chat.postMessage", "invalid_blocks")
    office.put(office.message("a", payload={"text": "all", "blocks": [*BLOCKS, chart]}))
    with capture_logs() as logs:
        await office.deliver()
    (message,) = office.slack.messages(office.channel)
    assert (message.text, message.blocks) == ("all", BLOCKS)
    assert [one for one in logs if one["log_level"] == "error"] == []


async def test_what_is_refused_even_as_text_is_a_dead_letter(office: Office) -> None:
    office.slack.next("chat.postMessage", "metadata_too_large", times=2)
    office.put(office.message("a"), office.message("b"))
    await office.deliver()
    assert (office.state("a")[0], office.texts()) == ("dead", ["b"])


async def test_anything_unknown_is_tried_three_times_and_then_a_dead_letter(office: Office) -> None:
    office.slack.next("chat.postMessage", "quite_new", times=3)
    office.put(office.message("a"), office.message("b"))
    for minutes in (0, 1, 3):
        await office.deliver(minutes * MINUTE)
    with connect(office.tools.database) as db:
        assert outbox.dead(db) == [(office.channel, "a", "quite_new")]
    assert office.texts() == ["b"]


async def test_a_card_that_is_given_up_does_not_hold_up_its_channel(office: Office) -> None:
    office.slack.next("chat.postMessage", "quite_new", times=3)
    office.put(office.message("reply", Op.REPLY, office.card()), office.message("other"))
    for minutes in (0, 1, 3):
        await office.deliver(minutes * MINUTE)
    assert office.texts() == ["other"]
    assert office.row("select state from cards") == {"state": cards.GONE}


# What only a strict Slack shows


@pytest.mark.parametrize("how", ["archived", "removed"])
async def test_a_channel_that_is_archived_or_that_the_bot_was_removed_from_is_paused(office: Office, how: str) -> None:
    where = office.slack.about(office.channel)
    where.archived, where.members = how == "archived", set() if how == "removed" else where.members
    office.put(office.message("a"))
    await office.deliver()
    why = {"archived": "is_archived", "removed": "not_in_channel"}[how]
    assert office.row("select paused_why from channels") == {"paused_why": why}


async def test_a_message_to_a_channel_nobody_has_set_up_is_not_tried_for_ever(office: Office) -> None:
    office.put(office.message("a", channel="C404"), office.message("b", Op.DIRECT, channel="U404"))
    await office.deliver()
    assert (office.state("a")[0], office.state("b")[0]) == ("dead", "dead")


async def test_a_direct_message_waits_while_the_workspace_is_suspended(office: Office) -> None:
    user = office.slack.user("ana")
    office.slack.token_troubles[office.slack.bot_token] = "token_revoked"
    office.put(office.message("a", Op.DIRECT, channel=user))
    await office.deliver()
    assert office.state("a") == ("ready", NOW + HOUR, "token_revoked")
    office.slack.token_troubles.clear()
    await office.deliver(HOUR)
    assert office.texts(user) == ["a"]


async def test_a_slack_that_cannot_be_reached_got_nothing_so_nothing_is_in_doubt(office: Office) -> None:
    office.put(office.message("digest C1 2022-W36 1"))
    async with open_slack("xoxb-x", "http://127.0.0.1:1/api/", pace=0) as nowhere:
        await deliver(office.tools, nowhere, NOW)
    assert office.state("digest C1 2022-W36 1") == ("ready", NOW + MINUTE, "service_unavailable")


async def test_an_update_is_cut_at_what_slack_takes_and_not_within_a_link(office: Office) -> None:
    card = await office.posted_card()
    text = f"{'words ' * 660}<https://example.org/a-long-address|and its words>"
    assert len(text) > 4000
    office.put(office.message("update", Op.UPDATE, card, payload={"text": text, "blocks": BLOCKS}))
    await office.deliver()
    (message,) = office.slack.messages(office.channel)
    assert message.text == f"{'words ' * 659}words…"
    assert message.blocks == BLOCKS


# In doubt


async def test_a_reply_that_arrived_is_found_in_its_thread(office: Office) -> None:
    card = await office.posted_card()
    office.slack.next("chat.postMessage", "accept_then_reset")
    office.put(office.message("reply", Op.REPLY, card))
    await office.deliver()
    await office.deliver(MINUTE)
    assert office.texts() == ["card", "reply"]
    assert office.state("reply")[0] == "sent"


async def test_a_reply_that_did_not_arrive_is_sent(office: Office) -> None:
    card = await office.posted_card()
    office.slack.next("chat.postMessage", "reset")
    office.put(office.message("reply", Op.REPLY, card))
    await office.deliver()
    await office.deliver(MINUTE)
    assert [one.thread_ts is not None for one in office.slack.messages(office.channel)] == [False, True]


@pytest.mark.parametrize("how", ["accept_then_reset", "reset"])
async def test_a_reply_in_doubt_whose_card_is_gone_leaves_nothing_behind(office: Office, how: str) -> None:
    card = await office.posted_card()
    office.slack.delete(office.channel, office.slack.messages(office.channel)[0].ts)
    office.slack.next("chat.postMessage", how)
    office.put(office.message("reply", Op.REPLY, card))
    await office.deliver()
    await office.deliver(MINUTE)
    assert office.texts() == []
    assert office.row("select state from cards") == {"state": cards.GONE}


async def test_an_update_in_doubt_is_simply_sent_again(office: Office) -> None:
    card = await office.posted_card()
    office.slack.next("chat.update", "accept_then_reset")
    office.put(office.message("update", Op.UPDATE, card))
    await office.deliver()
    await office.deliver(MINUTE)
    assert (office.texts(), office.calls("chat.update"), office.calls("conversations.history")) == (["update"], 2, 0)


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_worker_that_dies_after_taking_a_message_loses_and_repeats_nothing(
    office: Office, arrived: bool
) -> None:
    office.put(office.message("a"))
    with connect(office.tools.database) as db:
        taken = outbox.take(db, NOW)
        assert taken is not None
        if arrived:
            await office.far.send(taken)
        outbox.interrupted(db, NOW + HOUR)
    await office.deliver(HOUR + MINUTE)
    assert office.texts() == ["a"]


async def test_without_the_scope_to_look_an_alert_arrives_at_least_once(office: Office) -> None:
    office.slack.scopes.discard("channels:history")
    office.slack.next("chat.postMessage", "accept_then_reset")
    office.put(office.message("a"))
    await office.deliver()
    await office.deliver(MINUTE)
    assert office.texts() == ["a", "a"]
    assert office.state("a")[0] == "sent"


async def test_without_the_scope_to_look_an_alert_is_not_repeated_for_ever(office: Office) -> None:
    office.slack.scopes.discard("channels:history")
    office.slack.next("chat.postMessage", "accept_then_reset", times=100)
    office.put(office.message("a"))
    for half_hours in range(400):
        await office.deliver(half_hours * HOUR / 2)
    assert office.texts() == ["a"] * UNANSWERED_TRIES
    assert office.state("a")[::2] == ("dead", "unanswered")


async def test_without_the_scope_to_look_an_alert_outlasts_hours_of_slack_failing(office: Office) -> None:
    office.slack.scopes.discard("channels:history")
    office.slack.next("chat.postMessage", "500", times=20)
    office.put(office.message("a"))
    for half_hours in range(60):
        await office.deliver(half_hours * HOUR / 2)
    assert office.texts() == ["a"]


@pytest.mark.parametrize("how", ["accept_then_reset", "reset"])
async def test_without_the_scope_to_look_a_digest_arrives_at_most_once(office: Office, how: str) -> None:
    office.slack.scopes.discard("channels:history")
    office.slack.next("chat.postMessage", how)
    office.put(office.message("digest C1 2022-W36 1"))
    await office.deliver()
    await office.deliver(MINUTE)
    assert len(office.texts()) == (1 if how == "accept_then_reset" else 0)
    assert office.state("digest C1 2022-W36 1")[0] == "sent"


@pytest.mark.parametrize("how", ["ratelimited", "hang", "500"])
async def test_a_look_up_that_fails_for_now_is_tried_again_before_anything_is_sent(office: Office, how: str) -> None:
    office.slack.next("chat.postMessage", "accept_then_reset")
    office.slack.next("conversations.history", how, retry_after=90)
    office.put(office.message("a"))
    await office.deliver()
    await office.deliver(MINUTE)
    again = MINUTE + (timedelta(seconds=90) if how == "ratelimited" else MINUTE)
    assert office.state("a")[:2] == ("doubt", NOW + again)
    await office.deliver(again)
    assert (office.texts(), office.state("a")[0]) == (["a"], "sent")


async def test_in_too_busy_a_channel_it_is_as_if_one_could_not_look(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack, "PAGE", 1)
    monkeypatch.setattr(slack, "PAGES", 3)
    for number in range(4):
        office.slack.say(office.channel, f"chatter {number}", user=office.slack.user(f"u{number}"))
    office.slack.next("chat.postMessage", "accept_then_reset")
    office.put(office.message("digest C1 2022-W36 1"))
    await office.deliver()
    await office.deliver(MINUTE)
    assert office.state("digest C1 2022-W36 1")[0] == "sent"
    assert office.calls("conversations.history") == 3


async def test_a_message_in_doubt_in_a_channel_that_has_become_unreadable_is_settled_by_sending(
    office: Office,
) -> None:
    office.slack.next("chat.postMessage", "reset")
    office.put(office.message("a"))
    await office.deliver()
    office.slack.about(office.channel).members.clear()
    await office.deliver(MINUTE)
    assert office.row("select paused_why from channels") == {"paused_why": "not_in_channel"}


async def test_only_ones_own_stamp_is_taken_for_the_message(office: Office) -> None:
    other = stamp(office.message("another"))
    office.put(office.message("a"))
    office.slack.next("chat.postMessage", "reset")
    await office.deliver()
    office.slack.space.add_message(office.slack.about(office.channel), {"text": "a", "metadata": other})
    await office.deliver(MINUTE)
    assert office.texts() == ["a", "a"]


# Pace


async def test_a_channel_gets_a_message_a_second_and_no_other_waits_for_it(tmp_path: Path) -> None:
    async with opened(tmp_path, pace=1.0) as office:
        other = office.slack.channel("other")
        with connect(office.tools.database) as db:
            channels.put(db, Channel(tenant="T", id=other, created_at=NOW))
        office.put(*(office.message(key) for key in "abc"), office.message("d", channel=other))
        await office.deliver()
        assert (office.texts(), office.texts(other)) == (["a", "b", "c"], ["d"])
        assert office.slack.refusals == []
        posted = [(call.args["channel"], call.at) for call in office.slack.calls if call.method == "chat.postMessage"]
        first = posted[0][1]
        assert next(at for channel, at in posted if channel == other) - first < 0.5
        assert 2.0 <= posted[-1][1] - first < 3.0
        at_once = await asyncio.gather(*(office.far.send(office.message(key)) for key in "ef"))
        assert [one.tried for one in at_once] == [Tried(), Tried()]


# From a claim to a channel


async def test_after_a_deleted_card_the_next_matching_news_opens_a_new_one(office: Office) -> None:
    with connect(office.tools.database) as db:
        run(db, "delete from cases")
        iran = Subscription(
            tenant="T", channel=office.channel, query=parse("iran", NOW.date()), created_by="U", created_at=NOW
        )
        channels.subscribe(db, iran)
    for number, speaker in enumerate(("GB", "US", "AL"), 1):
        store(office, number, claim(attributed_by=frozenset({speaker})))
        await office.deliver()
        if speaker == "GB":
            office.slack.delete(office.channel, office.slack.messages(office.channel)[0].ts)
    (message,) = office.slack.messages(office.channel)
    assert "Albania" in message.text
    assert message.blocks[0]["type"] == "header"
    assert office.row("select count(*) as n, max(number) as number from cards") == {"n": 2, "number": 2}


def store(office: Office, number: int, said: Claim) -> None:
    """Stores a post of the FCDO that makes a claim, as a poll does."""
    served: Post = post(url=f"https://www.example.gov.uk/{number}", guid=str(number))
    with connect(office.tools.database) as db:
        (entry,) = ingest.sift(db, FCDO, [served], NOW)
        read = Read(entry=entry, post=served, reading=Reading(claims=(said,)))
        ingest.store(db, FCDO, FeedState(seeded_at=NOW - DAY), [entry], [read], NOW)
