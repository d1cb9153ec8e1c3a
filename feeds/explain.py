"""Why there is no feed: HTTP's statuses and the network's failures as FeedErrors, with a sentence to show. Pure."""

import ssl
from collections.abc import Mapping

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from feeds.errors import FeedError, Trouble
from feeds.guard import AddressRefusedError
from feeds.headers import RawHeaders, is_challenge, retry_after

STATUSES: Mapping[int, tuple[Trouble, str]] = {
    401: (Trouble.BLOCKED, "it wants a login; give the feed's public address, or remove it"),
    403: (Trouble.BLOCKED, "it does not let this bot in; ask the publisher, or set FEEDS_PROXY"),
    404: (Trouble.NOT_FOUND, "it has nothing at this address; look whether the feed has moved"),
    407: (Trouble.BLOCKED, "a proxy on the way wants a login; check FEEDS_PROXY"),
    408: (Trouble.TIMEOUT, "it found this bot too slow; it is asked again"),
    410: (Trouble.GONE, "this feed is gone for good; it is not asked again"),
    429: (Trouble.RATE_LIMITED, "it is asked too often; this bot waits longer"),
    451: (Trouble.BLOCKED, "it may not show this here for legal reasons; ask the publisher, or set FEEDS_PROXY"),
}
# By the hundreds, for what STATUSES does not name.
KINDS_OF_STATUS: Mapping[int, tuple[Trouble, str]] = {
    2: (Trouble.MALFORMED, "there is no feed in that answer; it is asked again"),
    3: (Trouble.REDIRECTS, "it sends this bot elsewhere without saying where; it is asked again"),
    4: (Trouble.BLOCKED, "it refuses this request; open the address in a browser and correct it"),
    5: (Trouble.SERVER, "the fault is at its end; it is asked again"),
}
UNKNOWN_STATUS = (Trouble.BLOCKED, "no browser knows that answer; ask the publisher, or set FEEDS_PROXY")
CHALLENGE = "a firewall tests there whether this bot is a browser; ask the publisher, or set FEEDS_PROXY"
# First match wins: aiohttp's exceptions are each other's children, and its timeouts are OSErrors.
FAILURES: tuple[tuple[tuple[type[Exception], ...], Trouble, str], ...] = (
    ((TimeoutError,), Trouble.TIMEOUT, "{host} did not answer in time; it is asked again."),
    (
        (aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError),
        Trouble.UNREACHABLE,
        "The proxy does not lead to {host}; check FEEDS_PROXY.",
    ),
    ((aiohttp.InvalidURL, UnicodeError), Trouble.REFUSED, "The address of {host} cannot be read; correct it."),
    (
        (aiohttp.ClientConnectorDNSError,),
        Trouble.UNREACHABLE,
        "The name {host} has no address at the moment; check the spelling if this lasts.",
    ),
    (
        (aiohttp.ClientSSLError, ssl.SSLError, ssl.CertificateError),
        Trouble.UNREACHABLE,
        "No trusted TLS connection to {host} (its certificate, or no TLS at all); it is asked again.",
    ),
    ((aiohttp.ClientPayloadError,), Trouble.UNREACHABLE, "{host} broke off half-way; it is asked again."),
    (
        (aiohttp.ClientResponseError, HttpProcessingError, ValueError),
        Trouble.MALFORMED,
        "{host} does not answer as HTTP wants it; it is asked again.",
    ),
    ((aiohttp.ClientError, OSError), Trouble.UNREACHABLE, "{host} cannot be reached; it is asked again."),
)
FAILED = tuple(kind for kinds, _, _ in FAILURES for kind in kinds)


def refusal(status: int, headers: RawHeaders, host: str) -> FeedError:
    """The error for an answer that brings no feed."""
    trouble, why = STATUSES.get(status) or KINDS_OF_STATUS.get(status // 100, UNKNOWN_STATUS)
    if is_challenge(headers):
        trouble, why = Trouble.BLOCKED, CHALLENGE
    return FeedError(trouble, f"{host} answered {status}: {why}.", retry_after=retry_after(headers))


def explained(error: Exception, host: str) -> FeedError:
    """The FeedError for what a request failed with: one of FAILED."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, AddressRefusedError):
        return FeedError(
            Trouble.REFUSED, f"This bot does not go to {host} ({error.os_error}); correct the feed's address."
        )
    trouble, words = next((trouble, words) for kinds, trouble, words in FAILURES if isinstance(error, kinds))
    return FeedError(trouble, words.format(host=host))
