"""The catalogue of feeds: every row can be polled or says why it is not, and nobody speaks who has no authority."""

import csv
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel import Locale

from attribution.model import PublisherKind
from feeds.catalogue import (
    BODIES,
    CatalogueError,
    Entry,
    UnknownFeedError,
    catalogue,
    count,
    counts,
    entry,
    read_catalogue,
    shape_of,
)
from feeds.shape import Format

ROOT = Path(__file__).parents[1]
FEEDS = ROOT.parent / "shared" / "feeds" / "feeds.csv"
SAMPLES = ROOT / "bot" / "samples" / "september-2022.toml"
NO_FEED = {"html listing": Format.LISTING, "json": Format.JSON, "news sitemap": Format.SITEMAP}
ROW = """
[gb-fcdo]
url = "https://www.gov.uk/fcdo.atom"
publisher = "UK Foreign, Commonwealth & Development Office"
agency = "FCDO"
kind = "government"
speaker = "GB"
language = "en"
evidence = "live 2026-10"
"""


def listed() -> list[dict[str, str]]:
    if not FEEDS.exists():
        pytest.skip("the list of feeds this catalogue was made from is not on this machine")
    with FEEDS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_url() -> dict[str, Entry]:
    return {found.feed.url: found for found in catalogue()}


def test_every_state_that_speaks_has_a_code_of_iso_3166() -> None:
    codes = {str(code) for code in Locale("en").territories}
    states = {code for code in codes if re.fullmatch("[A-Z]{2}", code)} - {"EU", "UN", "EZ", "ZZ"}
    speakers = {e.feed.publisher.speaker for e in catalogue() if e.feed.publisher.kind is PublisherKind.GOVERNMENT}
    assert speakers <= states
    assert {"GB", "US", "RU", "CN", "IR"} <= speakers


def test_every_language_is_one_of_iso_639_1() -> None:
    known = {code for code in map(str, Locale("en").languages) if len(code) == 2}
    assert {e.feed.language for e in catalogue()} <= known


def test_nato_the_un_and_osce_each_speak_by_name() -> None:
    bodies = {e.feed.publisher.speaker for e in catalogue() if e.feed.publisher.kind is PublisherKind.BODY}
    assert bodies == BODIES == {"EU", "NATO", "OSCE", "UN"}
    assert "INT" not in {e.feed.publisher.speaker for e in catalogue()}


def test_press_and_unknown_publishers_speak_for_nobody() -> None:
    silent = [e for e in catalogue() if e.feed.publisher.speaker is None]
    assert {e.feed.publisher.kind for e in silent} == {PublisherKind.PRESS, PublisherKind.UNKNOWN}
    assert {"at-cert", "jp-jpcert", "hk-hkcert", "dk-dkcert", "de-bundestag", "google-news-nato"} <= {
        e.feed.id for e in silent
    }


def test_catalogue_feeds_belong_to_no_tenant() -> None:
    assert {e.feed.owner for e in catalogue()} == {None}


def test_no_sentence_names_a_private_repository() -> None:
    words = " ".join(f"{e.evidence} {e.note} {e.disabled}" for e in catalogue())
    assert not re.search(r"github|stored copy|[a-z0-9]+/[A-Z][A-Za-z]+|\.py\b|\.md\b", words)


def test_a_feed_that_is_replaced_or_repeated_points_to_one_that_is_polled() -> None:
    pointing = re.compile(r"(?:replaced by|all of it is in|same posts as) ([a-z0-9-]+)|^([a-z0-9-]+) has the same")
    targets = [target for e in catalogue() if e.disabled for found in pointing.findall(e.disabled) for target in found]
    named = [target for target in targets if target]
    assert len(named) >= 15
    assert [target for target in named if entry(target).disabled] == []


@pytest.mark.parametrize("feed_id", ["gb-fcdo", "gb-prime-minister", "gb-mod", "gb-home-office"])
def test_gov_uk_is_polled_where_ids_are_stable(feed_id: str) -> None:
    assert entry(feed_id).disabled is None
    assert "/search/news-and-communications.atom" in entry(feed_id).feed.url
    assert entry(f"{feed_id}-activity").disabled


def test_every_feed_of_the_list_is_accounted_for() -> None:
    rows = listed()
    assert [row["id"] for row in rows if row["url"] not in by_url()] == []
    assert len(rows) == 143


def test_dead_feeds_are_kept_and_not_polled() -> None:
    known = by_url()
    dead = [row for row in listed() if row["confidence"] == "dead/blocked" and row["format"] not in NO_FEED]
    assert len(dead) >= 11
    assert [row["id"] for row in dead if not known[row["url"]].disabled] == []


def test_every_publisher_without_a_feed_is_polled_as_what_it_serves() -> None:
    known = by_url()
    without = {row["url"]: NO_FEED[row["format"]] for row in listed() if row["format"] in NO_FEED}
    assert {url: known[url].shape.format for url in without} == without
    assert [url for url in without if known[url].disabled] == []
    assert len(without) == 9


def test_a_feed_that_the_catalogue_does_not_know_is_read_as_a_feed() -> None:
    assert shape_of("own-0123456789ab").format is shape_of("gb-fcdo").format is Format.FEED
    assert shape_of("nato-transcripts").format is Format.JSON


def test_speakers_and_languages_agree_with_the_list() -> None:
    known = by_url()
    for row in listed():
        feed = known[row["url"]].feed
        assert feed.language == row["language"], row["id"]
        assert feed.publisher.speaker in {row["country"], None} or row["country"] == "INT", row["id"]


def test_counts_say_what_is_polled_and_for_whom() -> None:
    polled = [e for e in catalogue() if e.disabled is None]
    told = counts()
    assert told.feeds + told.others == len(polled)
    assert told.disabled == len(catalogue()) - len(polled)
    assert told.governments + told.bodies == len({e.feed.publisher.speaker for e in polled} - {None})
    assert str(told) == f"{told.feeds} feeds of {told.governments + told.bodies} governments and bodies"
    assert told.governments >= 35


def test_a_disabled_feed_is_not_counted_as_coverage() -> None:
    assert count(read_catalogue(ROW)).feeds == 1
    assert str(count(read_catalogue(ROW + 'disabled = "gone"'))) == "0 feeds of 0 governments and bodies"


def test_a_mistyped_id_is_answered_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownFeedError, match=r"'gb-fcod'\. Did you mean gb-fcdo"):
        entry("gb-fcod")
    with pytest.raises(UnknownFeedError, match=r"lists the ids there are"):
        entry("zzzzzzzz")
    assert entry("gb-fcdo").feed.publisher.speaker == "GB"


@pytest.mark.parametrize(
    ("was", "becomes", "advice"),
    [
        ('url = "https:', 'url = "ftp:', r"\[gb-fcdo\]: 'ftp://.*begin it with https:// or http://"),
        ('kind = "government"', 'kind = "goverment"', r"kind 'goverment': use one of government, body"),
        ('speaker = "GB"', 'speaker = "UK of GB"', r"two letters of ISO 3166-1"),
        ('speaker = "GB"', 'speaker = "EU"', r"two letters of ISO 3166-1"),
        ('speaker = "GB"\n', "", r"a government needs two letters"),
        ('kind = "government"', 'kind = "body"', r"a body needs one of EU, NATO, OSCE, UN"),
        ('kind = "government"', 'kind = "press"', r"press speaks for nobody, leave the speaker out"),
        ('language = "en"', 'language = "eng"', r"two letters of ISO 639-1"),
        ('language = "en"\n', "", r"'language' is missing: add it"),
        ('evidence = "live 2026-10"', 'evidence = "live 2026-13"', r"no grade of the file's head"),
        ("agency =", "agancy =", r"unknown key 'agancy': use one of .*agency"),
        ('agency = "FCDO"', 'agency = " "', r"'agency' must be text that is not empty"),
        ('agency = "FCDO"', "agency = 7", r"'agency' must be text that is not empty"),
        ('agency = "FCDO"', 'format = "page"', r"format 'page': use one of feed, listing, sitemap, json"),
        ('agency = "FCDO"', 'format = "listing"', r"'links' is missing: a listing needs it"),
        ('agency = "FCDO"', 'format = "json"\nitems = "a"\nlink = "b"', r"'title' is missing: a json needs it"),
        ('agency = "FCDO"', 'links = "a"', r"'links' says nothing of a feed: leave it out"),
        ('agency = "FCDO"', 'format = "listing"\nlinks = "a["', r"links 'a\[' is no CSS selector"),
        ('agency = "FCDO"', 'format = "sitemap"\naddress = "("', r"address '\(' is no regular expression"),
        ("[gb-fcdo]", "[GB_FCDO]", r"lower case, digits and single hyphens"),
        ("[gb-fcdo]", "", r"\[url\]: stands outside a table"),
        ("\n[gb-fcdo]", "\n[gb-fcdo]\n[gb-fcdo]", r"An id may head one table only"),
    ],
)
def test_a_wrong_row_is_named_with_what_to_do(was: str, becomes: str, advice: str) -> None:
    assert was in ROW
    with pytest.raises(CatalogueError, match=advice):
        read_catalogue(ROW.replace(was, becomes))


def test_two_rows_with_one_address_are_refused() -> None:
    with pytest.raises(CatalogueError, match=r"\[gb-other\]: \[gb-fcdo\] has the same url"):
        read_catalogue(ROW + ROW.replace("gb-fcdo", "gb-other"))


def test_all_problems_are_told_at_once() -> None:
    broken = ROW.replace('"en"', '"eng"').replace('"government"', '"state"')
    with pytest.raises(CatalogueError) as told:
        read_catalogue(broken + broken.replace("gb-fcdo", "gb-other"))
    assert len(str(told.value).splitlines()) == 4


def test_every_sample_feed_says_who_speaks_and_links_to_no_real_publisher() -> None:
    feeds = tomllib.loads(SAMPLES.read_text(encoding="utf-8"))["feed"]
    for feed in feeds:
        assert "publisher" in feed or entry(feed["id"]).feed.publisher.speaker, feed["id"]
    posts = [post for feed in feeds for post in feed["post"]]
    assert {urlsplit(post["url"]).hostname for post in posts} == {"example.org"}
    assert len({post["url"] for post in posts}) == len({post["guid"] for post in posts}) == len(posts) >= 40
    assert all(post["at"].utcoffset() == timedelta(0) for post in posts)
    assert all([post["at"] for post in feed["post"]] == sorted(post["at"] for post in feed["post"]) for feed in feeds)


def test_every_sample_feed_has_posts_from_before_the_first_poll() -> None:
    feeds = tomllib.loads(SAMPLES.read_text(encoding="utf-8"))["feed"]
    first_poll = datetime(2022, 9, 7, tzinfo=UTC)
    assert [feed["id"] for feed in feeds if not any(post["at"] < first_poll for post in feed["post"])] == []
    assert [feed["id"] for feed in feeds if not any(post["at"] >= first_poll for post in feed["post"])] == []
