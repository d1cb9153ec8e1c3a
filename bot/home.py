"""The app's home: a workspace's channels and how they fare, the latest cases, the feeds, and first steps. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from attribution.model import Found
from attribution.words import counted, day
from bot import blocks, marks, modals, telling
from bot.blocks import Part, Run, line, rich, section, shown, words
from bot.escape import mrkdwn
from bot.help import COMMAND, code
from bot.settings_replies import next_digest, settings_button, why_paused
from bot.settings_store import typed
from bot.settings_view import mention
from storage import presence
from storage.channels import Channel, Subscription

REFRESH, SETTINGS, CHOOSE = "home_refresh", "home_settings", "home_choose"
MOST_CHANNELS = 25  # Slack takes 100 blocks; a person reads fewer
MOST_CASES = 5
QUESTIONS = 6  # of a channel
QUESTION_LENGTH = 80
HEADLINE_LENGTH = 120
STEPS = (
    ("/invite @attribution-bot", "in the channel that is to hear of attributions"),
    (f"{COMMAND} subscribe iran", "there: any state or group, or nothing behind it for everything"),
    (f"{COMMAND} settings", "there: all of it as a form, with what the last 30 days would have posted"),
    (f"{COMMAND} iran", "anywhere: who accused Iran of what, for your eyes only"),
)
PURPOSE = "Tells a channel that a government has publicly blamed a state for a cyber operation, and in which words."
NOWHERE = "Slack did not say which of your workspaces this is. Please press Refresh."
NO_CASES = "No attribution has been read yet: governments do not make one every day. The first ones will stand here."
NO_CHANNELS = "No channel hears of attributions yet. Four steps lead there:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fare:
    """How a channel fares. `subscriptions`: None where the viewer is not known to be in the channel, which may be a
    private one, so that only their number is told; `sent`: when its last message arrived; `waiting`: messages."""

    channel: Channel
    count: int
    subscriptions: Sequence[Subscription] | None = None
    sent: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a person may see of their workspace. `latest`: a statement a case, the newest first; `feeds`: how the feeds
    fare, in one line."""

    channels: Sequence[Fare] = ()
    latest: Sequence[Found] = ()
    feeds: str


def view(home: Home, now: datetime) -> Part:
    """The home of a workspace."""
    return _home(
        [*_top(), *_channels(home.channels, now), *_cases(home.latest, now), *_feeds(home.feeds), *_below(now)]
    )


def said(text: str) -> Part:
    """A home that only says something: that it is looked up, or why it cannot be."""
    return _home([*_top(), rich(section(words(text))), _refresh()])


def _home(parts: Sequence[Part]) -> Part:
    return {"type": "home", "blocks": list(parts)}


def _top() -> Iterator[Part]:
    yield blocks.header("attribution-bot")
    yield rich(section(words(PURPOSE)))


def _channels(fares: Sequence[Fare], now: datetime) -> Iterator[Part]:
    if not fares:
        yield blocks.header("First steps")
        yield rich(section(words(NO_CHANNELS)), _numbered(STEPS))
        return
    yield blocks.header("Channels")
    ranked = sorted(fares, key=lambda one: (one.channel.paused_at is None, one.subscriptions is None, one.channel.id))
    for fare in ranked[:MOST_CHANNELS]:
        yield from _channel(fare, now)
    if (more := len(fares) - MOST_CHANNELS) > 0:
        yield blocks.context(f"and {counted(more, 'other channel')}")
    yield from _choose()


def _numbered(steps: Sequence[tuple[str, str]]) -> Part:
    rows = [section(code(what), words(f"  {where}")) for what, where in steps]
    return {"type": "rich_text_list", "style": "ordered", "elements": rows}


def _channel(fare: Fare, now: datetime) -> Iterator[Part]:
    name = [mention(fare.channel.id)]
    lines = [line(name, words(" "), *_state(fare, now)), _questions(fare), _about(fare, now)]
    yield rich(section(blocks.lines(lines)))
    # Who was removed from a private channel still is known to have been in it; of those, Slack's own menu knows.
    if fare.subscriptions is not None and not presence.private(fare.channel.id):
        yield {"type": "actions", "elements": [settings_button("Settings", fare.channel.id, SETTINGS)]}


def _state(fare: Fare, now: datetime) -> Iterator[Run]:
    channel = fare.channel
    if channel.paused_at is None:
        yield words("Working", "bold")
        return
    yield line(words("Paused", "bold"), words(" since "), blocks.date(channel.paused_at, now))
    yield words(f": {why_paused(channel.paused_why)}.")


def _about(fare: Fare, now: datetime) -> Run:
    last = line(words("Last message "), blocks.date(fare.sent, now)) if fare.sent else words("No message yet")
    due = next_digest(fare.channel, now)
    digest = line(words("next digest "), blocks.date(due, now)) if due else words("no digest")
    waiting = words(f"{counted(fare.waiting, 'message')} waiting") if fare.waiting else []
    return blocks.listed([last, digest, waiting], " · ")


def _questions(fare: Fare) -> Run:
    """What a channel hears of; to whom is not known to be in it, how much alone."""
    asked = [typed(one.query) for one in fare.subscriptions or ()]
    if not asked:
        return words(counted(fare.count, "question") if fare.count else "No questions")
    more = [f"{counted(len(asked) - QUESTIONS, 'other')}"] if len(asked) > QUESTIONS else []
    return words("Hears of " + "; ".join([*(shown(one, QUESTION_LENGTH) for one in asked[:QUESTIONS]), *more]))


def _choose() -> Iterator[Part]:
    # Slack offers a person only conversations that they may see, so no scope is needed to know.
    yield {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "Settings of another channel that you can see:"},
        "accessory": {
            "type": "conversations_select",
            "action_id": CHOOSE,
            "placeholder": modals.plain("Choose a channel"),
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        },
    }


def _cases(latest: Sequence[Found], now: datetime) -> Iterator[Part]:
    yield blocks.header("Latest cases")
    if not latest:
        yield rich(section(words(NO_CASES)))
        return
    for found in latest[:MOST_CASES]:
        yield _case(found, now)
    asking = line(words("More: "), code(f"{COMMAND} since:30d"), words(" in any channel."))
    yield rich(section(asking))


def _case(found: Found, now: datetime) -> Part:
    dated = day(found.claim.made_on, now) if found.claim.made_on else "undated"
    headline = blocks.address(shown(found.title, HEADLINE_LENGTH) or "The post", found.url)
    parts = (dated, f"case {found.case}" if found.case else "", telling.source(found))
    small = " · ".join(part for part in parts if part)
    text = f"*{mrkdwn(telling.title(found))}*\n{headline}\n{mrkdwn(small)}"
    button = {"accessory": marks.details(found.case)} if found.case else {}
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}, **button}


def _feeds(told: str) -> Iterator[Part]:
    yield blocks.header("Feeds")
    yield rich(section(words(told), words(" Which ones: "), code(f"{COMMAND} feeds"), words(".")))


def _below(now: datetime) -> Iterator[Part]:
    yield _refresh()
    yield blocks.context(f"As of {blocks.moment(now, blocks.WHEN, now)}", mrkdwn(f"{COMMAND} help tells the rest"))


def _refresh() -> Part:
    button = {"type": "button", "action_id": REFRESH, "text": modals.plain("Refresh"), "value": "refresh"}
    return {"type": "actions", "elements": [button]}
