"""Imports point inwards only, and a foreign library lives behind one file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_ENTER = {
    "attribution": {"attribution"},
    "feeds": {"attribution", "feeds"},
    "storage": {"attribution", "storage"},
    "bot": {"attribution", "feeds", "storage", "bot"},
}
BEHIND = {
    "cssselect": {"feeds/shape.py"},
    "feedparser": {"feeds/parse.py"},
    "lingua": {"attribution/language.py"},
    "pebble": {"feeds/worker.py"},
    "trafilatura": {"feeds/article.py"},
    "pydantic": {"bot/config.py"},
    "pydantic_settings": {"bot/config.py"},
    "cryptography": {"bot/tokens.py"},
    "prometheus_client": {"bot/metrics.py"},
    "rich": {"bot/terminal.py"},
    "stix2": {"bot/exports/stix.py"},
}
# What reaches outside: the pure package may read its own data files through importlib.resources, and nothing else.
IO = {
    "os",
    "io",
    "socket",
    "sqlite3",
    "subprocess",
    "asyncio",
    "aiohttp",
    "requests",
    "urllib.request",
    "pathlib",
    "time",
}
FILES = sorted(path for room in MAY_ENTER for path in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is entered"
            yield node.module or ""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_inwards_only(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    entered = {module.split(".")[0] for module in imported(path)} & set(MAY_ENTER)
    assert entered <= MAY_ENTER[room]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_foreign_library_lives_behind_one_file(path: Path) -> None:
    for module in imported(path):
        allowed = BEHIND.get(module.split(".")[0])
        assert allowed is None or name_of(path) in allowed, f"{module} is {allowed}'s"


@pytest.mark.parametrize("path", sorted((ROOT / "attribution").rglob("*.py")), ids=name_of)
def test_the_pure_package_does_no_io_and_looks_at_no_clock(path: Path) -> None:
    assert not set(imported(path)) & IO
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    called = {ast.unparse(call.func) for call in calls}
    assert not called & {"open", "print", "input", "datetime.now", "datetime.utcnow", "date.today"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_and_public_function_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module without a line that says what it is"
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []
