"""The command line as a person and a program meet it: real processes' code, a real database, a real server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import cli
from storage import schema
from storage.db import connect, run
from tests.makers import item, rss

ACCUSED = "The United Kingdom holds Iran responsible for the cyber attack on the government of Albania on 15 July."
AT = "2022-09-07T12:00"
Bot = Callable[..., Result]


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "FEEDS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words, text="": CliRunner().invoke(cli.cli, words, input=text)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "fcdo.xml"
    path.write_bytes(rss(item(1), item(2, title="UK condemns Iran", text=ACCUSED)))
    return path


def test_a_body_polled_as_a_catalogue_feed_answers_a_question(bot: Bot, body: Path) -> None:
    polled = bot("poll", "--feed", f"gb-fcdo={body}", "--at", AT)
    assert polled.exit_code == 0, polled.output
    assert "1 of 1 feeds read, 2 new posts, 1 attributions" in polled.stdout
    asked = bot("query", "iran by:uk since:2022-09", "--json", "--at", AT)  # the archive's are older
    (found,) = json.loads(asked.stdout)
    assert (found["accused"], found["attributed_by"], found["victims"]) == (["IR"], ["GB"], ["AL"])
    assert found["quote"] in f"UK condemns Iran {ACCUSED}"
    assert found["case"].startswith("2022-")
    assert found["url"].startswith("https://")


def test_a_question_prints_a_table(bot: Bot, body: Path) -> None:
    bot("poll", "--feed", f"gb-fcdo={body}", "--at", AT)
    shown = bot("query", "iran since:2022-09", "--at", AT)
    assert "United Kingdom" in shown.stdout
    assert "1 claim." in shown.stdout
    assert "No stored claim answers: accused:no." in bot("query", "norway").stdout


@pytest.mark.parametrize(
    "words", [("query", "notpetya"), ("export", "iran"), ("stats", "iran"), ("case", "show", "2022-1")]
)
def test_a_new_database_answers_from_the_archive(bot: Bot, words: tuple[str, ...]) -> None:
    asked = bot(*words)
    assert asked.exit_code == 0, asked.output
    assert len(asked.stdout) > 200


def test_help_tells_what_a_line_to_import_holds(bot: Bot) -> None:
    told = bot("import", "--help").stdout
    for key in ("title", "text", "published", "url", "publisher", "country_of_publisher", "lang", "id"):
        assert f'"{key}"' in told


def test_a_list_of_feeds_is_not_written_over_unless_told_to(bot: Bot, tmp_path: Path) -> None:
    assert bot("feeds", "export", "feeds.opml").exit_code == 0
    was = (tmp_path / "feeds.opml").read_bytes()
    assert bot("feeds", "export", "feeds.opml").exit_code != 0
    assert (tmp_path / "feeds.opml").read_bytes() == was
    assert bot("feeds", "export", "feeds.opml", "--force").exit_code == 0


def test_an_operations_name_finds_what_is_said_of_it_whether_or_not_it_is_in_the_words(bot: Bot) -> None:
    found = json.loads(bot("query", "notpetya", "--json").stdout)
    assert any("notpetya" not in one["quote"].casefold() for one in found)
    assert {one["case"] for one in found if "notpetya" in one["quote"].casefold()} & {one["case"] for one in found[:2]}


@pytest.mark.parametrize("command", [("query", "irn"), ("query", "iran", "sinse:2022")])
def test_a_mistyped_question_is_answered_on_standard_error(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert exit_of(monkeypatch, *command) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Did you mean" in shown.err
    assert "Traceback" not in shown.err


def test_feeds_that_cannot_be_read_say_why(bot: Bot, body: Path, tmp_path: Path) -> None:
    (tmp_path / "page.xml").write_text(
        "<!doctype html><html><head><title>Not found</title></head><body>404</body></html>"
    )
    both = bot("poll", "--feed", str(body), "--feed", "page.xml", "--at", AT)
    assert both.exit_code == 0
    assert "1 of 2 feeds read" in both.stdout
    assert "soft 404" in both.stdout
    alone = bot("poll", "--feed", "page.xml", "--at", AT)
    assert alone.exit_code == 1


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ("gb-fdco", "gb-fcdo"),
        ("gb-fcdo=nowhere.xml", "no file nowhere.xml"),
        ("nowhere.xml", "a file that exists"),
        ("https://", "HOST"),
        ("http://[::1", "no address"),
    ],
)
def test_a_source_that_is_no_feed_is_refused_with_what_would_be_right(bot: Bot, source: str, advice: str) -> None:
    refused = bot("poll", "--feed", source)
    assert refused.exit_code == 2
    assert advice in refused.stderr


def test_a_reading_shows_the_words_that_gave_it(bot: Bot) -> None:
    shown = bot("classify", "--publisher", "gov.uk", "--country", "GB", text=f"UK condemns Iran\n{ACCUSED}\n")
    assert shown.exit_code == 0
    assert "accuses Iran" in shown.stdout
    assert "accused" in shown.stdout


def test_a_quiet_post_says_why(bot: Bot) -> None:
    shown = bot("classify", text="A road is opened\nThe minister cut a ribbon.\n")
    assert shown.stdout.count("No attribution:") == 1


@pytest.mark.parametrize("cut_off", [False, True])
def test_a_poll_that_makes_a_new_database_says_so_once(bot: Bot, body: Path, tmp_path: Path, cut_off: bool) -> None:
    path = tmp_path / "attribution.db"
    if cut_off:
        bot("poll", "--feed", str(body), "--at", AT)
        path.write_bytes(b"")
    told = bot("poll", "--feed", str(body), "--at", AT)
    assert f"A new database was made, {path}: there was none, or an empty file." in told.stderr
    assert "new database" not in bot("poll", "--feed", str(body), "--at", AT).output


def test_nothing_to_read_is_said(bot: Bot) -> None:
    assert bot("classify", text="\n").exit_code == 2


def test_posts_are_read_line_by_line_and_a_broken_line_stops_nothing(bot: Bot) -> None:
    good = {
        "id": "1",
        "publisher": "gov.uk",
        "country_of_publisher": "GB",
        "title": "UK condemns Iran",
        "text": ACCUSED,
    }
    quiet = {"id": 2, "title": "A road is opened", "text": ""}
    shown = bot(
        "classify", "--jsonl", text="\n".join([json.dumps(good), "{broken", '["no post"]', json.dumps(quiet), ""])
    )
    said = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(one["id"], one["standing"]) for one in said] == [("1", "attribution"), (2, "none")]
    assert said[0]["claims"][0]["accused"] == ["IR"]
    assert said[1]["gate"]
    assert "Line 2 is no post" in shown.stderr
    assert "Line 3 is no post" in shown.stderr
    assert shown.exit_code == 1


def test_migrate_makes_the_database_and_says_so(bot: Bot, tmp_path: Path) -> None:
    first = bot("migrate")
    assert "now at schema" in first.stdout
    assert f"A new database was made, {tmp_path / 'attribution.db'}" in first.stderr
    assert "new database" not in bot("migrate").output
    assert "already at schema" in bot("migrate").stdout
    assert (tmp_path / "attribution.db").exists()


def test_a_newer_database_is_refused_in_one_sentence(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect("sqlite:///attribution.db") as db:
        schema.require_current(db)
        run(db, "insert into migrations (number) values (99)")
    assert exit_of(monkeypatch, "query", "iran") == 2
    assert "upgrade attribution-bot" in capsys.readouterr().err


def test_wrong_settings_are_said_before_anything_is_done(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    monkeypatch.setenv("PORT", "-1")
    assert exit_of(monkeypatch, "poll") == 2
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["DATABASE_URL", "PORT"]
    assert list(tmp_path.iterdir()) == []


def test_a_time_that_is_none_is_refused(bot: Bot) -> None:
    refused = bot("query", "--at", "yesterday")
    assert refused.exit_code == 2
    assert "2022-09-07T12:00" in refused.stderr


def exit_of(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Runs the installed command's own entry point and gives its exit status."""
    monkeypatch.setattr("sys.argv", ["attribution-bot", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)
