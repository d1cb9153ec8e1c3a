"""Markup -> plain text: what can be quoted."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.plain import TEXT_LIMIT, one_line, plain, tidy


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>three<br>four", "One.\n\nTwo.\n\nthree\n\nfour"),
        ("<ul><li>first<li>second</ul>", "first\n\nsecond"),
        ("<table><tr><td>Unit</td><td>Alias</td></tr><tr><td>74455</td></tr></table>", "Unit Alias\n\n74455"),
        ("a <b>bold</b><i>er</i> claim", "a bolder claim"),
        ("<p>one\n  line</p>", "one line"),
    ],
)
def test_blocks_become_lines_and_inline_tags_leave_no_gap(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_blank_lines_divide_text_without_blocks() -> None:
    assert plain("One\nsentence.\n\nAnother <em>one</em>.\n \nThird.") == "One sentence.\n\nAnother one.\n\nThird."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Law &amp; Order&nbsp;&#8211; it&rsquo;s &#x201c;new&#x201d;", "Law & Order – it’s “new”"),
        ("<p>Law &amp; Order</p>", "Law & Order"),
        ("&lt;p&gt;Escaped &lt;b&gt;twice&lt;/b&gt;&lt;/p&gt;&lt;p&gt;Next&lt;/p&gt;", "Escaped twice\n\nNext"),
        ("<img src=x>&lt;p&gt;Escaped beside a real tag&lt;/p&gt;", "Escaped beside a real tag"),
        ("<p>Law &amp;amp; Order&amp;nbsp;now</p>", "Law & Order now"),
        ("Windows&#146;s quotes", "Windows’s quotes"),
    ],
)
def test_entities_are_decoded_once_and_what_was_escaped_twice_a_second_time(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_what_an_advisory_says_about_scripts_stays() -> None:
    assert (
        plain("<p>The page sends &lt;script src=x&gt; to visitors</p>") == "The page sends <script src=x> to visitors"
    )


def test_scripts_styles_and_comments_say_nothing() -> None:
    assert plain("<style>p{}</style>Said<script>if (a < b) alert('</p>')</script><!-- not said -->.") == "Said."


def test_plain_text_keeps_its_angle_brackets_unless_it_shows_prose_tags() -> None:
    assert plain("versions < 4.2 and <unknown>", html=False) == "versions < 4.2 and <unknown>"
    assert plain("<p>declared wrongly</p>", html=False) == "declared wrongly"


def test_markdown_escapes_are_undone_and_windows_paths_kept() -> None:
    assert plain(r"see \[1\] and CVE\_2026 \*new\*") == "see [1] and CVE_2026 *new*"
    assert plain(r"C:\Windows\System32 and \\server\share") == r"C:\Windows\System32 and \\server\share"


def test_text_is_nfc_and_otherwise_verbatim() -> None:
    assert plain("De\u0301claration “ﬁnale” №\u00a05 ½") == "Déclaration “ﬁnale” № 5 ½"


def test_nothing_unseen_survives() -> None:
    assert plain("cyber\u200battack\ufeff\x00 \ud800by\u00ad \x1ba state") == "cyberattack by a state"


def test_titles_stand_on_one_line_and_are_cut() -> None:
    assert one_line("<p>One</p><p>Two</p>", 100) == "One Two"
    assert one_line("word " * 5000, 11) == "word word w"


@pytest.mark.parametrize(
    "markup",
    [
        "<!--" * 100_000 + "</p>",
        "<div>" * 100_000 + "x",
        "<a><b><i>" * 33_000 + "x</b>",
        "<a " * 330_000,
        '<a "' * 250_000,
        "<" * 1_000_000,
        "<p>" + "&" * 1_000_000,
        "&amp;lt;p" * 200_000,
        "\n " * 500_000 + "</p>",
        "<table><tr><td>" * 50_000,
        "\u0300\u0316" * 500_000,
        "\\" * 1_000_000,
        "<p>word</p>" * 5_000_000,
    ],
    ids=lambda markup: f"{markup[:9]!a} x {len(markup)}",
)
def test_hostile_markup_costs_no_more_than_its_length(markup: str) -> None:
    began = time.process_time()
    assert len(plain(markup)) <= TEXT_LIMIT
    assert time.process_time() - began < 2  # 0.2 s at most when measured; quadratic is minutes


def test_stacked_marks_are_cut_so_that_normalising_stays_cheap_for_everyone_after() -> None:
    text = tidy("a" + "\u0316\u0300" * 50_000 + "b")
    began = time.process_time()
    unicodedata.normalize("NFKC", text)
    assert time.process_time() - began < 0.1  # 8 s with all of them
    assert text.startswith("à")
    assert text.endswith("b")


def test_letters_with_their_own_marks_are_not_cut() -> None:
    for said in ("साइबर हमले के लिए ज़िम्मेदार", "هَجَمَاتٌ سِيبْرَانِيَّةٌ", "tấn công mạng", "サイバー攻撃（" + "。" * 40):
        assert plain(said) == unicodedata.normalize("NFC", said)


@given(st.text(), st.booleans())
def test_any_text_gives_text_that_can_be_stored(markup: str, html: bool) -> None:
    text = plain(markup, html=html)
    text.encode()
    assert all(line and line == " ".join(line.split()) for line in text.split("\n\n")) or not text
