"""Claims in words: what cards, digests and the terminal share."""

from datetime import UTC, date, datetime

import pytest

from attribution import words
from attribution.model import Actor, Analytic, Claim, Confidence, Likelihood, PartialDate, Precision, Role, Standing

NOW = datetime(2022, 9, 7, tzinfo=UTC)
UNC3886 = Actor(id="unc3886", names=("UNC3886",), home="CN", source="MISP")


def claim(by: str = "GB", accused: str = "IR", role: Role = Role.LEADS, actors: tuple[Actor, ...] = ()) -> Claim:
    return Claim(
        standing=Standing.ATTRIBUTION,
        attributed_by=frozenset(by.split()),
        accused=frozenset(accused.split()),
        role=role,
        actors=actors,
        quote="As they say.",
        rule="test",
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (claim(), "United Kingdom accuses Iran"),
        (claim(by="US GB"), "United Kingdom, United States accuse Iran"),
        (claim(role=Role.SUPPORTS), "United Kingdom backs those who accuse Iran"),
        (claim(by="EU", role=Role.WITHDRAWS), "European Union no longer accuses Iran"),
        (
            claim(by="SG", accused="", actors=(UNC3886,)),
            "Singapore names UNC3886 (no state named; usually ascribed to China, source MISP)",
        ),
        (claim(accused=""), "United Kingdom names nobody by name (no state named)"),
    ],
)
def test_who_accuses_whom_is_a_sentence(said: Claim, expected: str) -> None:
    assert words.who(said) == expected


def test_a_flag_never_stands_alone_nor_on_another_line_than_its_name() -> None:
    assert words.flagged("IR") == "🇮🇷\u00a0Iran"
    assert words.flagged("EU") == "🇪🇺\u00a0European Union"
    assert words.flagged("NATO") == "NATO"


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (Confidence(), "stated as fact"),
        (Confidence(likelihood=Likelihood.LIKELY, phrase="probably"), "likely (“probably”)"),
        (Confidence(likelihood=Likelihood.HIGHLY_LIKELY, phrase="Highly likely"), "“Highly likely”"),
        (
            Confidence(likelihood=Likelihood.LIKELY, analytic=Analytic.MODERATE, phrase="likely"),
            "“likely”, moderate confidence",
        ),
    ],
)
def test_confidence_is_said_in_words_with_the_phrase_as_written_once(confidence: Confidence, expected: str) -> None:
    assert words.sure(confidence) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, ""), (1, "a"), (2, "a and b"), (3, "a, b and c"), (4, "a, b and 2 others"), (6, "a, b and 4 others")],
)
def test_a_list_is_cut_only_where_that_makes_it_shorter(number: int, expected: str) -> None:
    assert words.some(list("abcdef"[:number]), 2) == expected


def test_a_group_is_shown_as_written_with_its_canonical_name() -> None:
    assert words.named(Actor(id="apt28", names=("Fancy Bear", "APT28"))) == "Fancy Bear (APT28)"
    assert words.named(Actor(id="apt28", names=("apt28", "APT28"))) == "apt28"


@pytest.mark.parametrize(
    ("made_on", "expected"),
    [
        (PartialDate(day=date(2022, 9, 7)), "7 September"),
        (PartialDate(day=date(2018, 10, 4)), "4 October 2018"),
        (PartialDate(day=date(2022, 7, 1), precision=Precision.MONTH), "July 2022"),
        (PartialDate(day=date(2022, 1, 1), precision=Precision.YEAR), "2022"),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(made_on: PartialDate, expected: str) -> None:
    assert words.day(made_on, NOW) == expected


def test_the_speaker_comes_first_among_many() -> None:
    assert words.by_name({"AU", "US", "GB"}, "US") == ["US", "AU", "GB"]
    assert words.by_name({"AU", "GB"}, "US") == ["AU", "GB"]
