"""A Slack on 127.0.0.1 for tests, as strict as Slack: Web API, Socket Mode, signed requests, response URLs.

`async with LocalSlack() as slack: ...` gives `slack.url` (for SLACK_API_URL), `slack.bot_token`, `slack.app_token` and
`slack.signing_secret`. Errors, limits and shapes are those of docs.slack.dev and of the methods' own schemas.
"""

from tests.slack.people import Answer
from tests.slack.server import LocalSlack
from tests.slack.store import Channel, Message

__all__ = ["Answer", "Channel", "LocalSlack", "Message"]
