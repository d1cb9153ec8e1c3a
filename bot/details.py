"""The details of a case as a window: every statement with its sentence and all its sources, and what was corrected."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database

from attribution.identity import folded
from attribution.model import Role
from attribution.view import CaseView, Correction
from attribution.words import SCHEMES, TIES, counted, day, sayers, sure
from bot import blocks, marks, modals, telling
from bot.aliases import groups
from bot.blocks import Part, Run, bullets, line, link, rich, section, shown, words
from bot.cards import lead_of
from bot.desk import Ack, Desk, Json, Respond, viewer_of
from bot.escape import mrkdwn, size
from bot.reply import Viewer
from storage import cards, cases, claims, feedback
from storage.claims import Sourced
from storage.feedback import Report

BEFORE, AFTER = "details_before", "details_after"
QUOTE_LENGTH = 1500  # a verbatim sentence is hardly ever longer; the post has it whole
SOURCES = 12  # in one block; more go on in the next
CHANGES = 30  # in one block
PAGE_ITEMS, PAGE_LENGTH = 10, 60_000  # Slack takes 100 blocks and 250 kB; a person reads less at once
HASH_LENGTH = 16  # hex digits of a SHA-256: enough to tell versions of a post apart
DIVIDER = {"type": "divider"}
SMALL = (
    "sha256: how the SHA-256 of a post's title, a line break and its text as read begins. Times are in your time zone."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """All there is to see of a case. `asked`: the id it was asked for by, an older one where cases were merged;
    `claims`: oldest first; `reports`: the viewer's workspace's; `corrections`: of its cards in the viewer's channel."""

    view: CaseView
    asked: str
    channel: str
    claims: Sequence[Sourced]
    reports: Sequence[Report] = ()
    corrections: Sequence[Correction] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A claim that was news to its case, and those that repeat it."""

    first: Sourced
    repeats: Sequence[Sourced]


def window(details: Details, now: datetime, page: int = 0) -> Part:
    """A page of a case's details, the last one where there are fewer."""
    pages = list(_pages(list(_items(details, now))))
    at = max(0, min(page, len(pages) - 1))
    head = [blocks.header(telling.title(lead_of(details.view))), *(_head(details, now) if at == 0 else [])]
    small = f"Page {at + 1} of {len(pages)}" if len(pages) > 1 else ""
    below = [blocks.context(small, mrkdwn(SMALL)), *_turning(details.view.id, at, len(pages))]
    ids = json.dumps({"case": details.view.id, "channel": details.channel})
    return modals.modal(_title(details.view.id), [*head, *pages[at], *below], private_metadata=ids)


def statements(found: Sequence[Sourced]) -> list[Statement]:
    """Claims by the statement they make or repeat: one of the same government, if possible of the same kind."""
    firsts = [one for one in found if one.news] or list(found[:1])
    repeats: dict[int, list[Sourced]] = {one.found.id: [] for one in firsts}
    for one in found:
        if one.found.id not in repeats:
            repeats[max(firsts, key=lambda first: _alike(first, one)).found.id].append(one)
    return [Statement(first=one, repeats=repeats[one.found.id]) for one in firsts]


def _alike(first: Sourced, other: Sourced) -> tuple[bool, int, bool]:
    one, two = first.found.claim, other.found.claim
    return one.role is two.role, len(sayers(one) & sayers(two)), one.kind is two.kind


def _title(case: str) -> str:
    return f"Case {case}"


def _head(details: Details, now: datetime) -> Iterator[Part]:
    merged = f"Case {details.asked} is now part of this case." if details.asked != details.view.id else ""
    news = counted(len(statements(details.claims)), "statement")
    posts = counted(len({one.found.url for one in details.claims}), "post")
    first = min(one.read_at for one in details.claims)
    yield blocks.context(mrkdwn(merged), f"{news} in {posts}", f"first read {blocks.moment(first, blocks.WHEN, now)}")
    if lines := marks.disputed(details.reports, details.view):
        yield blocks.context("\n".join(lines))


def _turning(case: str, at: int, pages: int) -> list[Part]:
    before = [marks.button(BEFORE, "Page before", f"{case} {at - 1}")] if at else []
    after = [marks.button(AFTER, "Next page", f"{case} {at + 1}")] if at + 1 < pages else []
    return [{"type": "actions", "elements": [*before, *after]}] if before or after else []


def _pages(items: Sequence[Part]) -> Iterator[list[Part]]:
    page: list[Part] = []
    length = 0
    for item in items:
        more = size(json.dumps(item, ensure_ascii=False))
        if page and (len(page) >= 2 * PAGE_ITEMS - 1 or length + more > PAGE_LENGTH):
            yield page
            page, length = [], 0
        page, length = [*page, *([DIVIDER] if page else []), item], length + more
    yield page


def _items(details: Details, now: datetime) -> Iterator[Part]:
    for statement in statements(details.claims):
        yield from _statement(statement, now)
    yield from groups([one for one in details.claims if not one.found.withdrawn_at])
    yield from _history(details.corrections, now)


# Statements


def _statement(statement: Statement, now: datetime) -> Iterator[Part]:
    first = statement.first
    style: tuple[blocks.Style, ...] = ("strike",) if first.found.withdrawn_at else ()
    quote = blocks.quoted(words(telling.quotation(first.found, QUOTE_LENGTH), *style))
    about = [words(_name(first), "bold"), words(_facts(first, now)), *_withdrawn(first, now)]
    sources = [_source(one, first, now) for one in (first, *statement.repeats)]
    yield rich(section(blocks.lines(about)), quote, bullets(sources[:SOURCES]))
    for at in range(SOURCES, len(sources), SOURCES):
        more = words(f"{_name(first)}: more posts that say so", "bold")
        yield rich(section(more), bullets(sources[at : at + SOURCES]))


def _name(one: Sourced) -> str:
    answers = one.found.claim.role in (Role.DENIES, Role.WITHDRAWS)
    return telling.answer(one.found) if answers else telling.title(one.found)


def _facts(one: Sourced, now: datetime) -> str:
    claim = one.found.claim
    scheme = f", {SCHEMES[claim.confidence.scheme]}" if claim.confidence.scheme else ""
    parts = (
        day(claim.made_on, now) if claim.made_on else "undated",
        str(claim.kind),
        shown(sure(claim.confidence)) + scheme,
        TIES[claim.tie] if claim.accused else "",
        "read from the headline alone" if one.found.headline_only else "",
        f"rule “{shown(claim.rule)}”" if claim.rule else "",
    )
    return " · ".join(part for part in parts if part)


def _withdrawn(one: Sourced, now: datetime) -> list[Run]:
    if one.found.withdrawn_at is None:
        return []
    why = shown(one.withdrawn_why or "the post no longer says so")
    return [[*words("Withdrawn ", "italic"), *blocks.date(one.found.withdrawn_at, now), *words(f": {why}", "italic")]]


def _source(one: Sourced, first: Sourced, now: datetime) -> Run:
    """A post, when it was read and in which words; the sentence too, where it is another than the first's."""
    found = one.found
    headline = link(shown(found.title) or "The post", found.url)
    again = folded(found.claim.quote) == folded(first.found.claim.quote)
    quote = [] if again else words(telling.quotation(found, QUOTE_LENGTH), "italic")
    return blocks.lines(
        [line(headline, words(f" · {telling.source(found)}")), quote, _when(one, now), *_gone(one, first, now)]
    )


def _gone(one: Sourced, first: Sourced, now: datetime) -> list[Run]:
    return _withdrawn(one, now) if one is not first else []


def _when(one: Sourced, now: datetime) -> Run:
    edited = [*words(", edited "), *blocks.date(one.edited_at, now)] if one.edited_at else []
    return [*words("read "), *blocks.date(one.read_at, now), *edited, *words(f" · sha256:{one.words[:HASH_LENGTH]}")]


# What was corrected


def _history(corrections: Sequence[Correction], now: datetime) -> Iterator[Part]:
    for at in range(0, len(corrections), CHANGES):
        some_of = corrections[at : at + CHANGES]
        rows = [[*blocks.date(one.at, now), *words(f": was “{shown(one.was, QUOTE_LENGTH)}”")] for one in some_of]
        yield rich(section(words("What the card here said before", "bold")), bullets(rows))


# From the database, and to Slack


def looked_up(db: Database, asked: str, viewer: Viewer, now: datetime, page: int = 0) -> Part:
    """The window with a case's details as somebody may see them; one that says so where there is no such case."""
    case = cases.resolve(db, asked)
    found = claims.sourced(db, case, viewer=viewer.tenant) if case else []
    view = cases.view(db, case) if case else None
    if view is None or not view.statements:
        return modals.said(
            "Details", f"Case {shown(asked, 20)} is not there any more: nothing stands under that number."
        )
    before = {one for card in cards.here(db, viewer.tenant, viewer.channel, view.id) for one in card.corrections}
    details = Details(
        view=view,
        asked=asked,
        channel=viewer.channel,
        claims=found,
        reports=feedback.standing(db, viewer.tenant, view.id),
        corrections=sorted(before, key=lambda one: (one.at, one.was)),
    )
    return window(details, now, page)


def listen(app: AsyncApp, desk: Desk) -> None:
    """Hears the buttons of the details."""

    async def open_details(ack: Ack, body: Json, action: Json, client: AsyncWebClient, respond: Respond) -> None:
        await ack()
        view = desk.answers.with_db(looked_up, action["value"], viewer_of(body), desk.answers.clock())
        await modals.opened(desk, client, body, "Details", view, respond)

    async def turn(ack: Ack, body: Json, action: Json, client: AsyncWebClient) -> None:
        await ack()
        case, _, page = action["value"].partition(" ")
        viewer = viewer_in(body)
        view = desk.answers.with_db(looked_up, case, viewer, desk.answers.clock(), int(page))
        await modals.changed(desk, client, body, _title(case), view)

    app.action(marks.DETAILS)(open_details)
    for button in (BEFORE, AFTER):
        app.action(button)(turn)


def viewer_in(body: Json) -> Viewer:
    """Who uses a window, and in which channel it was opened."""
    viewer = viewer_of(body)
    channel = json.loads(body["view"]["private_metadata"])["channel"]
    return Viewer(tenant=viewer.tenant, channel=channel, user=viewer.user)
