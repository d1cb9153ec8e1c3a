"""Slack's limits of a message, as its documentation gives them: what a payload breaks, and whom it mentions."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.models.blocks import Block
from slackblocks import AxisConfig, BarChart, DataPoint, DataSeries, DataVisualizationBlock

Json = dict[str, Any]

# docs.slack.dev: reference/block-kit (blocks, elements, composition objects) and chat.postMessage. The whole message
# is refused (msg_blocks_too_long) past about 13,200 characters, which is not documented (slackapi/bolt-js issue 2509).
MESSAGE = 13_000
TEXT_ALONE = 40_000
BLOCKS, CONTEXT_ELEMENTS, ACTIONS, FIELDS = 50, 10, 25, 10
SECTION, FIELD, HEADER, CONTEXT, URL, BUTTON, ACTION_ID, VALUE, BLOCK_ID = (
    3000,
    2000,
    150,
    3000,
    3000,
    75,
    255,
    2000,
    255,
)
CHART_TITLE, SERIES, POINTS, CHART_LABEL = 50, 6, 20, 20  # reference/block-kit/blocks/data-visualization-block
MARKUP = re.compile(r"<([^<>]*)>")
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
SAFE_MARKUP = re.compile(r"!date\^\d+\^[^|^]*\|[^|]+|https?://[^|\s]+(\|[^|]*)?|@[UW][0-9A-Z]+")
RICH = {"rich_text_section", "rich_text_quote", "rich_text_list", "rich_text_preformatted"}
RICH_PARTS = {"text", "link", "date", "emoji"}


def problems(payload: Json) -> list[str]:
    """What Slack would refuse in a message, as sentences; empty for a good one."""
    return [*_whole(payload), *(found for block in payload.get("blocks", []) for found in _block(block))]


def mentions(payload: Json) -> list[str]:
    """Whatever would call on somebody: markup that is no date and no link, or an element that is a mention."""
    marked = [found for text in _strings(payload) for found in re.findall(r"<[!@#][^>]*", text)]
    elements = [part["type"] for part in _dicts(payload) if part.get("type") in ("user", "usergroup", "broadcast")]
    return [found for found in marked if not found.startswith("<!date^")] + elements


def modelled(block: Json) -> Json | None:
    """A block as the models of others write it: slack_sdk's, or slackblocks' for charts; None where they know none."""
    if block["type"] != "data_visualization":
        parsed = Block.parse(block)
        if parsed is not None:
            parsed.validate_json()
        return parsed.to_dict() if parsed else None
    chart = block["chart"]
    series = [
        DataSeries(name=one["name"], data=[DataPoint(point["label"], point["value"]) for point in one["data"]])
        for one in chart["series"]
    ]
    bars = BarChart(series=series, axis_config=AxisConfig(categories=chart["axis_config"]["categories"]))
    made = DataVisualizationBlock(title=block["title"], chart=bars)._resolve()
    return {key: value for key, value in made.items() if key != "block_id"}  # which slackblocks makes up


def links(payload: Json) -> set[str]:
    """Every URL a reader could follow, as it would be requested."""
    rich = {part["url"] for part in _dicts(payload) if "url" in part}
    marked = {
        found.split("|")[0] for text in _mrkdwn(payload) for found in MARKUP.findall(text) if found[0] not in "!@#"
    }
    return rich | {url.replace("&amp;", "&") for url in marked}


def _whole(payload: Json) -> Iterator[str]:
    blocks = payload.get("blocks", [])
    if not payload.get("text", "").strip():
        yield "no text"
    if _size(payload.get("text", "")) > TEXT_ALONE:
        yield "text too long"
    if len(blocks) > BLOCKS:
        yield f"{len(blocks)} blocks"
    if _size(json.dumps(payload, ensure_ascii=False)) >= MESSAGE:
        yield "message too long"
    if payload.get("unfurl_links") is not False or payload.get("unfurl_media") is not False:
        yield "links unfurl"
    for text in _mrkdwn(payload):
        yield from _markup(text)


def _markup(text: str) -> Iterator[str]:
    if ENTITY.search(text):
        yield f"an & that is not escaped: {text[:80]}"
    for inside in MARKUP.findall(text):
        if not SAFE_MARKUP.fullmatch(inside):
            yield f"markup that is none of ours: <{inside[:80]}>"
    if "<" in MARKUP.sub("", text) or ">" in MARKUP.sub("", text):
        yield f"a < or > that is not escaped: {text[:80]}"


def _block(block: Json) -> Iterator[str]:
    yield from _too_long("block_id", block.get("block_id"), BLOCK_ID)
    yield from CHECKS[block["type"]](block)
    for part in _dicts(block):
        yield from _too_long("url", part.get("url"), URL)
        yield from _too_long("action_id", part.get("action_id"), ACTION_ID)
        if isinstance(part.get("value"), str):  # a chart's are numbers
            yield from _too_long("value", part["value"], VALUE)
        if part.get("type") == "button":
            yield from _text("button", part["text"], BUTTON)


def _section(block: Json) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield "a section of nothing"
    if "text" in block:
        yield from _text("section", block["text"], SECTION)
    if len(block.get("fields", [])) > FIELDS:
        yield "too many fields"
    for field in block.get("fields", []):
        yield from _text("field", field, FIELD)


def _header(block: Json) -> Iterator[str]:
    if block["text"]["type"] != "plain_text":
        yield "a header that is not plain text"
    yield from _text("header", block["text"], HEADER)


def _context(block: Json) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= CONTEXT_ELEMENTS:
        yield f"{len(block['elements'])} context elements"
    for element in block["elements"]:
        if element["type"] in ("mrkdwn", "plain_text"):
            yield from _text("context", element, CONTEXT)


def _actions(block: Json) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= ACTIONS:
        yield f"{len(block['elements'])} actions"


def _chart(block: Json) -> Iterator[str]:
    yield from _too_long("chart title", block["title"], CHART_TITLE)
    chart = block["chart"]
    labels = chart["axis_config"]["categories"]
    if not 1 <= len(chart["series"]) <= SERIES or not 1 <= len(labels) <= POINTS:
        yield f"{len(chart['series'])} series of {len(labels)} points"
    for series in chart["series"]:
        if [one["label"] for one in series["data"]] != labels:
            yield "a series with other labels than the axis"
        for name in (series["name"], *labels):
            yield from _too_long("chart label", name, CHART_LABEL)


def _rich(block: Json) -> Iterator[str]:
    if not block["elements"]:
        yield "rich text of nothing"
    for element in block["elements"]:
        if element["type"] not in RICH:
            yield f"no rich text: {element['type']}"
        yield from _rich_element(element)


def _rich_element(element: Json) -> Iterator[str]:
    if not element["elements"]:
        yield f"an empty {element['type']}"
    for part in element["elements"]:
        if element["type"] == "rich_text_list":
            yield from _rich_element(part)
        elif part["type"] not in RICH_PARTS:
            yield f"no part of rich text: {part['type']}"
        elif part["type"] in ("text", "link") and not part["text"]:
            yield "a part without text"
        elif part["type"] == "link" and urlsplit(part["url"]).scheme not in ("http", "https"):
            yield f"no web address: {part['url'][:80]}"


def _text(where: str, text: Json, most: int) -> Iterator[str]:
    if not text["text"].strip():
        yield f"a {where} without text"
    yield from _too_long(where, text["text"], most)


def _too_long(where: str, text: str | None, most: int) -> Iterator[str]:
    if text is not None and _size(text) > most:
        yield f"a {where} of {_size(text)} characters"


def _nothing(_: Json) -> Iterator[str]:
    return iter(())


CHECKS = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich,
    "data_visualization": _chart,
    "divider": _nothing,
}


def _size(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _mrkdwn(payload: Json) -> Iterator[str]:
    """The strings that Slack reads as mrkdwn."""
    yield payload.get("text", "")
    yield from (part["text"] for part in _dicts(payload) if part.get("type") == "mrkdwn")


def _dicts(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _dicts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _dicts(item)


def _strings(value: Any) -> Iterator[str]:
    for part in _dicts(value):
        yield from (text for text in part.values() if isinstance(text, str))
