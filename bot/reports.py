"""What people do about a card: say what is wrong with it, take that back, hide it, show it again."""

from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database

from bot import announce, modals, report_view
from bot.blocks import Part
from bot.modals import Mistakes
from bot.reply import Viewer
from bot.report_view import Values
from storage import audit, cards, cases, channels, claims, feedback
from storage.cards import Card, Hidden
from storage.db import transaction
from storage.feedback import Report, Said, Wrong

REPORT, HIDE = "Report", "Hide this card?"
STALE = "This card is not current any more, so there is nothing to change: its case moved, or its message is gone."
ALREADY = "That report was taken back already."
NONE_SUCH = "There is no such report in this workspace."
TAKEN_BACK = "Taken back: the cards no longer say so."
WITHDRAWN = (
    "That statement is not on this card any more: it was withdrawn, or moved to another case. Open Report again."
)
HIDDEN = "Hidden. The card in this channel says so and has a button to show it again."
NOT_HIDDEN = "The card is in sight already; what the channel shows is being updated."


def open_report(db: Database, asked: str, viewer: Viewer) -> Part:
    """The window in which to say what is wrong with a case's card; one that says so where the card is stale."""
    card = _current(db, viewer, asked)
    if card is None:
        return modals.said(REPORT, STALE)
    reports = feedback.standing(db, viewer.tenant, card.case)
    return report_view.report(cases.view(db, card.case), viewer.channel, reports, card.opened_by)


def make_report(db: Database, asked: str, values: Values, viewer: Viewer, now: datetime) -> Part | Mistakes:
    """Writes down what somebody says is wrong, and marks the cards of the case in their workspace."""
    said = report_view.filled(values, asked)
    if isinstance(said, Mistakes):
        return said
    if said.kind is Wrong.CASE and said.instead and cases.resolve(db, said.instead) is None:
        return Mistakes(fields={report_view.INSTEAD: report_view.NO_CASE})
    with transaction(db):
        if said.claim is None:
            return report_view.thanks(_noted(db, said, viewer, now))
        card = _current(db, viewer, asked)
        if card is None:
            return modals.said(REPORT, STALE)
        if not claims.stands(db, said.claim, card.case):
            return modals.said(REPORT, WITHDRAWN)
        return report_view.thanks(_noted(db, replace(said, case=card.case), viewer, now))


def _noted(db: Database, said: Said, viewer: Viewer, now: datetime) -> Report:
    who = {"tenant": viewer.tenant, "user": viewer.user, "channel": viewer.channel}
    made = feedback.add(db, said, **who, now=now)
    audit.note(db, **who, what="report", about=_named(said), now=now)
    _redraw(db, viewer.tenant, made, now, "report")
    return made


def undo_report(db: Database, number: int, viewer: Viewer, now: datetime) -> Part:
    """Takes a report back, whoever asks: report_desk.py knows who may."""
    with transaction(db):
        report = feedback.get(db, viewer.tenant, number)
        if report is None or report.undone_at:
            return modals.said(REPORT, ALREADY if report else NONE_SUCH)
        feedback.undo(db, report, viewer.user, now)
        who = {"tenant": viewer.tenant, "user": viewer.user, "channel": viewer.channel}
        audit.note(db, **who, what="undo report", about=_named(report.said), now=now)
        _redraw(db, viewer.tenant, report, now, "undo")
    return modals.said(REPORT, TAKEN_BACK)


def ask_to_hide(db: Database, asked: str, viewer: Viewer) -> Part:
    """The window that asks whether and why a card is to be hidden."""
    card = _current(db, viewer, asked)
    return report_view.hide(cases.view(db, card.case), viewer.channel) if card else modals.said(HIDE, STALE)


def hide_card(db: Database, asked: str, why: str, viewer: Viewer, now: datetime) -> Part:
    """Hides a case's cards in the viewer's channel, whoever asks: report_desk.py knows who may."""
    with transaction(db):
        card = _current(db, viewer, asked)
        if card is None:
            return modals.said(HIDE, STALE)
        cards.hide(db, viewer.tenant, viewer.channel, card.case, Hidden(by=viewer.user, why=why, at=now))
        _note_card(db, viewer, "hide card", f"{card.case}: {why}", now)
        _redraw_here(db, viewer, card.case, now, "hide")
    return modals.said(HIDE, HIDDEN)


def show_card(db: Database, asked: str, viewer: Viewer, now: datetime) -> str | None:
    """Shows a case's hidden cards in the viewer's channel again; what there is to say where there is none."""
    with transaction(db):
        card = _current(db, viewer, asked)
        if card is None:
            return STALE
        if card.hidden is None:
            return NOT_HIDDEN
        cards.unhide(db, viewer.tenant, viewer.channel, card.case)
        _note_card(db, viewer, "show card", card.case, now)
        _redraw_here(db, viewer, card.case, now, "show")
    return None


def _current(db: Database, viewer: Viewer, asked: str) -> Card | None:
    """The newest card of a case in the viewer's own channel, if it can still be changed; another workspace's never."""
    case = cases.resolve(db, asked)
    card = cards.latest(db, viewer.tenant, viewer.channel, case) if case else None
    return card if card and card.state == cards.OPEN else None


def _redraw(db: Database, tenant: str, report: Report, now: datetime, why: str) -> None:
    case = claims.case_of(db, report.said.claim) if report.said.claim is not None else None
    if case:
        announce.redraw(db, cards.of_tenant(db, tenant, case), now, f"{why} {report.number}")


def _redraw_here(db: Database, viewer: Viewer, case: str, now: datetime, why: str) -> None:
    announce.redraw(db, cards.here(db, viewer.tenant, viewer.channel, case), now, why)


def _named(said: Said) -> str:
    return f"{said.kind} {said.case or said.link}"


def _note_card(db: Database, viewer: Viewer, what: str, about: str, now: datetime) -> None:
    audit.note(db, tenant=viewer.tenant, user=viewer.user, channel=viewer.channel, what=what, about=about, now=now)


def creators(db: Database, viewer: Viewer, asked: str) -> set[str]:
    """Who made the subscriptions that brought a card to the viewer's channel; one made since gives no say on it."""
    card = _current(db, viewer, asked)
    if card is None:
        return set()
    told = cases.view(db, card.case).statements
    return {
        one.created_by
        for one in channels.subscriptions(db, viewer.tenant, viewer.channel)
        if one.created_at <= card.opened_at and any(one.query.matches(each) for each in told)
    }


def hider(db: Database, asked: str, viewer: Viewer) -> str | None:
    """Who hid a case's cards in the viewer's channel."""
    card = _current(db, viewer, asked)
    return card.hidden.by if card and card.hidden else None
