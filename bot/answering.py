"""From a person's words to what they are shown: with a database, threads of its own, and the channel's far side."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from sqlite_utils import Database

from attribution import names
from attribution.query import QueryError
from attribution.retry import Answer, answer
from bot import settings_replies
from bot.blocks import Part
from bot.cards import notice
from bot.commands import CommandError, parse_command
from bot.deliver import FarSide, Sent
from bot.paging import Turn
from bot.replies import reply_to
from bot.reply import Confirm, Reply, Viewer
from storage.db import connect

P = ParamSpec("P")
R = TypeVar("R")

ANSWERING_THREADS = 8  # answers at once; a writer that waits for the database holds one for up to five seconds
BUSY = "The database is busy just now. Nothing was changed: please ask again in a minute."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What answers need. `database`: a DATABASE_URL; `far`: where confirmations are posted; `threads`: theirs alone,
    so that no poll delays an answer."""

    database: str
    far: FarSide
    clock: Callable[[], datetime]
    threads: Executor

    async def to(self, text: str, viewer: Viewer) -> Part:
        """What somebody is shown who writes this after `/attribution`; a mistake is answered with what is right."""
        return await self.page(Turn(command=text), viewer)

    async def page(self, turn: Turn, viewer: Viewer) -> Part:
        """As `to`, from a row of a long answer on."""
        try:
            return await self._page(turn, viewer)
        except (CommandError, QueryError) as error:
            return notice(str(error))
        except sqlite3.OperationalError as error:
            log.warning("database busy", problem=str(error))
            return notice(BUSY)

    async def _page(self, turn: Turn, viewer: Viewer) -> Part:
        now = self.clock()
        reply = await self.with_db(_looked_up, turn, viewer, now)
        refused = await self.confirmed(reply.confirm, now) if reply.confirm else None
        return reply.payload if refused is None else refused

    async def confirmed(self, confirm: Confirm, now: datetime) -> Part | None:
        """Posts a confirmation and stores what it confirms; where Slack refuses it, why, and then nothing is stored."""
        sent = await self._post(confirm)
        if sent.tried.code is not None:
            log.info("not confirmed", channel=confirm.channel.id, problem=sent.tried.code)
            return settings_replies.refused(confirm, sent.tried)
        await self.with_db(settings_replies.store, confirm, sent, now)
        return None

    async def _post(self, confirm: Confirm) -> Sent:
        sent = await self.far.send(confirm.message)
        if answer(sent.tried, 1) is Answer.LOOK_UP:  # it may stand there all the same
            return await self.far.look_up(confirm.message) or sent
        return sent

    async def with_db(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a function of a connection in a thread of the answers'."""

        def work() -> R:
            with connect(self.database) as db:
                return function(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


def _looked_up(db: Database, turn: Turn, viewer: Viewer, now: datetime) -> Reply:
    # Reading the words too is work for a thread: what is near to a mistyped name takes a while to find.
    return reply_to(parse_command(turn.command, now.date()), viewer, db, now, turn.offset)


@asynccontextmanager
async def open_answers(database: str, far: FarSide, clock: Callable[[], datetime]) -> AsyncIterator[Answers]:
    """Answers with threads of their own; what is still being looked up at the end is not waited for."""
    threads = ThreadPoolExecutor(ANSWERING_THREADS, thread_name_prefix="answering")
    threads.submit(names.state, "Iran")  # the first question of all would wait half a second for the index of names
    try:
        yield Answers(database=database, far=far, clock=clock, threads=threads)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
