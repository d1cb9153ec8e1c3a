"""Why a post is quiet, and why a claim says what it says: told by the steps that reading itself takes."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.grounds import Ground, grounds_of
from attribution.model import Claim, Post, Standing
from attribution.plain import post_from_plain
from attribution.read import read
from attribution.standing import Objection, Passing
from attribution.why import Step, WhyNot, why_not
from bench.score_read import OFFICIAL, rows

CORPUS = Path(__file__).parent / "corpus"


def _post(title: str, text: str = "", publisher: str = "example.org", lang: str | None = "en") -> Post:
    return post_from_plain(
        {"title": title, "text": text, "publisher": publisher, "lang": lang, "published": "2025-06-03"}
    )


def _why(title: str, text: str = "", publisher: str = "example.org", lang: str | None = "en") -> WhyNot:
    found = why_not(_post(title, text, publisher, lang))
    assert found
    return found


@cache
def _posts() -> tuple[Post, ...]:
    """The official statements, and our cases in every language."""
    return (*(post_from_plain(row) for row in rows(OFFICIAL / "official-posts.jsonl")), *_cases())


def _cases() -> Iterator[Post]:
    for file in sorted(CORPUS.glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            yield _post(case["title"], case["text"], case["publisher"], file.stem)


@pytest.mark.parametrize(
    ("title", "text", "step", "because"),
    [
        ("A royal visit", "The King opened a school.", Step.CYBER_WORD, "computers"),
        (
            "Ministers discuss research",
            "A malicious rumour was spread. " + "The visit went well and all were glad of it. " * 20,
            Step.CYBER_SENTENCE, "name no act",
        ),
        ("Hackers hit a shop", "Hackers stole customer data.", Step.NAMED, "no state, service or group"),
        ("Minister visits Estonia", "A talk on phishing closed the day.", Step.ACCUSED, "no sentence joins"),
        (
            "UK condemns Russia for missile strike",
            "The missiles hit homes. " + "Nobody was hurt in the street. " * 30 + "Ransomware was not discussed.",
            Step.ACCUSED, "for nothing said to be a cyber act",
        ),
        ("Hackers attacked the parliament of Norway", "", Step.ACCUSED, "the one that was hit"),
        ("Microsoft blames Russia for hack", "Microsoft said so.", Step.GOVERNMENT, "who speaks: company"),
        ("Iran hacked a bank, lawmaker says", "", Step.GOVERNMENT, "who speaks: legislator"),
        (
            "Iran denies it hacked Albania", "Iran said it was not behind the cyber attack.",
            Step.ACCUSED, "also the one who speaks",
        ),
        ("UK says Russia could launch cyber attack", "", Step.ACCUSED, str(Objection.DOUBTFUL)),
        ("Prorussian groups and hackers: a talk by the UK", "", Step.ACCUSED, "nothing in it says whose act"),
        ("US warns of possible Iranian cyber attacks", "", Step.GOVERNMENT, str(Objection.DOUBTFUL)),
        ("US charges Russian national with ransomware attack", "", Step.GOVERNMENT, str(Objection.PERSONS)),
    ],
)  # fmt: skip
def test_a_quiet_post_says_which_step_stopped_it_and_why(title: str, text: str, step: Step, because: str) -> None:
    found = _why(title, text)
    assert found.step is step, found
    assert because in found.because
    assert found.standing is None


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        (
            "A year of the cyber centre",
            "The centre trained a thousand people this year in all parts of the country. " * 12
            + "In 2020 the UK blamed Russia for the hack of Georgian servers.",
            (Passing.RECALLED, Passing.FAR_DOWN),
        ),
        (
            "Company finds new malware of Russian state hackers",
            "Microsoft said that Russian state-sponsored hackers used new malware. The firm said the group was busy. "
            "It was seen in May. The UK said that Russia was behind a hack of its ministries. "
            "The US said Russia was behind the cyber attack.",
            (Passing.OTHERS_FIRST,),
        ),
    ],
)  # fmt: skip
def test_a_post_that_only_mentions_says_why(title: str, text: str, reason: tuple[Passing, ...]) -> None:
    found = _why(title, text)
    assert found.step is Step.NEWS
    assert found.standing is Standing.MENTION
    assert found.because in {str(one) for one in reason}


def test_a_post_in_a_language_without_a_book_says_so() -> None:
    found = _why(
        "Riigi Infosüsteemi Amet: Venemaa GRU hacked", "Estonia said Russia hacked the ministry.", "x.ee", "et"
    )
    assert "no phrase book for et" in found.because


def test_a_government_that_only_denies_is_a_mention_that_says_so() -> None:
    found = _why(
        "Foreign Ministry rejects baseless claims",
        "The Ministry rejects the baseless claims that Iran was behind the cyber attack.", "mfa.ir",
    )  # fmt: skip
    assert found.standing is Standing.MENTION
    assert "denied by the accused" in found.because
    assert found.nearest
    assert "baseless claims" in found.nearest.sentence


def test_a_government_that_takes_its_accusation_back_is_a_mention_that_says_so() -> None:
    title = "The government withdraws its attribution of the hack of parliament to China"
    found = _why(title, publisher="regjeringen.no")
    assert found.standing is Standing.MENTION
    assert "taken back" in found.because
    ((claim, (ground,)),) = grounds_of(_post(title, publisher="regjeringen.no"))
    assert (ground.field, ground.value) == ("role", claim.role)
    assert ground.words


def test_the_steps_passed_are_shown_in_order_with_their_words() -> None:
    found = _why("Microsoft blames Russia for hack", "Microsoft said so.")
    assert [step for step, _ in found.passed] == list(Step)[: list(Step).index(found.step)]
    words = dict(found.passed)
    assert "hack" in words[Step.CYBER_SENTENCE]
    assert words[Step.NAMED] == ("Russia",)
    assert words[Step.ACCUSED] == ("Russia (blamed by name)",)


def test_the_nearest_sentence_shows_what_was_seen_in_it() -> None:
    found = _why("Microsoft blames Russia for hack", "Microsoft said so.")
    assert found.nearest
    assert found.nearest.place == 0
    assert found.nearest.sentence == "Microsoft blames Russia for hack"
    assert {("company", "Microsoft"), ("accusing", "blames"), ("cyber act", "hack")} <= set(found.nearest.seen)
    assert ("accused: blamed by name", "Russia") in found.nearest.seen


def test_whoever_alerts_is_not_explained_away_and_whoever_does_not_is_explained() -> None:
    for post in _posts():
        found, reading = why_not(post), read(post)
        assert (found is None) == (reading.standing is Standing.ATTRIBUTION), post.title
        if found:
            assert found.standing == reading.standing, post.title
            assert found.because, post.title


def test_a_nearest_sentence_stands_in_its_post() -> None:
    for post in _posts():
        found = why_not(post)
        if found and found.nearest:
            assert found.nearest.sentence in (f"{post.title}\n{post.text}"), post.title


@settings(deadline=None)  # the first text loads the tables
@given(st.text(max_size=300), st.sampled_from(["Russia hacked", "cyber attack", "Iran said", ""]))
def test_any_text_is_explained_without_an_error(text: str, title: str) -> None:
    post = _post(title, text)
    assert (why_not(post) is None) == (read(post).standing is Standing.ATTRIBUTION)
    assert [claim for claim, _ in grounds_of(post)] == list(read(post).claims)


def _given(claim: Claim, grounds: tuple[Ground, ...], field: str) -> set[str]:
    return {ground.value for ground in grounds if ground.field == field}


def test_every_value_of_a_claim_has_its_ground_with_a_rule() -> None:
    for post in _posts():
        for claim, grounds in grounds_of(post):
            assert all(ground.rule for ground in grounds), post.title
            if any(ground.field == "standing" for ground in grounds):  # what is denied or taken back has its role alone
                for field in ("accused", "attributed_by", "supported_by", "victims"):
                    assert _given(claim, grounds, field) == getattr(claim, field), (post.title, field)
                assert _given(claim, grounds, "actors") == {actor.id for actor in claim.actors}
                assert _given(claim, grounds, "agencies") == set(claim.agencies)
                assert _given(claim, grounds, "kind") == {claim.kind}


def test_the_words_of_a_ground_stand_in_the_post() -> None:
    for post in _posts():
        whole = " ".join(f"{post.title} {post.text}".split())
        for _, grounds in grounds_of(post):
            for ground in grounds:
                assert all(" ".join(words.split()) in whole for words in ground.words), (post.title, ground)


def test_what_accuses_has_words_and_what_only_its_publisher_says_names_it() -> None:
    post = _post("Russia behind hack of parliament", "Russia was behind the hack.", "regjeringen.no")
    ((_, grounds),) = grounds_of(post)
    found = {ground.field: ground for ground in grounds}
    assert found["accused"].words == ("Russia",)
    assert found["accused"].rule == "said to be behind it"
    assert found["attributed_by"].rule == "its own publication (regjeringen.no)"


def test_the_fewest_words_that_give_the_date_are_shown() -> None:
    post = _post("US blames Iran for the cyberattack of July 15", publisher="state.gov")
    ((_, grounds),) = grounds_of(post)
    (date,) = (ground for ground in grounds if ground.field == "happened")
    assert (date.value, date.words) == ("2024-07-15", ("July 15",))
