"""What a post says: the corpus of our own cases, and the rules that no case shows."""

import json
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution import phrases
from attribution.model import Origin, Post, Reading, Standing
from attribution.plain import claim_as_plain, post_from_plain
from attribution.read import promising, read
from attribution.sentences import sentences_of, tokens_of

CORPUS = Path(__file__).parent / "corpus"
HOSTILE = 100_000
# Signs of an order of words that English has not: the verb behind its subject, the noun before its relative clause.
ELSEWHERE = {"answers", "laid", "behind", "stands", "relative"}


def _cases() -> Iterator[Any]:
    for file in sorted(CORPUS.glob("*.toml")):
        for number, case in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["case"], 1):
            yield pytest.param(file.stem, case, id=f"{file.stem}-{number}-{case['why'][:60]}")


def _post(title: str, text: str = "", publisher: str = "example.org", lang: str | None = "en") -> Post:
    return post_from_plain(
        {"title": title, "text": text, "publisher": publisher, "lang": lang, "published": "2025-06-03"}
    )


def _sets(reading: Reading, field: str) -> set[str]:
    claims = [claim for claim in reading.claims if claim.standing is Standing.ATTRIBUTION]
    return {code for claim in claims for code in getattr(claim, field)}


@pytest.mark.parametrize(("language", "case"), list(_cases()))
def test_the_corpus_is_read_as_it_says(language: str, case: dict[str, Any]) -> None:
    post = post_from_plain(
        {
            "title": case["title"], "text": case["text"], "publisher": case["publisher"], "lang": language,
            "country_of_publisher": case.get("country"), "published": case.get("published", "2025-06-03"),
        }
    )  # fmt: skip
    reading = read(post)
    assert (reading.standing or "none") == case["standing"], (reading.gate, reading.claims)
    if case["standing"] == "attribution":
        _check_fields(reading, case)
    if "role" in case:
        assert case["role"] in {claim.role.value for claim in reading.claims}


def _check_fields(reading: Reading, case: dict[str, Any]) -> None:
    assert _sets(reading, "accused") == set(case["accused"])
    assert set(case["by"]) <= _sets(reading, "attributed_by") | _sets(reading, "supported_by")
    assert set(case.get("supported_by", [])) <= _sets(reading, "supported_by")
    assert set(case.get("victims", [])) <= _sets(reading, "victims")
    claims = [claim for claim in reading.claims if claim.standing is Standing.ATTRIBUTION]
    assert set(case.get("actors", [])) <= {actor.id for claim in claims for actor in claim.actors}
    assert len(claims) == case.get("claims", len(claims))
    for field in ("kind", "tie"):
        assert case.get(field, claims[0].kind if field == "kind" else claims[0].tie) in {
            getattr(c, field) for c in claims
        }
    for field in ("likelihood", "analytic", "scheme"):
        if field in case:
            assert case[field] in {getattr(claim.confidence, field) for claim in claims}


def test_every_quote_stands_in_its_post_and_every_claim_has_a_rule_and_evidence() -> None:
    for _, case in (parameter.values for parameter in _cases()):
        post = _post(case["title"], case["text"], case["publisher"])
        whole = " ".join(f"{post.title} {post.text}".split())
        for claim in read(post).claims:
            assert " ".join(claim.quote.split()) in whole
            assert claim.rule
            assert claim.origin is Origin.LIVE


def test_a_long_sentence_is_quoted_in_part_and_verbatim() -> None:
    text = (
        "Germany accused Russia of a cyber attack on its parliament, " + "and of many other things, " * 60 + "it said."
    )
    (claim,) = read(_post("Germany accuses Russia of cyber attack", text)).claims
    assert len(claim.quote) <= 500


def test_the_speakers_own_bodies_and_the_accused_services_are_kept_apart() -> None:
    text = "Britain's NCSC said the GRU was behind the cyber attack on Georgia."
    (claim,) = read(_post("NCSC: GRU behind cyber attack on Georgia", text)).claims
    assert any("NCSC" in speaker for speaker in claim.speakers)
    assert any("GRU" in agency for agency in claim.agencies)
    assert [sorted(codes) for codes in (claim.accused, claim.attributed_by, claim.victims)] == [["RU"], ["GB"], ["GE"]]


def test_an_actor_is_called_as_written_first_then_by_its_usual_name() -> None:
    (claim,) = read(
        _post("UK blames Fancy Bear for cyber attack", "The UK said Fancy Bear, of the GRU, hacked it.")
    ).claims
    assert claim.actors[0].id == "apt28"
    assert claim.actors[0].names[0] == "Fancy Bear"
    assert claim.actors[0].home == "RU"


def test_a_groups_usual_home_is_background_and_never_the_accusation() -> None:
    (claim,) = read(_post("Norway blames APT31 for hack of county offices", publisher="regjeringen.no")).claims
    assert claim.accused == frozenset()
    assert claim.actors[0].home == "CN"


def test_what_others_said_earlier_is_a_mention_beside_the_claim() -> None:
    text = (
        "Czechia accused China of a cyberattack on its foreign ministry, the government said. "
        "In July 2021, the United States blamed China for the hack of Microsoft Exchange servers."
    )
    reading = read(_post("Czechia accuses China of cyberattack", text))
    assert [(claim.standing, set(claim.attributed_by)) for claim in reading.claims] == [
        (Standing.ATTRIBUTION, {"CZ"}),
        (Standing.MENTION, {"US"}),
    ]


def test_the_date_of_the_act_is_told_from_the_date_of_the_saying() -> None:
    (claim,) = read(_post("US blames Iran for the cyberattack of July 15", publisher="state.gov")).claims
    assert str(claim.happened) == "2024-07-15"
    assert str(claim.made_on) == "2025-06-03"


def test_a_quiet_post_says_which_gate_it_failed() -> None:
    assert read(_post("A royal visit", "The King opened a school.")).gate == "no cyber word"
    assert read(_post("Hackers hit a shop", "Hackers stole customer data.")).gate == "no state, service or group"
    vendor = _post("Chinese hackers hit a shop", "Chinese hackers broke in, researchers said.")
    assert read(vendor).gate == "no accusation by a government"


def test_a_language_without_a_book_is_read_by_names_only_and_never_alerts() -> None:
    post = _post("Riigi Infosüsteemi Amet: APT28 cyber", "APT28 malware GRU Venemaa küberrünnak", "ria.ee", "et")
    reading = read(post)
    assert reading.by_names_only
    assert reading.standing is not Standing.ATTRIBUTION


def test_a_script_that_contradicts_the_feeds_language_is_believed() -> None:
    post = _post(
        "俄罗斯外交部：美国国家安全局对俄罗斯实施网络攻击", "俄罗斯表示，美国国家安全局对其实施网络攻击。", lang="en"
    )
    assert read(post).language == "zh"


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("UK exposes Russian intelligence services' cyber campaign", "New measures announced today.", True),
        ("Statement on malicious cyber activity by China", "", True),
        ("Cyber security breakfast for small firms", "Join us.", False),
        ("Minister visits Russia", "Talks on fish.", False),
    ],
)
def test_a_teaser_is_promising_where_state_and_cyber_word_meet(title: str, text: str, expected: bool) -> None:
    assert promising(_post(title, text, "gov.uk")) is expected


def test_a_whole_article_is_not_fetched_again_unless_it_was_cut_off() -> None:
    text = "Russia's hackers attacked ministries. " * 60
    assert not promising(_post("Russian cyber attacks", text))
    assert promising(_post("Russian cyber attacks", text + "Continue reading"))


@pytest.mark.parametrize(
    "text",
    [
        "." * HOSTILE, "\n" * HOSTILE, "a. " * (HOSTILE // 3), "cyber attack by " * (HOSTILE // 16),
        "Russia China Iran hack " * (HOSTILE // 23), "state-sponsored " * (HOSTILE // 16), '"' * HOSTILE,
        "APT28, " * (HOSTILE // 7), "网络攻击" * (HOSTILE // 4), "x" * HOSTILE, "(" * HOSTILE, "said " * (HOSTILE // 5),
        "\n- Russia hacked\n\n" * (HOSTILE // 18), "Russia" + " " * HOSTILE + "hacked",
    ],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_hostile_texts_are_answered_soon(text: str) -> None:
    read(_post("warm"))
    start = time.process_time()
    read(_post("The US said Russia hacked", text))
    read(_post(text[:20_000], "hacker"))
    assert time.process_time() - start < 8


@settings(deadline=None)  # the first text loads the tables
@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    reading = read(_post("Russia hacked, the UK said", text))
    assert json.dumps([claim_as_plain(claim) for claim in reading.claims])


@settings(deadline=None)  # the first text loads the tables
@given(st.text(max_size=600))
def test_sentences_stand_where_they_say(text: str) -> None:
    for sentence in sentences_of(text):
        assert text[sentence.start : sentence.start + len(sentence.text)] == sentence.text


def test_abbreviations_and_wrapped_lines_end_no_sentence() -> None:
    wrapped = "The U.S. government and Mr. Smith of the embassy met again in\nWashington."
    text = f"{wrapped} They talked.\n\nA heading\n\n- one item\n- another"
    assert [sentence.text for sentence in sentences_of(text)] == [
        wrapped, "They talked.", "A heading", "- one item", "- another",
    ]  # fmt: skip


def test_every_phrase_book_builds_and_knows_the_signs_of_the_english_one() -> None:
    english = {cue.sign for cue in _signs("en")}
    for language in phrases.languages():
        signs = {cue.sign for cue in _signs(language) if not cue.sign.startswith("organ_of:")}
        unknown = signs - english - ELSEWHERE
        assert not unknown, language


def _signs(language: str) -> tuple[phrases.Cue, ...]:
    book = phrases.book_of(language)
    assert book is not None
    everything = list(_phrases(book.tree, ()))
    return tuple(cue for phrase in everything for cue in book.cues(tokens_of(" ".join(phrase))))


def _phrases(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if node.signs:
        yield path
    for word, child in (*node.words.items(), *node.stems.items()):
        yield from _phrases(child, (*path, word))


def test_a_stem_that_means_everything_is_refused() -> None:
    with pytest.raises(phrases.BookError, match="too short"):
        phrases.build("xx", {"cyber": ["a*"]})
