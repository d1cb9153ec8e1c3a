"""Bytes -> posts. The only file that knows feedparser."""

import re
from calendar import timegm
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from time import struct_time
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from attribution.identity import canonical_url
from attribution.model import Feed, Post
from feeds.dates import as_utc, read_date
from feeds.errors import FeedError, Trouble
from feeds.plain import UNSEEN, one_line, plain
from feeds.wall import wall

TITLE_LIMIT = 10_000
# Beyond these no store, index or button takes them (RFC 9110, 4.1: 8,000 octets; Slack's buttons: 3,000 characters).
URL_LIMIT = 2_000
GUID_LIMIT = 2_000

# More entries than any feed in use has: of more, both ends are read, and what is new stands at one of them. Each costs
# the database a question or two, and the 10 MB of a body hold 300,000.
MOST_POSTS = 2_000
# Characters of text of one body: entities and CJK make more memory of it than its bytes.
TEXTS_LIMIT = 4_000_000

HEAD = 65_536
# Atomic: comments side by side could else be told apart in 2^n ways, and each be tried.
HTML_HEAD = re.compile(
    rb"\s*(?>(?><!--.{0,2000}?-->)\s*)*+(<\?xml[^>]{0,200}\?>\s*)?<(!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
HTML_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
LANGUAGE = re.compile(r"([a-z]{2})(?![a-z])", re.IGNORECASE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# feedparser's dictionaries: the shape of a foreign library, which stops in this file.
Entry = dict[str, Any]
# An "&" that begins no entity or character reference (XML 1.0, 4.1).
BARE_AMPERSAND = re.compile(rb"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)")
# Without its ";", too: feedparser takes it as one.
REFERENCE = re.compile(rb"&#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?")
# What feedparser raises: of a reference to what is no character, of a link that begins in an entry and ends outside.
FAILING = (ValueError, OverflowError, KeyError)
SURROGATES, LAST_CHARACTER = range(0xD800, 0xE000), 0x10FFFF
# How a body of wider characters begins, with its mark or without (XML 1.0, F.1), the longer first.
WIDE = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def parse(body: bytes, content_type: str, url: str, feed: Feed) -> tuple[Post, ...]:
    """The entries of a feed's body in document order, not one left out that has a title, a text or a link; of more than
    MOST_POSTS the first and the last half of that number.

    `content_type` is the HTTP header, "" if there was none; `url` is where the body came from, after redirects.
    A feed that holds no entries gives (). Raises FeedError: BLOCKED for a challenge or login page, SOFT_404 for another
    web page, MALFORMED for anything else that is no feed.
    """
    # A stream: feedparser would fetch a string that looks like an address and open one that looks like a path. Its
    # sanitiser is quadratic; and it is not told the address, so that ids stay what the feed says.
    body, content_type = _narrow(body, content_type)
    document = _parsed(body, content_type)
    if document.bozo and BARE_AMPERSAND.search(body):
        # What is left of ill-formed XML guesses at entities: "AT&T and" becomes "AT&T; and", "&copy=" a sign.
        document = _parsed(BARE_AMPERSAND.sub(b"&amp;", body), content_type)
    posts = _posts(document, url, feed) if document.entries else ()
    if not posts and not _is_quiet(document):
        raise _refusal(body, content_type)
    return tuple(_within(posts))


def _posts(document: Any, url: str, feed: Feed) -> Sequence[Post]:
    base = _base(document, url)
    spoken = feed.language or _language(dict.get(document.feed, "language"))
    posts = (_post(entry, feed, base, spoken) for entry in _both_ends(document.entries))
    return [post for post in posts if post.title or post.text or post.url]


def _narrow(body: bytes, content_type: str) -> tuple[bytes, str]:
    """A body of UTF-16 or UTF-32 in UTF-8: feedparser believes the header's charset before the bytes."""
    coding = next((coding for mark, coding in WIDE if body.startswith(mark)), None)
    if coding is None:
        return body, content_type
    return body.decode(coding, "replace").lstrip("\ufeff").encode(), "application/xml; charset=utf-8"


def _parsed(body: bytes, content_type: str) -> Any:
    """What feedparser makes of a body, or else of it without references to what is no character, such as "&#xD800;"."""
    for text in (body, REFERENCE.sub(_to_a_character, body)):
        with suppress(*FAILING):
            return _tried(text, content_type)
    raise FeedError(Trouble.MALFORMED, "Its entries are not well formed. Check the address in a browser.")


def _to_a_character(reference: re.Match[bytes]) -> bytes:
    number = int(reference[1][:9]) if reference[1] else int(reference[2][:9], 16)
    return reference[0] if number <= LAST_CHARACTER and number not in SURROGATES else b""


def _tried(body: bytes, content_type: str) -> Any:
    headers = {"content-type": content_type}
    return feedparser.parse(BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)


def _both_ends(entries: list[Entry]) -> list[Entry]:
    return entries if len(entries) <= MOST_POSTS else entries[: MOST_POSTS // 2] + entries[-MOST_POSTS // 2 :]


def _within(posts: Sequence[Post]) -> Sequence[Post]:
    """The posts with texts of TEXTS_LIMIT characters together at most: each is cut at its equal share of that."""
    if sum(len(post.text) + len(post.title) for post in posts) <= TEXTS_LIMIT:
        return posts
    share = TEXTS_LIMIT // len(posts)
    return [
        replace(post, title=post.title[:share], text=post.text[: max(0, share - len(post.title))]) for post in posts
    ]


def _post(entry: Entry, feed: Feed, base: str, spoken: str | None) -> Post:
    return Post(
        feed=feed.id,
        url=_url(entry, base),
        guid=_clean(_said(entry, "id"))[:GUID_LIMIT],
        title=one_line(_said(entry, "title"), TITLE_LIMIT, html=_is_html(_detail(entry, "title_detail"))),
        text=_text(entry),
        published_at=_published_at(entry),
        language=feed.language or _entry_language(entry) or spoken,
        publisher=feed.publisher,
    )


def _text(entry: Entry) -> str:
    # Feeds put the article in one element and a teaser in the other, in either order.
    return max((plain(part["value"], html=_is_html(part)) for part in _parts(entry)), key=len, default="")


def _parts(entry: Entry) -> Iterable[Entry]:
    parts = [*_details(entry, "content"), _detail(entry, "summary_detail")]
    written = (part for part in parts if part.get("value"))
    return (part for part in written if part.get("type", "text/html").startswith("text/") or _is_html(part))


def _is_html(detail: Entry) -> bool:
    return detail.get("type") in {"text/html", "application/xhtml+xml"}


# An element that is named as one of feedparser's own keys, such as <links>, stands there as text instead. And dict.get,
# because feedparser's own warns of names it will drop, and answers "updated" with "published".


def _said(entry: Entry, name: str) -> str:
    said = dict.get(entry, name)
    return said if isinstance(said, str) else ""


def _detail(entry: Entry, name: str) -> Entry:
    detail = dict.get(entry, name)
    return detail if isinstance(detail, dict) else {}


def _details(entry: Entry, name: str) -> list[Entry]:
    details = dict.get(entry, name)
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


def _url(entry: Entry, base: str) -> str:
    """The entry's link, else its id where that is an address: absolute and canonical, "" if there is none."""
    link, guid = _clean(_said(entry, "link")), _clean(_said(entry, "id"))
    # feedparser gives the id of an entry without a link as its link, be it an address or not.
    link = "" if link == guid and not ADDRESS.fullmatch(guid) else link
    return next((found for one in (link, *_alternates(entry)) if (found := address(_clean(one), base))), "")


def _alternates(entry: Entry) -> Iterable[str]:
    return (link.get("href", "") for link in _details(entry, "links") if link.get("rel") == "alternate")


def address(link: str, base: str) -> str:
    """A link of a document at `base` as an absolute and canonical web address, "" if it is none."""
    if not link:
        return ""
    try:
        there = canonical_url(urljoin(base, link))
        parts = urlsplit(there)
    except ValueError:  # brackets that are no IPv6 address
        return ""
    return there if parts.scheme in {"http", "https"} and parts.hostname and len(there) <= URL_LIMIT else ""


def _base(document: Any, url: str) -> str:
    # feedparser has resolved what an xml:base governs. RSS links are relative to the channel's site by custom, Atom's
    # to the document (RFC 4287, 2).
    link = _clean(_said(document.feed, "link"))
    return url if document.version.startswith("atom") else address(link, url) or url


def _clean(value: str) -> str:
    return UNSEEN.sub("", value).strip()


def _published_at(entry: Entry) -> datetime | None:
    return _moment(entry, "published") or _moment(entry, "updated")


def _moment(entry: Entry, name: str) -> datetime | None:
    if ours := read_date(_said(entry, name)):
        return ours
    theirs = dict.get(entry, f"{name}_parsed")
    try:
        return as_utc(EPOCH + timedelta(seconds=timegm(theirs))) if isinstance(theirs, struct_time) else None
    except (ValueError, OverflowError):
        return None


def _entry_language(entry: Entry) -> str | None:
    details = (*_details(entry, "content"), _detail(entry, "summary_detail"), _detail(entry, "title_detail"))
    said = (dict.get(entry, "language"), *(detail.get("language") for detail in details))
    return next((code for tag in said if (code := _language(tag))), None)


def _language(tag: object) -> str | None:
    """The ISO 639-1 code that a language tag (RFC 5646) begins with, None for the longer codes."""
    found = LANGUAGE.match(tag.strip()) if isinstance(tag, str) else None
    return found[1].lower() if found else None


def _is_quiet(document: Any) -> bool:
    # A wrong Content-Type or charset also sets `bozo`, and is no reason to take a quiet feed for a broken one.
    harmless = (feedparser.NonXMLContentType, feedparser.CharacterEncodingOverride)
    return bool(document.get("version")) and (not document.bozo or isinstance(document.bozo_exception, harmless))


def _refusal(body: bytes, content_type: str) -> FeedError:
    if not body.strip():
        return FeedError(Trouble.MALFORMED, "The answer was empty. If it stays so, look for the feed's new address.")
    return page_instead(body, content_type) or FeedError(
        Trouble.MALFORMED, "The answer is neither RSS nor Atom, or is broken off. Check the address in a browser."
    )


def page_instead(body: bytes, content_type: str) -> FeedError | None:
    """The error for a web page where a feed should be, SOFT_404 or BLOCKED; None for what is no web page."""
    if not (HTML_HEAD.match(body[:HEAD]) or "html" in content_type.lower()):
        return None
    found = HTML_TITLE.search(body[:HEAD].decode("utf-8", "replace"))
    title = one_line(found[1], 80) if found else ""
    named = f"a web page (“{title}”)" if title else "a web page"
    if wall(title, "") is Trouble.BLOCKED:
        return FeedError(Trouble.BLOCKED, f"The site answered with {named}: it turns robots away or asks to log in.")
    return FeedError(
        Trouble.SOFT_404, f"The site answered with {named} where a feed should be. Look for its new address."
    )
