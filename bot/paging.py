"""Answers that take several pages: what a page holds, its buttons, and what a button means when it is pressed. Pure."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot import blocks, telling
from bot.blocks import Part, Run, message, rich, section, words
from bot.escape import cut, mrkdwn, size

OLDER, NEWER, SHARE, OTHER = "page_older", "page_newer", "page_share", "page_other"
VALUE_LENGTH = 2000  # Slack's limit of a button's value
LABEL_LENGTH = 75  # Slack's limit of a button's text
PAGE = 8  # rows: what a person reads before asking more narrowly; fewer where they are long
TOO_LONG = "The question is too long for buttons: ask for less at once to see the rest."


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A page of an answer: the command that gives it, as text, and how many rows come before it."""

    command: str
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of an answer, and the heading it stands under."""

    heading: str
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """An answer in rows. `told`: lines above them; `rows`: those from the turn's offset on, as many as one page may
    take; `total`: how many there are on all pages; `thing`: what is counted, in the singular."""

    title: str
    told: Run
    rows: Sequence[Row]
    turn: Turn
    total: int
    thing: str
    most: int = PAGE


def value(turn: Turn) -> str | None:
    """What a button carries to ask for a page, None where that is more than Slack lets it carry."""
    packed = json.dumps({"command": turn.command, "offset": turn.offset}, ensure_ascii=False)
    return packed if size(packed) <= VALUE_LENGTH else None


def turn_of(value: str) -> Turn:
    """The page that a button asks for. ValueError where the value is none of ours."""
    found = json.loads(value)
    if not isinstance(found, dict) or not isinstance(found.get("command"), str):
        raise ValueError("The button asks for no page.")
    return Turn(command=found["command"], offset=max(0, int(found.get("offset", 0))))


def button(action: str, label: str, turn: Turn) -> list[Part]:
    """A button that asks for a page; none where its question is too long to carry."""
    carried = value(turn)
    text = {"type": "plain_text", "text": cut(label, LABEL_LENGTH), "emoji": True}
    return [{"type": "button", "action_id": action, "text": text, "value": carried}] if carried else []


def actions(*buttons: list[Part]) -> list[Part]:
    """A block of buttons; none where there are none."""
    elements = [one for several in buttons for one in several]
    return [{"type": "actions", "elements": elements}] if elements else []


def page(listing: Listing) -> Part:
    """As many of the rows as fit in one message, at least one, with buttons to the pages before and after."""
    most = min(len(listing.rows), listing.most)
    kept = bisect_left(range(most), 1, key=lambda at: not blocks.fits(_page(listing, at + 1)))
    return _page(listing, max(1, kept))


def with_buttons(payload: Part, *buttons: list[Part]) -> Part:
    """A message with buttons below it."""
    return {**payload, "blocks": [*payload["blocks"], *actions(*buttons)]}


def without_buttons(payload: Part, small: str) -> Part:
    """A message as others are shown it: without buttons, with small print below that says whence it comes."""
    kept = [block for block in payload["blocks"] if block["type"] != "actions"]
    return {**payload, "text": f"{payload['text']}\n{small}", "blocks": [*kept, blocks.context(small)]}


def _page(listing: Listing, kept: int) -> Part:
    shown = listing.rows[:kept]
    small = _small(listing, kept)
    lines = [listing.title, telling.flat(listing.told), *(telling.flat(row.run) for row in _dated(shown)), small]
    head = [blocks.header(listing.title), rich(section(listing.told))]
    parts = [part for part in (*head, *_lists(shown)) if part.get("elements") or part["type"] == "header"]
    text = mrkdwn("\n".join(text for text in lines if text))
    return message(text, [*parts, blocks.context(mrkdwn(small)), *actions(*_buttons(listing, kept))])


def _dated(rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        yield replace(row, run=[*words(f"{row.heading}: "), *row.run])


def _lists(rows: Sequence[Row]) -> Iterator[Part]:
    for heading, below in groupby(rows, key=lambda row: row.heading):
        yield rich(section(words(heading, "bold")), blocks.bullets(row.run for row in below))


def _small(listing: Listing, kept: int) -> str:
    first, last = listing.turn.offset + 1, listing.turn.offset + kept
    counted = f"s {first}-{last}" if last > first else f" {first}"
    shown = f"{listing.thing.capitalize()}{counted} of {listing.total:,}"
    more = last < listing.total and value(replace(listing.turn, offset=last)) is None
    return f"{shown}. {TOO_LONG}" if more else shown


def _buttons(listing: Listing, kept: int) -> Iterator[list[Part]]:
    turn, after = listing.turn, listing.turn.offset + kept
    if turn.offset:
        yield button(NEWER, "Page before", replace(turn, offset=max(0, turn.offset - listing.most)))
    if after < listing.total:
        yield button(OLDER, "Next page", replace(turn, offset=after))
    yield button(SHARE, "Share to channel", turn)
