"""Reports as labelled posts: what the reporter says is right in them, and the benchmark reads them as they are."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from attribution.identity import window
from bench.score_read import load
from bot.cli import cli
from bot.feedback import labelled
from storage import claims, feedback, posts
from storage.claims import Stored
from storage.db import connect, run
from storage.feedback import Said, Wrong
from tests.card_samples import UK_CONDEMNS, US_SANCTIONS
from tests.makers import post
from tests.stocked import FEED, stock

NOW = datetime(2022, 9, 9, 15, tzinfo=UTC)
Json = dict[str, Any]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        stock(db)
        yield db


def report(
    db: Database, kind: Wrong, *, tenant: str = "T1", user: str = "U1", now: datetime = NOW, **more: Any
) -> None:
    about: Json = {"case": "2022-17", "claim": 1} if kind is not Wrong.MISSED else {}
    feedback.add(db, Said(kind=kind, **about | more), tenant=tenant, user=user, channel="C1", now=now)


def only(db: Database) -> Json:
    (row,) = labelled(db)
    return row


def test_what_is_no_attribution_is_labelled_none(db: Database) -> None:
    report(db, Wrong.NOT_ATTRIBUTION, words="a road was opened")
    row = only(db)
    assert (row["label"], row["borderline"]) == ("none", False)
    assert "a road was opened" in row["note"]
    assert row["title"] == UK_CONDEMNS.title
    assert row["text"] == UK_CONDEMNS.claim.quote
    assert row["published"] == "2022-09-07"


def test_a_post_that_makes_another_attribution_stays_one(db: Database) -> None:
    other = replace(US_SANCTIONS.claim, accused=frozenset({"RU"}))
    claims.add(db, other, Stored(post=1, title="both"), NOW)
    report(db, Wrong.NOT_ATTRIBUTION)
    row = only(db)
    assert (row["label"], row["accused"], row["attributed_by"]) == ("attribution", ["RU"], ["US"])


@pytest.mark.parametrize(
    ("kind", "field", "other"),
    [(Wrong.ACCUSED, "accused", "attributed_by"), (Wrong.ACCUSER, "attributed_by", "accused")],
)
def test_the_reporters_word_stands_in_its_field_and_the_rest_is_as_read(
    db: Database, kind: Wrong, field: str, other: str
) -> None:
    report(db, kind, instead="RU,US")
    row = only(db)
    assert row[field] == row[f"{field}_allowed"] == ["RU", "US"]
    assert row[other] == {"attributed_by": ["GB"], "accused": ["IR"]}[other]
    assert (row["victims"], row["kind"], row["confidence_phrase"]) == (["AL"], "statement", "almost certain")
    assert row["borderline"] is False


@pytest.mark.parametrize("kind", [Wrong.ACCUSED, Wrong.ACCUSER])
def test_a_field_that_is_wrong_and_nobody_says_what_is_right_is_not_scored(db: Database, kind: Wrong) -> None:
    report(db, kind)
    assert only(db)["borderline"] is True


def test_another_case_is_told_beside_the_labels(db: Database) -> None:
    report(db, Wrong.CASE, instead="2025-12")
    row = only(db)
    assert (row["label"], row["case"], row["not_case"]) == ("attribution", "2025-12", "2022-17")


def test_what_was_missed_has_the_words_of_its_post_where_a_feed_brought_it(db: Database) -> None:
    quiet = post(
        feed=FEED.id, url="https://www.example.org/quiet", guid="q", title="Quiet words", text="Nothing found."
    )
    posts.add(db, quiet, window([quiet]), NOW, None)
    report(db, Wrong.MISSED, link=quiet.url, instead="CN")
    report(db, Wrong.MISSED, link="https://www.gov.uk/never-read")
    found, unread = labelled(db)
    assert (found["title"], found["text"], found["accused"]) == ("Quiet words", "Nothing found.", ["CN"])
    assert (unread["url"], unread["text"], unread["publisher"]) == ("https://www.gov.uk/never-read", "", "gov.uk")
    assert {row["label"] for row in (found, unread)} == {"attribution"}
    assert {row["borderline"] for row in (found, unread)} == {True}


def test_what_was_taken_back_or_made_anew_is_left_out_and_nobody_is_named(db: Database) -> None:
    report(db, Wrong.ACCUSED, instead="RU")
    report(db, Wrong.ACCUSED, instead="CN", now=NOW + timedelta(minutes=1))
    report(db, Wrong.NOT_ATTRIBUTION, user="U2")
    taken_back = feedback.get(db, "T1", 3)
    assert taken_back is not None
    feedback.undo(db, taken_back, "U2", NOW)
    row = only(db)
    assert row["accused"] == ["CN"]
    assert not {"U1", "C1"} & set(json.dumps(row).replace('"', " ").split())


def test_a_post_that_is_stored_no_more_is_left_out(db: Database) -> None:
    report(db, Wrong.ACCUSED, claim=999)
    assert list(labelled(db)) == []


def exported(db: Database, path: Path, *options: str) -> list[Json]:
    environment = {"DATABASE_URL": f"sqlite:///{path / 'test.db'}"}
    done = CliRunner().invoke(cli, ["feedback", *options], env=environment)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_the_command_exports_all_workspaces_or_one_and_what_is_new(db: Database, tmp_path: Path) -> None:
    report(db, Wrong.ACCUSED, instead="RU")
    report(db, Wrong.NOT_ATTRIBUTION, tenant="T2", now=NOW + timedelta(days=2), claim=2)
    assert [row["id"] for row in exported(db, tmp_path)] == ["report-T1-1", "report-T2-1"]
    assert [row["id"] for row in exported(db, tmp_path, "--tenant", "T2")] == ["report-T2-1"]
    assert [row["id"] for row in exported(db, tmp_path, "--since", "2022-09-10")] == ["report-T2-1"]


def test_the_benchmark_reads_an_export_as_posts_and_as_labels(db: Database, tmp_path: Path) -> None:
    report(db, Wrong.ACCUSED, instead="RU")
    report(db, Wrong.ACCUSER, claim=2)
    file = tmp_path / "feedback.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in exported(db, tmp_path)), encoding="utf-8")
    (one,) = load(file, file)
    assert one.post.title == UK_CONDEMNS.title
    assert one.wanted


def test_who_speaks_is_found_again_from_what_is_exported(db: Database) -> None:
    run(db, "update posts set url = 'https://www.gov.uk/government/news/x' where id = 1")
    report(db, Wrong.ACCUSED)
    assert only(db)["publisher"] == "gov.uk"
    run(
        db, "update posts set url = 'https://www.example.org/x', publisher = 'Ministry of Foreign Affairs' where id = 1"
    )
    assert only(db)["publisher"] == "Ministry of Foreign Affairs"
