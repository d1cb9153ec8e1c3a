"""Cases to show and to test with: facts of 2022 and 2025 in our own words, under addresses where nothing is.

`python -m tests.card_samples` writes the messages they make as JSON, for pictures/render.mjs.
"""

import hashlib
import json
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attribution.digest import compile_digest
from attribution.model import (
    Actor,
    Claim,
    Confidence,
    Found,
    Kind,
    Likelihood,
    PartialDate,
    Precision,
    Publisher,
    PublisherKind,
    Role,
    Scheme,
    Standing,
    Tie,
)
from attribution.query import Query
from attribution.view import CaseView, Correction
from bot import details, marks, report_view
from bot.cards import card, notice, reply
from bot.details import Details
from bot.refusals import paused
from bot.reported import reported
from bot.roundups import digest, late, listing
from bot.stats import shown_stats
from storage.cards import Hidden
from storage.claims import Sourced
from storage.feedback import Report, Said, Wrong
from storage.stats import Stats

GOVERNMENT, BODY, PRESS = PublisherKind.GOVERNMENT, PublisherKind.BODY, PublisherKind.PRESS
FCDO = Publisher(name="Foreign, Commonwealth & Development Office", kind=GOVERNMENT, speaker="GB")
WHITE_HOUSE = Publisher(name="The White House", kind=GOVERNMENT, speaker="US")
TREASURY = Publisher(name="US Department of the Treasury", kind=GOVERNMENT, speaker="US")
RAMA = Publisher(name="Prime Minister of Albania", kind=GOVERNMENT, speaker="AL")
COUNCIL = Publisher(name="Council of the European Union", kind=BODY, speaker="EU")
NATO = Publisher(name="NATO", kind=BODY, speaker="NATO")
IRAN = Publisher(name="Ministry of Foreign Affairs of Iran", kind=GOVERNMENT, speaker="IR")
WIRE = Publisher(name="Adriatic Wire (sample)", kind=PRESS)
CSA = Publisher(name="Cyber Security Agency of Singapore", kind=GOVERNMENT, speaker="SG")
NSA = Publisher(name="National Security Agency", kind=GOVERNMENT, speaker="US")
SEVENTH = datetime(2022, 9, 7, 13, 41, tzinfo=UTC)
NINTH = datetime(2022, 9, 9, 14, 5, tzinfo=UTC)
HOMELAND = Actor(
    id="homeland-justice", names=("HomeLand Justice", "Storm-0842"), home="IR", source="Microsoft, 2022-09"
)
UNC3886 = Actor(id="unc3886", names=("UNC3886", "UNC3886"), home="CN", source="MISP")
SALT = Actor(id="salt-typhoon", names=("Salt Typhoon", "Salt Typhoon"), home="CN", source="Microsoft")
MANY = "US AU CA NZ GB CZ FI DE IT JP NL PL ES"


def found(number: int, at: datetime, publisher: Publisher, title: str, quote: str, **changed: Any) -> Found:
    """A stored statement about the attack on Albania, with what a sample changes; names of Found's fields go there."""
    about = {key: changed.pop(key) for key in ("case", "url", "withdrawn_at", "headline_only") if key in changed}
    usual: dict[str, Any] = {
        "standing": Standing.ATTRIBUTION,
        "accused": frozenset({"IR"}),
        "attributed_by": frozenset({publisher.speaker}) - {None},
        "victims": frozenset({"AL"}),
        "quote": quote,
        "rule": "blamed by name",
        "made_on": PartialDate(day=at.date()),
    }
    usual_about: dict[str, Any] = {"case": "2022-17", "url": f"https://www.example.org/posts/{number}"}
    told: dict[str, Any] = {"id": number, "title": title, "publisher": publisher, "recorded_at": at}
    return Found(claim=Claim(**usual | changed), **told, **usual_about | about)


UK_CONDEMNS = found(
    1,
    SEVENTH,
    FCDO,
    "UK condemns Iran for a destructive cyber attack on Albania",
    "The National Cyber Security Centre judges it almost certain that actors with links to the Iranian state carried"
    " out the attacks, which wiped data and cut people off from public services.",
    confidence=Confidence(likelihood=Likelihood.ALMOST_CERTAIN, phrase="almost certain", scheme=Scheme.PHIA),
    speakers=("NCSC",),
    organisations=("e-Albania",),
    tie=Tie.LINKED,
    happened=PartialDate(day=date(2022, 7, 1), precision=Precision.MONTH),
)
US_JOINS = found(
    2,
    SEVENTH + timedelta(minutes=50),
    WHITE_HOUSE,
    "Statement on Iran's cyber attack against Albania",
    "The United States has concluded that the government of Iran carried out this reckless attack on a NATO ally.",
    role=Role.JOINS,
    tie=Tie.ORGAN,
    confidence=Confidence(phrase="has concluded"),
)
ALBANIA_EXPELS = found(
    3,
    SEVENTH + timedelta(minutes=55),
    RAMA,
    "Albania severs diplomatic relations with Iran",
    "The investigation showed beyond doubt that Iran planned and paid for the attack of 15 July.",
    kind=Kind.EXPULSION,
    role=Role.JOINS,
    tie=Tie.ORGAN,
)
NATO_BACKS = found(
    4,
    SEVENTH + timedelta(hours=26),
    NATO,
    "Allies stand with Albania",
    "Allies acknowledge the statements that hold the government of Iran responsible.",
    role=Role.SUPPORTS,
    attributed_by=frozenset(),
    supported_by=frozenset({"NATO"}),
)
EU_BACKS = found(
    5,
    SEVENTH + timedelta(hours=27),
    COUNCIL,
    "The Union's solidarity with Albania",
    "The European Union stands by Albania, which attributes the attack to Iran.",
    role=Role.SUPPORTS,
    attributed_by=frozenset(),
    supported_by=frozenset({"EU"}),
)
IRAN_DENIES = found(
    6,
    SEVENTH + timedelta(hours=28),
    IRAN,
    "Tehran rejects Albania's claim",
    "The Islamic Republic rejects the baseless accusation.",
    role=Role.DENIES,
)
US_SANCTIONS = found(
    7,
    NINTH,
    TREASURY,
    "Treasury sanctions Iran's intelligence ministry and its minister for malign cyber activity",
    "MOIS and its minister are designated for the disruptive attack on the government of Albania.",
    kind=Kind.SANCTIONS,
    role=Role.JOINS,
    tie=Tie.ORGAN,
    agencies=("MOIS",),
    actors=(HOMELAND,),
    speakers=("OFAC",),
)
ALBANIA = CaseView(
    id="2022-17",
    statements=(UK_CONDEMNS, US_JOINS, ALBANIA_EXPELS, NATO_BACKS, EU_BACKS, IRAN_DENIES),
    sources=9,
)
SANCTIONED = replace(
    ALBANIA,
    statements=(*ALBANIA.statements, US_SANCTIONS),
    sources=11,
    previous_url="https://example.slack.com/archives/C0123456789/p1662558060000100",
)
SINGAPORE = CaseView(
    id="2025-9",
    sources=3,
    statements=(
        found(
            20,
            datetime(2025, 7, 18, 13, 10, tzinfo=UTC),
            CSA,
            "Coordinating minister on the defence of critical infrastructure",
            "UNC3886 is attacking our critical information infrastructure right now.",
            accused=frozenset(),
            actors=(UNC3886,),
            victims=frozenset({"SG"}),
            case="2025-9",
        ),
    ),
)
JOINT = CaseView(
    id="2025-12",
    sources=14,
    statements=(
        found(
            30,
            datetime(2025, 8, 27, 15, 0, tzinfo=UTC),
            NSA,
            "Countering Chinese state-sponsored actors that compromise networks worldwide",
            "Chinese state-sponsored actors are targeting networks around the world, telecommunications among them.",
            accused=frozenset({"CN"}),
            attributed_by=frozenset(MANY.split()),
            actors=(SALT,),
            victims=frozenset(),
            speakers=("NSA", "FBI", "CISA", "NCSC", "BND", "BfV"),
            kind=Kind.ADVISORY,
            tie=Tie.SPONSORED,
            confidence=Confidence(likelihood=Likelihood.STATED),
            case="2025-12",
        ),
    ),
)
REPORTED = found(
    40,
    SEVENTH + timedelta(minutes=20),
    WIRE,
    "Britain says Moscow was behind the attack on Tirana's servers",
    "Britain says Moscow was behind the attack on Tirana's servers",
    attributed_by=frozenset({"GB"}),
    accused=frozenset({"RU"}),
    headline_only=True,
    confidence=Confidence(likelihood=Likelihood.HIGHLY_LIKELY, phrase="highly likely"),
    case="2022-18",
)
CORRECTED = CaseView(
    id="2022-18",
    sources=2,
    statements=(
        replace(REPORTED, id=41, withdrawn_at=SEVENTH + timedelta(hours=1)),
        replace(REPORTED, claim=replace(REPORTED.claim, accused=frozenset({"IR"})), title="Britain says Tehran did it"),
    ),
    corrections=(Correction(at=SEVENTH + timedelta(minutes=51), was="United Kingdom accuses Russia"),),
)
GONE = replace(CORRECTED, statements=CORRECTED.statements[:1], corrections=())
STATES = ("RU", "CN", "KP", "IR")
REPORTS = (
    Report(
        tenant="T0LOCAL",
        number=1,
        said=Said(kind=Wrong.ACCUSED, case="2022-17", claim=2, instead="RU", words="The annex names another state."),
        user="U0ADA",
        channel="C0NEWS",
        at=NINTH,
    ),
    Report(
        tenant="T0LOCAL",
        number=2,
        said=Said(kind=Wrong.NOT_ATTRIBUTION, case="2022-17", claim=1),
        user="U0GRACE",
        channel="C0NEWS",
        at=NINTH,
    ),
)


def case_about(state: str, number: int) -> CaseView:
    """One of the cases of a post that charges several states at once."""
    one = replace(US_SANCTIONS, id=50 + number, case=f"2022-{20 + number}", title="Treasury acts against four states")
    claim = replace(one.claim, accused=frozenset({state}), agencies=(), actors=())
    return CaseView(id=f"2022-{20 + number}", statements=(replace(one, claim=claim),), sources=1)


def week() -> list[dict[str, Any]]:
    """The digest of the week of the attribution."""
    other = replace(JOINT.statements[0], recorded_at=NINTH, case="2022-19")
    old = replace(US_SANCTIONS, id=70, case="2022-3", title="Three more names on the list")
    old = replace(old, claim=replace(old.claim, accused=frozenset({"KP"}), victims=frozenset({"KR"}), actors=()))
    named = replace(SINGAPORE.statements[0], recorded_at=NINTH)
    recorded = [*SANCTIONED.statements, other, old, named]
    made = compile_digest(
        since=datetime(2022, 9, 5, 7, tzinfo=UTC),
        until=datetime(2022, 9, 12, 7, tzinfo=UTC),
        found=recorded,
        new_cases={"2022-17", "2022-19", "2025-9"},
        late=[replace(REPORTED, recorded_at=NINTH, headline_only=False)],
        earlier=[UK_CONDEMNS],
        earlier_cases=set(),
        posts=1234,
        feeds=103,
    )
    return digest(made, "3 subscriptions; nothing in 30 days for victim:nz (see /attribution list)")


NUMBERS = Stats(
    operations=61,
    statements=143,
    years=(("2018", 7), ("2019", 4), ("2020", 12), ("2021", 14), ("2022", 13), ("2023", 5), ("2024", 6)),
    accused=(("RU", 30), ("CN", 17), ("IR", 9), ("KP", 5)),
    accusers=(("US", 41), ("GB", 28), ("EU", 12), ("AU", 11), ("CA", 9), ("NZ", 7), ("DE", 6), ("CZ", 3), ("AL", 1)),
    kinds=(("statement", 31), ("indictment", 14), ("sanctions", 9), ("advisory", 7)),
    matrix={
        ("US", "RU"): 18, ("US", "CN"): 12, ("US", "IR"): 7, ("US", "KP"): 4, ("GB", "RU"): 19, ("GB", "CN"): 6,
        ("GB", "IR"): 2, ("GB", "KP"): 1, ("EU", "RU"): 8, ("EU", "CN"): 3, ("EU", "KP"): 1, ("AU", "RU"): 6,
        ("AU", "CN"): 5, ("CA", "RU"): 6, ("CA", "CN"): 3, ("NZ", "RU"): 4, ("NZ", "CN"): 3, ("DE", "RU"): 5,
        ("DE", "CN"): 1, ("CZ", "RU"): 2, ("CZ", "CN"): 1, ("AL", "IR"): 1,
    },
)  # fmt: skip


def messages() -> dict[str, list[dict[str, Any]]]:
    """What the samples look like in Slack, by the name of the picture."""
    now = NINTH + timedelta(minutes=5)
    return {
        "card": [card(replace(ALBANIA, statements=(UK_CONDEMNS,), sources=1), SEVENTH)],
        "card-joined": [card(ALBANIA, now)],
        "card-sanctions": [card(SANCTIONED, now, opened_by=7)],
        "card-no-state": [card(SINGAPORE, datetime(2025, 7, 18, 14, tzinfo=UTC))],
        "card-many": [card(JOINT, datetime(2025, 8, 28, tzinfo=UTC))],
        "card-corrected": [card(CORRECTED, SEVENTH), card(GONE, SEVENTH)],
        "replies": [reply(SANCTIONED, one, now) for one in (US_JOINS, NATO_BACKS, IRAN_DENIES, US_SANCTIONS)],
        "listing": [listing([case_about(state, number) for number, state in enumerate(STATES)], now)],
        "late": [late([REPORTED, replace(UK_CONDEMNS, recorded_at=NINTH)], now)],
        "digest": week(),
        "stats": [shown_stats(Query(), NUMBERS)],
        "own-feed": [reported([REPORTED], now)],
        "notice": [notice("Subscribed: accused:ir by:gb,us\nNews comes here as cards, with replies in their threads.")],
    }


def marked() -> dict[str, list[dict[str, Any]]]:
    """Cards that people have done something about, which name who did; by the name of the picture."""
    buttons = [marks.details(ALBANIA.id), marks.report(ALBANIA.id)]
    disputed = marks.disputed(REPORTS, ALBANIA)
    by = Hidden(by="U0GRACE", why="Not about our region", at=NINTH)
    return {
        "paused": [paused("C0NEWS", "not_in_channel")],
        "card-disputed": [card(ALBANIA, NINTH, disputed=disputed, buttons=buttons)],
        "card-hidden": [marks.hidden(SANCTIONED, by, NINTH + timedelta(minutes=5))],
    }


def views() -> dict[str, list[dict[str, Any]]]:
    """The windows that open, by the name of the picture."""
    told = [_sourced(one) for one in ALBANIA.statements[:3]]
    again = replace(UK_CONDEMNS, id=80, title="Britain blames Iran for the attack on Albania", publisher=WIRE)
    again = replace(again, claim=replace(again.claim, quote="Britain blamed Iran on Wednesday."))
    gone = replace(US_SANCTIONS, id=81, withdrawn_at=NINTH + timedelta(hours=2))
    full = Details(
        view=ALBANIA,
        asked=ALBANIA.id,
        channel="C0NEWS",
        claims=[*told, replace(_sourced(again), news=False), _sourced(gone), _sourced(SANCTIONED.statements[-1])],
        reports=REPORTS[:1],
        corrections=CORRECTED.corrections,
    )
    return {
        "details": [details.window(full, NINTH + timedelta(hours=3))],
        "report": [report_view.report(ALBANIA, "C0NEWS", REPORTS[:1])],
        "report-thanks": [report_view.thanks(REPORTS[0]), report_view.hide(ALBANIA, "C0NEWS")],
    }


def _sourced(one: Found) -> Sourced:
    why = "the post no longer says so" if one.withdrawn_at else None
    edited = one.recorded_at + timedelta(minutes=40) if one.id == 1 else None
    words = hashlib.sha256(one.claim.quote.encode()).hexdigest()
    return Sourced(found=one, news=True, withdrawn_why=why, read_at=one.recorded_at, edited_at=edited, words=words)


if __name__ == "__main__":
    from tests import answer_samples, view_samples  # which are made of these

    every = messages() | marked() | answer_samples.answers() | views() | view_samples.views()
    json.dump(every, sys.stdout, ensure_ascii=False, indent=1)
