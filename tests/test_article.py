"""A web page -> its article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.article import PAGE_LIMIT, Article, extract
from feeds.errors import FeedError, Trouble

URL = "https://ministry.example/news/1"
SAID = "The ministry holds the military intelligence service of a neighbour responsible for the intrusion."
MORE = "Together with our partners we call on that state to end such operations at once & for good."


def page(body: str, title: str = "A statement | Ministry", head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


def refusal(body: bytes, content_type: str = "text/html") -> FeedError:
    with pytest.raises(FeedError) as caught:
        extract(body, content_type, URL)
    assert str(caught.value).endswith(".")
    return caught.value


def test_the_article_is_read_without_menu_and_footer() -> None:
    menu = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/news'>News</a></li></ul></nav>"
    footer = "<footer><p>Copyright of the ministry. All rights reserved.</p></footer>"
    body = f"{menu}<main><article><h1>A statement</h1><p>{SAID}</p><p>{MORE}</p></article></main>{footer}"
    assert extract(page(body.replace("&", "&amp;")), "text/html; charset=utf-8", URL) == Article(
        title="A statement | Ministry", text=f"A statement\n\n{SAID}\n\n{MORE}"
    )


def test_tables_and_lists_stay_without_marks_that_the_page_does_not_show() -> None:
    table = "<table><tr><th>Name</th><th>Also known as</th></tr><tr><td>Unit 74455</td><td>Sandworm</td></tr></table>"
    article = extract(page(f"<article><p>{SAID}</p><ul><li>{MORE}</li></ul>{table}</article>"), "text/html", URL)
    assert f"\n{MORE}\n" in article.text
    assert "Unit 74455 Sandworm" in article.text
    assert "|" not in article.text


def test_a_page_laid_out_in_a_table_is_read() -> None:
    body = f"<table><tr><td><p>{SAID}</p><p>{MORE}</p></td></tr></table>"
    assert SAID in extract(page(body), "text/html", URL).text


@pytest.mark.parametrize(
    ("charset", "header"),
    [
        ("utf-8", "text/html"),
        ("utf-8", "text/html; charset=iso-8859-1"),
        ("cp1252", "text/html; charset=ISO-8859-1"),
        ("cp1252", "text/html"),
        ("cp1252", "text/html; charset=no-such-charset"),
    ],
)
def test_characters_are_read_whatever_the_header_says(charset: str, header: str) -> None:
    said = "L’opération est attribuée à un service étranger, a déclaré le ministère aujourd’hui."
    body = page(f"<p>{said}</p><p>{said[::-1]}</p>").decode().encode(charset)
    assert said in extract(body, header, URL).text


@pytest.mark.parametrize("charset", ["shift_jis", "euc_jp", "iso2022_jp"])
@pytest.mark.parametrize("where", ["header", "meta"])
def test_japanese_pages_are_read_in_their_charsets(charset: str, where: str) -> None:
    said = "政府は、このサイバー攻撃について外国の関与を断定し、強く非難する。"
    name = charset.replace("_", "-")
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={name}">' if where == "meta" else ""
    body = page(f"<p>{said}</p>", "談話", head).decode().encode(charset)
    article = extract(body, f"text/html; charset={name}" if where == "header" else "text/html", URL)
    assert article == Article(title="談話", text=said)


def test_the_title_is_that_which_the_page_gives_to_be_shared() -> None:
    head = '<meta property="og:title" content="A statement">'
    assert extract(page(f"<p>{SAID}</p>", head=head), "text/html", URL).title == "A statement"
    assert extract(page(f"<h1>A statement</h1><p>{SAID}</p>", title=""), "text/html", URL).title == "A statement"


def test_a_text_file_is_its_own_article() -> None:
    assert extract(f"{SAID}\r\n\r\n  {MORE}".encode(), "text/plain", URL) == Article(title="", text=f"{SAID}\n\n{MORE}")


@pytest.mark.parametrize("content_type", ["text/html", "application/pdf", ""])
def test_a_pdf_is_named_as_one(content_type: str) -> None:
    error = refusal(b"%PDF-1.7 ...", content_type)
    assert error.trouble is Trouble.MALFORMED
    assert "pdf" in str(error)


@pytest.mark.parametrize("body", [b"", b"   ", b"\x00\xff\xfe", page(""), page("<script>render()</script>")])
def test_a_page_with_nothing_to_read_is_malformed(body: bytes) -> None:
    assert refusal(body).trouble is Trouble.MALFORMED


@pytest.mark.parametrize("title", ["Just a moment...", "Access Denied", "Sign in to continue"])
def test_a_challenge_or_login_page_is_blocked(title: str) -> None:
    error = refusal(page("<p>Enter what is asked for, then go on.</p>", title))
    assert error.trouble is Trouble.BLOCKED
    assert title in str(error)


def test_a_page_that_asks_for_a_browser_is_blocked_though_it_have_no_text() -> None:
    assert (
        refusal(page("<noscript>Enable JavaScript to continue</noscript>", "Just a moment...")).trouble
        is Trouble.BLOCKED
    )


def test_a_not_found_page_with_status_200_is_a_soft_404() -> None:
    assert refusal(page("<p>We cannot find what you asked for.</p>", "Page not found")).trouble is Trouble.SOFT_404


def test_a_page_beyond_the_limit_is_refused_before_it_is_parsed() -> None:
    assert refusal(b"<p>" + b"x" * PAGE_LIMIT).trouble is Trouble.TOO_LARGE


@given(st.binary(max_size=2000), st.sampled_from(["text/html", "text/plain", "text/html; charset=utf-16", ""]))
def test_any_bytes_give_an_article_or_a_reason(body: bytes, content_type: str) -> None:
    try:
        article = extract(body, content_type, URL)
    except FeedError:
        return
    assert article.text
    f"{article.title}{article.text}".encode()
