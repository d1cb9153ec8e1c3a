"""How the work goes, as the database has it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.health import reasons
from bot.scheduler import LEASE
from storage import feeds, leases, schema, vitals
from storage.db import connect
from storage.feeds import FeedState
from tests.makers import FCDO, NOW


def test_a_late_poll_makes_the_bot_unready_unless_a_workspace_keeps_its_own_feeds_waiting(tmp_path: Path) -> None:
    due = FeedState(polled_at=NOW, next_poll_at=NOW)
    now = NOW + timedelta(hours=1)
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        schema.require_current(db)
        assert leases.hold(db, LEASE, "one", now, timedelta(minutes=1))
        feeds.put(db, [(FCDO, None), (replace(FCDO, id="own-1", owner="T1"), None)])
        feeds.save_state(db, "own-1", due)
        assert list(reasons(vitals.read(db, LEASE, now), now)) == []
        feeds.save_state(db, FCDO.id, due)
        (late,) = reasons(vitals.read(db, LEASE, now), now)
        assert "has not been polled for 60 minutes" in late
