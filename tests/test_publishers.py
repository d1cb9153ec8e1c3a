"""Who stands behind a publisher: a government, a body, or the press."""

import pytest

from attribution.model import PublisherKind
from attribution.publishers import publisher_of


@pytest.mark.parametrize(
    ("host", "speaker"),
    [
        ("www.ncsc.gov.uk", "GB"),
        ("cisa.gov", "US"),
        ("centcom.mil", "US"),
        ("cyber.gc.ca", "CA"),
        ("beehive.govt.nz", "NZ"),
        ("mofa.go.jp", "JP"),
        ("nis.go.kr", "KR"),
        ("exteriores.gob.es", "ES"),
        ("presidencia.gub.uy", "UY"),
        ("cyber.gouv.fr", "FR"),
        ("bsi.bund.de", "DE"),
        ("ncsc.admin.ch", "CH"),
        ("defensie.mil.be", "BE"),
    ],
)
def test_a_government_s_domain_speaks_for_its_state(host: str, speaker: str) -> None:
    publisher = publisher_of(host)
    assert (publisher.kind, publisher.speaker) == (PublisherKind.GOVERNMENT, speaker)


@pytest.mark.parametrize(
    ("host", "speaker"),
    [
        ("aklagare.se", "SE"),
        ("www.ccn-cert.cni.es", "ES"),
        ("cverc.org.cn", "CN"),
        ("www.cert.org.cn", "CN"),
        ("fstec.ru", "RU"),
        ("poliisi.fi", "FI"),
        ("politiet.no", "NO"),
        ("wid.cert-bund.de", "DE"),
        ("cert.pl", "PL"),
    ],
)
def test_an_authority_under_its_country_s_plain_domain_is_known_by_the_table(host: str, speaker: str) -> None:
    publisher = publisher_of(host)
    assert (publisher.kind, publisher.speaker) == (PublisherKind.GOVERNMENT, speaker)


@pytest.mark.parametrize(("host", "speaker"), [("en.mfa.ir", "IR"), ("president.ir", "IR"), ("police.uk", "GB")])
def test_an_office_right_under_a_country_s_domain_is_that_country_s(host: str, speaker: str) -> None:
    publisher = publisher_of(host)
    assert (publisher.kind, publisher.speaker) == (PublisherKind.GOVERNMENT, speaker)


@pytest.mark.parametrize(
    ("host", "body"), [("www.consilium.europa.eu", "EU"), ("nato.int", "NATO"), ("press.un.org", "UN")]
)
def test_an_intergovernmental_host_speaks_for_its_body(host: str, body: str) -> None:
    publisher = publisher_of(host)
    assert (publisher.kind, publisher.speaker) == (PublisherKind.BODY, body)


@pytest.mark.parametrize(
    "host",
    [
        "gov.example.com",
        "cisa.gov.example.org",
        "mfa.news",
        "hawley.senate.gov",
        "europarl.europa.eu",
        "notaklagare.se",
    ],
)
def test_a_look_alike_host_and_a_legislature_speak_for_no_government(host: str) -> None:
    publisher = publisher_of(host)
    assert (publisher.kind, publisher.speaker) == (PublisherKind.PRESS, None)


def test_a_name_in_words_needs_its_country() -> None:
    assert publisher_of("Ministry of Foreign Affairs", "JP").speaker == "JP"
    assert publisher_of("Ministry of Foreign Affairs").kind is PublisherKind.PRESS


def test_a_publisher_without_a_name_is_unknown() -> None:
    assert publisher_of("").kind is PublisherKind.UNKNOWN
