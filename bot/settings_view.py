"""A channel's settings as a window: its questions, what these would have posted, threads and digest. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from attribution.model import Found, PartialDate
from attribution.words import counted, day, joined
from bot import blocks, modals, telling, zones
from bot.blocks import Part, Run, bullets, line, link, rich, section, shown, words
from bot.commands import DAYS
from bot.preview import Foreseen
from bot.settings_form import (
    DAY,
    FIELD_LENGTH,
    NO_DIGEST,
    ON,
    QUERIES,
    THREADS,
    TIME,
    ZONE,
    Base,
    Form,
    fitting,
    lines,
    packed,
)
from bot.settings_replies import promise, why_paused
from storage.channels import Channel

TITLE = "Settings"
SAVE, PREVIEW = "settings_save", "settings_preview"
NEWEST = 5  # titles told in a preview
HEADLINE_LENGTH = 120
HINT = (
    "One a line, such as: iran · by:uk,us · accused:russia kind:sanctions · everything. Left empty, no card is posted."
)
EXAMPLE = "iran\nby:uk,us kind:sanctions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the window shows. `form`: as it is filled in; `typed`: the words of its field; `channel`: None for one that
    is new to the bot; `told`: what the last 30 days would have posted, or what is wrong with the questions;
    `above`: what there is to say first."""

    base: Base
    form: Form
    typed: str
    channel: Channel | None
    told: Foreseen | Sequence[str]
    above: Sequence[Part] = ()


def window(seen: Shown, now: datetime) -> Part:
    """The form."""
    return modals.modal(
        TITLE,
        list(_blocks(seen, now)),
        submit="Save",
        close="Cancel",
        callback_id=SAVE,
        private_metadata=packed(seen.base),
    )


def begun(channel: Channel | None, base: Base, form: Form, told: Foreseen) -> Shown:
    """The form as it is opened."""
    return Shown(base=base, form=form, typed=lines(fitting(form.queries)), channel=channel, told=told)


def mention(channel: str) -> Part:
    """A channel by its id: Slack shows its name to who may know it. A conversation of two has none."""
    if channel.startswith("D"):
        return words("this conversation")[0]
    return {"type": "channel", "channel_id": channel}


def saved(lines_told: Sequence[Run]) -> Part:
    """What became of a form that was saved."""
    return modals.modal(TITLE, [rich(section(blocks.lines(lines_told)))])


def _blocks(seen: Shown, now: datetime) -> Iterator[Part]:
    yield from seen.above
    yield rich(
        section(words("For "), [mention(seen.base.channel)], words(". Everybody who can see it may change this."))
    )
    if seen.channel and seen.channel.paused_at:
        since, why = blocks.date(seen.channel.paused_at, now), why_paused(seen.channel.paused_why)
        yield rich(section(words("Paused", "bold"), words(" since "), since, words(f": {why}. Trying again now.")))
    yield _field("Questions to hear of", QUERIES, _questions(seen.typed), hint=HINT, optional=True)
    if unseen := len(seen.base.unseen):
        kept = counted(unseen, "more question")
        yield blocks.context(f"{kept} found no room here and stay: /attribution unsubscribe takes them back.")
    yield {"type": "actions", "elements": [_preview_button()]}
    yield from _preview(seen, now)
    yield {"type": "divider"}
    yield _field("Threads", THREADS, _threads(on=seen.form.threads), optional=True)
    yield _field("Weekly digest", DAY, _days(seen.form.day))
    yield _field("Digest at", TIME, {"type": "timepicker", "initial_time": f"{seen.form.at:%H:%M}"})
    yield _field("Time zone", ZONE, _zone(seen.form.zone, now), hint="Type a city or a country to find its zone.")
    if seen.channel and seen.channel.digest_day is not None:
        yield rich(section(promise(seen.channel, now)))


def _preview_button() -> Part:
    return {"type": "button", "action_id": PREVIEW, "text": modals.plain("Preview"), "value": "preview"}


def _field(label: str, name: str, element: Part, *, hint: str = "", optional: bool = False) -> Part:
    below = {"hint": modals.plain(hint)} if hint else {}
    named = {**element, "action_id": name}
    return {
        "type": "input",
        "block_id": name,
        "label": modals.plain(label),
        "element": named,
        "optional": optional,
        **below,
    }


def _questions(typed: str) -> Part:
    element: Part = {"type": "plain_text_input", "multiline": True, "max_length": FIELD_LENGTH}
    return element | {"placeholder": modals.plain(EXAMPLE)} | ({"initial_value": typed} if typed else {})


def _threads(*, on: bool) -> Part:
    option = {"text": modals.plain("News to a card is also a reply in its thread"), "value": ON}
    return {"type": "checkboxes", "options": [option], **({"initial_options": [option]} if on else {})}


def _days(chosen: int | None) -> Part:
    every = [(NO_DIGEST, "No digest"), *((str(at), f"Every {name.capitalize()}") for at, name in enumerate(DAYS, 1))]
    options = {value: {"text": modals.plain(text), "value": value} for value, text in every}
    initial = options[NO_DIGEST if chosen is None else str(chosen)]
    return {"type": "static_select", "options": list(options.values()), "initial_option": initial}


def _zone(zone: str, now: datetime) -> Part:
    return {"type": "external_select", "min_query_length": 0, "initial_option": zones.option(zone, now)}


# The preview


def _preview(seen: Shown, now: datetime) -> Iterator[Part]:
    if not isinstance(seen.told, Foreseen):
        yield rich(
            section(words("No preview:", "bold"), words(" these questions cannot be read.")), bullets(_wrong(seen.told))
        )
        return
    if not seen.typed.strip() and not seen.base.unseen:
        digest = " The digest covers everything." if seen.form.day is not None else ""
        yield rich(section(words("Without questions no card is posted here."), words(digest)))
        return
    yield rich(section(words(said(seen.told), "bold")), bullets(_told(seen.told, now)))


def _wrong(problems: Sequence[str]) -> Iterator[Run]:
    for problem in problems:
        yield words(shown(problem, 300))


def said(told: Foreseen) -> str:
    """A preview in a sentence: "The last 30 days would have posted 4 cards and 6 replies here.\""""
    parts = [
        counted(told.cards, "card"),
        *([_plural(told.replies, "reply", "replies")] if told.replies else []),
        *([counted(told.lists, "list")] if told.lists else []),
        *([f"{counted(told.late, 'statement')} seen late"] if told.late else []),
    ]
    if not told.newest:
        return "The last 30 days would have posted nothing here."
    return f"The last 30 days would have posted {joined(parts)} here."


def _plural(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _told(told: Foreseen, now: datetime) -> Iterator[Run]:
    for found in told.newest[:NEWEST]:
        yield _row(found, now)
    if (more := len(told.newest) - NEWEST) > 0:
        yield words(f"and {counted(more, 'other')} before")


def _row(found: Found, now: datetime) -> Run:
    at = day(PartialDate(day=found.recorded_at.date()), now)
    headline = link(shown(found.title, HEADLINE_LENGTH) or "The post", found.url)
    return blocks.lines([line(words(f"{at}: "), words(telling.event(found, 2))), headline])


def again(seen: Shown, above: Sequence[Part]) -> Shown:
    """The form once more, with something said above it."""
    return replace(seen, above=tuple(above))
