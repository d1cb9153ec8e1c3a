"""One conditional GET, guarded: what may go wrong ends as a FeedError with a sentence for an operator."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Container, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

import aiohttp
from yarl import URL

from feeds.errors import FeedError, Trouble
from feeds.explain import FAILED, explained, refusal
from feeds.guard import Address, GuardedConnector, MayDial
from feeds.headers import RawHeaders, fresh_for, header, is_challenge, location
from feeds.unpack import too_large, unpack

WEB_PORTS = frozenset({80, 443})
FEEDS = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
PAGES = "text/html, application/xhtml+xml, */*;q=0.5"
ENCODINGS = "gzip, deflate, br"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
COMPLETE = frozenset({200, 203})
CONNECT_WITHIN = timedelta(seconds=10)
# Content-Security-Policy headers of several kilobytes are common on government sites; aiohttp's default is 8190 bytes.
HEADER_BYTES = 64 << 10
# Real validators have some 100 characters; what is longer would be sent back in a request that servers refuse (8 KB).
VALIDATOR_LENGTH = 2_000
# Bytes of a body that any number of which may be in memory at once; for a larger one `fetch` asks its caller for room.
LARGE = 1 << 20
LOGIN = re.compile(r"(?<=//)[^/?#]*@")
SUFFIXES = {
    ".atom": "application/atom+xml",
    ".htm": "text/html",
    ".html": "text/html",
    ".json": "application/json",
    ".rss": "application/rss+xml",
    ".xml": "application/xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`total`: for everything, redirects included; `body`: bytes after decompression; `hops`: redirects followed."""

    total: timedelta = timedelta(seconds=30)
    body: int = 10 << 20
    hops: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer. `moved_to`: where to ask from now on, if every redirect on the way was permanent, else None; `body`:
    None where nothing changed (304); `etag` and `last_modified`: to be stored and sent back as they are;
    `fresh_for`: how long the server calls this fresh, at most 24 h, None where it does not say."""

    url: str
    final_url: str
    moved_to: str | None = None
    status: int
    body: bytes | None
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None


USUAL = Limits()
Room = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redirect:
    location: str
    permanent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """What every hop is asked with."""

    etag: str | None
    last_modified: str | None
    limits: Limits
    ports: Container[int]
    accept: str
    room: Room

    @property
    def conditions(self) -> dict[str, str]:
        validators = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in validators.items() if value}


def user_agent(contact: str | None = None) -> str:
    """Who asks: this bot's name and version, and its operator where one is given (a page's address or a mailbox)."""
    return f"attribution-bot/{version('attribution-bot')} ({f'+{contact}' if contact else 'feed poller'})"


def parsed(address: str) -> URL:
    """The address as written where it is fit for the wire, so that a publisher sees `[]` as `[]`; else quoted. Raises
    ValueError of what is none."""
    return URL(address, encoded=address.isascii() and address.isprintable() and " " not in address)


def checked(address: str | URL, ports: Container[int]) -> URL:
    """The address, if it is one this bot goes to: http or https, a host, one of `ports`, no login. Raises
    FeedError(REFUSED)."""
    try:
        url = parsed(address) if isinstance(address, str) else address
        port = url.port
    except ValueError as error:
        raise FeedError(Trouble.REFUSED, f"{_quoted(address)} is no address of the web; correct it.") from error
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise FeedError(Trouble.REFUSED, f"{_quoted(address)} is no http or https address; correct it.")
    # RFC 3986, 3.2.1: aiohttp would send it as Authorization, and addresses are stored and shown.
    if "@" in url.raw_authority:
        raise FeedError(
            Trouble.REFUSED,
            f"The address of {_host(url)} has a login in it, which this bot does not send; give a public address.",
        )
    if port not in ports:
        raise FeedError(Trouble.REFUSED, f"{_host(url)} is asked for at port {port}, where this bot does not go.")
    return url.with_fragment(None)


def next_hop(trail: Sequence[URL], location: str, hops: int, ports: Container[int]) -> URL:
    """Where a redirect from the last address of `trail` leads. Raises FeedError(REDIRECTS): a loop, more than `hops`,
    from https to http (anyone on the way could then write the feed), or an address that `checked` refuses."""
    here = trail[-1]
    try:
        there = checked(here.join(parsed(location)), ports)
    except (FeedError, ValueError) as error:
        raise FeedError(
            Trouble.REDIRECTS, f"{_host(here)} leads to {_quoted(location)}, where this bot does not go."
        ) from error
    if there in trail:
        raise FeedError(Trouble.REDIRECTS, f"{_host(here)} leads in a circle; it is asked again.")
    if len(trail) > hops:
        raise FeedError(
            Trouble.REDIRECTS, f"{_host(here)} is redirect number {len(trail)}; look for the feed's address."
        )
    if (here.scheme, there.scheme) == ("https", "http"):
        raise FeedError(Trouble.REDIRECTS, f"{_host(here)} leads from https to http; look for an https address.")
    return there


def _host(url: URL) -> str:
    return (url.raw_host or str(url))[:100]


def _quoted(address: str | URL) -> str:
    """An address that is refused, for its error, which is stored and shown: without a login that it may have."""
    return repr(LOGIN.sub("(a login)@", str(address))[:100])


def _fetched(url: URL, status: int, headers: RawHeaders, body: bytes | None, ask: _Ask) -> Fetched:
    """A 304 keeps the validators that it does not renew (RFC 9111, 3.2); a new body brings its own or none."""
    etag, last_modified = (ask.etag, ask.last_modified) if body is None else (None, None)
    return Fetched(
        url=str(url),
        final_url=str(url),
        status=status,
        body=body,
        content_type=header(headers, "Content-Type") or "",
        etag=_validator(headers, "ETag") or etag,
        last_modified=_validator(headers, "Last-Modified") or last_modified,
        fresh_for=fresh_for(headers),
    )


def _validator(headers: RawHeaders, name: str) -> str | None:
    found = header(headers, name)
    return found if found and len(found) <= VALIDATOR_LENGTH else None


def _anywhere(_: Address) -> bool:
    return True


def open_session(*, may_dial: MayDial, proxy: str | None = None, contact: str | None = None) -> aiohttp.ClientSession:
    """The session that `fetch` wants; to be made inside a running loop and closed. `may_dial`: see guard.public_only;
    not asked about where a `proxy` dials instead, whose task it is then. Keeps no cookies, reads no environment."""
    return aiohttp.ClientSession(
        connector=GuardedConnector(may_dial=_anywhere if proxy else may_dial),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent(contact), "Accept-Encoding": ENCODINGS},
        proxy=proxy,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN.total_seconds()),
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
        trust_env=False,
    )


async def _at_once() -> None:
    """Room for who has memory enough."""


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    limits: Limits = USUAL,
    ports: Container[int] = WEB_PORTS,
    accept: str = FEEDS,
    room: Room = _at_once,
) -> Fetched:
    """GET `url` unless unchanged since `etag` and `last_modified`, following redirects. `room` is awaited before more
    than LARGE bytes of body are held, and that wait is not the server's time. Raises FeedError and, apart from being
    cancelled, nothing else."""
    start = checked(url, ports)
    try:
        async with asyncio.timeout(limits.total.total_seconds()) as clock:
            made = _stopping(clock, room)
            ask = _Ask(etag=etag, last_modified=last_modified, limits=limits, ports=ports, accept=accept, room=made)
            return replace(await _follow(session, start, ask), url=url)
    except TimeoutError as error:
        raise explained(error, _host(start)) from error


def _stopping(clock: asyncio.Timeout, room: Room) -> Room:
    """Waits for room while the clock stands still."""

    async def wait() -> None:
        now, until = asyncio.get_running_loop().time, clock.when()
        began = now()
        clock.reschedule(None)
        await room()
        clock.reschedule(None if until is None else until + now() - began)

    return wait


async def _follow(session: aiohttp.ClientSession, start: URL, ask: _Ask) -> Fetched:
    trail, permanent = [start], True
    while isinstance(answer := await _get(session, trail[-1], ask), _Redirect):
        permanent = permanent and answer.permanent
        trail.append(next_hop(trail, answer.location, ask.limits.hops, ask.ports))
    return replace(answer, moved_to=answer.final_url if permanent and len(trail) > 1 else None)


async def _get(session: aiohttp.ClientSession, url: URL, ask: _Ask) -> Fetched | _Redirect:
    headers = {"Accept": ask.accept} | ask.conditions
    try:
        async with session.get(url, headers=headers, allow_redirects=False, auto_decompress=False) as response:
            return await _answer(response, url, ask)
    except FAILED as error:
        raise explained(error, _host(url)) from error


async def _answer(response: aiohttp.ClientResponse, url: URL, ask: _Ask) -> Fetched | _Redirect:
    headers, status = response.raw_headers, response.status
    target = location(headers) if status in REDIRECTS else None
    if target:
        return _Redirect(location=target, permanent=status in PERMANENT)
    if status == HTTPStatus.NOT_MODIFIED and ask.conditions:
        return _fetched(url, status, headers, None, ask)
    if status not in COMPLETE or is_challenge(headers):
        raise refusal(status, headers, _host(url))
    raw = await _read(response, ask)
    body = await _unpacked(raw, header(headers, "Content-Encoding") or "", ask)
    return _fetched(url, status, headers, body, ask)


async def _read(response: aiohttp.ClientResponse, ask: _Ask) -> bytes:
    """The body as it comes over the wire; what is compressed is smaller, so the limit holds here already."""
    body, roomy = bytearray(), False
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > ask.limits.body:
            raise too_large(ask.limits.body)
        if len(body) > LARGE and not roomy:
            await ask.room()
            roomy = True
    return bytes(body)


async def _unpacked(raw: bytes, coding: str, ask: _Ask) -> bytes:
    """The body behind its coding; what was small over the wire and is large without waits for room."""
    if len(raw) <= LARGE < ask.limits.body:
        try:
            return unpack(raw, coding, LARGE)
        except FeedError as error:
            if error.trouble is not Trouble.TOO_LARGE:
                raise
        await ask.room()
    return unpack(raw, coding, ask.limits.body)


def read_file(path: Path, limits: Limits = USUAL) -> Fetched:
    """A file as if it had been fetched, its content type guessed from its suffix. Raises FeedError."""
    try:
        with path.open("rb") as file:
            body = file.read(limits.body + 1)
        address = path.resolve().as_uri()
    except FileNotFoundError as error:
        raise FeedError(Trouble.NOT_FOUND, f"There is no file {path}; check the path.") from error
    except OSError as error:
        raise FeedError(Trouble.UNREACHABLE, f"{path} cannot be read ({error.strerror}); check the path.") from error
    if len(body) > limits.body:
        raise too_large(limits.body)
    kind = SUFFIXES.get(path.suffix.lower(), "")
    return Fetched(url=address, final_url=address, status=HTTPStatus.OK, body=body, content_type=kind)
