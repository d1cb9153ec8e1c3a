"""`attribution-bot classify` as a person and a program meet it: the words behind a claim, and why there is none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from attribution.grounds import grounds_of
from attribution.plain import post_from_plain
from attribution.read import read
from attribution.why import why_not
from bot import cli, terminal

TITLE = "UK exposes Russian cyber campaign against Norway"
TEXT = "The UK's National Cyber Security Centre said the GRU was almost certainly behind the hack of Norway."
VENDOR = "Microsoft blames Russia for hack\nMicrosoft said so on Friday.\n"
Bot = Callable[..., Result]


@pytest.fixture
def classify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    monkeypatch.chdir(tmp_path)
    return lambda *words, text="": CliRunner().invoke(cli.cli, ["classify", *words], input=text)


def lines(shown: Result) -> list[str]:
    return [" ".join(line.split()) for line in shown.stdout.splitlines()]


def test_each_field_is_shown_with_its_words_and_its_rule(classify: Bot) -> None:
    shown = classify("--publisher", "ncsc.gov.uk", text=f"{TITLE}\n{TEXT}\n")
    assert shown.exit_code == 0
    assert "field value words rule" in lines(shown)
    assert any(line.startswith("accused Russia “") for line in lines(shown))
    assert any(line.startswith("attributed_by United Kingdom “") for line in lines(shown))
    assert any(line.startswith("victims Norway “Norway") for line in lines(shown))
    assert "confidence almost_certain “almost certainly” a step of the phia scale" in lines(shown)


def test_a_quiet_post_points_to_why_not(classify: Bot) -> None:
    shown = classify(text=VENDOR)
    assert "No attribution: no accusation by a government. --why-not shows what was missing." in lines(shown)


def test_why_not_tells_the_step_the_reason_and_the_nearest_sentence(classify: Bot) -> None:
    shown = classify("--why-not", text=VENDOR)
    assert shown.exit_code == 0
    said = lines(shown)
    assert said[0] == "Quiet: nobody speaks for a government (who speaks: company)."
    assert "has a state, service or group Russia" in said
    assert "lacks a government that accuses" in said
    assert "Nearest to it, the title:" in said
    assert "“Microsoft blames Russia for hack”" in said
    assert "accused: blamed by name “Russia”" in said


def test_why_not_of_a_mention_and_of_an_attribution_say_so(classify: Bot) -> None:
    recalled = "Cyber week opens\n" + "The week has many talks on the safety of networks. " * 12
    mention = classify("--why-not", text=f"{recalled}In 2020 the UK blamed Russia for the hack of Georgian servers.")
    assert mention.stdout.startswith("A mention only: ")
    alert = classify("--why-not", "--publisher", "ncsc.gov.uk", text=f"{TITLE}\n{TEXT}\n")
    assert alert.stdout.startswith("Not quiet: ")


def test_a_program_gets_grounds_and_reasons_as_json(classify: Bot) -> None:
    posts = [
        {"id": 1, "title": TITLE, "text": TEXT, "publisher": "ncsc.gov.uk"},
        {"id": 2, "title": "Microsoft blames Russia for hack", "text": "Microsoft said so on Friday."},
        {"id": 3, "title": "A road is opened", "text": ""},
    ]
    shown = classify("--jsonl", "--why-not", text="\n".join(map(json.dumps, posts)))
    claim, vendor, road = (json.loads(line) for line in shown.stdout.splitlines())
    grounds = {ground["field"]: ground for ground in claim["claims"][0]["grounds"]}
    assert grounds["accused"]["value"] == "RU"
    assert grounds["confidence"]["words"] == ["almost certainly"]
    assert claim["why_not"] is None
    assert vendor["why_not"]["step"] == "a government that accuses"
    assert vendor["why_not"]["nearest"]["place"] == 0
    assert ["company", "Microsoft"] in vendor["why_not"]["nearest"]["seen"]
    assert road["why_not"]["passed"] == []


def test_without_why_not_a_program_gets_no_reasons(classify: Bot) -> None:
    shown = classify("--jsonl", text=json.dumps({"title": "A road is opened", "text": ""}))
    assert "why_not" not in json.loads(shown.stdout)


@pytest.mark.parametrize("width", [80, 100])
def test_what_is_shown_fits_its_columns(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "out", lambda: Console(highlight=False, width=width))
    post = post_from_plain({"title": TITLE, "text": TEXT * 3, "publisher": "ncsc.gov.uk"})
    terminal.print_reading(post, read(post), grounds_of(post))
    terminal.print_why_not(why_not(post_from_plain({"title": "Microsoft blames Russia for hack", "text": TEXT[30:]})))
    shown = capsys.readouterr().out
    assert "attributed_by" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_a_line_that_is_no_post_is_named_and_the_rest_is_read(classify: Bot) -> None:
    bad = [
        '{"title": 5, "text": null}',
        '["x"]',
        "[" * 100_000,
        '{"title": "A"}',
        '{"title": "A", "text": "", "date": "x"}',
    ]
    good = [r'{"id": "\ud83d", "title": "A\ud83d", "text": "\udc00"}', '{"id": 7, "title": "A", "text": null}']
    shown = classify("--jsonl", text="\n".join([*bad, *good]))
    assert shown.exit_code == 1
    assert [json.loads(line)["id"] for line in shown.stdout.splitlines()] == ["\ufffd", 7]
    whys = ("its title is a number", "it is a list", "too many brackets", "it has no text", "it has “date”")
    for number, (line, why) in enumerate(zip(shown.stderr.splitlines(), whys, strict=True), 1):
        assert line.startswith(f"Line {number} is no post: ")
        assert why in line
