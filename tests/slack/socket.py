"""Socket Mode: connections opened by ticket, envelopes out, acknowledgements in, each with how long it took."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from tests.slack.store import APP, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """An envelope's acknowledgement: `payload` None where it had none; `seconds` after the envelope went out."""

    envelope: str
    kind: str
    seconds: float
    payload: Json | None


class Socket:
    """The connections of the app. `stray`: acknowledgements of nothing that was asked, or with a payload unasked."""

    def __init__(self) -> None:
        self.acks: list[Ack] = []
        self.stray: list[Json] = []
        self._opened = 0
        self._tickets: set[str] = set()
        self._connections: list[web.WebSocketResponse] = []
        self._changed = asyncio.Condition()
        self._waiting: dict[str, tuple[str, bool, float, asyncio.Future[Ack]]] = {}

    def ticket(self, number: str) -> str:
        """Lets one connection in."""
        self._tickets.add(number)
        return number

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="this ticket was never given, or used")
        self._tickets.discard(ticket)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        await self._add(connection)
        async for message in connection:
            if message.type is WSMsgType.TEXT:
                self._acked(message.json())
        async with self._changed:
            self._connections.remove(connection)
            self._changed.notify_all()
        return connection

    async def connected(self, opened: int = 1, within: float = 5.0) -> None:
        """Waits until the app has a connection and has opened so many in all; TimeoutError if it never has."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: self._opened >= opened and bool(self._connections))

    async def send(self, kind: str, payload: Json, envelope: str, patience: float, *, answers: bool) -> Ack | None:
        """Sends an envelope over the newest connection; its acknowledgement, None if none came in time.

        ConnectionError without any connection."""
        if not self._connections:
            raise ConnectionError("no connection of the app is open")
        sent: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = (kind, answers, time.perf_counter(), sent)
        whole = {"type": kind, "envelope_id": envelope, "payload": payload, "accepts_response_payload": answers}
        await self._connections[-1].send_json(whole)
        try:
            return await asyncio.wait_for(sent, patience)
        except TimeoutError:
            return None

    async def refresh(self) -> None:
        """Tells the app to open another connection in place of the newest, as Slack does every few hours."""
        await self._connections[-1].send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def drop(self) -> None:
        """Ends every connection."""
        for connection in list(self._connections):
            await connection.close()

    async def _add(self, connection: web.WebSocketResponse) -> None:
        async with self._changed:
            self._connections.append(connection)
            self._opened += 1
            self._changed.notify_all()
        hello: dict[str, Any] = {"type": "hello", "num_connections": len(self._connections)}
        await connection.send_json(hello | {"connection_info": {"app_id": APP}})

    def _acked(self, message: Json) -> None:
        kind, answers, began, sent = self._waiting.pop(message.get("envelope_id", ""), ("", False, 0.0, None))
        payload = message.get("payload")
        if sent is None or sent.done() or (payload and not answers):
            self.stray.append(message)
        if sent is not None:
            seconds = time.perf_counter() - began
            ack = Ack(envelope=message["envelope_id"], kind=kind, seconds=seconds, payload=payload)
            self.acks.append(ack)
            if not sent.done():
                sent.set_result(ack)
