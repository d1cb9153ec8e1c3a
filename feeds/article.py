"""A web page -> the article it carries, as plain text. The only file that knows trafilatura."""

import re
from dataclasses import dataclass
from typing import Any

import trafilatura

from feeds.errors import FeedError, Trouble
from feeds.plain import one_line, tidy
from feeds.wall import wall

# Government pages have some 100 kB, the largest seen 2 MB: beyond this it is no article.
PAGE_LIMIT = 5_000_000
TITLE_LIMIT = 1_000
PAGES = re.compile(r"text/html|application/xhtml\+xml|text/plain|application/octet-stream|$", re.IGNORECASE)
PDF = b"%PDF-"
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Where a page without a charset in its header says it: HTML, 13.2.3.2, looks at the first 1,024 bytes.
META_HEAD = 1024
# ISO-2022-JP and its kin are ASCII to a UTF-8 decoder, and give themselves away by this byte.
ESCAPE = b"\x1b"
# Labels that mean more than they say (Encoding Standard, 4.2).
LABELS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "gb2312": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949"}
# trafilatura's marks for table cells and list items: the page's reader sees neither, and quotes are to be verbatim.
ITEM = re.compile(r"^[ \t]*- ", re.MULTILINE)
ROW = re.compile(r"^[ \t]*\|.*", re.MULTILINE)
RULE = re.compile(r"[|\s:-]+")
TITLES = ("//meta[@property='og:title']/@content", "//title/text()", "//h1//text()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a page says: its title, "" if it has none, and its text, a line a paragraph."""

    title: str
    text: str


def extract(page: bytes, content_type: str, url: str) -> Article:
    """The article of a web page, without menus, comments and footers; tables stay, a line a row.

    `content_type` is the HTTP header, "" if there was none. Raises FeedError: BLOCKED for a challenge or login page,
    SOFT_404 for a "not found" served with status 200, TOO_LARGE beyond PAGE_LIMIT bytes, MALFORMED where there is
    nothing to read.
    """
    _refuse_what_is_no_page(page, content_type)
    text = decoded(page, content_type)
    if content_type.lower().startswith("text/plain"):
        return _checked(Article(title="", text=tidy(text)))
    tree = trafilatura.load_html(text)
    if tree is None:
        raise FeedError(Trouble.MALFORMED, "The page holds no HTML that can be read. Open it in a browser.")
    return _checked(Article(title=_title(tree), text=_text(tree, url)))


def _refuse_what_is_no_page(page: bytes, content_type: str) -> None:
    kind = content_type.partition(";")[0].strip()
    if not PAGES.match(kind) or page.startswith(PDF):
        kind = "application/pdf" if page.startswith(PDF) else kind
        raise FeedError(Trouble.MALFORMED, f"The address holds a file ({kind}), no page: open it by its link.")
    if len(page) > PAGE_LIMIT:
        raise FeedError(Trouble.TOO_LARGE, f"The page has {len(page):,} bytes; more than {PAGE_LIMIT:,} are not read.")


def decoded(page: bytes, content_type: str) -> str:
    """The page's characters: what is valid UTF-8 is UTF-8, whatever the header says; else the header, else <meta>."""
    declared = CHARSET.search(content_type) or CHARSET.search(page[:META_HEAD].decode("ascii", "replace"))
    charsets = ["utf-8"] if ESCAPE not in page else []
    charsets += [LABELS.get(declared[1].lower(), declared[1])] if declared else []
    for charset in charsets:
        try:
            return page.decode(charset)
        except (UnicodeDecodeError, LookupError):  # not that charset, or none that Python knows: the next one
            continue
    # The web's own default (Encoding Standard, windows-1252), with marks where a byte has no meaning.
    return page.decode("cp1252", "replace")


def _title(tree: Any) -> str:
    found = (one_line(" ".join(tree.xpath(path)), TITLE_LIMIT, html=False) for path in TITLES)
    return next((title for title in found if title), "")


def _text(tree: Any, url: str) -> str:
    marked = trafilatura.extract(tree, url=url or None, fast=True, include_comments=False) or ""
    return tidy(ROW.sub(_cells, ITEM.sub("", marked)))


def _cells(row: re.Match[str]) -> str:
    return "" if RULE.fullmatch(row[0]) else row[0].replace("|", " ")


def _checked(article: Article) -> Article:
    match wall(article.title, article.text):
        case Trouble.BLOCKED:
            raise FeedError(Trouble.BLOCKED, f"The site shows a challenge or login page (“{article.title[:80]}”).")
        case Trouble.SOFT_404:
            raise FeedError(Trouble.SOFT_404, f"The page is gone: the site answers “{article.title[:80]}”.")
    if not article.text:
        raise FeedError(Trouble.MALFORMED, "The page has no text that can be read without a browser.")
    return article
