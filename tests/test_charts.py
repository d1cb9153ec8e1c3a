"""Slack's native chart: within its limits, and gone where a message must do without."""

import pytest

from bot import charts
from tests.slack_limits import modelled, problems

TEXT = {"type": "section", "text": {"type": "mrkdwn", "text": "words"}}


def test_long_names_are_cut_to_what_slack_draws() -> None:
    chart = charts.bars("t" * 60, ["Democratic People's Republic of Korea", "Iran"], {"n" * 30: [1, 2]})
    payload = {"text": "words", "blocks": [chart], "unfurl_links": False, "unfurl_media": False}
    assert problems(payload) == []


@pytest.mark.parametrize(
    ("categories", "series"),
    [([], {"now": []}), (["a"] * 21, {"now": [1] * 21}), (["a"], {}), (["a", "a"], {"now": [1, 2]})],
)
def test_more_than_slack_draws_or_names_alike_are_refused(categories: list[str], series: dict[str, list[int]]) -> None:
    with pytest.raises(ValueError, match="No chart has"):
        charts.bars("title", categories, series)


def test_values_that_are_not_as_many_as_the_categories_are_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        charts.bars("title", ["a", "b"], {"now": [1]})


def test_a_message_without_charts_keeps_all_else() -> None:
    chart = charts.bars("title", ["a"], {"now": [1]})
    assert charts.without({"text": "words", "blocks": [TEXT, chart]}) == {"text": "words", "blocks": [TEXT]}
    assert charts.without({"text": "words", "blocks": [TEXT]}) is None


def test_a_chart_is_what_slackblocks_would_send() -> None:
    chart = charts.bars("By state", ["Iran", "Russia"], {"now": [2, 4], "before": [0, 1]})
    assert modelled(chart) == chart
