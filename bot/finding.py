"""What `attribution-bot doctor` found of one thing: its state in a word, what was seen, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether a thing is as it should be; only a fault keeps the bot from its work."""

    OK = "ok"
    WARN = "warn"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`found`: what was seen; `todo`: what to do next, empty where nothing is. Both are fit to show."""

    name: str
    state: State
    found: str
    todo: str = ""


def ok(name: str, found: str, todo: str = "") -> Finding:
    """A thing that is well."""
    return Finding(name=name, state=State.OK, found=found, todo=todo)


def warn(name: str, found: str, todo: str) -> Finding:
    """A thing that works, though not as well as it could."""
    return Finding(name=name, state=State.WARN, found=found, todo=todo)


def fault(name: str, found: str, todo: str) -> Finding:
    """A thing that keeps the bot from its work."""
    return Finding(name=name, state=State.FAULT, found=found, todo=todo)
