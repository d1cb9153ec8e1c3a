"""Who stands behind a publisher's name: a government, an intergovernmental body, or the press."""

import re

from attribution.model import Publisher, PublisherKind

# Hosts of intergovernmental bodies, by their ends.
BODIES = {
    "europa.eu": "EU",
    "nato.int": "NATO",
    "un.org": "UN",
    "osce.org": "OSCE",
    "ccdcoe.org": "NATO",
    "interpol.int": "INTERPOL",
    "oas.org": "OAS",
    "coe.int": "COE",
}
# Government hosts that no rule about domains gives away, by their ends.
GOVERNMENTS = {
    "gc.ca": "CA",
    "canada.ca": "CA",
    "ncsc.nl": "NL",
    "ncsc.gov.ie": "IE",
    "aivd.nl": "NL",
    "defensie.nl": "NL",
    "government.nl": "NL",
    "rijksoverheid.nl": "NL",
    "auswaertiges-amt.de": "DE",
    "bundesregierung.de": "DE",
    "verfassungsschutz.de": "DE",
    "ncsc.admin.ch": "CH",
    "vm.ee": "EE",
    "valitsus.ee": "EE",
    "ria.ee": "EE",
    "valisluureamet.ee": "EE",
    "regjeringen.no": "NO",
    "pst.no": "NO",
    "nsm.no": "NO",
    "regeringen.se": "SE",
    "government.se": "SE",
    "sakerhetspolisen.se": "SE",
    "fe-ddis.dk": "DK",
    "cfcs.dk": "DK",
    "um.dk": "DK",
    "samsik.dk": "DK",
    "valtioneuvosto.fi": "FI",
    "supo.fi": "FI",
    "kyberturvallisuuskeskus.fi": "FI",
    "kremlin.ru": "RU",
    "mid.ru": "RU",
    "kcna.kp": "KP",
    "stjornarradid.is": "IS",
    "mzv.cz": "CZ",
    "bis.cz": "CZ",
    "vlada.cz": "CZ",
    "vsd.lt": "LT",
    "nukib.cz": "CZ",
    "csirt.sk": "SK",
    "esteri.it": "IT",
    "diplomatie.be": "BE",
    "belgium.be": "BE",
}
# gov.uk, gov, gouv.fr, go.jp, mil, admin.ch, bund.de ... and the country in what follows them.
OFFICIAL = re.compile(r"(?:^|\.)(gov|gob|gouv|gouvernement|govt|go|gv|mil|admin|bund|government)(?:\.([a-z]{2}))?$")
# Members of a legislature speak for no government.
LEGISLATURES = re.compile(r"(?:^|\.)(?:senate|house|congress|parliament)\.(?:gov|uk)(?:$|\.)")
UNITED_STATES = "US"
CODES = {"uk": "GB", "eu": "EU", "el": "GR"}
# Names as a catalogue or a person writes them.
NAMES = re.compile(
    r"\b(?:ministry|ministère|ministerium|department of|government|white house|foreign office|embassy|"
    r"national cyber security|cyber security cent(?:re|er)|intelligence service|security service|prime minister|"
    r"president of|auswärtiges amt|bundesamt|utenriks|ministerstvo|ministerie|ministero|ministerio)\b",
    re.IGNORECASE,
)


def publisher_of(name: str, country: str | None = None) -> Publisher:
    """Who publishes, from a host ("ncsc.gov.uk") or a name ("Ministry of Foreign Affairs") and a country (ISO 3166).

    Government and intergovernmental hosts speak for their state or body; members of a legislature and everyone else
    are the press, which reports.
    """
    host = name.strip().casefold().removeprefix("www.")
    if LEGISLATURES.search(host):
        return Publisher(name=name, kind=PublisherKind.PRESS)
    body = _ending(host, BODIES)
    if body:
        return Publisher(name=name, kind=PublisherKind.BODY, speaker=body)
    speaker = _ending(host, GOVERNMENTS) or _official(host)
    if speaker is None and NAMES.search(name):
        speaker = _code(country)
    if speaker:
        return Publisher(name=name, kind=PublisherKind.GOVERNMENT, speaker=speaker)
    return Publisher(name=name, kind=PublisherKind.PRESS if name.strip() else PublisherKind.UNKNOWN)


def _ending(host: str, known: dict[str, str]) -> str | None:
    parts = host.split(".")
    return next((known[end] for k in range(len(parts)) if (end := ".".join(parts[k:])) in known), None)


def _official(host: str) -> str | None:
    match = OFFICIAL.search(host)
    if match is None or "." not in host:
        return None
    if match[2] is None:
        return UNITED_STATES if match[1] in ("gov", "mil") else None
    return _code(match[2])


def _code(country: str | None) -> str | None:
    if not country:
        return None
    return CODES.get(country.casefold(), country.upper())
