"""Logs: events with fields, on standard error, as plain lines or as JSON, and no secret in them."""

import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import Processor

HIDDEN = "[hidden]"
# What is secret wherever it turns up: Slack's tokens and sockets' tickets, encrypted tokens, a login in an address.
SECRETS = (
    r"\bx(?:ox[a-z]{1,2}|app)(?:\.xox[a-z])?-[\w-]+",
    r"wss?://\S+",
    r"\bgAAAA[\w-]{20,}=*",
    r"(?<=://)[^/\s@]+@",
)
SHORTEST = 6  # characters: hiding a shorter secret wherever its letters stand would hide much else

Stamps = structlog.processors.TimeStamper(fmt="iso", utc=True)


def hider(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that hides in a line what looks like a secret, and these very ones."""
    own = [re.escape(one) for one in sorted(secrets, key=len, reverse=True) if len(one) >= SHORTEST]
    pattern = re.compile("|".join((*own, *SECRETS)))
    return lambda line: pattern.sub(HIDDEN, line)


def configure(form: str = "plain", secrets: Iterable[str] = ()) -> None:
    """Sends structlog's events, warnings of the libraries and what ends the program to standard error.

    `form`: plain or json; `secrets`: what is hidden in every line beside what looks like a secret."""
    rendered = _rendered(form, hider(secrets))
    usual: list[Processor] = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, Stamps]
    structlog.configure(processors=[*usual, *rendered], logger_factory=_to_stderr)
    handler = logging.StreamHandler(sys.stderr)
    others: list[Processor] = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, Stamps]
    others.append(structlog.stdlib.add_logger_name)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=others, processors=[ProcessorFormatter.remove_processors_meta, *rendered])
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    sys.excepthook = _ended


def _to_stderr(*_: object) -> structlog.PrintLogger:
    """To what is standard error when something is logged: it may have been redirected since."""
    return structlog.PrintLogger(sys.stderr)


def _rendered(form: str, hide: Callable[[str], str]) -> list[Processor]:
    def hidden(_logger: Any, _method: str, line: Any) -> str:
        return hide(str(line))

    if form == "json":
        json = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        return [structlog.processors.format_exc_info, json, hidden]
    # Plain tracebacks: those of rich show what variables hold, and some hold tokens.
    plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    return [plain, hidden]


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger().critical("the bot ended with a mistake of its own", exc_info=(kind, error, trace))


def bind(ids: Mapping[str, str | None]) -> None:
    """Every event of the task under way, and of those that it begins, bears these ids from now on, and no earlier."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**{name: one for name, one in ids.items() if one})
