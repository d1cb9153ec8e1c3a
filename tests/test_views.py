"""Every window and home that is a sample passes Slack's checks and the models of its own library."""

from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.blocks import strings
from tests import view_samples
from tests.slack.checks import check_view
from tests.slack_limits import mentions

SAMPLES = {
    f"{name}-{number}": {key: value for key, value in view.items() if key != "errors"}
    for name, views in view_samples.views().items()
    for number, view in enumerate(views)
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_slack_takes_every_window(name: str) -> None:
    check_view(SAMPLES[name], SAMPLES[name]["type"])


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_slacks_library_takes_every_window_and_knows_each_block(name: str) -> None:
    view = dict(SAMPLES[name])
    parsed = Block.parse_all(view["blocks"])
    assert None not in parsed
    View(**view).validate_json()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_window_calls_on_anybody(name: str) -> None:
    assert mentions(SAMPLES[name]) == []


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_field_has_a_label_and_every_button_words(name: str) -> None:
    for part in _parts(SAMPLES[name]["blocks"]):
        if part.get("type") == "input":
            assert part["label"]["text"]
        if part.get("type") == "button":
            assert any(word.isalpha() for word in strings(part["text"]))


def _parts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(one for inner in value.values() for one in _parts(inner))]
    return [one for inner in value for one in _parts(inner)] if isinstance(value, list) else []
