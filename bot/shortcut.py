"""What the shortcut "Read attributions" shows of a message and the pages it links: each claim with its sentence and the
words that gave each field, or why there is none. Pure."""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from attribution.grounds import Ground
from attribution.identity import canonical_url, folded
from attribution.model import Claim, Found, Post, Publisher, PublisherKind, Standing
from attribution.publishers import publisher_of
from attribution.why import WhyNot
from attribution.words import TIES, day, flagged, named, sure
from bot import blocks, modals, telling
from bot.blocks import Part, Run, bullets, line, link, rich, section, shown, words
from bot.escape import web_url
from bot.help import COMMAND
from feeds.catalogue import Entry
from feeds.errors import Trouble

READ, TITLE = "read_message", "Read attributions"
PAGES = 3  # linked pages that are read
CLAIMS = 5  # shown of one text
TEXT_LENGTH = 40_000  # characters of a message that are read: as many as Slack lets one have
TITLE_LENGTH = 150
GROUND_LENGTH = 200
ADDRESS_LENGTH = 80  # of a page without a title
DELETED = "tombstone"  # the subtype that Slack gives a deleted message whose thread goes on
OWN_HOSTS = (".slack.com",)  # links to other messages: nobody but a member may read them
ADDRESSES = ("url", "from_url", "title_link", "original_url")  # what holds an address and nothing else
WORDS = ("text", "pretext", "title", "value")  # what holds words; other keys lead to pictures, files and people
LINKED = re.compile(r"<(https?://[^|>\s]+)(?:\|([^>]*))?>")
BARE = re.compile(r"(?<![<|])\bhttps?://[^\s<>|]+")
SPECIAL = re.compile(r"<[!@#][^|>]*(?:\|([^>]*))?>")
MARKS = re.compile(r"(?<!\w)[*_~`]+(?=\S)|(?<=\S)[*_~`]+(?!\w)")
CODES = ("attributed_by", "supported_by", "accused", "victims")  # fields that hold states and bodies
STEPS = {"attributed_by": "by", "supported_by": "backed by", "happened": "when"}
WHY_NOT = {
    Trouble.BLOCKED: "the site wants a login or a test for browsers first: open it there",
    Trouble.GONE: "the site says that it is gone for good",
    Trouble.MALFORMED: "it holds no text that can be read without a browser, or is a file",
    Trouble.NOT_FOUND: "the site says that there is no such page",
    Trouble.RATE_LIMITED: "the site is asked too often just now: try again in a few minutes",
    Trouble.REDIRECTS: "it leads on and on, or to where this bot does not go",
    Trouble.REFUSED: "it is an address that this bot does not go to: only public ones, at the web's own ports",
    Trouble.SERVER: "the site has a fault just now: try again later",
    Trouble.SOFT_404: "the site says that there is no such page",
    Trouble.TIMEOUT: "the site took too long: try again later",
    Trouble.TOO_LARGE: "it is too large to be read here",
    Trouble.UNREACHABLE: "the site cannot be reached: look at the address, or try again later",
}
NOTHING = "This message holds no words and no link that can be read: a picture or a file alone tells nothing here."
GONE = "This message was deleted: there is nothing left to read."
STORED = "Nothing of this is stored, and nobody else sees it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A claim as it was read: the words that gave its fields, and the case it belongs to, if one is known, with where
    its card stands in this channel."""

    claim: Claim
    grounds: Sequence[Ground]
    case: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that was read, a message's or a page's. `post`: None where the page could not be had, for `trouble`;
    `url`: of a page; `why_not`: why it makes no attribution."""

    url: str | None = None
    post: Post | None = None
    trouble: Trouble | None = None
    claims: Sequence[Known] = ()
    why_not: WhyNot | None = None


# What a message holds


def is_deleted(message: Part) -> bool:
    """Whether a message is only the stone of one that was deleted."""
    return message.get("subtype") == DELETED


def text_of(message: Part) -> str:
    """All that a reader sees of a message: its words, its blocks', its attachments'; each once, a line each."""
    told = [plain(message.get("text") or ""), *_of_blocks(message.get("blocks") or [])]
    for attachment in message.get("attachments") or []:
        told += [plain(attachment.get(name) or "") for name in ("pretext", "title", "text")]
        told += [
            plain(field.get(name) or "") for field in attachment.get("fields") or [] for name in ("title", "value")
        ]
        told += _of_blocks(_attached(attachment))
    return "\n".join(_once(told))[:TEXT_LENGTH]


def _once(told: Sequence[str]) -> list[str]:
    """The rows of texts, those left out that stand before already: blocks mostly say what the text says."""
    whole, kept = folded(told[0]), dict.fromkeys(filter(None, map(str.strip, told[0].splitlines())))
    left = TEXT_LENGTH
    for row in filter(None, (row.strip() for one in told[1:] for row in one.splitlines())):
        if left > 0 and row not in kept and folded(row) not in whole:
            kept[row] = None
            left -= len(row)
    return list(kept)


def links_of(message: Part) -> list[str]:
    """The web pages that a message leads to, each once, in their order; other messages are none."""
    held = [(key, value) for key, value in _strings(message) if key in ADDRESSES + WORDS]
    found = ([value] if key in ADDRESSES else _in_marked(value) for key, value in held)
    urls = (canonical_url(url) for url in chain.from_iterable(found) if web_url(url))
    return list(dict.fromkeys(url for url in urls if not _own(url)))


def plain(marked: str) -> str:
    """Slack's mrkdwn as the words a reader sees."""
    text = LINKED.sub(lambda match: match[2] or match[1], marked)
    text = SPECIAL.sub(lambda match: match[1] or "", text)
    return html.unescape(MARKS.sub("", text))


def _of_blocks(parts: Sequence[Part]) -> list[str]:
    return [row for part in parts for row in READERS.get(part.get("type", ""), _nothing)(part)]


def _attached(attachment: Part) -> list[Part]:
    quoted = [one.get("message", {}).get("blocks") or [] for one in attachment.get("message_blocks") or []]
    return [*(attachment.get("blocks") or []), *chain.from_iterable(quoted)]


def _nothing(_: Part) -> list[str]:
    return []


def _rich_text(part: Part) -> list[str]:
    return [row for element in part.get("elements") or [] for row in _rich_rows(element)]


def _rich_rows(element: Part) -> list[str]:
    if element.get("type") == "rich_text_list":
        return [row for one in element.get("elements") or [] for row in _rich_rows(one)]
    parts = element.get("elements") or []
    return "".join(one.get("text") or one.get("url") or one.get("fallback") or "" for one in parts).splitlines()


def _section(part: Part) -> list[str]:
    return [_words(one) for one in (part.get("text"), *(part.get("fields") or []))]


def _words(text: Part | None) -> str:
    told = (text or {}).get("text") or ""
    return plain(told) if (text or {}).get("type") == "mrkdwn" else told


READERS: dict[str, Callable[[Part], list[str]]] = {
    "rich_text": _rich_text,
    "section": _section,
    "header": _section,
    "context": lambda part: [_words(one) for one in part.get("elements") or [] if "text" in one],
    "markdown": lambda part: [plain(part.get("text") or "")],
}


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a message with its key, in their order."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        yield from chain.from_iterable(_strings(one, name) for name, one in value.items())
    elif isinstance(value, list):
        yield from chain.from_iterable(_strings(one, key) for one in value)


def _in_marked(marked: str) -> list[str]:
    found = [(match.start(), match[1]) for match in LINKED.finditer(marked)]
    found += [(match.start(), match[0].rstrip(".,;:!?)\"'”")) for match in BARE.finditer(marked)]
    return [html.unescape(url) for _, url in sorted(found)]


def _own(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.endswith(OWN_HOSTS)


# Who speaks


def publisher_at(url: str, catalogue: Sequence[Entry]) -> Publisher:
    """Who publishes a page: as the catalogue knows its host, or as official hosts are known; else nobody known, who
    only reports."""
    host = _host(url)
    here = {entry.feed.publisher for entry in catalogue if _host(entry.feed.url) == host}
    if len(here) == 1:
        return next(iter(here))
    if len({(one.kind, one.speaker) for one in here}) == 1:  # several bodies of one government share the site
        one = next(iter(here))
        return Publisher(name=host, kind=one.kind, speaker=one.speaker)
    official = publisher_of(host)
    return official if official.speaker else Publisher(name=host, kind=PublisherKind.UNKNOWN)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def message_post(message: Part) -> Post:
    """A message as a post of somebody unknown: whoever quotes a government is not that government."""
    nobody = Publisher(name="whoever wrote this message", kind=PublisherKind.UNKNOWN)
    return Post(
        feed="", url="", guid="", title="", text=text_of(message), published_at=_written_at(message), language=None,
        publisher=nobody,
    )  # fmt: skip


def _written_at(message: Part) -> datetime | None:
    ts = str(message.get("ts") or "")
    return datetime.fromtimestamp(float(ts), UTC) if ts.replace(".", "", 1).isdecimal() else None


# What is shown


def window(texts: Sequence[Text], more_links: int, now: datetime) -> Part:
    """What was read, the message first; `more_links`: pages that were left unread."""
    parts: list[Part] = []
    for text in texts:
        parts += [*([{"type": "divider"}] if parts else []), *_text(text, now)]
    unread = f"Only the first {PAGES} pages it links were read, {more_links} more were not." if more_links else ""
    return modals.modal(TITLE, [*parts, blocks.context(unread, STORED)])


def said(text: str) -> Part:
    """A window that only says something."""
    return modals.said(TITLE, text)


def _text(text: Text, now: datetime) -> Iterator[Part]:
    if text.post is None:
        assert text.trouble is not None, "a page that is not there has a reason"
        could_not = words(f" could not be read: {WHY_NOT[text.trouble]}.")
        yield rich(section(_page_name(text), could_not))
        return
    yield rich(
        section(
            line(_page_name(text), words(f" · {telling.source(_as_found(text))}")) if text.url else _page_name(text)
        )
    )
    for known in text.claims[:CLAIMS]:
        yield from _claim(text, known, now)
    if (more := len(text.claims) - CLAIMS) > 0:
        yield blocks.context(f"and {more} more claims in it")
    if text.why_not and not text.claims:
        yield from _quiet(text.why_not)


def _page_name(text: Text) -> Run:
    if text.url is None:
        return words("This message", "bold")
    title = text.post.title if text.post else ""
    return link(shown(title, TITLE_LENGTH) or shown(text.url.split("://", 1)[-1], ADDRESS_LENGTH), text.url, "bold")


def _as_found(text: Text, claim: Claim | None = None, case: str | None = None) -> Found:
    """A claim as telling wants it: nothing of it is stored."""
    assert text.post is not None
    nothing = Claim(standing=Standing.MENTION, quote="", rule="")
    return Found(
        id=0, claim=claim or nothing, case=case, title=text.post.title, url=text.url or "",
        publisher=text.post.publisher, recorded_at=text.post.published_at or datetime.min.replace(tzinfo=UTC),
    )  # fmt: skip


def _claim(text: Text, known: Known, now: datetime) -> Iterator[Part]:
    claim = known.claim
    found = _as_found(text, claim, known.case)
    lines = [words(f"{_standing(claim)}{telling.event(found)}", "bold"), words(_facts(claim, now))]
    quote = blocks.quoted(words(telling.quotation(found)))
    grounds = [_ground(one) for one in known.grounds if one.words]
    why = [section(words("The words that say so:")), bullets(grounds)] if grounds else []
    yield rich(section(blocks.lines(lines)), quote, *why, section(_case(known)))


def _standing(claim: Claim) -> str:
    return "Only recalled: " if claim.standing is Standing.MENTION else ""


def _facts(claim: Claim, now: datetime) -> str:
    groups = telling.some_names([*claim.agencies, *(named(actor) for actor in claim.actors)], 4)
    parts = (
        str(claim.kind),
        day(claim.made_on, now) if claim.made_on else "",
        shown(sure(claim.confidence)),
        TIES[claim.tie] if claim.accused else "",
        f"names {groups}" if groups and claim.accused else "",
    )
    return " · ".join(part for part in parts if part)


def _ground(ground: Ground) -> Run:
    field = STEPS.get(ground.field, ground.field.replace("_", " "))
    said = ", ".join(f"“{shown(one, GROUND_LENGTH)}”" for one in ground.words)
    return line(words(f"{field}: {_value(ground)}", "bold"), words(f" from {said}"))


def _value(ground: Ground) -> str:
    """A field's value as a person calls it."""
    if ground.field in CODES:
        return flagged(ground.value)
    called = {str(tie): words_of for tie, words_of in TIES.items()}.get(ground.value, ground.value)
    return shown(called.replace("_", " "), GROUND_LENGTH)


def _case(known: Known) -> Run:
    if known.case is None:
        return words("No case of this is known here yet.")
    card = (
        link("its card in this channel", known.card) if known.card else words(f"{COMMAND} case:{known.case} shows it")
    )
    return line(words(f"This is case {known.case}: "), card, words("."))


def _quiet(why: WhyNot) -> Iterator[Part]:
    what = "It only recalls an attribution" if why.standing else "No attribution"
    told = [section(words(f"{what}: ", "bold"), words(f"{shown(why.because, 400)}."))]
    if why.nearest:
        told += [
            section(words("The sentence that comes nearest:")),
            blocks.quoted(words(shown(why.nearest.sentence, 600))),
        ]
        seen = [words(f"{called}: “{shown(said, GROUND_LENGTH)}”") for called, said in why.nearest.seen]
        told += [bullets(seen[:8])] if seen else []
    yield rich(*told)
