"""Groups, services, ties, named victims and dates of a claim, as governments word them."""

from datetime import UTC, datetime

import pytest

from attribution.dates import happened_in
from attribution.marks import clause_of, words_of
from attribution.model import Claim, Standing, Tie
from attribution.phrases import book_of
from attribution.plain import post_from_plain
from attribution.read import read
from attribution.sentences import Sentence


def _claim(title: str, text: str = "", publisher: str = "gov.uk", language: str = "en") -> Claim:
    post = post_from_plain(
        {"id": "x", "publisher": publisher, "lang": language, "title": title, "text": text, "published": "2025-06-03"}
    )
    found = [claim for claim in read(post).claims if claim.standing is Standing.ATTRIBUTION]
    assert len(found) == 1, "the sentences are not read as one attribution"
    return found[0]


def _actors(claim: Claim) -> set[str]:
    return {actor.id for actor in claim.actors}


@pytest.mark.parametrize(
    ("text", "actors"),
    [
        (
            "The UK has sanctioned i-Soon and Integrity Technology Group. Both firms help China's state hackers.",
            {"i-soon", "integrity-technology-group"},
        ),
        (
            "The defendants worked through a front company, Wuhan XRZ. China's state hackers directed it.",
            {"wuhan-xrz"},
        ),
    ],
)
def test_firms_that_are_sanctioned_or_charged_are_held_responsible_beside_their_state(
    text: str, actors: set[str]
) -> None:
    assert _actors(_claim("UK sanctions Chinese state hackers for cyber attacks", text)) == actors


@pytest.mark.parametrize(
    "compared",
    [
        "The group overlaps with APT29.",
        "Its tools are similar to those of APT29.",
        "It is a sister of the Turla group.",
    ],
)
def test_a_group_that_is_only_compared_is_not_held_responsible(compared: str) -> None:
    text = f"The UK said that APT28, a group of Russia's GRU, carried out the cyber attack. {compared}"
    assert _actors(_claim("UK blames Russia's GRU for cyber attack", text)) == {"apt28"}


def test_a_government_that_accuses_another_does_not_hold_its_own_groups_responsible() -> None:
    text = "China's CVERC said the United States made up Volt Typhoon and ran cyber attacks of its own through the NSA."
    claim = _claim("China accuses United States of cyber attacks", text, "cverc.org.cn")
    assert (claim.accused, _actors(claim)) == (frozenset({"US"}), set())


@pytest.mark.parametrize(
    ("text", "agencies"),
    [
        (
            "The NSA hacked it. The National Security Agency used its tools for the cyber attack.",
            "National Security Agency (NSA)",
        ),
        ("The N.S.A. carried out the cyber attack.", "N.S.A."),
    ],
)
def test_a_service_is_shown_by_its_longest_name_and_the_short_one_it_is_given(text: str, agencies: str) -> None:
    claim = _claim("China accuses United States of cyber attack", text, "cverc.org.cn")
    assert any(agencies in shown for shown in claim.agencies)


@pytest.mark.parametrize(
    ("text", "accused"),
    [
        ("Iranian intelligence carried out the cyber attack.", "IR"),
        ("Chinese intelligence services carried out the cyber attack.", "CN"),
        ("North Korean intelligence carried out the cyber attack.", "KP"),
    ],
)
def test_intelligence_of_a_state_is_none_of_its_services_in_particular(text: str, accused: str) -> None:
    claim = _claim("UK condemns cyber attack", text)
    assert (claim.accused, claim.agencies, claim.tie) == (frozenset({accused}), (), Tie.ORGAN)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Unit 26165 of Russia's GRU", "26165"),
        ("GRU Unit 74455", "74455"),
        ("Unit 29155", "29155"),
        ("Unit 54777 of the GRU", "54777"),
        ("the GRU's 85th Main Special Service Center (GTsSS)", "GTsSS"),
        ("the GRU's Main Centre for Special Technologies (GTsST)", "GTsST"),
        ("Center 16 of the FSB", "16"),
        ("the FSB's Centre 18", "18"),
        ("PLA Unit 61398", "61398"),
        ("Unit 61419 of the People's Liberation Army", "61419"),
        ("the Hainan State Security Department", "Hainan"),
        ("the IRGC's Cyber Electronic Command", "Cyber Electronic Command"),
        ("the 3rd Bureau of North Korea's Reconnaissance General Bureau", "3rd Bureau"),
    ],
)
def test_units_and_centres_of_services_are_known_by_name_and_number(written: str, shown: str) -> None:
    claim = _claim("UK condemns cyber attack", f"The UK says that {written} carried out the cyber attack on Georgia.")
    assert any(shown in agency for agency in claim.agencies), claim.agencies


@pytest.mark.parametrize(
    ("language", "text", "happened"),
    [
        ("en", "Iran carried out the cyber attack on Albania from 15 July 2022.", "2022-07-15"),
        ("en", "Between March and May 2024 Iran carried out cyber attacks on Albania.", "2024-03"),
        ("en", "Since at least 2022, Iran has carried out cyber attacks on Albania.", "2022"),
        ("en", "Iran carried out the cyber attack on Albania in October.", "2024-10"),
        ("de", "Der Iran hat den Cyberangriff auf Albanien im August 2024 ausgeführt.", "2024-08"),
        ("fr", "Depuis 2021, l'Iran a mené des cyberattaques contre l'Albanie.", "2021"),
        ("ja", "イラン政府が2021年7月にアルバニアへのサイバー攻撃を行った。", "2021-07"),
        ("ko", "이란이 2023년 3월 알바니아를 사이버 공격했다.", "2023-03"),
        ("zh", "伊朗自2022年3月25日起对阿尔巴尼亚实施网络攻击。", "2022-03-25"),
        ("pl", "Iran przeprowadził cyberataki na Albanię 29 grudnia 2024 r.", "2024-12-29"),
        ("en", "Iran carried out cyber attacks on Albania through CVE-2021-44228 on 1999 computers.", None),
        ("en", "Iran may have carried out cyber attacks on Albania.", None),
        ("en", "The UK said on 3 May 2025 that Iran carried out the cyber attacks on Albania.", None),
    ],
)
def test_when_it_took_place_is_what_the_sentence_says_and_not_when_it_was_said(
    language: str, text: str, happened: str | None
) -> None:
    book = book_of(language)
    assert book is not None
    clause = clause_of(words_of(Sentence(text, 0), book), book, language, None)
    dated = happened_in(clause, datetime(2025, 6, 3, tzinfo=UTC))
    assert (str(dated) if dated else None) == happened


def test_another_sentence_of_the_claim_may_tell_when_it_took_place() -> None:
    text = "It said the GRU had hacked the railways of Georgia in the cyber attack of October 2019."
    assert str(_claim("UK blames Russia's GRU for cyber attack", text).happened) == "2019-10"


@pytest.mark.parametrize(
    ("text", "tie"),
    [
        ("Russia's GRU hacked it in a cyber attack, the UK says.", Tie.ORGAN),
        ("The UK says officers of Russia's GRU carried out the cyber attack.", Tie.ORGAN),
        ("The UK says Russian state-sponsored hackers carried out the cyber attack.", Tie.SPONSORED),
        ("The UK says hackers backed by Russia carried out the cyber attack.", Tie.SPONSORED),
        ("The UK says hackers working for Russia's FSB carried out the cyber attack.", Tie.SPONSORED),
        ("The UK says Russia-linked hackers carried out the cyber attack.", Tie.LINKED),
        ("The UK says hackers with ties to the GRU carried out the cyber attack.", Tie.LINKED),
        ("The UK says hackers affiliated with Russia carried out the cyber attack.", Tie.LINKED),
    ],
)
def test_the_tie_is_what_stands_between_who_did_it_and_the_state(text: str, tie: Tie) -> None:
    assert _claim("UK condemns cyber attack", text).tie is tie


@pytest.mark.parametrize(
    ("text", "organisations"),
    [
        (
            "The GRU carried out the cyber attack against the Organisation for the Prohibition of Chemical Weapons.",
            ("Organisation for the Prohibition of Chemical Weapons",),
        ),
        (
            "Russia's GRU targeted Boston Children's Hospital, Saudi Aramco and Viasat with malware.",
            ("Boston Children's Hospital", "Saudi Aramco", "Viasat"),
        ),
        ("Russia's GRU carried out cyber attacks against Microsoft Exchange servers.", ()),
        ("Russia's GRU carried out cyber attacks against Members of Parliament.", ()),
        ("Russia's GRU carried out cyber attacks against Ukraine.", ()),
    ],
)
def test_organisations_are_named_where_the_sentence_names_them(text: str, organisations: tuple[str, ...]) -> None:
    assert _claim("UK condemns cyber attack", text).organisations == organisations


def test_a_title_s_capitals_name_no_organisation() -> None:
    assert _claim("UK Says Russia's GRU Hacked Important Companies").organisations == ()
