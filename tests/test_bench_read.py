"""What `make bench` says of reading: its lines, and the bound on memory."""

import re

import pytest

from bench.read import MEGABYTES, SNAPSHOTS, generated, keywords, memory, real, report


def test_the_bench_tells_speed_the_peers_speed_the_gates_share_and_where_posts_end() -> None:
    speed, peer, scan, ended = report(generated(20), "generated")
    assert re.search(r"[\d,]+ posts/s, \d+ µs a post", speed)
    assert re.search(r"ratio \d+\.\d", peer)
    assert scan.endswith("drops 80.0%")
    assert "a claim" in ended


def test_generated_posts_are_mostly_about_something_else() -> None:
    posts = generated(50)
    assert len(posts) == 50
    assert sum("Road" in post.title for post in posts) == 40
    assert len({post.text for post in posts}) == 50


def test_the_peer_finds_any_word_of_the_gate_in_any_case() -> None:
    assert keywords().search("A HACK of the parliament")
    assert not keywords().search("A road is opened")


def test_reading_in_every_language_stays_within_its_memory() -> None:
    found = re.search(r"(\d+) languages loaded: (\d+) MB", memory())
    assert found
    assert int(found[1]) >= 16
    assert int(found[2]) < MEGABYTES


@pytest.mark.skipif(not SNAPSHOTS.exists(), reason="the real feeds are not beside this checkout (shared/feeds)")
def test_the_entries_of_real_feeds_are_found_and_have_a_publisher() -> None:
    posts = real()
    assert len(posts) > 500
    assert all(post.publisher.name for post in posts if post.url.startswith("http"))
