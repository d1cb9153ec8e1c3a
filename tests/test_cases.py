"""Which operation a claim speaks of, and what is news to it."""

import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.cases import ENOUGH, Known, Told, case_id, choose, fold, news, opens, stronger, trace, window
from attribution.joins import RULES, rules
from attribution.labels import EVIDENCE
from attribution.likeness import WEIGHTS, Rarity, comparable, evidence, likeness, rarity_among, related
from attribution.model import (
    Actor,
    Analytic,
    Claim,
    Confidence,
    Kind,
    Likelihood,
    Origin,
    PartialDate,
    Precision,
    Role,
    Standing,
)
from attribution.operations import marks
from attribution.renowned import acts, named, operations, taken_apart
from attribution.themes import themes
from attribution.traces import trace_as_plain, trace_from_plain

SHARED = Path(__file__).parents[2] / "shared"
APT28 = Actor(id="apt28", names=("APT28",))
SALT_TYPHOON = Actor(id="salt-typhoon", names=("Salt Typhoon",))


def claim(by: str = "US", accused: str = "RU", **fields: object) -> Claim:
    """A claim by states named with spaces between."""
    base = Claim(
        standing=Standing.ATTRIBUTION,
        accused=frozenset(accused.split()),
        attributed_by=frozenset(by.split()),
        quote="",
        rule="test",
    )
    return replace(base, **fields)  # type: ignore[arg-type]  # the fields a test names are Claim's


def told(title: str, on: str, claimed: Claim, text: str = "") -> Told:
    return Told(claim=claimed, title=title, text=text, said_on=date.fromisoformat(on))


def gathered(*claims: Told) -> list[str]:
    """The case each claim goes to, as they arrive."""
    cases: dict[str, Known] = {}
    chosen = []
    for number, each in enumerate(claims):
        id = choose(each, cases.values()) or case_id(2022, number)  # noqa: A001 - the case's id
        cases[id] = fold(cases.get(id), each, id)
        chosen.append(id)
    return chosen


def albania(by: str, title: str, on: str = "2022-09-07", **fields: object) -> Told:
    return told(title, on, claim(by, "IR", victims=frozenset({"AL"}), **fields))


ALLIES = (
    albania("GB", "UK condemns Iran for reckless cyber attack against Albania"),
    albania("US", "Statement on Iran's Cyberattack against Albania"),
    albania("AL", "Albania severs ties with Tehran after July attack", kind=Kind.EXPULSION),
    albania("NATO", "Alliance concerned over malicious activities against Albania", "2022-09-08"),
)


def test_statements_of_allies_on_one_morning_are_one_case() -> None:
    assert len(set(gathered(*ALLIES))) == 1


def test_the_order_in_which_allies_speak_does_not_matter() -> None:
    assert len(set(gathered(*reversed(ALLIES)))) == 1


def test_a_sanction_days_later_over_the_same_operation_joins_it() -> None:
    sanction = albania("US", "Treasury sanctions Iranian ministry over attack", "2022-09-09", kind=Kind.SANCTIONS)
    assert len(set(gathered(*ALLIES, sanction))) == 1


def test_an_indictment_years_later_joins_by_the_codename() -> None:
    first = told("UK says Russia was behind NotPetya", "2018-02-15", claim("GB", victims=frozenset({"UA"})))
    later = told(
        "Six GRU officers charged over NotPetya and other attacks",
        "2020-10-19",
        claim("US", kind=Kind.INDICTMENT, victims=frozenset({"UA", "FR"})),
    )
    assert len(set(gathered(first, later))) == 1


def test_two_tools_named_in_one_week_are_two_cases() -> None:
    one = told("Agencies expose DROVORUB implant", "2020-08-13", claim(victims=frozenset({"US"})))
    other = told("CERT names LAMEHUG malware", "2020-08-14", claim("UA", victims=frozenset({"UA"})))
    assert len(set(gathered(one, other))) == 2


def test_operations_of_one_state_against_different_victims_in_one_week_stay_apart() -> None:
    parliament = told("Attack on parliament email", "2022-05-10", claim("NO", "CN", victims=frozenset({"NO"})))
    ministry = told("Intrusion at foreign ministry", "2022-05-13", claim("BE", "CN", victims=frozenset({"BE"})))
    assert len(set(gathered(parliament, ministry))) == 2


def test_a_counter_accusation_is_another_case() -> None:
    first = told("US blames China for Exchange hacks", "2021-07-19", claim("US", "CN", victims=frozenset({"US"})))
    counter = told("China blames US for Exchange hacks", "2021-07-20", claim("CN", "US", victims=frozenset({"US"})))
    assert len(set(gathered(first, counter))) == 2


def test_a_report_in_another_language_joins_by_victim_accuser_and_day() -> None:
    english = albania("US", "Statement on Iran's Cyberattack against Albania")
    chinese = albania("US", "美国谴责伊朗对阿尔巴尼亚发动网络攻击", "2022-09-08")
    assert len(set(gathered(english, chinese))) == 1


def test_a_claim_that_names_a_group_and_no_state_joins_its_operation() -> None:
    victims = frozenset({"SG"})
    first = told("UNC3886 attacks critical infrastructure", "2025-07-18", claim("SG", "", victims=victims))
    later = told("More on UNC3886 in infrastructure", "2025-07-19", claim("SG", "CN", victims=victims))
    assert len(set(gathered(first, later))) == 1


def test_a_claim_without_accused_ties_no_two_states_to_one_case() -> None:
    group = claim("SG", "", victims=frozenset({"SG"}), actors=(SALT_TYPHOON,))
    chinese, korean = replace(group, accused=frozenset({"CN"})), replace(group, accused=frozenset({"KP"}))
    ids = gathered(*(told("UNC3886 named", "2025-07-18", each) for each in (group, chinese, korean)))
    assert ids[0] == ids[1] != ids[2]


def test_an_archive_row_of_which_only_the_month_is_known_joins_the_statement_of_that_month() -> None:
    made_on = PartialDate(day=date(2022, 9, 1), precision=Precision.MONTH)
    row = albania(
        "US", "US blamed Iran for the attack on Albania", "2022-09-01", made_on=made_on, origin=Origin.ARCHIVE
    )
    assert trace(row).last == date(2022, 9, 30)
    assert len(set(gathered(*ALLIES, row))) == 1


def test_an_archive_row_of_which_only_the_year_is_known_covers_the_year() -> None:
    made_on = PartialDate(day=date(2022, 1, 1), precision=Precision.YEAR)
    seen = trace(albania("US", "", made_on=made_on))
    assert (seen.first, seen.last) == (date(2022, 1, 1), date(2022, 12, 31))


def test_operations_that_happened_months_apart_are_less_alike() -> None:
    summer = PartialDate(day=date(2022, 7, 15))
    one = trace(albania("US", "Attack on Albania", happened=summer))
    same = trace(
        albania("GB", "Attack on Albania", happened=PartialDate(day=date(2022, 7, 1), precision=Precision.MONTH))
    )
    other = trace(albania("GB", "Attack on Albania", happened=PartialDate(day=date(2021, 1, 15))))
    assert likeness(one, same, Rarity()) > likeness(one, trace(albania("GB", "Attack on Albania")), Rarity())
    assert likeness(one, other, Rarity()) < likeness(one, trace(albania("GB", "Attack on Albania")), Rarity())


def test_a_denial_joins_the_case_it_denies_opens_none_and_adds_nothing() -> None:
    denial = albania("IR", "Iran rejects claims over cyberattack on Albania", "2022-09-08", role=Role.DENIES)
    cases = gathered(*ALLIES, denial)
    known = known_of(*ALLIES, denial)
    assert len(set(cases)) == 1
    assert not opens(denial.claim)
    assert known.attributed_by == {"GB", "US", "AL", "NATO"}
    assert news(known, denial.claim) == frozenset()


def test_a_mention_opens_nothing_and_adds_nothing() -> None:
    mention = replace(claim("FR"), standing=Standing.MENTION)
    assert not opens(mention)
    assert news(known_of(told("", "2022-01-01", claim())), mention) == frozenset()


def known_of(*claims: Told) -> Known:
    known = None
    for each in claims:
        known = fold(known, each, "2022-1")
    assert known is not None
    return known


BASE = claim("GB", confidence=Confidence(likelihood=Likelihood.LIKELY, phrase="likely"), actors=(APT28,))


@pytest.mark.parametrize(
    ("changed", "added"),
    [
        ({}, set()),
        ({"attributed_by": frozenset({"GB", "US"})}, {"government"}),
        ({"supported_by": frozenset({"EU"})}, {"government"}),
        ({"supported_by": frozenset({"GB"})}, set()),
        ({"kind": Kind.SANCTIONS}, {"kind"}),
        ({"accused": frozenset({"RU", "BY"})}, {"accused"}),
        ({"actors": (APT28, SALT_TYPHOON)}, {"actor"}),
        ({"confidence": Confidence(likelihood=Likelihood.ALMOST_CERTAIN, phrase="almost certainly")}, {"confidence"}),
        ({"confidence": Confidence(likelihood=Likelihood.POSSIBLE, phrase="possibly")}, set()),
        ({"confidence": Confidence()}, set()),
        ({"confidence": replace(BASE.confidence, analytic=Analytic.HIGH)}, {"confidence"}),
        ({"role": Role.WITHDRAWS, "attributed_by": frozenset({"FR"})}, set()),
    ],
)
def test_news_is_a_government_a_kind_an_accused_an_actor_or_words_of_higher_confidence(
    changed: dict[str, object], added: set[str]
) -> None:
    known = known_of(told("Statement", "2022-01-01", BASE))
    assert news(known, replace(BASE, **changed)) == added  # type: ignore[arg-type]  # fields of Claim by name


def test_a_supporter_that_attributes_on_its_own_is_news() -> None:
    known = known_of(told("", "2022-01-01", replace(BASE, supported_by=frozenset({"EU"}))))
    assert news(known, replace(BASE, attributed_by=frozenset({"EU"}))) == {"government"}


@pytest.mark.parametrize(
    ("so_far", "now", "is_stronger"),
    [
        (Kind.STATEMENT, Kind.SANCTIONS, True),
        (Kind.ADVISORY, Kind.EXPULSION, True),
        (Kind.EXPULSION, Kind.SANCTIONS, True),
        (Kind.SANCTIONS, Kind.INDICTMENT, True),
        (Kind.INDICTMENT, Kind.SANCTIONS, False),
        (Kind.SANCTIONS, Kind.SANCTIONS, False),
        (Kind.STATEMENT, Kind.ADVISORY, False),
    ],
)
def test_acts_are_stronger_than_words_and_rise_from_expulsion_to_indictment(
    so_far: Kind, now: Kind, is_stronger: bool
) -> None:
    assert stronger(known_of(told("", "2022-01-01", claim(kind=so_far))), claim(kind=now)) is is_stronger


def test_a_case_id_is_short_enough_to_cite() -> None:
    assert case_id(2022, 17) == "2022-17"


def test_a_case_is_looked_for_years_back_and_forth() -> None:
    first, last = window(date(2021, 2, 17))
    assert first < date(2014, 12, 1) < date(2026, 4, 28) < last


def test_codenames_are_known_by_their_shape() -> None:
    found = marks("Agencies expose WannaCry, BRICKSTORM and Industroyer2; CVE-2023-23397 used", "")
    assert found.coded == {"wannac", "bricks", "indust", "cve-2023-23397".replace("-", "")}


def test_words_of_the_field_and_names_of_states_agencies_and_actors_are_no_marks() -> None:
    found = marks("CISA warns Russian hackers of APT28 target Norway", "", apart=("APT28",))
    assert found.head == frozenset()


def test_a_name_recalled_once_far_down_is_no_mark() -> None:
    text = (
        "The Viasat network was hit. "
        + "Nothing else happened here that day. " * 40
        + "Experts recalled the Stuxnet worm."
    )
    found = marks("Statement", text)
    assert "viasat" in found.body
    assert "stuxne" not in found.body


def test_plain_words_in_title_case_are_not_taken_for_names() -> None:
    text = "Officials blamed the mounting wave, and the Yahoo breach, on spies."
    found = marks("Officials Mounting Wave Against Yahoo Users", text)
    assert "yahoo" in found.proper
    assert "mounti" not in found.proper


def ties(one: Told, other: Told) -> frozenset[str]:
    """The rules that tie one claim to another."""
    first, second = trace(one), trace(other)
    return frozenset().union(*rules(first, [second], rarity_among([[second]], first)))


JUICY = Actor(id="juicy-typhoon", names=("Juicy Typhoon",))
FRONT = Actor(id="integrity-technology-group", names=("Integrity Technology Group",))
CN_US = claim("US", "CN", actors=(JUICY,))


@pytest.mark.parametrize(
    ("rule", "one", "other"),
    [
        ("a statement repeated", told("Dam", "2024-05-01", claim()), told("Damm", "2024-05-03", claim())),
        ("a coalition", told("A", "2024-05-01", claim("US GB AU")), told("B", "2024-05-02", claim("US GB AU DE"))),
        (
            "allies over one victim",
            told("", "2022-09-07", claim("US", "IR", victims=frozenset({"AL"}))),
            told("", "2022-09-08", claim("NATO", "IR", victims=frozenset({"AL"}), kind=Kind.EXPULSION)),
        ),
        (
            "allies over one group",
            told("", "2024-05-03", claim("DE", actors=(APT28,), victims=frozenset({"DE"}))),
            told("", "2024-05-03", claim("CZ", actors=(APT28,), victims=frozenset({"CZ"}))),
        ),
        (
            "allies in the same words",
            told("Viasat hit", "2022-05-10", claim("EE")),
            told("Viasat", "2022-05-12", claim("CA")),
        ),
        (
            "words, and an act",
            told("Ransomware gang blamed", "2022-09-14", claim()),
            told("Over ransomware, ten charged", "2022-09-16", claim(kind=Kind.INDICTMENT)),
        ),
        ("a campaign goes on", told("", "2025-01-17", CN_US), told("", "2025-06-24", CN_US)),
        ("a campaign's target", told("Telecom spies", "2023-01-17", CN_US), told("电信", "2025-06-24", CN_US)),
        (
            "a company is named",
            told("", "2024-09-18", claim("US", "CN", actors=(FRONT,), kind=Kind.INDICTMENT)),
            told("", "2026-03-16", claim("EU", "CN", actors=(FRONT,), kind=Kind.SANCTIONS)),
        ),
    ],
)
def test_each_rule_ties_what_it_is_named_for(rule: str, one: Told, other: Told) -> None:
    assert rule in RULES
    assert rule in ties(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            told("Agencies expose DROVORUB", "2020-08-13", claim()),
            told("Agencies expose LAMEHUG", "2020-08-13", claim()),
        ),
        (told("", "2020-08-13", claim(actors=(APT28,))), told("", "2020-08-13", claim(actors=(SALT_TYPHOON,)))),
        (
            told("", "2020-08-13", claim(victims=frozenset({"NO"}))),
            told("", "2020-08-13", claim(victims=frozenset({"BE"}))),
        ),
        (told("", "2020-08-13", claim("US", "RU")), told("", "2020-08-13", claim("US", "CN"))),
        (told("", "2023-01-01", claim(actors=(APT28,))), told("", "2023-03-01", claim(actors=(APT28,)))),
    ],
    ids=["other tools", "other groups", "other victims", "other states", "a group with many operations"],
)
def test_no_rule_ties_what_names_other_things(one: Told, other: Told) -> None:
    assert not ties(one, other)


def test_a_list_of_groups_is_about_none_of_them() -> None:
    listed = tuple(Actor(id=f"group-{at}", names=(f"Group {at}",)) for at in range(4))
    report = told("", "2025-01-17", claim("US", "CN", actors=(JUICY, *listed)))
    assert "a campaign goes on" not in ties(report, told("", "2025-03-17", CN_US))


def test_a_theme_is_the_same_in_every_language() -> None:
    assert themes("医院遭攻击", "") == themes("Hospitals hit", "") == themes("Ospedali colpiti", "") == {"health"}


def test_a_theme_that_a_text_names_once_is_not_what_it_is_about() -> None:
    assert themes("", "A bank was hit.") == frozenset()
    assert themes("", "A bank was hit. The bank says little.") == {"finance"}


def test_every_piece_of_evidence_has_a_weight() -> None:
    rarity = Rarity()
    pieces = {
        name for one in map(trace, ALLIES) for other in map(trace, ALLIES) for name in evidence(one, other, rarity)
    }
    assert pieces <= WEIGHTS.keys()


def test_what_many_cases_share_says_less_than_what_one_has() -> None:
    one = trace(told("Attack on water utility", "2022-01-01", claim()))
    other = trace(told("The utility attack", "2022-03-01", claim("GB")))
    common = rarity_among([[one]] * 50, one)
    assert likeness(one, other, common) < likeness(one, other, Rarity())


def test_a_hostile_text_is_read_in_bounded_time() -> None:
    began = time.process_time()
    found = marks("A " * 20_000 + "X" * 100_000, "Aa Bb " * 500_000)
    assert time.process_time() - began < 2
    assert len(found.body) <= 80


def test_a_claim_is_compared_with_fifteen_hundred_cases_in_a_fraction_of_a_second() -> None:
    cases = [
        fold(None, told(f"Attack on plant {n}", f"20{10 + n % 15}-01-01", claim(victims=frozenset({"UA"}))), f"c{n}")
        for n in range(1500)
    ]
    began = time.process_time()
    choose(told("Attack on plant", "2022-01-01", claim(victims=frozenset({"UA"}))), cases)
    assert time.process_time() - began < 0.5


STATES = st.frozensets(st.sampled_from(["RU", "CN", "IR", "KP", "US"]), max_size=2)
CLAIMS = st.builds(
    Claim,
    standing=st.sampled_from(Standing),
    accused=STATES,
    attributed_by=STATES,
    supported_by=STATES,
    role=st.sampled_from(Role),
    actors=st.sampled_from([(), (APT28,), (SALT_TYPHOON,), (APT28, SALT_TYPHOON)]),
    victims=STATES,
    confidence=st.builds(
        Confidence,
        likelihood=st.sampled_from(Likelihood),
        analytic=st.none() | st.sampled_from(Analytic),
        phrase=st.sampled_from(["", "likely"]),
    ),
    kind=st.sampled_from(Kind),
    quote=st.sampled_from(["", "The WannaCry worm", "网络攻击亚冬会"]),
    rule=st.just("test"),
)
TELLINGS = st.builds(
    Told,
    claim=CLAIMS,
    title=st.sampled_from(["WannaCry", "Attack on Viasat", "亚冬会遭攻击", ""]),
    said_on=st.integers(0, 4000).map(lambda days: date(2015, 1, 1) + timedelta(days=days)),
)


@given(st.lists(TELLINGS, min_size=1, max_size=5), st.randoms())
def test_a_case_is_the_same_in_whatever_order_and_however_often_its_claims_come(
    claims: list[Told], chance: object
) -> None:
    again = claims + claims
    chance.shuffle(again)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert known_of(*claims) == known_of(*again)


@given(st.lists(TELLINGS, min_size=1, max_size=5))
def test_what_is_in_a_case_is_no_news_to_it_and_no_stronger(claims: list[Told]) -> None:
    known = known_of(*claims)
    for each in claims:
        assert news(known, each.claim) == frozenset()
        assert not stronger(known, each.claim)


@given(TELLINGS, TELLINGS)
def test_two_claims_are_as_alike_whichever_comes_first(one: Told, other: Told) -> None:
    first, second = trace(one), trace(other)
    assert likeness(first, second, Rarity()) == pytest.approx(likeness(second, first, Rarity()))


@given(TELLINGS, TELLINGS)
def test_claims_with_nothing_in_common_are_never_put_together(one: Told, other: Told) -> None:
    first, second = trace(one), trace(other)
    if comparable(first, second) and not related(first, second):
        assert likeness(first, second, rarity_among([[second]], first)) <= ENOUGH
        assert not ties(one, other)


@given(TELLINGS, st.lists(TELLINGS, min_size=1, max_size=5), st.randoms())
def test_a_chosen_case_is_a_known_one_accuses_a_common_state_and_depends_on_no_order(
    new: Told, claims: list[Told], chance: object
) -> None:
    known = [fold(None, each, f"2022-{number}") for number, each in enumerate(claims)]
    chosen = choose(new, known)
    chance.shuffle(known)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert choose(new, known) == chosen
    if chosen is not None:
        accused = next(case.accused for case in known if case.id == chosen)
        assert not accused or not new.claim.accused or accused & new.claim.accused


def about(each: Told) -> set[str]:
    """The known operations a claim is about."""
    return set(named(each.claim, each.title, each.text, each.said_on))


def parted(each: Told) -> list[Told]:
    """A claim as one of each operation it is over."""
    return [replace(each, claim=part) for part in taken_apart(each.claim, each.title, each.text, each.said_on)]


def test_an_operation_known_by_name_is_one_across_years_spellings_and_languages() -> None:
    first = told("Kyiv: Moscow let the Petya worm loose", "2017-07-02", claim("UA", victims=frozenset({"UA"})))
    joint = told("The Kremlin launched Not-Petya", "2018-02-16", claim("CA AU", victims=frozenset({"UA"})))
    later = told("Des officiers accusés d'avoir créé NotPetya", "2020-10-30", claim("US", kind=Kind.INDICTMENT))
    assert len(set(gathered(first, joint, later))) == 1
    assert len(set(gathered(later, first, joint))) == 1


def test_a_name_in_han_script_is_the_same_operation() -> None:
    chinese = told("美国称俄罗斯对外情报局实施了太阳风攻击", "2021-06-01", claim())
    assert about(chinese) == {"solarwinds-2020"}


def test_two_operations_known_by_name_stay_apart_however_alike_the_claims_are() -> None:
    victims = frozenset({"UA"})
    one = told("Five governments blame the GRU for WhisperGate", "2022-05-20", claim("US GB", victims=victims))
    other = told("Five governments blame the GRU for AcidRain", "2022-05-20", claim("US GB", victims=victims))
    assert len(set(gathered(one, other))) == 2


def test_a_claim_over_several_known_operations_joins_the_case_of_each() -> None:
    first = told("London: Russia behind BadRabbit", "2018-11-01", claim("GB", victims=frozenset({"UA"})))
    second = told("Ottawa: Russia hacked WADA", "2018-12-20", claim("CA", victims=frozenset({"CA"})))
    both = parted(told("Charges over WADA and BadRabbit intrusions", "2019-03-01", claim(kind=Kind.INDICTMENT)))
    ids = gathered(first, second, *both)
    assert len(both) == 2
    assert ids[0] != ids[1]
    assert sorted(ids[2:]) == sorted(ids[:2])


def test_each_part_of_a_claim_accuses_who_is_held_responsible_for_its_operation() -> None:
    seoul, moscow = Actor(id="lazarus-group", names=("Lazarus",)), Actor(id="sandworm", names=("Sandworm",))
    listing = claim("EU", "KP RU", kind=Kind.SANCTIONS, actors=(seoul, moscow))
    parts = parted(told("Council lists those behind WannaCry and NotPetya", "2020-11-30", listing))
    found = {operation: each.claim for each in parts for operation in about(each)}
    assert found["wannacry-2017"].accused == {"KP"}
    assert found["wannacry-2017"].actors == (seoul,)
    assert found["notpetya-2017"].accused == {"RU"}
    assert found["notpetya-2017"].actors == (moscow,)


def test_a_part_of_a_claim_is_about_its_own_operation_whenever_it_is_looked_at() -> None:
    for part in parted(told("Charges over WADA and BadRabbit intrusions", "2019-03-01", claim())):
        assert len(trace(part).operations) == 1
        assert trace_from_plain(trace_as_plain(trace(part))) == trace(part)
        assert parted(part) == [part]


def test_a_trace_kept_before_operations_had_names_is_still_read() -> None:
    plain = trace_as_plain(trace(ALLIES[0]))
    del plain["operations"]
    assert trace_from_plain(plain).operations == frozenset()


def test_an_act_that_names_no_operation_is_over_those_it_was_announced_for() -> None:
    listing = claim("EU", "RU CN", kind=Kind.SANCTIONS)
    assert "cloud-hopper" in about(told("Six people and three entities are listed", "2020-07-31", listing))
    assert not about(told("Six people and three entities are listed", "2020-09-01", listing))


def test_what_is_known_only_by_its_month_is_of_no_act_on_a_day() -> None:
    made_on = PartialDate(day=date(2020, 7, 1), precision=Precision.MONTH)
    row = told("The Union listed Russian officers", "2020-07-30", claim("EU", kind=Kind.SANCTIONS, made_on=made_on))
    assert not about(row)


def test_a_name_is_not_the_operation_where_another_state_is_accused_or_before_it_could_be() -> None:
    assert not about(told("Beijing: Washington built WannaCry", "2023-01-01", claim("CN", "US")))
    assert not about(told("Viasat terminals attacked", "2021-05-01", claim()))
    assert about(told("Viasat terminals attacked", "2022-05-11", claim("GB")))


def test_an_archive_fact_of_which_only_the_year_is_known_may_be_of_the_end_of_it() -> None:
    made_on = PartialDate(day=date(2020, 1, 1), precision=Precision.YEAR)
    row = told("Officers were charged over the Equifax breach", "2020-01-01", claim("US", "CN", made_on=made_on))
    assert about(row) == {"equifax-2017"}


def test_a_name_that_fits_others_too_counts_in_a_title_and_in_its_time_only() -> None:
    accused = claim("US", "CN")
    titled = told("Beijing stood behind the Exchange intrusions", "2021-07-25", accused)
    assert about(titled) == {"exchange-2021"}
    assert not about(replace(titled, said_on=date(2023, 7, 25)))
    quoted = replace(accused, quote="They came in through flaws in Microsoft Exchange.")
    assert not about(told("Firms warned of intruders", "2021-07-25", quoted))


def test_the_group_behind_an_older_operation_is_not_blamed_for_that_one() -> None:
    recalled = "The hacking group behind the SolarWinds breach has turned to French firms."
    post = told("Paris warns of spies in firms", "2021-12-06", claim("FR", quote=recalled), f"{recalled} {recalled}")
    assert not about(post)


def test_what_a_text_names_once_is_recalled_what_it_names_twice_it_is_about() -> None:
    title, once = "Sanctions on a foreign service", "Its officers once broke into SolarWinds."
    assert not about(told(title, "2021-08-01", claim(), once))
    assert about(told(title, "2021-08-01", claim(), f"{once} SolarWinds had 18,000 customers.")) == {"solarwinds-2020"}


def test_a_mention_is_not_taken_apart() -> None:
    recalled = claim(standing=Standing.MENTION)
    assert len(parted(told("After WADA and BadRabbit, talks on norms", "2019-03-01", recalled))) == 1


def test_a_claim_that_names_no_operation_still_joins_one_that_does() -> None:
    victims = frozenset({"CZ"})
    known = told("Prague: APT31 in the Czech foreign ministry", "2025-05-28", claim("CZ", "CN", victims=victims))
    unnamed = replace(claim("US", "CN", victims=victims), evidence=((EVIDENCE, ""),))
    assert len(set(gathered(known, told("Washington stands with Prague", "2025-05-28", unnamed)))) == 1


def test_every_known_operation_has_a_name_and_every_act_known_operations() -> None:
    for each in operations().values():
        assert each.names or each.weaker, each.id
        assert each.since <= each.until, each.id
        assert each.accused
    assert len({each.label for each in operations().values()}) == len(operations())
    for act in acts():
        assert operations().keys() >= set(act.operations), act.day
        assert all(operations()[each].since <= act.day for each in act.operations), act.day
        assert all(act.accused & operations()[each].accused for each in act.operations), act.day


def test_naming_the_operation_of_a_hostile_claim_is_quick() -> None:
    hostile = "hackers behind " * 10_000
    began = time.process_time()
    named(claim("US", "", quote=hostile), hostile, hostile, date(2025, 1, 1))
    assert time.process_time() - began < 1


@pytest.mark.skipif(not (SHARED / "corpus" / "cases.csv").exists(), reason="the labelled posts are not here")
@pytest.mark.parametrize("order", ["by date", "shuffled 1"])
def test_claims_that_are_put_together_belong_together(order: str) -> None:
    from bench import score_cases as bench

    gold = bench.load_gold(SHARED)
    items = bench.load_history(SHARED, gold) | bench.load_labelled(SHARED, gold)
    reached = bench.score(bench.partition(bench.orders(items)[order]), gold)
    assert reached.precision >= bench.PRECISION
    assert reached.recall >= bench.RECALL


@pytest.mark.skipif(not (SHARED / "corpus" / "cases.csv").exists(), reason="the labelled posts are not here")
def test_operations_that_are_in_no_table_are_put_together_too() -> None:
    from bench import score_cases as bench

    gold = {item: about for item, about in bench.load_gold(SHARED).items() if len(about) == 1}
    items = bench.load_history(SHARED, gold) | bench.load_labelled(SHARED, gold)
    unnamed = {item: bench.without_names(each) for item, each in items.items()}
    reached = bench.score(bench.partition(bench.orders(unnamed)["by date"]), gold)
    assert reached.precision >= bench.PRECISION
    assert reached.recall >= bench.RECALL
