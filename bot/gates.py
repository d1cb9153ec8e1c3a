"""Who may go in at once: a gate for each name, and the places for polls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Gates:
    """A semaphore for each name, which is there while somebody is behind it or waits before it: feeds and articles have
    ever new hosts."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._gates: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def __getitem__(self, name: str) -> asyncio.Semaphore:
        """The gate of a name; who waits before it holds it."""
        return self._gates.setdefault(name, asyncio.Semaphore(self._at_once))

    def __len__(self) -> int:
        return len(self._gates)


class Places:
    """For so many polls at once of feeds that are read for everybody (`shared`), and for so many more of feeds that
    workspaces added (`own`): these never wait for each other.

    An owner has one place, so that whoever adds slow feeds delays those alone: it takes as many owners as there are
    places to keep others waiting, and then each has its turn, one poll at a time."""

    def __init__(self, shared: int, own: int) -> None:
        self._shared = asyncio.Semaphore(shared)
        self._own = asyncio.Semaphore(own)
        self._owners = Gates(1)

    @asynccontextmanager
    async def of(self, owner: str | None) -> AsyncIterator[None]:
        """A place for a poll of an owner's feed, None for everybody's; waits for it and gives it back."""
        if owner is None:
            async with self._shared:
                yield
        else:  # in this order: who waits for its owner's turn takes up no place
            async with self._owners[owner], self._own:
                yield
