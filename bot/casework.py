"""`attribution-bot case`: showing, merging and splitting cases, with the cards corrected."""

from datetime import datetime

from sqlite_utils import Database

from attribution.view import CaseView
from bot.announce import correct, moved
from storage import cases
from storage.db import transaction


class CaseError(Exception):
    """A case cannot be shown, merged or split; `str(error)` says why and what would be right."""


def show(db: Database, case: str) -> CaseView:
    """A case by its id, or the one it was merged into. Raises CaseError."""
    return cases.view(db, _resolved(db, case))


def merge(db: Database, case: str, into: str, now: datetime) -> str:
    """Makes one case of two and corrects the cards of both; the id of the one that stays. Raises CaseError."""
    case, into = _resolved(db, case), _resolved(db, into)
    if case == into:
        raise CaseError(f"Both are case {into}: name two cases.")
    with transaction(db):
        cases.merge(db, case, into)
        moved(db, case, into, now)
        correct(db, into, (), now)
    return into


def split(db: Database, case: str, claim_ids: list[int], now: datetime) -> str:
    """Moves claims of a case into a new one and corrects the card of the old; the new id. Raises CaseError."""
    case = _resolved(db, case)
    mine = set(cases.claim_ids(db, case))
    if wrong := sorted(set(claim_ids) - mine):
        listed = ", ".join(map(str, wrong))
        raise CaseError(f"Case {case} has no claim {listed}: `attribution-bot case show {case}` lists what it has.")
    if mine <= set(claim_ids):
        raise CaseError(f"Case {case} would have nothing left: leave it a claim.")
    with transaction(db):
        opened = cases.split(db, case, claim_ids, now)
        correct(db, case, (), now)
    return opened


def _resolved(db: Database, case: str) -> str:
    found = cases.resolve(db, case)
    if found is None:
        raise CaseError(f"There is no case {case}: `attribution-bot query` shows the ids there are.")
    return found
