"""Lists of feeds: what this bot writes every reader reads, and what others write harms nobody."""

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


def test_a_document_type_is_refused_so_that_no_entity_is_ever_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    for inside in (f'<!ENTITY e SYSTEM "{secret.as_uri()}">', laughs, ""):
        with pytest.raises(OpmlError, match="remove what begins with <!DOCTYPE"):
            read_opml(opml('<outline text="x" xmlUrl="https://a.example/"/>', f"<!DOCTYPE opml [{inside}]>"))
    with pytest.raises(OpmlError, match="<!DOCTYPE"):
        read_opml(opml("", '<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/x.dtd">'))


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (b"", "It is no XML"),
        (b"not xml", "It is no XML"),
        (opml('<outline xmlUrl="https://a.example/?a&b"/>'), "It is no XML .*Export the list anew"),
        (opml("<outline text='&nbsp;'/>"), "It is no XML"),
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
