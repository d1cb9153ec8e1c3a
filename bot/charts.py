"""Slack's native chart, as a block: bars of one or more series; and a message without its charts. Pure.

Limits are those of docs.slack.dev, "Data visualization block": a title of 50 characters, at most 6 series and 20
categories of 20 characters each. slack_sdk has no class for it."""

from collections.abc import Mapping, Sequence

from bot.blocks import Part
from bot.escape import cut

BLOCK = "data_visualization"
TITLE_LENGTH = 50
LABEL_LENGTH = 20
MOST_SERIES, MOST_CATEGORIES = 6, 20


def bars(title: str, categories: Sequence[str], series: Mapping[str, Sequence[int]]) -> Part:
    """A bar chart: for each series its values, in the order of the categories. Whatever is said by it stands in words
    elsewhere: not every client draws it. ValueError for more than Slack draws, or labels that are not each other's."""
    labels = [cut(one, LABEL_LENGTH) for one in categories]
    if not 1 <= len(series) <= MOST_SERIES or not 1 <= len(labels) <= MOST_CATEGORIES or len({*labels}) < len(labels):
        raise ValueError(f"No chart has {len(series)} series and {len(labels)} categories, two of them alike.")
    drawn = [
        {
            "name": cut(name, LABEL_LENGTH),
            "data": [{"label": label, "value": value} for label, value in zip(labels, values, strict=True)],
        }
        for name, values in series.items()
    ]
    chart = {"type": "bar", "series": drawn, "axis_config": {"categories": labels}}
    return {"type": BLOCK, "title": cut(title, TITLE_LENGTH), "chart": chart}


def without(payload: Part) -> Part | None:
    """A message without its charts; None where it has none."""
    kept = [block for block in payload.get("blocks", []) if block["type"] != BLOCK]
    return {**payload, "blocks": kept} if len(kept) < len(payload.get("blocks", [])) else None
