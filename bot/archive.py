"""Loads the bundled archive into the tables: at first start, and again when an upgrade brings another edition."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from attribution import archive
from attribution.archive import Part
from attribution.query import span
from storage import archive as store
from storage import cases, claims
from storage.archive import Kept
from storage.db import transaction

# What was said of late is news: the feeds bring it in its own words, and an archive that had it already would hush it.
SETTLED = timedelta(days=30)
GONE = "the archive no longer lists it"


def load(db: Database, now: datetime) -> int:
    """Brings the archive's claims in the database to this edition, in one transaction; how many were added, changed or
    withdrawn. Nothing of it alerts or opens a card."""
    parts = list(archive.parts())
    settled = [part for part in parts if _settled(part, now)]
    loaded = f"{archive.edition(parts)} {len(settled)}"
    if store.edition(db) == loaded:
        return 0
    with transaction(db):
        store.begin(db)
        kept = store.kept(db)
        done = [*_put(db, kept, settled, now), *_withdraw(db, kept, {part.key for part in parts}, now)]
        for case in dict.fromkeys(done):
            cases.retell(db, case)
        store.finish(db, loaded)
    return len(done)


def _settled(part: Part, now: datetime) -> bool:
    return part.claim.made_on is not None and span(part.claim.made_on)[1] <= (now - SETTLED).date()


def _put(db: Database, kept: dict[str, Kept], parts: Sequence[Part], now: datetime) -> list[str]:
    """Adds what is new and amends what changed; the case of each claim that did."""
    known = _known_cases(kept)
    live = store.live_cases(db) if any(part.operation not in known for part in parts) else {}
    done = []
    for part in parts:
        was = kept.get(part.key)
        if was is None:
            if part.operation not in known:
                known[part.operation] = live.get(part.operation) or store.open_case(db, part)
            store.add(db, part, known[part.operation], now)
            done.append(known[part.operation])
        elif was.withdrawn or not store.says(was, part):
            store.amend(db, was, part)
            done.append(was.case)
    return done


def _known_cases(kept: dict[str, Kept]) -> dict[str, str]:
    """The case of each operation that has claims of the archive, wherever people moved them: the oldest claim's."""
    return {key.split()[1]: was.case for key, was in reversed(kept.items())}


def _withdraw(db: Database, kept: dict[str, Kept], keys: set[str], now: datetime) -> list[str]:
    gone = [was for key, was in kept.items() if key not in keys and not was.withdrawn]
    for was in gone:
        claims.withdraw(db, was.id, now, GONE)
    return [was.case for was in gone]
