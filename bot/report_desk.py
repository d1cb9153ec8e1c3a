"""Where reports and hiding are heard: who may do what, and each answered in its window in time."""

import json
import sqlite3
from dataclasses import dataclass

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import marks, modals, people, report_view, reports
from bot.answering import BUSY
from bot.blocks import Part
from bot.cards import notice
from bot.desk import Ack, Desk, Json, Respond, only_for_them, told, viewer_of
from bot.details import viewer_in
from bot.reply import Viewer
from storage import feedback

NOT_YOURS = "Who reported it can take it back, too."
NOT_YOUR_CHANNEL = "Who subscribed this channel can do that, too."

log = structlog.get_logger()


async def undone(desk: Desk, client: AsyncWebClient, number: int, viewer: Viewer) -> Part:
    """Takes a report back for who made it, or an admin; what the window then says."""
    report = await desk.answers.with_db(feedback.get, viewer.tenant, number)
    if report and report.user != viewer.user and (no := await people.refusal(client, viewer, desk.admins)):
        return modals.said(reports.REPORT, no, NOT_YOURS)
    return await desk.answers.with_db(reports.undo_report, number, viewer, desk.answers.clock())


async def may_not_hide(desk: Desk, client: AsyncWebClient, case: str, viewer: Viewer) -> str | None:
    """Why somebody may neither hide nor show a case's card; None for an admin, and who subscribed the channel to it."""
    if viewer.user in await desk.answers.with_db(reports.creators, viewer, case):
        return None
    no = await people.refusal(client, viewer, desk.admins)
    return f"{no} {NOT_YOUR_CHANNEL}" if no else None


async def asked_to_hide(desk: Desk, client: AsyncWebClient, case: str, viewer: Viewer) -> Part:
    """The window that asks whether to hide a card, or why that is not for this person to do."""
    if no := await may_not_hide(desk, client, case, viewer):
        return modals.said(reports.HIDE, no)
    return await desk.answers.with_db(reports.ask_to_hide, case, viewer)


async def hidden(desk: Desk, client: AsyncWebClient, case: str, why: str, viewer: Viewer) -> Part:
    """Hides a card for who may; what the window then says."""
    if no := await may_not_hide(desk, client, case, viewer):
        return modals.said(reports.HIDE, no)
    return await desk.answers.with_db(reports.hide_card, case, why, viewer, desk.answers.clock())


async def shown_again(desk: Desk, client: AsyncWebClient, case: str, viewer: Viewer) -> str | None:
    """Shows a hidden card again for who may hide it and who did; what there is to say where it cannot be."""
    try:
        hider = await desk.answers.with_db(reports.hider, case, viewer)
        no = None if hider == viewer.user else await may_not_hide(desk, client, case, viewer)
        return no or await desk.answers.with_db(reports.show_card, case, viewer, desk.answers.clock())
    except sqlite3.OperationalError as error:
        log.warning("database busy", problem=str(error))
        return BUSY


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDesk:
    """What hears the buttons and windows of reports and of hiding."""

    desk: Desk

    async def opening(self, ack: Ack, body: Json, action: Json, client: AsyncWebClient, respond: Respond) -> None:
        """Report on a card: opens the window."""
        await ack()
        view = self.desk.answers.with_db(reports.open_report, action["value"], viewer_of(body))
        await modals.opened(self.desk, client, body, reports.REPORT, view, respond)

    async def reporting(self, ack: Ack, body: Json, view: Json, client: AsyncWebClient) -> None:
        """The window is filled in."""
        values, now = view["state"]["values"], self.desk.answers.clock()
        work = self.desk.answers.with_db(reports.make_report, case_in(view), values, viewer_in(body), now)
        await modals.submitted(self.desk, client, ack, body, reports.REPORT, work)

    async def undoing(self, ack: Ack, body: Json, action: Json, client: AsyncWebClient) -> None:
        """Take back, beside a report."""
        await ack()
        work = undone(self.desk, client, int(action["value"]), viewer_in(body))
        await modals.changed(self.desk, client, body, reports.REPORT, work)

    async def asking(self, ack: Ack, body: Json, action: Json, client: AsyncWebClient) -> None:
        """Hide the card ...: asks whether and why."""
        await ack()
        work = asked_to_hide(self.desk, client, action["value"], viewer_in(body))
        await modals.changed(self.desk, client, body, reports.HIDE, work)

    async def hiding(self, ack: Ack, body: Json, view: Json, client: AsyncWebClient) -> None:
        """Hiding is confirmed."""
        why = report_view.typed_why(view["state"]["values"])
        work = hidden(self.desk, client, case_in(view), why, viewer_in(body))
        await modals.submitted(self.desk, client, ack, body, reports.HIDE, work)

    async def showing(self, ack: Ack, body: Json, action: Json, client: AsyncWebClient, respond: Respond) -> None:
        """Show again, on a hidden card."""
        await ack()
        work = shown_again(self.desk, client, action["value"], viewer_of(body))
        if problem := await self.desk.begun(work):
            await told(respond, only_for_them(notice(problem)) | {"replace_original": False})


def listen(app: AsyncApp, desk: Desk) -> None:
    """Hears the buttons and windows of reports and of hiding."""
    heard = ReportDesk(desk=desk)
    app.action(marks.REPORT)(heard.opening)
    app.action(marks.SHOW)(heard.showing)
    app.action(report_view.UNDO)(heard.undoing)
    app.action(report_view.HIDE)(heard.asking)
    app.view(report_view.SUBMIT)(heard.reporting)
    app.view(report_view.HIDE_SUBMIT)(heard.hiding)


def case_in(view: Json) -> str:
    """The case that a window is about."""
    return str(json.loads(view["private_metadata"])["case"])
