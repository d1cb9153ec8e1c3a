"""The demo tells the story of September 2022 as it went, and ends by itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo prints in a process of its own, with a word typed at its prompt."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--interactive"],
        input="by:nato\n", capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stdout.replace("\u00a0", " ")


def cards(told: str) -> list[str]:
    return [part.split("\n")[1] for part in told.split("╭─  #threat-intel")[1:]]


def test_the_uk_opens_the_card_and_the_sanctions_a_second_one(told: str) -> None:
    assert cards(told) == ["│ 🇬🇧 United Kingdom accuses 🇮🇷 Iran", "│ 🇺🇸 United States accuses 🇮🇷 Iran, with sanctions"]
    first = told.split("╭─  #threat-intel")[1].split("╰─")[0]
    for words in ("almost certain", "Albania", "FCDO and NCSC", "15 July"):
        assert words in first


@pytest.mark.parametrize(
    "news",
    [
        "🇦🇱 Albania joins",
        "🇺🇸 United States joins",
        "NATO backs those who accuse 🇮🇷 Iran",
        "🇪🇺 European Union backs those who accuse 🇮🇷 Iran",
    ],
)
def test_each_ally_joins_in_the_thread_once(told: str, news: str) -> None:
    replies = [part.split("\n")[1] for part in told.split("╭─ reply in a thread of")[1:]]
    assert [news in reply for reply in replies].count(True) == 1


def test_press_denials_warnings_and_gangs_send_nothing_of_their_own(told: str) -> None:
    assert told.count("╭─ reply in a thread of") == 4
    for quiet in ("Tehran denies attack", "ransomware gangs", "Phishing about public events", "drones for Russia"):
        line = next(line for line in told.splitlines() if quiet in line and " UTC · " in line)
        following = told.split(line, 1)[1].lstrip("\n")
        assert not following.startswith("╭"), quiet


def test_nobody_but_iran_is_accused_and_the_digest_says_so(told: str) -> None:
    digest = told.split("the weekly digest")[1]
    assert "1 new case" in digest
    assert "🇮🇷 Iran: new cases" in digest
    assert "case 2022-" in digest
    assert "NATO" in told.split("somebody types /attribution by:nato")[1]
