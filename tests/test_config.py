"""Settings: from the environment and `.env`, every problem at once, no secret shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import ConfigError, Settings, load, oauth

NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_nothing_needs_to_be_set() -> None:
    assert load().database_url == "sqlite:///attribution.db"


def test_a_dot_env_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///one.db\nPORT=3000\nUNRELATED=x\n")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///two.db")
    assert (load().database_url, load().port) == ("sqlite:///two.db", 3000)


def test_an_empty_setting_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert load() == Settings.model_construct(
        database_url="sqlite:///attribution.db", slack_api_url="https://slack.com/api/",
        slack_bot_token=None, slack_app_token=None, slack_signing_secret=None, port=None, feeds_proxy=None,
    )  # fmt: skip


def test_every_problem_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "DATABASE_URL": "postgresql://db/name",
        "SLACK_BOT_TOKEN": "xoxp-canary",
        "SLACK_APP_TOKEN": "canary",
        "SLACK_API_URL": "slack.com",
        "PORT": "99999",
        "FEEDS_PROXY": "socks://proxy",
        "TOKEN_KEY": "canary",
        "PUBLIC_URL": "http://bot.example.org",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load()
    lines = str(caught.value).splitlines()
    assert sorted(line.split(":")[0] for line in lines) == sorted(wrong)
    assert "canary" not in str(caught.value)


def test_a_secret_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    assert "canary" not in f"{load()} {load()!r}"


def test_admins_are_ids_with_commas_or_blanks_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMINS", " U012AB, U034CD\tU056EF ,")
    assert load().admins == {"U012AB", "U034CD", "U056EF"}


KEY = "A" * 43 + "="
MANY = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "canary",
    "SLACK_SIGNING_SECRET": "canary",
    "TOKEN_KEY": f"{KEY}, {KEY}",
    "PUBLIC_URL": "https://bot.example.org/",
    "PORT": "3000",
}


def given(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> Settings:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return load()


def test_settings_for_many_workspaces_are_complete_or_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = oauth(given(monkeypatch, MANY))
    assert found is not None
    assert (len(found.keys), found.site, found.port) == (2, "https://bot.example.org", 3000)
    assert "canary" not in repr(found)
    for name in MANY:
        monkeypatch.delenv(name)
        with pytest.raises(ConfigError, match=f"{name} is not set"):
            oauth(load())
        monkeypatch.setenv(name, MANY[name])


def test_one_bots_token_means_one_workspace_whatever_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert oauth(given(monkeypatch, MANY | {"SLACK_BOT_TOKEN": "xoxb-1"})) is None
    for name in MANY:
        monkeypatch.delenv(name)
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    assert oauth(load()) is None


@pytest.mark.parametrize("address", ["http://localhost:3000", "http://127.0.0.1:3000", "https://bot.example.org"])
def test_a_public_address_is_https_or_this_machines(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert given(monkeypatch, {"PUBLIC_URL": address}).public_url == address


@pytest.mark.parametrize("address", ["https://bot.example.org/slack", "https://bot.example.org?x=1", "bot.example.org"])
def test_a_public_address_is_a_whole_site(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(ConfigError, match="PUBLIC_URL"):
        given(monkeypatch, {"PUBLIC_URL": address})


def test_run_does_not_start_with_half_the_settings_for_many_workspaces(tmp_path: Path) -> None:
    environment = os.environ | {"SLACK_CLIENT_ID": "1.2", "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        env=environment, cwd=tmp_path, text=True, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "TOKEN_KEY is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_ports_are_numbers_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDS_PORTS", "8080, 8443")
    assert load().feeds_ports == {8080, 8443}
    for wrong in ("http", "0", "65536", "8080;1", "-1", "9" * 5000):
        monkeypatch.setenv("FEEDS_PORTS", wrong)
        with pytest.raises(ConfigError, match=r"FEEDS_PORTS: .* is no port"):
            load()


def test_the_operators_channel_is_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_CHANNEL", "C012AB3CD")
    assert load().operator_channel == "C012AB3CD"
    monkeypatch.setenv("OPERATOR_CHANNEL", "#operations")
    with pytest.raises(ConfigError, match="is no channel's ID"):
        load()
