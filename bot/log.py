"""Logs: events with fields, on standard error, as plain lines or as JSON, and no secret in them."""

import json
import logging
import re
import string
import sys
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor

HIDDEN = "[hidden]"
# What is secret wherever it turns up: Slack's tokens and sockets' tickets, encrypted tokens, a login in an address;
# a response URL, at which whoever has it may speak (docs.slack.dev, "Handling user interaction"); and the code that
# Slack sends somebody back with, which is worth a token (RFC 6749, 4.1.2).
SECRETS = (
    r"(?<![A-Za-z0-9])x(?:ox[a-z]{1,2}|app)(?:\.xox[a-z])?-[\w-]+",
    r"wss?://[^\s\"'<>|\\]+",
    r"\bgAAAA[\w-]{20,}=*",
    r"(?<=://)[^/\s]+@",
    r"hooks\.slack(?:-gov)?\.com(?:\\*/|%2F)(?:[^\s\"'<>|\\]|\\+/)+",
    r"(?<=[?&]code=)[^\s\"'<>|\\&]+",
)
SHORTEST = 6  # characters: hiding a shorter secret wherever its letters stand would hide much else
LONGEST = 16_000  # characters of one value: some tracebacks long, for an error may quote what a stranger sent
BACKSLASH = r"(?:\\|%(?:25)*5[Cc])"
AS_IS = frozenset(string.ascii_letters + string.digits + "-_.")  # are written alike everywhere

Stamps = structlog.processors.TimeStamper(fmt="iso", utc=True)


def hider(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that hides in a text what looks like a secret, and these very ones: as they are, and as JSON, Python
    and addresses write them, however often over, as where an error that quotes a `repr` is logged as JSON."""
    own = [_anyhow(one) for one in sorted(secrets, key=len, reverse=True) if len(one) >= SHORTEST]
    pattern = re.compile("|".join((*own, *SECRETS)))
    return lambda text: pattern.sub(HIDDEN, text)


def _anyhow(secret: str) -> str:
    parts = map(_written, re.findall(r"\\+|[^\\]", secret))
    return "".join(parts).removeprefix(f"{BACKSLASH}*")  # a search that begins with it is slow at many backslashes


def _written(part: str) -> str:
    """A pattern for a character, or for some backslashes in a row, whichever way it is written."""
    if part in AS_IS:
        return re.escape(part)
    before, itself = ("", f"{BACKSLASH}+") if part[0] == "\\" else (f"{BACKSLASH}*", re.escape(part))
    in_python = (ascii(part)[1:-1], ascii(part.encode())[2:-1], json.dumps(part)[1:-1])
    # Each backslash of these is two to a pattern, and more where they were written over again.
    escaped = [re.sub(r"(?:\\\\)+", lambda _: f"{BACKSLASH}+", re.escape(one)) for one in in_python if one[0] == "\\"]
    in_form = quote_plus(part)  # a space as +
    in_address = [re.escape(one).replace("%", "%(?:25)*") for one in (quote(part, safe=""), in_form, quote(in_form))]
    return rf"{before}(?:{itself}|(?i:{'|'.join((*escaped, *in_address))}))"


def cut(text: str) -> str:
    """A text, without its middle where it is longer than LONGEST characters."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} [... {len(text) - LONGEST} more ...] {text[-half:]}"


def clean(value: Any, hide: Callable[[str], str]) -> Any:
    """What is logged of a value: the same with secrets hidden and long texts cut, an object as its text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {hide(str(name)): clean(one, hide) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean(one, hide) for one in value]
    return cut(hide(str(value)))  # hidden first: half a secret looks like none


def configure(form: str = "plain", secrets: Iterable[str] = ()) -> None:
    """Sends structlog's events, warnings of the libraries and what ends the program to standard error.

    `form`: plain or json; `secrets`: what is hidden in every line beside what looks like a secret, however written."""
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
    # Before it is rendered, which escapes; and after it, for what the renderer itself adds.
    def cleaned(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {name: clean(one, hide) for name, one in event.items()}

    def hidden(_logger: Any, _method: str, line: Any) -> str:
        return hide(str(line))

    # Plain tracebacks: those of rich show what variables hold, and some hold tokens.
    plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    json_lines = structlog.processors.JSONRenderer(ensure_ascii=False)
    return [structlog.processors.format_exc_info, cleaned, json_lines if form == "json" else plain, hidden]


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger().critical("the bot ended with a mistake of its own", exc_info=(kind, error, trace))


def bind(ids: Mapping[str, str | None]) -> None:
    """Every event of the task under way, and of those that it begins, bears these ids from now on, and no earlier."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**{name: one for name, one in ids.items() if one})
