"""What `attribution-bot doctor` finds of Slack: which settings go together, both tokens, scopes, clock and socket."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot import doctor_installs, paths
from bot.config import Settings, oauth, oauth_problems, of_many
from bot.finding import Finding, fault, ok, warn
from bot.manifest import SCOPES
from bot.slack import FAILURES, tried

TIMEOUT = 10.0  # seconds for one request
HELLO_WITHIN = 5.0  # seconds from a socket's opening to Slack's hello
# docs.slack.dev, "Verifying requests from Slack": a request five minutes old is refused as replayed.
SIGNED_FOR = timedelta(minutes=5)
SKEW = timedelta(seconds=30)
USUAL_API = "https://slack.com/api/"
UNREACHED = ("service_unavailable", "timeout", "reset", "internal_error")
NETWORK = "Check this machine's network, HTTPS_PROXY and SLACK_API_URL, and status.slack.com."
BOT_PAGE = "Copy the Bot User OAuth Token from the app's page OAuth & Permissions into SLACK_BOT_TOKEN."
APP_PAGE = "Generate a token with connections:write under Basic Information, App-Level Tokens, for SLACK_APP_TOKEN."
REFUSED = {
    "invalid_auth": "Slack does not know this token",
    "not_authed": "Slack was sent no token",
    "token_revoked": "This token was revoked; the app may have been removed",
    "account_inactive": "The app was removed from the workspace, or the workspace is gone",
    "token_expired": "This token has expired; with token rotation on, the app is installed by OAuth (docs/slack.md)",
    "not_allowed_token_type": "This is another kind of token",
    "missing_scope": "This token lacks a scope",
}
Json = Mapping[str, Any]


async def examine(settings: Settings, now: datetime, holder: str | None) -> list[Finding]:
    """Asks Slack about the settings' tokens. `holder`: the bot that is at work, whose socket is left alone."""
    found = [*configured(settings)]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
        client = AsyncWebClient(base_url=settings.slack_api_url, session=session, retry_handlers=[])
        app: str | None = None
        if settings.slack_bot_token:
            client.token = settings.slack_bot_token.get_secret_value()
            bot, app = await _bot_token(client, now, signed=_http(settings))
            found += bot
        if settings.slack_app_token:
            found += await _app_token(client, session, settings.slack_app_token.get_secret_value(), app, holder)
        if not any(one.name == "OAuth" for one in found) and (many := oauth(settings)):
            found += await doctor_installs.examine(settings.database_url, many, settings.slack_api_url, session)
    return found


def configured(settings: Settings) -> Iterator[Finding]:
    """What the settings for Slack mean together."""
    many = of_many(settings)
    problems = list(oauth_problems(settings)) if many and settings.slack_bot_token is None else []
    for what, todo in problems:
        yield fault("OAuth", what, todo)
    if not problems:
        yield _transport(settings)
    if many and settings.slack_bot_token is not None:
        unused = f"SLACK_BOT_TOKEN is one workspace's, which alone is served: {', '.join(many)} do nothing."
        yield warn("OAuth", unused, "Unset them, or for many workspaces SLACK_BOT_TOKEN.")
    if settings.slack_api_url.rstrip("/") != USUAL_API.rstrip("/"):
        other = f"SLACK_API_URL is {settings.slack_api_url}: tokens and messages go there, not to Slack."
        yield warn("SLACK_API_URL", other, "Unset it, unless that is what you want.")


def scopes(header: str | None) -> Iterator[Finding]:
    """What a token may do, as the X-OAuth-Scopes header of Slack's answers lists it, beside what the bot does."""
    if header is None:
        unknown = "Slack's answer does not say which are granted."
        yield warn("scopes", unknown, "See that no proxy, and no SLACK_API_URL, takes headers away.")
        return
    granted = {one.strip() for one in header.split(",")} - {""}
    missing = [name for name in SCOPES if name not in granted]
    yield from map(_missing, missing)
    if not missing:
        more = sorted(granted - SCOPES.keys())
        spare = f" Not needed: {', '.join(more)}." if more else ""
        yield ok("scopes", f"All are granted: {', '.join(SCOPES)}.{spare}")


def clock(slack_says: str | None, now: datetime, *, signed: bool) -> Iterator[Finding]:
    """How far the clock is from the Date header of Slack's answer. `signed`: whether requests are heard over HTTP."""
    try:
        # Always GMT (RFC 9110, 5.6.7); the parser gives some forms of it no zone.
        off = abs(parsedate_to_datetime(slack_says or "").replace(tzinfo=UTC) - now)
    except ValueError:
        return
    seconds = f"The clock is {off.total_seconds():,.0f} seconds off Slack's."
    if off > SIGNED_FOR and signed:
        yield fault("clock", f"{seconds} Every signed request will be refused.", "Set the machine's clock, with NTP.")
    elif off > SKEW:
        yield warn("clock", seconds, "Set the machine's clock, with NTP: dates and digests will be off.")


def _missing(name: str) -> Finding:
    scope, add = SCOPES[name], f"Add {name} under OAuth & Permissions and reinstall the app."
    if scope.without is None:
        return fault("scopes", f"{name} is missing: it is needed {scope.reason}.", add)
    return warn("scopes", f"{name} is missing, {scope.reason}: {scope.without}.", f"{add} It is optional.")


def _http(settings: Settings) -> bool:
    return settings.slack_signing_secret is not None and settings.port is not None


def _transport(settings: Settings) -> Finding:
    socket, http = settings.slack_app_token is not None, _http(settings)
    if settings.slack_bot_token is None and of_many(settings):
        there = f"{settings.public_url}{paths.INSTALL}"
        return ok("Slack", f"Workspaces install the app at {there}; commands come by HTTP on port {settings.port}.")
    if settings.slack_bot_token is None:
        return _without_a_bot(settings)
    if socket or http:
        ways = [way for way, on in (("Socket Mode", socket), (f"HTTP on port {settings.port}", http)) if on]
        return ok("Slack", f"Alerts go to Slack; commands come by {' and '.join(ways)}.")
    half = {
        True: "SLACK_SIGNING_SECRET is set, PORT is not",
        False: "neither SLACK_APP_TOKEN nor a signing secret is set",
    }
    deaf = f"Alerts go to Slack, but no command is heard: {half[settings.slack_signing_secret is not None]}."
    return fault("Slack", deaf, "Set SLACK_APP_TOKEN, or both SLACK_SIGNING_SECRET and PORT.")


def _without_a_bot(settings: Settings) -> Finding:
    others = {"SLACK_APP_TOKEN": settings.slack_app_token, "SLACK_SIGNING_SECRET": settings.slack_signing_secret}
    alone = [name for name, value in others.items() if value is not None]
    if alone:
        return fault(
            "Slack",
            f"{' and '.join(alone)} without SLACK_BOT_TOKEN: nothing reaches Slack.",
            BOT_PAGE,
        )
    return ok("Slack", "Not set up: alerts go to the terminal.", "docs/slack.md leads from nothing to the first alert.")


# What Slack says


async def _bot_token(client: AsyncWebClient, now: datetime, *, signed: bool) -> tuple[list[Finding], str | None]:
    try:
        about = await client.auth_test()
    except FAILURES as error:
        return [_refused("bot token", str(tried(error).code), client.base_url, BOT_PAGE)], None
    headers = {name.lower(): value for name, value in about.headers.items()}
    found = [ok("bot token", f"Slack knows it: @{about.get('user')} in {about.get('team')} ({about.get('team_id')}).")]
    found += [*scopes(headers.get("x-oauth-scopes")), *clock(headers.get("date"), now, signed=signed)]
    return found, about.get("app_id")


async def _app_token(
    client: AsyncWebClient, session: aiohttp.ClientSession, token: str, app: str | None, holder: str | None
) -> list[Finding]:
    try:
        opened = await client.apps_connections_open(app_token=token)
    except FAILURES as error:
        return [_refused("app token", str(tried(error).code), client.base_url, APP_PAGE)]
    known = ok("app token", "Slack gives it an address for Socket Mode.")
    if holder:
        # Slack deals commands out among an app's connections: one that nobody answers on would lose some.
        return [known, ok("socket", f"Not tried: {holder} is at work and has its own.")]
    return [known, await _socket(session, str(opened["url"]), client.proxy, app)]


async def _socket(session: aiohttp.ClientSession, url: str, proxy: str | None, app: str | None) -> Finding:
    try:
        hello = await _hello(session, url, proxy)
    except (aiohttp.ClientError, OSError, TypeError, ValueError) as error:
        blocked = f"Slack's WebSocket could not be opened ({type(error).__name__})."
        return fault("socket", blocked, "Let this machine, or its proxy, open wss:// connections to Slack.")
    if hello.get("type") != "hello":
        return fault(
            "socket", f"Slack said {hello.get('type')!r} for a hello.", "Turn Socket Mode on in the app's settings."
        )
    greeted = (hello.get("connection_info") or {}).get("app_id")
    if app and greeted and app != greeted:
        two = f"SLACK_BOT_TOKEN is app {app}'s, SLACK_APP_TOKEN is {greeted}'s."
        return fault("socket", two, "Take both tokens from the same app.")
    return ok("socket", "Slack says hello.")


async def _hello(session: aiohttp.ClientSession, url: str, proxy: str | None) -> Json:
    async with asyncio.timeout(HELLO_WITHIN), session.ws_connect(url, proxy=proxy) as link:
        said: Json = await link.receive_json()
        return said


def _refused(name: str, code: str, url: str, page: str) -> Finding:
    if code in UNREACHED:
        return fault(name, f"Slack cannot be reached at {url} ({code}).", NETWORK)
    if code in ("ratelimited", "rate_limited"):
        return warn(name, "Slack asks for a pause, so the token could not be tried.", "Try again in a minute.")
    why = REFUSED.get(code, "Slack refuses this token")
    return fault(name, f"{why} ({code}).", page)
