"""What was news of late, each statement as it came: enough to tell again what a channel would have been told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from attribution.announce import Heard
from attribution.cases import STRENGTH, opens
from attribution.model import Found
from storage import claims
from storage.db import rows, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """A statement that was news. `post`: what brought it; `added`: what it was to its case; `stronger`: its kind was
    stronger than any its case had."""

    found: Found
    post: int
    heard: Heard
    added: frozenset[str]
    stronger: bool


def since(db: Database, at: datetime) -> list[Recent]:
    """The shared statements that were news since a time, in the order they came; what was there before the bot is
    none."""
    sql = """select id, post, case_id, news, heard, recorded_at from claims
             where owner is null and case_id in (
                 select case_id from claims where recorded_at >= :at and news <> '' and owner is null)
             order by id"""
    told = rows(db, sql, at=stamp(at))
    found = {one.id: one for one in claims.get(db, [one["id"] for one in told])}
    strengths = _strengths(found[one["id"]] for one in told)
    return [
        Recent(
            found=found[one["id"]],
            post=one["post"],
            heard=Heard(one["heard"]),
            added=frozenset(one["news"].split(",")),
            stronger=strengths[one["id"]],
        )
        for one in told
        if one["news"] and one["heard"] != Heard.SEEDED and one["recorded_at"] >= str(stamp(at))
    ]


def _strengths(found: Iterable[Found]) -> dict[int, bool]:
    """Of each claim whether its kind is stronger than any before it in its case."""
    strongest: defaultdict[str | None, int] = defaultdict(int)
    told = {}
    for one in found:
        strength = STRENGTH.get(one.claim.kind, 0)
        told[one.id] = opens(one.claim) and strength > strongest[one.case]
        strongest[one.case] = max(strongest[one.case], strength)
    return told
