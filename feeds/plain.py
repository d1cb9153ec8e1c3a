"""Markup -> plain text that can be quoted: what a reader of the page would see, line by line."""

import re
import unicodedata
from html import unescape

from lxml import etree

# Longer than any real statement; what comes after is cut, so that one hostile entry stays cheap for everyone.
MARKUP_LIMIT = 1_000_000
TEXT_LIMIT = 200_000

SILENT = frozenset({"script", "style", "template"})
# fmt: off
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre",
    "section", "summary", "table", "tbody", "tfoot", "thead", "title", "tr", "ul",
})
# fmt: on
CELLS = frozenset({"td", "th"})

# Tags that prose is set in: a text that shows them was escaped once too often, or its type was declared wrongly.
# "<script>" is not among them, because advisories write about it.
PROSE_TAG = re.compile(
    r"</(?:a|b|blockquote|div|em|h[1-6]|i|li|ol|p|span|strong|table|td|ul)>|<br ?/?>|<p>", re.IGNORECASE
)
ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip|#\d{1,6}|#[xX][0-9a-fA-F]{1,5});")
BLANK_LINE = re.compile(r"\n\s*\n")
# Control characters, lone surrogates (no database stores them) and marks that have no width and no meaning.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\ud800-\udfff]")
# Marks only: letters, spaces and ASCII never belong to a run of combining characters.
MARKS = re.compile(r"[^\w\s\x00-\u02ff]{31,}")
# Unicode Standard Annex 15, Stream-Safe Text Format: no honest text stacks more. Normalising is quadratic in them.
MARKS_LIMIT = 30
# CERT-FR serves Markdown source. Backslashes before letters stay: they are Windows paths.
MARKDOWN_ESCAPE = re.compile(r"(?<!\\)\\([][()*_#`~|<>!])")


def plain(markup: str, *, html: bool = True) -> str:
    """The words of a piece of markup: no tags, scripts or styles, entities decoded, an empty line between blocks, NFC.

    `html`: whether it was declared as HTML; text that was not is still stripped where it shows prose tags.
    Spaces are folded and empty lines dropped; otherwise verbatim. At most TEXT_LIMIT characters.
    """
    markup = UNSEEN.sub("", markup[:MARKUP_LIMIT]).replace("<![CDATA[", "").replace("]]>", "")
    text = _stripped(markup) if PROSE_TAG.search(markup) or (html and "<" in markup) else _decoded(markup)
    if PROSE_TAG.search(text):
        text = _stripped(text.replace("\n", "<br>"))
    return tidy(text)


def tidy(text: str) -> str:
    """Text whose lines are paragraphs already, made fit to quote: NFC, spaces folded, unseen characters and Markdown's
    escapes gone, entities that were escaped twice decoded. At most TEXT_LIMIT characters."""
    text = text[:TEXT_LIMIT]
    if ENTITY.search(text):
        text = unescape(text)
    text = MARKS.sub(_fewer_marks, UNSEEN.sub("", MARKDOWN_ESCAPE.sub(r"\1", text)))
    lines = (_folded(line) for line in unicodedata.normalize("NFC", text).split("\n"))
    return "\n\n".join(line for line in lines if line)[:TEXT_LIMIT].rstrip()


def one_line(markup: str, limit: int, *, html: bool = True) -> str:
    """As `plain`, for titles: on one line, at most `limit` characters."""
    return " ".join(plain(markup, html=html).split())[:limit].rstrip()


class _Lines:
    """What libxml2's parser calls as it meets tags and text: collects the text, a list a block."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = [[]]
        self.silent = 0

    def start(self, tag: str, _attributes: object) -> None:
        self._turn(tag, 1)

    def end(self, tag: str) -> None:
        self._turn(tag, -1)

    def data(self, text: str) -> None:
        if not self.silent:
            self.lines[-1].append(text)

    def close(self) -> list[str]:
        return ["".join(line) for line in self.lines]

    def _turn(self, tag: str, step: int) -> None:
        if tag in SILENT:
            self.silent += step
        elif tag in BLOCKS:
            self.lines.append([])
        elif tag in CELLS:
            self.lines[-1].append(" ")


def _stripped(markup: str) -> str:
    parser = etree.HTMLParser(target=_Lines(), huge_tree=True)
    parser.feed(f"<html><body>{markup}")
    lines = [line for line in parser.close() if line.strip()]
    # Without block tags the author's blank lines are all the paragraphs there are.
    if len(lines) == 1:
        lines = BLANK_LINE.split(lines[0])
    return "\n".join(_folded(line) for line in lines)


def _decoded(text: str) -> str:
    return "\n".join(_folded(part) for part in BLANK_LINE.split(unescape(text)))


def _folded(line: str) -> str:
    return " ".join(line.split())


def _fewer_marks(run: re.Match[str]) -> str:
    kept, stacked = [], 0
    for character in run[0]:
        stacked = stacked + 1 if unicodedata.combining(character) else 0
        if stacked <= MARKS_LIMIT:
            kept.append(character)
    return "".join(kept)
