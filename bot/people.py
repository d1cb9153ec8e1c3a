"""Who may change what concerns a whole workspace: its admins, those the operator names, and who installed the bot."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

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


async def nobody(_tenant: str) -> frozenset[str]:
    """No one installed the app through the bot."""
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admins:
    """Who counts as an admin whatever Slack says: `named` by the operator, everywhere; `installers`: who installed the
    app for a workspace, there."""

    named: frozenset[str] = frozenset()
    installers: Callable[[str], Awaitable[frozenset[str]]] = nobody


async def refusal(client: AsyncWebClient, viewer: Viewer, admins: Admins) -> str | None:
    """Why somebody may not do what only admins may; None where they may."""
    if viewer.user in admins.named or viewer.user in await admins.installers(viewer.tenant):
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
