"""The settings, the home and what the shortcut shows, to look at and to test with: facts as in card_samples."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from attribution.grounds import grounds_of
from attribution.model import Post, Publisher, PublisherKind
from attribution.query import parse
from attribution.why import why_not
from bot import home, modals, settings_form, settings_view, shortcut
from bot.answering import BUSY
from bot.home import Fare, Home
from bot.preview import Foreseen
from bot.settings_form import QUERIES
from bot.shortcut import Known, Text
from feeds.errors import Trouble
from storage.channels import Channel, Subscription
from tests.card_samples import ALBANIA, CSA, FCDO, JOINT, SINGAPORE, UK_CONDEMNS, US_SANCTIONS

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)
ASKED = ("accused:ir", "accused:ru by:eu,gb", "kind:indictment,sanctions victim:ua")
NEWS = Channel(
    tenant="T",
    id="C0NEWS",
    digest_day=1,
    digest_time=time(9),
    zone="Europe/London",
    created_at=NOW - timedelta(days=90),
)
FORESEEN = Foreseen(
    cards=3, replies=5, late=1, newest=(US_SANCTIONS, *reversed(ALBANIA.statements), JOINT.statements[0])
)
FEEDS = "104 of 107 answered at their last poll, 3 did not, 38 not polled."
SAID = "The UK government said today that Iran was responsible for the cyber attack on Albania."
VENDOR = "Iranian hackers were behind the attack on the bank, researchers of a security company wrote on Tuesday."


def settings(typed: str, told: Foreseen | list[str], **changed: Any) -> dict[str, Any]:
    """The form of a channel's settings."""
    channel = replace(NEWS, **changed)
    form = settings_form.form_of(channel, [parse(one, NOW.date()) for one in ASKED])
    base = settings_form.base_of(channel.id, form)
    seen = settings_view.Shown(base=base, form=form, typed=typed, channel=channel, told=told)
    return settings_view.window(seen, NOW)


def wrong() -> dict[str, Any]:
    """The form with a mistake told at its field, as Slack shows it."""
    typed = "accused:ir\nirn"
    _, problems = settings_form.read_queries(typed, NOW.date())
    return settings(typed, problems) | {"errors": {QUERIES: "\n".join(problems)}}


def fare(channel: str, *asked: str, known: bool = True, **changed: Any) -> Fare:
    """A channel of the home."""
    subscribed = [
        Subscription(tenant="T", channel=channel, query=parse(one, NOW.date()), created_by="U", created_at=NOW)
        for one in asked
    ]
    return Fare(
        channel=replace(NEWS, id=channel, **changed),
        count=len(asked),
        subscriptions=subscribed if known else None,
        sent=NOW - timedelta(hours=3),
    )


def busy() -> dict[str, Any]:
    """The home of a workspace with a channel that is paused and one that the viewer is not known in."""
    paused = fare("C0DESK", "mentions:no", paused_at=NOW - timedelta(days=2), paused_why="not_in_channel")
    fares = [
        fare("C0NEWS", *ASKED),
        replace(paused, waiting=4),
        fare("C0OPS", *ASKED[:2], known=False, digest_day=None),
    ]
    latest = [US_SANCTIONS, JOINT.statements[0], SINGAPORE.statements[0]]
    return home.view(Home(channels=fares, latest=latest, feeds=FEEDS), NOW)


def read(text: str, url: str | None = None, title: str = "", publisher: Publisher | None = None) -> Text:
    """A text as the shortcut reads it."""
    by = publisher or Publisher(name="whoever wrote this message", kind=PublisherKind.UNKNOWN)
    post = Post(feed="", url=url or "", guid="", title=title, text=text, published_at=NOW, language="en", publisher=by)
    found = [Known(claim=claim, grounds=grounds, case="2022-17") for claim, grounds in grounds_of(post)]
    linked = [replace(one, card="https://example.slack.com/archives/C0NEWS/p1") for one in found] if url else found
    return Text(url=url, post=post, claims=linked, why_not=None if found else why_not(post))


def texts() -> list[Text]:
    """A message, a page that says so, and one behind a login."""
    article = f"{UK_CONDEMNS.claim.quote} {SAID}"
    return [
        read(SAID),
        read(article, UK_CONDEMNS.url, UK_CONDEMNS.title, FCDO),
        Text(url="https://www.example.org/members/only", trouble=Trouble.BLOCKED),
    ]


def quiet() -> list[Text]:
    """A message that accuses nobody for a government, and a page about something else."""
    return [read(VENDOR), read("The agency opens an office.", "https://www.example.org/office", "A new office", CSA)]


def views() -> dict[str, list[dict[str, Any]]]:
    """The windows and homes, by the name of the picture."""
    return {
        "settings": [settings("\n".join(ASKED), FORESEEN)],
        "settings-wrong": [wrong()],
        "settings-paused": [settings("", Foreseen(), paused_at=NOW - timedelta(days=1), paused_why="not_in_channel")],
        "home-new": [home.view(Home(feeds="107 not asked yet."), NOW)],
        "home-busy": [busy()],
        "home-said": [home.said(BUSY), home.said(modals.SORRY), home.said(modals.LOOKING)],
        "looking-window": [modals.said("Details", modals.LOOKING), modals.said("Details", modals.SORRY)],
        "shortcut": [shortcut.window(texts(), 2, NOW)],
        "shortcut-quiet": [shortcut.window(quiet(), 0, NOW)],
    }
