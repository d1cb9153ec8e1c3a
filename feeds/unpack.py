"""Undo a response's Content-Encoding within a size limit: a bomb is refused, a cut stream is no whole one.

aiohttp can do this while it reads, but takes a gzip or brotli stream that ends half-way for a whole one; an article
that stops in mid-sentence must not be read.
"""

import zlib
from collections.abc import Callable

import brotli

from feeds.errors import FeedError, Trouble

# What some servers write where nothing is encoded; browsers take the body as it is.
NO_CODING = frozenset({"", "identity", "none", "binary", "utf-8", "utf8", "iso-8859-1"})
GZIP_MAGIC = b"\x1f\x8b"
# A gzip body may be several members one after the other (RFC 1952, 2.2); real ones have one or two.
MOST_MEMBERS = 16
# One is usual, two happen behind a proxy that compresses again.
MOST_CODINGS = 2


def unpack(raw: bytes, coding: str, limit: int) -> bytes:
    """The body behind the Content-Encoding `coding` (RFC 9110, 8.4), at most `limit` bytes, never more in memory.
    Raises FeedError: TOO_LARGE, or MALFORMED where it is cut, corrupt or encoded otherwise."""
    codings = [name for name in (part.strip().lower() for part in coding.split(",")) if name not in NO_CODING]
    if len(codings) > MOST_CODINGS or not DECODERS.keys() >= set(codings):
        raise FeedError(Trouble.MALFORMED, f"The answer is encoded as {coding[:50]!r}, which this bot did not ask for.")
    for name in reversed(codings):
        raw = _decode(raw, name, limit) if raw else raw
    if len(raw) > limit:
        raise too_large(limit)
    return raw


def too_large(limit: int) -> FeedError:
    """The error for a body of more than `limit` bytes."""
    return FeedError(Trouble.TOO_LARGE, f"The answer is larger than {limit / (1 << 20):g} MiB, so it was not read.")


def _decode(raw: bytes, name: str, limit: int) -> bytes:
    try:
        body = DECODERS[name](raw, limit)
    except (zlib.error, brotli.error) as error:
        raise FeedError(Trouble.MALFORMED, f"The answer says it is {name} and is not; it is asked again.") from error
    if body is None:
        raise FeedError(Trouble.MALFORMED, f"The answer ({name}) stops half-way; it is asked again.")
    if len(body) > limit:
        raise too_large(limit)
    return body


def _gunzip(raw: bytes, limit: int) -> bytes | None:
    """Up to `limit` + 1 bytes; None of a stream that is cut. What follows the last member is padding."""
    body = b""
    for _ in range(MOST_MEMBERS):
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        body += stream.decompress(raw, limit + 1 - len(body))
        if len(body) > limit:
            return body
        if not stream.eof:
            return None
        raw = stream.unused_data
        if not raw.startswith(GZIP_MAGIC):
            return body
    raise zlib.error("too many members")


def _inflate(raw: bytes, limit: int) -> bytes | None:
    """As _gunzip, for "deflate": zlib's format, or the bare one that some servers send under that name."""
    has_head = raw[0] & 0x0F == 8 and int.from_bytes(raw[:2]) % 31 == 0  # RFC 1950, 2.2
    stream = zlib.decompressobj(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS)
    body = stream.decompress(raw, limit + 1)
    return body if stream.eof or len(body) > limit else None


def _unbrotli(raw: bytes, limit: int) -> bytes | None:
    """As _gunzip, for brotli."""
    stream = brotli.Decompressor()
    body = stream.process(raw, output_buffer_limit=limit + 1)
    while not stream.is_finished() and len(body) <= limit:
        more = stream.process(b"", output_buffer_limit=limit + 1 - len(body))
        if not more:
            return None
        body += more
    return bytes(body)


DECODERS: dict[str, Callable[[bytes, int], bytes | None]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
}
