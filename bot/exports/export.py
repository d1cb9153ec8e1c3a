"""`attribution-bot export`: the claims that answer a question, in a format, to standard output or to a file."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sqlite_utils import Database

from attribution.model import Found
from attribution.query import Query
from bot.exports.errors import ExportError
from bot.exports.plain import as_json, as_jsonl
from bot.exports.sheet import as_csv
from bot.exports.stix import as_stix
from storage import cases, claims

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
READABLE = 0o666  # what the umask leaves of it: a temporary file is its owner's alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is exported. `opened`: when each case was opened."""

    found: Iterable[Found]
    query: Query
    opened: Mapping[str, datetime]


FORMATS: dict[str, Callable[[Asked], Iterator[str]]] = {
    "stix": lambda asked: as_stix(asked.found, asked.query, asked.opened),
    "csv": lambda asked: as_csv(asked.found),
    "json": lambda asked: as_json(asked.found),
    "jsonl": lambda asked: as_jsonl(asked.found),
}


def export(db: Database, query: Query, form: str, path: Path | None) -> None:
    """Writes the claims that answer a question, in one of FORMATS, to a file, all of it or nothing, or to standard
    output. Raises ExportError where the format's library is missing or the file cannot be written."""
    with _reading(db):
        found = claims.each(db, query)
        pieces = FORMATS[form](Asked(found=found, query=query, opened=cases.opened(db, BEFORE_ALL)))
        with _opened(path) as out:
            for piece in pieces:
                out.write(piece.encode())


@contextmanager
def _reading(db: Database) -> Iterator[None]:
    """One look at the database: a poll between two of its claims must not show in one and be missing in another."""
    db.conn.execute("begin")
    try:
        yield
    finally:
        db.conn.execute("rollback")


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
    else:
        with _replacing(path) as out:
            yield out


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file beside another that takes its place at the end; on an error the other stays as it was."""
    # The file that a link leads to, so that the link stays one.
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise ExportError(f"Cannot write {path}: {error.strerror}. Give a file in a folder that exists.") from error
    try:
        with open(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(handle)
        os.chmod(name, READABLE & ~_umask())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    os.umask(mask := os.umask(0))
    return mask
