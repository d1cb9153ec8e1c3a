"""A small web on 127.0.0.1 for tests: real sockets, validators and 304, and everything that servers do wrong."""

import asyncio
import gzip
import hashlib
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict

PENDING = 1 << 20  # bytes on their way to a client before it has to take some
LAST_MODIFIED = "Wed, 01 Jul 2026 12:00:00 GMT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a path answers. `delay`: seconds before the head; `drip`: seconds between the body's bytes; `cut`: close
    after so many bytes of the body; `raw`: the whole answer as it goes over the wire, nothing else is used then, in
    pieces `drip` seconds apart, which need not end."""

    body: bytes = b""
    status: int = 200
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    delay: float = 0
    drip: float = 0
    cut: int | None = None
    raw: Callable[[], Iterable[bytes]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it arrived: `path` with its query, `headers` decoded, `raw` as (name, value) bytes."""

    path: str
    headers: Mapping[str, str]
    raw: tuple[tuple[bytes, bytes], ...]


class Web:
    """`async with Web() as web: web.serve("/feed.xml", body); web.url("/feed.xml"); web.requests`. `context`: for
    https."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self.requests: list[Seen] = []
        self.most_at_once = 0
        self.port = 0
        self._at_once = 0
        self._pages: dict[str, Page] = {}

    def serve(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        content_type: str = "application/rss+xml; charset=utf-8",
        headers: Mapping[str, str] | None = None,
        status: int = 200,
        validators: bool = True,
        delay: float = 0,
        drip: float = 0,
        cut: int | None = None,
    ) -> str:
        """Answer `path` (with its query, if it has one) from now on and return its address. `validators`: an ETag and
        a Last-Modified, and 304 to who sends them back; `headers` win over those made here."""
        content = body.encode() if isinstance(body, str) else body
        ours = CIMultiDict({"Content-Type": content_type})
        if validators and status == 200:
            ours["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            ours["Last-Modified"] = LAST_MODIFIED
        ours.update(headers or {})
        page = Page(body=content, status=status, headers=ours, delay=delay, drip=drip, cut=cut)
        self._pages[path] = page
        return self.url(path)

    def serve_raw(self, path: str, answer: bytes) -> str:
        """Answer `path` with these very bytes, head and body, and close."""
        return self.serve_pieces(path, lambda: [answer])

    def serve_pieces(self, path: str, pieces: Callable[[], Iterable[bytes]], *, drip: float = 0) -> str:
        """Answer `path` with these very bytes, head and body, as long as the client takes them, and close."""
        self._pages[path] = Page(raw=pieces, drip=drip)
        return self.url(path)

    def redirect(self, path: str, to: str, *, status: int = 301) -> str:
        """Answer `path` with a redirect to `to`, a path or an address."""
        return self.serve(path, status=status, headers={"Location": to})

    def bomb(self, path: str, *, mebibytes: int = 200, layers: int = 1) -> str:
        """Answer `path` with so many MiB of spaces, compressed once or several times over."""
        body = b" " * (mebibytes << 20)
        for _ in range(layers):
            body = gzip.compress(body, 9)
        return self.serve(path, body, headers={"Content-Encoding": ", ".join(["gzip"] * layers)})

    def forget(self, path: str) -> None:
        """Answer `path` with 404 from now on."""
        self._pages.pop(path, None)

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}{path}"

    async def __aenter__(self) -> "Web":
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._context).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(Seen(path=request.path_qs, headers=request.headers, raw=request.raw_headers))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await _respond(request, self._pages.get(request.path_qs, Page(body=b"no such page", status=404)))
        finally:
            self._at_once -= 1


def _unchanged(request: web.BaseRequest, page: Page) -> bool:
    """RFC 9110, 13.2.2: If-None-Match decides where it is sent, If-Modified-Since only without it."""
    if "If-None-Match" in request.headers:
        return page.headers.get("ETag") == request.headers["If-None-Match"]
    return "Last-Modified" in page.headers and page.headers["Last-Modified"] == request.headers.get("If-Modified-Since")


async def _respond(request: web.BaseRequest, page: Page) -> web.StreamResponse:
    await asyncio.sleep(page.delay)
    if page.raw is not None:
        return await _pour(request, page.raw(), page.drip)
    if page.status == 200 and _unchanged(request, page):
        return web.Response(status=304, headers=page.headers)
    if page.cut is not None:
        return await _stream(request, page, page.body[: page.cut])
    if page.drip:
        return await _stream(request, page, page.body)
    return web.Response(body=page.body, status=page.status, headers=page.headers)


async def _stream(request: web.BaseRequest, page: Page, body: bytes) -> web.StreamResponse:
    """Send the head with the whole body's length, then `body` piece by piece; hang up where that is less."""
    response = web.StreamResponse(status=page.status, headers=page.headers)
    response.content_length = len(page.body)
    await response.prepare(request)
    step = 1 if page.drip else len(body)
    for start in range(0, len(body), step or 1):
        await response.write(body[start : start + step])
        await asyncio.sleep(page.drip)
    if len(body) < len(page.body) and request.transport is not None:
        request.transport.close()
    return response


async def _pour(request: web.BaseRequest, pieces: Iterable[bytes], drip: float) -> web.StreamResponse:
    """Write what is to go over the wire, no faster than the client takes it, and hang up."""
    transport = request.transport
    for piece in pieces:
        while transport is not None and not transport.is_closing() and transport.get_write_buffer_size() > PENDING:  # noqa: ASYNC110 - a transport has no event
            await asyncio.sleep(0.005)
        if transport is None or transport.is_closing():
            break
        transport.write(piece)
        await asyncio.sleep(drip)
    if transport is not None:
        transport.close()
    return web.Response()
