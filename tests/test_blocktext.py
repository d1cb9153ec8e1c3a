"""A message in a terminal: everything Slack would show, with addresses that can be clicked."""

import re
from typing import Any

import pytest

from bot import charts
from bot.blocktext import shown
from tests.card_samples import marked, messages

SGR = re.compile(r"\x1b\[([0-9;]*)m")


def payload(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"text": "x", "blocks": list(blocks)}


def mrkdwn(text: str) -> dict[str, Any]:
    return payload({"type": "section", "text": {"type": "mrkdwn", "text": text}})


def body(text: str) -> str:
    return "\n".join(line.removeprefix("│").removeprefix(" ") for line in text.splitlines()[1:-1])


def test_a_card_reads_as_in_slack() -> None:
    (card,) = messages()["card-sanctions"]
    assert shown(card, "#alerts", width=200) == (
        "╭─ #alerts\n"
        "│ 🇺🇸\u00a0United States accuses 🇮🇷\u00a0Iran, with sanctions\n"
        "│ Treasury sanctions Iran's intelligence ministry and its minister for malign cyber activity"
        " <https://www.example.org/posts/7>\n"
        "│ ▏ “MOIS and its minister are designated for the disruptive attack on the government of Albania.”\n"
        "│ *Against:* 🇦🇱\u00a0Albania and e-Albania\n"
        "│ *Accused:* 🇮🇷\u00a0Iran · the state itself · MOIS and HomeLand Justice (Storm-0842)\n"
        "│ *How sure:* stated as fact\n"
        "│ *By:* OFAC\n"
        "│ *Also:* 🇬🇧\u00a0United Kingdom <https://www.example.org/posts/1>, 🇦🇱\u00a0Albania"
        " <https://www.example.org/posts/3> (expulsion)\n"
        "│ *Backed by:* NATO <https://www.example.org/posts/4>, 🇪🇺\u00a0European Union"
        " <https://www.example.org/posts/5>\n"
        "│ *🇮🇷\u00a0Iran denies it* <https://www.example.org/posts/6>\n"
        "│ Sanctions · 9 September · US Department of the Treasury\n"
        "│ case 2022-17 · 11 sources · seen 14:05 UTC · earlier card"
        " <https://example.slack.com/archives/C0123456789/p1662558060000100>\n"
        "╰─"
    )


@pytest.mark.parametrize("name", sorted(messages()))
def test_no_address_is_broken_and_no_other_line_is_too_wide(name: str) -> None:
    for one in messages()[name]:
        for line in shown(one, width=60).splitlines():
            assert len(line) <= 60 or ("http" in line and " " not in line.split("<", 1)[1].rstrip())


@pytest.mark.parametrize("name", sorted(messages()))
def test_colour_changes_no_words(name: str) -> None:
    for one in messages()[name]:
        plain = shown(one, width=10_000)
        coloured = SGR.sub("", shown(one, width=10_000, colour=True))
        assert re.sub(r"[*_~]", "", coloured) == re.sub(r"[*_~]", "", plain)


def test_every_coloured_line_ends_in_no_style() -> None:
    long = {"type": "text", "text": "word " * 60, "style": {"bold": True}}
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [long]}]}
    lines = shown(payload(block), width=40, colour=True).splitlines()[1:-1]
    assert len(lines) > 5
    assert all(SGR.findall(line)[0] == "1" and SGR.findall(line)[-1] == "0" for line in lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A &amp; B &lt;c&gt;", "A & B <c>"),
        ("<https://x.example/?a=1&amp;b=2|the post>", "the post <https://x.example/?a=1&b=2>"),
        ("<https://x.example/>", "<https://x.example/>"),
        ("seen <!date^1662558060^{date_short_pretty}|13:41 UTC>", "seen 13:41 UTC"),
        ("*bold* _it_ ~no~", "*bold* _it_ ~no~"),
    ],
)
def test_mrkdwn_is_read(text: str, expected: str) -> None:
    assert body(shown(mrkdwn(text))) == expected


def test_mrkdwn_styles_are_a_terminals_with_colour_and_snake_case_is_none() -> None:
    coloured = shown(mrkdwn("*bold* UNK_FistBump_x _it_"), colour=True)
    assert body(coloured) == "\x1b[1mbold\x1b[0m UNK_FistBump_x \x1b[3mit\x1b[0m"


def test_buttons_fields_and_dividers_are_shown_and_what_is_unknown_is_named() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "one"}, {"type": "plain_text", "text": "two"}]},
        {"type": "divider"},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Share"}}]},
        {"type": "brand_new"},
    ]
    assert body(shown(payload(*blocks))).splitlines() == ["one", "two", "─" * 40, "[Share]", "(brand_new)"]


def test_a_chart_is_drawn_with_its_figures() -> None:
    chart = charts.bars("By state", ["Iran", "Russia"], {"now": [2, 4], "before": [0, 1]})
    rows = [line.split() for line in body(shown(payload(chart))).splitlines()]
    assert rows[0] == ["By", "state"]
    assert rows[1:] == [
        ["Iran", "now", "█" * 10, "2"],
        ["Iran", "before", "0"],
        ["Russia", "now", "█" * 20, "4"],
        ["Russia", "before", "█" * 5, "1"],
    ]


def test_a_terminal_has_none_of_the_buttons_that_open_windows_of_slacks() -> None:
    (card,) = marked()["card-disputed"]
    assert "Disputed" in shown(card)
    assert "[Details]" not in shown(card)
    assert shown(card) == shown({**card, "blocks": card["blocks"][:-1]})
