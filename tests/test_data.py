"""The tables of names: sound, settled and with their provenance."""

import re
from collections import Counter, defaultdict
from importlib import resources

import pytest

from attribution import gazetteer
from attribution.gazetteer import Sort

TABLES = (
    *("groups.tsv", "groups-ours.tsv", "inflections.tsv", "labels.tsv", "organs.tsv", "plain.tsv"),
    *("states.tsv", "territories.tsv", "traps.tsv", "acts.tsv", "renowned.tsv"),
)
BODIES = {"EU", "NATO", "UN", "OSCE", "COE", "OAS", "OPCW", "WADA", "EUROPOL", "INTERPOL", "ICC"}
# ISO 3166-1 as of 2024, and XK, which is user-assigned there and used for Kosovo by the EU and CLDR.
ISO_3166 = set(
    re.findall(
        r"[A-Z]{2}",
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
        "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
        "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
        "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
        "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
        "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
        "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ",
    )
)


def test_every_table_is_known_here() -> None:
    there = {
        path.name for path in resources.files("attribution").joinpath("data").iterdir() if path.name[-4:] == ".tsv"
    }
    assert there == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_says_where_it_is_from_and_under_what_licence(name: str) -> None:
    head = [line for line in gazetteer.read(name).splitlines() if line.startswith("#")]
    assert len(head) >= 2
    assert any("source:" in line and "licence:" in line for line in head)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_its_tables_columns_and_no_more(name: str) -> None:
    lines = [line for line in gazetteer.read(name).splitlines() if not line.startswith("#")]
    assert len(lines) > 1
    assert [line for line in lines if line.count("\t") > lines[0].count("\t") or line.startswith("\t")] == []


@pytest.mark.parametrize("name", TABLES)
def test_no_row_stands_twice(name: str) -> None:
    counted = Counter(gazetteer.read(name).splitlines())
    assert [line for line, times in counted.items() if times > 1] == []


def test_every_state_is_in_iso_3166_and_every_body_is_known() -> None:
    entries = {s.entry for found in gazetteer.index().phrases.values() for s in found}
    assert {entry.id for entry in entries if entry.sort is Sort.STATE} <= ISO_3166
    assert {entry.id for entry in entries if entry.sort is Sort.BODY} == BODIES
    assert {code for entry in entries for code in entry.states} <= ISO_3166 | BODIES
    assert {entry.home for entry in entries if entry.sort is Sort.GROUP and entry.home} <= ISO_3166


def test_every_state_of_iso_3166_has_an_english_name() -> None:
    named = {row["code"] for row in gazetteer.rows("territories.tsv") if row["language"] == "en"}
    named |= {row["code"] for row in gazetteer.rows("states.tsv") if row["language"] == "en"}
    assert ISO_3166 - named == set()


def test_every_group_has_an_id_of_its_own_a_label_and_an_alias() -> None:
    for table in ("groups.tsv", "groups-ours.tsv"):
        ids = [row["id"] for row in gazetteer.rows(table)]
        assert len(ids) == len(set(ids))
        assert all(ids)
    assert all(group.label and group.aliases and group.source for group in gazetteer.groups().values())


def test_no_alias_names_two_groups() -> None:
    owners = defaultdict(set)
    for group in gazetteer.groups().values():
        for alias in group.aliases:
            owners[gazetteer.key(alias).replace(" ", "")].add(group.id)
    assert {alias: ids for alias, ids in owners.items() if len(ids) > 1} == {}


def test_no_words_name_two_things_without_a_hint() -> None:
    unsettled = {}
    for words, found in gazetteer.index().phrases.items():
        for language in {lang for s in found for lang in s.entry.languages or {"en"}}:
            meant = {
                (s.entry.sort, s.entry.id)
                for s in found
                if s.entry.sort and not s.hinted and (s.entry.languages is None or language in s.entry.languages)
            }
            if len(meant) > 1:
                unsettled[words, language] = meant
    assert unsettled == {}


def test_every_agency_says_whose_organ_it_is_and_has_a_label() -> None:
    labels = gazetteer.labels()
    for row in gazetteer.rows("organs.tsv"):
        assert row["states"]
        assert labels[row["id"]]
        assert row["words"]


def test_every_ending_is_one_of_a_known_class() -> None:
    marks = [
        (row["language"].split()[0], mark or "-")
        for table in ("states.tsv", "territories.tsv", "organs.tsv")
        for row in gazetteer.rows(table)
        for mark in re.findall(r"~([^ |]*)", row["words"])
    ]
    assert len(marks) > 500
    assert [mark for mark in marks if mark not in gazetteer.endings()] == []


def test_every_plain_word_is_a_groups_name() -> None:
    aliases = {alias for group in gazetteer.groups().values() for alias in group.aliases}
    assert [row["words"] for row in gazetteer.rows("plain.tsv") if row["words"] not in aliases] == []


def test_every_trap_is_set_for_a_name_and_compiles() -> None:
    assert [words for words in gazetteer.traps() if words not in gazetteer.index().phrases] == []
    assert all(trap.before or trap.after for trap in gazetteer.traps().values())


def test_the_tables_stay_small_enough_to_read() -> None:
    assert sum(len(gazetteer.read(name).encode()) for name in TABLES) < 1_000_000


def test_every_ascription_of_ours_names_a_public_document_and_its_year() -> None:
    sources = [row["source"] for row in gazetteer.rows("groups-ours.tsv") if row["id"] != "-"]
    assert [
        source for source in sources if "MISP galaxy" not in source and not re.search(r", 20\d\d-\d\d", source)
    ] == []
