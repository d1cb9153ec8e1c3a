"""What Slack refuses in messages and views: limits of docs.slack.dev's Block Kit reference, as error codes."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.slack.store import Json, RefusalError

# The whole is refused past about 13,200 characters, which is documented nowhere (slackapi/bolt-js issue 2509).
ALL_BLOCKS, BLOCKS, VIEW_BLOCKS = 13_000, 50, 100
VIEW = 250_000  # views.open: view_too_large
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
UPDATED_TEXT = 4000  # chat.update's msg_too_long
METADATA = 16_000
PLAIN, ANY = ("plain_text",), ("plain_text", "mrkdwn")
BLOCK_KEYS: dict[str, set[str]] = {
    "actions": {"elements"},
    "context": {"elements"},
    "data_visualization": {"title", "chart"},
    "divider": set(),
    "header": {"text", "level"},
    "image": {"alt_text", "image_url", "slack_file", "title"},
    "input": {"dispatch_action", "element", "hint", "label", "optional"},
    "markdown": {"text"},
    "rich_text": {"elements"},
    "section": {"accessory", "expand", "fields", "text"},
}
RICH = {"rich_text_section", "rich_text_quote", "rich_text_list", "rich_text_preformatted"}
RICH_PARTS = {"broadcast", "channel", "color", "date", "emoji", "link", "text", "user", "usergroup"}
SELECTS = {"channels_select", "conversations_select", "external_select", "static_select", "users_select"}
ELEMENTS = {
    *("button", "checkboxes", "datepicker", "datetimepicker", "email_text_input", "image", "number_input", "overflow"),
    *("plain_text_input", "radio_buttons", "timepicker", "url_text_input", *SELECTS, *(f"multi_{s}" for s in SELECTS)),
}
INPUTS = ELEMENTS - {"button", "image", "overflow"}
FIELD = 3000  # characters of a plain_text_input
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
OPTIONS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}  # others: 100
LENGTHS = {"action_id": 255, "block_id": 255, "value": 2000, "url": 3000, "image_url": 3000, "alt_text": 2000}


def check_message(payload: Json, *, update: bool = False) -> Json:
    """A message's contents with what came as JSON read; raises RefusalError for what Slack would not take."""
    read = payload | {name: _read(name, payload[name]) for name in ("blocks", "metadata") if payload.get(name)}
    text = (read.get("text") or "").strip()
    if not text and not read.get("blocks") and not read.get("attachments"):
        raise RefusalError("no_text")
    if update and len(text) > UPDATED_TEXT:
        raise RefusalError("msg_too_long")
    _check_metadata(read.get("metadata"))
    blocks = read.get("blocks") or []
    if found := list(_blocks(blocks, BLOCKS)):
        raise RefusalError("invalid_blocks", *found)
    if len(json.dumps(blocks, ensure_ascii=False)) >= ALL_BLOCKS:
        raise RefusalError("msg_blocks_too_long")
    return read


def check_view(view: Any, kind: str) -> Json:
    """A view; raises RefusalError for what Slack would not take."""
    read: Json = json.loads(view) if isinstance(view, str) else view
    if len(json.dumps(read, ensure_ascii=False).encode()) > VIEW:
        raise RefusalError("view_too_large")
    if found := list(_view(read, kind)):
        raise RefusalError("invalid_arguments", *found)
    return read


def check_suggested(options: Any) -> None:
    """The options that an app gives a menu; raises RefusalError for what Slack would not show."""
    if options and (found := list(_options(options, 100, "/options"))):
        raise RefusalError("invalid_arguments", *found)
    if not isinstance(options, list):
        raise RefusalError("invalid_arguments", "options must be a list")


def _read(name: str, value: Any) -> Any:
    wanted, code = (list, "invalid_blocks_format") if name == "blocks" else (dict, "invalid_metadata_format")
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise RefusalError(code) from None
    if not isinstance(read, wanted):
        raise RefusalError(code)
    return read


def _check_metadata(metadata: Json | None) -> None:
    if not metadata:
        return
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise RefusalError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > METADATA:
        raise RefusalError("metadata_too_large")


def _view(view: Json, kind: str) -> Iterator[str]:
    if view.get("type") != kind:
        yield f"type must be {kind}"
    if kind == "modal":
        for name in ("title", "submit", "close"):
            if name in view or name == "title":
                yield from _text(view.get(name), 24, PLAIN, f"/{name}")
        if "submit" not in view and any(block.get("type") == "input" for block in view.get("blocks", [])):
            yield "submit is required where there is an input"
    if len(view.get("private_metadata", "")) > 3000:
        yield "private_metadata is too long"
    yield from _blocks(view.get("blocks"), VIEW_BLOCKS)


def _blocks(blocks: Any, most: int) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "blocks must be a list"
        return
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:/blocks]"
    for at, block in enumerate(blocks):
        yield from _block(block, f"/blocks/{at}")
    ids = Counter(block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block)
    yield from (f"block_id {one} already exists" for one, times in ids.items() if times > 1)


def _block(block: Any, at: str) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCK_KEYS:
        yield f"unsupported type: {kind} [json-pointer:{at}]"
        return
    for key in block.keys() - BLOCK_KEYS[kind] - {"type", "block_id"}:
        yield f"invalid additional property: {key} [json-pointer:{at}]"
    yield from _lengths(block, at)
    yield from CHECKS[kind](block, at)


def _section(block: Json, at: str) -> Iterator[str]:
    if not block.get("text") and not block.get("fields"):
        yield f"text or fields is required [json-pointer:{at}]"
    if "text" in block:
        yield from _text(block["text"], 3000, ANY, f"{at}/text")
    yield from _many(block.get("fields", [{}]), 10, f"{at}/fields")
    for number, one in enumerate(block.get("fields", [])):
        yield from _text(one, 2000, ANY, f"{at}/fields/{number}")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _header(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("text"), 150, PLAIN, f"{at}/text")


def _context(block: Json, at: str) -> Iterator[str]:
    yield from _many(block.get("elements"), 10, f"{at}/elements")
    for number, one in enumerate(block.get("elements") or []):
        if one.get("type") == "image":
            yield from _element(one, f"{at}/elements/{number}")
        else:
            yield from _text(one, 3000, ANY, f"{at}/elements/{number}")


def _actions(block: Json, at: str) -> Iterator[str]:
    elements = block.get("elements") or []
    yield from _many(elements, 25, f"{at}/elements")
    for number, one in enumerate(elements):
        yield from _element(one, f"{at}/elements/{number}")
    ids = Counter(one["action_id"] for one in elements if "action_id" in one)
    yield from (f"action_id {one} already exists [json-pointer:{at}]" for one, times in ids.items() if times > 1)


def _input(block: Json, at: str) -> Iterator[str]:
    if (block.get("element") or {}).get("type") not in INPUTS:
        yield f"unsupported type in an input [json-pointer:{at}/element]"
    yield from _text(block.get("label"), 2000, PLAIN, f"{at}/label")
    if "hint" in block:
        yield from _text(block["hint"], 2000, PLAIN, f"{at}/hint")
    yield from _element(block.get("element"), f"{at}/element")


def _image(block: Json, at: str) -> Iterator[str]:
    if not block.get("alt_text") or not (block.get("image_url") or block.get("slack_file")):
        yield f"an image needs image_url and alt_text [json-pointer:{at}]"


def _markdown(block: Json, at: str) -> Iterator[str]:
    if not 1 <= len(block.get("text", "")) <= 12_000:
        yield f"must be 1 to 12000 characters [json-pointer:{at}/text]"


def _data_visualization(block: Json, at: str) -> Iterator[str]:
    if not 1 <= len(block.get("title", "")) <= 50:
        yield f"must be 1 to 50 characters [json-pointer:{at}/title]"
    chart = block.get("chart") or {}
    series, labels = chart.get("series") or [], (chart.get("axis_config") or {}).get("categories") or []
    if chart.get("type") not in ("area", "bar", "line"):
        yield f"unsupported type: {chart.get('type')} [json-pointer:{at}/chart]"
    yield from _many(series, 6, f"{at}/chart/series")
    yield from _many(labels, 20, f"{at}/chart/axis_config/categories")
    for number, one in enumerate(series):
        if [point.get("label") for point in one.get("data") or []] != labels:
            yield f"labels must match axis_config.categories [json-pointer:{at}/chart/series/{number}/data]"
        if any(not 1 <= len(name) <= 20 for name in (one.get("name") or "", *labels)):
            yield f"must be 1 to 20 characters [json-pointer:{at}/chart/series/{number}]"


def _divider(block: Json, at: str) -> Iterator[str]:
    return iter(())


def _rich_text(block: Json, at: str) -> Iterator[str]:
    yield from _many(block.get("elements"), 10_000, f"{at}/elements")
    for number, one in enumerate(block.get("elements") or []):
        if one.get("type") not in RICH:
            yield f"unsupported type: {one.get('type')} [json-pointer:{at}/elements/{number}]"
        yield from _rich(one, f"{at}/elements/{number}")


def _rich(element: Json, at: str) -> Iterator[str]:
    yield from _many(element.get("elements"), 10_000, f"{at}/elements")
    for number, part in enumerate(element.get("elements") or []):
        where = f"{at}/elements/{number}"
        if element["type"] == "rich_text_list":
            yield from _rich(part, where)
        elif part.get("type") not in RICH_PARTS:
            yield f"unsupported type: {part.get('type')} [json-pointer:{where}]"
        elif part["type"] == "text" and not part.get("text"):
            yield f"must be more than 0 characters [json-pointer:{where}/text]"
        elif part["type"] == "link" and not part.get("url"):
            yield f"missing required field: url [json-pointer:{where}]"
        yield from _lengths(part, where)


def _element(element: Any, at: str) -> Iterator[str]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in ELEMENTS:
        yield f"unsupported type: {kind} [json-pointer:{at}]"
        return
    yield from _lengths(element, at)
    if kind == "button":
        yield from _text(element.get("text"), 75, PLAIN, f"{at}/text")
        if element.get("style", "primary") not in ("primary", "danger"):
            yield f"style must be primary or danger [json-pointer:{at}]"
    if "placeholder" in element:
        yield from _text(element["placeholder"], 150, PLAIN, f"{at}/placeholder")
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")
    yield from _holds(element, kind, at)


def _holds(element: Json, kind: str, at: str) -> Iterator[str]:
    """What an element holds to begin with, and may hold."""
    if kind == "plain_text_input":
        yield from _field(element, at)
    if not CLOCK.fullmatch(element.get("initial_time", "00:00")):
        yield f"initial_time must be HH:mm [json-pointer:{at}]"
    if kind in OPTIONS or (kind.endswith("static_select") and "option_groups" not in element):
        yield from _options(element.get("options"), OPTIONS.get(kind, 100), f"{at}/options")
        first = [*element.get("initial_options", ()), *filter(None, [element.get("initial_option")])]
        if any(one not in element["options"] for one in first) or element.get("initial_options") == []:
            yield f"initial_option is none of the options [json-pointer:{at}]"


def _field(element: Json, at: str) -> Iterator[str]:
    most = element.get("max_length", FIELD)
    if not 1 <= most <= FIELD:
        yield f"max_length must be 1 to {FIELD} [json-pointer:{at}]"
    if not 1 <= len(element.get("initial_value", "x")) <= most:
        yield f"initial_value must be 1 to {most} characters [json-pointer:{at}]"


def _confirm(confirm: Json, at: str) -> Iterator[str]:
    for name, most in CONFIRM.items():
        yield from _text(confirm.get(name), most, ANY if name == "text" else PLAIN, f"{at}/{name}")


def _options(options: Any, most: int, at: str) -> Iterator[str]:
    yield from _many(options, most, at)
    for number, one in enumerate(options or []):
        yield from _text(one.get("text"), 75, ANY, f"{at}/{number}/text")
        if "description" in one:
            yield from _text(one["description"], 75, ANY, f"{at}/{number}/description")
        if not 1 <= len(one.get("value", "")) <= 150:
            yield f"value must be 1 to 150 characters [json-pointer:{at}/{number}]"


def _text(text: Any, most: int, kinds: tuple[str, ...], at: str) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"must be a {' or '.join(kinds)} [json-pointer:{at}]"
    elif not text.get("text", "").strip():
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    elif len(text["text"]) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"


def _many(items: Any, most: int, at: str) -> Iterator[str]:
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        yield f"must have 1 to {most} items [json-pointer:{at}]"


def _lengths(part: Json, at: str) -> Iterator[str]:
    for name, most in LENGTHS.items():
        if len(part.get(name) or "") > most:
            yield f"{name} must be less than {most + 1} characters [json-pointer:{at}]"


CHECKS = {
    "actions": _actions,
    "context": _context,
    "data_visualization": _data_visualization,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
}
