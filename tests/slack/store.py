"""What a workspace holds: its people, channels, messages and views."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["public", "private", "im"]

TEAM, APP, BOT, BOT_USER = "T0LOCAL", "A0LOCAL", "B0LOCAL", "U0BOT"
SITE = "https://workspace.example.com/"


class RefusalError(Exception):
    """Slack says no: an error code, and what else its answer holds."""

    def __init__(self, code: str, *messages: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.answer: Json = {"ok": False, "error": code, **more}
        if messages:
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {one}" for one in messages]}


@dataclass(slots=True, kw_only=True)
class Message:
    """A message as it stands. `thread_ts`: the root of the thread it is in, None for a root; `edits`: what it was
    before, oldest first, each with `text` and `blocks`."""

    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    edits: list[Json] = field(default_factory=list)
    deleted: bool = False

    def as_json(self, *, metadata: bool = False) -> Json:
        """The message as Slack's methods show it."""
        shown: Json = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        if self.user == BOT_USER:
            shown |= {"bot_id": BOT, "app_id": APP, "team": TEAM}
        if self.deleted:
            shown |= {"subtype": "tombstone", "text": "This message was deleted."}
        optional: Json = {"blocks": self.blocks, "thread_ts": self.thread_ts, "metadata": metadata and self.metadata}
        return shown | {name: value for name, value in optional.items() if value}


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel, or the conversation of the bot with one person."""

    id: str
    name: str
    kind: Kind = "public"
    members: set[str] = field(default_factory=set)
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)

    def thread(self, root: str) -> list[Message]:
        """The replies to a root that are there, oldest first."""
        return [one for one in self.messages.values() if one.thread_ts == root and not one.deleted]

    def roots(self) -> list[Message]:
        """What the channel itself shows, oldest first: a deleted root with replies leaves its stone."""
        roots = (one for one in self.messages.values() if one.thread_ts is None)
        return [one for one in roots if not one.deleted or self.thread(one.ts)]

    def root_for(self, thread_ts: str | None) -> str | None:
        """The root that a message with this `thread_ts` comes under; None: Slack makes it a root itself."""
        found = self.messages.get(thread_ts or "")
        if found is None or (found.deleted and not self.thread(found.ts)):
            return None
        return found.thread_ts or found.ts


class Workspace:
    """One workspace and the state of the app in it. `ahead`: seconds that its clock is ahead of the real one;
    `enterprise`: its organisation, empty for none; `of_all`: whether the app is installed for that as a whole;
    `beside`: a workspace of the same Slack, whose ids are others."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        team: str = TEAM,
        enterprise: str = "",
        beside: "Workspace | None" = None,
    ) -> None:
        self.team, self.enterprise, self.of_all = team, enterprise, False
        self.name = "Local" if team == TEAM else f"Workspace {team}"
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, Json] = {}
        self.ephemerals: list[tuple[str, str, Json]] = []  # channel, user, payload
        self.views: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self.triggers: dict[str, float] = {}  # when each was made; a used one is negative
        self.scopes: set[str] = set()
        self.ahead = 0.0
        self._clock = clock
        self._numbers: Iterator[int] = beside._numbers if beside else itertools.count(1)

    def now(self) -> float:
        """What the workspace's clock shows."""
        return self._clock() + self.ahead

    def number(self, prefix: str) -> str:
        """An id nobody else has."""
        return f"{prefix}{next(self._numbers):04}"

    def ts(self) -> str:
        """The id of a new message: its second and a number, unique."""
        return f"{int(self.now())}.{next(self._numbers):06}"

    def add_channel(self, name: str, kind: Kind = "public", *, member: bool = True, archived: bool = False) -> Channel:
        """Makes a channel, the bot in it or not."""
        members = {BOT_USER} if member else set()
        prefix = {"public": "C0", "private": "G0", "im": "D0"}[kind]
        made = Channel(id=self.number(prefix), name=name, kind=kind, members=members, archived=archived)
        self.channels[made.id] = made
        return made

    def add_user(self, name: str, *, admin: bool = False, zone: str = "Europe/London") -> str:
        """Adds a person, who is in every channel there is; their id."""
        made = self.number("U0")
        self.users[made] = {"id": made, "name": name, "tz": zone, "is_admin": admin, "is_bot": False}
        for channel in self.channels.values():
            channel.members.add(made)
        return made

    def conversation_with(self, user: str) -> Channel:
        """The bot's conversation with a person, made where there is none."""
        found = next((one for one in self.channels.values() if one.kind == "im" and one.name == user), None)
        made = found or self.add_channel(user, "im")
        made.members.add(user)
        return made

    def add_message(self, channel: Channel, payload: Json, user: str = BOT_USER) -> Message:
        """Puts a message in a channel; its `thread_ts` counts as Slack counts it."""
        made = Message(
            ts=self.ts(),
            user=user,
            text=payload.get("text") or "",
            blocks=payload.get("blocks") or [],
            metadata=payload.get("metadata") or None,
            thread_ts=channel.root_for(payload.get("thread_ts")),
        )
        channel.messages[made.ts] = made
        return made

    def trigger(self) -> str:
        """A new trigger id."""
        made = f"{next(self._numbers)}.{next(self._numbers)}.local"
        self.triggers[made] = self.now()
        return made

    def keep_view(self, view: Json, name: str) -> Json:
        """Shows a window under an id."""
        self.views[name] = view | {"id": name, "team_id": self.team, "hash": self.number(""), "state": {"values": {}}}
        return self.views[name]

    def exchange(self, trigger: str) -> None:
        """Uses a trigger id up; raises RefusalError for one that is unknown, used or older than three seconds."""
        made = self.triggers.get(trigger)
        if made is None:
            raise RefusalError("invalid_trigger_id")
        if made < 0:
            raise RefusalError("exchanged_trigger_id")
        if self.now() - made > 3:
            raise RefusalError("expired_trigger_id")
        self.triggers[trigger] = -1
