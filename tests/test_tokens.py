"""Tokens of many workspaces: encrypted, renewed in time and once, found for a workspace or its organisation."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from slack_sdk.web.async_client import AsyncWebClient

from bot import home, paging, people
from bot.cards import notice
from bot.deliver import deliver
from bot.manifest import SCOPES
from bot.people import Admins
from bot.reply import Viewer
from bot.tokens import BEFORE, UnreadableError, Vault, open_installed, relock
from storage import channels, installs, outbox
from storage.channels import Channel
from storage.db import connect, run, stamp, transaction
from storage.installs import Install
from storage.outbox import Message, Op
from tests.slack import LocalSlack
from tests.slack.places import Place
from tests.stocked import STATEMENTS, stock
from tests.tenants_world import KEY, Bot, bot_of, oauth_of, settings_of
from tests.test_app import locked

OTHER = Fernet.generate_key().decode()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    with connect(f"sqlite:///{path}") as db:
        stock(db, STATEMENTS)
    return path


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(paced=False) as slack:
        slack.space.scopes = set(SCOPES)
        slack.oauth.rotates = True
        yield slack


@pytest.fixture
async def bot(slack: LocalSlack, database: Path) -> AsyncIterator[Bot]:
    async with bot_of(slack, database) as bot:
        yield bot


@pytest.fixture
def place(slack: LocalSlack) -> Place:
    return slack.workspace("T0ONE")


def ends(bot: Bot, tenant: str, within: timedelta) -> None:
    """Lets what is stored say that a token ends so soon."""
    with connect(bot.database) as db:
        at = stamp(datetime.now(UTC) + within)
        run(db, "update installs set expires_at = :at where tenant = :tenant", at=at, tenant=tenant)


def queue(bot: Bot, place: Place, channel: str, *, key: str = "k") -> None:
    """A message to a channel that has subscribed."""
    now = datetime.now(UTC)
    with connect(bot.database) as db, transaction(db):
        channels.put(db, Channel(tenant=place.id, id=channel, created_at=now))
        hello = Message(tenant=place.id, key=key, channel=channel, op=Op.POST, payload=notice("Hello"), due_at=now)
        outbox.put(db, hello, now)


async def delivered(bot: Bot) -> None:
    await deliver(bot.tools, bot.far, datetime.now(UTC) + timedelta(seconds=1))


# Keys


def test_a_token_is_encrypted_with_the_first_key_and_decrypted_with_any() -> None:
    old, new = Vault([KEY]), Vault([OTHER, KEY])
    stored = old.locked("xoxb-1")
    assert "xoxb" not in stored
    assert new.opened(stored) == "xoxb-1"
    assert Vault([OTHER]).opened(new.relocked(stored)) == "xoxb-1"
    with pytest.raises(UnreadableError, match="TOKEN_KEY"):
        Vault([OTHER]).opened(stored)


def test_a_key_is_replaced_by_starting_twice(database: Path) -> None:
    before, at = Vault([KEY]), datetime(2026, 1, 5, tzinfo=UTC)
    with connect(f"sqlite:///{database}") as db:
        for tenant, vault in (("T1", before), ("T2", Vault([Fernet.generate_key().decode()]))):
            refresh = vault.locked("xoxe-1") if tenant == "T1" else None
            installs.put(db, Install(tenant=tenant, token=vault.locked("xoxb-1"), refresh=refresh, installed_at=at))
        assert relock(db, Vault([OTHER, KEY])) == (1, ["T2"])
        assert relock(db, Vault([OTHER, KEY])) == (0, ["T2"])
        found = installs.get(db, "T1")
    assert found is not None
    assert found.refresh is not None
    assert [Vault([OTHER]).opened(one) for one in (found.token, found.refresh)] == ["xoxb-1", "xoxe-1"]


async def test_without_the_right_key_a_workspace_is_not_served_and_the_log_says_what_to_do(
    slack: LocalSlack, database: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    async with bot_of(slack, database) as bot:
        await bot.install(place, place.user("ada"))
    async with bot_of(slack, database, token_key=OTHER) as bot:
        assert await bot.tokens.of("T0ONE") is None
    told = "".join(capsys.readouterr())
    assert "no key in TOKEN_KEY opens" in told
    assert "xoxb" not in told


def test_an_error_in_the_log_shows_no_variables(tmp_path: Path) -> None:
    script = (
        "import structlog\nfrom bot import log\nlog.configure()\n"
        "def send(token):\n    raise TypeError('broken')\n"
        "try:\n    send('-'.join(['xoxb', 'canary']))\n"
        "except TypeError as error:\n    structlog.get_logger().error('an answer failed', exc_info=error)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "TypeError: broken" in done.stderr
    assert "xoxb-canary" not in done.stderr


# Renewing


async def test_a_token_is_renewed_before_it_expires_and_nobody_waits_for_it(bot: Bot, place: Place) -> None:
    channel, user = place.channel("news"), place.user("ada")
    await bot.install(place, user)
    first = await bot.tokens.of("T0ONE")
    ends(bot, "T0ONE", BEFORE - timedelta(minutes=1))
    answer = await bot.slash(place, "iran", channel=channel, user=user)
    assert answer.failure is None
    await bot.tokens.finished()
    assert await bot.tokens.of("T0ONE") not in (None, first)
    assert bot.slack.oauth.renewals == 1


async def test_many_who_need_a_token_at_once_renew_it_once(bot: Bot, place: Place) -> None:
    await bot.install(place, place.user("ada"))
    bot.slack.oauth.expire()
    ends(bot, "T0ONE", timedelta(seconds=-1))
    found = await asyncio.gather(*(bot.tokens.of("T0ONE") for _ in range(20)))
    assert len(set(found)) == 1
    assert bot.slack.oauth.renewals == 1
    assert bot.slack.refusals == []


async def test_two_processes_that_need_a_token_at_once_renew_it_once(bot: Bot, place: Place) -> None:
    await bot.install(place, place.user("ada"))
    bot.slack.oauth.expire()
    ends(bot, "T0ONE", timedelta(seconds=-1))
    expired = await bot.tokens.with_db(installs.get, "T0ONE")
    assert expired is not None
    old = bot.tokens.vault.opened(expired.token)
    many = oauth_of(settings_of(bot.slack, 3000))
    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(open_installed(bot.database, many, bot.slack.url)) for _ in range(3)]
        found = await asyncio.gather(*(one.renewed("T0ONE", old) for one in (bot.tokens, *others)))
    assert len(set(found)) == 1
    assert found[0] not in (None, old)
    assert bot.slack.oauth.renewals == 1
    assert bot.slack.refusals == []


async def test_a_slow_slack_delays_no_command_by_more_than_half_a_second(bot: Bot, place: Place) -> None:
    channel, user = place.channel("news"), place.user("ada")
    await bot.install(place, user)
    ends(bot, "T0ONE", timedelta(seconds=-1))
    bot.slack.next("oauth.v2.access", "hang")
    answer = await bot.slash(place, "iran", channel=channel, user=user)
    assert (answer.failure, "accuses" in str(answer.ack)) == (None, True)
    assert answer.seconds < 1.5


async def test_a_renewal_that_fails_keeps_the_token_that_is_still_good(bot: Bot, place: Place) -> None:
    await bot.install(place, place.user("ada"))
    first = await bot.tokens.of("T0ONE")
    ends(bot, "T0ONE", timedelta(minutes=30))
    bot.slack.next("oauth.v2.access", "500", times=1)
    assert await bot.tokens.of("T0ONE") == first
    await bot.slack.called("oauth.v2.access", 2)
    await bot.tokens.finished()
    assert await bot.tokens.of("T0ONE") == first
    assert len(await bot.slack.called("oauth.v2.access", 2)) == 2, "it waits a minute before it tries again"


async def test_new_tokens_are_stored_though_the_database_is_locked_for_a_while(bot: Bot, place: Place) -> None:
    await bot.install(place, place.user("ada"))
    ends(bot, "T0ONE", timedelta(minutes=30))
    bot.slack.oauth.tokens[str(await bot.tokens.of("T0ONE"))].trouble = None
    await bot.tokens.finished()
    assert bot.slack.oauth.renewals == 1
    ends(bot, "T0ONE", timedelta(minutes=30))
    renewing = asyncio.create_task(bot.tokens.of("T0ONE"))
    await bot.slack.called("oauth.v2.access", 3)
    async with locked(Path(bot.database.removeprefix("sqlite:///"))) as other:
        await asyncio.sleep(0.3)
        other.execute("rollback")
    await renewing
    await bot.tokens.finished()
    token = await bot.tokens.of("T0ONE")
    assert token in list(bot.slack.oauth.tokens)[-1:]


# Delivering


async def test_a_message_is_sent_with_its_workspaces_own_token(bot: Bot, slack: LocalSlack) -> None:
    one, two = slack.workspace("T0ONE"), slack.workspace("T0TWO")
    where = {}
    for place in (one, two):
        where[place.id] = place.channel("news")
        await bot.install(place, place.user("ada"))
        queue(bot, place, where[place.id])
    await delivered(bot)
    assert [[m.text for m in place.messages(where[place.id])] for place in (one, two)] == [["Hello"], ["Hello"]]
    assert not [call for call in slack.calls if call.method == "auth.test"]


async def test_a_token_that_slack_calls_expired_is_renewed_and_the_message_arrives(bot: Bot, place: Place) -> None:
    channel = place.channel("news")
    await bot.install(place, place.user("ada"))
    queue(bot, place, channel)
    bot.slack.oauth.expire()
    await delivered(bot)
    assert [one.text for one in place.messages(channel)] == ["Hello"]
    assert bot.slack.oauth.renewals == 1
    with connect(bot.database) as db:
        assert outbox.depth(db) == {"sent": 1}


async def test_a_token_that_cannot_be_renewed_suspends_the_workspace_and_keeps_its_messages(
    bot: Bot, place: Place
) -> None:
    channel = place.channel("news")
    await bot.install(place, place.user("ada"))
    queue(bot, place, channel)
    bot.slack.oauth.expire()
    bot.slack.next("oauth.v2.access", "invalid_refresh_token")
    await delivered(bot)
    with connect(bot.database) as db:
        found = channels.get(db, place.id, channel)
        assert found is not None
        assert found.paused_why == "token_expired"
        assert outbox.depth(db) == {"ready": 1}
    await bot.install(place, place.user("ada"))
    await delivered(bot)
    assert [one.text for one in place.messages(channel)] == ["Hello"]


async def test_what_waits_for_a_workspace_without_the_app_is_kept_until_it_installs_it(bot: Bot, place: Place) -> None:
    channel = place.channel("news")
    queue(bot, place, channel)
    await delivered(bot)
    with connect(bot.database) as db:
        found = channels.get(db, place.id, channel)
        assert found is not None
        assert found.paused_why == "account_inactive"
    await bot.install(place, place.user("ada"))
    await delivered(bot)
    assert [one.text for one in place.messages(channel)] == ["Hello"]


# Organisations


async def test_an_organisations_installation_serves_its_workspaces_commands_and_messages(
    bot: Bot, slack: LocalSlack
) -> None:
    one, two = slack.workspace("T0ONE", "E0ORG"), slack.workspace("T0TWO", "E0ORG")
    where = {place.id: (place.channel("news"), place.user("ada")) for place in (one, two)}
    page = await bot.install(one, where["T0ONE"][1], of_all=True)
    assert "attribution-bot is installed in Org" in page.words
    assert "admin pages" in page.words
    for place in (one, two):
        channel, user = where[place.id]
        answer = await bot.slash(place, "subscribe iran", channel=channel, user=user)
        assert "Subscribed" in str(answer.messages)
        await bot.settled("workspaces", place.id, 1)
        queue(bot, place, channel)
    await delivered(bot)
    assert [place.messages(where[place.id][0])[-1].text for place in (one, two)] == ["Hello", "Hello"]
    assert {row["enterprise"] for row in bot.rows("workspaces", "T0TWO")} == {"E0ORG"}
    assert slack.refusals == []


async def test_where_the_team_is_null_a_button_is_answered_for_the_persons_own(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE", "E0ORG")
    channel, user = place.channel("news"), place.user("ada")
    await bot.install(place, user, of_all=True)
    answer = await bot.slash(place, "case:2022-17", channel=channel, user=user)
    assert answer.ack is not None
    shared = await place.people.click(answer.ack, paging.SHARE, user=user, channel=channel, url=bot.url)
    await shared.said(1)
    assert "Shared by ada" in place.messages(channel)[-1].text


async def test_a_workspaces_own_installation_comes_before_its_organisations(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE", "E0ORG")
    await bot.install(place, place.user("ada"), of_all=True)
    of_all = await bot.tokens.of("T0ONE", "E0ORG")
    await bot.install(place, place.user("ada"))
    own = await bot.tokens.of("T0ONE", "E0ORG")
    assert own not in (None, of_all)
    assert await bot.tokens.of("", "E0ORG") == of_all
    assert await bot.tokens.of("T0ONE") == own


@pytest.mark.parametrize("told_by", ["the view", "the person", "what is remembered", "nobody"])
async def test_an_event_without_a_team_is_acknowledged(bot: Bot, slack: LocalSlack, told_by: str) -> None:
    place, other = slack.workspace("T0ONE", "E0ORG"), slack.workspace("T0TWO", "E0ORG")
    channel, user = place.channel("news"), place.user("ada")
    await bot.install(place, user, of_all=True)
    await bot.slash(place, "subscribe iran", channel=channel, user=user)
    await bot.settled("workspaces", place.id, 1)
    event: dict[str, Any] = {"type": "app_home_opened", "user": user, "tab": "home"}
    match told_by:
        case "the view":
            event["view"] = {"team_id": place.id}
        case "the person":
            place.space.users[user]["team_id"] = place.id
        case "what is remembered":
            place.space.users[user]["team_id"] = "E0ORG"  # of an organisation's people Slack may tell no other
        case _:
            await bot.slash(other, "help", channel=other.channel("news"), user=other.user("eve"))
            await bot.settled("workspaces", other.id, 1)
            slack.space.scopes.discard("users:read")
    answer = await bot.event(place, event)
    assert answer.failure is None
    await slack.called("views.publish")
    view = place.space.homes[user]
    shown = str(view)
    if told_by != "nobody":
        assert channel in shown
        assert home.NO_CHANNELS not in shown
        return
    assert home.NOWHERE in shown
    await place.people.click(view, home.REFRESH, user=user, url=bot.url)
    await slack.called("views.publish", 2)
    assert channel in str(place.space.homes[user])


async def test_a_window_from_a_shared_channel_is_of_the_workspace_that_has_the_app(bot: Bot, slack: LocalSlack) -> None:
    host, guest = slack.workspace("T0ONE"), slack.workspace("T0TWO")
    ada, channel = host.user("ada"), host.channel("news")
    await bot.install(host, ada)
    await bot.install(guest, guest.user("grace"))
    await bot.slash(host, "subscribe iran", channel=channel, user=ada)
    eve = guest.user("eve")
    await bot.event(host, {"type": "app_home_opened", "user": ada, "tab": "home"})
    await slack.called("views.publish")
    view = host.space.homes[ada] | {"app_installed_team_id": host.id}
    host.space.users[eve] = guest.space.users[eve]
    await guest.people.click(view, home.REFRESH, user=eve, url=bot.url)
    await slack.called("views.publish", 2)
    assert channel in str(host.space.homes[eve])


# Who installed it


async def test_who_installed_the_app_counts_as_an_admin_there_and_nowhere_else(bot: Bot, slack: LocalSlack) -> None:
    one, two = slack.workspace("T0ONE"), slack.workspace("T0TWO")
    ada, grace = one.user("ada"), two.user("grace")
    await bot.install(one, ada)
    await bot.install(two, grace)
    admins = Admins(installers=bot.tokens.installers)
    token = await bot.tokens.of("T0ONE")
    client = AsyncWebClient(token=token, base_url=slack.url)
    viewer = Viewer(tenant="T0ONE", channel="", user=ada)
    assert await people.refusal(client, viewer, admins) is None
    assert await people.refusal(client, replace(viewer, user=one.user("bob")), admins) == people.ONLY_ADMINS
    assert await people.refusal(client, replace(viewer, tenant="T0TWO"), admins) == people.ONLY_ADMINS
