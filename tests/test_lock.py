"""The lock files: every package hashed, no address in them, and equal to what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.txt", "requirements-stix.txt", "requirements-dev.txt", "requirements-data.txt")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def wanted(lists: tuple[str, ...]) -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    every = {"run": project["dependencies"], **project["optional-dependencies"], **settings["dependency-groups"]}
    asked = [line for name in lists for line in every[name]]
    names = (NAME.match(line) for line in asked)
    return {match.group().lower() for match in names if match}


def pinned(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text(encoding="utf-8")))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--find-links|--index|--extra-index|--trusted-host|@ file", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(
    ("lock", "lists"),
    [
        ("requirements.txt", ("run", "build")),
        ("requirements-stix.txt", ("run", "build", "stix")),
        ("requirements-dev.txt", ("run", "build", "dev")),
        ("requirements-data.txt", ("data",)),
    ],
)
def test_a_lock_pins_all_that_the_project_asks_for(lock: str, lists: tuple[str, ...]) -> None:
    assert wanted(lists) - set(pinned(lock)) == set()


def test_all_locks_install_the_same_versions() -> None:
    run, stix, dev = (pinned(lock) for lock in ("requirements.txt", "requirements-stix.txt", "requirements-dev.txt"))
    assert {name: (version, stix.get(name)) for name, version in run.items() if stix.get(name) != version} == {}
    assert {name: (version, dev.get(name)) for name, version in stix.items() if dev.get(name) != version} == {}


def test_what_needs_a_compiler_is_no_dependency_of_the_bot_or_its_tests() -> None:
    assert not {"countrynames", "pyicu", "pymispgalaxies"} & set(pinned("requirements-dev.txt"))
