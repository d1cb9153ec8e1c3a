"""What the form of a channel's settings holds: read from what was filled in, and merged with what others changed. Pure,
but for the table of time zones."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from attribution.query import Query, QueryError, parse, written
from attribution.words import counted
from bot.blocks import shown
from bot.commands import CommandError, zone_of
from bot.escape import size
from bot.settings_replies import LONGEST, MOST_SUBSCRIPTIONS, TOO_LONG
from bot.settings_store import EVERYTHING, typed
from storage.channels import Channel

QUERIES, THREADS, DAY, TIME, ZONE = (
    "settings_queries",
    "settings_threads",
    "settings_day",
    "settings_time",
    "settings_zone",
)
NO_DIGEST = "off"
ON = "on"
FIELD_LENGTH = 3000  # Slack's limit of what a text field holds
MARK_LENGTH = 8  # hex digits that tell the questions of a channel apart: private_metadata holds 3,000 characters
PROBLEMS = 5  # told at once below the field
ALL = (EVERYTHING, "all")
# What somebody types who knows the commands.
TYPED = re.compile(r"(?:/attribution\s+)?(?:subscribe(?:\s+|$))?", re.IGNORECASE)
STALE = "This form is from before the bot was renewed: close it and type /attribution settings."


class StaleError(ValueError):
    """The form is not one that this version of the bot has made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A channel's settings as the form shows them; `day` None: no digest."""

    queries: tuple[Query, ...] = ()
    threads: bool = True
    day: int | None = None
    at: time = time(9)
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The channel's settings when the form was opened: `shown` and `unseen`, marks of the questions that it showed and
    of those that it had no room for; `form`: the rest, without questions."""

    channel: str
    shown: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    form: Form = Form()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What is to be changed: the differences between a form and what it showed at first, on what the channel has now.
    `others`: what somebody else changed meanwhile, and what became of it."""

    added: tuple[Query, ...] = ()
    removed: tuple[Query, ...] = ()
    form: Form
    others: tuple[str, ...] = ()


def form_of(channel: Channel | None, queries: Sequence[Query]) -> Form:
    """A channel's settings as a form; those of a new one where there is none."""
    if channel is None:
        return Form(queries=tuple(queries))
    return Form(
        queries=tuple(queries),
        threads=channel.threads,
        day=channel.digest_day,
        at=channel.digest_time,
        zone=channel.zone,
    )


def channel_with(channel: Channel, form: Form) -> Channel:
    """A channel with the settings of a form."""
    return replace(channel, threads=form.threads, digest_day=form.day, digest_time=form.at, zone=form.zone)


def fitting(queries: Sequence[Query]) -> tuple[Query, ...]:
    """The questions that the form's field has room for, in their order."""
    kept: list[Query] = []
    for query in queries:
        if size(lines([*kept, query])) <= FIELD_LENGTH:
            kept.append(query)
    return tuple(kept)


def lines(queries: Sequence[Query]) -> str:
    """Questions as the form's field shows them, one a line."""
    return "\n".join(typed(query) for query in queries)


def mark(query: Query) -> str:
    """What a question is recognised by; another for each but by an unlikely chance."""
    return hashlib.sha256(written(query).encode()).hexdigest()[:MARK_LENGTH]


def base_of(channel: str, form: Form) -> Base:
    """What a form begins with."""
    seen = fitting(form.queries)
    unseen = frozenset(mark(query) for query in form.queries if query not in seen)
    return Base(channel=channel, shown=frozenset(map(mark, seen)), unseen=unseen, form=replace(form, queries=()))


def packed(base: Base) -> str:
    """What a form begins with, as it carries it."""
    form = base.form
    rest = {"threads": form.threads, "day": form.day, "at": f"{form.at:%H:%M}", "zone": form.zone}
    marks = {"shown": " ".join(sorted(base.shown)), "unseen": " ".join(sorted(base.unseen))}
    return json.dumps({"channel": base.channel, **marks, **rest})


def unpacked(carried: str) -> Base:
    """What `packed` packed; raises StaleError for anything else."""
    try:
        found = json.loads(carried)
        form = Form(threads=found["threads"], day=found["day"], at=time.fromisoformat(found["at"]), zone=found["zone"])
        marks = {name: frozenset(found[name].split()) for name in ("shown", "unseen")}
        return Base(channel=found["channel"], form=form, **marks)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StaleError(STALE) from error


# Reading what was filled in


def read(values: Mapping[str, Any], today: date) -> tuple[Form, dict[str, str]]:
    """A filled form (`view.state.values`), and what is wrong with it by the field's id, in words that say what would be
    right. Raises StaleError where fields are missing."""
    try:
        held = {name: values[name][name] for name in (QUERIES, THREADS, DAY, TIME, ZONE)}
        day = held[DAY]["selected_option"]["value"]
        at = time.fromisoformat(held[TIME]["selected_time"] or "09:00")
        zone = held[ZONE]["selected_option"]["value"]
    except (KeyError, TypeError, ValueError) as error:
        raise StaleError(STALE) from error
    queries, problems = read_queries(held[QUERIES].get("value") or "", today)
    wrong = {QUERIES: _told(problems)} if problems else {}
    try:
        zone = zone_of(zone)
    except CommandError as error:
        wrong[ZONE] = str(error)
    threads = any(one["value"] == ON for one in held[THREADS].get("selected_options") or ())
    day_number = None if day == NO_DIGEST else int(day)
    return Form(queries=queries, threads=threads, day=day_number, at=at, zone=zone), wrong


def read_queries(text: str, today: date) -> tuple[tuple[Query, ...], list[str]]:
    """The questions of the field, each once, in their order; and what is wrong with which line."""
    found: dict[Query, None] = {}
    problems = []
    for number, row in enumerate(text.splitlines(), 1):
        try:
            found.update(dict.fromkeys(_query(row, today)))
        except QueryError as error:
            problems.append(f"Line {number}: {error}")
    if len(found) > MOST_SUBSCRIPTIONS:
        problems.append(f"{len(found)} questions are more than the {MOST_SUBSCRIPTIONS} that a channel may have.")
    return tuple(found), problems


def _query(row: str, today: date) -> list[Query]:
    """The question of a line; none of an empty one. Raises QueryError."""
    asked = TYPED.sub("", row.strip(), count=1)
    if not row.strip():
        return []
    query = Query() if not asked or asked.casefold() in ALL else parse(asked, today)
    if len(written(query)) > LONGEST:
        raise QueryError(TOO_LONG)
    return [query]


def _told(problems: Sequence[str]) -> str:
    more = [f"And {counted(len(problems) - PROBLEMS, 'more line')} to correct."] if len(problems) > PROBLEMS else []
    return "\n".join([*(shown(one, 300) for one in problems[:PROBLEMS]), *more])


# Two people at once


def merged(base: Base, form: Form, now: Form) -> Merged:
    """What a saved form changes: only what differs from what it showed at first, so that what somebody else changed
    meanwhile stays."""
    known = base.shown | base.unseen
    theirs = [query for query in now.queries if mark(query) not in known and query not in form.queries]
    gone = [query for query in form.queries if mark(query) in base.shown and query not in now.queries]
    return Merged(
        added=tuple(query for query in form.queries if mark(query) not in base.shown and query not in now.queries),
        removed=tuple(query for query in now.queries if mark(query) in base.shown and query not in form.queries),
        form=_together(base.form, form, now),
        others=(
            *(f"“{shown(typed(query))}” was added meanwhile by somebody else: it stays." for query in theirs),
            *(f"“{shown(typed(query))}” was taken back meanwhile by somebody else: it stays away." for query in gone),
            *_others(base.form, form, now),
        ),
    )


def _together(base: Form, form: Form, now: Form) -> Form:
    """Of threads, day, time and zone what was changed in the form; the rest as it is now."""
    mine = {name: getattr(form, name) for name in NAMED if getattr(form, name) != getattr(base, name)}
    return replace(now, **mine)


def _others(base: Form, form: Form, now: Form) -> list[str]:
    told = []
    for name, called in NAMED.items():
        was, mine, theirs = (getattr(one, name) for one in (base, form, now))
        if theirs not in (was, mine):
            kept = "it stays so" if mine == was else "yours is taken instead"
            told.append(f"{called} was changed meanwhile by somebody else: {kept}.")
    return told


NAMED = {
    "threads": "Whether news is a reply",
    "day": "The day of the digest",
    "at": "The time of the digest",
    "zone": "The time zone of the digest",
}
