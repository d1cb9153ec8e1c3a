"""What people say is wrong: reports on claims, a tenant's own, each to be taken back and to be learnt from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlite_utils import Database

from storage.db import Row, instant, moment, row, rows, run, stamp


class Wrong(StrEnum):
    """What is said to be wrong."""

    NOT_ATTRIBUTION = "not_attribution"
    ACCUSED = "wrong_accused"
    ACCUSER = "wrong_accuser"
    CASE = "other_case"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a report says. `claim`: what it is about, and `case` the case that was under, None for what was missed,
    which has a `link`; `instead`: what would be right: codes of states and bodies with commas between, a case's id, or
    nothing; `words`: the reporter's own."""

    kind: Wrong
    case: str | None = None
    claim: int | None = None
    link: str = ""
    instead: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report. `user`, `channel`: Slack's ids of who made it and where; `undone_at`: when it was taken back or made
    anew, `undone_by` whom."""

    tenant: str
    number: int
    said: Said
    user: str
    channel: str
    at: datetime
    undone_at: datetime | None = None
    undone_by: str | None = None


def add(db: Database, said: Said, *, tenant: str, user: str, channel: str, now: datetime) -> Report:
    """Writes a report down; it stands in place of the same person's earlier one on the same claim or link."""
    sql = """update feedback set undone_at = :now, undone_by = :user
             where tenant = :tenant and user = :user and undone_at is null
               and coalesce(claim, 0) = coalesce(:claim, 0) and (:claim is not null or link = :link)"""
    run(db, sql, tenant=tenant, user=user, claim=said.claim, link=said.link, now=stamp(now))
    sql = """insert into feedback (tenant, number, kind, case_id, claim, link, instead, words, user, channel, at)
             values (:tenant, (select coalesce(max(number), 0) + 1 from feedback where tenant = :tenant),
                 :kind, :case, :claim, :link, :instead, :words, :user, :channel, :now)
             returning *"""
    about = {"kind": said.kind, "case": said.case, "claim": said.claim, "link": said.link}
    own = {"instead": said.instead, "words": said.words}
    made = row(db, sql, tenant=tenant, user=user, channel=channel, now=stamp(now), **about, **own)
    assert made is not None, "an insert that returns gives a row"
    return _report(made)


def get(db: Database, tenant: str, number: int) -> Report | None:
    """One of a tenant's reports, None if it has none of that number."""
    found = row(db, "select * from feedback where tenant = :tenant and number = :n", tenant=tenant, n=number)
    return _report(found) if found else None


def undo(db: Database, report: Report, user: str, now: datetime) -> None:
    """Takes a report back."""
    sql = "update feedback set undone_at = :now, undone_by = :user where tenant = :tenant and number = :number"
    run(db, sql, tenant=report.tenant, number=report.number, user=user, now=stamp(now))


def standing(db: Database, tenant: str, case: str) -> list[Report]:
    """A tenant's reports that dispute a case, oldest first: those on the claims that are under it now and stand."""
    sql = """select f.* from feedback f join claims c on c.id = f.claim
             where f.tenant = :tenant and f.undone_at is null and c.case_id = :case and c.withdrawn_at is null
             order by f.number"""
    return [_report(found) for found in rows(db, sql, tenant=tenant, case=case)]


def every(db: Database, tenant: str | None = None, since: datetime | None = None) -> list[Report]:
    """The reports that stand, oldest first; `tenant`: one tenant's; `since`: made at that time or after it."""
    sql = """select * from feedback where undone_at is null and tenant = coalesce(:tenant, tenant)
             and at >= coalesce(:since, at) order by at, tenant, number"""
    return [_report(found) for found in rows(db, sql, tenant=tenant, since=stamp(since))]


def _report(found: Row) -> Report:
    said = Said(
        kind=Wrong(found["kind"]),
        case=found["case_id"],
        claim=found["claim"],
        link=found["link"],
        instead=found["instead"],
        words=found["words"],
    )
    return Report(
        tenant=found["tenant"],
        number=found["number"],
        said=said,
        user=found["user"],
        channel=found["channel"],
        at=instant(found["at"]),
        undone_at=moment(found["undone_at"]),
        undone_by=found["undone_by"],
    )
