"""Where the app is installed, with the tokens that Slack gave for it, encrypted; and which installations were ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from storage.db import Row, instant, moment, row, rows, run, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """An installation of the app. `tenant`: the workspace it is in, or the organisation it is for all workspaces of;
    `enterprise`: the organisation, empty for none; `token` and `refresh`: encrypted; `expires_at`: when the token does,
    None for never; `installed_by`: a user's id."""

    tenant: str
    enterprise: str = ""
    bot_user: str = ""
    scopes: str = ""
    token: str
    refresh: str | None = None
    expires_at: datetime | None = None
    installed_by: str = ""
    installed_at: datetime


def put(db: Database, install: Install) -> None:
    """Stores an installation in place of the one before."""
    sql = """
        insert into installs
            (tenant, enterprise, bot_user, scopes, token, refresh, expires_at, installed_by, installed_at)
        values (:tenant, :enterprise, :bot_user, :scopes, :token, :refresh, :expires_at, :installed_by, :installed_at)
        on conflict (tenant) do update set enterprise = :enterprise, bot_user = :bot_user, scopes = :scopes,
            token = :token, refresh = :refresh, expires_at = :expires_at, installed_by = :installed_by,
            installed_at = :installed_at"""
    who = {"tenant": install.tenant, "enterprise": install.enterprise, "bot_user": install.bot_user}
    tokens = {"token": install.token, "refresh": install.refresh, "expires_at": stamp(install.expires_at)}
    how = {"scopes": install.scopes, "installed_by": install.installed_by, "installed_at": stamp(install.installed_at)}
    run(db, sql, **who, **tokens, **how)


def find(db: Database, tenant: str, enterprise: str = "") -> Install | None:
    """The installation that serves a workspace: its own, else its organisation's, None if neither is there.

    `enterprise`: the organisation, empty where only what was remembered of the workspace tells it."""
    sql = """
        select * from installs where tenant = :tenant
            or (tenant = enterprise and tenant in (
                :enterprise, (select enterprise from workspaces where tenant = :tenant)))
        order by tenant = :tenant desc limit 1"""
    found = row(db, sql, tenant=tenant, enterprise=enterprise)
    return _install(found) if found else None


def get(db: Database, tenant: str) -> Install | None:
    """A workspace's, or an organisation's, own installation, None if there is none."""
    found = row(db, "select * from installs where tenant = :tenant", tenant=tenant)
    return _install(found) if found else None


def every(db: Database) -> list[Install]:
    """All installations, the oldest first."""
    return [_install(found) for found in rows(db, "select * from installs order by installed_at, tenant")]


def renew(db: Database, install: Install, before: str) -> bool:
    """Stores an installation's new tokens in place of the token `before` (as it was stored); whether that was still
    there: an installation that was removed or made anew in the meantime stays as it is."""
    sql = """update installs set token = :token, refresh = :refresh, expires_at = :expires_at
             where tenant = :tenant and token = :before"""
    tokens = {"token": install.token, "refresh": install.refresh, "expires_at": stamp(install.expires_at)}
    return run(db, sql, tenant=install.tenant, before=before, **tokens) == 1


def remember(db: Database, tenant: str, enterprise: str) -> None:
    """Notes which organisation a workspace is of: messages to it name the workspace alone."""
    sql = """insert into workspaces (tenant, enterprise) values (:tenant, :enterprise)
             on conflict (tenant) do update set enterprise = :enterprise where enterprise <> :enterprise"""
    run(db, sql, tenant=tenant, enterprise=enterprise)


def remembered(db: Database, tenant: str, enterprise: str) -> bool:
    """Whether that was noted."""
    sql = "select 1 from workspaces where tenant = :tenant and enterprise = :enterprise"
    return row(db, sql, tenant=tenant, enterprise=enterprise) is not None


def served(db: Database, enterprise: str) -> list[str]:
    """An organisation's workspaces that have no installation of their own."""
    sql = """select tenant from workspaces where enterprise = :enterprise
             and tenant not in (select tenant from installs) order by tenant"""
    return [found["tenant"] for found in rows(db, sql, enterprise=enterprise)]


def installers(db: Database, tenant: str) -> frozenset[str]:
    """The ids of the people who installed the app for a workspace: itself, or its organisation."""
    install = find(db, tenant)
    return frozenset({install.installed_by} - {""}) if install else frozenset()


# A state is what Slack sends back to us, so that nobody else can end what a person began.


def use(db: Database, state: str, now: datetime, until: datetime) -> bool:
    """Notes that a state was used, for as long as it could be again; whether it is the first time."""
    run(db, "delete from oauth_states where until < :now", now=stamp(now))
    sql = "insert into oauth_states (state, until) values (:state, :until) on conflict (state) do nothing"
    return run(db, sql, state=state, until=stamp(until)) == 1


def _install(found: Row) -> Install:
    return Install(
        tenant=found["tenant"],
        enterprise=found["enterprise"],
        bot_user=found["bot_user"],
        scopes=found["scopes"],
        token=found["token"],
        refresh=found["refresh"],
        expires_at=moment(found["expires_at"]),
        installed_by=found["installed_by"],
        installed_at=instant(found["installed_at"]),
    )
