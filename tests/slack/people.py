"""What people do that the app hears of: commands, clicks, submitted views, events; and what they see come back."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

import aiohttp

from tests.slack.checks import check_message, check_suggested, check_view
from tests.slack.signing import Signing, signed
from tests.slack.socket import Socket
from tests.slack.store import APP, BOT_USER, Json, Message, RefusalError, Workspace

USES, VALID_FOR = 5, 1800.0  # of a response URL
Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(slots=True, kw_only=True)
class Answer:
    """What an action brought. `ack`: what its acknowledgement said, None if it came without words or not at all;
    `later`: what came to its response URL; `failure`: what Slack tells the person went wrong; `status`: over HTTP."""

    trigger_id: str = ""
    response_url: str = ""
    ack: Json | None = None
    seconds: float = 0.0
    status: int | None = None
    failure: str | None = None
    later: list[Json] = field(default_factory=list)
    uses: int = 0
    made_at: float = 0.0
    channel: str = ""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def messages(self) -> list[Json]:
        """All that was said, in order."""
        return [*([self.ack] if self.ack else []), *self.later]

    async def said(self, count: int = 1, within: float = 5.0) -> list[Json]:
        """All that was said, once there are so many messages; TimeoutError if there never are."""
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(lambda: len(self.messages) >= count)
        return self.messages


class People:
    """The people of a workspace. `patience`: seconds after which Slack gives up an acknowledgement."""

    def __init__(self, space: Workspace, socket: Socket, secret: str) -> None:
        self.patience = 3.0
        self.site = ""  # where response URLs lead
        self._space, self._socket, self._secret = space, socket, secret
        self._answers: dict[str, Answer] = {}

    async def slash(
        self, command: str, text: str, *, channel: str, user: str, url: str | None = None, signing: Signing = "right"
    ) -> Answer:
        """Types a command. Over Socket Mode, or as a signed request to `url`."""
        answer = self._answer(channel)
        payload = self._who(channel, user) | {"command": command, "text": text, "api_app_id": APP}
        payload |= {"response_url": answer.response_url, "trigger_id": answer.trigger_id, "token": "legacy"}
        return await self._tell(answer, "slash_commands", payload, url, signing)

    async def click(
        self,
        shown: Json | Message,
        action_id: str,
        *,
        user: str,
        channel: str = "",
        chosen: Json | None = None,
        values: Json | None = None,
        url: str | None = None,
    ) -> Answer:
        """Uses an element of a message, an ephemeral answer or a view; `chosen`: what it then holds, such as
        `{"selected_option": ...}`; `values`: what the fields of a view hold. LookupError where nothing has that action
        id."""
        content = shown.as_json(metadata=True) if isinstance(shown, Message) else shown
        answer = self._answer(channel)
        payload = self._interaction("block_actions", user, answer)
        payload |= {"actions": [_action(content, action_id) | (chosen or {}) | {"action_ts": self._space.ts()}]}
        if content.get("type") in ("modal", "home"):
            payload |= {"container": {"type": "view", "view_id": content["id"]}}
            payload |= {"view": content | {"state": {"values": values or {}}}}
            answer.response_url = ""
        else:
            ephemeral = not isinstance(shown, Message)
            where = {"channel_id": channel, "message_ts": content.get("ts", "0.0"), "is_ephemeral": ephemeral}
            payload |= {"container": {"type": "message", **where}, "channel": {"id": channel, "name": "channel"}}
            payload |= {"response_url": answer.response_url, **({} if ephemeral else {"message": content})}
        return await self._tell(answer, "interactive", payload, url)

    async def suggest(self, view: Json, action_id: str, typed: str, *, user: str, url: str | None = None) -> list[Json]:
        """Types into a menu whose options the app gives; the options. Raises RefusalError for what Slack refuses."""
        answer = self._answer("")
        block = next(one["block_id"] for one in view["blocks"] if one.get("element", {}).get("action_id") == action_id)
        payload = self._interaction("block_suggestion", user, answer) | {"view": view, "value": typed}
        payload |= {"action_id": action_id, "block_id": block, "container": {"type": "view", "view_id": view["id"]}}
        payload.pop("trigger_id")
        await self._tell(answer, "interactive", payload, url)
        options = (answer.ack or {}).get("options")
        check_suggested(options)
        return options or []

    async def shortcut(
        self, callback_id: str, message: Json, *, channel: str, user: str, url: str | None = None
    ) -> Answer:
        """Chooses a shortcut of a message."""
        answer = self._answer(channel)
        payload = self._interaction("message_action", user, answer) | {"callback_id": callback_id, "message": message}
        payload |= {"response_url": answer.response_url, "message_ts": message.get("ts", self._space.ts())}
        payload |= {"channel": {"id": channel, "name": self._space.channels[channel].name}}
        return await self._tell(answer, "interactive", payload, url)

    async def submit(self, view: Json, values: Json, *, user: str, url: str | None = None) -> Answer:
        """Submits a modal; `values`: block id -> action id -> what its element holds. What the acknowledgement does
        with the window is done: without an action it closes."""
        answer = self._answer("")
        filled = view | {"state": {"values": values}}
        payload = self._interaction("view_submission", user, answer) | {"view": filled, "response_urls": []}
        await self._tell(answer, "interactive", payload, url)
        if answer.failure is None:
            self._after_submit(view, answer.ack or {})
        return answer

    async def event(self, event: Json, *, url: str | None = None) -> Answer:
        """Sends an event, such as `{"type": "app_home_opened", "user": ..., "tab": "home"}`."""
        whole = {"event_ts": self._space.ts()} | event
        team = None if self._space.of_all else self._space.team
        where: Json = {"team_id": team, "enterprise_id": self._space.enterprise or None}
        payload: Json = where | {"type": "event_callback", "api_app_id": APP, "event": whole}
        bot = where | {"user_id": BOT_USER, "is_bot": True, "is_enterprise_install": self._space.of_all}
        payload |= {"event_id": self._space.number("Ev"), "event_time": int(self._space.now()), "authorizations": [bot]}
        return await self._tell(self._answer(""), "events_api", payload, url)

    def knows(self, name: str) -> bool:
        """Whether a response URL is of something that somebody did here."""
        return name in self._answers

    async def respond(self, name: str, payload: Json) -> None:
        """Takes what the app sends to a response URL; raises RefusalError."""
        answer = self._answers.get(name)
        if answer is None or self._space.now() - answer.made_at > VALID_FOR:
            raise RefusalError("expired_url")
        if answer.uses >= USES:
            raise RefusalError("used_url")
        if not payload.get("delete_original"):
            payload = check_message(payload)
        answer.uses += 1
        if payload.get("response_type") == "in_channel":
            self._space.add_message(self._space.channels[answer.channel], payload)
        async with answer.changed:
            answer.later.append(payload)
            answer.changed.notify_all()

    def _answer(self, channel: str) -> Answer:
        name = self._space.number("R")
        url = f"{self.site}/respond/{name}"
        made = Answer(trigger_id=self._space.trigger(), response_url=url, made_at=self._space.now(), channel=channel)
        self._answers[name] = made
        return made

    def _who(self, channel: str, user: str) -> Json:
        where = self._space.channels[channel]
        who = {"team_id": self._space.team, "team_domain": "local", "user_id": user}
        who |= {"user_name": self._space.users[user]["name"]}
        if self._space.enterprise:
            who |= {"enterprise_id": self._space.enterprise, "enterprise_name": "Org"}
        of_all = "true" if self._space.of_all else "false"
        return who | {"channel_id": channel, "channel_name": where.name, "is_enterprise_install": of_all}

    def _interaction(self, kind: str, user: str, answer: Answer) -> Json:
        space = self._space
        person = {"id": user, "name": space.users[user]["name"], "team_id": space.team}
        # Where an app is installed for a whole organisation, the team is null (docs.slack.dev, block_actions payloads).
        team = None if space.of_all else {"id": space.team, "domain": "local"}
        enterprise = {"id": space.enterprise, "name": "Org"} if space.enterprise else None
        payload: Json = {"type": kind, "user": person, "team": team, "enterprise": enterprise, "api_app_id": APP}
        return payload | {"trigger_id": answer.trigger_id, "is_enterprise_install": space.of_all, "token": "legacy"}

    async def _tell(
        self, answer: Answer, kind: Kind, payload: Json, url: str | None, signing: Signing = "right"
    ) -> Answer:
        if url is None:
            await self._by_socket(answer, kind, payload)
        else:
            await self._by_http(answer, kind, payload, url, signing)
        if answer.ack and not answer.ack.keys() & {"response_action", "options", "option_groups"}:
            answer.ack = check_message(answer.ack)
        return answer

    def _after_submit(self, view: Json, ack: Json) -> None:
        """Does with a submitted window what the acknowledgement says; raises RefusalError for what it cannot do."""
        inputs = {block.get("block_id") for block in view["blocks"] if block["type"] == "input"}
        match ack.get("response_action"):
            case "errors" if not ack["errors"] or not set(ack["errors"]) <= inputs:
                raise RefusalError("invalid_arguments", "errors must name input blocks of the view")
            case "errors":
                return
            case "update":
                self._space.keep_view(check_view(ack["view"], "modal"), view["id"])
            case "push":
                self._space.keep_view(check_view(ack["view"], "modal"), self._space.number("V0"))
            case _:
                self._space.views.pop(view["id"], None)

    async def _by_socket(self, answer: Answer, kind: Kind, payload: Json) -> None:
        name = self._space.number("E")
        try:
            ack = await self._socket.send(kind, payload, name, self.patience, answers=kind != "events_api")
        except ConnectionError:
            answer.failure = "dispatch_failed"
            return
        if ack is None:
            answer.failure = "operation_timeout"
        else:
            answer.ack, answer.seconds = ack.payload, ack.seconds

    async def _by_http(self, answer: Answer, kind: Kind, payload: Json, url: str, signing: Signing) -> None:
        body, content_type = _body(kind, payload)
        headers = {"Content-Type": content_type} | signed(self._secret, body, self._space.now(), signing)
        began = time.perf_counter()
        try:
            timeout = aiohttp.ClientTimeout(total=self.patience)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(url, data=body, headers=headers) as said,
            ):
                answer.status, text = said.status, await said.text()
        except TimeoutError:
            answer.failure = "operation_timeout"
            return
        answer.seconds = time.perf_counter() - began
        if answer.status != 200:
            answer.failure = "dispatch_failed"
        elif text:
            answer.ack = json.loads(text) if said.content_type == "application/json" else {"text": text}


def _body(kind: Kind, payload: Json) -> tuple[str, str]:
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form), "application/x-www-form-urlencoded"


def _action(content: Json, action_id: str) -> Json:
    for block in content.get("blocks", []):
        for part in [*block.get("elements", []), block.get("accessory", {}), block.get("element", {})]:
            if part.get("action_id") == action_id:
                held = {name: part[name] for name in ("type", "action_id", "value", "text") if name in part}
                return held | {"block_id": block.get("block_id", "b1")}
    raise LookupError(f"nothing to use is called {action_id}")
