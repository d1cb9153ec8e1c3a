"""`attribution-bot feeds`: what is read, what an operator adds, and what sources answer when asked by hand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from attribution.model import PublisherKind
from bot import cli, probe
from bot.config import Settings
from bot.feed_lists import BY_HAND, empty, everybodys, export, import_outlines, lines, outlines, told
from bot.poll import prepare
from feeds.catalogue import catalogue, counts, entry
from feeds.errors import Trouble
from feeds.opml import OpmlError, Outline, read_opml, write_opml
from feeds.shape import Format
from storage import feeds
from storage.db import connect
from storage.feeds import FeedState
from tests.makers import FCDO, item, rss
from tests.web import Web

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEW = Outline(text="A ministry", url="https://ministry.example/feed.xml")
Bot = Callable[..., Result]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        prepare(db)
        yield db


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "FEEDS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: CliRunner().invoke(cli.cli, words)


def test_an_export_holds_every_polled_feed_with_its_publisher_and_what_it_serves(db: Database) -> None:
    told_counts = counts()
    exported = {one.description: one for one in outlines(db)}
    assert len(exported) == told_counts.feeds + told_counts.others
    assert exported["gb-fcdo"] == Outline(
        text="UK Foreign, Commonwealth & Development Office",
        url=entry("gb-fcdo").feed.url,
        language="en",
        category="/government/GB",
        description="gb-fcdo",
    )
    assert exported["nato-transcripts"].type == "json"
    assert exported["jp-jpcert"].category == "/unknown"


def test_a_workspaces_own_feed_is_in_no_export_and_in_no_list(db: Database) -> None:
    feeds.put(db, [(replace(FCDO, id="own-1", owner="T1", url="https://own.example/"), None)])
    assert "own-1" not in {feed.id for feed, _, _ in everybodys(db)}


def test_an_imported_feed_is_polled_for_everybody_and_speaks_for_nobody(db: Database) -> None:
    (added,) = import_outlines(db, [NEW]).added
    assert added.id in feeds.enabled(db)
    found = feeds.get(db, added.id)
    assert found
    publisher = found[0].publisher
    assert (publisher.name, publisher.kind, publisher.speaker) == ("A ministry", PublisherKind.UNKNOWN, None)
    assert (found[0].url, found[0].owner, found[0].language) == (NEW.url, None, None)
    assert added.id in {one.description for one in outlines(db)}


def test_a_catalogues_renewal_leaves_an_operators_feeds_alone(db: Database) -> None:
    (added,) = import_outlines(db, [NEW]).added
    prepare(db)
    assert added.id in feeds.enabled(db)


def test_importing_twice_adds_once_and_says_so(db: Database) -> None:
    same = Outline(text="Again", url="HTTPS://Ministry.example:443/feed.xml#top")
    first = import_outlines(db, [NEW, same])
    assert (len(first.added), [why for _, why in first.skipped]) == (
        1,
        [f"it is read already, as {first.added[0].id}."],
    )
    assert len(import_outlines(db, [NEW]).added) == 0


def test_its_own_export_is_all_there_already(db: Database) -> None:
    again = import_outlines(db, read_opml(write_opml(outlines(db))))
    assert again.added == ()
    assert {why.split(",")[0] for _, why in again.skipped} == {"it is read already"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (Outline(text="", url="ftp://a.example/x"), "is no web address"),
        (Outline(text="", url="javascript:alert(1)"), "is no web address"),
        (Outline(text="", url="https://[::1"), "is no address"),
        (Outline(text="", url="https://me:secret@a.example/"), "has a password in it"),
        (Outline(text="", url="https://a.example/" + "x" * 500), "longer than 500 characters"),
        (Outline(text="", url="https://a.example:8080/"), "at port 8080, where this bot does not go"),
        (Outline(text="", url="http://127.0.0.1/feed"), "127.0.0.1 is no public address"),
        (Outline(text="", url="http://[::ffff:10.0.0.1]/feed"), "is no public address"),
        (Outline(text="", url="https://a.example/news", type="listing"), "it is no feed but a listing"),
        (Outline(text="", url=entry("us-ofac").feed.url), "it is us-ofac, which is not polled: retired"),
        (Outline(text="", url=entry("gb-fcdo").feed.url), "it is read already, as gb-fcdo."),
    ],
)
def test_a_line_that_cannot_be_a_feed_is_skipped_with_the_reason(db: Database, line: Outline, why: str) -> None:
    imported = import_outlines(db, [line, NEW])
    assert [feed.url for feed in imported.added] == [NEW.url]
    *skipped, last = told(imported)
    assert last == "1 added, 1 skipped."
    assert why in skipped[0]


def test_a_port_that_the_settings_allow_is_no_obstacle(db: Database) -> None:
    line = replace(NEW, url="https://a.example:8443/")
    assert len(import_outlines(db, [line], frozenset({443, 8443})).added) == 1


def test_what_was_polled_by_hand_only_can_be_imported(db: Database) -> None:
    feeds.put(db, [(replace(FCDO, id=NEW.url, url=NEW.url), BY_HAND)])
    assert len(import_outlines(db, [NEW]).added) == 1


def test_a_list_says_how_each_feed_fares(db: Database) -> None:
    failing = FeedState(trouble="blocked", trouble_text="It does not let this bot in.", failing_since=NOW, failures=2)
    feeds.save_state(db, "us-state", failing)
    feeds.save_state(db, "gb-fcdo", FeedState(last_ok_at=NOW, newest_at=NOW))
    feeds.save_state(db, "us-fda", FeedState(gone_at=NOW))
    shown = {line[0]: line for line in lines(db)}
    assert len(shown) == len(catalogue())
    assert shown["us-state"][-1] == "blocked since 2026-11-20 12:00: It does not let this bot in."
    assert shown["gb-fcdo"][2:] == ("GB", "feed", "well at 2026-11-20 12:00, newest 2026-11-20")
    assert shown["de-foreign-office-english"][3:] == ("listing", "not asked yet")
    assert shown["us-ofac"][-1].startswith("not polled: retired")


def test_a_list_without_a_feed_says_so(db: Database) -> None:
    nothing = import_outlines(db, read_opml(b"<opml><body><outline text='A folder'/></body></opml>"))
    (said,) = told(nothing)
    assert said.startswith("The list has no feed")
    assert empty(nothing)
    assert not empty(import_outlines(db, [NEW]))
    assert not empty(import_outlines(db, [NEW]))  # there already


def test_an_export_writes_over_no_file_unless_told_to(db: Database, tmp_path: Path) -> None:
    kept = tmp_path / "mine.opml"
    kept.write_text("years of work")
    with pytest.raises(OpmlError, match=r"is there already: .*--force"):
        export(db, kept)
    assert kept.read_text() == "years of work"
    export(db, kept, force=True)
    assert len(read_opml(kept.read_bytes())) > 100


def test_an_export_goes_to_a_new_file_or_to_standard_output(
    db: Database, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    export(db, tmp_path / "new.opml")
    export(db, Path("-"))
    assert capsysbinary.readouterr().out == (tmp_path / "new.opml").read_bytes()


def test_a_list_goes_out_and_comes_in_on_the_command_line(bot: Bot, tmp_path: Path) -> None:
    assert bot("feeds", "export", "out.opml").exit_code == 0
    assert len(read_opml((tmp_path / "out.opml").read_bytes())) > 100
    (tmp_path / "in.opml").write_bytes(write_opml([NEW, Outline(text="", url="ftp://a.example/")]))
    taken = bot("feeds", "import", "in.opml")
    assert taken.exit_code == 0
    assert "skipped ftp://a.example/: " in taken.stdout
    assert taken.stdout.endswith("1 added, 1 skipped.\n")
    shown = bot("feeds", "list").stdout
    assert "A ministry" in shown
    assert "gb-fcdo" in shown
    assert b"ministry.example" in bot("feeds", "export", "-").stdout_bytes


def test_a_file_that_is_no_list_is_refused_in_one_sentence(
    bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.opml").write_text("nothing")
    monkeypatch.setattr("sys.argv", ["attribution-bot", "feeds", "import", "in.opml"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("It is no XML")
    assert not (tmp_path / "attribution.db").exists()


def test_probing_says_what_each_source_answers_and_touches_no_database(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "fcdo.xml").write_bytes(rss(item(1), item(2)))
    (tmp_path / "nato.json").write_text('{"pages": [{"title": "Remarks", "link": "/en/2026/11/20/remarks"}]}')
    (tmp_path / "nukib.html").write_text("<html><body><p>Anew</p></body></html>")
    sources = ("gb-fcdo=fcdo.xml", "nato-transcripts=nato.json", "cz-nukib-english=nukib.html")
    said = json.loads(bot("feeds", "probe", "--json", *sources).stdout)
    assert [(one["feed"], one["status"], one["type"], one["entries"], one["newest"]) for one in said] == [
        ("gb-fcdo", "ok", "rss", 2, "2022-09-07T12:00:00+00:00"),
        ("nato-transcripts", "ok", "json", 1, "2026-11-20T00:00:00+00:00"),
        ("cz-nukib-english", "malformed", "", 0, None),
    ]
    assert said[2]["text"].startswith(
        "The page has changed: it has no link that “a[href*='/infoservis-en/news/']” selects"
    )
    table = bot("feeds", "probe", *sources)
    assert table.exit_code == 0
    assert "2026-11-20" in table.stdout
    assert "cz-nukib-english: The page has changed: " in table.stdout
    assert table.stdout.endswith("2 of 3 sources read.\n")
    assert bot("feeds", "probe", sources[2]).exit_code == 1
    assert not list(tmp_path.glob("*.db*"))


async def test_probing_asks_over_the_network_and_survives_what_fails(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'none.db'}")
    async with Web() as web:
        good, bad = web.serve("/feed.xml", rss(item(1))), web.serve("/closed", status=403)
        answers = await probe.probe(settings, [good, bad, web.url("/missing")], disabled=False)
    assert [one.trouble for one in answers] == [None, Trouble.BLOCKED, Trouble.NOT_FOUND]
    assert (answers[0].entries, answers[0].content_type) == (1, "application/rss+xml; charset=utf-8")
    assert not list(tmp_path.glob("*"))  # noqa: ASYNC240 - a local directory


def test_probing_without_names_asks_every_polled_source_and_with_all_the_others_too() -> None:
    polled = [one for one in catalogue() if one.disabled is None]
    assert [one.feed.id for one in probe.targets([], disabled=False)] == [one.feed.id for one in polled]
    assert len(probe.targets([], disabled=True)) == len(catalogue()) > len(polled)
    assert {one.shape.format for one in polled} == set(Format)
