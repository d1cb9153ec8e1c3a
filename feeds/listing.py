"""Sources without a feed: a page's links, a sitemap or a JSON list -> posts, as the catalogue's row tells."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.cssselect import CSSSelector

from attribution.model import Feed, Post
from feeds import parse as feed_parser
from feeds.article import decoded
from feeds.catalogue import shape_of
from feeds.dates import as_utc, read_date
from feeds.errors import FeedError, Trouble
from feeds.parse import MOST_POSTS, TITLE_LIMIT, address, page_instead
from feeds.plain import one_line
from feeds.shape import Format, Shape
from feeds.wall import wall

# Roots by which a feed is known where the catalogue expects something else: the publisher has one again.
FEED_ROOT = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:rss|feed|rdf:RDF)\b", re.DOTALL)
# Levels that a link's entry may stand above it: real pages have a dozen.
HIGHEST = 30
ITEM_TEXT = 2_000
# Links and items that are looked at: of more, the first. Real pages have some hundred.
MOST_LINKS = 5_000
# What links are called that lead to an article beside its headline.
MORE = re.compile(
    r"(?:read|learn|find out|see|show|view) (?:more|all|details)\b.*|more|all|details|[\W\d]*", re.IGNORECASE
)
# A day in an address: /2026/10/09/, t20261009_1.html, /202610/09_1.html. Longer numbers are ids.
DAY_IN_ADDRESS = re.compile(r"(?<!\d)(20\d\d)([/-]?)(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?!\d)")
# A day as pages print it. With slashes between its numbers nobody knows which is the month: left out.
DAY = re.compile(
    r"(?<![\d.])(?:\d{4}-\d\d-\d\d|\d{1,2}\. ?\d{1,2}\. ?\d{4}"
    r"|\d{1,2} [A-Z][a-z]{2,8},? \d{4}|[A-Z][a-z]{2,8} \d{1,2}, \d{4})(?!\d)"
)
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
CHANGED = "The page has changed: {what}. Open {url} in a browser and correct the row [{feed}] of feeds/catalogue.toml."

# lxml's elements and JSON's values: their shapes stop in this file.
Element = Any
Found = tuple[str, str, datetime | None]  # address, title, date


def posts_of(body: bytes, content_type: str, url: str, feed: Feed) -> tuple[Post, ...]:
    """The posts in what a source serves, in its order: a feed's as `feeds.parse.parse` gives them, another's by the
    row that the catalogue has under the feed's id. Raises FeedError as `parse` and `read` do."""
    shape = shape_of(feed.id)
    if shape.format is Format.FEED or FEED_ROOT.match(body):
        return feed_parser.parse(body, content_type, url, feed)
    # A saved page's links are relative to where it was saved from.
    return read(body, content_type, url if url.startswith("http") else feed.url, feed, shape)


def read(body: bytes, content_type: str, url: str, feed: Feed, shape: Shape) -> tuple[Post, ...]:
    """The entries of a source without a feed: title, address, and the day where one is shown; no text, of which
    listings have none or a changing one. At most MOST_POSTS, of the first MOST_LINKS.

    Only a sitemap may be empty: Google's holds two days of news. Raises FeedError: MALFORMED for anything else without
    an entry ("the page has changed: ..."), BLOCKED for a challenge or login page, SOFT_404 for a "not found".
    """
    found = _found(body, content_type, url, shape)
    wanted = [one for one in found if one[0] and _is_entry(one[0], shape)]
    if not wanted and (found or shape.format is not Format.SITEMAP):
        raise _changed(_missing(shape, found), url, feed)
    return tuple(_post(one, feed) for one in wanted[:MOST_POSTS])


def _found(body: bytes, content_type: str, url: str, shape: Shape) -> list[Found]:
    match shape.format:
        case Format.SITEMAP:
            return _mapped(body, content_type, url)
        case Format.JSON:
            return _in_json(body, content_type, url, shape)
    return _listed(body, content_type, url, shape)


def named_by(url: str) -> str:
    """The words of an address, as a title where a sitemap gives none: "/news/2026/uk-condemns-attack.html" reads "Uk
    Condemns Attack". Nobody's words: they tell what an article may be about, and are never quoted."""
    parts = [re.sub(r"\.\w{2,5}$", "", part) for part in unquote(urlsplit(url).path).split("/")]
    worded = [re.sub(r"[-_+\s]+", " ", part) for part in parts if re.search(r"[^\W\d]{3}", part)]
    return one_line(worded[-1] if worded else "", TITLE_LIMIT, html=False).title()


def _post(one: Found, feed: Feed) -> Post:
    link, title, day = one
    return Post(
        feed=feed.id,
        url=link,
        guid=link,
        title=title,
        text="",
        published_at=day,
        language=feed.language,
        publisher=feed.publisher,
    )


def _changed(what: str, url: str, feed: Feed) -> FeedError:
    return FeedError(Trouble.MALFORMED, CHANGED.format(what=what, url=url, feed=feed.id))


def _is_entry(there: str, shape: Shape) -> bool:
    """Whether an address is one of the source's entries, whatever a campaign or an editor has put behind it."""
    path = re.split("[?#]", there, maxsplit=1)[0].rstrip("/")
    return any(re.search(shape.address, one) for one in (there, path))


def _missing(shape: Shape, found: Sequence[Found]) -> str:
    if found:
        return f"none of its {len(found)} links has an address like “{shape.address}”"
    return f"it has no link that “{shape.links}” selects" if shape.links else f"its list “{shape.items}” is empty"


def _no(kind: str, body: bytes, content_type: str) -> FeedError:
    page = page_instead(body, content_type)
    if page and page.trouble is Trouble.BLOCKED:
        return page
    return FeedError(Trouble.MALFORMED, f"The page has changed: it is no {kind}. Look for its new address.")


# A page's links.


def _listed(body: bytes, content_type: str, url: str, shape: Shape) -> list[Found]:
    root = _html(body, content_type)
    base = next(iter(root.xpath("//base/@href")), "")
    links = (
        (link, there)
        for link in CSSSelector(shape.links, translator="html")(root)[:MOST_LINKS]
        if (there := address(link.get("href") or "", address(base, url) or url)) and _is_entry(there, shape)
    )
    entries = _entries(links)
    found = [(there, *_told(there, same, entry)) for there, (same, entry) in entries.items()]
    titled = [one for one in found if one[1]]
    if not titled and (trouble := _walled(root)):
        raise trouble
    return titled


def _html(body: bytes, content_type: str) -> Element:
    parser = etree.HTMLParser(encoding="utf-8", no_network=True)
    root = etree.fromstring(decoded(body, content_type).encode("utf-8", "replace") or b" ", parser)
    return etree.fromstring(b"<html/>") if root is None else root


def _walled(root: Element) -> FeedError | None:
    title = one_line(" ".join(root.xpath("//title/text()")), TITLE_LIMIT, html=False)
    match wall(title, " ".join(" ".join(root.xpath("//body//text()")).split())):
        case Trouble.BLOCKED:
            return FeedError(Trouble.BLOCKED, f"The site shows a challenge or login page (“{title[:80]}”).")
        case Trouble.SOFT_404:
            return FeedError(Trouble.SOFT_404, f"The page is gone: the site answers “{title[:80]}”.")
    return None


def _entries(links: Iterable[tuple[Element, str]]) -> dict[str, tuple[list[Element], Element]]:
    """For each address its links, and the largest element that holds no other entry's link; the link itself where the
    page has only one entry."""
    by_address: dict[str, list[Element]] = {}
    for link, there in links:
        by_address.setdefault(there, []).append(link)
    if len(by_address) == 1:
        return {there: (same, same[0]) for there, same in by_address.items()}
    owners: dict[Element, str] = {}
    for there, same in by_address.items():
        for above in (above for link in same for above in _upwards(link)):
            owners[above] = there if owners.get(above, there) == there else ""
    return {there: (same, _largest(same[0], there, owners)) for there, same in by_address.items()}


def _upwards(link: Element) -> Iterator[Element]:
    yield link
    for level, above in enumerate(link.iterancestors()):
        if level < HIGHEST:
            yield above


def _largest(link: Element, there: str, owners: Mapping[Element, str]) -> Element:
    *_, largest = link, *takewhile(lambda above: owners[above] == there, _upwards(link))
    return largest


def _told(there: str, links: Sequence[Element], entry: Element) -> tuple[str, datetime | None]:
    title = _title(links, entry)
    return title, _time(entry) or _day_in(there) or _printed_day(entry, title)


def _title(links: Sequence[Element], entry: Element) -> str:
    """A heading inside a link, else the longest text of one that is more than "Read more", else the entry's heading,
    else what a link is labelled for those who do not see it."""
    headings = [heading for link in links for heading in _headings(link)]
    texts = sorted((_text(link) for link in links), key=len, reverse=True)
    labels = [link.get(name) or "" for link in links for name in ("title", "aria-label")]
    return next(
        (text for text in (*headings, *texts, *_headings(entry), *labels) if text and not MORE.fullmatch(text)), ""
    )


def _headings(element: Element) -> list[str]:
    return [_text(heading) for heading in element.iter("h1", "h2", "h3", "h4", "h5", "h6")]


def _text(element: Element) -> str:
    return one_line(etree.tostring(element, encoding="unicode", method="html", with_tail=False), TITLE_LIMIT)


def _time(entry: Element) -> datetime | None:
    """What <time datetime> says (HTML, 4.5.14), where it names a day."""
    return next((when for time in entry.iter("time") if (when := _iso(time.get("datetime") or ""))), None)


def _day_in(link: str) -> datetime | None:
    found = DAY_IN_ADDRESS.search(urlsplit(link).path)
    return _in_form(f"{found[1]}-{found[3]}-{found[4]}", DAYS[0]) if found else None


def _printed_day(entry: Element, title: str) -> datetime | None:
    """The day that stands beside the title: one in it is what the article is about."""
    beside = _text(entry)[:ITEM_TEXT].replace(title, " ")
    found = DAY.search(beside)
    return _written(found[0]) if found else None


# A sitemap.


def _mapped(body: bytes, content_type: str, url: str) -> list[Found]:
    root = _xml(body, content_type)
    if _name(root) != "urlset":
        raise _no(f"sitemap of articles but <{_name(root)}>", body, content_type)
    dated = [(_mapped_day(entry), entry) for entry in root if _name(entry) == "url"]
    # Sitemaps have no order: the newest matter, and what is undated comes last.
    dated.sort(key=lambda one: one[0] or datetime.min.replace(tzinfo=UTC), reverse=True)
    return [_mapped_entry(entry, day, url) for day, entry in dated[:MOST_LINKS]]


def _mapped_day(entry: Element) -> datetime | None:
    return _iso(_inside(_news(entry), "publication_date")) or _iso(_inside(entry, "lastmod"))


def _mapped_entry(entry: Element, day: datetime | None, url: str) -> Found:
    link = address(_inside(entry, "loc"), url)
    return link, one_line(_inside(_news(entry), "title"), TITLE_LIMIT) or named_by(link), day


def _news(entry: Element) -> Element:
    return next((part for part in entry if _name(part) == "news"), etree.Element("news"))


def _inside(entry: Element, name: str) -> str:
    return next(((part.text or "").strip() for part in entry if _name(part) == name), "")


def _xml(body: bytes, content_type: str) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise _no(f"XML ({error.msg})", body, content_type) from error


def _name(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


# A JSON list.


def _in_json(body: bytes, content_type: str, url: str, shape: Shape) -> list[Found]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _no("JSON", body, content_type) from error
    items = _at(document, shape.items)
    return [
        (link, title, _iso(day) or _written(day) or _day_in(link))
        for item in (items[:MOST_LINKS] if isinstance(items, list) else [])
        if (link := address(_words(item, shape.link), url))
        and (title := one_line(_words(item, shape.title), TITLE_LIMIT))
        for day in [_words(item, shape.date)]
    ]


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _words(item: Any, path: str) -> str:
    found = _at(item, path) if path else None
    return found.strip() if isinstance(found, str) else ""


# Days.


def _iso(text: str) -> datetime | None:
    """A moment in W3C's format of ISO 8601, in UTC where it names no zone."""
    try:
        return as_utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def _written(text: str) -> datetime | None:
    tidied = re.sub(r"(?<=\.) (?=\d)", "", text.strip())
    found = (_in_form(tidied.replace(",", "") if tidied[:1].isdigit() else tidied, form) for form in DAYS)
    return next((day for day in found if day), None) or read_date(text)


def _in_form(text: str, form: str) -> datetime | None:
    try:
        return as_utc(datetime.strptime(text, form))  # noqa: DTZ007 - a day without a zone: as_utc gives it one
    except ValueError:
        return None
