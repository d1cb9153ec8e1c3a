"""`attribution-bot import`: a back-catalogue is stored once, in the order of its days, and disturbs nobody."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from attribution.query import Query
from bot import backfill, cli, ingest
from storage import channels, schema
from storage.channels import Channel, Subscription
from storage.db import connect, rows, transaction
from tests.makers import NOW, item, rss

URL = "sqlite:///attribution.db"
# The package is found from another folder; no setting of the one who runs the tests is taken over.
AT_HOME = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])}
UK = "The United Kingdom holds Iran responsible for the cyber attack on the government of Albania on 15 July."
US = "The United States condemns Iran: it is responsible for the cyber attack on the government of Albania on 15 July."
AT = "2023-01-15T12:00"
Bot = Callable[..., Result]


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "FEEDS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: CliRunner().invoke(cli.cli, ["import", *words, "--at", AT])


def line(number: int, **changed: Any) -> dict[str, Any]:
    usual = {
        "id": f"p{number}",
        "url": f"https://www.gov.uk/news/{number}",
        "publisher": "gov.uk",
        "published": "2022-09-07",
        "title": f"A road is opened, part {number}",
        "text": "The minister cut a ribbon.",
    }
    return usual | changed


def catalogue(*lines: dict[str, Any], name: str = "old.jsonl") -> str:
    Path(name).write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return name


def stored(sql: str) -> list[tuple[Any, ...]]:
    with connect(URL) as db:
        return [tuple(row.values()) for row in rows(db, sql)]


IMPORTED = "from claims c join posts p on p.id = c.post where p.feed = 'import'"
BLAMES = line(1, title="UK condemns Iran", text=UK)
JOINS = line(
    2, title="Statement on Albania", text=US, url="https://www.whitehouse.gov/a", publisher="whitehouse.gov",
    published="2022-09-08",
)  # fmt: skip


def test_a_catalogue_is_read_and_answers_questions(bot: Bot) -> None:
    taken = bot(catalogue(BLAMES, line(3)))
    assert taken.exit_code == 0, taken.output
    assert "2 posts stored, 0 there already: 1 attribution, 0 mentions, 0 cases opened." in taken.stdout
    asked = CliRunner().invoke(cli.cli, ["query", "by:uk", "victim:al", "--json", "--at", AT])
    found = [one for one in json.loads(asked.stdout) if one["origin"] == "live"]
    assert [(one["accused"], one["url"], one["made_on"]["day"]) for one in found] == [
        (["IR"], "https://www.gov.uk/news/1", "2022-09-07")
    ]
    archived = "select case_id from claims where origin = 'archive'"
    assert {one["case"] for one in found} <= {case for (case,) in stored(archived)}  # it joined the archive's


def test_what_the_archive_does_not_know_opens_a_case(bot: Bot) -> None:
    unknown = UK.replace("Iran", "Vietnam").replace("Albania", "Laos")
    taken = bot(catalogue(line(1, title="UK condemns Vietnam", text=unknown)))
    assert "1 attribution, 0 mentions, 1 case opened." in taken.stdout


def test_what_was_imported_once_is_not_stored_again(bot: Bot) -> None:
    file = catalogue(BLAMES, JOINS, line(3))
    bot(file)
    before = stored("select count(*) from claims"), stored("select count(*) from posts")
    again = bot(file)
    assert "0 posts stored, 3 there already: 0 attributions, 0 mentions, 0 cases opened." in again.stdout
    assert before == (stored("select count(*) from claims"), stored("select count(*) from posts"))


def test_posts_without_address_are_known_by_their_publishers_id(bot: Bot) -> None:
    file = catalogue(line(1, url=""), line(1, url="", publisher="state.gov", title="Another road"), line(2, url=None))
    assert "3 posts stored" in bot(file).stdout
    assert "0 posts stored, 3 there already" in bot(file).stdout


def test_a_post_that_stands_twice_in_a_catalogue_is_one(bot: Bot) -> None:
    tracked = line(9, url="https://www.gov.uk/news/1?utm_source=x")
    assert "1 post stored, 1 there already" in bot(catalogue(line(1), tracked)).stdout


def test_an_interrupted_import_goes_on_where_it_was(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    file = catalogue(*(line(number) for number in range(130)))
    whole, batches = ingest.store, iter(range(10))

    def cut(*given: Any) -> ingest.Stored:
        if next(batches) == 2:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(ingest, "store", cut)
    stopped = bot(file)
    assert stopped.exit_code == backfill.INTERRUPTED
    assert "100 posts stored" in stopped.stdout
    assert "run it again to go on" in stopped.stderr
    monkeypatch.setattr(ingest, "store", whole)
    assert "30 posts stored, 100 there already" in bot(file).stdout
    assert stored("select count(*) from posts where feed = 'import'") == [(130,)]


def test_nothing_imported_alerts_however_fresh_it_is(bot: Bot) -> None:
    with connect(URL) as db:
        schema.require_current(db)
        with transaction(db):
            channels.put(db, Channel(tenant="T1", id="C1", created_at=NOW))
            channels.subscribe(
                db, Subscription(tenant="T1", channel="C1", query=Query(), created_by="U1", created_at=NOW)
            )
    bot(catalogue(line(1, title="UK condemns Iran", text=UK, published="2023-01-15")))
    assert stored(f"select heard {IMPORTED}") == [("seeded",)]
    assert stored("select count(*) from outbox") == [(0,)]
    assert stored("select count(*) from cards") == [(0,)]


def test_the_oldest_statement_opens_the_case_wherever_it_stands_in_the_files(bot: Bot) -> None:
    newer, older = catalogue(JOINS, name="a.jsonl"), catalogue(BLAMES, name="b.jsonl")
    bot(newer, older)
    told = stored(f"select p.url, c.case_id, instr(c.news, 'case') > 0 {IMPORTED} order by c.id")
    assert [url for url, _, _ in told] == ["https://www.gov.uk/news/1", "https://www.whitehouse.gov/a"]
    assert len({case for _, case, _ in told}) == 1


def test_a_changed_catalogue_alters_no_post_that_is_there(bot: Bot) -> None:
    bot(catalogue(BLAMES))
    assert "1 there already" in bot(catalogue(BLAMES | {"text": "Nothing of the kind."})).stdout
    assert stored(f"select c.withdrawn_at {IMPORTED}") == [(None,)]


def test_a_saved_feed_named_as_the_catalogues_speaks_for_its_publisher(bot: Bot) -> None:
    Path("saved").mkdir()
    Path("saved/gb-fcdo.xml").write_bytes(rss(item(1), item(2, title="UK condemns Iran", text=UK)))
    taken = bot("saved")
    assert "2 posts stored, 0 there already: 1 attribution" in taken.stdout, taken.output
    assert stored(f"select p.speaker, p.feed {IMPORTED}") == [("GB", "import")]


def test_the_publisher_of_what_does_not_say_it_is_its_address_or_is_given(bot: Bot) -> None:
    bot(catalogue(BLAMES | {"publisher": ""}))
    Path("body.xml").write_bytes(rss(item(2, title="We condemn Iran", text=US)))
    bot("body.xml", "--publisher", "Department of State", "--country", "us")
    assert stored(f"select p.publisher, p.speaker {IMPORTED} order by p.id") == [
        ("gov.uk", "GB"),
        ("Department of State", "US"),
    ]


def test_what_cannot_be_read_is_named_and_the_rest_is_stored(bot: Bot) -> None:
    Path("old.jsonl").write_text('{"title": "no text"}\nnot json\n\n' + json.dumps(line(1)) + "\n", encoding="utf-8")
    Path("broken.xml").write_text("nothing at all", encoding="utf-8")
    taken = bot("old.jsonl", "broken.xml")
    assert taken.exit_code == 1
    assert "old.jsonl, line 1 is no post: it has no text; a post is an object such as" in taken.stderr
    assert "old.jsonl, line 2 is no post: no JSON" in taken.stderr
    assert "broken.xml could not be read" in taken.stderr
    assert "1 post stored" in taken.stdout


def test_a_folder_without_posts_is_said_plainly(bot: Bot) -> None:
    Path("empty").mkdir()
    with pytest.raises(backfill.BackfillError, match="give JSON lines"):
        CliRunner().invoke(cli.cli, ["import", "empty"], catch_exceptions=False)


def test_posts_without_a_date_are_told_of(bot: Bot) -> None:
    assert "1 post has no date: it counts as of today." in bot(catalogue(line(1, published=None))).stdout


def test_a_line_of_the_wrong_kind_costs_the_others_nothing(bot: Bot) -> None:
    odd = [line(1, title=5, text=None), line(2, title=["x"]), line(3, text="\ud83d"), line(4, published=20220907)]
    taken = bot(catalogue(*odd, line(5)))
    assert taken.exit_code == 1
    assert [said.partition(" is no post: ")[0] for said in taken.stderr.splitlines() if said] == [
        f"old.jsonl, line {number}" for number in (1, 2, 4)
    ]
    assert "its title is a number, not text" in taken.stderr
    assert "It wants an object" not in taken.stderr
    assert "2 posts stored" in taken.stdout


def test_a_date_under_another_name_is_no_post_of_today(bot: Bot) -> None:
    named = {"published_at" if key == "published" else key: value for key, value in line(1).items()}
    taken = bot(catalogue(named))
    assert "it has “published_at” and no “published”" in taken.stderr
    assert "0 posts stored" in taken.stdout


def test_a_year_before_the_web_harms_no_later_import(bot: Bot) -> None:
    file = catalogue(line(1, published="0001-01-01"))
    assert "1 post has no date: it counts as of today." in bot(file).stdout
    again = bot(file)
    assert again.exit_code == 0, again.output
    assert "0 posts stored, 1 there already" in again.stdout


def test_a_byte_order_mark_costs_no_post(bot: Bot) -> None:
    Path("old.jsonl").write_text("".join(f"\ufeff{json.dumps(line(n))}\n" for n in (1, 2)), encoding="utf-8")
    taken = bot("old.jsonl")
    assert "2 posts stored" in taken.stdout
    assert taken.exit_code == 0


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[::1"])
def test_what_is_no_web_address_is_none_of_a_post(bot: Bot, address: str) -> None:
    Path("body.xml").write_bytes(rss(item(2, link=address)))
    assert bot(catalogue(line(1, url=address)), "body.xml").exit_code == 0
    assert stored("select distinct url from posts where feed = 'import'") == [("",)]


def test_an_import_without_feeds_starts_no_workers(tmp_path: Path) -> None:
    """What is stopped while it starts writes a traceback on standard error."""
    (tmp_path / "old.jsonl").write_text(json.dumps(line(1)), encoding="utf-8")
    code = (
        "from multiprocessing.forkserver import _forkserver\nfrom bot.cli import cli\n"
        "try: cli(['import', 'old.jsonl'])\nfinally: print('server:', _forkserver._forkserver_pid)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=AT_HOME, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("server: None\n")
    assert ended.stderr == ""


def test_reading_the_files_shows_how_far_it_is_and_can_be_interrupted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.jsonl")
    shown, terminal = pty.openpty()
    importing = subprocess.Popen(
        [sys.executable, "-m", "bot", "import", "endless.jsonl"],
        cwd=tmp_path, env={**AT_HOME, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=terminal, text=True,
    )  # fmt: skip
    pipe = os.open(tmp_path / "endless.jsonl", os.O_RDWR)  # unlike "w", does not wait for a reader
    os.write(pipe, f"{json.dumps(line(1))}\n".encode())
    said = until_said(shown, "reading")
    importing.send_signal(signal.SIGINT)
    told, _ = importing.communicate(timeout=30)
    said += until_said(shown, "run it again")
    for opened in (pipe, terminal, shown):
        os.close(opened)
    assert importing.returncode == backfill.INTERRUPTED, said
    assert "0 posts stored" in told
    assert "Interrupted: run it again to go on" in said


def until_said(terminal: int, words: str) -> str:
    """What a terminal shows until it has shown those words, or nothing more for half a minute."""
    said = ""
    while words not in said and select.select([terminal], [], [], 30)[0]:
        said += os.read(terminal, 4096).decode()
    return said
