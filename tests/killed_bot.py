"""The bot that the kill test kills: the real scheduler, delivery, polls and database, by a clock that runs faster."""

import asyncio
import sys
import time
from datetime import UTC, datetime

from bot import log, scheduler
from bot.scheduler import Ticks
from bot.slack import open_slack
from bot.tools import open_tools

SPEED = 60.0  # seconds of the bot's clock in one of the machine's: a minute's doubt is a second
TICKS = Ticks(heartbeat=0.1, poll=0.1, deliver=0.03, digests=0.2, articles=0.5, tidy=60)
PACE, PATIENCE = 0.01, 0.4  # seconds of the machine's
EVERY_PORT = frozenset(range(1, 65536))


async def main(database: str, slack: str, token: str, began: float) -> None:
    """Runs until it is told to stop, or killed. `began`: when its clock and the machine's showed the same."""
    log.configure()
    done = asyncio.Event()
    scheduler.stop_on_signals(done)

    def clock() -> datetime:
        return datetime.fromtimestamp(began + (time.time() - began) * SPEED, UTC)

    async with (
        open_tools(database, lambda _: True, ports=EVERY_PORT) as tools,
        open_slack(token, slack, pace=PACE, patience=PATIENCE) as far,
    ):
        await scheduler.run(tools, far, clock, done, TICKS)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
