"""The server: one port for the Web API, Socket Mode and response URLs; what goes wrong on demand."""

import asyncio
import time
from collections import defaultdict, deque
from dataclasses import dataclass

from aiohttp import web

from tests.slack.methods import METHODS
from tests.slack.oauth import Registry
from tests.slack.people import People
from tests.slack.places import Place
from tests.slack.schemas import problems, specs
from tests.slack.socket import Ack, Socket
from tests.slack.store import Channel, Json, Kind, Message, RefusalError, Workspace

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-local", "xapp-local", "local-signing-secret"
SCOPES = (
    *("channels:history", "channels:read", "chat:write", "commands", "groups:history", "groups:read"),
    *("im:history", "im:write", "users:read"),
)
FOR_APP_TOKENS = {"apps.connections.open"}
SPACING = 1.0  # seconds between posts in a channel
ACCEPT = "accept_then_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of the Web API once it was done; `at`: seconds on a clock that never goes back."""

    method: str
    args: Json
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call. `how`: reset, hang, 500, html, text, or an error code; `accepts`: it is done all
    the same, only the answer is lost."""

    how: str
    accepts: bool
    retry_after: int


class LocalSlack:
    """A workspace with the app installed. `paced`: whether more than one post a second in a channel is refused;
    `refusals`: each call that was refused for what it asked, with the code and the reasons."""

    def __init__(self, *, paced: bool = True) -> None:
        self.bot_token, self.app_token, self.signing_secret = BOT_TOKEN, APP_TOKEN, SECRET
        self.paced = paced
        self.space = Workspace()
        self.space.scopes = set(SCOPES)
        self.socket = Socket()
        self.people = People(self.space, self.socket, SECRET)
        self.places = [Place(space=self.space, people=self.people)]
        self.oauth = Registry()
        self.calls: list[Call] = []
        self.refusals: list[tuple[str, Json]] = []
        self.token_troubles: dict[str, str] = {}  # token -> token_revoked, token_expired, account_inactive ...
        self.slash, self.click = self.people.slash, self.people.click
        self.submit, self.event = self.people.submit, self.people.event
        self.suggest, self.shortcut = self.people.suggest, self.people.shortcut
        self._specs = specs()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._posted_at: dict[str, float] = {}
        self._holds: dict[str, tuple[asyncio.Event, asyncio.Event]] = {}
        self._ended = asyncio.Event()
        self._changed = asyncio.Condition()

    @property
    def url(self) -> str:
        """The address for SLACK_API_URL."""
        return f"{self.people.site}/api/"

    @property
    def scopes(self) -> set[str]:
        """What the bot token may do; change it at will."""
        return self.space.scopes

    @property
    def acks(self) -> list[Ack]:
        """The acknowledgements over Socket Mode, each with its seconds."""
        return self.socket.acks

    def channel(self, name: str, kind: Kind = "public", *, member: bool = True, archived: bool = False) -> str:
        """Makes a channel; its id."""
        return self.space.add_channel(name, kind, member=member, archived=archived).id

    def user(self, name: str, *, admin: bool = False, zone: str = "Europe/London") -> str:
        """Adds a person, who is in every channel there is; their id."""
        return self.space.add_user(name, admin=admin, zone=zone)

    def workspace(self, team: str, enterprise: str = "") -> Place:
        """Makes another workspace, in which the app is not installed yet."""
        space = Workspace(team=team, enterprise=enterprise, beside=self.space)
        space.scopes = self.space.scopes
        people = People(space, self.socket, SECRET)
        people.site = self.people.site
        self.places.append(Place(space=space, people=people))
        return self.places[-1]

    def consent(self, url: str, place: Place, person: str, *, of_all: bool = False) -> str:
        """Somebody allows what Slack's page at an address asks, for their workspace or `of_all` of its organisation;
        the address they are sent back to. RefusalError where Slack shows an error instead."""
        org = [one.space for one in self.places if one.space.enterprise == place.space.enterprise]
        spaces = org if of_all else [place.space]
        for space in spaces:
            space.of_all = of_all
        return self.oauth.consent(url, person=person, space=place.space, spaces=spaces, of_all=of_all)

    def about(self, channel: str) -> Channel:
        """A channel, to look at or to change."""
        return self.space.channels[channel]

    def messages(self, channel: str) -> list[Message]:
        """What is in a channel, oldest first, replies too; a person's id stands for the conversation with them."""
        where = self.space.conversation_with(channel) if channel in self.space.users else self.about(channel)
        return [one for one in where.messages.values() if not one.deleted]

    def say(self, channel: str, text: str, *, user: str, thread_ts: str | None = None) -> Message:
        """A person writes in a channel."""
        return self.space.add_message(self.about(channel), {"text": text, "thread_ts": thread_ts}, user)

    def delete(self, channel: str, ts: str) -> None:
        """Somebody deletes a message."""
        self.about(channel).messages[ts].deleted = True

    def forward(self, seconds: float) -> None:
        """Sets Slack's clock forward, by which triggers and response URLs end."""
        self.space.ahead += seconds

    def next(self, method: str, how: str, *, times: int = 1, retry_after: int = 30) -> None:
        """Lets the next calls of a method go wrong: `reset`, `hang`, `500`, `html` (503), `text` (200, no JSON) or an
        error code, `ratelimited` with its Retry-After; `accept_then_...`: it is done, and only then goes wrong."""
        fault = Fault(how=how.removeprefix(ACCEPT), accepts=how.startswith(ACCEPT), retry_after=retry_after)
        self._faults[method].extend([fault] * times)

    def hold(self, method: str) -> None:
        """Does the next calls of a method, and answers them only when they are let go."""
        self._holds[method] = (asyncio.Event(), asyncio.Event())

    async def held(self, method: str) -> None:
        """Waits until a call of a method is done and held."""
        await asyncio.wait_for(self._holds[method][0].wait(), 5)

    def let_go(self, method: str) -> None:
        """Answers the calls that are held, and no longer holds any."""
        self._holds.pop(method)[1].set()

    async def connected(self, opened: int = 1) -> None:
        """Waits until the app has a Socket Mode connection and has opened so many in all."""
        await self.socket.connected(opened)

    async def called(self, method: str, count: int = 1, within: float = 5.0) -> list[Json]:
        """Waits until a method was called so often, whatever came of it; the arguments of each call."""

        def found() -> list[Json]:
            return [call.args for call in self.calls if call.method == method]

        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: len(found()) >= count)
        return found()

    async def __aenter__(self) -> "LocalSlack":
        app = web.Application()
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.get("/link", self.socket.serve),
                web.post("/respond/{name}", self._respond),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.people.site = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        await self.socket.drop()
        await self._runner.cleanup()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args, token = await self._read(request, method)
        fault = self._faults[method].popleft() if self._faults[method] else None
        answer: Json = {} if fault and not fault.accepts else self._try(method, args, token)
        await self._note(Call(method=method, args=args, at=time.monotonic()))
        if method in self._holds:
            reached, released = self._holds[method]
            reached.set()
            await released.wait()
        return await self._fail(request, fault) if fault else self._answered(answer)

    def _try(self, method: str, args: Json, token: str) -> Json:
        try:
            return {"ok": True} | self._do(method, args, token)
        except RefusalError as refusal:
            self.refusals.append((method, refusal.answer))
            return refusal.answer

    async def _note(self, call: Call) -> None:
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    async def _read(self, request: web.Request, method: str) -> tuple[Json, str]:
        args: Json = dict(request.query)
        spec = self._specs.get(method)
        if request.content_type == "application/json":
            read = await request.json() if request.can_read_body else {}
            args |= read if spec is None or spec.reads_json else {}  # a method that reads none sees no arguments
        elif request.method == "POST":
            args |= dict(await request.post())
        token = args.pop("token", "")
        return args, request.headers.get("Authorization", f"Bearer {token}").removeprefix("Bearer ")

    def _do(self, method: str, args: Json, token: str) -> Json:
        spec = self._specs.get(method)
        if spec is None:
            raise RefusalError("unknown_method", req_method=method)
        if method == "oauth.v2.access":
            return self.oauth.access(args, token)
        if method != "api.test":
            self._check_token(method, token)
        if spec.scopes and not spec.scopes & self.scopes:
            needed = ",".join(sorted(spec.scopes))
            raise RefusalError("missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))
        if found := list(problems(spec, args)):
            raise RefusalError("invalid_arguments", *found)
        if method == "apps.connections.open":
            ticket = self.socket.ticket(self.space.number("ticket"))
            return {"url": f"ws{self.people.site.removeprefix('http')}/link?ticket={ticket}&app_id=A0LOCAL"}
        if method == "chat.postMessage":
            self._check_pace(str(args["channel"]))
        return METHODS[method](self._space_of(token, args), args)

    def _space_of(self, token: str, args: Json) -> Workspace:
        """The workspace that a call is about: an organisation's token is good for several."""
        issued = self.oauth.tokens.get(token)
        if issued is None:
            return self.space
        named = {args.get("channel"), args.get("user"), args.get("user_id")}
        about = (one for one in issued.spaces if named & {*one.channels, *one.users})
        return next(about, issued.spaces[0])

    def _check_token(self, method: str, token: str) -> None:
        if not token:
            raise RefusalError("not_authed")
        if token in self.oauth.tokens:
            self.oauth.check(token)
        elif token not in (BOT_TOKEN, APP_TOKEN):
            raise RefusalError("invalid_auth")
        if token in self.token_troubles:
            raise RefusalError(self.token_troubles[token])
        if (token == APP_TOKEN) != (method in FOR_APP_TOKENS):
            raise RefusalError("not_allowed_token_type")

    def _check_pace(self, channel: str) -> None:
        now = time.monotonic()
        if self.paced and now - self._posted_at.get(channel, -SPACING) < SPACING:
            raise RefusalError("ratelimited")
        self._posted_at[channel] = now

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.how:
            case "reset":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "hang":
                await self._ended.wait()
                return web.Response()
            case "html":
                return web.Response(status=503, text="<h1>Sorry</h1>", content_type="text/html")
            case "text":
                return web.Response(text="Sorry")
            case "500":
                return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        return self._answered({"ok": False, "error": fault.how}, fault.retry_after)

    def _answered(self, answer: Json, retry_after: int = 1) -> web.Response:
        headers = {"X-OAuth-Scopes": ",".join(sorted(self.scopes))}
        if answer.get("error") == "ratelimited":
            return web.json_response(answer, status=429, headers=headers | {"Retry-After": str(retry_after)})
        return web.json_response(answer, headers=headers)

    async def _respond(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            payload = await request.json()
            people = next((one.people for one in self.places if one.people.knows(name)), self.people)
            await people.respond(name, payload)
        except RefusalError as refusal:
            self.refusals.append(("response_url", refusal.answer))
            gone = refusal.code in ("expired_url", "used_url")
            return web.json_response(refusal.answer, status=404 if gone else 400)
        return web.Response(text="ok")
