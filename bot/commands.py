"""What follows `/attribution`: text -> Command, and a Command back as text. Pure but for the table of time zones."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from typing import Literal, TypeAlias
from zoneinfo import available_timezones

from attribution.query import Query, QueryError, parse, written
from bot.escape import JOINER

# A misspelt command is nearer to it than a country's name is: "subcribe" 0.94, "lst" 0.86, "Lisbon" 0.6.
NEAR_COMMAND = 0.75
NEAR_DAY = 0.5
SHORT_DAY = 3
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
DEFAULT_DAY, DEFAULT_TIME = 1, time(9)
EVERYTHING = "mentions:no"  # how a question for everything is written where an empty text would mean help
# All that Slack escapes; and NUL, which nobody types and which ends a phrase for the full-text index.
ESCAPED = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("\0", " "))
TOPICS = ("ask", "stats", "subscribe", "digest", "list", "settings", "feeds", "status")
FeedDeed = Literal["add", "remove", "pause", "resume"]
FEED_DEEDS: tuple[FeedDeed, ...] = ("add", "remove", "pause", "resume")
FEED_FORMS = (
    "Write “feed add https://example.org/news.xml”; remove, pause and resume go the same way, “feeds” lists all."
)
ON_OFF = {"on": True, "off": False}


class CommandError(ValueError):
    """The command cannot be read; `str(error)` says which word and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to the stored claims."""

    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowStats:
    """Count who accuses whom, over what answers a question."""

    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Send this channel what answers a question; an empty one stands for everything."""

    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """Take a subscription back: `query` None for the only one there is; `everything`: all of them."""

    query: Query | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowList:
    """Show this channel's subscriptions and settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSettings:
    """Show this channel's settings as a form, where there are forms; else as a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFeeds:
    """Show the feeds and how they fare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFeed:
    """Change a feed of this workspace's own. `url`: its address as written."""

    deed: FeedDeed
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowStatus:
    """Show what the bot is doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDigest:
    """Show when this channel gets its digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyDigest:
    """Send this channel a digest each week. `day`: 1 (Monday) to 7; `zone` None: as before, UTC to begin with."""

    day: int = DEFAULT_DAY
    at: time = DEFAULT_TIME
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDigest:
    """Send this channel no digest any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestNow:
    """Show the digest as it would be sent now; nothing moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """Whether news to a card is also a reply in its thread."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Explain. `topic` None: all in short; `brief`: the first lines only, for a command without words."""

    topic: str | None = None
    brief: bool = False


Command: TypeAlias = (
    Ask
    | ShowStats
    | Subscribe
    | Unsubscribe
    | ShowList
    | ShowSettings
    | ShowFeeds
    | ChangeFeed
    | ShowStatus
    | ShowDigest
    | WeeklyDigest
    | NoDigest
    | DigestNow
    | Threads
    | Help
)


def parse_command(text: str, today: date) -> Command:
    """Reads what follows `/attribution`; `today` is what `since:30d` counts from.

    Raises CommandError or QueryError, each with a sentence that says what would be right.
    """
    text = _unescaped(text).strip()
    if not text:
        return Help(brief=True)
    first, rest = (*text.split(maxsplit=1), "")[:2]
    if (read := READERS.get(first.casefold())) is not None:
        return read(rest.strip(), today)
    try:
        return Ask(query=parse(text, today))
    except QueryError as error:
        if near := get_close_matches(first.casefold(), READERS, n=1, cutoff=NEAR_COMMAND):
            meant = f"{near[0]} {rest}".strip()
            raise CommandError(f"There is no “{first}”. Did you mean /attribution {meant}?") from error
        raise


def written_command(command: Ask | ShowStats | ShowFeeds | DigestNow) -> str:
    """A command whose answer has buttons as text; `parse_command` reads it back as the same command."""
    match command:
        case ShowStats(query=query):
            return f"stats {written(query)}".rstrip()
        case Ask(query=query):
            return written(query) or EVERYTHING
        case ShowFeeds():
            return "feeds"
        case DigestNow():
            return "digest now"


def _unescaped(text: str) -> str:
    for escaped, character in ESCAPED:
        text = text.replace(escaped, character)
    return text


def _subscribe(rest: str, today: date) -> Command:
    return Subscribe(query=parse(rest, today))


def _stats(rest: str, today: date) -> Command:
    return ShowStats(query=parse(rest, today))


def _unsubscribe(rest: str, today: date) -> Command:
    if rest.casefold() in ("all", "everything"):
        return Unsubscribe(everything=True)
    return Unsubscribe(query=parse(rest, today) if rest else None)


def _alone(name: str, command: Command) -> Callable[[str, date], Command]:
    def read(rest: str, _: date) -> Command:
        if rest:
            raise CommandError(f"“{name}” takes nothing more: leave out “{rest}”, or ask with /attribution {rest}.")
        return command

    return read


def _threads(rest: str, _: date) -> Command:
    if rest.casefold() not in ON_OFF:
        raise CommandError("Write “threads on” or “threads off”: whether news to a card is also a reply in its thread.")
    return Threads(on=ON_OFF[rest.casefold()])


def _feed(rest: str, _: date) -> Command:
    if not rest:
        return ShowFeeds()
    first, url = (*rest.split(maxsplit=1), "")[:2]
    deed = next((one for one in FEED_DEEDS if one == first.casefold()), None)
    if deed is None:
        raise CommandError(f"“feed {rest}” is none.{_perhaps(get_close_matches(first, FEED_DEEDS, n=1))} {FEED_FORMS}")
    if not url or len(url.split()) > 1:
        raise CommandError(f"“feed {deed}” takes one address. {FEED_FORMS}")
    return ChangeFeed(deed=deed, url=url.strip("<>").split("|")[0].replace(JOINER, ""))  # copied from our own words


def _help(rest: str, _: date) -> Command:
    topic = rest.removeprefix("/attribution").strip().casefold()
    if not topic or topic == "help":
        return Help()
    known = TOPIC_ALIASES.get(topic, topic)
    if known not in TOPICS:
        hint = _perhaps(get_close_matches(topic, [*TOPICS, *TOPIC_ALIASES], n=1))
        raise CommandError(f"There is no help on “{topic}”.{hint} There is on {', '.join(TOPICS)}.")
    return Help(topic=known)


def _digest(rest: str, _: date) -> Command:
    first, *details = rest.split() or [""]
    match first.casefold():
        case "":
            return ShowDigest()
        case "off" | "now" as word if not details:
            return NoDigest() if word == "off" else DigestNow()
        case "weekly":
            return _weekly(details)
    near = get_close_matches(first.casefold(), ("weekly", "off", "now"), n=1)
    raise CommandError(f"“digest {rest}” is none.{_perhaps(near)} {DIGEST_FORMS}")


def _weekly(details: Sequence[str]) -> Command:
    """Day, time and zone in this order, each of which may be left out from the end."""
    day = _day(details[0]) if details else DEFAULT_DAY
    at = _time(details[1]) if len(details) > 1 else DEFAULT_TIME
    zone = zone_of("_".join(details[2:])) if len(details) > 2 else None
    return WeeklyDigest(day=day, at=at, zone=zone)


def _day(word: str) -> int:
    wanted = word.casefold().rstrip(",.")
    found = [number for number, name in enumerate(DAYS, 1) if len(wanted) > 1 and name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise CommandError(f"“{word}” is no day.{_perhaps(_near_days(wanted))} {DIGEST_FORMS}")


def _near_days(word: str) -> list[str]:
    """The days that a mistyped word is nearest to, several where they are as near: "mun" is mon or sun."""
    length = SHORT_DAY if len(word) <= SHORT_DAY else None
    near = {name[:SHORT_DAY]: SequenceMatcher(None, word, name[:length]).ratio() for name in DAYS}
    best = max(near.values())
    return [day for day, ratio in near.items() if ratio == best and best >= NEAR_DAY]


def _time(word: str) -> time:
    found = CLOCK.fullmatch(word)
    hour, minute = (int(part or 0) for part in found.groups()) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise CommandError(f"“{word}” is no time: write 9, 9:00 or 17:30.")
    return time(hour, minute)


def zone_of(words: str) -> str:
    """The time zone of a name, however it is capitalised; raises CommandError, which names the nearest."""
    known = zones()
    if (zone := known.get(words.casefold())) is not None:
        return zone
    cities = {name.rsplit("/", 1)[-1]: zone for name, zone in sorted(known.items(), reverse=True) if "/" in name}
    near = get_close_matches(words.casefold(), [*known, *cities], n=1)
    hint = _perhaps([known.get(name) or cities[name] for name in near])
    raise CommandError(f"There is no time zone “{words}”.{hint} Zones are written as Europe/London or UTC.")


@cache
def zones() -> dict[str, str]:
    """All time zones by their names in small letters."""
    return {name.casefold(): name for name in available_timezones()}


def _perhaps(near: Sequence[str]) -> str:
    return f" Did you mean {' or '.join(near)}?" if near else ""


DIGEST_FORMS = "Write “digest weekly mon 09:00 Europe/London”, “digest off” or “digest now”."
TOPIC_ALIASES = {
    "query": "ask",
    "search": "ask",
    "case": "ask",
    "unsubscribe": "subscribe",
    "threads": "subscribe",
    "health": "list",
}
READERS: dict[str, Callable[[str, date], Command]] = {
    "stats": _stats,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "list": _alone("list", ShowList()),
    "settings": _alone("settings", ShowSettings()),
    "digest": _digest,
    "threads": _threads,
    "feeds": _feed,
    "feed": _feed,
    "status": _alone("status", ShowStatus()),
    "help": _help,
}
