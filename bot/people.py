"""Who may change what concerns a whole workspace: its admins, those the operator names, and who installed the bot."""

import asyncio

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.reply import Viewer
from bot.slack import FAILURES, tried

ASKED_FOR = 2.0  # seconds: whoever waits for the answer has pressed a button
RANKS = ("is_admin", "is_owner", "is_primary_owner")  # docs.slack.dev, "User object"
ONLY_ADMINS = "Only an admin of this workspace can do that: ask one."
UNKNOWN = (
    "Only an admin of this workspace can do that, and Slack does not tell the bot who is one. Whoever runs the bot can"
    " name people in ADMINS, or give it the scope users:read."
)

log = structlog.get_logger()


async def refusal(client: AsyncWebClient, viewer: Viewer, named: frozenset[str]) -> str | None:
    """Why somebody may not do what only admins may; None where they may. `named`: ids of people who count as admins
    whatever Slack says."""
    if viewer.user in named:
        return None
    try:
        async with asyncio.timeout(ASKED_FOR):
            found = await client.users_info(user=viewer.user)
    except FAILURES as error:
        code = tried(error).code
        log.info("nobody knows who is an admin", tenant=viewer.tenant, problem=code)
        return UNKNOWN if isinstance(error, SlackApiError) and code == "missing_scope" else _ask_again(code)
    return None if any(found["user"].get(rank) for rank in RANKS) else ONLY_ADMINS


def _ask_again(code: str | None) -> str:
    return f"Slack did not say who is an admin here ({code}): please try again in a minute."
