"""Feeds that nobody would want to be sent: each a way to serve it, and what may become of it."""

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import brotli

from feeds.errors import Trouble
from tests.test_jobs import article
from tests.web import Web

Serve = Callable[[Web, str], object]
RSS = "application/rss+xml"
OK = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
CHUNK = b"10000\r\n" + b"<item>  " * 8192 + b"\r\n"
SAID = "<title>A statement</title><link>https://m.example/1</link><guid>1</guid><description>It was them.</description>"
MALFORMED, TIMEOUT, TOO_LARGE = Trouble.MALFORMED, Trouble.TIMEOUT, Trouble.TOO_LARGE
BILLION = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise("abcdefghij"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Torture:
    """`posts`: how many posts are to be stored, None where the feed ends in one of `troubles`."""

    serve: Serve
    posts: int | None = None
    troubles: tuple[Trouble, ...] = ()


def body(content: bytes | str, content_type: str = RSS, **headers: str) -> Serve:
    """Serves this, every time as if it were new."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda web, path: web.serve(path, content, content_type=content_type, headers=named, validators=False)


def pieces(make: Callable[[], Iterable[bytes]], drip: float = 0) -> Serve:
    """Serves these bytes, head and body, as they go over the wire."""
    return lambda web, path: web.serve_pieces(path, make, drip=drip)


def raw(answer: str | bytes) -> Serve:
    """Serves these bytes, head and body, and hangs up."""
    content = answer.encode() if isinstance(answer, str) else answer
    return pieces(lambda: [content])


def rss(*items: str, head: str = "", root: str = "") -> str:
    """A feed of items that are markup."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?>{head}<rss version="2.0" {root}><channel><title>News</title>{inside}</channel></rss>'


def said(text: str) -> str:
    """A feed of one item with this description, which is markup."""
    return rss(SAID.replace("It was them.", text))


@cache
def spaces() -> bytes:
    """150 MiB of nothing, packed once."""
    pack = zlib.compressobj(1, wbits=31)
    return b"".join([*(pack.compress(b" " * (1 << 20)) for _ in range(150)), pack.flush()])


@cache
def brotli_spaces() -> bytes:
    """150 MiB of nothing, packed by brotli."""
    pack = brotli.Compressor(quality=3)
    return b"".join([*(pack.process(b" " * (1 << 20)) for _ in range(150)), pack.finish()])


def endless_body() -> Iterator[bytes]:
    """A feed whose channel never ends."""
    yield f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode()
    yield from itertools.repeat(CHUNK)


def endless_packed() -> Iterator[bytes]:
    """The same, packed: it does not end on the wire, either."""
    yield f"{OK}Content-Encoding: gzip\r\n\r\n".encode()
    pack = zlib.compressobj(1, wbits=31)
    while True:
        yield pack.compress(b"<item>  " * 131_072)


def endless_head() -> Iterator[bytes]:
    """Headers without end."""
    yield OK.encode()
    yield from (b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in itertools.count())


def bytewise(answer: str) -> Callable[[], Iterable[bytes]]:
    """An answer a byte at a time."""
    return lambda: (bytes([one]) for one in answer.encode())


def redirects(*to: str, status: int = 302) -> Serve:
    """Serves redirects from one to the next and from the last to the first."""

    def serve(web: Web, path: str) -> None:
        steps = [path, *(f"{path}{step}" for step in to)]
        for here, there in zip(steps, [*steps[1:], path], strict=True):
            web.redirect(here, there, status=status)

    return serve


def hops(number: int) -> Serve:
    """Serves so many redirects in a row, no two alike."""
    return redirects(*(f"/{step}" for step in range(number)))


def leads_to(page: bytes | Callable[[], Iterable[bytes]], content_type: str = "text/html", drip: float = 0) -> Serve:
    """Serves a feed whose one entry promises an attribution, and this where its link leads."""

    def serve(web: Web, path: str) -> None:
        link = f"{path}/news"
        if isinstance(page, bytes):
            web.serve(link, page, content_type=content_type)
        else:
            web.serve_pieces(link, page, drip=drip)
        teaser = f"<title>Foreign Secretary on Iran</title><link>{web.url(link)}</link><guid>1</guid>"
        web.serve(path, rss(f"{teaser}<description>On a cyber attack.</description>"))

    return serve


def page(inside: str) -> bytes:
    """A web page."""
    return f"<!doctype html><html><head><title>News</title></head><body>{inside}</body></html>".encode()


def links() -> str:
    """A page's links, two megabytes of them."""
    return "".join(f'<li><a href="/news/{n}">Item number {n} of the news</a></li>' for n in range(34_000))


def entries(number: int) -> str:
    """A feed of so many entries."""
    each = "<title>Road {0}</title><link>https://m.example/{0}</link><guid>{0}</guid>"
    return rss(*(each.format(n) for n in range(number)))


def dated(*dates: str) -> str:
    """A feed with an entry of each date."""
    each = "<title>Road {0}</title><guid>{0}</guid>{1}"
    return rss(*(each.format(n, f"<pubDate>{date}</pubDate>" if date else "") for n, date in enumerate(dates)))


DOCTYPE = "<!DOCTYPE rss [{}]>"
ONE = rss(SAID)

FEEDS: dict[str, Torture] = {
    # bombs
    "gzip bomb": Torture(serve=lambda w, p: body(spaces(), Content_Encoding="gzip")(w, p), troubles=(TOO_LARGE,)),
    "double gzip bomb": Torture(
        serve=lambda w, p: body(gzip.compress(spaces()), Content_Encoding="gzip, gzip")(w, p), troubles=(TOO_LARGE,)
    ),
    "brotli bomb": Torture(
        serve=lambda w, p: body(brotli_spaces(), Content_Encoding="br")(w, p), troubles=(TOO_LARGE,)
    ),
    "packed nine times": Torture(
        serve=body(gzip.compress(b"x"), Content_Encoding=", ".join(["gzip"] * 9)), troubles=(MALFORMED,)
    ),
    "a gzip file that says it is a feed": Torture(serve=body(gzip.compress(ONE.encode())), troubles=(MALFORMED,)),
    "9 MB of one entry, packed": Torture(
        serve=body(gzip.compress(said("word " * 1_800_000).encode(), 1), Content_Encoding="gzip"), posts=1
    ),
    "50 MB in one entry": Torture(serve=lambda w, p: body(said("word " * 10_000_000))(w, p), troubles=(TOO_LARGE,)),
    "9 MB of CJK in one entry": Torture(serve=body(said("断定" * 1_500_000)), posts=1),
    # without end
    "an endless body": Torture(serve=pieces(endless_body), troubles=(TOO_LARGE,)),
    "an endless body, packed": Torture(serve=pieces(endless_packed), troubles=(TOO_LARGE, TIMEOUT)),
    "endless headers": Torture(serve=pieces(endless_head), troubles=(MALFORMED, TIMEOUT)),
    "a head a byte at a time": Torture(serve=pieces(bytewise(OK * 9), 0.1), troubles=(TIMEOUT,)),
    "a body a byte at a time": Torture(
        serve=pieces(lambda: itertools.chain([f"{OK}\r\n".encode()], bytewise(ONE)()), 0.1), troubles=(TIMEOUT,)
    ),
    "silence": Torture(serve=lambda w, p: w.serve(p, ONE, delay=20), troubles=(TIMEOUT,)),
    # elsewhere
    "a circle": Torture(serve=redirects("/a", "/b"), troubles=(Trouble.REDIRECTS,)),
    "itself": Torture(serve=lambda w, p: w.redirect(p, p), troubles=(Trouble.REDIRECTS,)),
    "a hundred redirects": Torture(serve=hops(100), troubles=(Trouble.REDIRECTS,)),
    "a redirect to a file": Torture(
        serve=lambda w, p: w.redirect(p, "file:///etc/passwd"), troubles=(Trouble.REDIRECTS,)
    ),
    # wrong about itself
    "shorter than it says": Torture(
        serve=raw(f"{OK}Content-Length: 9999\r\n\r\n{ONE}"), troubles=(Trouble.UNREACHABLE,)
    ),
    "longer than it says": Torture(
        serve=raw(f"{OK}Content-Length: {len(ONE) - 40}\r\n\r\n{ONE}"), troubles=(MALFORMED,)
    ),
    "two lengths": Torture(
        serve=raw(f"{OK}Content-Length: 5\r\nContent-Length: 9\r\n\r\n{ONE}"), troubles=(MALFORMED,)
    ),
    "a chunk cut short": Torture(
        serve=raw(f"{OK}Transfer-Encoding: chunked\r\n\r\nfff\r\n{ONE}"), troubles=(Trouble.UNREACHABLE, MALFORMED)
    ),
    "koi8-r that is utf-8": Torture(
        serve=body(said("Заява про кібератаку").replace("?>", ' encoding="koi8-r"?>', 1)), posts=1
    ),
    "a charset that is none": Torture(
        serve=body(ONE.replace("?>", ' encoding="x-klingon"?>', 1), "text/xml; charset=nonsense"), posts=1
    ),
    "utf-16 with its mark": Torture(
        serve=body(said("Заява").replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16")), posts=1
    ),
    "utf-16 that says it is utf-8": Torture(serve=body(ONE.encode("utf-16"), "text/xml; charset=utf-8"), posts=1),
    "utf-16 without a mark": Torture(serve=body(ONE.encode("utf-16-be")), posts=1),
    "utf-32": Torture(serve=body(ONE.encode("utf-32")), posts=1),
    "utf-8 that says it is utf-16": Torture(serve=body(ONE.replace("?>", ' encoding="utf-16"?>', 1)), posts=1),
    "utf-7": Torture(serve=body(ONE.encode("utf-7"), "text/xml; charset=utf-7"), posts=1),
    "NULs": Torture(serve=body(said("It was\0 them.\0\0")), posts=1),
    "NULs alone": Torture(serve=body(b"\0" * 100_000), troubles=(MALFORMED,)),
    "controls and surrogates": Torture(serve=body(said("&#xD800; &#0; &#x1F; \x1b[31m \x85 &#xFFFF; ok")), posts=1),
    "bytes of no charset": Torture(serve=body(ONE.encode().replace(b"them", bytes(range(128, 256)))), posts=1),
    # XML
    "a billion laughs": Torture(
        serve=body(rss(SAID.replace("them", "&j;"), head=DOCTYPE.format(f'<!ENTITY a "ha">{BILLION}'))), posts=1
    ),
    "one long entity often": Torture(
        serve=body(said("&a;" * 50_000).replace("<rss", DOCTYPE.format(f'<!ENTITY a "{"a" * 50_000}">') + "<rss", 1)),
        posts=1,
    ),
    "400 kB of <!--": Torture(serve=body("<rss><channel><item>" + "<!--" * 100_000), troubles=(MALFORMED, TIMEOUT)),
    "400 kB of <!-- as text": Torture(serve=body(said("&lt;!--" * 100_000)), posts=1),
    "400 kB of <!-- as CDATA": Torture(serve=body(said(f"<![CDATA[{'<!--' * 100_000}]]>")), posts=1),
    "comments before nothing": Torture(serve=body("<!---->" * 9_000 + "x"), troubles=(MALFORMED,)),
    "100,000 nested tags": Torture(serve=body(said("<a>" * 100_000 + "</a>" * 100_000)), posts=1),
    "100,000 nested tags, open": Torture(serve=body("<rss><channel><item><title>A</title>" + "<a>" * 100_000), posts=1),
    "100,000 nested tags as text": Torture(serve=body(said("&lt;div&gt;" * 100_000)), posts=1),
    "10,000 attributes": Torture(
        serve=body("<rss><channel><item " + " ".join(f"a{n}='1'" for n in range(10_000)) + "/></channel></rss>"),
        posts=0,
    ),
    "100,000 namespaces": Torture(
        serve=body(rss(SAID, root=" ".join(f"xmlns:a{n}='urn:{n}'" for n in range(100_000)))), posts=1
    ),
    "100,000 declarations": Torture(serve=body(rss(SAID, head=DOCTYPE.format('<!ENTITY a "b">' * 100_000))), posts=1),
    "a title of a megabyte": Torture(serve=body(rss(f"<title>{'A' * 1_000_000}</title>")), posts=1),
    "a link of a megabyte": Torture(
        serve=body(rss(f"<title>A</title><link>https://m.example/{'a' * 1_000_000}</link>")), posts=1
    ),
    "a guid of a megabyte": Torture(serve=body(rss(f"<title>A</title><guid>{'a' * 1_000_000}</guid>")), posts=1),
    "a date of a megabyte": Torture(serve=body(dated("1 " * 500_000)), posts=1),
    "marks without end": Torture(serve=body(said("a" + "\u0300\u0316" * 400_000)), posts=1),
    # entries
    "100,000 entries": Torture(serve=lambda w, p: body(entries(100_000))(w, p), troubles=(TIMEOUT, TOO_LARGE)),
    "5,000 entries": Torture(serve=body(entries(5_000)), posts=2_000),
    "dates of 1970, 2099, none": Torture(
        serve=body(
            dated("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2099 00:00:00 GMT", "", "99999-99-99", "yesterday")
        ),
        posts=5,
    ),
    "one guid for all": Torture(
        serve=body(
            rss(*(f"<title>Road {n}</title><link>https://m.example/{n}</link><guid>1</guid>" for n in range(20)))
        ),
        posts=20,
    ),
    "no guid, no link, one title": Torture(serve=body(rss(*["<title>Road</title>"] * 20)), posts=1),
    # what is no feed
    "a web page": Torture(serve=body(page("<p>News</p>")), troubles=(Trouble.SOFT_404,)),
    "a web page of 1 MB": Torture(
        serve=body(page("<p>News</p>" * 70_000), "text/html"), troubles=(Trouble.SOFT_404, TIMEOUT)
    ),
    "a login page": Torture(
        serve=body(page("<form><input type=password></form>").replace(b"News", b"Sign in to continue"), "text/html"),
        troubles=(Trouble.BLOCKED,),
    ),
    "nothing": Torture(serve=body(b""), troubles=(MALFORMED,)),
    "a PDF": Torture(serve=body(b"%PDF-1.7\n" + bytes(range(256)) * 4000), troubles=(MALFORMED,)),
    "noise": Torture(serve=body(zlib.compress(b"x" * 9999) * 20_000), troubles=(MALFORMED,)),
    "JSON": Torture(serve=body('{"items": [' + "[" * 100_000), troubles=(MALFORMED,)),
    # articles
    "a 2 MB page of links": Torture(serve=leads_to(page(links())), posts=1),
    "an article of 100,000 nested tags": Torture(serve=leads_to(page("<div>" * 100_000)), posts=1),
    "an article of <!--": Torture(serve=leads_to(page("<!--" * 100_000)), posts=1),
    "an article of marks": Torture(serve=leads_to(page("<p>" + "\u0300\u0316" * 800_000)), posts=1),
    "an article without end": Torture(serve=leads_to(endless_body), posts=1),
    "an article a byte at a time": Torture(serve=leads_to(bytewise(OK * 9), drip=0.1), posts=1),
    "an article that is a bomb": Torture(
        serve=leads_to(
            lambda: [f"{OK}Content-Encoding: gzip\r\nContent-Length: {len(spaces())}\r\n\r\n".encode(), spaces()]
        ),
        posts=1,
    ),
    "an article that is well": Torture(serve=leads_to(article("The UK holds Iran responsible.")), posts=1),
}
