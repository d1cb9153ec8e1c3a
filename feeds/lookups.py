"""Names looked up in threads that nobody waits for: getaddrinfo can be neither interrupted nor given a time limit."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

Lookup = Callable[[], list[Any]]


class Lookups:
    """So many at once at most; more wait for their turn. A thread lives while there is something to look up.

    Its threads are daemons: those of a ThreadPoolExecutor are joined when the interpreter ends, whatever its shutdown
    was told, and a name server that does not answer would then keep a process from ending (24 s, measured)."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._working = 0
        self._waiting: deque[tuple[Future[list[Any]], Lookup]] = deque()
        self._lock = threading.Lock()

    async def ask(self, look_up: Lookup) -> list[Any]:
        """What a lookup finds; raises what it raises. Who stops waiting gives up its turn, not a lookup under way."""
        answer: Future[list[Any]] = Future()
        with self._lock:
            self._waiting.append((answer, look_up))
            begin = self._working < self._at_once
            self._working += begin
        if begin:
            threading.Thread(target=self._work, name="dns", daemon=True).start()
        return await asyncio.wrap_future(answer)

    def forget(self) -> None:
        """Gives up those that have not begun."""
        with self._lock:
            forgotten = [answer for answer, _ in self._waiting]
            self._waiting.clear()
        for answer in forgotten:
            answer.cancel()

    def _work(self) -> None:
        while job := self._next():
            answer, look_up = job
            if answer.set_running_or_notify_cancel():
                _settle(answer, look_up)

    def _next(self) -> tuple[Future[list[Any]], Lookup] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._working -= 1
            return None


def _settle(answer: Future[list[Any]], look_up: Lookup) -> None:
    try:
        answer.set_result(look_up())
    except BaseException as error:  # noqa: BLE001 - whatever it is, who asked gets it, as from any executor
        answer.set_exception(error)
