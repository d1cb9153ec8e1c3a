"""What is kept for a time only, and forgotten then: docs/privacy.md says so to those it concerns."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from storage import audit, outbox
from storage.db import transaction

MESSAGES_FOR = timedelta(days=30)  # messages that arrived or were given up
CHANGES_FOR = timedelta(days=365)  # the journal of who changed what


def tidy(db: Database, now: datetime) -> int:
    """Forgets what has been kept for its time; how many rows."""
    with transaction(db):
        return outbox.forget(db, now - MESSAGES_FOR) + audit.forget(db, now - CHANGES_FOR)
