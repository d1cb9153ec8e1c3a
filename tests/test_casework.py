"""Putting cases right by hand: merged, split, and the cards that say so."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from attribution.model import Actor
from bot import casework
from bot.casework import CaseError
from storage import cards, cases
from storage.db import rows
from storage.outbox import Op
from tests.makers import NOW, claim
from tests.test_announcing import Desk, opened, told

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two cases: of Iran, heard in C1, and of Russia, heard in C2; both in C3."""
    with opened(tmp_path) as desk:
        desk.listen("C1", "iran")
        desk.listen("C2", "russia")
        desk.listen("C3", "iran", "russia")
        russia = claim(
            accused=frozenset({"RU"}),
            victims=frozenset({"DE"}),
            actors=(Actor(id="apt28", names=("APT28",)),),
            quote="The United Kingdom holds Russia responsible for the breach of the Bundestag.",
        )
        desk.store(told(1), told(2, russia, title="UK on the breach of the Bundestag"))
        assert desk.ops("C1") == desk.ops("C2") == [Op.POST]
        assert desk.ops("C3") == [Op.POST, Op.POST]
        yield desk


def test_a_case_is_shown_by_its_id_and_an_unknown_one_is_said(desk: Desk) -> None:
    assert len(casework.show(desk.db, "2022-1").statements) == 1
    with pytest.raises(CaseError, match="no case 2099-1"):
        casework.show(desk.db, "2099-1")


def test_merged_cases_are_one_and_each_channel_has_its_card(desk: Desk) -> None:
    assert casework.merge(desk.db, "2022-2", "2022-1", LATER) == "2022-1"
    desk.deliver(LATER)
    assert len(casework.show(desk.db, "2022-2").statements) == 2  # the old id leads to the new one
    for channel in ("C1", "C2", "C3"):
        card = cards.latest(desk.db, "T", channel, "2022-1")
        assert card is not None
        assert card.state == cards.OPEN
        assert desk.ops(channel)[-1] is Op.UPDATE
    assert any("now part of case 2022-1" in text for text in desk.texts("C3"))
    assert cases.resolve(desk.db, "2022-2") == "2022-1"


def test_a_case_is_not_merged_into_itself(desk: Desk) -> None:
    with pytest.raises(CaseError, match="name two cases"):
        casework.merge(desk.db, "2022-1", "2022-1", LATER)


def test_claims_are_split_off_and_the_card_shows_what_is_left(desk: Desk) -> None:
    casework.merge(desk.db, "2022-2", "2022-1", LATER)
    opened_case = casework.split(desk.db, "2022-1", [2], LATER + timedelta(hours=1))
    assert opened_case == "2022-3"
    assert [one.id for one in casework.show(desk.db, "2022-1").statements] == [1]
    assert [one.id for one in casework.show(desk.db, "2022-3").statements] == [2]
    assert {one["case_id"] for one in rows(desk.db, "select case_id from claims")} == {"2022-1", "2022-3"}


@pytest.mark.parametrize(("claims", "advice"), [([1, 99], "has no claim 99"), ([1], "leave it a claim")])
def test_what_cannot_be_split_is_said_and_changes_nothing(desk: Desk, claims: list[int], advice: str) -> None:
    with pytest.raises(CaseError, match=advice):
        casework.split(desk.db, "2022-1", claims, LATER)
    assert len(rows(desk.db, "select id from cases")) == 2
