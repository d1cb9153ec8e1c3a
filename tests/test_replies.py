"""Replies over a real database: what each command says, what it stores, and that Slack takes it."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from attribution.model import Found, PartialDate, Role, Standing
from attribution.query import Query, written
from attribution.retry import Tried
from bot import archive, blocktext, cards, digests, marks, paging, settings_replies
from bot.commands import parse_command
from bot.deliver import Sent
from bot.paging import Turn
from bot.replies import reply_to
from bot.reply import Reply, Viewer
from storage import cases, channels, claims, delivered, feeds, leases, outbox, schema, tenants
from storage.channels import Channel
from storage.db import connect, run, transaction
from storage.feeds import FeedState
from storage.outbox import Message, Op, State
from tests import answer_samples
from tests.card_samples import ALBANIA, NINTH, UK_CONDEMNS, US_SANCTIONS
from tests.slack_limits import links, mentions, problems
from tests.stocked import FEED, STATEMENTS, WIRE, stock, store

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)  # a Friday
VIEWER = Viewer(tenant="T1", channel="C1", user="U1")
IRAN = Query(accused=frozenset({"IR"}))
Payload = dict[str, Any]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        stock(db, ())
        yield db


@pytest.fixture
def stocked(db: Database) -> Database:
    stock(db)
    return db


def replied(db: Database, text: str, viewer: Viewer = VIEWER, now: datetime = NOW, offset: int = 0) -> Reply:
    reply = reply_to(parse_command(text, now.date()), viewer, db, now, offset)
    assert problems(reply.payload) == []
    assert mentions(reply.payload) == []
    return reply


def asked(db: Database, text: str, **how: Any) -> str:
    return said(replied(db, text, **how).payload)


def said(payload: Payload) -> str:
    """What a reader sees, with what hides from the eye left out."""
    shown = (text for block in payload["blocks"] for text in strings(block))
    return "\n".join(shown).replace("\u00a0", " ").replace("\u2060", "")


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and any(part.get("type") == "date" for part in value.get("elements", ())):
        yield "".join(part["fallback"] if part["type"] == "date" else part["text"] for part in value["elements"])
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        yield from itertools.chain.from_iterable(strings(one) for one in value.values())
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(strings, value))


def buttons(payload: Payload) -> dict[str, Payload]:
    blocks = [block for block in payload["blocks"] if block["type"] == "actions"]
    return {one["action_id"]: one for block in blocks for one in block["elements"]}


def pressed(db: Database, payload: Payload, action: str, now: datetime = NOW) -> Payload:
    turn = paging.turn_of(buttons(payload)[action]["value"])
    return replied(db, turn.command, now=now, offset=turn.offset).payload


def confirmed(db: Database, text: str, now: datetime = NOW) -> Reply:
    """A setting whose confirmation arrived."""
    reply = replied(db, text, now=now)
    assert reply.confirm is not None
    settings_replies.store(db, reply.confirm, Sent(tried=Tried(), ts="1662735600.000100"), now)
    return reply


def subscribed(db: Database, viewer: Viewer = VIEWER) -> list[Query]:
    return [one.query for one in channels.subscriptions(db, viewer.tenant, viewer.channel)]


def channel_of(db: Database) -> Channel:
    found = channels.get(db, VIEWER.tenant, VIEWER.channel)
    assert found is not None
    return found


def numbered(number: int, **changed: Any) -> Found:
    claim = replace(UK_CONDEMNS.claim, made_on=PartialDate(day=date(2022, 9, 7)), **changed)
    return replace(
        UK_CONDEMNS, id=number, claim=claim, url=f"https://www.example.org/n/{number}", title=f"No. {number}"
    )


# Questions


def test_an_answer_has_a_row_a_statement_newest_first(stocked: Database) -> None:
    payload = replied(stocked, "iran").payload
    told = said(payload)
    assert told.index("9 September") < told.index("8 September") < told.index("7 September")
    row = told[told.index("🇬🇧 United Kingdom accuses 🇮🇷 Iran") :]
    for part in (
        UK_CONDEMNS.title,
        "“The National Cyber Security Centre",
        "statement",
        "almost certain",
        "case 2022-17",
    ):
        assert part in row
    assert links(payload) == {one.url for one in (*ALBANIA.statements, US_SANCTIONS)}


def test_the_text_of_an_answer_says_what_its_blocks_say(stocked: Database) -> None:
    payload = replied(stocked, "iran").payload
    for part in (
        "Attributions to",
        "9 September",
        "with sanctions",
        "MOIS and its minister",
        "case 2022-17",
        "1-7 of 7",
    ):
        assert part in payload["text"].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("victim:albania", 7),
        ("by:uk", 2),
        ("by:us kind:sanctions", 1),
        ('by:uk,us accused:iran since:2022 kind:sanctions "treasury"', 1),
        ("case:2025-9 singapore", 0),
        ("victim:singapore case:2025-9", 1),
        ("mentions:no", 9),
    ],
)
def test_every_form_of_a_question_is_answered(stocked: Database, question: str, found: int) -> None:
    told = asked(stocked, question)
    assert (f"of {found}" in told) if found else ("No attribution" in told)


def test_a_denial_is_told_as_one_and_a_mention_as_recalled(stocked: Database) -> None:
    recalled = numbered(90, attributed_by=frozenset({"GB"}))
    store(stocked, replace(recalled, claim=replace(recalled.claim, standing=Standing.MENTION)))
    told = asked(stocked, "iran mentions:yes")
    assert "🇮🇷 Iran denies it" in told
    assert "Recalled: 🇬🇧 United Kingdom accuses 🇮🇷 Iran" in told


def test_a_withdrawn_statement_is_marked(stocked: Database) -> None:
    store(stocked, replace(numbered(90), withdrawn_at=NOW))
    assert "Withdrawn: 🇬🇧 United Kingdom" in asked(stocked, "iran")


def test_a_case_alone_is_its_card(stocked: Database) -> None:
    payload = replied(stocked, "case:2022-17").payload
    card = cards.card(cases.view(stocked, "2022-17"), NOW)
    assert payload["blocks"][: len(card["blocks"])] == card["blocks"]
    assert payload["text"] == card["text"]
    assert set(buttons(payload)) == {paging.SHARE, marks.DETAILS}


def test_a_merged_case_is_found_by_its_old_id(stocked: Database) -> None:
    cases.merge(stocked, "2025-9", "2025-12")
    assert "case 2025-12" in asked(stocked, "2025-9")
    assert "Statement 1 of 1" in asked(stocked, "victim:singapore case:2025-9")


def test_an_unknown_case_is_said_to_be_unknown(stocked: Database) -> None:
    assert "No attribution in case 2019-3 in 2 feeds" in asked(stocked, "case:2019-3")


def test_a_group_is_introduced_by_its_profile_under_any_alias(stocked: Database) -> None:
    told = asked(stocked, '"sanctions" actor:"homeland justice"')
    assert "Usually ascribed to 🇮🇷 Iran (source: " in told
    assert "Attributed to on 9 September by 🇺🇸 United States (1 case)." in told
    assert told.index("Usually ascribed") < told.index("MOIS and its minister")
    assert "also Fancy Bear" in asked(stocked, "Sofacy")


def test_a_profile_counts_operations_not_repetitions(stocked: Database) -> None:
    actors = US_SANCTIONS.claim.actors
    for number, made in ((91, date(2021, 3, 1)), (92, date(2021, 4, 1))):
        repeat = numbered(number, actors=actors)
        again = replace(repeat.claim, made_on=PartialDate(day=made), attributed_by=frozenset({"US", "GB"}))
        store(stocked, replace(repeat, case="2021-4", claim=again))
    told = asked(stocked, "homeland justice")
    assert "first 1 March 2021, last 9 September" in told
    assert "🇺🇸 United States (2 cases) and 🇬🇧 United Kingdom (1 case)" in told


def test_a_profile_counts_no_denial_and_nothing_withdrawn(stocked: Database) -> None:
    actors = US_SANCTIONS.claim.actors
    denial = numbered(91, actors=actors, role=Role.DENIES, attributed_by=frozenset({"IR"}))
    taken = replace(numbered(92, actors=actors, attributed_by=frozenset({"FR"})), withdrawn_at=NOW)
    for one in (denial, taken):
        store(stocked, one)
    profile = asked(stocked, "homeland justice").split("Attributed to")[1].split("\n")[0]
    assert "Iran" not in profile
    assert "France" not in profile


def test_an_empty_answer_says_what_was_read(stocked: Database) -> None:
    told = asked(stocked, 'russia by:uk,us victim:france kind:sanctions since:2021 "grid"')
    assert "No attribution to 🇷🇺 Russia by 🇬🇧 United Kingdom or 🇺🇸 United States against 🇫🇷 France" in told
    assert "as sanctions saying “grid” since 1 January 2021" in told
    assert "in 2 feeds of 2 governments and bodies since 7 September." in told


def test_an_empty_answer_before_the_first_poll_says_so(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path / 'new.db'}") as db:
        schema.require_current(db)
        feeds.put(db, [(FEED, None)])
        assert "no feed has been read yet" in asked(db, "russia")


def test_a_state_that_only_accuses_is_offered_with_by(stocked: Database) -> None:
    payload = replied(stocked, "united kingdom").payload
    assert "/attribution by:gb" in said(payload)
    assert "UK condemns Iran" in said(pressed(stocked, payload, f"{paging.OTHER}_0"))
    assert "by:" not in asked(stocked, "russia")
    assert "by:" not in asked(stocked, "accused:gb kind:sanctions")


def test_posts_that_only_recall_are_offered(stocked: Database) -> None:
    one = numbered(90, accused=frozenset({"KP"}))
    store(stocked, replace(one, claim=replace(one.claim, standing=Standing.MENTION)))
    payload = replied(stocked, "north korea").payload
    assert "Recalled in 1 statement: /attribution accused:kp mentions:yes" in said(payload)
    assert "No. 90" in said(pressed(stocked, payload, f"{paging.OTHER}_mentions"))


def test_another_tenants_statements_are_not_told(stocked: Database) -> None:
    store(stocked, replace(numbered(90, accused=frozenset({"KP"})), owner="T2", case=None))
    assert "No attribution" in asked(stocked, "north korea")
    assert "No. 90" in asked(stocked, "north korea", viewer=replace(VIEWER, tenant="T2"))


# Pages


def test_pages_show_every_statement_once_and_lead_back(db: Database) -> None:
    stock(db, [numbered(number) for number in range(1, 31)])
    pages = [replied(db, "iran").payload]
    while paging.OLDER in buttons(pages[-1]):
        pages.append(pressed(db, pages[-1], paging.OLDER))
    seen = [url for page in pages for url in sorted(links(page))]
    assert sorted(seen) == sorted(f"https://www.example.org/n/{number}" for number in range(1, 31))
    assert paging.NEWER not in buttons(pages[0])
    assert said(pressed(db, pages[1], paging.NEWER)) == said(pages[0])


def test_a_page_that_is_there_no_more_is_the_last_one(stocked: Database) -> None:
    assert "Statement 7 of 7" in asked(stocked, "iran", offset=400)


def test_a_question_too_long_for_a_button_is_answered_without(db: Database) -> None:
    stock(db, [numbered(number) for number in range(1, 20)])
    payload = replied(db, " ".join(['"n"'] * 400)).payload
    assert buttons(payload) == {}
    assert paging.TOO_LONG in said(payload)


@pytest.mark.parametrize("text", ["iran", "case:2022-17", "stats", "stats iran", "digest now", "feeds"])
def test_an_answer_can_be_shared_as_it_is_shown(stocked: Database, text: str) -> None:
    payload = replied(stocked, text).payload
    again = pressed(stocked, payload, paging.SHARE)
    assert said(again) == said(payload)


def test_a_shared_answer_has_no_buttons_and_says_who_shared_it(stocked: Database) -> None:
    shared = paging.without_buttons(replied(stocked, "iran").payload, "Shared by someone: /attribution iran")
    assert buttons(shared) == {}
    assert "Shared by someone" in said(shared)
    assert "Shared by someone" in shared["text"]
    assert problems(shared) == []


@pytest.mark.parametrize("value", ["", "[]", "{}", '{"command": 3}', '{"command": "iran", "offset": "x"}'])
def test_a_button_of_somebody_else_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        paging.turn_of(value)


def test_a_button_carries_its_page() -> None:
    turn = Turn(command='accused:ir "épée"', offset=16)
    assert paging.turn_of(paging.value(turn) or "") == turn


EVIL = "<!channel> <@U1> *bold* & | \u202e \U0001f1ee" * 60


@given(st.lists(st.text(max_size=400) | st.just(EVIL), min_size=1, max_size=12), st.integers(0, 11))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_posts_say_slack_takes_every_page(tmp_path: Path, words: list[str], offset: int) -> None:
    with connect(f"sqlite:///{tmp_path / 'evil.db'}") as db:
        schema.migrate(db)
        run(db, "delete from parties")
        run(db, "delete from claims")
        run(db, "delete from sightings")
        run(db, "delete from posts")
        stock(db, [replace(numbered(number, quote=text), title=text[::-1]) for number, text in enumerate(words)])
        payload = replied(db, "iran", offset=offset).payload
        assert said(payload)


@given(st.text(max_size=300).filter(lambda words: not set('"“”') & set(words)))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_slack_takes_the_answer(db: Database, words: str) -> None:
    reply = reply_to(parse_command(f'"{words}" "x"', NOW.date()), VIEWER, db, NOW)
    assert problems(reply.payload) == []
    assert mentions(reply.payload) == []


# Subscriptions


def test_nothing_is_subscribed_before_its_confirmation_arrives(stocked: Database) -> None:
    reply = replied(stocked, "subscribe iran")
    assert reply.confirm is not None
    assert reply.confirm.message.channel == "C1"
    assert "attributions to 🇮🇷 Iran (accused:ir)" in said(reply.confirm.message.payload)
    assert problems(reply.confirm.message.payload) == []
    assert subscribed(stocked) == []
    assert channels.get(stocked, "T1", "C1") is None


def test_a_confirmed_subscription_is_stored_and_its_confirmation_is_not_sent_again(stocked: Database) -> None:
    confirmed(stocked, "subscribe iran")
    assert subscribed(stocked) == [IRAN]
    assert outbox.take(stocked, NOW) is None
    assert outbox.depth(stocked) == {"sent": 1}


def test_a_new_channel_does_not_digest_what_was_there_before(stocked: Database) -> None:
    confirmed(stocked, "subscribe")
    assert channel_of(stocked).digest_mark == claims.newest(stocked)
    assert subscribed(stocked) == [Query()]


def test_the_same_subscription_is_not_confirmed_twice(stocked: Database) -> None:
    confirmed(stocked, "subscribe iran")
    again = replied(stocked, "subscribe accused:iran")
    assert again.confirm is None
    assert "already" in said(again.payload)


def test_a_second_subscription_keeps_the_channels_settings(stocked: Database) -> None:
    confirmed(stocked, "subscribe iran")
    asked(stocked, "threads off")
    confirmed(stocked, "subscribe russia", now=NOW + timedelta(hours=1))
    assert len(subscribed(stocked)) == 2
    assert not channel_of(stocked).threads


def test_a_channel_has_no_more_subscriptions_than_it_can_list(stocked: Database) -> None:
    for number in range(settings_replies.MOST_SUBSCRIPTIONS):
        terms = " ".join(f'"{number} & {letter * 100}"' for letter in "abcd")
        confirmed(stocked, f"subscribe {terms}", now=NOW + timedelta(seconds=number))
    refused = replied(stocked, "subscribe iran")
    assert refused.confirm is None
    assert "unsubscribe one first" in said(refused.payload)
    assert "20 subscriptions" in asked(stocked, "list")
    assert "Which one?" in asked(stocked, "unsubscribe")


def test_a_very_long_question_is_not_subscribed(stocked: Database) -> None:
    refused = replied(stocked, f'subscribe "{"x" * 600}"')
    assert refused.confirm is None
    assert "500 characters" in said(refused.payload)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("not_in_channel", "/invite @attribution-bot"),
        ("channel_not_found", "/invite @attribution-bot"),
        ("is_archived", "archive"),
        ("restricted_action_thread_only_channel", "ask an admin"),
        ("ratelimited", "wait a minute"),
        ("timeout", "wait a minute"),
        ("invalid_auth", "token and scopes"),
        ("never_heard_of", "wait a minute"),
    ],
)
def test_a_refused_confirmation_says_what_to_do(stocked: Database, code: str, advice: str) -> None:
    confirm = replied(stocked, "subscribe iran").confirm
    assert confirm is not None
    payload = settings_replies.refused(confirm, Tried(code=code))
    assert problems(payload) == []
    assert advice in said(payload)
    assert "/attribution subscribe accused:ir again" in said(payload)
    assert "Nothing is stored" in said(payload)


def test_unsubscribing_takes_back_the_one_that_is_named(stocked: Database) -> None:
    confirmed(stocked, "subscribe iran")
    confirmed(stocked, "subscribe russia", now=NOW + timedelta(seconds=1))
    assert "1 subscription left" in asked(stocked, "unsubscribe iran")
    assert [written(query) for query in subscribed(stocked)] == ["accused:ru"]
    assert "/attribution unsubscribe accused:ru" in asked(stocked, "unsubscribe iran")
    assert "None is left" in asked(stocked, "unsubscribe")
    assert "subscribed to nothing" in asked(stocked, "unsubscribe")


def test_unsubscribing_without_a_word_asks_which_of_several(stocked: Database) -> None:
    confirmed(stocked, "subscribe iran")
    confirmed(stocked, "subscribe russia", now=NOW + timedelta(seconds=1))
    told = asked(stocked, "unsubscribe")
    assert "/attribution unsubscribe accused:ir" in told
    assert len(subscribed(stocked)) == 2
    asked(stocked, "unsubscribe all")
    assert subscribed(stocked) == []


def test_threads_are_the_channels_choice(stocked: Database) -> None:
    assert "subscribe comes first" in asked(stocked, "threads off")
    confirmed(stocked, "subscribe iran")
    asked(stocked, "threads off")
    assert not channel_of(stocked).threads
    asked(stocked, "threads on")
    assert channel_of(stocked).threads


# Digests


def test_a_digest_in_a_new_channel_is_confirmed_there_first(stocked: Database) -> None:
    reply = replied(stocked, "digest weekly mon 09:00 Europe/London")
    assert channels.get(stocked, "T1", "C1") is None
    assert reply.confirm is not None
    assert "every Monday at 09:00 (Europe/London)" in said(reply.confirm.message.payload)
    confirmed(stocked, "digest weekly mon 09:00 Europe/London")
    channel = channel_of(stocked)
    assert (channel.digest_day, channel.digest_time, channel.zone) == (1, time(9), "Europe/London")
    assert settings_replies.next_digest(channel, NOW) == datetime(2022, 9, 12, 8, tzinfo=UTC)


def test_a_digest_keeps_its_zone_unless_another_is_given(stocked: Database) -> None:
    confirmed(stocked, "digest weekly mon 9 Asia/Tokyo")
    asked(stocked, "digest weekly tue 10")
    assert channel_of(stocked).zone == "Asia/Tokyo"


def test_a_digest_switched_on_late_in_the_week_does_not_come_at_once(stocked: Database) -> None:
    confirmed(stocked, "subscribe", now=NOW - timedelta(days=30))
    assert "Monday 12 September 2022, 09:00" in asked(stocked, "digest weekly mon 9")
    assert digests.queue_due(stocked, NOW) == 0
    assert channel_of(stocked).digest_mark == claims.newest(stocked)
    assert digests.queue_due(stocked, datetime(2022, 9, 12, 9, tzinfo=UTC)) == 1


def test_a_moved_digest_covers_what_came_since_the_last(stocked: Database) -> None:
    confirmed(stocked, "digest weekly fri 9", now=NOW - timedelta(days=30))
    digests.queue_due(stocked, datetime(2022, 9, 2, 9, tzinfo=UTC))
    before = channel_of(stocked)
    asked(stocked, "digest weekly thu 9")
    after = channel_of(stocked)
    assert (after.digest_mark, after.digest_at) == (before.digest_mark, before.digest_at)
    assert digests.queue_due(stocked, NOW) == 0
    assert settings_replies.next_digest(after, NOW) == datetime(2022, 9, 15, 9, tzinfo=UTC)


def test_a_digest_that_was_sent_this_week_comes_next_week_even_if_moved(stocked: Database) -> None:
    confirmed(stocked, "digest weekly mon 9", now=NOW - timedelta(days=30))
    assert digests.queue_due(stocked, datetime(2022, 9, 5, 9, tzinfo=UTC)) == 1
    assert "Saturday 17 September 2022" in asked(stocked, "digest weekly sat 9")
    assert channel_of(stocked).digest_week == "2022-W36"
    assert digests.queue_due(stocked, NOW) == 0


def test_a_paused_channels_digest_is_made_when_the_channel_is_tried_again_and_once(stocked: Database) -> None:
    confirmed(stocked, "digest weekly mon 9", now=NOW - timedelta(days=30))
    monday, later = datetime(2022, 9, 12, 9, tzinfo=UTC), datetime(2022, 9, 12, 11, tzinfo=UTC)
    channels.pause(stocked, "T1", "C1", NOW, "not_in_channel", later)
    assert digests.queue_due(stocked, monday) == 0
    assert digests.queue_due(stocked, later) == 1
    assert digests.queue_due(stocked, later + timedelta(days=7)) == 0  # the first still waits
    channels.resume(stocked, "T1", "C1")
    assert digests.queue_due(stocked, later + timedelta(days=7)) == 1


def test_a_channel_that_left_while_digests_were_made_gets_none(stocked: Database) -> None:
    confirmed(stocked, "digest weekly mon 9", now=NOW - timedelta(days=30))
    monday = datetime(2022, 9, 12, 9, tzinfo=UTC)
    listed = channel_of(stocked)
    with transaction(stocked):
        tenants.purge(stocked, "T1")
    digests.queue(stocked, listed, "2022-W37", monday)
    assert outbox.depth(stocked) == {}


def test_a_digest_is_switched_off(stocked: Database) -> None:
    assert "no digest" in asked(stocked, "digest off")
    confirmed(stocked, "digest weekly")
    assert "every Monday at 09:00 (UTC)" in asked(stocked, "digest")
    asked(stocked, "digest off")
    assert channel_of(stocked).digest_day is None
    assert "no digest" in asked(stocked, "digest")


def test_a_digest_shown_now_moves_nothing(stocked: Database) -> None:
    confirmed(stocked, "digest weekly mon 9", now=NOW - timedelta(days=30))
    before = channel_of(stocked)
    asked(stocked, "digest now")
    assert channel_of(stocked) == before
    assert outbox.take(stocked, NOW) is None


def test_a_digest_shown_in_a_channel_without_one_covers_seven_days(stocked: Database) -> None:
    assert "No attributions from 9 September to" in asked(stocked, "digest now", now=NOW + timedelta(days=40)).replace(
        "12 to 19 October", "9 September to"
    )
    told = asked(stocked, "digest now", now=NINTH + timedelta(minutes=5))
    assert "Attributions from 2 to 9 September 2022" in told
    assert "2022-17" in told


def test_a_long_digest_is_shown_in_parts(db: Database) -> None:
    many = [replace(numbered(number), case=f"2022-{100 + number}", recorded_at=NOW) for number in range(40)]
    stock(db, many)
    first = replied(db, "digest now", now=NOW + timedelta(minutes=1)).payload
    second = pressed(db, first, paging.OLDER, now=NOW + timedelta(minutes=1))
    assert "(2 of " in said(second)
    assert said(pressed(db, second, paging.NEWER, now=NOW + timedelta(minutes=1))) == said(first)


# Samples, which are drawn


SAMPLES = answer_samples.answers()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_slack_takes_every_sample_of_an_answer(name: str) -> None:
    for payload in SAMPLES[name]:
        assert problems(payload) == []
        assert mentions(payload) == []
        assert max(map(len, blocktext.shown(payload, width=60).splitlines())) <= 60 or links(payload)


# The list, feeds, status, help


def test_every_time_is_told_in_the_readers_own_zone(stocked: Database) -> None:
    confirmed(stocked, "subscribe iran")
    trouble = FeedState(polled_at=NOW, failing_since=NOW - timedelta(hours=3), failures=3, trouble_text="Blocked.")
    feeds.save_state(stocked, FEED.id, trouble)
    channels.pause(stocked, "T1", "C1", NOW - timedelta(hours=2), "not_in_channel")
    assert moments(replied(stocked, "digest weekly mon 9").payload) == ["Monday 12 September 2022, 09:00"]
    assert moments(replied(stocked, "list").payload) == ["13:00 UTC", "Monday 12 September 2022, 09:00", "15:00 UTC"]
    assert "12:00 UTC" in moments(replied(stocked, "feeds").payload)
    status = replied(stocked, "status").payload
    assert "15:00 UTC" in moments(status)
    assert all(one in status["text"] for one in moments(status)), "where dates are unknown, the text has them in UTC"


def moments(payload: Payload) -> list[str]:
    """What stands for each of a message's dates where a client does not know the reader's zone; there is no other."""
    runs = [part for part in parts_of(payload["blocks"]) if part.get("type") in ("text", "date")]
    assert not [part for part in runs if "UTC" in part.get("text", "").replace("(UTC)", "")]
    return [part["fallback"] for part in runs if part["type"] == "date"]


def parts_of(value: Any) -> Iterator[Payload]:
    if isinstance(value, dict):
        yield value
        yield from itertools.chain.from_iterable(map(parts_of, value.values()))
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(parts_of, value))


def test_the_list_shows_what_the_channel_has_and_whether_it_arrives(stocked: Database) -> None:
    assert "subscribe iran" in asked(stocked, "list")
    confirmed(stocked, "subscribe iran")
    asked(stocked, "digest weekly mon 9")
    told = asked(stocked, "list")
    for part in (
        "1 subscription",
        "attributions to 🇮🇷 Iran (accused:ir): 7 statements in the last 30 days",
        "every Monday at 09:00 (UTC)",
        "also a reply in its thread",
        "Last message here: 15:00 UTC.",
    ):
        assert part in told
    outbox.put(stocked, message("waits"), NOW)
    assert "1 message waiting" in asked(stocked, "list")


def test_a_paused_channel_says_why_and_any_command_tries_again(stocked: Database) -> None:
    confirmed(stocked, "subscribe iran")
    channels.pause(stocked, "T1", "C1", NOW - timedelta(hours=2), "not_in_channel")
    told = asked(stocked, "list")
    assert "PAUSED since 13:00 UTC" in told
    assert "/invite @attribution-bot" in told
    assert (channel_of(stocked).paused_at, channel_of(stocked).try_at) == (NOW - timedelta(hours=2), NOW)
    channels.resume(stocked, "T1", "C1")
    asked(stocked, "iran")
    assert (channel_of(stocked).paused_at, channel_of(stocked).try_at) == (None, None)


def test_the_feeds_that_do_not_answer_come_first_with_since_and_why(stocked: Database) -> None:
    trouble = FeedState(
        polled_at=NOW,
        last_ok_at=NOW - timedelta(days=1),
        failing_since=NOW - timedelta(hours=3),
        failures=3,
        trouble="blocked",
        trouble_text="A firewall <tests> there.",
    )
    feeds.save_state(stocked, FEED.id, trouble)
    feeds.put(stocked, [(WIRE, "its owner asked us to stop")])
    told = asked(stocked, "feeds")
    assert "0 of 1 answered at their last poll, 1 did not, 1 not polled." in told
    assert told.index("Not answering") < told.index("Not polled")
    assert "since 12:00 UTC: A firewall <tests> there." in told
    assert "its owner asked us to stop" in told


def test_the_whole_catalogue_is_shown_in_pages(db: Database) -> None:
    many = [replace(FEED, id=f"gb-{number}", url=f"https://www.example.org/f/{number}") for number in range(130)]
    feeds.put(db, [(one, None) for one in many])
    pages = [replied(db, "feeds").payload]
    while paging.OLDER in buttons(pages[-1]):
        pages.append(pressed(db, pages[-1], paging.OLDER))
    assert len(set().union(*map(links, pages))) == 132
    assert len(pages) < 8


def test_another_tenants_feed_is_not_shown(stocked: Database) -> None:
    feeds.put(stocked, [(replace(FEED, id="own", url="https://www.example.org/own", owner="T2"), None)])
    assert "own" not in [part for text in asked(stocked, "feeds").split("\n") for part in text.split()]


def test_the_status_says_what_is_done_and_what_is_wrong(stocked: Database) -> None:
    assert "NOBODY IS AT WORK" in asked(stocked, "status")
    leases.hold(stocked, "run", "host 1", NOW, timedelta(minutes=1))
    outbox.put(stocked, message("lost"), NOW)
    outbox.put(stocked, message("other", tenant="T2"), NOW)
    for key in ("lost", "other"):
        taken = outbox.take(stocked, NOW)
        assert taken is not None
        assert taken.key == key
        outbox.put_back(stocked, taken, State.DEAD, NOW, "never_heard_of")
    told = asked(stocked, "status")
    for part in ("At work.", "2 of 2 answered", "9 attributions", "0 waiting", "1 message could not be delivered"):
        assert part in told
    assert delivered.given_up(stocked, "T1") == [("C1", "never_heard_of")]


def message(key: str, tenant: str = "T1") -> Message:
    return Message(tenant=tenant, key=key, channel="C1", op=Op.POST, payload={"text": key}, due_at=NOW)


def test_help_has_no_example_that_is_refused(stocked: Database) -> None:
    for topic in ("", "help", "help ask", "help subscribe", "help digest", "help list", "help feeds", "help status"):
        payload = replied(stocked, topic).payload
        for typed in typed_in(payload):
            assert parse_command(typed.removeprefix("/attribution "), NOW.date())


def typed_in(payload: Payload) -> list[str]:
    rich = json.loads(json.dumps(payload["blocks"]))
    parts = [
        one
        for block in rich
        for part in block["elements"]
        for row in part["elements"]
        for one in row.get("elements", [])
    ]
    return [part["text"] for part in parts if part.get("style", {}).get("code")]


def test_help_shows_examples(stocked: Database) -> None:
    assert len(typed_in(replied(stocked, "").payload)) == 5
    assert "/attribution digest now" in typed_in(replied(stocked, "help").payload)


def test_all_samples_are_in_the_stock() -> None:
    assert len({one.url for one in STATEMENTS}) == len(STATEMENTS)


def test_a_statement_over_several_operations_is_quoted_once_and_each_is_named(db: Database) -> None:
    archive.load(db, datetime(2026, 11, 1, tzinfo=UTC))
    shown = asked(db, "by:uk since:2018-10-04 until:2018-10-04", now=datetime(2026, 11, 1, tzinfo=UTC))
    sentence = "Britain gave a list of attacks"
    assert shown.count(sentence) == 1
    assert shown.count("in the same statement") == 2
    for operation in ("BadRabbit", "World Anti-Doping Agency", "US election 2016"):
        assert operation in shown
