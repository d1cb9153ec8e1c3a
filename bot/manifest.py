"""What Slack must know of the app: its manifest, and the scopes it asks for, each with its reason."""

import json
import sys
from dataclasses import dataclass
from typing import Any

import click

from bot import paths
from bot.help import COMMAND, FIRST
from bot.shortcut import READ, TITLE

NAME = "attribution-bot"
DESCRIPTION = "Tells a channel that a government has publicly blamed a state for a cyber operation, and in which words."
TWICE_OR_LOST = "such an alert is sent again, so it may stand there twice; such a digest is not, so it may be missing"
# The home is filled when somebody opens it; what a workspace that lets the app go has here is removed.
EVENTS = ("app_home_opened", "app_uninstalled", "tokens_revoked")
OF_ORGANISATIONS = ("team_access_revoked",)  # the same, where an organisation's admins take it from some workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Why the app asks for a scope. `without`: what an app without it does worse; None: it cannot do without."""

    reason: str
    without: str | None = None


SCOPES = {
    "commands": Scope(reason=f"to hear {COMMAND}"),
    "chat:write": Scope(
        reason="to post cards, replies and digests where the bot was invited, to keep its cards current, and to delete"
        " a reply whose card is gone"
    ),
    "channels:history": Scope(
        reason="to look whether a message that Slack left unanswered stands in a public channel", without=TWICE_OR_LOST
    ),
    "groups:history": Scope(reason="the same in a private channel", without=TWICE_OR_LOST),
    "users:read": Scope(
        reason="to ask whether somebody is an admin, before they do what only admins may",
        without="only who installed the app, and whom ADMINS names, counts as an admin",
    ),
}
OPTIONAL = tuple(name for name, scope in SCOPES.items() if scope.without)


def manifest(site: str | None = None) -> dict[str, Any]:
    """The app as Slack creates it "from a manifest", for Socket Mode; with `site`, an https address under which the
    bot's PORT is reached, for signed HTTP, one workspace or many.

    Keys and limits are those of docs.slack.dev's "App manifest reference"; an optional scope is in both lists
    ("Installing with OAuth", optional scopes).
    """
    site = site.rstrip("/") if site else None
    where = f"{site}{paths.SLACK}" if site else None
    back = {"redirect_urls": [f"{site}{paths.INSTALLED}"]} if site else {}
    command = {
        "command": COMMAND,
        "description": "Who blames which state for which cyber operation",
        "usage_hint": " | ".join(typed for typed, _ in FIRST),
        "should_escape": False,  # what is asked is words: a person or a channel in it is one too
    }
    return {
        "display_information": {"name": NAME, "description": DESCRIPTION},
        "features": {
            # Without this tab Slack refuses messages to a person (messages_tab_disabled); nobody reads what is
            # written there, so nobody can write.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": NAME, "always_online": False},
            "shortcuts": [
                {
                    "name": TITLE,
                    "type": "message",
                    "callback_id": READ,
                    "description": "Who blames whom in this message",
                }
            ],
            "slash_commands": [command | ({"url": where} if where else {})],
        },
        "oauth_config": back | {"scopes": {"bot": list(SCOPES), "bot_optional": list(OPTIONAL)}},
        "settings": _settings(where),
    }


def shown(site: str | None = None) -> str:
    """The manifest as JSON, as `manifest.json` holds it."""
    return json.dumps(manifest(site), indent=2)


def _settings(where: str | None) -> dict[str, Any]:
    address = {"request_url": where} if where else {}
    menus = {"message_menu_options_url": where} if where else {}  # where the menu of time zones gets its options
    events = [*EVENTS, *(OF_ORGANISATIONS if where else ())]
    return {
        "event_subscriptions": address | {"bot_events": events},
        "interactivity": {"is_enabled": True} | address | menus,
        "org_deploy_enabled": where is not None,  # Socket Mode's one token is one workspace's
        "socket_mode_enabled": where is None,
        "token_rotation_enabled": False,
    }


if __name__ == "__main__":
    click.echo(shown(*sys.argv[1:2]))
