"""What is one workspace's, and how it is removed: at once, completely, and nothing that others see."""

from sqlite_utils import Database

from storage import installs
from storage.db import run

# Every table that has a tenant, those that refer to others first.
TABLES = ("outbox", "cards", "subscriptions", "channels", "feedback", "audit", "workspaces", "installs")
# What comes from the feeds that a workspace added, and is seen by it alone: `owner` is the workspace.
OWNED = (
    "delete from sightings where post in (select id from posts where owner = :tenant)"
    " or feed in (select id from feeds where owner = :tenant)",
    "delete from claims where owner = :tenant or post in (select id from posts where owner = :tenant)",
    "delete from posts where owner = :tenant",
    "delete from feeds where owner = :tenant",
    "delete from leases where name = 'renew ' || :tenant",  # of a process that died while it renewed a token
)


def purge(db: Database, tenant: str) -> int:
    """Removes all that is a workspace's, or an organisation's own; how many rows. To be called in a transaction."""
    assert tenant, "the feeds of nobody are everybody's"
    removed = sum(run(db, statement, tenant=tenant) for statement in OWNED)
    return removed + sum(run(db, f"delete from {table} where tenant = :tenant", tenant=tenant) for table in TABLES)  # noqa: S608 - our own names


def purge_organisation(db: Database, enterprise: str) -> int:
    """Removes an organisation's installation and all that is of its workspaces, except those that have installed the
    app themselves; how many rows. To be called in a transaction."""
    return sum(purge(db, one) for one in [*installs.served(db, enterprise), enterprise])
