"""Bytes -> posts: each test is a thing that real feeds of governments do."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.model import Feed, Post, Publisher, PublisherKind
from feeds.errors import FeedError, Trouble
from feeds.parse import MOST_POSTS, TEXTS_LIMIT, parse

MINISTRY = Publisher(name="Ministry", kind=PublisherKind.GOVERNMENT, speaker="NL")
FEED = Feed(id="nl-1", publisher=MINISTRY, url="https://ministry.example/feeds/news.xml")
SNAPSHOTS = Path(__file__).parents[2] / "shared" / "feeds" / "snapshots"


def rss(*items: str, channel: str = "", root: str = "") -> bytes:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" {root}><channel>{channel}{inside}</channel></rss>'.encode()


def atom(*entries: str, head: str = "", root: str = "") -> bytes:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {root}>{head}{inside}</feed>'.encode()


def read(body: bytes, content_type: str = "application/xml", feed: Feed = FEED) -> Sequence[Post]:
    return parse(body, content_type, feed.url, feed)


def only(body: bytes, content_type: str = "application/xml", feed: Feed = FEED) -> Post:
    [post] = read(body, content_type, feed)
    return post


def refusal(body: bytes, content_type: str = "application/xml") -> FeedError:
    with pytest.raises(FeedError) as caught:
        read(body, content_type)
    assert str(caught.value).endswith(".")
    return caught.value


def test_an_entry_becomes_a_post_of_its_feed() -> None:
    post = only(
        rss(
            "<title>A statement</title><link>https://ministry.example/1</link><guid isPermaLink='false'>n-1</guid>"
            "<description>It was them.</description><pubDate>Mon, 27 Jul 2026 15:30:00 +0200</pubDate>"
        )
    )
    assert post == Post(
        feed="nl-1",
        url="https://ministry.example/1",
        guid="n-1",
        title="A statement",
        text="It was them.",
        published_at=datetime(2026, 7, 27, 13, 30, tzinfo=UTC),
        language=None,
        publisher=MINISTRY,
    )


def test_posts_stand_in_the_order_of_the_body_though_it_be_oldest_first() -> None:
    body = rss(
        "<title>Old</title><pubDate>Mon, 02 Oct 2023 00:00:00 +0000</pubDate>",
        "<title>New</title><pubDate>Thu, 20 Aug 2026 00:00:00 +0000</pubDate>",
        "<title>Middle</title><pubDate>Thu, 21 Aug 2025 00:00:00 +0000</pubDate>",
    )
    assert [post.title for post in read(body)] == ["Old", "New", "Middle"]


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        pytest.param("Thu, 27 Aug 26 12:00:00 +0000", datetime(2026, 8, 27, 12, tzinfo=UTC), id="CISA"),
        pytest.param("Monday, July 27, 2026 - 15:30", datetime(2026, 7, 27, 15, 30, tzinfo=UTC), id="FCA"),
        pytest.param("Fri, 05/03/2019 - 15:21", datetime(2019, 5, 3, 15, 21, tzinfo=UTC), id="FDA"),
        pytest.param("31 Jul, 2026 +0530", datetime(2026, 7, 30, 18, 30, tzinfo=UTC), id="SEBI"),
        pytest.param("Sat, 01 Aug 2026 09:45:00", datetime(2026, 8, 1, 9, 45, tzinfo=UTC), id="RBI"),
        pytest.param("Mon, 27 Jul 2026 15:30:00 EDT", datetime(2026, 7, 27, 19, 30, tzinfo=UTC), id="named zone"),
        pytest.param("2026-07-27T15:30:00", datetime(2026, 7, 27, 15, 30, tzinfo=UTC), id="naive is UTC"),
        pytest.param("Mon, 27 Jul 0026 15:30:00 GMT", None, id="year 26"),
        pytest.param("Thu, 01 Jan 1970 00:00:00 +0000", None, id="an unset clock"),
        pytest.param("99999-01-01", None, id="year 99999"),
        pytest.param("last week", None, id="words"),
    ],
)
def test_dates_of_real_feeds_are_read_and_impossible_ones_left_out(date: str, moment: datetime | None) -> None:
    assert only(rss(f"<title>A</title><pubDate>{date}</pubDate>")).published_at == moment


def test_published_comes_before_updated_and_updated_before_nothing() -> None:
    both = "<title>A</title><updated>2026-07-28T00:00:00Z</updated><published>2026-07-27T00:00:00Z</published>"
    updated = "<title>B</title><updated>2026-07-28T00:00:00Z</updated>"
    days = [post.published_at and post.published_at.day for post in read(atom(both, updated, "<title>C</title>"))]
    assert days == [27, 28, None]


def test_the_update_mark_in_a_title_stays_with_guid_and_date_unchanged() -> None:
    item = "<guid>https://cert.example/alerte/1/</guid><pubDate>Mon, 02 Oct 2023 00:00:00 +0000</pubDate>"
    before = only(rss(f"<title>Faille dans X</title>{item}"))
    after = only(rss(f"<title>[MàJ] Faille dans X</title>{item}"))
    assert after.title == "[MàJ] Faille dans X"
    assert (after.guid, after.url, after.published_at) == (before.guid, before.url, before.published_at)


def test_a_bare_ampersand_breaks_nothing() -> None:
    posts = read(rss("<title>Law & Order</title><link>https://m.example/?a=1&b=2</link>", "<title>Next</title>"))
    assert [post.title for post in posts] == ["Law & Order", "Next"]
    assert posts[0].url == "https://m.example/?a=1&b=2"


def test_an_undeclared_prefix_breaks_nothing() -> None:
    post = only(rss("<title>A</title><media:credit>B</media:credit><description>C</description>"))
    assert (post.title, post.text) == ("A", "C")


def test_a_body_that_is_broken_off_gives_the_entries_before_the_break() -> None:
    body = rss("<title>Whole</title>", "<title>Half</title><description>It is")
    posts = read(body[: body.index(b"It is")])
    assert posts[0].title == "Whole"


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "text/xml; charset=utf-8", "", "text/html"])
def test_iso_8859_1_is_read_whatever_the_header_says(content_type: str) -> None:
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel><item><title>Déclaration à Genève'
    body += "</title></item></channel></rss>"
    assert only(body.encode("iso-8859-1"), content_type).title == "Déclaration à Genève"


@pytest.mark.parametrize(
    "content_type", ["application/xml", "text/xml", "text/xml; charset=iso-8859-1", "", "text/html"]
)
def test_utf_8_is_read_whatever_the_header_says(content_type: str) -> None:
    assert only(rss("<title>Заява про кібератаку – “Déclaration”</title>"), content_type).title == (
        "Заява про кібератаку – “Déclaration”"
    )


@pytest.mark.parametrize(
    ("body", "url"),
    [
        pytest.param(rss("<title>A</title><link>/n/1</link>"), "https://ministry.example/n/1", id="feed's address"),
        pytest.param(
            rss("<title>A</title><link>n/1</link>", channel="<link>https://www.site.example/press/</link>"),
            "https://www.site.example/press/n/1",
            id="channel's link",
        ),
        pytest.param(
            rss("<title>A</title><link>/n/1</link>", root='xml:base="https://base.example/x/"'),
            "https://base.example/n/1",
            id="xml:base",
        ),
        pytest.param(
            atom("<title>A</title><link href='n/1'/>", root='xml:base="/press/"'),
            "https://ministry.example/press/n/1",
            id="relative xml:base",
        ),
        pytest.param(
            atom("<title>A</title><link href='n/1'/>", head="<link href='https://www.site.example/'/>"),
            "https://ministry.example/feeds/n/1",
            id="atom: the document",
        ),
        pytest.param(rss("<title>A</title><link>//cdn.example/1</link>"), "https://cdn.example/1", id="no scheme"),
    ],
)
def test_relative_links_are_resolved_against_the_feeds_own_base(body: bytes, url: str) -> None:
    assert only(body).url == url


def test_links_are_canonical() -> None:
    post = only(rss("<title>A</title><link>\n HTTPS://Ministry.Example/1?id=2&amp;utm_source=rss#top \n</link>"))
    assert post.url == "https://ministry.example/1?id=2"


def test_a_permalink_stands_in_for_a_missing_link_and_nothing_else_does() -> None:
    assert only(rss("<title>A</title><guid>https://m.example/1</guid>")).url == "https://m.example/1"
    assert only(rss("<title>A</title><guid isPermaLink='false'>https://m.example/1</guid>")).url == ""
    assert (
        only(rss("<title>A</title><guid>80731 at https://m.example</guid>", root='xml:base="https://m.example"')).url
        == ""
    )
    assert only(atom("<title>A</title><id>tag:m.example,2005:/1</id>")).url == ""


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@b.example", "http://[", "data:,x"])
def test_what_is_no_web_address_is_no_link(link: str) -> None:
    assert only(rss(f"<title>A</title><link>{link}</link>")).url == ""
    assert only(atom(f"<title>A</title><link href='{link}'/>")).url == ""


def test_an_alternate_link_of_any_type_is_the_link_and_a_self_link_is_not() -> None:
    links = "<link rel='self' href='https://m.example/1.atom'/><link type='application/pdf' href='https://m.example/1.pdf'/>"
    assert only(atom(f"<title>A</title>{links}")).url == "https://m.example/1.pdf"


def test_gov_uk_ids_keep_their_timestamp_and_the_link_has_none() -> None:
    post = only(
        atom(
            "<id>https://www.gov.example/news/a#2026-10-02T15:26:35Z</id><title>A</title>"
            "<link rel='alternate' type='text/html' href='https://www.gov.example/news/a'/>"
        )
    )
    assert post.guid == "https://www.gov.example/news/a#2026-10-02T15:26:35Z"
    assert post.url == "https://www.gov.example/news/a"


def test_the_guid_is_what_the_feed_says_wherever_it_was_fetched_from() -> None:
    body = rss("<title>A</title><guid isPermaLink='false'>/node/25374</guid><link>/n/1</link>")
    there, here = (parse(body, "", url, FEED)[0].guid for url in ("http://old.example/f", "https://new.example/f"))
    assert there == here == "/node/25374"


def test_a_missing_id_is_empty_and_ids_shared_in_pairs_are_both_kept() -> None:
    assert only(rss("<title>A</title><link>https://m.example/1</link>")).guid == ""
    pair = read(
        rss("<title>A</title><guid>https://m.example/</guid>", "<title>B</title><guid>https://m.example/</guid>")
    )
    assert [(post.guid, post.title) for post in pair] == [("https://m.example/", "A"), ("https://m.example/", "B")]


def test_the_same_address_twice_in_a_body_is_two_posts() -> None:
    link = "<link>https://m.example/list</link>"
    assert [post.title for post in read(rss(f"<title>A</title>{link}", f"<title>B</title>{link}"))] == ["A", "B"]


def test_an_entry_with_neither_title_text_nor_link_is_dropped() -> None:
    posts = read(
        rss("<pubDate>Mon, 27 Jul 2026 15:30:00 GMT</pubDate>", "<title> </title>", "<description>X</description>")
    )
    assert [post.text for post in posts] == ["X"]


CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'


@pytest.mark.parametrize(
    "item",
    [
        "<description>Teaser</description><content:encoded>&lt;p&gt;The whole of the text&lt;/p&gt;</content:encoded>",
        "<content:encoded>&lt;p&gt;The whole of the text&lt;/p&gt;</content:encoded><description>Teaser</description>",
        "<description>The whole of the text</description><content:encoded>&lt;p&gt;&lt;/p&gt;</content:encoded>",
    ],
)
def test_the_longer_of_teaser_and_content_is_the_text(item: str) -> None:
    assert only(rss(item, root=CONTENT)).text == "The whole of the text"


def test_titles_and_texts_are_plain() -> None:
    post = only(
        rss(
            "<title>Law &amp;amp; &lt;em&gt;Order&lt;/em&gt;\n  now</title>"
            "<description><![CDATA[<p>One.</p><p>It&rsquo;s \\[1\\]<script>x()</script></p>]]></description>"
        )
    )
    assert (post.title, post.text) == ("Law & Order now", "One.\n\nIt’s [1]")


def test_xhtml_and_plain_content_of_atom_are_read_as_what_they_are() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>One &lt; two.</p><p>Three</p></div>'
    xhtml = f'<content type="xhtml">{div}</content>'
    assert only(atom(f"<title type='html'>A &amp;lt; B</title>{xhtml}")).text == "One < two.\n\nThree"
    assert only(atom("<title>A &lt;unit&gt; B</title>")).title == "A <unit> B"


def test_pictures_in_content_are_no_text() -> None:
    assert only(atom("<title>A</title><content type='image/png'>iVBORw0KGgo=</content>")).text == ""


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en-US", "en"), ("EN", "en"), ("zh-Hans-CN", "zh"), ("pt_BR", "pt"), ("eng", None), ("", None)],
)
def test_a_language_tag_is_cut_to_iso_639_1(tag: str, language: str | None) -> None:
    assert only(rss("<title>A</title>", channel=f"<language>{tag}</language>")).language == language


def test_the_entrys_language_comes_before_the_feeds_and_the_catalogues_before_both() -> None:
    body = atom("<title xml:lang='fr'>A</title>", "<title>B</title>", root='xml:lang="en-GB"')
    assert [post.language for post in read(body)] == ["fr", "en"]
    declared = Feed(id="nl-1", publisher=MINISTRY, url=FEED.url, language="nl")
    assert [post.language for post in read(body, feed=declared)] == ["nl", "nl"]


def test_an_aggregators_source_is_not_taken_for_the_publisher() -> None:
    post = only(rss("<title>A</title><source url='https://paper.example'>A Paper</source>"))
    assert (post.publisher, post.title) == (MINISTRY, "A")


def test_rss_1_is_read() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>X</title></channel>
        <item rdf:about="https://m.example/1"><title>A</title><link>https://m.example/1</link>
        <dc:date>2026-07-27T18:00:00+09:00</dc:date></item></rdf:RDF>"""
    assert only(body).published_at == datetime(2026, 7, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize("content_type", ["application/rss+xml", "text/xml", "text/html", ""])
def test_a_quiet_feed_is_no_error(content_type: str) -> None:
    assert read(rss(channel="<title>Sûreté</title>"), content_type) == ()
    assert read(atom(head="<title>Sûreté</title>"), content_type) == ()


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><head><title>News | Ministry</title></head><body><p>News</p></body></html>",
        b"\n<!-- cached -->\n<html><head><title>Page not found</title></head></html>",
        b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD"><html><head><title>A</title></head></html>',
    ],
)
def test_a_web_page_where_a_feed_should_be_is_a_soft_404(page: bytes) -> None:
    assert refusal(page, "text/html").trouble is Trouble.SOFT_404
    assert refusal(page, "application/rss+xml").trouble is Trouble.SOFT_404


@pytest.mark.parametrize("title", ["Just a moment...", "Access Denied", "Request Rejected", "Sign in"])
def test_a_challenge_or_login_page_is_blocked_and_named(title: str) -> None:
    error = refusal(f"<html><head><title>{title}</title></head><body>x</body></html>".encode(), "text/html")
    assert error.trouble is Trouble.BLOCKED
    assert title in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"Service temporarily unavailable",
        b'{"items": []}',
        b"%PDF-1.7 \xe2\xe3",
        b"\x1f\x8b\x08\x00" + bytes(range(256)),
        b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>',
        b'<?xml version="1.0"?><rss version="2.0"><channel><title>Cut o',
        b"<rss version='2.0'><channel><title>No entries & no sense</channel>",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_feed_and_no_page_is_malformed(body: bytes) -> None:
    assert refusal(body).trouble is Trouble.MALFORMED


def test_a_body_that_names_a_file_or_an_address_is_never_opened(tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes(rss("<title>Secret</title>"))
    for body in (str(feed), f"file://{feed}"):
        assert refusal(body.encode()).trouble is Trouble.MALFORMED


def test_entities_are_not_expanded_without_end_and_files_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    bomb = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdef", "bcdefg", strict=True)
    )
    body = f'<?xml version="1.0"?><!DOCTYPE rss [{bomb}<!ENTITY x SYSTEM "file://{secret}">]>'
    body += "<rss version='2.0'><channel><item><title>A &g; &x;</title></item></channel></rss>"
    post = only(body.encode())
    assert "hidden" not in post.title
    assert len(post.title) < 100


@pytest.mark.parametrize(
    "body",
    [
        rss(f"<title>A</title><description><![CDATA[{'<!--' * 100_000}]]></description>"),
        rss(f"<title>A</title><description>{'&lt;!--' * 100_000}</description>"),
        rss(f"<title>A</title><description><![CDATA[{'<div>' * 100_000}]]></description>"),
        rss(f"<title>A</title><description>{'<div>' * 50_000}{'</div>' * 50_000}</description>"),
        rss(f"<title>A</title><description>{'word ' * 2_000_000}</description>"),
        rss(f"<title>{'A' * 2_000_000}</title>"),
    ],
    ids=["comments", "escaped comments", "nested, escaped", "nested", "10 MB of words", "a long title"],
)
def test_a_hostile_entry_costs_no_more_than_its_length(body: bytes) -> None:
    began = time.process_time()
    post = only(body)
    assert time.process_time() - began < 5
    assert len(post.title) <= 10_000
    assert len(post.text) <= 200_000


@given(st.binary(max_size=2000))
def test_any_bytes_give_posts_or_a_reason(body: bytes) -> None:
    with suppress(FeedError):
        assert all(post.feed == FEED.id for post in parse(body, "", FEED.url, FEED))


@given(st.text(), st.text(), st.text())
def test_any_text_in_an_entry_gives_posts_that_can_be_stored(title: str, text: str, link: str) -> None:
    body = rss(
        f"<title>{title}</title><description><![CDATA[{text}]]></description><link>{link}</link>", "<title>B</title>"
    )
    for post in read(body):
        f"{post.title}{post.text}{post.url}{post.guid}".encode()


@pytest.mark.skipif(not SNAPSHOTS.is_dir(), reason="the real bodies are not part of the project")
def test_every_real_body_gives_titled_and_linked_posts_most_of_them_dated() -> None:
    posts = [post for path in sorted(SNAPSHOTS.glob("*.xml")) for post in read(path.read_bytes())]
    assert len(posts) == 676
    assert all(post.title and post.url for post in posts)
    # Ten entries of a House member's RSS 0.92 and two made without a date.
    assert sum(post.published_at is None for post in posts) == 12


@pytest.mark.parametrize(
    ("title", "link", "said", "led"),
    [
        ("AT&T and Iran", "https://ministry.example/?x=1&copy=2&lang=en", "AT&T and Iran", "?x=1&copy=2&lang=en"),
        ("Q&A: R&D &amp; cyber", "https://ministry.example/?a=1&amp;b=2", "Q&A: R&D & cyber", "?a=1&b=2"),
    ],
)
def test_a_bare_ampersand_changes_no_word_and_no_link(title: str, link: str, said: str, led: str) -> None:
    post = only(rss(f"<title>{title}</title><link>{link}</link>"))
    assert (post.title, post.url) == (said, f"https://ministry.example/{led}")


def test_comments_before_what_is_no_page_cost_no_more_than_their_length() -> None:
    began = time.process_time()
    assert refusal(b"<!---->" * 9_000 + b"x").trouble is Trouble.MALFORMED
    assert time.process_time() - began < 1


def test_a_page_is_named_by_its_title_wherever_in_the_head_that_stands() -> None:
    page = f"<html><head>{'<meta charset=utf-8>' * 500}<title>Sign in</title></head></html>".encode()
    assert refusal(page, "text/html").trouble is Trouble.BLOCKED


def test_of_more_entries_than_any_feed_has_both_ends_are_read() -> None:
    titles = [post.title for post in read(rss(*[f"<title>{n}</title>" for n in range(MOST_POSTS + 500)]))]
    assert len(titles) == MOST_POSTS
    assert (titles[0], titles[-1]) == ("0", str(MOST_POSTS + 499))
    half = MOST_POSTS // 2
    assert titles[half - 1 : half + 1] == [str(half - 1), str(half + 500)]


def test_the_texts_of_a_body_are_cut_together_and_those_of_real_ones_never() -> None:
    body = rss(*["<title>A</title><description>" + "word " * 30_000 + "</description>"] * 60)
    assert len(body) < 10 << 20
    texts = [post.text for post in read(body)]
    assert len(texts) == 60
    assert TEXTS_LIMIT * 0.9 < sum(map(len, texts)) <= TEXTS_LIMIT
    assert (
        len(read(rss(*["<title>A</title><description>" + "word " * 30_000 + "</description>"] * 20))[0].text) > 149_000
    )


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("content_type", ["application/rss+xml", "text/xml; charset=utf-8", ""])
def test_wide_characters_are_read_whatever_the_header_says(coding: str, content_type: str) -> None:
    body = rss("<title>Law & Order: заява</title>").decode().encode(coding)
    assert only(body, content_type).title == "Law & Order: заява"


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55296;", "&#xFFFFFFFFFF;", "&#99999999999999999999;", "&#0;"])
def test_a_reference_to_what_is_no_character_costs_itself_alone(reference: str) -> None:
    posts = read(rss(f"<title>A {reference}statement</title>", "<title>Law &#38; Order &#x26; more</title>"))
    assert [post.title for post in posts] == ["A statement", "Law & Order & more"]


def test_a_reference_that_nothing_ends_is_read_around() -> None:
    """Found by the fuzzer."""
    assert only(rss("<title>A &#xD800 statement</title><!--")).title.endswith("statement")


OWN_KEYS = (
    "links", "content", "title_detail", "summary_detail", "published_parsed", "updated_parsed", "language", "tags",
    "id", "guidislink", "enclosures", "source", "author_detail", "published", "updated", "value", "href",
)  # fmt: skip


@pytest.mark.parametrize("name", OWN_KEYS)
@pytest.mark.parametrize("place", ["before", "after"])
def test_an_element_named_as_a_key_of_the_parsers_costs_nothing(name: str, place: str) -> None:
    """Found by the fuzzer."""
    own, told = f"<{name}>some words</{name}>", "<title>A</title><link>https://www.example.gov/a</link>"
    post = only(rss(f"{own}{told}" if place == "before" else f"{told}{own}"))
    assert post.title == "A"
    # The parser itself loses the <link> after <links>.
    assert post.url == ("https://www.example.gov/a" if (name, place) != ("links", "before") else "")


def test_a_link_that_ends_outside_its_entry_is_said_to_be_ill_formed() -> None:
    """Found by the fuzzer."""
    body = b"<rss><channel><item><link>http://a.example</item></link><title>A</title></channel></rss>"
    assert refusal(body).trouble is Trouble.MALFORMED


def test_an_ill_formed_feed_of_empty_entries_is_no_quiet_one() -> None:
    assert refusal(b"<rss><channel><item>" + b"<!--" * 1000).trouble is Trouble.MALFORMED
    assert read(rss("")) == ()
