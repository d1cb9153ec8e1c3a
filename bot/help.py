"""What `/attribution help` says: one line a form, in the words of the grammar. Data and one function."""

from collections.abc import Sequence

from bot import blocks
from bot.blocks import Part, Run, line, message, rich, section, words
from bot.commands import TOPICS, Help
from bot.escape import mrkdwn

COMMAND = "/attribution"
Line = tuple[str, str]  # what to type after the command, and what it does; nothing to type: a sentence

FIRST: tuple[Line, ...] = (
    ("iran", "who accuses Iran of what; any state, or a group such as apt28"),
    ("by:uk,us since:2022", "what a government has said"),
    ("subscribe iran", "tells this channel when it happens"),
    ("list", "what this channel hears of"),
    ("help", "everything else"),
)
ASK: tuple[Line, ...] = (
    ("iran", "who accuses a state"),
    ("apt28", "a group by any of its names, with what is known of it"),
    ("notpetya", "an operation that is known by a name"),
    ("victim:albania", "against whom"),
    ("by:uk,us accused:russia", "who accuses whom; commas mean or, spaces mean and"),
    ("since:2022 until:2022-09", "when it was said; since:30d counts back from today"),
    ("kind:sanctions", "statement, advisory, sanctions, indictment, expulsion, disruption or report"),
    (
        "confidence:likely",
        "at least so sure: stated, almost_certain, highly_likely, likely, possible; high, moderate, low",
    ),
    ('"energy"', "words in the headline or the quoted sentence"),
    ("case:2022-17", "the card of one operation"),
    ("iran mentions:yes", "also posts that only recall an attribution"),
)
STATS: tuple[Line, ...] = (
    ("stats", "how often who accuses whom: by year, accused, accuser and kind"),
    ("stats by:uk since:2018", "the same over what answers a question"),
)
SUBSCRIBE: tuple[Line, ...] = (
    ("subscribe iran", "posts a card here when somebody accuses Iran; any question can be subscribed to"),
    ("subscribe", "everything"),
    ("unsubscribe iran", "takes it back; unsubscribe all takes all back"),
    ("threads off", "news to a case updates its card and no more is a reply in its thread"),
)
DIGEST: tuple[Line, ...] = (
    (
        "digest weekly mon 09:00 Europe/London",
        "a digest each week of what this channel has subscribed to, or of everything",
    ),
    ("digest off", "no digest"),
    ("digest now", "what it would say now, for your eyes only"),
    ("digest", "when the next one comes"),
)
LIST: tuple[Line, ...] = (("list", "this channel's subscriptions, its digest, and whether its messages arrive"),)
SETTINGS: tuple[Line, ...] = (
    ("settings", "a form for all of it: questions, threads, digest, with what the last 30 days would have posted"),
)
FEEDS: tuple[Line, ...] = (
    ("feeds", "which feeds are read, and which do not answer since when and why"),
    ("feed add https://example.org/news.xml", "reads a feed for this workspace alone; for its admins"),
    ("feed pause https://example.org/news.xml", "and resume, remove: the same for a feed that was added"),
)
STATUS: tuple[Line, ...] = (("status", "what the bot is doing: feeds, messages that wait, what it has read"),)
LINES = {
    "ask": ASK,
    "stats": STATS,
    "subscribe": SUBSCRIBE,
    "digest": DIGEST,
    "list": LIST,
    "settings": SETTINGS,
    "feeds": FEEDS,
    "status": STATUS,
}
MORE = f"More on one of them: {COMMAND} help {TOPICS[0]}, or {', '.join(TOPICS[1:])}."  # a phone breaks no "a|b|c"


def shown_help(asked: Help) -> Part:
    """The help that is asked for: the first lines, one topic, or all topics."""
    if asked.brief:
        return _told("Who blames which state for which cyber operation, in which words.", FIRST)
    if asked.topic is not None:
        return _told(f"{COMMAND} {asked.topic}", LINES[asked.topic])
    return _told("All that can be asked", [one for lines in LINES.values() for one in lines], MORE)


def _told(title: str, lines: Sequence[Line], more: str = "") -> Part:
    listed: list[Run] = [line(code(f"{COMMAND} {typed}"), words(f"  {does}")) for typed, does in lines]
    text = mrkdwn("\n".join([title, *(f"{COMMAND} {typed} - {does}" for typed, does in lines), more]).strip())
    return message(text, [rich(section(words(title, "bold")), blocks.bullets(listed), section(words(more)))])


def code(text: str) -> Run:
    """Words as something to type."""
    return [{**part, "style": {"code": True}} for part in words(text)]
