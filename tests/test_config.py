"""Settings: from the environment and `.env`, every problem at once, no secret shown."""

from pathlib import Path

import pytest

from bot.config import ConfigError, Settings, load

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
