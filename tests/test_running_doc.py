"""docs/running.md, SECURITY.md, the unit and the container file name what is there, and hold what they promise."""

import asyncio
import configparser
import json
import re
import socket
import sys
from pathlib import Path

import pytest

from bot import paths
from bot.cli import cli
from bot.config import Settings
from bot.health import POLL_LATE, SEND_LATE, listening, open_health
from bot.log import HIDDEN
from bot.scheduler import LEASE_FOR
from tests.makers import NOW

ROOT = Path(__file__).parents[1]
SECURITY, RUNNING, DOCKERFILE, UNIT, IGNORED = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("SECURITY.md", "docs/running.md", "Dockerfile", "docs/attribution-bot.service", ".dockerignore")
)
SETTINGS = {name.upper() for name in Settings.model_fields}
WRITTEN = re.compile(r"\b(?:SLACK|TOKEN|FEEDS|HEALTH|LOG|DATABASE|PUBLIC)_[A-Z_]+\b|\bPORT\b")
UNTRUSTING = {
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "RestrictNamespaces": "yes",
}


def test_every_file_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`([\w./-]+\.(?:py|md|txt|service))`", SECURITY))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_security_page_is_one_page_and_says_what_it_must() -> None:
    assert re.findall(r"^## (.+)$", SECURITY, re.MULTILINE) == [
        "What is worth protecting",
        "Who attacks, and what stops them",
        "What does not",
        "How to report",
    ]
    assert len(SECURITY.split()) < 1000


@pytest.mark.parametrize("text", [SECURITY, RUNNING, DOCKERFILE, UNIT], ids=["security", "running", "docker", "unit"])
def test_they_name_only_settings_and_commands_that_exist(text: str) -> None:
    assert set(WRITTEN.findall(text)) <= SETTINGS
    assert set(re.findall(r"(?:bin/|`|exec |\")attribution-bot ([a-z]+)", text)) <= set(cli.commands)


@pytest.mark.parametrize("text", [SECURITY, RUNNING], ids=["security", "running"])
def test_their_links_lead_to_files(text: str) -> None:
    folder = ROOT / "docs" if text is RUNNING else ROOT
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (folder / link).exists()] == []


def test_what_running_says_of_times_and_addresses_is_what_the_code_does() -> None:
    assert {f"`{path}`" for path in (paths.ALIVE, paths.READY, paths.METRICS)} <= set(re.findall(r"`/\w+`", RUNNING))
    assert f"has waited for {POLL_LATE.seconds // 60} minutes" in RUNNING
    assert f"has waited for {SEND_LATE.seconds // 60}," in RUNNING
    assert f"takes over within {LEASE_FOR.seconds} seconds" in RUNNING
    assert f"`{HIDDEN}`" in RUNNING


def test_the_unit_trusts_the_bot_with_nothing_but_its_own_folder() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names as they are written
    parser.read_string(UNIT)
    service = parser["Service"]
    assert {name: service[name] for name in UNTRUSTING} == UNTRUSTING
    assert "SystemCallFilter=@system-service\n" in UNIT
    assert re.search(r"^DATABASE_URL|=DATABASE_URL=sqlite:////var/lib/attribution-bot/", UNIT, re.MULTILINE)


def test_the_nightly_copy_goes_to_another_folder_that_the_unit_may_write() -> None:
    (copy,) = re.findall(r'^ExecStart=.*attribution-bot backup --force "(.+)"', RUNNING, re.MULTILINE)
    folder = Path(copy).parent
    assert folder.is_absolute()
    assert not folder.is_relative_to("/var/lib/attribution-bot")  # a disk that is lost takes what lies on it along
    assert f"\nReadWritePaths={folder}\n" in RUNNING  # for the unit's ProtectSystem=strict
    (group,) = re.findall(r"^SupplementaryGroups=(.+)$", RUNNING, re.MULTILINE)
    assert f"\ninstall -d -m 770 -g {group} {folder}\n" in RUNNING


@pytest.mark.parametrize("host", ["", "127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::"])
async def test_the_container_is_asked_where_it_listens(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port(host)
    monkeypatch.chdir(tmp_path)  # without an .env
    monkeypatch.setenv("HEALTH_HOST", host)
    monkeypatch.setenv("HEALTH_PORT", str(port))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # the way out to Slack, not to the bot itself
    async with open_health(f"sqlite:///{tmp_path / 'test.db'}", lambda: NOW) as health:
        async with listening(health, Settings().health_host, port):
            assert await asked_by_docker() == 0
        assert await asked_by_docker() != 0


def free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.bind((host or "127.0.0.1", 0))
            return int(trial.getsockname()[1])
    except OSError as error:
        pytest.skip(f"this machine has no address {host}: {error}")


async def asked_by_docker() -> int:
    """The exit status of the container file's health check."""
    (found,) = re.findall(r"^HEALTHCHECK [^\[]+CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    program, *words = json.loads(found)
    assert program == "python"
    asking = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=asyncio.subprocess.PIPE)
    await asking.communicate()
    return asking.returncode or 0


def test_the_container_is_built_from_the_lock_alone_and_runs_without_rights() -> None:
    assert "pip install --no-cache-dir --require-hashes -r requirements.txt" in DOCKERFILE
    assert "--no-deps --no-build-isolation ." in DOCKERFILE
    last = DOCKERFILE.rsplit("FROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d+$", last, re.MULTILINE)
    assert not re.search(r"https?://(?!127\.0\.0\.1)|--index|ADD |TOKEN|SECRET", DOCKERFILE)
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()
    }
    assert [name for name in copied if not (ROOT / name).exists()] == []
    # What is not listed never reaches the builder: .env and the database above all.
    assert IGNORED.splitlines()[0] == "*"
    assert {line[1:] for line in IGNORED.splitlines() if line.startswith("!")} == copied
