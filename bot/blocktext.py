"""A message for Slack as text for a terminal: what `run` and `demo` show where there is no Slack."""

import html
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from bot import marks

Json = dict[str, Any]

WIDTH = 96  # columns
MARKS = {"bold": "*", "italic": "_", "strike": "~"}
SGR = {"bold": "1", "italic": "3", "strike": "9", "header": "1", "small": "2"}  # ECMA-48, 8.3.117
STYLED = re.compile(r"(?<![\w*_~])(?P<mark>[*_~])(?=\S)(?P<words>[^\n]+?)(?<=\S)(?P=mark)(?![\w*_~])")
MARKUP = re.compile(r"<(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
LONGEST = 20  # characters of a chart's longest bar
BAR, QUOTE, BULLET = "│ ", "▏ ", "• "
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
RESET = "\x1b[0m"


def shown(payload: Json, top: str = "", *, width: int = WIDTH, colour: bool = False) -> str:
    """A payload of chat.postMessage in a frame, without a newline at its end; `top` stands over it, e.g. the channel.

    With `colour`, styles are terminal escapes; without, they are the marks that Slack's mrkdwn has for them. Links
    are "words <address>", dates are as in a client that cannot format them: in UTC.
    """
    lines = [line for block in payload["blocks"] for line in _block(block, width - len(BAR), colour)]
    body = [f"{BAR}{line}".rstrip() for line in _carried(lines)]
    return "\n".join([f"╭─ {top}".rstrip(), *body, "╰─"])


def _carried(lines: Iterable[str]) -> Iterator[str]:
    """Lines that each end in no style, so that the frame has none; a style that goes on is taken up again."""
    style = ""
    for line in lines:
        whole = style + line
        last = ([RESET, *ESCAPE.findall(whole)])[-1]
        style = "" if last == RESET else last
        yield whole + (RESET if style else "")


def _block(block: Json, width: int, colour: bool) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield from _wrapped(_styled(block["text"]["text"], ["header"], colour), width)
        case "rich_text":
            for element in block["elements"]:
                yield from _rich(element, width, colour)
        case "section":
            texts = [block["text"], *block.get("fields", [])] if "text" in block else block["fields"]
            yield from (line for text in texts for line in _wrapped(_text(text, colour), width))
        case "context":
            texts = (_text(element, colour) for element in block["elements"] if "text" in element)
            yield from _wrapped(_styled("  ".join(texts), ["small"], colour), width)
        case "actions":
            pressed = [one for one in block["elements"] if "text" in one and one.get("action_id") not in marks.ON_CARDS]
            yield from [" ".join(f"[{element['text']['text']}]" for element in pressed)] if pressed else []
        case "data_visualization":
            yield from _chart(block, width)
        case other:
            yield "─" * min(width, 40) if other == "divider" else f"({other})"


def _chart(block: Json, width: int) -> Iterator[str]:
    """A chart's bars, a row each, with its figure behind it."""
    chart = block["chart"]
    values = {one["name"]: [point["value"] for point in one["data"]] for one in chart["series"]}
    most, longest = max(max(row) for row in values.values()) or 1, min(LONGEST, width - 44)
    yield str(block["title"])
    for at, label in enumerate(chart["axis_config"]["categories"]):
        for name, row in values.items():
            yield f"{label:<20.20} {name:<15.15} {'█' * round(longest * row[at] / most)} {row[at]}"


def _rich(element: Json, width: int, colour: bool) -> Iterator[str]:
    match element["type"]:
        case "rich_text_list":
            for item in element["elements"]:
                yield from _wrapped(_parts(item["elements"], colour), width, BULLET, " " * len(BULLET))
        case "rich_text_quote":
            yield from _wrapped(_parts(element["elements"], colour), width, QUOTE, QUOTE)
        case _:
            yield from _wrapped(_parts(element["elements"], colour), width)


def _parts(parts: Iterable[Json], colour: bool) -> str:
    return "".join(_part(part, colour) for part in parts)


def _part(part: Json, colour: bool) -> str:
    styles = [style for style, on in part.get("style", {}).items() if on and style in MARKS]
    match part["type"]:
        case "link":
            return f"{_styled(part['text'], styles, colour)} <{part['url']}>"
        case "date":
            return _styled(part.get("fallback", ""), styles, colour)
        case "channel":
            return f"#{part['channel_id']}"
        case "emoji":
            return f":{part['name']}:"
        case _:
            return _styled(part["text"], styles, colour)


def _text(text: Json, colour: bool) -> str:
    """A text object's words: mrkdwn's links, dates and styles put into a terminal's."""
    if text["type"] == "plain_text":
        return str(text["text"])
    linked = MARKUP.sub(_target, text["text"])
    if colour:
        names = {mark: style for style, mark in MARKS.items()}
        linked = STYLED.sub(lambda match: _styled(match["words"], [names[match["mark"]]], colour), linked)
    return html.unescape(linked)


def _target(match: re.Match[str]) -> str:
    target, label = match["target"], match["label"]
    if target.startswith("!date"):
        return label or ""
    return f"{label} &lt;{target}&gt;" if label else f"&lt;{target}&gt;"


def _styled(words: str, styles: list[str], colour: bool) -> str:
    if not styles or not words:
        return words
    if colour:
        return f"\x1b[{';'.join(SGR[style] for style in styles)}m{words}{RESET}"
    marks = "".join(MARKS.get(style, "") for style in styles)
    return f"{marks}{words}{marks[::-1]}"


def _wrapped(text: str, width: int, first: str = "", then: str = "") -> Iterator[str]:
    """Lines no wider than a terminal; addresses are never broken, so that they can be clicked."""
    for number, row in enumerate(text.split("\n")):
        start = then if number else first
        yield from textwrap.wrap(
            row,
            width,
            initial_indent=start,
            subsequent_indent=then,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [start.rstrip()]
