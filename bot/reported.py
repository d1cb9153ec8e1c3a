"""What a workspace's own feed reports, as a message to it alone: no case, no card, as nobody vouches for the feed."""

from collections.abc import Sequence
from datetime import datetime

from attribution.model import Found
from bot import blocks, telling
from bot.blocks import Part, message, words
from bot.escape import mrkdwn

MOST = 3  # statements of one post; more are counted
SMALL = "from a feed of this workspace's own, so it joins no case"


def reported(found: Sequence[Found], now: datetime) -> Part:
    """One post's statements, each with who accuses whom, its sentence and its link. ValueError without any."""
    if not found:
        raise ValueError("There is nothing to report.")
    parts = [part for one in found[:MOST] for part in telling.said(one, words(telling.title(one), "bold"))]
    text = " ".join(f"{telling.title(one)}. {telling.quotation(one)}" for one in found[:MOST])
    more = [f"{len(found) - MOST} more in the post"] if len(found) > MOST else []
    small = [*telling.form(found[0], now), *more, SMALL]
    address = blocks.address(telling.source(found[0]), found[0].url)
    return message(f"{mrkdwn(text)} {address}, {SMALL}", [blocks.rich(*parts), blocks.context(*small)])
