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


def test_an_act_told_further_down_counts_where_it_is_of_today_or_has_its_papers() -> None:
    title = "UK condemns Russia's GRU over cyber attacks on Germany"
    talk = "The Foreign Secretary spoke to allies about it. The ministers agreed on a common approach to such threats. "
    today = "Today the government also imposed sanctions on three officers of that service."
    papers = "According to the indictment the officers stole passwords of members of parliament."
    older = "It imposed sanctions on three officers of that service, too."
    assert _kind("gov.uk", "en", title, f"{talk}{talk.upper()}{today}") is Kind.SANCTIONS
    assert _kind("gov.uk", "en", title, f"{talk}{talk.upper()}{papers}") is Kind.INDICTMENT
    assert _kind("gov.uk", "en", title, f"{talk}{talk.upper()}{older}") is Kind.STATEMENT


def test_sanctions_of_today_are_imposed_whatever_else_the_sentence_recalls() -> None:
    text = "Six officers of Russia's GRU were designated today for last year's cyber attacks on Georgia, the UK said."
    assert _kind("gov.uk", "en", "UK condemns Russia's GRU over cyber attacks", text) is Kind.SANCTIONS


@pytest.mark.parametrize(
    "title",
    [
        "UK says an attack by Russia's GRU took down servers of Georgia's railways",
        "UK blames Russia's GRU for malware that disables power plants in Ukraine",
    ],
)
def test_what_the_attackers_took_down_is_no_disruption(title: str) -> None:
    assert _kind("gov.uk", "en", title) is Kind.STATEMENT


def test_advice_makes_an_advisory_unless_the_title_lays_the_act_at_a_state_s_door() -> None:
    advice = "The GRU hacked mail servers with malware. The agencies published indicators of compromise."
    assert _kind("gov.uk", "en", "How Russia's GRU hacked mail servers", advice) is Kind.ADVISORY
    assert _kind("gov.uk", "en", "UK blames Russia's GRU for hacked mail servers", advice) is Kind.STATEMENT


def test_a_report_is_its_government_s_and_no_company_s() -> None:
    title, named = "UK says Russia's GRU hacked mail servers", "Russia's GRU carried out the cyber attack. "
    ours = "According to a report issued by Britain's NCSC the cyber attack went on for a year."
    theirs = "According to a report published by Mandiant the cyber attack went on for a year."
    assert _kind("example.com", "en", title, named + ours) is Kind.REPORT
    assert _kind("example.com", "en", title, named + theirs) is Kind.STATEMENT


def test_what_a_response_team_is_said_to_have_found_is_an_advisory() -> None:
    found = "CERT-UA says Russia's GRU hacked the mail of Ukrainian officers"
    assert _kind("example.com", "en", found) is Kind.ADVISORY
    assert _kind("example.com", "en", found.replace("CERT-UA", "Ukraine's government")) is Kind.STATEMENT


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
