"""The event loop of `attribution-bot run`, which ends in time while names are looked up."""

import asyncio
import socket
from functools import partial
from typing import Any

from feeds.lookups import Lookups

LOOKUPS = 8  # Slack's few names, by whatever library; the feeds' have a resolver of their own


class Loop(asyncio.SelectorEventLoop):
    """A loop that looks names up in daemon threads, for every client that asks it: asyncio's own waits at its end, in
    its default executor, until the name servers have answered (30 s where they do not, measured)."""

    def __init__(self) -> None:
        super().__init__()
        self._lookups = Lookups(LOOKUPS)

    async def getaddrinfo(self, host: bytes | str | None, port: bytes | str | int | None, **how: int) -> list[Any]:
        """As socket.getaddrinfo, with its arguments and errors."""
        return await self._lookups.ask(partial(socket.getaddrinfo, host, port, **how))
