"""When a workspace leaves: all that is its own goes at once, nothing that others see, whatever is under way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from attribution.model import Feed, Publisher
from bot import leaving
from bot.cards import notice
from bot.deliver import deliver
from bot.desk import LATE
from bot.leaving import left
from bot.manifest import SCOPES
from storage import channels, feeds, installs, outbox, schema, tenants
from storage.channels import Channel
from storage.db import connect, path_of, row, rows, run, transaction
from storage.outbox import Message, Op
from tests.slack import LocalSlack
from tests.slack.places import Place
from tests.stocked import STATEMENTS, stock
from tests.tenants_world import Bot, bot_of
from tests.test_app import locked, served

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
REVOKED = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}
UNINSTALLED = {"type": "app_uninstalled"}
VALUES = {"text": "'x'", "integer": "1", "real": "1.0"}


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
        yield slack


@pytest.fixture
async def bot(slack: LocalSlack, database: Path) -> AsyncIterator[Bot]:
    async with bot_of(slack, database) as bot:
        yield bot


def with_a_tenant(db: Database) -> dict[str, list[dict[str, Any]]]:
    """Every table that has a column `tenant`, with its columns, as the schema has them."""
    names = [found["name"] for found in rows(db, "select name from sqlite_master where type = 'table'")]
    columns = {name: rows(db, f"select * from pragma_table_info('{name}')") for name in names}
    return {name: found for name, found in columns.items() if any(one["name"] == "tenant" for one in found)}


def fill(db: Database, tenant: str) -> None:
    """Something of a tenant in each of its tables, whatever those are."""
    run(db, "pragma foreign_keys = off")
    highest = {"outbox": "seq"}
    for name, columns in with_a_tenant(db).items():
        values = {one["name"]: VALUES[str(one["type"]).lower()] for one in columns}
        if name in highest:
            values[highest[name]] = f"(select coalesce(max({highest[name]}), 0) + 1 from {name})"
        values |= {"tenant": f"'{tenant}'", **({"case_id": "null"} if name == "outbox" else {})}
        run(db, f"insert into {name} ({', '.join(values)}) values ({', '.join(values.values())})")
    run(db, "pragma foreign_keys = on")


def owned_feed(db: Database, tenant: str) -> None:
    """A feed that a tenant added, with a post and a claim that it alone sees."""
    feed = Feed(id=f"own-{tenant}", publisher=Publisher(name="Own"), url=f"https://{tenant}.example.org/", owner=tenant)
    feeds.put(db, [(feed, None)])
    run(
        db,
        """insert into posts (key, feed, url, guid, title, teaser, text, publisher, publisher_kind, owner, content_hash,
               first_seen_at) values (:key, :feed, :url, 'g', 't', 't', 't', 'Own', 'unknown', :owner, 'h', '2026')""",
        key=f"{tenant} url u",
        feed=feed.id,
        url="https://www.example.org/u",
        owner=tenant,
    )
    post = (row(db, "select max(id) as id from posts") or {})["id"]
    run(db, "insert into sightings values (:feed, :post, 'g', 'h', '[]', '2026', '2026')", feed=feed.id, post=post)
    run(
        db,
        """insert into claims (post, standing, origin, role, tie, kind, likelihood, recorded_at, owner, heard, news,
               claim, search) values (:post, 'a', 'l', 'l', 't', 'k', 1, '2026', :owner, 'h', '', '{}', 'searched')""",
        post=post,
        owner=tenant,
    )
    claim = (row(db, "select max(id) as id from claims") or {})["id"]
    run(db, "insert into parties values (:claim, 'accused', 'IR')", claim=claim)


def counts(db: Database) -> dict[str, int]:
    names = [
        found["name"]
        for found in rows(db, "select name from sqlite_master where type = 'table' and name not like '%claims_text_%'")
    ]
    return {name: (row(db, f"select count(*) as n from {name}") or {})["n"] for name in names}


# What purge removes


def test_purge_knows_every_table_that_has_a_tenant_and_no_other(database: Path) -> None:
    with connect(f"sqlite:///{database}") as db:
        found = with_a_tenant(db)
    assert set(tenants.TABLES) == set(found)
    assert len(tenants.TABLES) == len(set(tenants.TABLES))
    for name, columns in found.items():
        assert next(one for one in columns if one["pk"] == 1)["name"] == "tenant", f"{name}'s key begins with tenant"


def test_purge_removes_exactly_what_is_one_workspaces(database: Path) -> None:
    with connect(f"sqlite:///{database}") as db:
        schema.require_current(db)
        fill(db, "T0TWO")
        owned_feed(db, "T0TWO")
        before = counts(db)
        fill(db, "T0ONE")
        owned_feed(db, "T0ONE")
        assert counts(db) != before
        with transaction(db):
            assert tenants.purge(db, "T0ONE") > len(tenants.TABLES)
        assert counts(db) == before
        with transaction(db):
            assert tenants.purge(db, "T0ONE") == 0
        assert counts(db) == before
        found = rows(db, "select count(*) as n from claims_text where claims_text match 'searched'")
        assert found == [{"n": 1}], "the other workspace's"


def test_an_organisations_leaving_spares_the_workspaces_that_installed_the_app_themselves(database: Path) -> None:
    with connect(f"sqlite:///{database}") as db, transaction(db):
        for tenant in ("E0ORG", "T0OWN"):
            installs.put(db, installs.Install(tenant=tenant, enterprise="E0ORG", token="t", installed_at=NOW))
        for tenant in ("T0ONE", "T0TWO", "T0OWN"):
            installs.remember(db, tenant, "E0ORG")
            channels.put(db, Channel(tenant=tenant, id=f"C{tenant}", created_at=NOW))
        channels.put(db, Channel(tenant="T0ELSE", id="C9", created_at=NOW))
        tenants.purge_organisation(db, "E0ORG")
        assert {one.tenant for one in channels.every(db)} >= {"T0OWN", "T0ELSE"}
        assert not {"T0ONE", "T0TWO"} & {one.tenant for one in channels.every(db)}
        assert [one.tenant for one in installs.every(db)] == ["T0OWN"]


# Over the wire


async def subscribed(bot: Bot, place: Place) -> tuple[str, str]:
    channel, user = place.channel("news"), place.user("ada")
    await bot.install(place, user)
    await bot.slash(place, "subscribe iran", channel=channel, user=user)
    assert bot.rows("subscriptions", place.id)
    return channel, user


def left_of(bot: Bot, tenant: str) -> dict[str, int]:
    """The tables that still have something of a tenant."""
    return {name: len(found) for name in tenants.TABLES if (found := bot.rows(name, tenant))}


@pytest.mark.parametrize(
    "events",
    [
        (UNINSTALLED, REVOKED),
        (REVOKED, UNINSTALLED),
        (UNINSTALLED, UNINSTALLED),
        (REVOKED, REVOKED),
        (REVOKED,),
        (UNINSTALLED,),
    ],
)
async def test_whatever_events_tell_of_it_and_in_what_order_a_workspace_that_leaves_is_removed(
    bot: Bot, slack: LocalSlack, events: tuple[dict[str, Any], ...]
) -> None:
    one, two = slack.workspace("T0ONE"), slack.workspace("T0TWO")
    await subscribed(bot, one)
    await subscribed(bot, two)
    before = left_of(bot, "T0TWO")
    await bot.uninstall(one, tell=False)
    for event in events:
        assert (await bot.event(one, event)).failure is None
    await bot.settled("installs", "T0ONE", 0)
    assert left_of(bot, "T0ONE") == {}
    assert left_of(bot, "T0TWO") == before


async def test_what_is_acknowledged_is_removed_already(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE")
    await subscribed(bot, place)
    await bot.uninstall(place, tell=False)
    answer = await bot.event(place, UNINSTALLED)
    assert left_of(bot, "T0ONE") == {}
    assert answer.failure is None


async def test_a_removal_that_takes_long_is_acknowledged_in_time_and_goes_on(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE")
    await subscribed(bot, place)
    async with locked(path_of(bot.database)):
        answer = await bot.event(place, UNINSTALLED)
    assert answer.failure is None
    assert LATE <= answer.seconds < 2.5
    await bot.settled("installs", "T0ONE", 0)
    assert left_of(bot, "T0ONE") == {}


async def test_a_removal_that_fails_is_not_acknowledged_so_that_slack_tells_of_it_again(
    bot: Bot, slack: LocalSlack
) -> None:
    place = slack.workspace("T0ONE")
    await subscribed(bot, place)
    with connect(bot.database) as db:
        run(db, "create trigger stuck before delete on installs begin select raise(abort, 'stuck'); end")
    assert (await bot.event(place, UNINSTALLED)).status == 503
    with connect(bot.database) as db:
        run(db, "drop trigger stuck")
    assert (await bot.event(place, UNINSTALLED)).failure is None
    assert left_of(bot, "T0ONE") == {}


@pytest.mark.parametrize("how", ["ratelimited", "reset", "500", "html"])
async def test_while_slack_does_not_say_whether_a_token_is_good_it_is_asked_again(
    bot: Bot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(leaving, "PAUSES", (timedelta(seconds=0.05),) * 3)
    place = slack.workspace("T0ONE")
    await subscribed(bot, place)
    await bot.uninstall(place, tell=False)
    slack.next("auth.test", how, times=2, retry_after=0)
    await bot.event(place, REVOKED)
    await bot.settled("installs", "T0ONE", 0)
    assert left_of(bot, "T0ONE") == {}


async def test_a_token_that_slack_never_speaks_of_counts_as_good(
    bot: Bot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "PAUSES", (timedelta(seconds=0.05),) * 3)
    place = slack.workspace("T0ONE")
    await subscribed(bot, place)
    before = left_of(bot, "T0ONE")
    slack.next("auth.test", "internal_error", times=4)
    await bot.event(place, REVOKED)
    assert len(await slack.called("auth.test", 4)) == 4
    assert left_of(bot, "T0ONE") == before


async def test_of_a_workspace_that_left_a_command_stores_nothing(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE")
    channel, user = await subscribed(bot, place)
    await bot.uninstall(place)
    await bot.settled("installs", place.id, 0)
    answer = await bot.slash(place, "subscribe iran", channel=channel, user=user)
    assert "not installed" in str(answer.messages)
    assert left_of(bot, place.id) == {}


async def test_tokens_revoked_that_are_no_bots_or_still_good_remove_nothing(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE")
    await subscribed(bot, place)
    before = left_of(bot, place.id)
    await bot.event(place, REVOKED)  # the token of an older installation
    await bot.event(place, {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}})
    await slack.called("auth.test")
    assert left_of(bot, place.id) == before


async def test_news_of_leaving_that_comes_after_a_new_installation_removes_nothing(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE")
    await subscribed(bot, place)
    place.space.ahead = -60  # Slack tells of what happened a minute ago
    await bot.event(place, UNINSTALLED)
    place.space.ahead = 0
    await asyncio.sleep(0.1)
    assert bot.rows("installs", place.id)
    assert bot.rows("subscriptions", place.id)


async def test_an_organisation_that_leaves_takes_its_workspaces_along(bot: Bot, slack: LocalSlack) -> None:
    one, two = slack.workspace("T0ONE", "E0ORG"), slack.workspace("T0TWO", "E0ORG")
    where = {place.id: (place.channel("news"), place.user("ada")) for place in (one, two)}
    await bot.install(one, where["T0ONE"][1], of_all=True)
    for place in (one, two):
        channel, user = where[place.id]
        await bot.slash(place, "subscribe iran", channel=channel, user=user)
        await bot.settled("workspaces", place.id, 1)
    await bot.uninstall(one)
    await bot.settled("installs", "E0ORG", 0)
    assert [left_of(bot, tenant) for tenant in ("E0ORG", "T0ONE", "T0TWO")] == [{}, {}, {}]


async def test_a_workspace_that_an_organisation_takes_the_app_from_is_removed_alone(
    bot: Bot, slack: LocalSlack
) -> None:
    one, two = slack.workspace("T0ONE", "E0ORG"), slack.workspace("T0TWO", "E0ORG")
    where = {place.id: (place.channel("news"), place.user("ada")) for place in (one, two)}
    await bot.install(one, where["T0ONE"][1], of_all=True)
    for place in (one, two):
        channel, user = where[place.id]
        await bot.slash(place, "subscribe iran", channel=channel, user=user)
        await bot.settled("workspaces", place.id, 1)
    await bot.event(one, {"type": "team_access_revoked", "team_ids": ["T0ONE"]})
    await bot.settled("workspaces", "T0ONE", 0)
    assert left_of(bot, "T0ONE") == {}
    assert bot.rows("subscriptions", "T0TWO")
    assert bot.rows("installs", "E0ORG")


async def test_leaving_while_a_message_is_on_its_way_leaves_nothing_behind(bot: Bot, slack: LocalSlack) -> None:
    place = slack.workspace("T0ONE")
    channel, _ = await subscribed(bot, place)
    now = datetime.now(UTC)
    with connect(bot.database) as db, transaction(db):
        for number in range(3):
            hello = Message(
                tenant=place.id, key=f"k{number}", channel=channel, op=Op.POST, payload=notice("Hello"), due_at=now
            )
            outbox.put(db, hello, now)
    slack.hold("chat.postMessage")
    delivering = asyncio.create_task(deliver(bot.tools, bot.far, now + timedelta(seconds=1)))
    await slack.held("chat.postMessage")
    await bot.uninstall(place)
    await bot.settled("installs", place.id, 0)
    slack.let_go("chat.postMessage")
    await delivering
    assert left_of(bot, place.id) == {}


async def test_leaving_while_a_subscription_is_being_confirmed_leaves_nothing_behind(
    bot: Bot, slack: LocalSlack
) -> None:
    place = slack.workspace("T0ONE")
    channel, user = await subscribed(bot, place)
    slack.hold("chat.postMessage")
    asking = asyncio.create_task(bot.slash(place, "subscribe russia", channel=channel, user=user))
    await slack.held("chat.postMessage")
    await bot.uninstall(place)
    await bot.settled("installs", place.id, 0)
    slack.let_go("chat.postMessage")
    answer = await asking
    assert answer.failure is None
    await bot.settled("subscriptions", place.id, 0)
    assert left_of(bot, place.id) == {}


@pytest.mark.parametrize("http", [False, True])
async def test_of_one_workspace_too_all_is_removed_when_it_leaves(
    slack: LocalSlack, database: Path, http: bool
) -> None:
    async with served(slack, database, http=http) as world:
        await world.slash("subscribe iran")
        assert world.subscribed() == ["IR"]
        await slack.event(UNINSTALLED, url=world.url)
        for _ in range(100):
            with connect(f"sqlite:///{database}") as db:
                kept = [one for name in tenants.TABLES for one in rows(db, f"select tenant from {name}")]
            if not kept:
                return
            await asyncio.sleep(0.02)
    pytest.fail(f"{kept} is kept")


# Who an event is about


@pytest.mark.parametrize(
    ("body", "tenant", "of_all"),
    [
        ({"team_id": "T1"}, "T1", False),
        ({"team_id": "T1", "enterprise_id": "E1"}, "T1", False),
        ({"team_id": None, "enterprise_id": "E1"}, "E1", True),
        ({"team_id": "E1"}, "E1", True),
        ({"team_id": "T1", "authorizations": [{"enterprise_id": "E1", "is_enterprise_install": True}]}, "E1", True),
        ({"authorizations": [{"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": False}]}, "T1", False),
    ],
)
def test_an_event_is_about_a_workspace_or_an_organisation(body: dict[str, Any], tenant: str, of_all: bool) -> None:
    found = left(body)
    assert found is not None
    assert (found.tenant, found.of_all) == (tenant, of_all)


def test_an_event_that_names_nobody_is_about_nobody() -> None:
    assert left({"team_id": None, "authorizations": []}) is None
