"""A bot that is killed again and again tells everything all the same: the short form of `make torture`'s kill test."""

from pathlib import Path

from tests.kills import torture

KILLS = 8


async def test_a_bot_that_is_killed_at_any_moment_loses_nothing_and_repeats_only_what_it_may(
    tmp_path: Path,
) -> None:
    outcome = await torture(tmp_path, KILLS, seed=2022)
    print(outcome.counts)  # noqa: T201 - the counts are wanted with -s
    assert outcome.wrong() == []
    assert outcome.counts["kills"] == KILLS
    assert outcome.counts["alerts"] > 100
    assert outcome.counts["ms to stop"] < 5000
