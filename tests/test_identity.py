"""Which post an entry is, and whether it changed."""

import pytest

from attribution.identity import Fate, Known, canonical_url, feed_hash, folded, identify, key_of, window
from attribution.model import Post, Publisher

PAGE = "https://www.example.gov/news/iran"


def post(url: str = PAGE, guid: str = "g1", title: str = "A statement", text: str = "Words.") -> Post:
    publisher = Publisher(name="Example")
    return Post(
        feed="f", url=url, guid=guid, title=title, text=text, published_at=None, language=None, publisher=publisher
    )


def known(one: Post, number: int = 1, *, sighted: bool = True) -> Known:
    words = feed_hash(one.title, one.text)
    hashes = frozenset({words}) if sighted else frozenset()
    guid = one.guid if sighted else ""
    return Known(id=number, url=one.url, guid=guid, title=one.title, content_hash=words, hashes=hashes)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://WWW.Example.GOV/News?id=7#top", "https://www.example.gov/News?id=7"),
        ("https://example.gov/a?utm_source=rss&id=7&fbclid=x", "https://example.gov/a?id=7"),
        ("https://example.gov:443/a", "https://example.gov/a"),
        ("http://example.gov:8080", "http://example.gov:8080/"),
        ("https://example.gov/a?q=%E9t%E9", "https://example.gov/a?q=%E9t%E9"),
        ("mailto:press@example.gov", "mailto:press@example.gov"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_one_page_has_one_address(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "other",
    ["<p>Iran  is\nbehind it.</p>", "Iran is behind it", "IRAN IS BEHIND IT.", "Iran is behind it."],
)
def test_spaces_markup_and_punctuation_make_no_edit(other: str) -> None:
    assert feed_hash("T", other) == feed_hash("T", "Iran is behind it.")


def test_another_word_makes_an_edit() -> None:
    assert feed_hash("T", "Iran is behind it.") != feed_hash("T", "Russia is behind it.")


def test_an_unknown_entry_is_new() -> None:
    assert identify(post(), window([post()]), []) == (Fate.NEW, None)


def test_an_entry_served_again_is_seen() -> None:
    old = known(post())
    assert identify(post(), window([post()]), [old]) == (Fate.SEEN, old)


def test_an_entry_with_other_words_is_edited() -> None:
    old = known(post())
    now = post(text="Other words.")
    assert identify(now, window([now]), [old]) == (Fate.EDITED, old)


def test_a_stale_cache_that_serves_the_old_words_again_edits_nothing() -> None:
    words = {feed_hash("A statement", text) for text in ("Words.", "Other words.")}
    old = Known(id=1, url=PAGE, guid="g1", title="A statement", content_hash="", hashes=frozenset(words))
    assert identify(post(), window([post()]), [old]) == (Fate.SEEN, old)


def test_another_feed_that_carries_the_same_page_in_other_words_edits_nothing() -> None:
    old = known(post(guid="elsewhere"), sighted=False)
    now = post(text="A teaser.")
    assert identify(now, window([now]), [old]) == (Fate.SEEN, old)


def test_govuk_gives_each_edit_a_new_guid_and_it_is_the_same_post() -> None:
    old = known(post(guid=f"{PAGE}#2022-09-07T09:00:00Z"))
    now = post(guid=f"{PAGE}#2022-09-07T11:00:00Z", text="Other words.")
    assert identify(now, window([now]), [old]) == (Fate.EDITED, old)


def test_a_guid_at_a_new_address_with_the_same_title_has_moved() -> None:
    old = known(post())
    now = post(url=f"{PAGE}-2")
    assert identify(now, window([now]), [old]) == (Fate.MOVED, old)


def test_a_guid_at_a_new_address_with_another_title_is_a_new_post() -> None:
    now = post(url=f"{PAGE}-2", title="Another statement")
    assert identify(now, window([now]), [known(post())]) == (Fate.NEW, None)


def test_two_entries_that_share_a_guid_and_a_title_in_one_body_are_two_posts() -> None:
    english, french = post(url=f"{PAGE}/en"), post(url=f"{PAGE}/fr")
    assert identify(french, window([english, french]), [known(english)]) == (Fate.NEW, None)


def test_where_one_address_stands_twice_in_a_body_the_guid_identifies() -> None:
    one, two = post(guid="g1"), post(guid="g2", title="Another")
    body = window([one, two])
    assert key_of(one, body, "2022-09-07") != key_of(two, body, "2022-09-07")
    assert identify(two, body, [known(one)]) == (Fate.NEW, None)


def test_an_address_that_stood_twice_still_identifies_nothing_when_it_stands_once() -> None:
    one, two, three = (post(guid=f"g{n}", title=f"Title {n}") for n in (1, 2, 3))
    stored = [known(one, 1), known(two, 2)]
    assert identify(two, window([two]), stored) == (Fate.SEEN, stored[1])
    assert identify(three, window([three]), stored) == (Fate.NEW, None)


def test_without_address_and_guid_the_words_identify() -> None:
    bare = post(url="", guid="")
    old = known(bare)
    assert identify(bare, window([bare]), [old]) == (Fate.SEEN, old)
    other = post(url="", guid="", text="Other words.")
    assert identify(other, window([other]), [old]) == (Fate.NEW, None)


def test_a_guid_that_every_entry_of_a_body_bears_identifies_nothing() -> None:
    one, two = post(url="", title="One"), post(url="", title="Two")
    body = window([one, two])
    assert identify(two, body, [known(one)]) == (Fate.NEW, None)
    assert identify(one, body, [known(one)])[0] is Fate.SEEN


def test_folding_makes_wide_and_upper_case_characters_equal() -> None:
    assert folded("ＩＲＡＮ  Ist\tSch\0uld") == "iran ist schuld"
