"""Pieces of Block Kit as plain dicts, other people's words only where Slack takes them literally."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Literal

from attribution.words import MONTHS
from bot.escape import JOINER, clean, cut, mrkdwn, size, web_url

Part = dict[str, Any]
Run = list[Part]  # the elements of one line of rich text
Style = Literal["bold", "italic", "strike"]

HEADER_LENGTH = 150  # Slack's limit
TEXT_LENGTH = 3000  # Slack's limit of a section's text
TITLE_LENGTH = 200
LINKED_LENGTH = 500  # a URL in a list may be as long; the post's own may be as long as Slack allows
# Slack refuses a message whose blocks pass about 13,200 characters (msg_blocks_too_long); how it counts is not
# documented, so this counts the whole JSON.
MESSAGE_LENGTH = 12_500
WHEN = "{date_short_pretty} {time}"  # in Slack's tokens: "Today 14:02", "7 Sep 14:02"
MENTION = re.compile(r"(?<=<)(?=[!@#])")


def words(text: str, *styles: Style) -> Run:
    """Words as rich text, which Slack shows as they are: no mrkdwn, no mentions, no links.

    What would be a mention in mrkdwn is cut into two elements all the same, so that no client or export that reads
    the text as mrkdwn finds one; a reader sees and copies the same words.
    """
    return [_part({"type": "text", "text": piece}, styles) for piece in MENTION.split(text) if piece]


def link(text: str, url: str, *styles: Style, longest: int = LINKED_LENGTH) -> Run:
    """Words that lead to a URL, or the words alone where that is no web address or a too long one."""
    address = web_url(url)
    if not text or address is None or size(address) > longest or MENTION.search(text):
        return words(text, *styles)
    return [_part({"type": "link", "url": address, "text": text}, styles)]


def _part(part: Part, styles: Iterable[Style]) -> Part:
    style = dict.fromkeys(styles, True)
    return {**part, "style": style} if style else part


def date(at: datetime, now: datetime, fallback: str = "") -> Run:
    """A point in time in the reader's own zone; `fallback`, or UTC, where a client does not know how."""
    return [
        {"type": "date", "timestamp": int(at.timestamp()), "format": WHEN, "fallback": fallback or utc(at, now)},
    ]


def line(*runs: Run) -> Run:
    """Runs one after the other."""
    return list(chain.from_iterable(runs))


def lines(runs: Iterable[Run]) -> Run:
    """Runs below one another; empty ones leave no gap."""
    return _between([run for run in runs if run], "\n")


def listed(runs: Iterable[Run], comma: str = ", ") -> Run:
    """Runs one after the other with commas between."""
    return _between([run for run in runs if run], comma)


def _between(runs: list[Run], separator: str) -> Run:
    parted = ([*(words(separator) if at else []), *run] for at, run in enumerate(runs))
    return list(chain.from_iterable(parted))


def section(*runs: Run) -> Part:
    """Lines of rich text."""
    return {"type": "rich_text_section", "elements": line(*runs)}


def quoted(run: Run) -> Part:
    """A quotation, with a bar at its left."""
    return {"type": "rich_text_quote", "elements": run}


def bullets(runs: Iterable[Run]) -> Part:
    """A list with bullets."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [section(run) for run in runs]}


def rich(*elements: Part) -> Part:
    """A block of rich text; elements without content are left out, since Slack refuses them."""
    return {"type": "rich_text", "elements": [element for element in elements if element["elements"]]}


def header(text: str) -> Part:
    """A title, cut at Slack's limit; what would be a mention in mrkdwn is parted by a character that shows nothing."""
    title = cut(MENTION.sub(JOINER, text), HEADER_LENGTH)
    return {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": True}}


def context(*parts: str) -> Part:
    """Small print: parts that are mrkdwn already, a dot between them; a line break where a part is one."""
    text = " · ".join(part for part in parts if part).replace(" · \n · ", "\n")
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def moment(at: datetime, form: str, now: datetime) -> str:
    """A point in time as mrkdwn in the reader's own zone; `form` has Slack's tokens. Where those are not understood
    the time is UTC's, with its day unless that is the day of `now`."""
    return f"<!date^{int(at.timestamp())}^{form}|{utc(at, now)}>"


def utc(at: datetime, now: datetime) -> str:
    """A point in time in UTC, with its day unless that is the day of `now`: "14:02 UTC"."""
    at = at.astimezone(UTC)
    day = "" if at.date() == now.astimezone(UTC).date() else f"{at.day} {MONTHS[at.month - 1]} {at.year} "
    return f"{day}{at:%H:%M} UTC"


def address(text: str, url: str) -> str:
    """A link as mrkdwn, or the words alone where the URL is none to link."""
    safe = web_url(url)
    if safe is None or size(safe) > LINKED_LENGTH:
        return mrkdwn(text)
    return f"<{mrkdwn_url(safe)}|{mrkdwn(text).replace('|', '/')}>"


def mrkdwn_url(url: str) -> str:
    """A percent-encoded URL as it stands between < and | in mrkdwn."""
    return url.replace("&", "&amp;")


def shown(text: str, most: int = TITLE_LENGTH) -> str:
    """Somebody else's words, clean and cut."""
    return cut(clean(text), most)


def message(text: str, blocks: Iterable[Part]) -> Part:
    """What chat.postMessage takes besides channel and metadata; `text` is mrkdwn and says all the blocks say."""
    return {"text": text, "blocks": list(blocks), "unfurl_links": False, "unfurl_media": False}


def fits(payload: Part) -> bool:
    """Whether Slack will take a message as not too long."""
    return size(json.dumps(payload, ensure_ascii=False)) <= MESSAGE_LENGTH


def strings(value: Any) -> Iterator[str]:
    """Every string in a payload, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from chain.from_iterable(strings(item) for item in value.values())
    elif isinstance(value, list):
        yield from chain.from_iterable(strings(item) for item in value)
