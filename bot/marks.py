"""What stands on a card beside its case: who disputes it, its buttons, and the line that a hidden one is. Pure."""

from collections.abc import Sequence
from datetime import datetime

from attribution.view import CaseView
from attribution.words import counted, flagged, joined
from bot import blocks, telling
from bot.blocks import Part, message, shown
from bot.cards import lead_of
from bot.escape import mrkdwn
from storage.cards import Hidden
from storage.feedback import Report, Wrong

DETAILS, REPORT, SHOW = "details_open", "report_open", "report_show"
ON_CARDS = frozenset({DETAILS, REPORT, SHOW})  # they open windows of Slack's, so a terminal does without
WRONG = {
    Wrong.NOT_ATTRIBUTION: "not an attribution",
    Wrong.ACCUSED: "wrong accused",
    Wrong.ACCUSER: "wrong accuser",
    Wrong.CASE: "belongs to another case",
    Wrong.MISSED: "an attribution was missed",
}
DISPUTES = 3  # told on a card; the window that Report opens has them all
WORDS_LENGTH = 160  # of a reporter's own words on a card


def button(action: str, label: str, value: str) -> Part:
    """A button; `value`: ids alone, which are looked up again when it is pressed."""
    text = {"type": "plain_text", "text": label, "emoji": True}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def details(case: str) -> Part:
    """The button that opens the details of a case."""
    return button(DETAILS, "Details", case)


def report(case: str) -> Part:
    """The button that opens the window in which to say what is wrong."""
    return button(REPORT, "Report", case)


def what(said: Report, where: str = "") -> str:
    """What a report says is wrong, with what would be right: "wrong accused, rather 🇷🇺 Russia"."""
    return WRONG[said.said.kind] + where + (f", rather {_instead(said)}" if said.said.instead else "")


def _instead(said: Report) -> str:
    if said.said.kind is Wrong.CASE:
        return f"case {said.said.instead}"
    return joined([flagged(code) for code in said.said.instead.split(",")])


def disputed(reports: Sequence[Report], view: CaseView) -> list[str]:
    """A line for each of the newest reports on a case, and how many more there are, as mrkdwn."""
    lines = [_disputed(one, view) for one in reversed(reports)][:DISPUTES]
    more = len(reports) - len(lines)
    return [*lines, f"and {counted(more, 'more report')}"] if more > 0 else lines


def _disputed(one: Report, view: CaseView) -> str:
    words = f": “{shown(one.said.words, WORDS_LENGTH)}”" if one.said.words else ""
    return f"*Disputed* by <@{one.user}>: {mrkdwn(what(one, _about(one, view)) + words)}"


def _about(one: Report, view: CaseView) -> str:
    """Which of several statements is meant, where it is not the case that is."""
    found = next((found for found in view.statements if found.id == one.said.claim), None)
    if found is None or len(view.statements) == 1:
        return ""
    return f" (statement of {telling.short(found) or telling.source(found)})"


def hidden(view: CaseView, by: Hidden, now: datetime) -> Part:
    """A card out of sight: one line that says who hid it, when and why, what it is about, and how to see it again."""
    at = blocks.moment(by.at, "{date_short_pretty} at {time}", now)
    about = f"Case {view.id}: {telling.title(lead_of(view))}"
    many = counted(len(view.statements), "statement")
    newest = max(one.recorded_at for one in view.statements)
    last = f", the last {blocks.moment(newest, '{date_short_pretty}', now)}" if len(view.statements) > 1 else ""
    why = mrkdwn(f"“{shown(by.why, WORDS_LENGTH)}”")
    line = f"*Hidden* by <@{by.by}>, {at}: {why}"
    small = blocks.context(line, "\n", mrkdwn(about), f"{many}{last}")
    again = {"type": "actions", "elements": [button(SHOW, "Show again", view.id), details(view.id)]}
    return message(f"{line.replace('*Hidden*', 'Hidden', 1)} {mrkdwn(about)}, {many}{last}.", [small, again])
