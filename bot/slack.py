"""The far side that is Slack: messages sent through its Web API, looked up in it, every failure made an answer."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from attribution.retry import TRIES, UNANSWERED, Answer, Tried, answer
from bot.deliver import Sent
from bot.escape import cut
from bot.tokens import OneToken, Tokens
from storage.outbox import Message, Op

STAMP = "attribution_message"  # the type of the metadata that every message carries, so that it can be found again
AT_MOST_ONCE = "digest "  # keys of what is better lost than told twice, where Slack does not let us look
PACE = 1.0  # seconds between the messages of a channel (docs.slack.dev: "Rate limits", posting messages)
TIMEOUT = 10.0  # seconds for one request
LINK_TIMEOUT = 3.0  # seconds: a link to the card before is no reason to hold anything up
# chat.update refuses a longer text (msg_too_long), and one without blocks is split by clients when posted.
TEXT_LENGTH = 4000
EARLIER = timedelta(hours=1)  # how far Slack's clock and ours may differ
PAGE, PAGES = 200, 10  # messages a page, and pages read to find one
UNREADABLE = "unreadable"  # our own code: what is in a channel cannot be known

# slack_sdk raises AttributeError for an answer in plain text with status 200, ValueError for bytes that are no text.
FAILURES = (SlackApiError, aiohttp.ClientError, OSError, AttributeError, ValueError, LookupError)

R = TypeVar("R")
log = structlog.get_logger()


class NotInstalledError(LookupError):
    """The app is not installed in the workspace that a message is for."""


def stamp(message: Message) -> dict[str, Any]:
    """The metadata by which a message is found again; the key is hashed: other apps can read it."""
    key = hashlib.sha256(f"{message.tenant}\n{message.key}".encode()).hexdigest()[:32]
    return {"event_type": STAMP, "event_payload": {"key": key}}


def tried(error: Exception) -> Tried:
    """What a failed request to Slack means, as Slack's own error code or as one of `attribution.retry`."""
    match error:
        case SlackApiError():
            return _refused(error.response)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Tried(code="service_unavailable")  # no connection: nothing can have arrived
        case TimeoutError():
            return Tried(code="timeout")
        case aiohttp.ClientError() | OSError():
            return Tried(code="reset")
        case NotInstalledError():
            return Tried(code="account_inactive")  # as Slack says it where the app was removed
        case LookupError():
            return Tried(code=UNREADABLE)
    return Tried(code="internal_error")  # an answer that is none of Slack's: nobody knows what it did


def cannot_tell(message: Message, failed: Tried) -> Sent | None:
    """What is to be done about a message in doubt where looking for it failed.

    A passing failure: look again. No scope to read the channel's history: an alert is sent again, so that it arrives
    at least once, at once the first time and then after longer and longer; a digest counts as arrived, so that it does
    at most once. Any other: send it, and Slack says the same of that, which settles it.
    """
    if answer(failed, TRIES) in (Answer.WAIT, Answer.LOOK_UP):
        return Sent(tried=Tried(code="interrupted", retry_after=failed.retry_after))
    if failed.code not in ("missing_scope", UNREADABLE):
        return None
    if message.key.startswith(AT_MOST_ONCE):
        return Sent(tried=Tried())
    return Sent(tried=Tried(code=UNANSWERED)) if message.attempts > 1 else None


def _refused(response: AsyncSlackResponse | aiohttp.ClientResponse) -> Tried:
    if isinstance(response, aiohttp.ClientResponse):  # slack_sdk could not read the answer
        return Tried(code=_by_status(response.status))
    data = response.data if isinstance(response.data, dict) else {}
    after = response.headers.get("Retry-After", "")
    wait = timedelta(seconds=int(after)) if after.isdecimal() else None
    return Tried(code=data.get("error") or _by_status(response.status_code), retry_after=wait)


def _by_status(status: int) -> str:
    if status == 429:
        return "ratelimited"
    return "internal_error" if status == 200 or status >= 500 else f"http_{status}"


def _contents(message: Message) -> dict[str, Any]:
    """What the method takes beside the address; chat.update knows no `unfurl_*`."""
    payload = message.payload
    if message.op is Op.UPDATE:
        return {"text": _short(payload["text"]), "blocks": payload.get("blocks", [])}
    return payload if payload.get("blocks") else payload | {"text": _short(payload["text"])}


def _short(text: str) -> str:
    """A text cut at 4,000 characters, not within a link or a date."""
    shorter = cut(text, TEXT_LENGTH)
    opened, closed = shorter.rfind("<"), shorter.rfind(">")
    return shorter if opened <= closed else shorter[:opened].rstrip() + "…"


@asynccontextmanager
async def open_slack(
    tokens: Tokens | str, api_url: str, *, pace: float = PACE, patience: float = TIMEOUT
) -> AsyncIterator["Slack"]:
    """A `Slack` with a session of its own; `tokens`: one token stands for every workspace's; `patience`: seconds for
    one request.

    Nothing is retried here: the SDK's default handler can post twice."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as session:

        def client(token: str) -> AsyncWebClient:
            return AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])

        yield Slack(OneToken(token=tokens) if isinstance(tokens, str) else tokens, client, pace=pace)


class Slack:
    """Slack's workspaces. `tokens`: whose token a message is sent with; `client`: a client that uses a token; `pace`:
    seconds between the messages of one channel; other channels never wait for it."""

    def __init__(self, tokens: Tokens, client: Callable[[str], AsyncWebClient], *, pace: float = PACE) -> None:
        self._tokens, self._client = tokens, client
        self._pace = pace
        self._free_at: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, message: Message) -> Sent:
        """Tries to deliver one message; however it fails, that is the answer."""
        contents = _contents(message)
        where = (message.tenant, message.channel)
        async with self._turns[where]:
            await asyncio.sleep(self._free_at[where] - monotonic())
            try:
                return await self._asked(message.tenant, lambda client: _send(client, message, contents))
            except FAILURES as error:
                return Sent(tried=tried(error))
            finally:
                self._free_at[where] = monotonic() + self._pace

    async def look_up(self, message: Message) -> Sent | None:
        """What became of a message in doubt; None if it is not there, or must be sent again to know."""
        if message.op is Op.UPDATE:  # the same words twice are the same card
            return None
        try:
            return await self._asked(message.tenant, lambda client: _look_up(client, message))
        except FAILURES as error:
            failed = tried(error)
            log.warning("looking up failed", key=message.key, channel=message.channel, problem=failed.code)
            return cannot_tell(message, failed)

    async def _asked(self, tenant: str, ask: Callable[[AsyncWebClient], Awaitable[R]]) -> R:
        """What Slack answers to a workspace's token; one that Slack calls expired is renewed, and asked with once more.

        Raises what `ask` raises, NotInstalledError where there is no token."""
        token = await self._tokens.of(tenant)
        if token is None:
            raise NotInstalledError(tenant)
        try:
            return await ask(self._client(token))
        except SlackApiError as error:
            renewed = await self._tokens.renewed(tenant, token) if tried(error).code == "token_expired" else None
            if renewed is None:
                raise
        return await ask(self._client(renewed))


async def _send(client: AsyncWebClient, message: Message, contents: dict[str, Any]) -> Sent:
    if message.op is Op.UPDATE:
        updated = await client.chat_update(channel=message.channel, ts=_root(message), **contents)
        return Sent(tried=Tried(), ts=updated["ts"])
    thread = _root(message) if message.op is Op.REPLY else None
    posted = await client.chat_postMessage(
        channel=message.channel, thread_ts=thread, metadata=stamp(message), **contents
    )
    if thread and not posted["message"].get("thread_ts"):  # its root was deleted: Slack made it one itself
        return await _unthreaded(client, message, posted["ts"])
    return Sent(tried=Tried(), ts=posted["ts"], link=await _link(client, message, posted["ts"]))


async def _look_up(client: AsyncWebClient, message: Message) -> Sent | None:
    if message.op is Op.DIRECT:  # reading what was said to a person would take a scope for this alone
        return cannot_tell(message, Tried(code=UNREADABLE))
    if message.op is Op.REPLY:
        return await _look_up_reply(client, message)
    ts = await _find_root(client, message)
    return Sent(tried=Tried(), ts=ts, link=await _link(client, message, ts)) if ts else None


async def _look_up_reply(client: AsyncWebClient, message: Message) -> Sent | None:
    try:
        ts = await _find_reply(client, message)
    except SlackApiError as error:
        gone = tried(error)
        if gone.code != "thread_not_found":
            raise
        stray = await _find_root(client, message)
        return await _unthreaded(client, message, stray) if stray else Sent(tried=gone)
    return Sent(tried=Tried(), ts=ts) if ts else None


async def _find_root(client: AsyncWebClient, message: Message) -> str | None:
    where: dict[str, Any] = {"channel": message.channel, "oldest": _oldest(message)}
    pages = await client.conversations_history(**where, include_all_metadata=True, limit=PAGE)
    if found := await _found(pages, message):
        return found
    # Our clock may be wrong by any length: what was sent of late is on the newest page, whatever it says.
    newest = await client.conversations_history(channel=message.channel, include_all_metadata=True, limit=PAGE)
    return _stamped(newest, message)


async def _find_reply(client: AsyncWebClient, message: Message) -> str | None:
    where: dict[str, Any] = {"channel": message.channel, "ts": _root(message)}
    pages = await client.conversations_replies(**where, include_all_metadata=True, limit=PAGE)
    return await _found(pages, message)


async def _unthreaded(client: AsyncWebClient, message: Message, ts: str) -> Sent:
    """A reply that stands alone tells nobody anything: it is deleted."""
    try:
        await client.chat_delete(channel=message.channel, ts=ts)
    except FAILURES as error:
        log.warning("a stray reply stays", channel=message.channel, ts=ts, problem=tried(error).code)
    return Sent(tried=Tried(code="unthreaded"))


async def _link(client: AsyncWebClient, message: Message, ts: str) -> str | None:
    """Where a card can be read; None if Slack does not say at once: the next card then links none before it."""
    if message.op is not Op.POST or message.case is None:
        return None
    try:
        async with asyncio.timeout(LINK_TIMEOUT):
            found = await client.chat_getPermalink(channel=message.channel, message_ts=ts)
    except FAILURES as error:
        log.info("no link to a card", channel=message.channel, ts=ts, problem=tried(error).code)
        return None
    return str(found["permalink"])


def _root(message: Message) -> str:
    assert message.root_ts is not None, "a reply and an update are taken once their card has been posted"
    return message.root_ts


def _oldest(message: Message) -> str:
    return f"{(message.tried_at - EARLIER).timestamp():.6f}" if message.tried_at else "0"


async def _found(pages: AsyncSlackResponse, message: Message) -> str | None:
    """The ts of the message that carries a message's stamp, None if there is none."""
    read = 0
    async for page in pages:
        if found := _stamped(page, message):
            return found
        read += 1
        if read == PAGES:
            raise LookupError("too much was said since to be sure that it is not there")
    return None


def _stamped(page: Any, message: Message) -> str | None:
    wanted = stamp(message)
    return next((str(one["ts"]) for one in page.get("messages") or [] if one.get("metadata") == wanted), None)
