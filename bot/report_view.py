"""The windows in which people say what is wrong with a card, and hide it; and what they filled in. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attribution import names
from attribution.identity import canonical_url
from attribution.model import Found
from attribution.view import CaseView
from attribution.words import by_name
from bot import blocks, marks, modals, telling
from bot.blocks import Part, rich, section, shown, words
from bot.cards import lead_of
from bot.escape import clean, cut, mrkdwn, web_url
from bot.modals import Mistakes, plain
from storage.feedback import Report, Said, Wrong

SUBMIT, UNDO = "report_submit", "report_undo"
HIDE, HIDE_SUBMIT = "report_hide", "report_hide_submit"
KIND, WHICH, INSTEAD, LINK, WORDS, WHY = "kind", "which", "instead", "link", "words", "why"
CHOICES = {
    Wrong.NOT_ATTRIBUTION: ("This is not an attribution", "No government or body blames a state for it"),
    Wrong.ACCUSED: ("Wrong accused", "It blames somebody else"),
    Wrong.ACCUSER: ("Wrong accuser", "Somebody else blames"),
    Wrong.CASE: ("It belongs to another case", "Another operation is meant"),
    Wrong.MISSED: ("An attribution was missed", "Any other page that has one: give its link below"),
}
OPTION_LENGTH = 75  # Slack's limit of an option's text
OPTIONS = 100  # Slack's limit of a list to choose from
WORDS_LENGTH, WHY_LENGTH, INSTEAD_LENGTH = 1000, 150, 200
STANDING = 10  # reports shown with a button each
RIGHT = "Russia, or GB,US · for another case its number, such as 2022-17"
NO_STATE = "No state or body is called {}: write a name such as Russia, or a code such as RU; commas between several."
NO_CASE = "Write a case's number, such as 2022-17, or nothing."
NO_LINK = "Give the link of the page that was missed; it begins with https://"
NO_WEB = "That is no web address: it begins with https://"
HIDES = (
    "The card becomes one line that says who hid it and why, with a button to show it again. Its case then brings no"
    " more replies and no new card to this channel; the line counts what came since, and digests still list it."
)

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]


def report(view: CaseView, channel: str, reports: Sequence[Report], opened_by: int | None = None) -> Part:
    """The window that Report opens: the reports there are, what may be wrong, and hiding the card; `opened_by`: as the
    card's."""
    lead = lead_of(view, opened_by)
    said = [_standing(one, view) for one in reports[-STANDING:]]
    inputs = [_kind(), *_which(view.statements, lead), _instead(), _link(), _words()]
    hide = danger(HIDE, "Hide the card ...", view.id)
    hiding = mrkdwn("Not for this channel at all? Who subscribed it, or an admin, can hide the card.")
    return modals.modal(
        f"Report case {view.id}",
        [
            rich(section(words(telling.title(lead), "bold"))),
            *said,
            *inputs,
            {"type": "divider"},
            {"type": "section", "text": {"type": "mrkdwn", "text": hiding}, "accessory": hide},
        ],
        close="Cancel",
        submit="Report",
        callback_id=SUBMIT,
        private_metadata=ids(view.id, channel),
    )


def thanks(made: Report) -> Part:
    """The window after a report, with a button that takes it back."""
    done = (
        "It is kept for those who teach the bot; no card changes."
        if made.said.claim is None
        else f"The cards of case {made.said.case} in this workspace now say that you dispute it: {marks.what(made)}."
    )
    text = {"type": "mrkdwn", "text": mrkdwn(f"Thank you. {done}")}
    whole = {"type": "section", "text": text, "accessory": _undo(made)}
    return modals.modal("Reported", [whole], private_metadata=ids(made.said.case or "", made.channel))


def hide(view: CaseView, channel: str) -> Part:
    """The window that asks whether a card is really to be hidden, and why."""
    why = _input(WHY, "Why?", {"type": "plain_text_input", "max_length": WHY_LENGTH}, "It will stand on the card.")
    return modals.modal(
        "Hide this card?",
        [rich(section(words(f"{telling.title(lead_of(view))}\n", "bold"), words(HIDES))), why],
        close="Cancel",
        submit="Hide the card",
        callback_id=HIDE_SUBMIT,
        private_metadata=ids(view.id, channel),
    )


def ids(case: str, channel: str) -> str:
    """What a window remembers: ids alone."""
    return json.dumps({"case": case, "channel": channel})


def danger(action: str, label: str, value: str) -> Part:
    """A button for what cannot be done without a thought."""
    return marks.button(action, label, value) | {"style": "danger"}


def _standing(one: Report, view: CaseView) -> Part:
    text = {"type": "mrkdwn", "text": cut(marks.disputed([one], view)[0], blocks.TEXT_LENGTH)}
    return {"type": "section", "text": text, "accessory": _undo(one)}


def _undo(one: Report) -> Part:
    confirm = {
        "title": plain("Take this report back?"),
        "text": plain("The cards will no longer say it. Who reported it can do that, and an admin."),
        "confirm": plain("Take it back"),
        "deny": plain("Leave it"),
    }
    return marks.button(UNDO, "Take back", str(one.number)) | {"confirm": confirm}


def _kind() -> Part:
    options = [
        {"text": plain(text), "value": str(kind), "description": plain(about)}
        for kind, (text, about) in CHOICES.items()
    ]
    return _input(KIND, "What is wrong?", {"type": "radio_buttons", "options": options})


def _which(statements: Sequence[Found], lead: Found) -> list[Part]:
    """The statements to choose from, the card's own first."""
    others = [one for one in statements if one is not lead and not one.withdrawn_at]
    options = [_option(one) for one in (lead, *others)][:OPTIONS]
    chosen = {"type": "static_select", "options": options, "initial_option": options[0]}
    return [_input(WHICH, "In which statement?", chosen)]


def _option(one: Found) -> Part:
    by = f"{telling.title(one, 1)} · {telling.source(one)}"
    return {"text": plain(cut(clean(by), OPTION_LENGTH)), "value": str(one.id)}


def _instead() -> Part:
    element = {"type": "plain_text_input", "max_length": INSTEAD_LENGTH}
    return _input(INSTEAD, "What would be right?", element, RIGHT, optional=True)


def _link() -> Part:
    return _input(LINK, "Link", {"type": "url_text_input"}, "Needed for what was missed.", optional=True)


def _words() -> Part:
    element = {"type": "plain_text_input", "multiline": True, "max_length": WORDS_LENGTH}
    return _input(WORDS, "In your words", element, "The beginning stands on the card.", optional=True)


def _input(name: str, label: str, element: Part, hint: str = "", *, optional: bool = False) -> Part:
    hinted = {"hint": plain(hint)} if hint else {}
    named = element | {"action_id": f"report_{name}"}
    return {"type": "input", "block_id": name, "label": plain(label), "element": named, "optional": optional, **hinted}


# What was filled in


def filled(values: Values, case: str) -> Said | Mistakes:
    """What somebody says is wrong, or what is wrong with how they say it."""
    kind = Wrong(_selected(values, KIND))
    claim = int(_selected(values, WHICH))
    link, instead, own = _typed(values, LINK), _typed(values, INSTEAD), _typed(values, WORDS)
    if mistakes := _mistakes(kind, link, instead):
        return Mistakes(fields=mistakes)
    if kind is Wrong.NOT_ATTRIBUTION and instead:  # nothing would be right instead, so it is a remark
        instead, own = "", f"{instead}. {own}".strip()
    missed = kind is Wrong.MISSED
    return Said(
        kind=kind,
        case=None if missed else case,
        claim=None if missed else claim,
        link=canonical_url(web_url(link) or ""),
        instead=instead if kind is Wrong.CASE else ",".join(_codes(instead)),
        words=own,
    )


def typed_why(values: Values) -> str:
    """Why a card is to be hidden, in somebody's words."""
    return _typed(values, WHY)


def _mistakes(kind: Wrong, link: str, instead: str) -> dict[str, str]:
    found = {}
    if link and web_url(link) is None:
        found[LINK] = NO_WEB
    if kind is Wrong.MISSED and not link:
        found[LINK] = NO_LINK
    if kind in (Wrong.ACCUSED, Wrong.ACCUSER, Wrong.MISSED) and (unknown := _unknown(instead)):
        found[INSTEAD] = NO_STATE.format(f"“{shown(unknown[0], telling.NAME_LENGTH)}”")
    return found


def _parts(instead: str) -> list[str]:
    return [part.strip() for part in instead.split(",") if part.strip()]


def _unknown(instead: str) -> list[str]:
    return [part for part in _parts(instead) if names.state(part) is None]


def _codes(instead: str) -> list[str]:
    return by_name({code for part in _parts(instead) if (code := names.state(part))})


def _selected(values: Values, name: str) -> str:
    return str(values[name][f"report_{name}"]["selected_option"]["value"])


def _typed(values: Values, name: str) -> str:
    return clean(values[name][f"report_{name}"].get("value") or "")
