import asyncio
import gzip
import shutil
import ssl
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from feeds.errors import FeedError, Trouble
from feeds.fetch import LARGE, PAGES, Fetched, Limits, checked, fetch, next_hop, open_session, read_file
from feeds.headers import LONGEST, fresh_for, http_date, retry_after
from feeds.unpack import unpack
from tests.web import LAST_MODIFIED, Web

RSS = b"<rss><channel><item><title>One</title></item></channel></rss>"
ALL_PORTS = range(1 << 16)
QUICK = Limits(total=timedelta(seconds=0.5))
SMALL = Limits(body=1000)
HOUR = timedelta(hours=1)


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session(may_dial=lambda _: True) as opened:
        yield opened


async def get(session: aiohttp.ClientSession, url: str, **how: Any) -> Fetched:
    return await fetch(session, url, **{"ports": ALL_PORTS} | how)


async def trouble(session: aiohttp.ClientSession, url: str, **how: Any) -> FeedError:
    """The error that fetching ends with, checked to be one sentence fit to show."""
    with pytest.raises(FeedError) as caught:
        await get(session, url, **how)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 250
    assert "Error" not in message
    return caught.value


def outcome_of(deed: Callable[[], object]) -> object:
    """What a deed returns, or the trouble of its FeedError."""
    try:
        return deed()
    except FeedError as error:
        return error.trouble


# Asking only for what changed


async def test_an_answer_comes_with_everything_the_poller_needs(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS, headers={"ETag": '"1"', "Cache-Control": "max-age=600"})
    assert await get(session, url) == Fetched(
        url=url,
        final_url=url,
        moved_to=None,
        status=200,
        body=RSS,
        content_type="application/rss+xml; charset=utf-8",
        etag='"1"',
        last_modified=LAST_MODIFIED,
        fresh_for=timedelta(minutes=10),
    )


async def test_what_did_not_change_is_not_sent_again(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS)
    first = await get(session, url)
    second = await get(session, url, etag=first.etag, last_modified=first.last_modified)
    assert (second.status, second.body) == (304, None)
    assert (second.etag, second.last_modified) == (first.etag, first.last_modified)


@pytest.mark.parametrize("etag", ['"a"', 'W/"a"', "a", '"a-gzip"', "W/a,b", '"é 中"', '"a\tb"', "0"])
@pytest.mark.parametrize("date", [LAST_MODIFIED, "Mon, 6 Jul 2026 1:02:03 +0000", "2026-07-01", "yesterday é"])
async def test_validators_go_back_byte_for_byte_as_they_came(
    web: Web, session: aiohttp.ClientSession, etag: str, date: str
) -> None:
    url = web.serve("/feed.xml", RSS, headers={"ETag": etag, "Last-Modified": date})
    first = await get(session, url)
    second = await get(session, url, etag=first.etag, last_modified=first.last_modified)
    sent = dict(web.requests[-1].raw)
    assert (sent[b"If-None-Match"], sent[b"If-Modified-Since"]) == (etag.encode(), date.encode())
    assert second.status == 304


async def test_one_validator_alone_is_sent_alone(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS)
    assert (await get(session, url, last_modified=LAST_MODIFIED)).status == 304
    assert "If-None-Match" not in web.requests[-1].headers


async def test_a_304_with_new_validators_renews_them(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve_raw("/feed.xml", b'HTTP/1.1 304 Not Modified\r\nETag: "new"\r\nCache-Control: max-age=60\r\n\r\n')
    got = await get(session, url, etag='"old"', last_modified="then")
    assert (got.etag, got.last_modified, got.fresh_for) == ('"new"', "then", timedelta(minutes=1))


async def test_a_new_body_without_validators_clears_them(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS, validators=False)
    got = await get(session, url, etag='"old"', last_modified="then")
    assert (got.body, got.etag, got.last_modified) == (RSS, None, None)


async def test_a_304_to_who_has_nothing_is_an_error(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve_raw("/feed.xml", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    assert (await trouble(session, url)).trouble is Trouble.REDIRECTS


async def test_a_validator_that_is_no_text_is_left_out(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve_raw("/feed.xml", b'HTTP/1.1 200 OK\r\nETag: "\xe9"\r\nLast-Modified: then\r\n\r\n' + RSS)
    got = await get(session, url)
    assert (got.body, got.etag, got.last_modified) == (RSS, None, "then")


# Saying who asks, and for what


async def test_the_bot_says_who_it_is_and_what_it_takes(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS)
    await get(session, url)
    await get(session, url, accept=PAGES)
    feed, page = (seen.headers for seen in web.requests)
    assert feed["User-Agent"].startswith("attribution-bot/")
    assert feed["Accept-Encoding"] == "gzip, deflate, br"
    assert "application/atom+xml" in feed["Accept"]
    assert page["Accept"].startswith("text/html")


async def test_an_operator_can_be_named(web: Web) -> None:
    async with open_session(may_dial=lambda _: True, contact="https://example.org/bot") as session:
        await get(session, web.serve("/feed.xml", RSS))
    assert web.requests[0].headers["User-Agent"].endswith("(+https://example.org/bot)")


async def test_cookies_are_not_kept(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS, headers={"Set-Cookie": "visitor=1; Path=/"})
    await get(session, url)
    await get(session, url)
    assert "Cookie" not in web.requests[-1].headers


async def test_a_host_is_asked_two_questions_at_once_at_most(web: Web, session: aiohttp.ClientSession) -> None:
    urls = [web.serve(f"/{n}", RSS, delay=0.05) for n in range(8)]
    await asyncio.gather(*(get(session, url) for url in urls))
    assert (len(web.requests), web.most_at_once) == (8, 2)


async def test_the_environment_names_no_proxy(
    web: Web, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert (await get(session, web.serve("/feed.xml", RSS))).status == 200


async def test_with_a_proxy_everything_goes_through_it_and_it_does_the_guarding(web: Web) -> None:
    web.serve("/feed.xml", RSS)
    async with open_session(may_dial=lambda _: False, proxy=web.url("")) as session:
        got = await fetch(session, "http://publisher.test/feed.xml")
    assert got.body == RSS
    assert web.requests[0].headers["Host"] == "publisher.test"


async def test_a_proxy_that_is_not_there_is_named_as_the_culprit() -> None:
    async with open_session(may_dial=lambda _: True, proxy="http://127.0.0.1:9") as session:
        error = await trouble(session, "http://publisher.test/feed.xml")
    assert error.trouble is Trouble.UNREACHABLE
    assert "FEEDS_PROXY" in str(error)


# Where to go


async def test_a_feed_that_moved_for_good_says_where_to(web: Web, session: aiohttp.ClientSession) -> None:
    new = web.serve("/new?organisations[]=ncsc", RSS)
    web.redirect("/newer", "/new?organisations[]=ncsc", status=301)
    old = web.redirect("/old", "/newer#part", status=308)
    got = await get(session, old)
    assert (got.url, got.final_url, got.moved_to, got.body) == (old, new, new, RSS)


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_one_temporary_redirect_on_the_way_and_the_address_stays(
    web: Web, session: aiohttp.ClientSession, status: int
) -> None:
    new = web.serve("/new", RSS)
    web.redirect("/newer", "/new", status=status)
    got = await get(session, web.redirect("/old", "/newer", status=301))
    assert (got.final_url, got.moved_to) == (new, None)


async def test_a_feed_that_moved_can_be_unchanged(web: Web, session: aiohttp.ClientSession) -> None:
    new = web.serve("/new", RSS)
    old = web.redirect("/old", "/new")
    first = await get(session, old)
    second = await get(session, old, etag=first.etag, last_modified=first.last_modified)
    assert (second.status, second.moved_to) == (304, new)


@pytest.mark.parametrize("path", ["/neu/\u00e9t\u00e9".encode(), b"/neu/\xe9t\xe9", b"/neu/%E9t%C3%A9"])
async def test_a_redirect_to_a_path_outside_ascii_is_followed(
    web: Web, session: aiohttp.ClientSession, path: bytes
) -> None:
    old = web.serve_raw("/old", b"HTTP/1.1 302 Found\r\nLocation: " + path + b"\r\nContent-Length: 0\r\n\r\n")
    error = await trouble(session, old)
    assert error.trouble is Trouble.NOT_FOUND
    assert web.requests[-1].path.startswith("/neu/")


@pytest.mark.parametrize("query", ["a[]=b", "a%5B%5D=b", "u=http://x/&v=1+2%20%2F", "q=\u4e2d"])
async def test_an_address_goes_over_the_wire_as_written(web: Web, session: aiohttp.ClientSession, query: str) -> None:
    await trouble(session, web.url(f"/feed?{query}"))
    await trouble(session, web.redirect("/old", web.url(f"/feed?{query}")))
    sent = [seen.path for seen in web.requests if seen.path != "/old"]
    assert sent == [f"/feed?{query}".replace("\u4e2d", "%E4%B8%AD")] * 2


async def test_a_circle_of_redirects_ends(web: Web, session: aiohttp.ClientSession) -> None:
    web.redirect("/b", "/a")
    assert (await trouble(session, web.redirect("/a", "/b"))).trouble is Trouble.REDIRECTS
    assert len(web.requests) == 2


async def test_redirects_without_end_end(web: Web, session: aiohttp.ClientSession) -> None:
    for n in range(9):
        web.redirect(f"/{n}", f"/{n + 1}")
    assert (await trouble(session, web.url("/0"))).trouble is Trouble.REDIRECTS
    assert len(web.requests) == 6
    web.serve("/9", RSS)
    assert (await get(session, web.url("/4"))).body == RSS


@pytest.mark.parametrize(
    "target",
    ["ftp://127.0.0.1/feed", "file:///etc/passwd", "javascript:alert(1)", "http://[", "http://x:99999/", "//"],
)
async def test_a_redirect_to_no_address_of_the_web_is_refused(
    web: Web, session: aiohttp.ClientSession, target: str
) -> None:
    assert (await trouble(session, web.redirect("/old", target))).trouble is Trouble.REDIRECTS


LOGINS = ["bob:secret@", "bob@", ":secret@", "bob%40x:sec%72et@", "bob:secret@more@", "@", ":@"]


@pytest.mark.parametrize("login", LOGINS)
async def test_an_address_with_a_login_is_refused_and_the_login_not_told(
    web: Web, session: aiohttp.ClientSession, login: str
) -> None:
    url = web.serve("/feed.xml", RSS).replace("//", f"//{login}", 1)
    error = await trouble(session, url)
    assert error.trouble is Trouble.REFUSED
    assert "has a login in it" in str(error)
    assert "secret" not in str(error)
    assert web.requests == []


@pytest.mark.parametrize("status", [301, 302, 308])
@pytest.mark.parametrize("scheme", ["http:", ""])
@pytest.mark.parametrize("login", [*LOGINS, f"bob:{'secret' * 30}@"])
async def test_no_redirect_brings_a_login(
    web: Web, session: aiohttp.ClientSession, login: str, scheme: str, status: int
) -> None:
    web.serve("/feed.xml", RSS)
    error = await trouble(
        session, web.redirect("/old", f"{scheme}//{login}127.0.0.1:{web.port}/feed.xml", status=status)
    )
    assert error.trouble is Trouble.REDIRECTS
    assert "(a login)@127.0.0.1" in str(error)
    assert "secret" not in str(error)
    assert [(seen.path, "Authorization" in seen.headers) for seen in web.requests] == [("/old", False)]


@pytest.mark.parametrize("address", ["ftp://bob:secret@a.test/", "http://bob:secret@[/", "http://bob:secret@a.test:x/"])
def test_no_address_that_is_refused_tells_its_login(address: str) -> None:
    with pytest.raises(FeedError) as caught:
        checked(address, ALL_PORTS)
    assert "secret" not in str(caught.value)


async def test_a_redirect_to_another_port_is_refused(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.redirect("/old", "http://127.0.0.1:6379/")
    assert (await trouble(session, url, ports={web.port})).trouble is Trouble.REDIRECTS


async def test_a_redirect_that_does_not_say_where_is_an_error(web: Web, session: aiohttp.ClientSession) -> None:
    assert (await trouble(session, web.serve("/old", status=301))).trouble is Trouble.REDIRECTS


def test_no_redirect_leads_from_https_to_http() -> None:
    secure = URL("https://a.test/x")
    with pytest.raises(FeedError, match="from https to http") as caught:
        next_hop([secure], "http://a.test/y", 5, {80, 443})
    assert caught.value.trouble is Trouble.REDIRECTS
    assert next_hop([secure], "/y", 5, {80, 443}) == URL("https://a.test/y")
    assert next_hop([URL("http://a.test/x")], "https://a.test/x", 5, {80, 443}) == secure


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.xml",
        "//a.test/feed",
        "ftp://a.test/",
        "file:///etc/passwd",
        "http://",
        "http:///feed",
        "http://[",
        "http://[::1",
        "http://a.test:0/",
        "http://a.test:22/",
        "http://a.test:8080/",
        "http://a.test:99999/",
        "http://a.test:x/",
        "http://a test/",
        "http://a..test/",
        "http://" + "a" * 64 + ".test/",
        "http://\udcff.test/",
        "http://" + "a." * 200 + "test/",
        "http://%00/",
        "http://a.test\r\nHost: b/",
    ],
)
async def test_an_address_that_is_none_ends_as_one_sentence(session: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(FeedError) as caught:
        await fetch(session, url)
    assert caught.value.trouble in {Trouble.REFUSED, Trouble.UNREACHABLE}
    str(caught.value).encode()


@given(st.text(max_size=60) | st.text(max_size=60).map("http://{}".format))
def test_every_text_is_an_address_or_refused(text: str) -> None:
    outcome = outcome_of(lambda: checked(text, {80, 443}).scheme)
    assert outcome in {"http", "https", Trouble.REFUSED}


# What comes back


PACKED = {
    "gzip": gzip.compress(RSS),
    "x-gzip": gzip.compress(RSS),
    "GZip": gzip.compress(RSS[:20]) + gzip.compress(RSS[20:]) + b"\0" * 100,
    "deflate": zlib.compress(RSS),
    " deflate ": zlib.compress(RSS)[2:-4],  # without zlib's head and foot, as some servers send it
    "br": brotli.compress(RSS),
    "gzip, gzip": gzip.compress(gzip.compress(RSS)),
    "deflate, br": brotli.compress(zlib.compress(RSS)),
    "identity": RSS,
    "utf-8": RSS,
}


@pytest.mark.parametrize("coding", PACKED)
async def test_compressed_answers_are_unpacked(web: Web, session: aiohttp.ClientSession, coding: str) -> None:
    url = web.serve("/feed.xml", PACKED[coding], headers={"Content-Encoding": coding})
    assert (await get(session, url)).body == RSS


@pytest.mark.parametrize("coding", ["gzip", "deflate", " deflate ", "br", "gzip, gzip"])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
async def test_a_compressed_answer_that_stops_half_way_is_no_answer(
    web: Web, session: aiohttp.ClientSession, coding: str, kept: float
) -> None:
    whole = PACKED[coding]
    url = web.serve("/feed.xml", whole[: int(len(whole) * kept)], headers={"Content-Encoding": coding})
    assert (await trouble(session, url)).trouble is Trouble.MALFORMED


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip, gzip", "é"])
async def test_an_answer_encoded_otherwise_than_it_says_is_an_error(
    web: Web, session: aiohttp.ClientSession, coding: str
) -> None:
    url = web.serve("/feed.xml", RSS, headers={"Content-Encoding": coding})
    assert (await trouble(session, url)).trouble is Trouble.MALFORMED


@given(raw=st.binary(max_size=300), coding=st.sampled_from(sorted(PACKED)))
def test_any_bytes_are_unpacked_or_refused(raw: bytes, coding: str) -> None:
    outcome = outcome_of(lambda: len(unpack(raw, coding, 1000)))
    assert outcome in {Trouble.MALFORMED, Trouble.TOO_LARGE, *range(1001)}


@given(body=st.binary(max_size=2000), coding=st.sampled_from(["gzip", "deflate", "br"]))
def test_the_limit_is_the_size_after_decompression_to_the_byte(body: bytes, coding: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[coding]
    assert unpack(pack(body), coding, len(body)) == body
    if body:
        with pytest.raises(FeedError, match="larger"):
            unpack(pack(body), coding, len(body) - 1)


async def test_an_empty_answer_is_empty_whatever_its_encoding(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", b"", headers={"Content-Encoding": "gzip"})
    assert (await get(session, url)).body == b""


async def test_a_body_over_the_limit_is_not_read(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", b" " * 1001)
    assert (await trouble(session, url, limits=SMALL)).trouble is Trouble.TOO_LARGE
    assert (await get(session, web.serve("/feed.xml", b" " * 1000), limits=SMALL)).status == 200


BOMB = """
import asyncio, resource, sys
from feeds.errors import FeedError
from feeds.fetch import fetch, open_session

async def main():
    async with open_session(may_dial=lambda _: True) as session:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            await fetch(session, sys.argv[1], ports=range(65536))
        except FeedError as error:
            print(error.trouble.name, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)

asyncio.run(main())
"""


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
async def test_a_bomb_takes_no_memory(web: Web, layers: int) -> None:
    url = web.bomb("/feed.xml", mebibytes=150, layers=layers)
    root = Path(__file__).parents[1]
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOMB, url, cwd=root, stdout=subprocess.PIPE, env={"PYTHONPATH": str(root)}
    )
    outcome, mebibytes = (await bot.communicate())[0].decode().split()
    assert outcome == "TOO_LARGE"
    assert int(mebibytes) < 60


async def test_a_body_cut_short_is_no_answer(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS, cut=20)
    assert (await trouble(session, url)).trouble is Trouble.UNREACHABLE


RAW = {
    b"": Trouble.UNREACHABLE,
    b"\r\n\r\n": Trouble.UNREACHABLE,
    b"hello": Trouble.MALFORMED,
    b"SSH-2.0-OpenSSH_9.6\r\n": Trouble.MALFORMED,
    b"HTTP/1.1 200 OK\r\nContent-Len": Trouble.UNREACHABLE,
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc": Trouble.MALFORMED,
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc": Trouble.UNREACHABLE,
    b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc": Trouble.MALFORMED,
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc": Trouble.MALFORMED,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nabc": None,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc": None,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n": None,
    b"HTTP/9.9 200 OK\r\n\r\n": None,
    b"HTTP/1.1 999 No\r\n\r\n": Trouble.BLOCKED,
    b"HTTP/1.1 20 No\r\n\r\n": Trouble.MALFORMED,
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n": Trouble.MALFORMED,
    b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n": Trouble.MALFORMED,
    b"HTTP/1.1 302 Found\r\nLocation: \r\n\r\n": Trouble.REDIRECTS,
    b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n": None,
}


@pytest.mark.parametrize("answer", RAW, ids=range(len(RAW)))
async def test_what_is_no_http_ends_as_one_sentence(web: Web, session: aiohttp.ClientSession, answer: bytes) -> None:
    error = await trouble(session, web.serve_raw("/feed.xml", answer), limits=QUICK)
    assert error.trouble is (RAW[answer] or error.trouble)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.binary(max_size=80), body=st.binary(max_size=40))
def test_no_bytes_from_a_server_raise_anything_but_a_feed_error(head: bytes, body: bytes) -> None:
    async def poll() -> None:
        async with Web() as web, open_session(may_dial=lambda _: True) as session:
            url = web.serve_raw("/feed.xml", b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)
            try:
                got = await get(session, url, limits=QUICK)
            except FeedError as error:
                str(error).encode()
            else:
                f"{got.etag}{got.content_type}{got.final_url}".encode()

    asyncio.run(poll())


async def test_long_headers_are_no_fault(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS, headers={"Content-Security-Policy": "img-src " + "https://a.test " * 2000})
    assert (await get(session, url)).body == RSS


# What it costs in time


async def test_a_server_that_drips_is_left_in_time(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS, drip=0.05)
    started = time.perf_counter()
    assert (await trouble(session, url, limits=QUICK)).trouble is Trouble.TIMEOUT
    assert time.perf_counter() - started < 2.5


async def test_a_server_that_says_nothing_is_left_in_time(web: Web, session: aiohttp.ClientSession) -> None:
    assert (await trouble(session, web.serve("/feed.xml", RSS, delay=5), limits=QUICK)).trouble is Trouble.TIMEOUT


async def test_the_time_counts_for_all_redirects_together(web: Web, session: aiohttp.ClientSession) -> None:
    web.serve("/c", RSS)
    web.serve("/b", status=302, headers={"Location": "/c"}, delay=0.3)
    url = web.serve("/a", status=302, headers={"Location": "/b"}, delay=0.3)
    assert (await trouble(session, url, limits=QUICK)).trouble is Trouble.TIMEOUT


async def test_who_cancels_a_fetch_sees_it_cancelled(web: Web, session: aiohttp.ClientSession) -> None:
    task = asyncio.create_task(get(session, web.serve("/feed.xml", RSS, delay=5)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Why there is nothing


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (202, Trouble.MALFORMED),
        (204, Trouble.MALFORMED),
        (206, Trouble.MALFORMED),
        (300, Trouble.REDIRECTS),
        (400, Trouble.BLOCKED),
        (401, Trouble.BLOCKED),
        (403, Trouble.BLOCKED),
        (404, Trouble.NOT_FOUND),
        (407, Trouble.BLOCKED),
        (408, Trouble.TIMEOUT),
        (410, Trouble.GONE),
        (418, Trouble.BLOCKED),
        (429, Trouble.RATE_LIMITED),
        (451, Trouble.BLOCKED),
        (500, Trouble.SERVER),
        (503, Trouble.SERVER),
        (525, Trouble.SERVER),
    ],
)
async def test_each_status_is_told_apart(
    web: Web, session: aiohttp.ClientSession, status: int, expected: Trouble
) -> None:
    error = await trouble(session, web.serve("/feed.xml", status=status))
    assert error.trouble is expected
    assert f"answered {status}: " in str(error)


@pytest.mark.parametrize(
    ("status", "header"), [(200, "x-amzn-waf-action"), (202, "x-amzn-waf-action"), (503, "cf-mitigated")]
)
async def test_a_test_for_browsers_is_a_block_whatever_its_status(
    web: Web, session: aiohttp.ClientSession, status: int, header: str
) -> None:
    url = web.serve("/feed.xml", "<html>", status=status, headers={header: "challenge"}, validators=False)
    assert (await trouble(session, url)).trouble is Trouble.BLOCKED


@pytest.mark.parametrize("status", [429, 503, 403])
async def test_a_server_may_say_when_to_come_back(web: Web, session: aiohttp.ClientSession, status: int) -> None:
    url = web.serve("/feed.xml", status=status, headers={"Retry-After": "3600"})
    assert (await trouble(session, url)).retry_after == HOUR


async def test_nobody_there_is_told_apart_from_a_name_without_address(session: aiohttp.ClientSession) -> None:
    nobody = await trouble(session, "http://127.0.0.1:9/feed.xml")
    nowhere = await trouble(session, "http://no-such-name.invalid/feed.xml")
    assert nobody.trouble is nowhere.trouble is Trouble.UNREACHABLE
    assert "cannot be reached" in str(nobody)
    assert "no-such-name.invalid has no address" in str(nowhere)


async def test_a_server_without_tls_is_unreachable_by_https(web: Web, session: aiohttp.ClientSession) -> None:
    web.serve("/feed.xml", RSS)
    error = await trouble(session, web.url("/feed.xml").replace("http:", "https:"))
    assert error.trouble is Trouble.UNREACHABLE
    assert "TLS" in str(error)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_a_certificate_that_no_one_vouches_for_is_not_trusted(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    making = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 1 -subj /CN=localhost"
    await (await asyncio.create_subprocess_shell(making, cwd=tmp_path, stderr=subprocess.DEVNULL)).wait()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    asked: list[object] = []
    async with await asyncio.start_server(lambda *_: asked.append(1), "127.0.0.1", 0, ssl=context) as server:
        error = await trouble(session, f"https://localhost:{server.sockets[0].getsockname()[1]}/feed.xml")
    assert error.trouble is Trouble.UNREACHABLE
    assert "certificate" in str(error)
    assert asked == []


# What the headers mean


DATE = (b"Date", b"Wed, 01 Jul 2026 12:00:00 GMT")


def raw(*headers: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [DATE, *((name.encode(), value.encode()) for name, value in headers)]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], None),
        ([("cache-control", "public, max-age=600")], timedelta(minutes=10)),
        ([("Cache-Control", 'Max-Age="600"')], timedelta(minutes=10)),
        ([("Cache-Control", "max-age=600, max-age=9")], timedelta(minutes=10)),
        ([("Cache-Control", "max-age=600"), ("Age", "500")], timedelta(seconds=100)),
        ([("Cache-Control", "max-age=600"), ("Age", "601")], None),
        ([("Cache-Control", "max-age=600"), ("Age", "old")], timedelta(minutes=10)),
        ([("Cache-Control", "max-age=0")], None),
        ([("Cache-Control", "max-age=-1")], None),
        ([("Cache-Control", "max-age=soon")], None),
        ([("Cache-Control", "max-age=" + "9" * 5000)], LONGEST),
        ([("Cache-Control", "s-maxage=600")], None),
        ([("Cache-Control", "no-cache, max-age=600")], None),
        ([("Cache-Control", "max-age=600, no-store")], None),
        ([("Cache-Control", "max-age=0"), ("Expires", "Wed, 01 Jul 2026 13:00:00 GMT")], None),
        ([("Expires", "Wed, 01 Jul 2026 13:00:00 GMT")], HOUR),
        ([("Expires", "Wednesday, 01-Jul-26 13:00:00 GMT")], HOUR),
        ([("Expires", "Wed Jul  1 13:00:00 2026")], HOUR),
        ([("Expires", "Wed, 01 Jul 2036 13:00:00 GMT")], LONGEST),
        ([("Expires", "Wed, 01 Jul 2026 11:00:00 GMT")], None),
        ([("Expires", "0")], None),
        ([("Expires", "-1")], None),
    ],
)
def test_freshness_is_what_rfc_9111_says(headers: list[tuple[str, str]], expected: timedelta | None) -> None:
    assert fresh_for(raw(*headers)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        ("0", None),
        ("120", timedelta(minutes=2)),
        ("999999999", LONGEST),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Wed, 01 Jul 2026 13:00:00 GMT", HOUR),
        ("Wed, 01 Jul 2026 11:00:00 GMT", None),
        ("Fri, 01 Jan 2100 00:00:00 GMT", LONGEST),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected: timedelta | None) -> None:
    assert retry_after(raw(("Retry-After", value))) == expected


def test_without_the_servers_own_date_no_date_counts() -> None:
    assert retry_after([(b"Retry-After", b"Wed, 01 Jul 2026 13:00:00 GMT")]) is None
    assert fresh_for([(b"Expires", b"Wed, 01 Jul 2026 13:00:00 GMT")]) is None


@given(st.text() | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,6} \d\d:\d\d:\d\d [+-]\d{1,6}", fullmatch=True))
def test_any_text_is_a_date_with_a_zone_or_none(text: str) -> None:
    moment = http_date(text)
    assert moment is None or moment.tzinfo is not None


# A file in a feed's place


def test_a_file_is_read_as_if_it_had_been_fetched(tmp_path: Path) -> None:
    file = tmp_path / "news feed.atom"
    file.write_bytes(RSS)
    got = read_file(file)
    assert (got.status, got.body, got.content_type) == (200, RSS, "application/atom+xml")
    assert got.url == got.final_url == file.as_uri()


@pytest.mark.parametrize(
    ("name", "expected"), [("missing.xml", Trouble.NOT_FOUND), (".", Trouble.UNREACHABLE), ("x/y", Trouble.UNREACHABLE)]
)
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, name: str, expected: Trouble) -> None:
    (tmp_path / "x").write_bytes(RSS)
    with pytest.raises(FeedError, match="check the path") as caught:
        read_file(tmp_path / name)
    assert caught.value.trouble is expected


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(b" " * 1001)
    with pytest.raises(FeedError) as caught:
        read_file(file, SMALL)
    assert caught.value.trouble is Trouble.TOO_LARGE


# What it costs in memory


async def test_an_absurd_validator_is_not_sent_back(web: Web, session: aiohttp.ClientSession) -> None:
    url = web.serve("/feed.xml", RSS, headers={"ETag": f'"{"e" * 20_000}"', "Last-Modified": "m" * 20_000})
    got = await get(session, url)
    assert (got.body, got.etag, got.last_modified) == (RSS, None, None)


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
async def test_who_brings_a_large_body_waits_for_room_and_that_is_not_the_servers_time(
    web: Web, session: aiohttp.ClientSession, coding: str
) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "br": brotli.compress}
    pack = packs[coding]
    headers = {"Content-Encoding": coding} if coding else {}
    large, small = b" " * (LARGE + 1), b" " * LARGE
    waits: list[float] = []

    async def room() -> None:
        waits.append(1)
        await asyncio.sleep(QUICK.total.total_seconds() + 0.2)

    url = web.serve("/feed.xml", pack(large), headers=headers)
    assert len((await get(session, url, limits=QUICK, room=room)).body or b"") == len(large)
    assert waits
    waits.clear()
    url = web.serve("/feed.xml", pack(small), headers=headers)
    assert len((await get(session, url, limits=QUICK, room=room)).body or b"") == len(small)
    assert not waits
