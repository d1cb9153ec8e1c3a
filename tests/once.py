"""What takes long to make, made once for all processes that run the tests side by side."""

import asyncio
import os
import pickle
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

T = TypeVar("T")
PATIENCE = 240.0  # seconds that a process waits for what another makes


async def once(folders: pytest.TempPathFactory, name: str, make: Callable[[], Awaitable[T]]) -> T:
    """What `make` gives, in whichever process is first; the others wait for it. It must be picklable. Where making it
    fails, the next tries."""
    base = folders.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made, begun = root / f"{name}.pickle", root / f"{name}.begun"
    end = asyncio.get_running_loop().time() + PATIENCE
    while not made.exists():
        assert asyncio.get_running_loop().time() < end, f"another process did not make {name} in {PATIENCE:g} s"
        try:
            begun.touch(exist_ok=False)
        except FileExistsError:
            await asyncio.sleep(0.1)
            continue
        try:
            value = await make()
            made.with_suffix(".new").write_bytes(pickle.dumps(value))
            made.with_suffix(".new").rename(made)
        finally:
            begun.unlink()
    found: T = pickle.loads(made.read_bytes())
    return found
