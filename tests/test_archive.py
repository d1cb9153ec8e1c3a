"""The archive: every record is checked here, and that loading it answers at once and disturbs nothing."""

import re
import shutil
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlite_utils import Database

from attribution import archive, gazetteer, names, renowned
from attribution.announce import Heard
from attribution.archive import ArchiveError, Record
from attribution.cases import Told
from attribution.identity import canonical_url, window
from attribution.labels import EVIDENCE, labels
from attribution.model import Kind, Likelihood, Origin, PartialDate, Precision, PublisherKind, Role
from attribution.publishers import publisher_of
from attribution.query import Query, parse
from bot import archive as loading
from bot import blocktext
from bot.answers import Answer, shown_page
from bot.run import prepare
from bot.terminal import quoted
from storage import archive as store
from storage import cases, claims, feeds, posts, schema
from storage.db import connect, row, rows, run
from tests.makers import FCDO, claim, post
from tests.test_data import BODIES, ISO_3166

ROOT = Path(__file__).parents[1]
FIELD = re.compile(r"`(\w+)`")
HISTORY = Path(__file__).parents[2] / "shared" / "history" / "history.csv"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHORTENERS = {"bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "buff.ly", "is.gd", "lnkd.in", "dlvr.it", "rb.gy"}
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_FACT = 240  # characters
RUN = 8  # words in a row that are somebody's sentence, no longer a fact
WORD = re.compile(r"\w+")
# A day in an official address: /2021/04/15/, /2020/May/28/, 2024-02-19; and the number of an American advisory, which
# is the year and the day of the year: AA22-264A, TA17-318B.
DAY = re.compile(r"(?<!\d)(20\d\d)[/-](\d\d|[A-Z][a-z]{2})[/-](\d\d)(?!\d)")
NUMBER = re.compile(r"/(?:aa|ta|ar)(\d\d)-(\d{3})[a-z]?$", re.IGNORECASE)
RECORDS = archive.records()
PARTS = tuple(archive.parts())


def each_record(check: Callable[[Record], None]) -> Callable[[], None]:
    """A test of every record, one after the other; a failure names the record."""

    def test() -> None:
        for record in RECORDS:
            try:
                check(record)
            except AssertionError as error:
                error.add_note(f"in the record {record.id}")
                raise

    return test


# The records


def test_no_record_stands_twice_and_the_oldest_comes_first() -> None:
    assert [name for name, times in Counter(record.id for record in RECORDS).items() if times > 1] == []
    order = [(str(record.claim.made_on), record.id) for record in RECORDS]
    assert order == sorted(order)


def test_one_attribution_is_one_record() -> None:
    said = Counter(
        (
            str(r.claim.made_on),
            r.claim.attributed_by | r.claim.supported_by,
            r.claim.accused,
            r.claim.kind,
            r.operations,
        )
        for r in RECORDS
    )
    assert [what for what, times in said.items() if times > 1] == []


@each_record
def test_a_record_says_who_accuses_whom_in_known_codes(record: Record) -> None:
    said = record.claim
    assert SLUG.fullmatch(record.id)
    assert said.attributed_by | said.supported_by
    assert not said.attributed_by & said.supported_by
    assert bool(said.attributed_by) == (said.role is not Role.SUPPORTS)
    assert said.attributed_by | said.supported_by <= ISO_3166 | BODIES
    assert said.accused <= ISO_3166
    assert said.accused or said.actors or record.actors_of, "a record that names no state names a group"
    assert said.victims.union(*record.victims_of.values()) <= ISO_3166 | BODIES
    assert said.made_on is not None
    assert said.made_on.day >= date(2007, 1, 1)


@each_record
def test_a_record_is_of_operations_that_have_a_case(record: Record) -> None:
    assert len(set(record.operations)) == len(record.operations) > 0
    assert set(record.operations) <= archive.cases().keys() & labels().keys()
    known = renowned.operations()
    blamed = frozenset[str]().union(*(known[name].accused for name in record.operations if name in known))
    assert not blamed or not record.claim.accused or record.claim.accused & blamed


@each_record
def test_a_record_over_several_operations_leaves_open_nowhere_who_is_behind_which(record: Record) -> None:
    several = record.accused_of, record.victims_of, record.agencies_of, record.actors_of
    if len(record.operations) == 1:
        assert not any(several), "of one operation all is said once"
        return
    assert all(each.keys() <= set(record.operations) for each in several)
    said = record.claim
    if len(said.accused) > 1:
        assert record.accused_of.keys() == set(record.operations)
        assert frozenset[str]().union(*record.accused_of.values()) == said.accused
    assert len(said.actors) <= 1, "which group is behind which operation stands in actors_of"
    services = {_service(words) for words in said.agencies} - {None}
    assert len(services) <= 1, "which service is behind which operation stands in agencies_of"


@each_record
def test_each_part_names_services_and_groups_of_those_whom_it_accuses(record: Record) -> None:
    parts = [part.claim for part in PARTS if part.key.split()[0] == record.id]
    assert len(parts) == len(record.operations)
    for said in parts:
        assert len(set(said.agencies)) == len(said.agencies)
        assert len(set(said.actors)) == len(said.actors)
        for place, words in enumerate(said.agencies):
            owners = _owners(words)
            # What the table of services does not know is a part of the one it stands behind.
            assert owners <= said.accused if owners else place > 0, f"{words} is nobody's whom this part accuses"
        # Of one accused a group may be called the tool though another state is its usual home, as Ghostwriter was.
        if len(record.claim.accused) > 1:
            assert {actor.home for actor in said.actors} <= {None, *said.accused}


@each_record
def test_a_fact_is_one_short_sentence_in_our_words(record: Record) -> None:
    for sentence in filter(None, (record.claim.quote, record.contested)):
        assert sentence == sentence.strip()
        assert sentence.endswith(".")
        assert len(sentence) < LONGEST_FACT
        assert not re.search(r"[.!?]\s", sentence), "one sentence: write the United States, not its letters with stops"
        assert not re.search(r"[\"“”\n]", sentence), "a fact in our words stands in no quotation marks"


@each_record
def test_a_source_is_a_lasting_address_over_https(record: Record) -> None:
    for address in (record.source, *record.also):
        assert address.startswith("https://")
        assert canonical_url(address) == address, "without tracking parameters and fragment"
        assert (urlsplit(address).hostname or "").removeprefix("www.") not in SHORTENERS
    assert len({record.source, *record.also}) == 1 + len(record.also)


@each_record
def test_grade_a_is_the_publishers_own_address_and_grade_b_another(record: Record) -> None:
    host = (urlsplit(record.source).hostname or "").removeprefix("www.")
    official = publisher_of(host).kind in (PublisherKind.GOVERNMENT, PublisherKind.BODY)
    assert record.grade == ("A" if official else "B")


@each_record
def test_a_date_in_an_official_address_wins(record: Record) -> None:
    made_on, path = record.claim.made_on, urlsplit(record.source).path
    if record.grade != "A" or made_on is None:
        return
    found = DAY.search(path)
    if found:
        written = "-".join(found.groups())
        form = "%Y-%b-%d" if found[2].isalpha() else "%Y-%m-%d"
        assert made_on.day == datetime.strptime(written, form).replace(tzinfo=UTC).date()
    if number := NUMBER.search(path):
        assert made_on.day == date(2000 + int(number[1]), 1, 1) + timedelta(days=int(number[2]) - 1)


@each_record
def test_words_of_confidence_come_with_their_place_on_the_scale(record: Record) -> None:
    said = record.claim.confidence
    assert bool(said.phrase) or (said.likelihood is Likelihood.STATED and said.analytic is None and not said.scheme)
    assert said.phrase == said.phrase.strip()


def test_every_case_is_used_and_has_an_id_of_its_own_of_a_year_of_its_records() -> None:
    years: dict[str, set[str]] = {}
    for record in RECORDS:
        for operation in record.operations:
            years.setdefault(operation, set()).add(str(record.claim.made_on)[:4])
    assert archive.cases().keys() == years.keys()
    assert len(set(archive.cases().values())) == len(archive.cases())
    # An id that people cite stays, though an older record is found.
    assert [name for name, case in archive.cases().items() if case.split("-")[0] not in years[name]] == []
    assert all(re.fullmatch(r"\d{4}-[1-9]\d*", case) for case in archive.cases().values())


def test_well_known_operations_keep_their_names() -> None:
    own = archive._cases()["labels"].keys()
    assert own == archive.cases().keys() - renowned.operations().keys()
    assert len(set(labels().values())) == len(labels())


def test_the_archive_covers_what_everybody_remembers() -> None:
    said = {
        (str(r.claim.made_on)[:4], by, accused)
        for r in RECORDS
        for by in r.claim.attributed_by
        for accused in r.claim.accused
    }
    assert {("2007", "EE", "RU"), ("2014", "US", "KP"), ("2018", "GB", "RU"), ("2020", "EU", "CN")} <= said
    assert {("2021", "NO", "CN"), ("2022", "AL", "IR"), ("2025", "CZ", "CN"), ("2025", "FR", "RU")} <= said
    singapore = next(r for r in RECORDS if r.id == "unc3886-2025")
    assert (singapore.claim.accused, [actor.id for actor in singapore.claim.actors]) == (frozenset(), ["unc3886"])


def test_the_guide_names_every_field_and_its_example_is_a_record() -> None:
    guide = (ROOT / "docs" / "archive.md").read_text(encoding="utf-8")
    plain = tomllib.loads(gazetteer.read(archive.RECORDS))["record"]
    rows_of = [line.split("|")[1] for line in guide.splitlines() if line.startswith("| `")]
    assert {name for cell in rows_of for name in FIELD.findall(cell)} == {field for one in plain for field in one}
    (example,) = tomllib.loads(re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)[0])["record"]
    assert example in plain


@pytest.mark.skipif(
    not HISTORY.exists(), reason="the list of attributions that was started from is not on this machine"
)
def test_no_sentence_is_taken_from_the_list_that_was_started_from() -> None:
    theirs = set(_runs(HISTORY.read_text(encoding="utf-8")))
    assert [r.id for r in RECORDS if theirs & set(_runs(f"{r.claim.quote} {r.contested}"))] == []


@pytest.mark.parametrize(
    ("text", "precision"),
    [("2018-02-15", Precision.DAY), ("2018-02", Precision.MONTH), ("2018", Precision.YEAR)],
)
def test_a_date_is_as_exact_as_it_is_written(text: str, precision: Precision) -> None:
    assert (archive.dated(text).precision, str(archive.dated(text))) == (precision, text)


@pytest.mark.parametrize("text", ["", "18-02-15", "2018-13", "2018-02-30", "2018-W07-4", "February 2018"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        archive.dated(text)


def test_a_record_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attribution.gazetteer.read", lambda _: '[[record]]\nid = "odd"\non = "2018"\nby = ["US"]\n')
    with pytest.raises(ArchiveError, match="'odd'"):
        archive.records()


def test_a_record_of_several_operations_is_a_claim_of_each_with_those_held_responsible_for_it() -> None:
    found = {part.operation: part.claim for part in PARTS if part.key.startswith("eu-first-sanctions-2020 ")}
    accused = {name: sorted(claim.accused) for name, claim in found.items()}
    assert accused["notpetya-2017"] == ["RU"]
    assert accused["cloud-hopper"] == ["CN"]
    assert accused["wannacry-2017"] == ["KP"]
    assert {actor.id for actor in found["wannacry-2017"].actors} == {"chosun-expo"}
    assert found["wannacry-2017"].agencies == found["cloud-hopper"].agencies == ()
    assert found["spiez-opcw-2018"].victims == {"NL"}
    assert (found["spiez-opcw-2018"].agencies, found["spiez-opcw-2018"].actors) == (("GRU",), ())


@pytest.mark.parametrize(
    ("part", "agencies", "actors"),
    [
        ("fsb-indictments-2022 dragonfly-energy", ["FSB", "FSB Center 16"], ["energetic-bear"]),
        ("fsb-indictments-2022 triton-2017", [], ["tsniikhm"]),
        ("nk-groups-2019 wannacry-2017", ["RGB"], ["lazarus-group"]),
        ("nk-groups-2019 korea-defence-2016", ["RGB"], ["silent-chollima"]),
        ("isoon-2025-uk isoon", [], ["i-soon"]),
        ("isoon-2026-eu raptor-train-2024", [], ["integrity-technology-group"]),
        ("gru-2018-uk badrabbit-2017", ["GRU"], []),
        ("viasat-2022-uk viasat-2022", [], []),
        ("viasat-2022-uk whispergate-2022", ["GRU"], []),
    ],
)
def test_one_operations_services_and_groups_are_not_anothers(part: str, agencies: list[str], actors: list[str]) -> None:
    (said,) = (each.claim for each in PARTS if each.key == part)
    assert (list(said.agencies), [actor.id for actor in said.actors]) == (agencies, actors)


@pytest.mark.parametrize("record", ["exchange-2021-eu", "apt41-2020", "emennet-2021-indictment", "unc3886-2025"])
def test_who_named_a_group_and_no_state_accuses_none(record: str) -> None:
    (said,) = (each.claim for each in RECORDS if each.id == record)
    assert (said.accused, bool(said.actors), said.agencies) == (frozenset(), True, ())


# Loaded


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'attribution.db'}") as opened:
        schema.require_current(opened)
        yield opened


@pytest.fixture(scope="module")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "attribution.db"
    with connect(f"sqlite:///{path}") as opened:
        schema.require_current(opened)
        assert loading.load(opened, NOW) == len(PARTS)
        opened.conn.execute("pragma wal_checkpoint(truncate)")
    return path


@pytest.fixture
def loaded(first_load: Path, tmp_path: Path) -> Iterator[Database]:
    copy = shutil.copy(first_load, tmp_path / "loaded.db")
    with connect(f"sqlite:///{copy}") as opened:
        yield opened


def test_a_new_installation_answers_at_once(loaded: Database) -> None:
    answers = claims.find(loaded, parse("iran by:uk", NOW.date()))
    assert len(answers) >= 4
    assert {one.claim.origin for one in answers} == {Origin.ARCHIVE}
    assert claims.find(loaded, parse("apt28 since:2025-04-29 until:2025-04-29", NOW.date()))
    assert claims.find(loaded, parse('"notpetya" victim:ua', NOW.date()))


def test_it_is_loaded_in_less_than_three_seconds(db: Database) -> None:
    began = time.process_time()  # of this process alone: the others' tests take their time beside it
    loading.load(db, NOW)
    assert time.process_time() - began < 3


def test_loading_again_changes_nothing(loaded: Database) -> None:
    before = rows(loaded, "select * from claims order by id"), rows(loaded, "select * from cases order by id")
    assert loading.load(loaded, NOW) == 0
    store.finish(loaded, "another edition")
    assert loading.load(loaded, NOW) == 0
    assert (rows(loaded, "select * from claims order by id"), rows(loaded, "select * from cases order by id")) == before


def test_a_changed_record_is_changed_in_place_and_one_that_is_gone_is_withdrawn(loaded: Database) -> None:
    part = PARTS[0]
    was = store.kept(loaded)[part.key]
    store.amend(loaded, was, replace(part, source="https://old.example", claim=replace(part.claim, quote="Once so.")))
    store.add(loaded, replace(part, key="removed-2007 estonia-2007"), was.case, NOW)
    store.finish(loaded, "an older edition")
    assert loading.load(loaded, NOW) == 2
    now = store.kept(loaded)
    assert now[part.key] == was
    assert now["removed-2007 estonia-2007"].withdrawn
    (gone,) = [one for one in claims.sourced(loaded, was.case) if one.found.withdrawn_at]
    assert gone.withdrawn_why == loading.GONE


def test_an_edition_is_all_that_is_stored_wherever_it_is_from() -> None:
    first, *others = PARTS
    (grouped,) = (part for part in PARTS if part.key == "pla-61398-2014 pla-61398-2014")
    rehomed = replace(grouped, claim=replace(grouped.claim, actors=(replace(grouped.claim.actors[0], home="TW"),)))
    republished = replace(first, publisher=replace(first.publisher, speaker="LV"))
    renamed = replace(first, claim=replace(first.claim, evidence=((EVIDENCE, "Another name"),)))
    editions = [
        archive.edition(PARTS),
        archive.edition([rehomed if part is grouped else part for part in PARTS]),
        archive.edition([republished, *others]),
        archive.edition([renamed, *others]),
    ]
    assert len(set(editions)) == len(editions)
    assert archive.edition(archive.parts()) == editions[0]


def test_a_groups_home_put_right_elsewhere_reaches_a_database_that_has_it_wrong(loaded: Database) -> None:
    (part,) = (each for each in PARTS if each.key == "pla-61398-2014 pla-61398-2014")
    rehomed = replace(part, claim=replace(part.claim, actors=(replace(part.claim.actors[0], home="TW"),)))
    was = store.kept(loaded)[part.key]
    store.amend(loaded, was, rehomed)
    older = archive.edition(rehomed if each is part else each for each in PARTS)
    store.finish(loaded, f"{older} {len(PARTS)}")
    assert loading.load(loaded, NOW) == 1
    assert store.kept(loaded)[part.key] == was


@pytest.mark.parametrize(
    "wrong",
    [
        "update posts set publisher = 'Nobody'",
        "update posts set publisher_kind = 'press'",
        "update posts set speaker = 'LV'",
        "update posts set title = 'Once so'",
        "update posts set url = 'https://old.example'",
        "update posts set published_at = '2007-01-01T00:00:00Z'",
    ],
)
def test_whatever_is_stored_otherwise_than_the_archive_says_is_put_right(loaded: Database, wrong: str) -> None:
    (part,) = (each for each in PARTS if each.key == "pla-61398-2014 pla-61398-2014")
    was = store.kept(loaded)[part.key]
    run(loaded, f"{wrong} where id = :id", id=was.post)
    assert store.kept(loaded)[part.key] != was
    store.finish(loaded, "an older edition")
    assert loading.load(loaded, NOW) == 1
    assert store.kept(loaded)[part.key] == was


def test_a_state_renamed_elsewhere_is_found_by_its_new_name(loaded: Database) -> None:
    was = store.kept(loaded)[PARTS[0].key]
    run(loaded, "update claims set search = 'as it was called' where id = :id", id=was.id)
    store.finish(loaded, "an older edition")
    assert loading.load(loaded, NOW) == 1
    assert store.kept(loaded)[PARTS[0].key] == was


def test_a_record_that_comes_back_stands_again(loaded: Database) -> None:
    was = store.kept(loaded)[PARTS[0].key]
    claims.withdraw(loaded, was.id, NOW, loading.GONE)
    store.finish(loaded, "an edition without it")
    assert loading.load(loaded, NOW) == 1
    assert store.kept(loaded)[PARTS[0].key] == was


def test_cases_have_the_archives_ids(loaded: Database) -> None:
    kept = store.kept(loaded)
    assert {part.key: part.case for part in PARTS} == {key: one.case for key, one in kept.items()}
    assert cases.view(loaded, archive.cases()["notpetya-2017"]).statements[0].claim.attributed_by == {"UA"}


def test_a_case_is_as_old_as_its_first_claim_so_that_no_digest_calls_it_new(loaded: Database) -> None:
    assert cases.opened(loaded, NOW - timedelta(days=7)) == {}


def test_an_id_that_is_taken_stays_with_who_has_it(db: Database) -> None:
    taken = archive.cases()["notpetya-2017"]
    year, number = taken.split("-")
    sql = "insert into cases (id, year, number, opened_at) values (:id, :year, :number, '2018-01-01T00:00:00Z')"
    run(db, sql, id=taken, year=int(year), number=int(number))
    loading.load(db, NOW)
    moved = store.kept(db)["notpetya-2017-sbu notpetya-2017"].case
    assert moved != taken
    assert row(db, "select 1 from cases where id = :id", id=moved)
    store.finish(db, "another edition")
    assert loading.load(db, NOW) == 0


def test_the_archive_joins_the_live_case_of_an_operation(db: Database) -> None:
    joined = cases.join(db, _notpetya(), NOW)
    assert joined is not None
    feeds.put(db, [(FCDO, None)])
    number = posts.add(db, post(title="NotPetya"), window([post()]), NOW, None)
    assert number is not None
    beside = claims.Stored(post=number, title="NotPetya", case=joined.case, news=joined.added, trace=joined.trace)
    claims.add(db, _notpetya().claim, beside, NOW)
    loading.load(db, NOW)
    assert store.kept(db)["notpetya-2017-uk notpetya-2017"].case == joined.case


def test_a_live_claim_joins_the_archives_case(loaded: Database) -> None:
    joined = cases.join(loaded, _notpetya(), NOW)
    assert joined is not None
    assert joined.case == archive.cases()["notpetya-2017"]
    assert joined.added == {"government"}


def test_another_operation_opens_a_case_of_its_own_beside_the_archives(loaded: Database) -> None:
    said = claim(
        quote="Iran is behind the attack on the water works of Malta.", victims=frozenset({"MT"}), made_on=None
    )
    joined = cases.join(loaded, Told(claim=said, title="Malta accuses Iran", said_on=NOW.date()), NOW)
    assert joined is not None
    assert joined.case not in archive.cases().values()


def test_nothing_of_it_alerts_or_stands_in_a_digest(db: Database) -> None:
    prepare(db, NOW)
    assert claims.newest(db) == len(PARTS)
    assert rows(db, "select * from outbox") == []
    assert rows(db, "select * from cards") == []
    assert claims.recorded(db, 0, Heard.FRESH) == claims.recorded(db, 0, Heard.LATE) == []


def test_what_was_said_this_month_is_left_to_the_feeds(db: Database) -> None:
    on = datetime(2022, 9, 7, 12, tzinfo=UTC)
    before = loading.load(db, on)
    assert 0 < before < len(PARTS)
    assert claims.find(db, Query(since=date(2022, 8, 9))) == []
    assert loading.load(db, NOW) == len(PARTS) - before
    assert loading.load(db, on) == 0  # nothing that is there is taken back


def test_a_feeds_post_is_new_though_the_archive_has_its_address(loaded: Database) -> None:
    address = next(part.source for part in PARTS if part.key.startswith("uk-gru-sanctions-2025"))
    served = post(url=address)
    assert posts.known(loaded, served, None, NOW) == []
    assert posts.at(loaded, address) is None
    feeds.put(loaded, [(FCDO, None)])
    assert posts.add(loaded, served, window([served]), NOW, None) is not None


def test_the_archive_is_no_feed_that_is_polled_or_shown(loaded: Database) -> None:
    assert feeds.health(loaded) == []
    assert (feeds.enabled(loaded), feeds.due(loaded, NOW)) == ([], {})
    assert posts.read_between(loaded, NOW - timedelta(days=1), NOW + timedelta(days=1)) == (0, 0)


def test_an_answer_says_how_good_the_source_is_and_what_is_disputed(loaded: Database) -> None:
    found = claims.find(loaded, parse("by:montenegro", NOW.date()))
    page = blocktext.shown(shown_page(Answer(query=Query(), found=found, total=len(found), about=[]), NOW))
    (fact,) = [one.claim.quote for one in found]
    assert fact in " ".join(page.replace("│", " ").split())
    assert "“" not in page
    assert "(archive, grade B)" in page
    assert "accuses 🇷🇺\N{NO-BREAK SPACE}Russia (disputed)" in page
    assert "Cuba" in page


def test_its_facts_stand_in_no_quotation_marks() -> None:
    assert quoted(PARTS[0].claim) == PARTS[0].claim.quote
    assert quoted(claim()) == f"“{claim().quote}”"


def _notpetya() -> Told:
    said = claim(
        quote="Ireland holds Russia responsible for NotPetya.",
        accused=frozenset({"RU"}),
        attributed_by=frozenset({"IE"}),
        victims=frozenset({"UA"}),
        kind=Kind.STATEMENT,
        made_on=PartialDate(day=NOW.date()),
    )
    return Told(claim=said, title="Ireland attributes NotPetya to Russia", said_on=NOW.date())


def _owners(words: str) -> frozenset[str]:
    """The states whose service this is; none where the table of services does not know it."""
    found = [name for name in names.find(words, "en") if name.words == words and name.sort is names.Sort.AGENCY]
    return frozenset(state for name in found for state in name.states)


def _service(words: str) -> str | None:
    """The service that this is, or is a part of: the ids of its parts begin with its own."""
    found = [name.id for name in names.find(words, "en") if name.words == words]
    return found[0].split("-")[0] if found else None


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    said = [word.casefold() for word in WORD.findall(text)]
    return (tuple(said[at : at + RUN]) for at in range(len(said) - RUN + 1))
