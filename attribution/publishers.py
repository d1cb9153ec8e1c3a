"""Who stands behind a publisher's name: a government, an intergovernmental body, or the press."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from attribution.model import Publisher, PublisherKind

# gov.uk, gov, gouv.fr, go.jp, mil, admin.ch, bund.de ... and the country in what follows them.
OFFICIAL = re.compile(r"(?:^|\.)(gov|gob|gub|gouv|gouvernement|govt|go|gv|mil|admin|bund|government)(?:\.([a-z]{2}))?$")
# A ministry, a head of state or a police right under a country's domain: mfa.ir, president.ir, police.uk.
OFFICES = re.compile(r"(?:^|\.)(?:mfa|mofa|president|presidency|police)\.([a-z]{2})$")
# Members of a legislature speak for no government.
LEGISLATURES = re.compile(r"(?:^|\.)(?:(?:senate|house|congress)\.gov|(?:europarl\.europa\.eu|parliament\.uk))$")
UNITED_STATES = "US"
CODES = {"uk": "GB", "eu": "EU", "el": "GR"}
# Names as a catalogue or a person writes them.
NAMES = re.compile(
    r"\b(?:ministry|ministère|ministerium|department of|government|white house|foreign office|embassy|"
    r"national cyber security|cyber security cent(?:re|er)|intelligence service|security service|prime minister|"
    r"president of|auswärtiges amt|bundesamt|utenriks|ministerstvo|ministerie|ministero|ministerio|national police|"
    r"computer emergency response team|cyber security agency|cybersecurity agency)\b",
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
    body = _ending(host, _hosts("bodies"))
    if body:
        return Publisher(name=name, kind=PublisherKind.BODY, speaker=body)
    speaker = _ending(host, _hosts("governments")) or _official(host)
    if speaker is None and NAMES.search(name):
        speaker = _code(country)
    if speaker:
        return Publisher(name=name, kind=PublisherKind.GOVERNMENT, speaker=speaker)
    return Publisher(name=name, kind=PublisherKind.PRESS if name.strip() else PublisherKind.UNKNOWN)


@cache
def _hosts(table: str) -> Mapping[str, str]:
    """The hosts of one table of the data, and who speaks there."""
    source = resources.files("attribution") / "data" / "publishers.toml"
    speakers = tomllib.loads(source.read_text(encoding="utf-8"))[table]
    return {host: speaker for speaker, hosts in speakers.items() for host in hosts}


def _ending(host: str, known: Mapping[str, str]) -> str | None:
    parts = host.split(".")
    return next((known[end] for k in range(len(parts)) if (end := ".".join(parts[k:])) in known), None)


def _official(host: str) -> str | None:
    office = OFFICES.search(host)
    if office:
        return _code(office[1])
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
