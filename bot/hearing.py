"""Slack's requests over HTTP: whether each is Slack's, of these minutes, here for the first time, and to be read."""

import re
from collections.abc import Awaitable, Callable
from time import monotonic
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.log import bind
from bot.replays import Replays

# docs.slack.dev, "Verifying requests from Slack". What has another form is nobody's signature: the SDK's verifier
# raises at a time that is no number, or of 5,000 digits, and at a signature beyond ASCII.
TIME = re.compile(r"[0-9]{1,12}")
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
SIGNED = ("X-Slack-Request-Timestamp", "X-Slack-Signature")
# Slack looks at the certificate of a command's address now and then: `ssl_check=1&token=...`, without a signature
# (slackapi/bolt-js, issue 1397, shows one).
LOOK = {"ssl_check", "token"}
LONGEST_LOOK = 200  # bytes
# What Bolt raises at a body of a shape that is none of Slack's: it asks lists and numbers for their fields.
UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


def well_formed(timestamp: str, signature: str) -> bool:
    """Whether two headers may be what Slack signs with, going by their form."""
    return bool(TIME.fullmatch(timestamp) and SIGNATURE.fullmatch(signature))


def looks_at_certificate(body: bytes) -> bool:
    """Whether a body is what Slack sends to look at a certificate, and nothing else."""
    asked = parse_qs(body.decode("ascii", "replace"), keep_blank_values=True)
    return asked.get("ssl_check") == ["1"] and asked.keys() <= LOOK


def is_slacks(verifier: SignatureVerifier, body: bytes, timestamp: str, signature: str) -> bool:
    """Whether Slack signed a body, within five minutes; what is not UTF-8 Slack never sent."""
    try:
        return well_formed(timestamp, signature) and verifier.is_valid(body, timestamp, signature)
    except UnicodeDecodeError:
        return False


def hearing(app: AsyncApp, secret: str) -> Page:
    """What answers Slack's requests; `secret`: what they are signed with.

    Nothing is remembered, parsed or logged of what is not signed: anybody on the internet may send it."""
    verifier, replays = SignatureVerifier(secret), Replays()

    async def hear(request: web.Request) -> web.StreamResponse:
        bind({})  # a connection's requests share a task
        if await _looks(request):
            return web.Response()
        timestamp, signature = (request.headers.get(name, "") for name in SIGNED)
        if not well_formed(timestamp, signature):  # before its body is read
            raise _refused(request, "a request is not signed by Slack")
        body = await request.read()
        if not is_slacks(verifier, body, timestamp, signature):
            raise _refused(request, "a request is not signed by Slack")
        if not replays.first(signature, monotonic()):
            raise _refused(request, "a request came a second time")
        return await to_aiohttp_response(await app.async_dispatch(_read(request, body)))

    return hear


async def _looks(request: web.Request) -> bool:
    if any(name in request.headers for name in SIGNED) or (request.content_length or LONGEST_LOOK) >= LONGEST_LOOK:
        return False
    return looks_at_certificate(await request.read())


def _refused(request: web.Request, why: str) -> web.HTTPUnauthorized:
    log.warning(why, remote=request.remote)
    return web.HTTPUnauthorized()


def _read(request: web.Request, body: bytes) -> AsyncBoltRequest:
    """A signed request as Bolt takes it; raises HTTPBadRequest for one that cannot be read."""
    try:
        return AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=dict(request.headers))
    except UNREADABLE as error:
        log.warning("a request of Slack's cannot be read", problem=type(error).__name__, remote=request.remote)
        raise web.HTTPBadRequest from error
