"""Doctor names each thing that keeps the bot from its work, with what to do, and changes nothing."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from attribution.query import Query
from bot import doctor, doctor_database, doctor_slack
from bot.config import Settings
from bot.finding import Finding, State, fault, ok, warn
from bot.manifest import OPTIONAL, SCOPES
from bot.run import prepare
from bot.scheduler import LEASE
from bot.tokens import Vault
from storage import channels, feeds, installs, leases, schema
from storage.channels import Channel, Subscription
from storage.db import connect, run, transaction
from storage.feeds import FeedState
from storage.installs import Install
from tests.slack import LocalSlack, methods
from tests.stocked import FEED, WIRE

NAMES = [name.upper() for name in Settings.model_fields]
NOBODY = 65534
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and no settings."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as slack:
        slack.space.scopes = set(SCOPES)
        yield slack


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user comes into; pytest's own are for the user that runs it."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o777)
        yield Path(made)


def now() -> datetime:
    return datetime.now(UTC)


def made(folder: Path) -> Path:
    """A database as `run` leaves it."""
    path = folder / "attribution.db"
    with connect(f"sqlite:///{path}") as db:
        schema.require_current(db)
    return path


def settings(slack: LocalSlack | None = None, **others: Any) -> Settings:
    """What an operator would have set for this Slack."""
    tokens: dict[str, Any] = {}
    if slack:
        tokens = {"slack_bot_token": SecretStr(slack.bot_token), "slack_app_token": SecretStr(slack.app_token)}
        tokens |= {"slack_api_url": slack.url}
    return Settings(**(tokens | others))


def named(found: list[Finding], name: str) -> Finding:
    [one] = [one for one in found if one.name == name]
    return one


def database(path: Path) -> dict[str, Finding]:
    return {one.name: one for one in doctor_database.examine(f"sqlite:///{path}", now()).findings}


def database_for_others(path: Path) -> dict[str, Finding]:
    """What doctor finds where it runs as somebody who is not root: root may write whatever there is."""
    found = database(path)  # and thus all is imported: nobody may not read everybody's Python
    if os.geteuid() != 0:
        return found
    os.seteuid(NOBODY)
    try:
        return database(path)
    finally:
        os.seteuid(0)


def bad(found: list[Finding]) -> dict[str, State]:
    return {one.name: one.state for one in found if one.state is not State.OK}


# All is well


async def test_nothing_set_up_is_no_fault_and_leaves_nothing_behind(folder: Path) -> None:
    found = await doctor.examine(settings(), now())
    assert bad(found) == {}
    assert "terminal" in named(found, "Slack").found
    assert os.listdir(folder) == []


async def test_a_bot_that_is_set_up_right_has_no_fault_and_nobody_is_sent_anything(
    folder: Path, slack: LocalSlack
) -> None:
    made(folder)
    found = await doctor.examine(settings(slack), now())
    assert bad(found) == {"SLACK_API_URL": State.WARN}
    assert "@bot in Local" in named(found, "bot token").found
    assert named(found, "socket").found == "Slack says hello."
    assert [call.method for call in slack.calls] == ["auth.test", "apps.connections.open"]


@pytest.mark.parametrize(
    ("given", "name", "state", "says"),
    [
        ({"health_port": 9464}, "HEALTH_PORT", State.OK, "this machine at port 9464"),
        ({"health_port": 9464, "health_host": "0.0.0.0"}, "HEALTH_HOST", State.WARN, "whoever reaches 0.0.0.0:9464"),
        ({"health_port": 3000, "port": 3000}, "HEALTH_PORT", State.FAULT, "as PORT is"),
    ],
)
async def test_a_port_for_health_is_told_and_warned_of_where_it_is_everybodys(
    folder: Path, given: dict[str, Any], name: str, state: State, says: str
) -> None:
    found = named(await doctor.examine(settings(**given), now()), name)
    assert (found.state, says in found.found) == (state, True)


async def test_every_fault_and_warning_says_what_to_do(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "canary")
    slack.scopes.clear()
    slack.token_troubles[slack.app_token] = "token_revoked"
    wrong = settings(slack, database_url="sqlite:////nowhere/at/all.db")
    found = await doctor.examine(wrong, now() - timedelta(days=400))
    troubled = [one for one in found if one.state is not State.OK]
    assert {one.name for one in troubled} == {"clock", "folder", "SLACK_API_URL", "OAuth", "scopes", "app token"}
    assert [one for one in troubled if not one.todo] == []


# Settings


async def test_every_wrong_setting_is_a_fault_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxp-canary")
    monkeypatch.setenv("PORT", "http")
    found = await doctor.checkup(now())
    assert [one.state for one in found] == [State.FAULT, State.FAULT]
    assert {one.found.split(":")[0] for one in found} == {"SLACK_BOT_TOKEN", "PORT"}
    assert "canary" not in str(found)


async def test_settings_that_can_be_read_lead_on_to_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDS_PROXY", "http://127.0.0.1:3128")
    found = await doctor.checkup(now())
    assert "FEEDS_PROXY" in named(found, "settings").found
    assert "its task" in named(found, "FEEDS_PROXY").found
    assert {"database", "workers", "Slack"} <= {one.name for one in found}


BOT, APP, SECRET = "slack_bot_token", "slack_app_token", "slack_signing_secret"


@pytest.mark.parametrize(
    ("given", "state", "words"),
    [
        ({}, State.OK, "terminal"),
        ({"port": 3000}, State.OK, "terminal"),
        ({BOT: "xoxb-1", APP: "xapp-1"}, State.OK, "Socket Mode"),
        ({BOT: "xoxb-1", APP: "xapp-1", "port": 3000}, State.OK, "Socket Mode"),
        ({BOT: "xoxb-1", SECRET: "s", "port": 3000}, State.OK, "HTTP on port 3000"),
        ({BOT: "xoxb-1", APP: "xapp-1", SECRET: "s", "port": 3000}, State.OK, "Socket Mode and HTTP on port 3000"),
        ({BOT: "xoxb-1"}, State.FAULT, "neither SLACK_APP_TOKEN nor"),
        ({BOT: "xoxb-1", "port": 3000}, State.FAULT, "neither SLACK_APP_TOKEN nor"),
        ({BOT: "xoxb-1", SECRET: "s"}, State.FAULT, "PORT is not"),
        ({APP: "xapp-1"}, State.FAULT, "SLACK_APP_TOKEN without SLACK_BOT_TOKEN"),
        ({SECRET: "s", "port": 3000}, State.FAULT, "SLACK_SIGNING_SECRET without SLACK_BOT_TOKEN"),
    ],
)
def test_settings_for_slack_that_do_not_go_together_are_a_fault(
    given: dict[str, Any], state: State, words: str
) -> None:
    secret: dict[str, Any] = {
        name: SecretStr(value) if isinstance(value, str) else value for name, value in given.items()
    }
    [found] = doctor_slack.configured(settings(**secret))
    assert found.state is state
    assert words in found.found


MANY: dict[str, Any] = {
    "slack_client_id": "1.2",
    "slack_client_secret": "canary",
    SECRET: "canary",
    "token_key": Fernet.generate_key().decode(),
    "public_url": "https://bot.example.org",
    "port": 3000,
}


def test_settings_for_many_workspaces_say_where_the_app_is_installed() -> None:
    [found] = doctor_slack.configured(settings(**MANY))
    assert (found.state, "https://bot.example.org/slack/install" in found.found) == (State.OK, True)


@pytest.mark.parametrize("missing", list(MANY))
def test_each_setting_that_many_workspaces_want_is_a_fault_where_it_is_missing(missing: str) -> None:
    [found] = doctor_slack.configured(settings(**{name: value for name, value in MANY.items() if name != missing}))
    assert (found.name, found.state, missing.upper() in found.found) == ("OAuth", State.FAULT, True)
    assert found.todo.startswith("Set it to")
    assert "canary" not in str(found)


def test_socket_mode_for_many_workspaces_is_a_fault() -> None:
    [found] = doctor_slack.configured(settings(**MANY, slack_app_token="xapp-1"))
    assert (found.state, "SLACK_APP_TOKEN" in found.found) == (State.FAULT, True)


def test_settings_for_many_workspaces_beside_one_bots_token_are_a_warning() -> None:
    found = list(doctor_slack.configured(settings(**MANY, slack_bot_token="xoxb-1")))
    assert bad(found) == {"OAuth": State.WARN}
    assert "canary" not in str(found)


async def test_workspaces_whose_tokens_cannot_be_used_are_told(folder: Path, slack: LocalSlack) -> None:
    many = MANY | {"slack_api_url": slack.url}
    none = named(await doctor_slack.examine(settings(**many), now(), None), "workspaces")
    assert (none.state, "/slack/install" in none.todo) == (State.OK, True)
    vault, other = Vault([MANY["token_key"]]), Vault([Fernet.generate_key().decode()])
    with connect(f"sqlite:///{made(folder)}") as db:
        for tenant, token in {"T1": vault.locked(slack.bot_token), "T2": vault.locked("xoxb-gone")}.items():
            installs.put(db, Install(tenant=tenant, token=token, installed_at=now()))
        found = await doctor_slack.examine(settings(**many), now(), None)
        told = [one for one in found if one.name == "workspaces"]
        assert [one.state for one in told] == [State.OK, State.WARN]
        assert "2 workspaces" in told[0].found
        assert "T2 (invalid_auth)" in told[1].found
        installs.put(db, Install(tenant="T3", token=other.locked("xoxb-canary"), installed_at=now()))
    [locked, _] = [one for one in await doctor_slack.examine(settings(**many), now(), None) if one.name == "workspaces"]
    assert (locked.state, "T3" in locked.found, "TOKEN_KEY" in locked.found) == (State.FAULT, True, True)
    assert "canary" not in str(locked)


# The database


def test_a_missing_folder_is_a_fault_with_the_command_that_makes_it(folder: Path) -> None:
    found = database(folder / "data" / "attribution.db")
    assert (found["folder"].state, f"mkdir -p {folder / 'data'}" in found["folder"].todo) == (State.FAULT, True)
    assert list(folder.iterdir()) == []


def test_an_empty_file_is_a_warning_and_stays_empty(folder: Path) -> None:
    (folder / "attribution.db").touch()
    found = database(folder / "attribution.db")["database"]
    assert (found.state, "attribution-bot restore" in found.todo) == (State.WARN, True)
    assert (folder / "attribution.db").stat().st_size == 0


def test_another_programs_database_is_a_fault_and_left_as_it_was(folder: Path) -> None:
    path = folder / "other.db"
    other = sqlite3.connect(path)
    other.execute("create table bookmarks (url text)")
    other.close()
    before = path.read_bytes()
    found = database(path)["database"]
    assert (found.state, "another program's" in found.found, "DATABASE_URL" in found.todo) == (State.FAULT, True, True)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_a_fault(folder: Path) -> None:
    (folder / "notes.db").write_text("Dear diary, " * 100)
    found = database(folder / "notes.db")["database"]
    assert (found.state, "not a database" in found.found) == (State.FAULT, True)


def test_a_damaged_database_is_a_fault(folder: Path) -> None:
    path = made(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])
    found = database(path)
    assert [one.name for one in found.values() if one.state is State.FAULT] in (["database"], ["integrity"])


def test_a_newer_schema_is_a_fault_that_says_upgrade(folder: Path) -> None:
    path = made(folder)
    with connect(f"sqlite:///{path}") as db:
        run(db, "insert into migrations (number) values (99)")
    found = database(path)["database"]
    assert (found.state, found.todo.startswith("Upgrade attribution-bot")) == (State.FAULT, True)


def test_an_older_schema_is_a_fault_that_names_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(folder)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("create table more (id integer)",)))
    found = database(path)["database"]
    assert (found.state, found.todo) == (State.FAULT, "Run `attribution-bot migrate`.")


def test_a_file_that_may_not_be_written_is_a_fault(open_folder: Path) -> None:
    path = made(open_folder)
    path.chmod(0o444)
    found = database_for_others(path)
    assert (found["database"].state, found["writing"].state) == (State.OK, State.FAULT)
    assert str(path) in found["writing"].todo


def test_a_folder_that_may_not_be_written_is_a_fault(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    found = database_for_others(open_folder / "attribution.db")["folder"]
    assert (found.state, "cannot be written" in found.found) == (State.FAULT, True)


def test_a_database_that_another_program_keeps_locked_is_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_database, "BUSY", 0.1)
    path = made(folder)
    with connect(f"sqlite:///{path}") as other, transaction(other):
        assert database(path)["writing"].state is State.WARN


MB = 1024 * 1024


@pytest.mark.parametrize(("free", "state"), [(10 * MB, "fault"), (900 * MB, "warn"), (9000 * MB, "ok")])
def test_a_disk_that_runs_full_is_said_before_it_is(free: int, state: str) -> None:
    assert doctor_database.disk(free).state == state


# What the database tells


def fed(path: Path, *states: FeedState) -> None:
    with connect(f"sqlite:///{path}") as db, transaction(db):
        feeds.put(db, [(FEED, None), (WIRE, None)])
        for feed, state in zip((FEED, WIRE), states, strict=False):
            feeds.save_state(db, feed.id, state)


WELL = FeedState(polled_at=now() - HOUR, last_ok_at=now() - HOUR)
FAILS = FeedState(
    polled_at=now() - HOUR, failing_since=now() - HOUR, failures=2, trouble="timeout", trouble_text="Late."
)
GONE = FeedState(polled_at=now() - HOUR, gone_at=now() - HOUR)


@pytest.mark.parametrize(
    ("states", "state", "words"),
    [
        ((WELL, WELL), State.OK, "2 enabled, 0 failing, 0 gone for good, 0 never polled."),
        ((WELL, FAILS), State.WARN, f"1 ({WIRE.id}) failing"),
        ((FAILS, FAILS), State.FAULT, f"2 ({FEED.id}, {WIRE.id}) failing"),
        ((FAILS, GONE), State.FAULT, f"1 ({WIRE.id}) gone for good"),
        ((WELL, GONE), State.OK, f"1 ({WIRE.id}) gone for good"),
        ((FAILS,), State.FAULT, "1 never polled"),
        ((), State.OK, "2 never polled"),
    ],
)
def test_feeds_are_a_warning_where_some_fail_and_a_fault_where_all_do(
    folder: Path, states: tuple[FeedState, ...], state: State, words: str
) -> None:
    path = made(folder)
    fed(path, *states)
    found = database(path)["feeds"]
    assert (found.state, words in found.found) == (state, True), found.found


def test_a_database_without_feeds_says_where_they_come_from(folder: Path) -> None:
    assert "attribution-bot run" in database(made(folder))["feeds"].found


def test_a_channel_that_cannot_be_posted_to_is_a_warning_with_its_reason(folder: Path) -> None:
    path = made(folder)
    with connect(f"sqlite:///{path}") as db, transaction(db):
        for name in ("C1", "C2"):
            channels.put(db, Channel(tenant="T1", id=name, created_at=now()))
            one = Subscription(tenant="T1", channel=name, query=Query(), created_by="U1", created_at=now())
            channels.subscribe(db, one)
        channels.pause(db, "T1", "C2", now(), "not_in_channel")
    found = database(path)["channels"]
    assert (found.state, "1 (C2 (not_in_channel)) of the 2" in found.found) == (State.WARN, True)


def test_the_terminals_own_channel_is_none_of_slacks(folder: Path) -> None:
    path = made(folder)
    with connect(f"sqlite:///{path}") as db:
        prepare(db, now(), slack=False)
        prepare(db, now(), slack=True)
    found = database(path)["channels"]
    assert (found.state, found.found) == (State.OK, "No Slack channel has subscribed.")


# The clock


def test_a_clock_behind_what_has_happened_is_a_warning() -> None:
    right = now()
    assert doctor.clock(right, None).state is State.OK
    assert doctor.clock(right, right - HOUR).state is State.OK
    assert "the last poll" in doctor.clock(right, right + HOUR).found
    assert "installed" in doctor.clock(datetime(1970, 1, 1, tzinfo=UTC), None).found


@pytest.mark.parametrize(
    ("off", "signed", "state"), [(2, True, None), (90, True, "warn"), (600, False, "warn"), (600, True, "fault")]
)
def test_a_clock_off_slacks_is_a_fault_where_signed_requests_would_be_refused(
    off: int, signed: bool, state: str | None
) -> None:
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for moment in (at + timedelta(seconds=off), at - timedelta(seconds=off)):
        found = [one.state for one in doctor_slack.clock("Mon, 05 Jan 2026 09:00:00 GMT", moment, signed=signed)]
        assert found == ([State(state)] if state else [])


def test_an_answer_without_a_date_says_nothing_of_the_clock() -> None:
    assert [*doctor_slack.clock(None, now(), signed=True), *doctor_slack.clock("soon", now(), signed=True)] == []


async def test_the_clock_is_compared_with_slacks_own(slack: LocalSlack) -> None:
    found = await doctor_slack.examine(settings(slack), now() + HOUR, None)
    assert "seconds off Slack's" in named(found, "clock").found


# Tokens and scopes


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("token_revoked", "revoked"),
        ("account_inactive", "removed"),
        ("token_expired", "expired"),
        ("team_access_not_granted", "refuses"),
    ],
)
async def test_a_token_that_slack_refuses_is_a_fault_that_says_why(slack: LocalSlack, trouble: str, words: str) -> None:
    slack.token_troubles[slack.bot_token] = trouble
    found = named(await doctor_slack.examine(settings(slack), now(), None), "bot token")
    assert (found.state, words in found.found, trouble in found.found) == (State.FAULT, True, True)
    assert "OAuth & Permissions" in found.todo


async def test_tokens_that_slack_does_not_know_are_faults_and_never_shown(slack: LocalSlack) -> None:
    unknown = {BOT: SecretStr("xoxb-canary"), APP: SecretStr("xapp-canary")}
    found = await doctor_slack.examine(settings(slack, **unknown), now(), None)
    assert {named(found, name).state for name in ("bot token", "app token")} == {State.FAULT}
    assert "canary" not in str(found)


@pytest.mark.parametrize(
    ("how", "state", "words"),
    [
        ("ratelimited", State.WARN, "pause"),
        ("reset", State.FAULT, "cannot be reached"),
        ("500", State.FAULT, "cannot be reached"),
        ("html", State.FAULT, "cannot be reached"),
        ("text", State.FAULT, "cannot be reached"),
    ],
)
async def test_a_slack_that_does_not_answer_is_no_wrong_token(
    slack: LocalSlack, how: str, state: State, words: str
) -> None:
    slack.next("auth.test", how)
    found = named(await doctor_slack.examine(settings(slack), now(), None), "bot token")
    assert (found.state, words in found.found) == (state, True), found


async def test_a_slack_that_is_not_there_is_a_fault_with_its_address() -> None:
    nowhere = "http://127.0.0.1:1/api/"
    tokens: dict[str, Any] = {BOT: SecretStr("xoxb-1"), APP: SecretStr("xapp-1"), "slack_api_url": nowhere}
    found = await doctor_slack.examine(settings(**tokens), now(), None)
    assert [nowhere in named(found, name).found for name in ("bot token", "app token")] == [True, True]


async def test_a_scope_that_is_needed_is_a_fault_and_one_that_is_optional_a_warning(slack: LocalSlack) -> None:
    slack.scopes.discard("chat:write")
    slack.scopes.discard("groups:history")
    found = [one for one in await doctor_slack.examine(settings(slack), now(), None) if one.name == "scopes"]
    assert [(one.state, one.found.split()[0]) for one in found] == [
        (State.FAULT, "chat:write"),
        (State.WARN, "groups:history"),
    ]
    assert all("reinstall" in one.todo for one in found)


def test_without_its_optional_scopes_the_bot_is_no_fault_and_what_suffers_is_said() -> None:
    found = list(doctor_slack.scopes(", ".join(set(SCOPES) - set(OPTIONAL))))
    assert {one.state for one in found} == {State.WARN}
    assert all("twice" in one.found or "ADMINS" in one.found for one in found)


def test_scopes_beyond_those_needed_are_named() -> None:
    [found] = doctor_slack.scopes(",".join([*SCOPES, "files:write"]))
    assert (found.state, "files:write" in found.found) == (State.OK, True)


def test_an_answer_that_lists_no_scopes_blames_none() -> None:
    [found] = doctor_slack.scopes(None)
    assert (found.state, "headers" in found.todo) == (State.WARN, True)


# The socket


async def test_the_socket_of_a_bot_at_work_is_left_alone(folder: Path, slack: LocalSlack) -> None:
    with connect(f"sqlite:///{made(folder)}") as db:
        leases.hold(db, LEASE, "here 1", now(), HOUR)
    found = await doctor.examine(settings(slack), now())
    assert (named(found, "socket").state, "here 1" in named(found, "socket").found) == (State.OK, True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slack.connected(), 0.1)


async def test_a_socket_that_cannot_be_opened_is_a_fault(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack.socket, "ticket", lambda number: f"{number}-never-given")
    found = named(await doctor_slack.examine(settings(slack), now(), None), "socket")
    assert (found.state, "wss://" in found.todo) == (State.FAULT, True)


async def test_tokens_of_two_apps_are_a_fault(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    own = methods.METHODS["auth.test"]
    monkeypatch.setitem(methods.METHODS, "auth.test", lambda space, args: own(space, args) | {"app_id": "A0OTHER"})
    found = named(await doctor_slack.examine(settings(slack), now(), None), "socket")
    assert (found.state, "A0OTHER" in found.found) == (State.FAULT, True)


# Workers, and how it is shown


async def test_workers_that_cannot_read_a_feed_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "TRIAL_BODY", b"<html><title>Not found</title></html>")
    assert named(await doctor.examine(settings(), now()), "workers").state is State.FAULT


def test_a_state_is_a_word_and_what_to_do_stands_below(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.print_findings([ok("disk", "Free."), warn("feeds", "One fails.", "Wait."), fault("Slack", "No.", "Go.")])
    assert capsys.readouterr().out.splitlines() == [
        "ok      disk   Free.",
        "WARNING feeds  One fails.",
        "               -> Wait.",
        "FAULT   Slack  No.",
        "               -> Go.",
        "1 fault, 1 warning.",
    ]


def test_only_a_fault_is_a_failure() -> None:
    assert doctor.exit_status([ok("disk", "Free."), warn("feeds", "One fails.", "Wait.")]) == 0
    assert doctor.exit_status([ok("disk", "Free."), fault("Slack", "No.", "Go.")]) == 1
