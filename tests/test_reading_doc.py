"""docs/reading.md says what is there, and its two examples work as it says, on a copy of the package's own data."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import attribution
from attribution import phrases
from attribution.why import Step

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
READ = """
import json, sys
from attribution.plain import claim_as_plain, post_from_plain
from attribution.read import read
from attribution.why import why_not
post = post_from_plain({"title": sys.argv[1], "text": "", "lang": "en"})
found = why_not(post)
claims = [claim_as_plain(claim) for claim in read(post).claims]
print(json.dumps({"because": found and found.because, "claims": claims}))
"""


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", DOC, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {title}"
    return found.group(1)


def blocks(title: str, language: str) -> list[str]:
    return [body.strip() for kind, body in BLOCK.findall(section(title)) if kind == language]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, whose data an example may change."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(attribution.__file__).parent, tmp_path / "attribution", ignore=ignored)
    return tmp_path


def reading(package: Path, title: str) -> Any:
    """What the copied package reads in a title, told by a process that knows no other."""
    ran = subprocess.run(
        [sys.executable, "-c", READ, title], cwd=package, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(ran.stdout)


def test_the_phrase_that_the_page_adds_makes_its_headline_an_attribution(package: Path) -> None:
    headline, quiet = blocks("Add a phrase", "text")
    before = reading(package, headline)
    assert before["claims"] == [], "the book knows the example's phrase by now: the page needs another"
    assert quiet == f"Quiet: {before['because']}."
    ((sign, (phrase,)),) = tomllib.loads(blocks("Add a phrase", "toml")[0] + "\n]").items()
    book = package / "attribution" / "data" / "phrases" / "en.toml"
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace(f"\n{sign} = [\n", f'\n{sign} = [\n  "{phrase}",\n', 1), encoding="utf-8")
    (claim,) = reading(package, headline)["claims"]
    assert (claim["accused"], claim["attributed_by"], claim["standing"]) == (["RU"], ["NO"], "attribution")
    assert claim["quote"] == headline
    assert f'by the rule "{claim["rule"]}"' in section("Add a phrase")


def test_the_alias_that_the_page_adds_names_its_group_and_accuses_no_state(package: Path) -> None:
    (sentence,) = blocks("Add an alias", "text")
    found = re.search(r"In `([^`]+)`, add `([^`]+)` at the end of the row\s+`(\w+)`", section("Add an alias"))
    assert found
    file, alias, row = found.groups()
    assert reading(package, sentence)["claims"] == [], (
        "the example's alias is a known one by now: the page needs another"
    )
    table = package / file
    lines = table.read_text(encoding="utf-8").splitlines()
    changed = [line + alias if line.startswith(f"{row}\t") else line for line in lines]
    assert changed != lines
    table.write_text("\n".join(changed) + "\n", encoding="utf-8")
    (claim,) = reading(package, sentence)["claims"]
    assert [actor["id"] for actor in claim["actors"]] == [row]
    assert (claim["accused"], claim["attributed_by"]) == ([], ["GB"])


def test_the_page_names_every_step_of_reading_in_order() -> None:
    rows = re.findall(r"^\| (.+?) \|", section("The steps"), re.MULTILINE)
    assert rows[1:] == [str(step) for step in Step]


def test_the_page_names_only_files_and_signs_that_exist() -> None:
    files = re.findall(r"`((?:attribution|tests)/[\w/.-]+)`", DOC)
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []
    tables = re.findall(r"`(\w+\.(?:tsv|toml))`", DOC)
    assert [name for name in tables if not (ROOT / "attribution" / "data" / name).exists()] == []
    book = tomllib.loads((ROOT / "attribution/data/phrases/en.toml").read_text(encoding="utf-8"))
    signs = set(re.findall(r"`([a-z_]+)`", section("The steps"))) | {"blames"}
    assert len(signs) > 10
    assert signs <= book["cues"].keys()


def test_the_page_is_one_page_and_every_book_has_the_tables_it_tells_of() -> None:
    assert len(DOC.splitlines()) <= 110
    for language in phrases.languages():
        assert (ROOT / "attribution" / "data" / "details" / f"{language}.toml").exists()
        assert phrases.gate_of(language)
