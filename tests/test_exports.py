"""Exports: what each format carries comes back from it, and other programs may open it safely."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_string

from attribution import archive, names
from attribution.archive import GRADE
from attribution.model import Actor, Claim, Found, Origin, PartialDate, Role, Standing
from attribution.plain import claim_from_plain, found_as_plain
from attribution.query import Query
from bot import cli
from bot.exports import stix
from bot.exports.errors import ExportError
from bot.exports.plain import as_json, as_jsonl
from bot.exports.sheet import BYTE_ORDER_MARK, COLUMNS, GUARDED, as_csv
from bot.exports.stix import as_stix
from storage.db import connect, transaction
from tests.card_samples import EU_BACKS, IRAN_DENIES, SINGAPORE, UK_CONDEMNS
from tests.makers import CLAIMS, NOW, UK, WORDS, claim
from tests.stocked import stock, store

OPENED = {"2022-1": datetime(2022, 9, 7, 10, tzinfo=UTC), "2022-2": datetime(2022, 9, 8, tzinfo=UTC)}
# What the tables' names, a feed's parser and SQLite let through: no NUL, no half of a pair.
NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8), max_size=3
).map(tuple)
HOMES = st.sampled_from(["RU", "CN", "IR", None])
UNKNOWN = "Unit 20999"
OWNERS = {"GRU": {"RU"}, "Unit 26165": {"RU"}, "MSS": {"CN"}, "IRGC": {"IR"}, "Hezbollah": set(), UNKNOWN: set()}


def group(name: str, home: str | None = "RU") -> Actor:
    return Actor(id=name.lower(), names=(name,), home=home)


FULL_CLAIMS = st.builds(
    replace,
    CLAIMS,
    role=st.sampled_from(list(Role)),
    actors=st.lists(
        st.builds(group, st.sampled_from(["APT28", "Sandworm", "APT31"]), HOMES),
        max_size=2,
        unique_by=lambda one: one.id,
    ).map(tuple),
    agencies=st.lists(st.sampled_from(list(OWNERS)), max_size=3, unique=True).map(tuple),
    speakers=NAMES,
    organisations=NAMES,
    quote=WORDS,
    happened=st.none() | st.just(PartialDate(day=date(2021, 1, 1))),
)
FOUND = st.builds(
    Found,
    id=st.integers(1, 10**6),
    claim=FULL_CLAIMS,
    case=st.none() | st.sampled_from(sorted(OPENED)),
    title=WORDS,
    url=st.sampled_from(["https://www.example.gov/a?b=c&d=e", "", "=cmd|' /C calc'!A0"]),
    publisher=st.just(UK),
    recorded_at=st.just(NOW),
    withdrawn_at=st.none() | st.just(NOW),
    headline_only=st.booleans(),
)
LISTS = st.lists(FOUND, max_size=4, unique_by=lambda one: one.id)
# Every "must" and every "should" but two: random ids (103), which no run could make again, and hashes of linked pages
# (302), whose bytes are not kept.
STRICT = ValidationOptions(strict=True, version="2.1", disabled="103,302")
MODEST = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Bot = Callable[..., Result]
ARCHIVED = replace(
    UK_CONDEMNS,
    id=900,
    claim=replace(UK_CONDEMNS.claim, origin=Origin.ARCHIVE, rule="archive", evidence=((GRADE, "A"),)),
)


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    monkeypatch.chdir(tmp_path)
    with connect("sqlite:///attribution.db") as db:
        stock(db)
    return lambda *words: CliRunner().invoke(cli.cli, ["export", *words])


def bundle(found: list[Found], asked: Query = Query()) -> dict[str, Any]:  # noqa: B008 - frozen
    read: dict[str, Any] = json.loads("".join(as_stix(found, asked, OPENED)))
    return read


def of(kind: str, read: dict[str, Any]) -> list[dict[str, Any]]:
    return [thing for thing in read["objects"] if thing["type"] == kind]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), strict=True))


def unguarded(cell: str) -> str:
    return re.sub(r"""([;\t\r\n][ "\u00a0]*)'""", r"\1", cell.removeprefix("'"))


def split_at_semicolons(text: str) -> Iterator[str]:
    """The cells that a spreadsheet sees whose list separator is a semicolon: only a quote mark that begins a cell
    quotes, what follows the closing one is taken as it stands."""
    cell, begun, quoted = "", False, False
    for character in text:
        if quoted:
            quoted = character != '"'
            cell += "" if character == '"' else character
        elif character == '"' and not begun:
            quoted = True
        elif character in ";\r\n\t":
            yield cell
            cell, begun = "", False
            continue
        else:
            cell += character
        begun = True
    yield cell


def parted(cell: str) -> list[str]:
    parts, escaped = [""], False
    for character in cell:
        if escaped or character not in "\\;":
            parts[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append("")
    return [parts[0], *(part.removeprefix(" ") for part in parts[1:])] if cell else []


# JSON


@given(LISTS)
@MODEST
def test_json_and_json_lines_give_every_claim_back_as_it_is_stored(found: list[Found]) -> None:
    array = json.loads("".join(as_json(found)))
    lines = [json.loads(line) for line in "".join(as_jsonl(found)).split("\n") if line]
    assert array == lines == [found_as_plain(one) for one in found]
    assert [claim_from_plain(one) for one in lines] == [one.claim for one in found]


# CSV


@given(LISTS)
@MODEST
def test_csv_gives_back_what_it_carries(found: list[Found]) -> None:
    rows = [{name: unguarded(cell) for name, cell in row.items()} for row in rows_of("".join(as_csv(found)))]
    assert [row["quote"] for row in rows] == [one.claim.quote for one in found]
    assert [row["title"] for row in rows] == [one.title for one in found]
    assert [row["url"] for row in rows] == [one.url for one in found]
    assert [parted(row["organisations"]) for row in rows] == [list(one.claim.organisations) for one in found]
    assert [parted(row["speakers"]) for row in rows] == [list(one.claim.speakers) for one in found]
    assert [parted(row["accused"]) for row in rows] == [sorted(one.claim.accused) for one in found]
    assert [parted(row["attributed_by"]) for row in rows] == [sorted(one.claim.attributed_by) for one in found]
    assert [parted(row["actors"]) for row in rows] == [[each.id for each in one.claim.actors] for one in found]
    assert [row["likelihood"] for row in rows] == [one.claim.confidence.likelihood for one in found]
    assert [row["made_on"] for row in rows] == [str(one.claim.made_on or "") for one in found]


@given(LISTS)
@MODEST
def test_no_cell_of_a_csv_begins_as_a_formula_does(found: list[Found]) -> None:
    cells = [cell for row in rows_of("".join(as_csv(found))) for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(GUARDED) and not cell.startswith("'")] == []


HOSTILE = st.lists(st.sampled_from(["a", "=1", "+1", "@x", "-", ";", "'", '"', " ", ",", "\n", "\t", "\\"]), max_size=9)


@given(st.lists(HOSTILE.map("".join), min_size=1, max_size=3))
def test_no_part_of_a_cell_begins_as_a_formula_where_semicolons_part_cells(cells: list[str]) -> None:
    """German, French or Dutch Excel splits a file of commas at every semicolon behind the first of them."""
    text = "".join(as_csv([replace(UK_CONDEMNS, title=cell, url=cell) for cell in cells]))
    seen = [cell.lstrip(' "') for cell in split_at_semicolons(text.removeprefix(BYTE_ORDER_MARK))]
    assert [cell for cell in seen if cell.startswith(("=", "+", "-", "@"))] == []
    assert [unguarded(row["title"]) for row in rows_of(text)] == cells


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A;=HYPERLINK(1)", "A;'=HYPERLINK(1)"),
        ('A; "=1', "A; \"'=1"),
        ("A\n-1", "A\n'-1"),
        ("Well; it's - so", "Well; it's - so"),
        ("A;'=1", "A;''=1"),
    ],
)
def test_a_formula_behind_a_semicolon_or_a_line_break_is_text(title: str, shown: str) -> None:
    (row,) = rows_of("".join(as_csv([replace(UK_CONDEMNS, title=title)])))
    assert row["title"] == shown


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_a_title_that_is_a_formula_is_text_in_a_spreadsheet(sign: str) -> None:
    (row,) = rows_of("".join(as_csv([replace(UK_CONDEMNS, title=f"{sign}HYPERLINK(1)")])))
    assert row["title"] == f"'{sign}HYPERLINK(1)"


def test_a_csv_says_in_which_code_it_is_written_and_has_every_column_under_its_name() -> None:
    text = "".join(as_csv([]))
    assert text.startswith("\ufeff")
    assert next(csv.reader(StringIO(text.removeprefix("\ufeff")))) == list(COLUMNS)


def test_a_csv_shows_what_an_archive_claim_rests_on() -> None:
    live, archived = rows_of("".join(as_csv([UK_CONDEMNS, ARCHIVED])))
    assert (live["origin"], live["grade"]) == ("live", "")
    assert (archived["origin"], archived["grade"]) == ("archive", "A")


# STIX


@given(LISTS)
@MODEST
def test_every_bundle_is_valid_stix_by_the_strictest_rules_of_oasis_validator(found: list[Found]) -> None:
    text = "".join(as_stix(found, Query(), OPENED))
    checked = validate_string(text, STRICT)
    assert checked.is_valid, [str(error) for error in checked.errors]


@given(LISTS)
@MODEST
def test_stix_gives_back_what_it_carries(found: list[Found]) -> None:
    notes = of("note", bundle(found))
    told = {(note["content"], *sorted(note["labels"])) for note in notes}
    assert told == {(one.claim.quote, *sorted(labelled(one.claim))) for one in found}


def labelled(said: Claim) -> Iterator[str]:
    yield from (f"standing:{said.standing}", f"origin:{said.origin}", f"role:{said.role}", f"tie:{said.tie}")
    yield from (f"kind:{said.kind}", f"likelihood:{said.confidence.likelihood}")
    yield from (f"by:{code}" for code in said.attributed_by)
    yield from (f"backed-by:{code}" for code in said.supported_by)
    yield from ([f"analytic:{said.confidence.analytic}"] if said.confidence.analytic else [])
    yield from ([f"said:{said.made_on}"] if said.made_on else [])
    yield from ([f"happened:{said.happened}"] if said.happened else [])


@given(FOUND)
@MODEST
def test_the_graph_of_a_claim_names_whom_it_accuses_which_groups_and_whom_they_hit(one: Found) -> None:
    read = bundle([one])
    things = {thing["id"]: thing for thing in read["objects"]}
    edges = {
        (things[edge["source_ref"]]["type"], edge["relationship_type"], label)
        for edge in of("relationship", read)
        for label in things[edge["target_ref"]].get("labels", [])
    }
    accused = {
        label.partition(":")[2] for kind, how, label in edges if (kind, how) == ("threat-actor", "attributed-to")
    }
    asserts = one.claim.role in stix.ASSERTING
    assert accused == (one.claim.accused if asserts else frozenset())
    hit = {label.partition(":")[2] for _, how, label in edges if how == "targets" and label != "victim"}
    assert hit == (one.claim.victims if asserts and who_hit_is_told(one.claim) else frozenset())
    groups = {label.partition(":")[2] for thing in of("intrusion-set", read) for label in thing["labels"]}
    assert groups == ({actor.id for actor in one.claim.actors} if asserts else set())


def who_hit_is_told(said: Claim) -> bool:
    """Of a state, of one group or service, or of one victim: between several and several, no claim says it."""
    several = len(said.actors or said.agencies) > 1 and len(said.victims) + len(said.organisations) > 1
    return bool(said.accused or ((said.actors or said.agencies) and not several))


def edges_of(said: Claim, how: str) -> set[tuple[str, str]]:
    """The names at the ends of a claim's relationships of a kind."""
    read = bundle([replace(UK_CONDEMNS, case="2022-1", claim=said)])
    name_of = {thing["id"]: thing.get("name", "") for thing in read["objects"]}
    edges = [edge for edge in of("relationship", read) if edge["relationship_type"] == how]
    return {(name_of[edge["source_ref"]], name_of[edge["target_ref"]]) for edge in edges}


RUSSIA, STATE = "Russia (government)", "Russia (state actors)"
APT28, APT29 = group("APT28"), group("APT29")


def test_a_group_leads_over_the_service_named_to_the_government() -> None:
    said = claim(accused=frozenset({"RU"}), agencies=("GRU",), actors=(APT28,))
    assert edges_of(said, "attributed-to") == {("APT28", "GRU"), ("GRU", RUSSIA)}


@pytest.mark.parametrize(
    ("said", "chain"),
    [
        (
            {"agencies": ("GRU", "FSB"), "actors": (APT28, APT29)},
            {("APT28", STATE), ("APT29", STATE), (STATE, RUSSIA), ("GRU", RUSSIA), ("FSB", RUSSIA)},
        ),
        (
            {"agencies": ("GRU",), "actors": (APT28, APT29)},
            {("APT28", STATE), ("APT29", STATE), (STATE, RUSSIA), ("GRU", RUSSIA)},
        ),
        (
            {"agencies": ("GRU", "Unit 26165"), "actors": (APT28,)},
            {("APT28", STATE), (STATE, RUSSIA), ("GRU", RUSSIA), ("Unit 26165", RUSSIA)},
        ),
        ({"agencies": ("GRU", "FSB")}, {("GRU", RUSSIA), ("FSB", RUSSIA)}),
        # Russia's service beside North Korea's front company: neither is the other's.
        (
            {"accused": frozenset({"KP"}), "agencies": ("GRU",), "actors": (group("Chosun-Expo", "KP"),)},
            {
                ("Chosun Expo", "North Korea (state actors)"),
                ("North Korea (state actors)", "North Korea (government)"),
            },
        ),
        # An ally is no organ, a unit is one of what it is a part of.
        (
            {"accused": frozenset({"IR"}), "agencies": ("Hezbollah",)},
            {("Iran (state actors)", "Iran (government)")},
        ),
        ({"accused": frozenset({"IR"}), "agencies": ("IRGC", "Hezbollah")}, {("IRGC", "Iran (government)")}),
        (
            {"accused": frozenset({"CN"}), "agencies": ("PLA", "54th Research Institute")},
            {("PLA", "China (government)"), ("54th Research Institute", "China (government)")},
        ),
        # Two states and one service: it is Russia's, and the group whose home is neither is laid to none.
        (
            {"accused": frozenset({"RU", "CN"}), "agencies": ("GRU",), "actors": (APT28, group("MuddyWater", "IR"))},
            {("APT28", "GRU"), ("GRU", RUSSIA), ("China (state actors)", "China (government)")},
        ),
    ],
)
def test_nothing_is_laid_to_whom_the_claim_does_not_lay_it(said: dict[str, Any], chain: set[tuple[str, str]]) -> None:
    assert edges_of(claim(**{"accused": frozenset({"RU"}), **said}), "attributed-to") == chain


def test_of_several_groups_and_several_victims_none_is_paired() -> None:
    hit = {"accused": frozenset({"RU"}), "actors": (APT28, APT29)}
    assert edges_of(claim(**hit, victims=frozenset({"UA", "PL"})), "targets") == {
        (STATE, "Poland (victims)"),
        (STATE, "Ukraine (victims)"),
    }
    assert edges_of(claim(**hit, victims=frozenset({"UA"})), "targets") == {
        ("APT28", "Ukraine (victims)"),
        ("APT29", "Ukraine (victims)"),
    }


@given(FULL_CLAIMS)
@settings(MODEST, max_examples=100)
def test_no_relationship_says_more_than_the_claim(said: Claim) -> None:
    states = {stix._party(code)["name"]: code for code in said.accused}
    unnamed = {f"{names.label(code)} (state actors)": code for code in said.accused}
    homes = {actor.id: actor.home for actor in said.actors}
    # A numbered unit that nobody knows is the only accused's beside a service of that state's.
    beside = set().union(*(OWNERS[one] for one in said.agencies)) & said.accused if len(said.accused) == 1 else set()
    owners = {**OWNERS, UNKNOWN: beside}
    for source, target in edges_of(said, "attributed-to"):
        if target in states:
            assert unnamed.get(source) == states[target] or states[target] in owners[source]
            continue
        laid_to = {unnamed[target]} if target in unnamed else owners[target]
        assert laid_to <= said.accused
        assert len(said.accused) == 1 or homes[source.casefold()] in laid_to
        if target not in unnamed:
            assert sum(bool(owners[each] & laid_to) for each in said.agencies) == 1
            assert len(said.actors) == 1 or len(said.accused) > 1
    several = len(said.actors or said.agencies) > 1 and len(said.victims) > 1
    assert not several or {source for source, _ in edges_of(said, "targets")} <= set(unnamed)


def test_the_archive_lays_no_group_to_a_service_among_several() -> None:
    """Its records name a statement's services and groups side by side, without saying which is whose."""
    for part in archive.parts():
        said = part.claim
        services = {target for _, target in edges_of(said, "attributed-to")} & set(said.agencies)
        assert not services or len(said.accused) > 1 or (len(said.agencies) == 1 and len(said.actors) == 1)
        organs = {source for source, target in edges_of(said, "attributed-to") if "(government)" in target}
        assert "Hezbollah" not in organs


def test_a_group_named_without_a_state_is_attributed_to_nobody() -> None:
    """Where it is usually ascribed to is background, never the accusation."""
    (named,) = [one for one in SINGAPORE.statements if not one.claim.accused][:1]
    read = bundle([replace(named, case="2022-1")])
    assert of("intrusion-set", read)
    assert [edge for edge in of("relationship", read) if edge["relationship_type"] == "attributed-to"] == []


def test_a_denial_asserts_nothing_and_disagrees() -> None:
    read = bundle([replace(IRAN_DENIES, case="2022-1")])
    assert of("relationship", read) == []
    assert [opinion["opinion"] for opinion in of("opinion", read)] == ["strongly-disagree"]


def test_a_case_is_one_incident_and_one_report_over_all_that_is_said_of_it() -> None:
    read = bundle([replace(one, case="2022-1") for one in (UK_CONDEMNS, EU_BACKS)])
    (report,) = of("report", read)
    (incident,) = of("incident", read)
    assert incident["id"] in report["object_refs"]
    assert {note["id"] for note in of("note", read)} <= set(report["object_refs"])
    assert len(of("note", read)) == 2


def test_the_same_claims_have_the_same_ids_in_every_run() -> None:
    """Hashes of text differ from one process to the next: so must not ids."""
    code = (
        "from bot.exports.stix import as_stix; from attribution.query import Query;"
        "from tests.card_samples import UK_CONDEMNS as one; from dataclasses import replace; import sys;"
        "sys.stdout.writelines(as_stix([replace(one, case=None)], Query(), {}))"
    )
    again = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout for _ in range(2)]
    assert again[0] == again[1] == "".join(as_stix([replace(UK_CONDEMNS, case=None)], Query(), {})).encode()


def test_what_was_withdrawn_is_revoked_and_everything_is_marked_as_clear() -> None:
    read = bundle([replace(UK_CONDEMNS, case="2022-1", withdrawn_at=NOW)])
    own = [thing for kind in ("note", "opinion", "relationship") for thing in of(kind, read)]
    assert own
    assert all(thing["revoked"] for thing in own)
    assert [thing["type"] for thing in read["objects"] if thing.get("object_marking_refs") != [stix.TLP_CLEAR]] == [
        "marking-definition"
    ]


def test_two_databases_cases_of_one_id_are_two_incidents() -> None:
    one = replace(UK_CONDEMNS, case="2022-1")
    here = json.loads("".join(as_stix([one], Query(), OPENED)))
    there = json.loads("".join(as_stix([one], Query(), {"2022-1": datetime(2023, 1, 1, tzinfo=UTC)})))
    assert of("incident", here)[0]["id"] != of("incident", there)[0]["id"]


def test_without_its_library_stix_says_how_to_get_it(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stix2.v21", None)
    stix.models.cache_clear()
    for words in (("--format", "stix"), ("--format", "stix", "--output", "out.json")):
        with pytest.raises(ExportError, match=r"attribution-bot\[stix\]"):
            CliRunner().invoke(cli.cli, ["export", *words], catch_exceptions=False)
    assert not Path("out.json").exists()


# The command


@pytest.mark.parametrize("form", ["stix", "csv", "json", "jsonl"])
def test_a_file_holds_what_standard_output_would(bot: Bot, form: str) -> None:
    shown, written = bot("--format", form), bot("--format", form, "--output", "out")
    assert (shown.exit_code, written.exit_code, written.stdout) == (0, 0, "")
    assert Path("out").read_bytes() == shown.stdout_bytes
    assert [path.name for path in Path().iterdir() if path.name.startswith(".out")] == []


def test_only_what_answers_the_question_is_exported(bot: Bot) -> None:
    lines = [json.loads(line) for line in bot("iran", "--format", "jsonl").stdout.splitlines()]
    assert 0 < len(lines) < len(bot("--format", "jsonl").stdout.splitlines())
    assert all("IR" in line["accused"] for line in lines)
    assert all({"case", "url", "publisher", "recorded_at"} <= set(line) for line in lines)


def test_an_export_that_fails_leaves_the_file_of_the_last_one(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bot("--format", "csv", "--output", "out").exit_code == 0
    before = Path("out").read_bytes()
    with connect("sqlite:///attribution.db") as db, transaction(db):
        db.execute("update claims set claim = 'broken' where id = (select max(id) from claims)")
    with pytest.raises(json.JSONDecodeError):
        CliRunner().invoke(cli.cli, ["export", "--format", "csv", "--output", "out"], catch_exceptions=False)
    assert Path("out").read_bytes() == before
    assert sorted(path.name for path in Path().iterdir() if "out" in path.name) == ["out"]


def test_a_folder_that_is_not_there_is_said_plainly(bot: Bot) -> None:
    with pytest.raises(ExportError, match="Give a file in a folder that exists"):
        CliRunner().invoke(cli.cli, ["export", "--format", "csv", "--output", "no/out"], catch_exceptions=False)


def test_what_one_workspace_alone_sees_is_not_exported(bot: Bot) -> None:
    with connect("sqlite:///attribution.db") as db, transaction(db):
        db.execute("update claims set owner = 'T1' where id = 1")
    assert 1 not in [json.loads(line)["id"] for line in bot("mentions:yes", "--format", "jsonl").stdout.splitlines()]


def test_recalled_attributions_are_exported_when_asked_for(bot: Bot) -> None:
    recalled = replace(UK_CONDEMNS.claim, standing=Standing.MENTION)
    with connect("sqlite:///attribution.db") as db, transaction(db):
        store(db, replace(UK_CONDEMNS, claim=recalled, case=None, url="https://www.example.org/recalled"))
    asked = bot("mentions:yes", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["standing"] for line in asked].count(Standing.MENTION) == 1
    assert len(bot("--format", "jsonl").stdout.splitlines()) == len(asked) - 1
