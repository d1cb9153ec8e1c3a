"""Lists of feeds as other readers write and read them: OPML 2.0 (opml.org/spec2.opml). Pure: bytes in, bytes out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from feeds.plain import one_line

TITLE = "Feeds of attribution-bot"
RSS = "rss"  # what OPML calls a feed of either format
# Readers' lists have some hundreds, in 100 kB.
MOST = 5_000
LIMIT = 5_000_000  # bytes
WORDS_LIMIT = 300
# An ampersand that begins no character of XML's own (XML 1.0, 4.6), as of an address that was pasted: a parser that
# recovers drops it and the word behind, which makes another address.
STRAY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
ADDRESS = re.compile(rb"\bxmlurl\s*=", re.IGNORECASE)
END = re.compile(rb"</[^<>]{0,40}opml\s*>", re.IGNORECASE)
# What browsers wrote before a feed's address: "feed://host/" and "feed:https://host/".
FEED_SCHEME = re.compile(r"feed:(?:(//)(?=[^/])|(?=https?://))", re.IGNORECASE)
MAKE_ANEW = "Export the list anew from where it is from."


class OpmlError(ValueError):
    """It is no list of feeds that can be read. `str(error)` says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A line of a list. `type`: "rss" for a feed, else what the address serves; `url`: "" where the line has none, as
    a folder's; `category`: words with slashes between them, for the reader's own use."""

    text: str
    url: str
    type: str = RSS
    language: str | None = None
    category: str = ""
    description: str = ""


def write_opml(outlines: Iterable[Outline]) -> bytes:
    """The list as a file. What is no feed has its address as a link's (`url`), so that no reader takes it for one."""
    opml = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(opml, "head"), "title").text = TITLE
    body = etree.SubElement(opml, "body")
    for one in outlines:
        etree.SubElement(body, "outline", _attributes(one))
    written: bytes = etree.tostring(opml, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def read_opml(body: bytes) -> tuple[Outline, ...]:
    """The lines of a list that have an address, from whatever folders, in their order; `feed://` is `https://`.

    What is not well-formed is read as far as that goes. Entities of its own are refused, and nothing that lies outside
    is fetched. Raises OpmlError."""
    if len(body) > LIMIT:
        raise OpmlError(f"It has more than {LIMIT:,} bytes, which are not taken at once. Split it.")
    root = _parsed(body)
    lines = [line for line in root.iter("{*}outline") if _value(line, "xmlurl") or _value(line, "url")]
    if len(lines) > MOST:
        raise OpmlError(f"It lists {len(lines):,} feeds; more than {MOST:,} are not taken at once. Split it.")
    return tuple(_outline(line) for line in lines)


def _attributes(one: Outline) -> dict[str, str]:
    address = "xmlUrl" if one.type == RSS else "url"
    attributes = {
        "text": one.text,
        "title": one.text,
        "type": one.type,
        address: one.url,
        "language": one.language or "",
        "category": one.category,
        "description": one.description,
    }
    return {name: value for name, value in attributes.items() if value}


def _parsed(body: bytes) -> Any:
    body = body.strip()
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        root = _mended(body, error.msg)
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise OpmlError("It declares entities, which no list of feeds needs: remove what begins with <!ENTITY.")
    if etree.QName(root).localname.lower() != "opml":
        raise OpmlError(f"It is no OPML but <{etree.QName(root).localname}>. {MAKE_ANEW}")
    return root


def _mended(body: bytes, why: str | None) -> Any:
    """What can be read of a list that is not well-formed, if that is every line: half would pass for the whole."""
    try:
        root = etree.fromstring(STRAY.sub(b"&amp;", body), _parser(recover=True))
    except etree.XMLSyntaxError:  # not even a beginning
        root = None
    if root is None or not _whole(root, body):
        raise OpmlError(f"It is no XML ({why}). {MAKE_ANEW}")
    return root


def _whole(root: Any, body: bytes) -> bool:
    if etree.QName(root).localname.lower() != "opml":
        return True
    read = sum(bool(_value(line, "xmlurl")) for line in root.iter("{*}outline"))
    return END.search(body) is not None and read >= len(ADDRESS.findall(body))


def _parser(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover)


def _outline(line: Any) -> Outline:
    feed = _value(line, "xmlurl")
    return Outline(
        text=one_line(_value(line, "title") or _value(line, "text"), WORDS_LIMIT, html=False),
        url=_address(feed or _value(line, "url")),
        type=RSS if feed else _value(line, "type") or "link",
        language=_value(line, "language") or None,
        category=_value(line, "category"),
        description=_value(line, "description"),
    )


def _address(url: str) -> str:
    begun = FEED_SCHEME.match(url)
    return url if begun is None else ("https://" if begun[1] else "") + url[begun.end() :]


def _value(line: Any, name: str) -> str:
    """An attribute by its name in any case: "xmlURL" and "xmlurl" are about."""
    return next((value.strip() for key, value in line.attrib.items() if key.lower() == name), "")
