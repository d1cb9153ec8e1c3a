"""Whom an operation hit, in sentences as governments of sixteen languages word them."""

import pytest

from attribution.model import Post, Standing
from attribution.plain import post_from_plain
from attribution.read import read


def _post(publisher: str, language: str, title: str, text: str = "") -> Post:
    return post_from_plain({"id": "x", "publisher": publisher, "lang": language, "title": title, "text": text})


def _victims(publisher: str, language: str, title: str, text: str = "") -> set[str]:
    claims = [c for c in read(_post(publisher, language, title, text)).claims if c.standing is Standing.ATTRIBUTION]
    assert claims, "the sentence is not read as an attribution"
    return {code for claim in claims for code in claim.victims}


@pytest.mark.parametrize(
    ("title", "victims"),
    [
        ("UK condemns Russia over GRU cyber attacks against Germany and Czechia", {"DE", "CZ"}),
        (
            "UK blames Russia's GRU for hacking targets in Canada, the Netherlands and the United States",
            {"CA", "NL", "US"},
        ),
        ("UK blames Iran for a cyber attack on government networks, telecoms and ports in Albania", {"AL"}),
        ("UK says China hacked Polish, Belgian and Danish ministries", {"PL", "BE", "DK"}),
        ("UK attributes the Viasat hack to Russia's GRU", {"UA"}),
        ("Albania was hit by a cyber attack carried out by Iran, says the UK", {"AL"}),
        ("We condemn Russia's GRU cyber attacks and stand in solidarity with Germany", {"DE"}),
    ],
)
def test_whoever_stands_behind_against_is_hit_with_its_whole_list(title: str, victims: set[str]) -> None:
    assert _victims("gov.uk", "en", title) == victims


@pytest.mark.parametrize(
    ("publisher", "title", "victims"),
    [
        ("regjeringen.no", "Norway holds Russia responsible for the cyber attack on the Parliament", {"NO"}),
        ("diplomatie.belgium.be", "Belgium blames China for cyber attacks on the Ministry of Foreign Affairs", {"BE"}),
        ("gov.uk", "China state hackers compromised the Electoral Commission, UK says", {"GB"}),
        ("mfa.gov.lv", "Latvia blames Russia for a cyber attack on our critical infrastructure", {"LV"}),
        ("gov.uk", "UK blames Russia for cyber attacks on the parliament of Georgia", {"GE"}),
        (
            "gov.uk",
            "UK blames Russia's GRU for a cyber attack on Georgia that took down the ministry of defence",
            {"GE"},
        ),
    ],
)
def test_an_institution_without_a_state_is_the_speaker_s_unless_another_country_was_hit(
    publisher: str, title: str, victims: set[str]
) -> None:
    assert _victims(publisher, "en", title) == victims


@pytest.mark.parametrize(
    "title",
    [
        "UK sanctions Russian GRU officers for cyber attacks, together with France",
        "UK charges Russian GRU officer with hacking after his arrest in Italy",
        "UK condemns cyber attacks by Russia's GRU on hospitals and companies worldwide",
        "UK imposes sanctions against the GRU over malicious cyber activity by Russia",
    ],
)
def test_partners_places_of_arrest_and_the_accused_are_no_victims(title: str) -> None:
    assert _victims("gov.uk", "en", title) == set()


@pytest.mark.parametrize(
    ("publisher", "language", "title", "victims"),
    [
        (
            "auswaertiges-amt.de",
            "de",
            "Deutschland verurteilt russische Cyberangriffe auf Tschechien und Polen",
            {"CZ", "PL"},
        ),
        (
            "bmi.bund.de",
            "de",
            "Die Bundesregierung macht Russland für den Cyberangriff auf den Bundestag verantwortlich",
            {"DE"},
        ),
        (
            "diplomatie.gouv.fr",
            "fr",
            "La France condamne les cyberattaques de la Russie contre l'Ukraine et la Pologne",
            {"UA", "PL"},
        ),
        ("rijksoverheid.nl", "nl", "Nederland veroordeelt Russische cyberaanvallen op Duitsland", {"DE"}),
        ("regjeringen.no", "no", "Regjeringen: Russland står bak dataangrepet mot Stortinget", {"NO"}),
        ("regeringen.se", "sv", "Sverige fördömer Rysslands cyberangrepp mot Ukraina", {"UA"}),
        ("um.dk", "da", "Danmark fordømmer Ruslands cyberangreb mod Tyskland", {"DE"}),
        ("mzv.gov.cz", "cs", "Česko odsuzuje ruské kybernetické útoky proti Německu", {"DE"}),
        ("gov.pl", "pl", "Polska potępia rosyjskie cyberataki na Ukrainę i Gruzję", {"UA", "GE"}),
        ("mfa.gov.ua", "uk", "Україна засуджує кібератаки Росії проти Польщі", {"PL"}),
        ("mid.ru", "ru", "МИД России обвинил США в кибератаках против Ирана", {"IR"}),
        ("esteri.it", "it", "L'Italia condanna gli attacchi informatici della Russia contro l'Ucraina", {"UA"}),
        ("exteriores.gob.es", "es", "España condena los ciberataques de Rusia contra Alemania", {"DE"}),
        (
            "mofa.go.jp",
            "ja",
            "外務省は、ロシア政府を背景とするAPT28がウクライナに対するサイバー攻撃を行ったと発表",
            {"UA"},
        ),
        (
            "npa.go.jp",
            "ja",
            "警察庁は、中国政府を背景とするAPT31が国内の企業を標的にサイバー攻撃を行ったと公表",
            {"JP"},
        ),
        ("nis.go.kr", "ko", "국정원, 북한 해킹조직 김수키가 국내 방산업체를 대상으로 사이버 공격했다고 발표", {"KR"}),
        ("cverc.org.cn", "zh", "国家计算机病毒应急处理中心：美国国家安全局对我国实施网络攻击", {"CN"}),
    ],
)
def test_victims_are_found_in_every_language_that_is_read(
    publisher: str, language: str, title: str, victims: set[str]
) -> None:
    assert _victims(publisher, language, title) == victims


def test_a_country_s_own_name_for_itself_is_the_speaker_s() -> None:
    text = "Japan blames China's APT40 for a cyber attack. Domestic companies and our country were targeted by China."
    assert "JP" in _victims("mofa.go.jp", "en", "Japan blames China for cyber attacks", text)


def test_a_sentence_of_its_own_may_tell_whom_it_hit_but_not_one_about_a_war() -> None:
    blamed = "The UK blames Russia's GRU for a cyber attack. "
    assert _victims("gov.uk", "en", "Statement", blamed + "It affected ministries in Moldova.") == {"MD"}
    assert _victims("gov.uk", "en", "Statement", blamed + "We condemn the war against Ukraine.") == set()


@pytest.mark.parametrize(
    ("title", "text", "victims"),
    [
        ("Albania blames Iran for cyberattack on government networks", "", {"AL"}),
        ("Estonia says it foiled a cyber attack on the power grid, blames Russia", "", {"EE"}),
        ("US, UK blame Iran for cyberattacks on hospitals", "", set()),
        ("Estonia blames Russia for cyber attacks on hospitals in several European countries", "", set()),
        (
            "Estonia and Latvia blame Russia's GRU for cyber attacks",
            "Estonia said that Russia's GRU had carried out the cyber attack on hospitals.",
            {"EE"},
        ),
    ],
)
def test_in_the_press_what_was_hit_is_the_only_speaker_s_where_no_other_country_is_meant(
    title: str, text: str, victims: set[str]
) -> None:
    assert _victims("example.com", "en", title, text) == victims


@pytest.mark.parametrize(
    "text",
    [
        "Russia's hackers also want to punish those that support Ukraine and its defence.",
        "Moscow's cyber attacks are to undermine Western support for Ukraine.",
        "Russia's cyber attacks go on with its war of aggression against Ukraine.",
        "The GRU is known to engage its targets for months in cyber attacks by Russia.",
        "Russia's hackers had been hosted in Moldova for their cyber attacks.",
    ],
)
def test_whom_a_war_is_against_or_who_is_supported_is_not_thereby_hit(text: str) -> None:
    title = "UK condemns malicious cyber activity by Russia's GRU against Germany"
    assert _victims("gov.uk", "en", title, text) == {"DE"}


def test_a_preposition_places_what_was_hit_further_away() -> None:
    title = "UK blames Russia's SVR for cyber attacks on makers of vaccines, drugs and other medicines in Canada"
    assert _victims("gov.uk", "en", title) == {"CA"}


def test_what_has_an_address_is_hit_there() -> None:
    assert _victims("gov.uk", "en", "UK blames Russia's GRU for the cyber attack against the OPCW") == {"NL"}
    assert _victims("gov.uk", "en", "UK says China's hackers compromised power companies in Guam") == {"US"}


@pytest.mark.parametrize(
    "title", ["UK blames Russia's GRU for cyber attacks on EU institutions and the European Union"]
)
def test_a_union_of_states_is_no_state_that_was_hit(title: str) -> None:
    assert _victims("gov.uk", "en", title) == set()
