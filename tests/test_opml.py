"""Lists of feeds: what this bot writes every reader reads, and what others write harms nobody."""

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds.opml import LIMIT, MOST, OpmlError, Outline, read_opml, write_opml

FEED = Outline(text="A ministry", url="https://ministry.example/feed?a=1&b=2", language="en", category="/press")
# What XML 1.0, 2.2, allows in an attribute and comes back as it was: one_line folds spaces and drops what is unseen.
WORDS = st.text(st.characters(categories=("L", "N", "P")), max_size=20)


def opml(body: str, head: str = "") -> bytes:
    return f'{head}<opml version="2.0"><head><title>Mine</title></head><body>{body}</body></opml>'.encode()


@given(st.lists(st.builds(Outline, text=WORDS, url=WORDS.map("https://x.example/{}".format), category=WORDS)))
def test_what_is_written_is_read_again(outlines: list[Outline]) -> None:
    read = read_opml(write_opml(outlines))
    assert [(one.url, one.category, one.type) for one in read] == [
        (one.url, one.category, one.type) for one in outlines
    ]


def test_a_list_is_opml_2_with_a_title_and_an_address_a_line() -> None:
    root = etree.fromstring(write_opml([FEED]))
    assert (root.tag, root.get("version"), root.findtext("head/title")) == ("opml", "2.0", "Feeds of attribution-bot")
    (line,) = root.findall("body/outline")
    assert (line.get("text"), line.get("type"), line.get("xmlUrl")) == ("A ministry", "rss", FEED.url)


def test_what_is_no_feed_is_written_as_a_link_that_no_reader_polls() -> None:
    listing = Outline(text="A ministry", url="https://ministry.example/news", type="listing")
    written = write_opml([listing])
    assert b"xmlUrl" not in written
    assert read_opml(written) == (listing,)


def test_folders_spellings_and_missing_words_are_no_obstacle() -> None:
    body = """<outline text="Folder"><outline text="Inner"><outline title="One" xmlURL=" https://a.example/1 "/>
    </outline>
    <outline text="Two" xmlurl="https://a.example/2" type="RSS"/></outline><outline xmlUrl="https://a.example/3"/>
    <outline text="No address"/><outline text="A &lt;b&gt; &amp; c" xmlUrl="https://a.example/4"/>"""
    assert [(one.text, one.url, one.type) for one in read_opml(opml(body))] == [
        ("One", "https://a.example/1", "rss"),
        ("Two", "https://a.example/2", "rss"),
        ("", "https://a.example/3", "rss"),
        ("A <b> & c", "https://a.example/4", "rss"),
    ]


def test_entities_of_its_own_are_refused_so_that_none_is_ever_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    outside = f'SYSTEM "{secret.as_uri()}"'
    for inside in (f"<!ENTITY e {outside}>", laughs, f"<!ENTITY % p {outside}> %p;", f"<!ENTITY e {outside}> & <oops"):
        for line in ('<outline text="x" xmlUrl="https://a.example/"/>', '<outline text="&e;&l11;" xmlUrl="&"/>'):
            with pytest.raises(OpmlError, match=r"remove what begins with <!ENTITY|It is no XML"):
                read_opml(opml(line, f"<!DOCTYPE opml [{inside}]>"))


def test_a_document_type_alone_is_no_obstacle_and_nothing_of_it_is_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        there = f"http://127.0.0.1:{listening.getsockname()[1]}/x.dtd"
        for head in ("<!DOCTYPE opml>", "<!DOCTYPE opml []>", f'<!DOCTYPE opml SYSTEM "{there}">'):
            (read,) = read_opml(opml('<outline xmlUrl="https://a.example/"/>', head))
            assert read.url == "https://a.example/"
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://a.example/?a=1&b=2", "https://a.example/?a=1&b=2"),
        ("https://a.example/?a=1&copy=2&amp;c=3", "https://a.example/?a=1&copy=2&c=3"),
        ("https://a.example/?a&lang;b", "https://a.example/?a&lang;b"),
        ("https://a.example/?a&#38;b", "https://a.example/?a&b"),
        ("feed://a.example/x", "https://a.example/x"),
        ("FEED:http://a.example/x", "http://a.example/x"),
        ("feed:https://a.example/x", "https://a.example/x"),
        ("https://feed.example/feed://x", "https://feed.example/feed://x"),
    ],
)
def test_an_address_is_meant_as_it_was_pasted(written: str, url: str) -> None:
    body = f'<outline text="A &nbsp; b" xmlUrl="{written}"/><outline xmlUrl="https://b.example/"/>'
    assert [one.url for one in read_opml(opml(body))] == [url, "https://b.example/"]


@pytest.mark.parametrize(
    "odd", ["</folder>", "<outline>", "<outline a='1' a='2'/>", "\x07", "<outline text='a<b'/>", "]]>"]
)
def test_a_list_that_is_not_well_formed_is_read_where_no_line_is_lost(odd: str) -> None:
    body = f'<outline xmlUrl="https://a.example/"/>{odd}<outline xmlUrl="https://b.example/"/>'
    assert [one.url for one in read_opml(opml(body))] == ["https://a.example/", "https://b.example/"]


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (b"", "It is no XML"),
        (b"not xml", "It is no XML"),
        (opml('<outline xmlUrl="https://a.example/"/>')[:-5], "It is no XML .*Export the list anew"),
        (opml('<outline xmlUrl="https://a.example/"/><outline xmlUrl=https://b.example/>'), "It is no XML .*Export"),
        (b'{"feeds": []}', "It is no XML"),
        (b"<html><p>Moved</html>", "It is no OPML but <html>"),
        (b"<rss/>", "It is no OPML but <rss>"),
        (b" " * (LIMIT + 1), "more than 5,000,000 bytes"),
        (opml('<outline xmlUrl="https://a.example/"/>' * (MOST + 1)), "It lists 5,001 feeds; .*Split it"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(body: bytes, advice: str) -> None:
    with pytest.raises(OpmlError, match=advice):
        read_opml(body)


def test_an_empty_list_is_a_list() -> None:
    assert read_opml(write_opml([])) == ()
