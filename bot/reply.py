"""What a command is answered with, and who asks."""

from dataclasses import dataclass

from bot.blocks import Part
from storage.channels import Channel, Subscription
from storage.outbox import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks, and where: a person in a tenant's channel."""

    tenant: str
    channel: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Settings that are stored only once their confirmation stands in the channel: a channel that the bot cannot post
    to has subscribed to nothing. `channel`: as it is to be where it is new; `by`: who asked; `again`: what to type to
    try again."""

    message: Message
    channel: Channel
    subscriptions: tuple[Subscription, ...] = ()
    by: Viewer
    again: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the asker alone is shown. `confirm`: what must be posted first; where that is refused, the reply is
    `settings_replies.refused` instead."""

    payload: Part
    confirm: Confirm | None = None
