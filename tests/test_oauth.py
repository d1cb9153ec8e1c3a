"""Installing over the wire: a browser, Slack's page, the way back, and what is stored of it."""

import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.fernet import Fernet

from bot import paths
from bot.manifest import SCOPES, manifest
from bot.oauth import INSTALLING
from bot.tokens import Vault
from storage import audit, channels, installs
from storage.channels import Channel
from storage.db import connect
from tests.slack import LocalSlack
from tests.slack.places import Place
from tests.stocked import STATEMENTS, stock
from tests.tenants_world import KEY, SITE, Bot, bot_of, path_of, whole_file


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


@pytest.fixture
def place(slack: LocalSlack) -> Place:
    return slack.workspace("T0ONE")


# The way there and back


async def test_a_workspace_that_installs_the_app_can_use_it_at_once(bot: Bot, place: Place) -> None:
    channel, user = place.channel("news"), place.user("ada")
    page = await bot.install(place, user)
    assert page.status == 200
    assert "attribution-bot is installed in Workspace T0ONE" in page.words
    assert "/invite @attribution-bot" in page.words
    assert "/attribution subscribe" in page.words
    answer = await bot.slash(place, "subscribe iran", channel=channel, user=user)
    assert answer.failure is None
    assert "Subscribed" in str(answer.ack)
    assert len(place.messages(channel)) == 1


async def test_slacks_page_is_asked_for_what_the_manifest_asks_for_and_no_more(bot: Bot) -> None:
    begun = await bot.get(f"{paths.INSTALL}?team=T0ONE")
    assert begun.status == 302
    asked = parse_qs(urlsplit(begun.location).query)
    made = manifest(SITE)["oauth_config"]
    assert asked["scope"] == [",".join(made["scopes"]["bot"])]
    assert asked["redirect_uri"] == made["redirect_urls"]
    assert asked["team"] == ["T0ONE"]
    assert "user_scope" not in asked


async def test_what_stands_in_an_address_changes_none_that_slack_is_asked_by(bot: Bot) -> None:
    begun = await bot.get(f"{paths.INSTALL}?team=T1%26redirect_uri%3Dhttps://elsewhere.example.org")
    assert "elsewhere" not in begun.location


async def test_pages_run_nothing_fetch_nothing_and_tell_no_other_site_the_address(bot: Bot, place: Place) -> None:
    page = await bot.install(place, place.user("ada"))
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-type"].startswith("text/html")
    assert 'lang="en"' in page.text


async def test_a_workspaces_name_is_words_and_no_marks(bot: Bot, place: Place) -> None:
    place.space.name = "<script>alert(1)</script>"
    page = await bot.install(place, place.user("ada"))
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_who_cancels_is_told_that_nothing_is_stored(bot: Bot, database: Path) -> None:
    begun = await bot.get(paths.INSTALL)
    page = await bot.get(path_of(bot.slack.oauth.denial(begun.location)), begun.cookie)
    assert (page.status, "Nothing was installed" in page.words) == (200, True)
    assert f'href="{paths.INSTALL}"' in page.text
    with connect(bot.database) as db:
        assert installs.every(db) == []


async def test_a_way_back_is_good_once(bot: Bot, place: Place) -> None:
    begun = await bot.get(paths.INSTALL)
    back = path_of(bot.slack.consent(begun.location, place, place.user("ada")))
    assert (await bot.get(back, begun.cookie)).status == 200
    again = await bot.get(back, begun.cookie)
    assert (again.status, "Please begin again" in again.words) == (400, True)


def dated(state: str, ago: timedelta) -> str:
    """A state of the same key and the same contents, made so long ago."""
    key = Fernet(KEY)
    padded = state + "=" * (-len(state) % 4)
    return key.encrypt_at_time(key.decrypt(padded), int(time.time() - ago.total_seconds())).decode().rstrip("=")


@pytest.mark.parametrize(("minutes", "good"), [(9, True), (11, False)])
async def test_a_way_back_is_good_for_ten_minutes(bot: Bot, place: Place, minutes: int, good: bool) -> None:
    begun = await bot.get(paths.INSTALL)
    old = parse_qs(urlsplit(begun.location).query)["state"][0]
    state = dated(old, timedelta(minutes=minutes))
    back = path_of(bot.slack.consent(begun.location.replace(old, state), place, place.user("ada")))
    page = await bot.get(back, begun.cookie.replace(old, state))
    assert ("within ten minutes" in page.words) is not good
    with connect(bot.database) as db:
        assert len(installs.every(db)) == good


async def test_a_state_that_another_key_made_is_refused(bot: Bot, place: Place) -> None:
    begun = await bot.get(paths.INSTALL)
    old = parse_qs(urlsplit(begun.location).query)["state"][0]
    for state in (Vault([Fernet.generate_key().decode()]).ticket(INSTALLING), Vault([KEY]).ticket("a token"), "x", "é"):
        back = path_of(bot.slack.consent(begun.location.replace(old, quote(state)), place, place.user("ada")))
        page = await bot.get(back, begun.cookie.replace(old, state))
        assert "Please begin again" in page.words


@pytest.mark.parametrize("altered", [lambda s: s + "=", lambda s: s + "==", lambda s: s[:9] + "~~~~" + s[9:]])
async def test_a_state_in_another_spelling_is_no_second_one(
    bot: Bot, place: Place, altered: Callable[[str], str]
) -> None:
    begun = await bot.get(paths.INSTALL)
    state = parse_qs(urlsplit(begun.location).query)["state"][0]
    other = altered(state)
    back = path_of(bot.slack.consent(begun.location.replace(state, quote(other)), place, place.user("ada")))
    page = await bot.get(back, begun.cookie.replace(state, other))
    assert "Please begin again" in page.words


@pytest.mark.parametrize("cookie", ["", "slack-app-oauth-state=another"])
async def test_a_way_back_is_good_in_the_browser_that_it_began_in(bot: Bot, place: Place, cookie: str) -> None:
    begun = await bot.get(paths.INSTALL)
    back = path_of(bot.slack.consent(begun.location, place, place.user("mallory")))
    assert "Please begin again" in (await bot.get(back, cookie)).words
    with connect(bot.database) as db:
        assert installs.every(db) == []


@pytest.mark.parametrize("how", ["invalid_code", "reset", "500", "html"])
async def test_where_slack_refuses_the_page_says_so_and_nothing_is_stored(bot: Bot, place: Place, how: str) -> None:
    begun = await bot.get(paths.INSTALL)
    back = path_of(bot.slack.consent(begun.location, place, place.user("ada")))
    bot.slack.next("oauth.v2.access", how)
    page = await bot.get(back, begun.cookie)
    assert (page.status, "Slack did not let the app in" in page.words) == (502, True)
    with connect(bot.database) as db:
        assert installs.every(db) == []


async def test_a_wrong_client_secret_is_said(slack: LocalSlack, database: Path, place: Place) -> None:
    async with bot_of(slack, database, slack_client_secret="another") as bot:
        page = await bot.install(place, place.user("ada"))
    assert "bad_client_secret" in page.words


async def test_however_many_begin_none_is_pushed_out_and_nothing_is_stored(bot: Bot, place: Place) -> None:
    begun = await bot.get(paths.INSTALL)
    others = {(await bot.get(paths.INSTALL)).location for _ in range(100)}
    assert len(others) == 100
    with connect(bot.database) as db:
        assert db["oauth_states"].count == 0
    back = path_of(bot.slack.consent(begun.location, place, place.user("ada")))
    assert (await bot.get(back, begun.cookie)).status == 200


# What is stored


async def test_no_token_is_stored_as_it_is_shown_or_logged(
    slack: LocalSlack,
    database: Path,
    place: Place,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.oauth.rotates = True
    async with bot_of(slack, database) as bot:
        page = await bot.install(place, place.user("ada"))
        secrets = [*slack.oauth.tokens, "xoxe-1-", slack.oauth.client_secret]
        told = page.text + caplog.text + "".join(capsys.readouterr()) + repr(bot.tokens) + repr(bot.tokens.vault)
        with connect(bot.database) as db:
            stored = installs.get(db, "T0ONE")
    assert stored is not None
    assert stored.refresh is not None
    for secret in secrets:
        assert secret not in told
        assert secret.encode() not in whole_file(database)


async def test_installing_is_in_the_journal_with_who_did_it(bot: Bot, place: Place) -> None:
    user = place.user("ada")
    await bot.install(place, user)
    with connect(bot.database) as db:
        [change] = audit.changes(db, "T0ONE")
    assert (change.what, change.user, change.about) == ("install", user, ",".join(SCOPES))


async def test_installing_again_replaces_the_tokens_and_sends_again_what_was_held_back(bot: Bot, place: Place) -> None:
    channel, user = place.channel("news"), place.user("ada")
    await bot.install(place, user)
    await bot.slash(place, "subscribe iran", channel=channel, user=user)
    first = await bot.tokens.of("T0ONE")
    with connect(bot.database) as db:
        channels.suspend(db, "T0ONE", channels.get(db, "T0ONE", channel).created_at, "token_revoked")  # type: ignore[union-attr]  # it is there
    await bot.install(place, place.user("grace"))
    assert await bot.tokens.of("T0ONE") not in (None, first)
    with connect(bot.database) as db:
        found = channels.get(db, "T0ONE", channel)
        assert isinstance(found, Channel)
        assert found.paused_at is None
        assert len(channels.subscriptions(db, "T0ONE", channel)) == 1
        assert len(installs.every(db)) == 1


async def test_workspaces_do_not_see_each_other(bot: Bot, slack: LocalSlack) -> None:
    one, two = slack.workspace("T0ONE"), slack.workspace("T0TWO")
    where = {place.id: (place.channel("news"), place.user("ada")) for place in (one, two)}
    for place in (one, two):
        channel, user = where[place.id]
        await bot.install(place, user)
        await bot.slash(place, "subscribe iran" if place is one else "subscribe russia", channel=channel, user=user)
    for place, seen, unseen in ((one, "Iran", "Russia"), (two, "Russia", "Iran")):
        channel, user = where[place.id]
        listed = str((await bot.slash(place, "list", channel=channel, user=user)).ack)
        assert (seen in listed, unseen in listed) == (True, False)
        [confirmed] = place.messages(channel)
        assert seen in confirmed.text
    assert slack.refusals == []


async def test_where_the_app_is_not_installed_an_answer_says_where_to_install_it(bot: Bot, place: Place) -> None:
    channel, user = place.channel("news"), place.user("ada")
    answer = await bot.slash(place, "iran", channel=channel, user=user)
    assert f"{SITE}{paths.INSTALL}" in str(answer.messages)
    assert bot.rows("channels", place.id) == []
