"""SQL only with parameters: a statement is made of constants of ours, and what anybody else says is a value."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attribution.query import Query
from storage.claims import conditions

ROOT = Path(__file__).parents[1]
ROOMS = ("attribution", "feeds", "storage", "bot")
# What takes a statement, and as which of its arguments: functions of storage.db, and methods of connections.
FUNCTIONS = {"rows": 1, "row": 1, "run": 1}
METHODS = {"execute": 0, "executescript": 0, "executemany": 0, "query": 0}
# What stands in a statement and is no constant, and why nobody but us decides what it is.
WHOLE = "whole numbers, made so where they are joined"
CONDITIONS = "claims.conditions: placeholders alone, as a test below says"
OURS: dict[tuple[str, str], str] = {
    ("storage/cards.py", "column"): "one of the columns that the functions of that file name",
    ("storage/cards.py", "table"): "one of two tables named in a tuple",
    ("storage/cases.py", "', '.join((str(int(one)) for one in claim_ids))"): WHOLE,
    ("storage/claims.py", "', '.join((str(int(one)) for one in claim_ids))"): WHOLE,
    ("storage/claims.py", "where"): CONDITIONS,
    ("storage/db.py", "sql"): "what row, rows and run are given, which is what this looks at",
    ("storage/db.py", "5000"): "a number of ours",
    ("storage/feeds.py", "', '.join((f'{name} = :{name}' for name in FeedState.__slots__))"): "a class's fields",
    ("storage/posts.py", "', '.join((str(int(one)) for one in ids))"): WHOLE,
    ("storage/schema.py", "statement"): "the migrations",
    ("storage/stats.py", "order"): "nothing, or desc",
    ("storage/stats.py", "where"): CONDITIONS,
    ("storage/tenants.py", "statement"): "one of OWNED",
    ("storage/tenants.py", "table"): "one of TABLES",
}
Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


def not_ours(name: str, text: str) -> Iterator[tuple[str, str]]:
    """What a file puts into its statements that is neither a constant nor accounted for: the file, and what."""
    tree = ast.parse(text)
    functions = sql_functions(name, tree)
    for scope in ast.walk(tree):
        if isinstance(scope, Scope):
            for call in calls(scope):
                position = position_of(call, functions)
                if position is not None:
                    yield from ((name, part) for part in parts(call.args[position], scope, tree))


def sql_functions(name: str, tree: ast.Module) -> set[str]:
    if name == "storage/db.py":
        return set()  # where they are: they hand on what they are given
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "storage.db")
    return {alias.asname or alias.name for node in imports for alias in node.names} & set(FUNCTIONS)


def calls(scope: Scope) -> Iterator[ast.Call]:
    """The calls of a function or a module, without those of the functions in it."""
    waiting = list(scope.body) if isinstance(scope, ast.Module) else [*scope.body]
    while waiting:
        node: ast.AST = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(ast.iter_child_nodes(node))  # type: ignore[arg-type]  # statements and expressions alike


def position_of(call: ast.Call, functions: set[str]) -> int | None:
    match call.func:
        case ast.Name(id=found) if found in functions:
            return FUNCTIONS[found]
        case ast.Attribute(attr=found) if found in METHODS and call.args:
            return METHODS[found]
    return None


def parts(statement: ast.expr, scope: Scope, tree: ast.Module, within: frozenset[str] = frozenset()) -> Iterator[str]:
    """The parts of a statement that are no constants, as they are written; `within`: names seen to."""
    match statement:
        case ast.Constant(value=str()):
            return
        case ast.JoinedStr(values=inner):
            each = [one.value if isinstance(one, ast.FormattedValue) else one for one in inner]
        case ast.IfExp(body=yes, orelse=no):
            each = [yes, no]
        case ast.Name(id=found) if found in within or (given := assigned(found, scope) or assigned(found, tree)):
            each, within = ([] if found in within else given), within | {found}
        case ast.Name(id=found) if found.isupper():
            return  # another file's constant
        case _:
            yield ast.unparse(statement)
            return
    for one in each:
        yield from parts(one, scope, tree, within)


def assigned(name: str, scope: Scope) -> list[ast.expr]:
    """What a name stands for: all that is assigned to it in a function, or in a file outside of functions."""
    body = scope.body if isinstance(scope, ast.Module) else list(ast.walk(scope))
    found = [node for node in body if isinstance(node, ast.Assign)]
    return [node.value for node in found if any(isinstance(to, ast.Name) and to.id == name for to in node.targets)]


def every() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield from not_ours(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def test_what_is_in_a_statement_is_a_constant_or_accounted_for() -> None:
    assert set(every()) == set(OURS)


@pytest.mark.parametrize(
    "body",
    [
        "run(db, f\"delete from t where name = '{name}'\")",
        'run(db, "delete from t where name = " + name)',
        'run(db, "delete from t where name = %s" % name)',
        'run(db, "delete from {}".format(name))',
        'sql = f"select {name}"; rows(db, sql)',
        'sql = "select 1"; sql = name; row(db, sql)',
        "db.conn.execute(name)",
        'db.query(f"select {name}" if name else "select 1")',
    ],
)
def test_what_is_put_into_a_statement_is_found(body: str) -> None:
    text = f"from storage.db import row, rows, run\n\ndef f(db, name):\n    {body}\n"
    assert list(not_ours("storage/x.py", text))


@pytest.mark.parametrize(
    "body",
    ['run(db, "delete from t where name = :name", name=name)', 'sql = f"select {WHAT}"; rows(db, sql, name=name)'],
)
def test_parameters_and_constants_are_right(body: str) -> None:
    text = f"from storage.db import row, rows, run\nWHAT = 'x'\n\ndef f(db, name):\n    {body}\n"
    assert list(not_ours("storage/x.py", text)) == []


def test_a_question_leaves_its_words_out_of_the_statement() -> None:
    word = "'); drop table claims; --"
    names = {name: frozenset({word}) for name in ("accused", "by", "victim", "actor", "kind")}
    asked: Any = {**names, "text": (word, "xy"), "case": word, "mentions": False}
    sql, values = conditions(Query(**asked), viewer=word)
    assert "drop" not in sql
    assert word in values.values()
    assert set(re.findall(r":(\w+)", sql)) <= set(values)
