"""The form of an attribution, told by its title and its first sentences."""

import pytest

from attribution.model import Kind, Standing
from attribution.plain import post_from_plain
from attribution.read import read


def _kind(publisher: str, language: str, title: str, text: str = "") -> Kind:
    post = post_from_plain({"id": "x", "publisher": publisher, "lang": language, "title": title, "text": text})
    kinds = {claim.kind for claim in read(post).claims if claim.standing is Standing.ATTRIBUTION}
    assert len(kinds) == 1, "the sentence is not read as one attribution"
    return kinds.pop()


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("UK condemns Russia's GRU over cyber attacks on Germany", Kind.STATEMENT),
        ("UK imposes further sanctions on Russian GRU officers for cyber attacks", Kind.SANCTIONS),
        ("Russian GRU officers listed for cyber attacks, their assets are frozen, UK says", Kind.SANCTIONS),
        ("UK charges Russian GRU officers with hacking: arrest warrants issued", Kind.INDICTMENT),
        ("UK blames Russia's GRU for cyber attacks and expels two Russian diplomats", Kind.EXPULSION),
        ("UK and allies dismantled botnet operated by Russia's GRU", Kind.DISRUPTION),
        ("Joint advisory: Russian GRU targeting network devices with malware", Kind.ADVISORY),
        ("Annual report: Russia's GRU behind cyber attacks on Ukraine, UK says", Kind.REPORT),
    ],
)
def test_the_title_tells_the_kind(title: str, kind: Kind) -> None:
    assert _kind("gov.uk", "en", title) is kind


@pytest.mark.parametrize(
    "title",
    [
        "UK calls for sanctions over cyber attacks by Russia's GRU on Germany",
        "UK considers sanctions after cyber attacks by Russia's GRU on Germany",
        "UK blames China for cyber attack on an institution designated as critical infrastructure",
    ],
)
def test_sanctions_that_are_called_for_are_a_statement(title: str) -> None:
    assert _kind("gov.uk", "en", title) is Kind.STATEMENT


def test_a_warning_is_an_advisory_where_the_beginning_is_technical() -> None:
    warned = "UK warns of Russian GRU cyber attacks on Ukraine"
    assert _kind("gov.uk", "en", warned) is Kind.STATEMENT
    assert _kind("gov.uk", "en", warned, "Russia's GRU exploits vulnerabilities in routers.") is Kind.ADVISORY


def test_what_a_response_team_publishes_on_technical_things_is_an_advisory() -> None:
    title, text = "Russia's GRU hacked ministries", "The GRU used spear phishing and malware for its cyber attacks."
    assert _kind("cert.gov.ua", "en", title, text) is Kind.ADVISORY
    assert _kind("mfa.gov.ua", "en", title, text) is Kind.STATEMENT


@pytest.mark.parametrize(
    ("publisher", "language", "title", "kind"),
    [
        ("auswaertiges-amt.de", "de", "Sanktionen gegen russische GRU-Hacker verhängt", Kind.SANCTIONS),
        (
            "diplomatie.gouv.fr",
            "fr",
            "La France expulse des agents du GRU russe après les cyberattaques",
            Kind.EXPULSION,
        ),
        ("aivd.nl", "nl", "Jaarverslag AIVD: Rusland achter cyberaanvallen op Oekraïne", Kind.REPORT),
        ("gov.pl", "pl", "Akt oskarżenia: hakerzy rosyjskiego GRU stoją za cyberatakami na Ukrainę", Kind.INDICTMENT),
        ("mofa.go.kr", "ko", "정부, 북한 해킹조직 김수키 독자제재 대상으로 지정", Kind.SANCTIONS),
    ],
)
def test_the_kind_is_told_in_other_languages_too(publisher: str, language: str, title: str, kind: Kind) -> None:
    assert _kind(publisher, language, title) is kind
