"""The tables, as migrations: each a list of statements, run once, in order, in one transaction."""

from sqlite_utils import Database

from storage.db import DAMAGED, DamagedError, StorageError, row, rows, run, transaction

FEEDS = """
create table feeds (
    id text primary key,
    url text not null,
    catalogue_url text not null,
    publisher text not null,
    publisher_kind text not null,
    speaker text,
    language text,
    owner text,
    disabled text,
    gone_at text,
    etag text,
    last_modified text,
    moved_to text,
    moved_seen integer not null default 0,
    polled_at text,
    next_poll_at text,
    last_ok_at text,
    failing_since text,
    failures integer not null default 0,
    trouble text,
    trouble_text text,
    newest_at text,
    seeded_at text,
    gaps integer not null default 0,
    last_gap_at text
)
"""

POSTS = """
create table posts (
    id integer primary key,
    key text not null unique,
    feed text not null references feeds(id),
    url text not null,
    guid text not null,
    title text not null,
    teaser text not null,
    text text not null,
    published_at text,
    language text,
    publisher text not null,
    publisher_kind text not null,
    speaker text,
    owner text,
    content_hash text not null,
    first_seen_at text not null,
    edited_at text,
    seeded integer not null default 0,
    headline_only integer not null default 0,
    article_tries integer not null default 0,
    article_due_at text
)
"""

SIGHTINGS = """
create table sightings (
    feed text not null references feeds(id),
    post integer not null references posts(id),
    guid text not null,
    feed_hash text not null,
    known_hashes text not null,
    seen_at text not null,
    last_seen_at text not null,
    primary key (feed, post)
)
"""

CASES = """
create table cases (
    id text primary key,
    year integer not null,
    number integer not null,
    opened_at text not null,
    merged_into text references cases(id),
    unique (year, number)
)
"""

CLAIMS = """
create table claims (
    id integer primary key,
    post integer references posts(id),
    case_id text references cases(id),
    standing text not null,
    origin text not null,
    role text not null,
    tie text not null,
    kind text not null,
    likelihood integer not null,
    analytic integer,
    made_first text,
    made_last text,
    recorded_at text not null,
    withdrawn_at text,
    withdrawn_why text,
    owner text,
    heard text not null,
    news text not null,
    trace text,
    claim text not null,
    search text not null
)
"""

PARTIES = """
create table parties (
    claim integer not null references claims(id) on delete cascade,
    field text not null,
    name text not null,
    primary key (claim, field, name)
) without rowid
"""

CHANNELS = """
create table channels (
    tenant text not null,
    id text not null,
    threads integer not null default 1,
    digest_day integer,
    digest_time text,
    zone text not null default 'UTC',
    digest_week text,
    digest_at text,
    digest_mark integer not null default 0,
    created_at text not null,
    paused_at text,
    paused_why text,
    primary key (tenant, id)
)
"""

SUBSCRIPTIONS = """
create table subscriptions (
    tenant text not null,
    channel text not null,
    query text not null,
    created_by text not null,
    created_at text not null,
    primary key (tenant, channel, query),
    foreign key (tenant, channel) references channels(tenant, id) on delete cascade
)
"""

CARDS = """
create table cards (
    tenant text not null,
    channel text not null,
    case_id text not null references cases(id),
    number integer not null,
    state text not null,
    ts text,
    link text,
    opened_by integer,
    opened_at text not null,
    news_at text not null,
    corrections text not null default '[]',
    primary key (tenant, channel, case_id, number),
    foreign key (tenant, channel) references channels(tenant, id) on delete cascade
)
"""

OUTBOX = """
create table outbox (
    tenant text not null,
    key text not null,
    seq integer not null,
    channel text not null,
    op text not null,
    case_id text,
    number integer,
    payload text not null,
    state text not null,
    created_at text not null,
    due_at text not null,
    taken_at text,
    attempts integer not null default 0,
    ts text,
    problem text,
    primary key (tenant, key)
)
"""

LEASES = """
create table leases (
    name text primary key,
    holder text not null,
    until text not null
)
"""

AUDIT = """
create table audit (
    tenant text not null,
    number integer not null,
    at text not null,
    user text not null,
    channel text not null,
    what text not null,
    about text not null,
    primary key (tenant, number)
)
"""

INSTALLS = """
create table installs (
    tenant text not null primary key,
    enterprise text not null,
    bot_user text not null,
    scopes text not null,
    token text not null,
    refresh text,
    expires_at text,
    installed_by text not null,
    installed_at text not null
)
"""

WORKSPACES = """
create table workspaces (
    tenant text not null primary key,
    enterprise text not null
)
"""

OAUTH_STATES = """
create table oauth_states (
    state text primary key,
    until text not null
)
"""

FEEDBACK = """
create table feedback (
    tenant text not null,
    number integer not null,
    kind text not null,
    case_id text,
    claim integer,
    link text not null,
    instead text not null,
    words text not null,
    user text not null,
    channel text not null,
    at text not null,
    undone_at text,
    undone_by text,
    primary key (tenant, number)
)
"""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        FEEDS,
        POSTS,
        "create index posts_article_due on posts (article_due_at) where article_due_at is not null",
        "create index posts_url on posts (url)",
        "create index posts_content on posts (feed, content_hash)",
        SIGHTINGS,
        "create index sightings_guid on sightings (feed, guid)",
        "create index sightings_post on sightings (post)",
        CASES,
        CLAIMS,
        "create index claims_post on claims (post)",
        "create index claims_case on claims (case_id)",
        "create index claims_newest on claims (made_first desc, id desc)",
        PARTIES,
        "create index parties_name on parties (field, name, claim)",
        "create virtual table claims_text using fts5"
        " (search, content='claims', content_rowid='id', tokenize='trigram case_sensitive 1')",
        "create trigger claims_text_in after insert on claims begin"
        " insert into claims_text (rowid, search) values (new.id, new.search); end",
        "create trigger claims_text_out after delete on claims begin"
        " insert into claims_text (claims_text, rowid, search) values ('delete', old.id, old.search); end",
        "create trigger claims_text_edit after update of search on claims begin"
        " insert into claims_text (claims_text, rowid, search) values ('delete', old.id, old.search);"
        " insert into claims_text (rowid, search) values (new.id, new.search); end",
    ),
    (
        CHANNELS,
        SUBSCRIPTIONS,
        CARDS,
        "create index cards_case on cards (case_id)",
        OUTBOX,
        "create unique index outbox_seq on outbox (seq)",
        "create index outbox_waiting on outbox (state, tenant, channel, seq)",
        LEASES,
    ),
    (
        "insert into parties (claim, field, name) select c.id, 'accuser', one.value"
        " from claims c, json_each(c.claim, '$.attributed_by') one",
        # When a paused channel is tried again; null: not by itself.
        "alter table channels add column try_at text",
        "update channels set try_at = paused_at where paused_at is not null and tenant <> 'terminal'",
        "alter table outbox add column waits integer not null default 0",
        AUDIT,
        INSTALLS,
        WORKSPACES,
        "create index workspaces_enterprise on workspaces (enterprise)",
        OAUTH_STATES,
        # Who had a card taken out of sight, and why; its case's other cards in the channel with it.
        "alter table cards add column hidden_by text",
        "alter table cards add column hidden_why text",
        "alter table cards add column hidden_at text",
        FEEDBACK,
        "create index feedback_claim on feedback (tenant, claim)",
        # What of a feed's health the operator was told, and since when each: said once.
        "alter table feeds add column said text",
        "create index claims_counted on claims (standing, owner, case_id, made_first, kind, role, withdrawn_at)"
        " where role in ('leads', 'joins') and withdrawn_at is null",
    ),
    (
        # What counts in statistics, all that is counted by in the index itself: a scan of the claims reads ten times as
        # much, and from the parties it takes thirty times as long. The index's conditions are those of stats.COUNTED,
        # word for word, else SQLite does not see that it applies.
        "alter table claims add column accused text not null default ''",
        "alter table claims add column accusers text not null default ''",
        "update claims set accused = coalesce((select group_concat(value) from json_each(claim, '$.accused')), ''),"
        " accusers = coalesce((select group_concat(value) from json_each(claim, '$.attributed_by')), '')",
        "drop index claims_counted",
        "create index claims_counted on claims"
        " (standing, owner, case_id, made_first, kind, role, withdrawn_at, accused, accusers)"
        " where role in ('leads', 'joins') and withdrawn_at is null",
    ),
)


def version(db: Database) -> int:
    """How many migrations the database has had; 0 for a new one. Raises StorageError if it is somebody else's."""
    tables = {found["name"] for found in rows(db, "select name from sqlite_master where type = 'table'")}
    if not tables:
        return 0
    if "migrations" not in tables or "claims" not in tables:
        raise StorageError("This is another program's database: point DATABASE_URL at a file of attribution-bot's own.")
    found = row(db, "select max(number) as number from migrations")
    return (found and found["number"]) or 0


def migrate(db: Database) -> int:
    """Brings the database to the newest schema, in one transaction; how many migrations it took.

    Raises StorageError if a newer attribution-bot made it."""
    _refuse_newer(version(db))  # before anything of another program's file is changed
    db.conn.execute("pragma journal_mode = wal")
    with transaction(db):
        done = version(db)
        _refuse_newer(done)
        if not done:
            run(db, "create table migrations (number integer primary key)")
        for number, statements in enumerate(MIGRATIONS[done:], done + 1):
            for statement in statements:
                run(db, statement)
            run(db, "insert into migrations (number) values (:number)", number=number)
    return len(MIGRATIONS) - done


def require_current(db: Database) -> bool:
    """Makes a new database's tables; whether it did. Raises StorageError for an older or newer schema, with what mends
    it."""
    done = version(db)
    _refuse_newer(done)
    if done == 0:
        return migrate(db) > 0  # another process may have been faster
    if done < len(MIGRATIONS):
        raise StorageError(
            f"The database has schema {done}, this attribution-bot needs {len(MIGRATIONS)}:"
            " run `attribution-bot migrate`."
        )
    return False


def require_sound(db: Database) -> None:
    """Reads every page of the database; raises DamagedError if SQLite finds any of them damaged (a second for some
    hundred MB)."""
    found = row(db, "pragma quick_check(1)") or {}
    if found.get("quick_check") != "ok":
        raise DamagedError(f"{DAMAGED} SQLite says: {found.get('quick_check')}")


def _refuse_newer(done: int) -> None:
    if done > len(MIGRATIONS):
        raise StorageError(
            f"The database has schema {done}, newer than this attribution-bot's {len(MIGRATIONS)}:"
            " upgrade attribution-bot, or point DATABASE_URL at another file."
        )
