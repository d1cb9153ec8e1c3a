"""The details of a case: every claim once, under what it repeats, within Slack's limits whatever posts say."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.views import View
from sqlite_utils import Database

from attribution.gazetteer import groups
from attribution.model import Actor, Claim, Found, Kind
from attribution.view import CaseView, Correction
from bot import details, report_view
from bot.details import Details, statements, window
from bot.reply import Viewer
from storage import cards, channels, feedback
from storage.channels import Channel
from storage.claims import Sourced
from storage.db import connect, run
from storage.feedback import Report, Said, Wrong
from tests.card_samples import ALBANIA, NINTH, SANCTIONED, UK_CONDEMNS, US_JOINS, WIRE
from tests.makers import CLAIMS
from tests.slack.checks import check_view
from tests.slack_limits import mentions, problems
from tests.stocked import stock, store
from tests.test_cards import EVIL

NOW = NINTH
VIEWER = Viewer(tenant="T", channel="C", user="U")
Json = dict[str, Any]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path / 'test.db'}") as db:
        stock(db)
        yield db


def sourced(found: Found, *, news: bool = True, **changed: Any) -> Sourced:
    usual: Json = {"withdrawn_why": None, "read_at": found.recorded_at, "edited_at": None, "words": "ab" * 32}
    return Sourced(found=found, news=news, **usual | changed)


def shown(view: Json) -> str:
    return json.dumps(view["blocks"], ensure_ascii=False)


def view_problems(view: Json) -> list[str]:
    """What Slack would refuse in a window, or would take as anything but words."""
    check_view(view, "modal")
    View(**view).validate_json()
    alike = {"text": "x", "blocks": view["blocks"], "unfurl_links": False, "unfurl_media": False}
    whole = ("message too long", f"{len(view['blocks'])} blocks")  # those of a message, not of a window
    return [*(one for one in problems(alike) if one not in whole), *mentions(alike)]


# Which post repeats which statement


def test_a_post_that_repeats_stands_under_the_statement_of_the_same_government() -> None:
    again = replace(US_JOINS, id=90, publisher=WIRE, url="https://www.example.org/wire")
    told = statements([sourced(UK_CONDEMNS), sourced(US_JOINS), sourced(again, news=False)])
    assert [[one.found.id for one in each.repeats] for each in told] == [[], [90]]


def test_a_post_that_repeats_stands_under_the_statement_of_its_kind() -> None:
    sanctions = replace(UK_CONDEMNS, id=80, claim=replace(UK_CONDEMNS.claim, kind=Kind.SANCTIONS))
    again = sourced(replace(sanctions, id=81), news=False)
    told = statements([sourced(UK_CONDEMNS), sourced(sanctions), again])
    assert [len(each.repeats) for each in told] == [0, 1]


@given(st.lists(st.tuples(CLAIMS, st.booleans()), min_size=1, max_size=12))
@settings(deadline=None, max_examples=50)
def test_every_claim_stands_under_exactly_one_statement(told: list[tuple[Claim, bool]]) -> None:
    found = [
        sourced(replace(UK_CONDEMNS, id=number, claim=claim), news=news) for number, (claim, news) in enumerate(told)
    ]
    by = statements(found)
    assert sorted(one.found.id for each in by for one in (each.first, *each.repeats)) == list(range(len(told)))


# What a window shows


def test_a_withdrawn_claim_is_marked_with_when_and_why(db: Database) -> None:
    run(db, "update claims set withdrawn_at = '2022-09-08T10:00:00Z', withdrawn_why = 'the post no longer says so'")
    said = shown(details.looked_up(db, "2022-17", VIEWER, NOW))
    assert said.count("the post no longer says so") == len(SANCTIONED.statements)
    assert '"strike": true' in said


def test_the_whole_history_of_the_cards_here_is_shown_and_no_other_channels(db: Database) -> None:
    for tenant, channel in (("T", "C"), ("T", "D"), ("S", "C")):
        channels.put(db, Channel(tenant=tenant, id=channel, created_at=NOW))
        card = cards.add(db, tenant, channel, "2022-17", NOW)
        for hour in range(5):
            was = f"{tenant} {channel} said {hour}"
            card = cards.correct(db, card, Correction(at=NOW - timedelta(hours=hour), was=was))
    said = shown(details.looked_up(db, "2022-17", VIEWER, NOW))
    assert all(f"T C said {hour}" in said for hour in range(5))
    assert "T D said" not in said
    assert "S C said" not in said


def test_an_owned_feeds_claim_is_its_owners_alone(db: Database) -> None:
    store(db, replace(US_JOINS, id=91, url="https://www.example.org/own", title="Only for us", owner="T"))
    assert "Only for us" in shown(details.looked_up(db, "2022-17", VIEWER, NOW))
    assert "Only for us" not in shown(details.looked_up(db, "2022-17", replace(VIEWER, tenant="S"), NOW))


def test_each_name_of_a_group_says_where_it_is_from() -> None:
    claim = replace(UK_CONDEMNS.claim, actors=(Actor(id="apt28", names=("Fancy Bear", "APT28")),))
    found = replace(UK_CONDEMNS, claim=claim)
    view = CaseView(id="2022-17", statements=(found,), sources=1)
    said = shown(window(Details(view=view, asked="2022-17", channel="C", claims=[sourced(found)]), NOW))
    assert "written " in said
    assert said.index("MISP galaxy: ") < said.index("Tsar Team") < said.index("this bot's own list: ")
    assert said.index("this bot's own list: ") < said.index("UAC-0001")
    assert f"(source: {groups()['apt28'].source}); that is background, no accusation" in said
    assert said.casefold().count("strontium") == 1


def test_a_statement_with_many_sources_names_them_all() -> None:
    repeats = [
        sourced(replace(UK_CONDEMNS, id=n, url=f"https://www.example.org/r/{n}"), news=False) for n in range(100, 150)
    ]
    made = Details(view=ALBANIA, asked="2022-17", channel="C", claims=[sourced(UK_CONDEMNS), *repeats])
    view = window(made, NOW)
    assert all(one.found.url in shown(view) for one in repeats)
    assert view_problems(view) == []


def test_a_page_after_the_last_is_the_last() -> None:
    made = Details(view=ALBANIA, asked="2022-17", channel="C", claims=[sourced(one) for one in ALBANIA.statements])
    assert window(made, NOW, 99) == window(made, NOW)
    assert window(made, NOW, -1) == window(made, NOW)


# Limits

TEXTS = st.sampled_from(EVIL) | st.text(max_size=200)
REPORTS = st.builds(
    Said,
    kind=st.sampled_from(list(Wrong)[:3]),
    case=st.just("2022-17"),
    claim=st.just(0),
    instead=st.just("RU,GB"),
    words=TEXTS,
)


@st.composite
def cases(draw: st.DrawFn) -> Details:
    """A case of any claims, told in any words."""
    claims = draw(st.lists(CLAIMS, min_size=1, max_size=8))
    found = []
    for number, claim in enumerate(claims):
        actors = tuple(
            Actor(id=draw(TEXTS), names=(draw(TEXTS) or "x",), home="RU", source=draw(TEXTS)) for _ in range(2)
        )
        hostile = replace(claim, quote=draw(TEXTS), rule=draw(TEXTS), actors=(*claim.actors, *actors))
        hostile = replace(hostile, agencies=(draw(TEXTS),), speakers=(draw(TEXTS),))
        address = draw(
            st.sampled_from(["https://www.example.org/" + "a" * 2900, "javascript:x", "https://a.example/|x>"])
        )
        publisher = replace(UK_CONDEMNS.publisher, name=draw(TEXTS))
        one = replace(UK_CONDEMNS, id=number, claim=hostile, title=draw(TEXTS), url=address, publisher=publisher)
        found.append(replace(one, withdrawn_at=draw(st.none() | st.just(NOW))))
    reports = [
        Report(tenant="T", number=n, said=said, user="U0ADA", channel="C", at=NOW)
        for n, said in enumerate(draw(st.lists(REPORTS, max_size=12)))
    ]
    view = CaseView(id="2022-17", statements=tuple(found), sources=len(found))
    corrections = [Correction(at=NOW, was=draw(TEXTS)) for _ in range(3)]
    told = [
        sourced(one, news=draw(st.booleans()), withdrawn_why=draw(st.none() | TEXTS), edited_at=NOW) for one in found
    ]
    return Details(view=view, asked="2022-16", channel="C", claims=told, reports=reports, corrections=corrections)


@given(cases())
@settings(deadline=None, max_examples=60)
def test_no_case_breaks_slacks_limits_or_calls_on_anybody(made: Details) -> None:
    pages = [window(made, NOW, page) for page in range(2)]
    for page in pages:
        assert [one for one in view_problems(page) if one != "<@U0ADA"] == []
    report = report_view.report(made.view, made.channel, made.reports)
    check_view(report, "modal")
    View(**report).validate_json()
    check_view(report_view.hide(made.view, made.channel), "modal")
    for one in made.reports:
        check_view(report_view.thanks(one), "modal")


def test_a_case_of_hundreds_of_statements_is_paged_and_nothing_is_lost() -> None:
    number = 200
    long = [
        replace(UK_CONDEMNS, id=n, title="t" * 200, url=f"https://www.example.org/{n}/" + "u" * 400)
        for n in range(number)
    ]
    long = [replace(one, claim=replace(one.claim, quote="q" * 1500)) for one in long]
    view = CaseView(id="2022-17", statements=tuple(long), sources=number)
    made = Details(view=view, asked="2022-17", channel="C", claims=[sourced(one) for one in long])
    pages, at = [], 0
    while details.AFTER in shown(page := window(made, NOW, at)):
        pages.append(page)
        at += 1
    pages.append(page)
    assert [one for page in pages for one in view_problems(page)] == []
    assert all(any(f'"https://www.example.org/{n}/' in shown(page) for page in pages) for n in range(number))
    report = report_view.report(view, "C", [])
    check_view(report, "modal")


def test_a_report_after_the_claim_moved_to_another_case_moves_with_it(db: Database) -> None:
    feedback.add(db, Said(kind=Wrong.CASE, case="2022-17", claim=2), tenant="T", user="U", channel="C", now=NOW)
    run(db, "update claims set case_id = '2025-12' where id = 2")
    assert feedback.standing(db, "T", "2022-17") == []
    assert len(feedback.standing(db, "T", "2025-12")) == 1


def test_when_a_page_was_read_and_edited_is_shown_in_the_readers_zone(db: Database) -> None:
    edited = datetime(2022, 9, 8, 10, tzinfo=UTC)
    run(db, "update posts set edited_at = '2022-09-08T10:00:00Z' where id = 1")
    said = shown(details.looked_up(db, "2022-17", VIEWER, NOW))
    assert f'"timestamp": {int(edited.timestamp())}' in said
    assert '"fallback": "8 September 2022 10:00 UTC"' in said
