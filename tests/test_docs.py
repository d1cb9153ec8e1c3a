"""The README, the CHANGELOG and --help say what is there: every command and setting, and no other."""

import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from attribution import query
from bot.cli import cli
from bot.config import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title}"
    return found.group(1)


def test_the_readme_lists_every_command_and_no_other() -> None:
    assert set(re.findall(r"`attribution-bot ([a-z]+)", README)) == set(cli.commands)


def test_the_changelog_names_every_command() -> None:
    assert set(cli.commands) <= set(re.findall(r"`attribution-bot ([a-z]+)`", CHANGELOG))


def test_the_readme_lists_every_setting_and_no_other() -> None:
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section("Settings"), re.MULTILINE)) == {
        name.upper() for name in Settings.model_fields
    }


def test_the_readme_explains_every_field_of_a_question() -> None:
    assert set(re.findall(r"\b([a-z]+):", section("Asking"))) >= set(query.READERS) - {"text"}


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_option_of_a_command_is_explained(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    inner = command.commands.values() if isinstance(command, click.Group) else []
    for one in (command, *inner):
        options = [option for option in one.params if isinstance(option, click.Option)]
        assert one.help
        assert [option.name for option in options if not option.help] == []


def test_the_readme_names_only_options_that_exist() -> None:
    options = {opt for command in cli.commands.values() for one in command.params for opt in one.opts}
    assert set(re.findall(r"`[^`]*?(--[a-z][a-z-]+)", section("Commands"))) <= options | {"--help"}


def test_the_readme_names_only_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"^make ([a-z0-9-]+)", README, re.MULTILINE)) <= targets


def test_the_readme_links_only_to_files_that_exist() -> None:
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_help_is_given_without_a_database_or_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("", *cli.commands):
        shown = CliRunner().invoke(cli, [*name.split(), "--help"])
        assert shown.exit_code == 0
        assert "Usage:" in shown.output
    assert list(tmp_path.iterdir()) == []


def test_the_procfile_runs_commands_that_exist() -> None:
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
    commands = re.findall(r"attribution-bot ([a-z]+)", procfile)
    assert commands
    assert set(commands) <= set(cli.commands)


def test_the_version_is_said_once() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    shown = CliRunner().invoke(cli, ["--version"])
    assert version in shown.output
