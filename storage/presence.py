"""Who is known to have been in which channel: Slack tells an app without further scopes nothing of that."""

from sqlite_utils import Database

from storage.db import rows


def known_to(db: Database, tenant: str, user: str) -> set[str]:
    """The channels that somebody is known to have been in: they changed something there, or subscribed it."""
    sql = """select channel from audit where tenant = :tenant and user = :user
             union select channel from subscriptions where tenant = :tenant and created_by = :user"""
    return {found["channel"] for found in rows(db, sql, tenant=tenant, user=user)}
