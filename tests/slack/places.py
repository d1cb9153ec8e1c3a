"""Another workspace beside the first, with its own channels and people; the app is installed there or not."""

from dataclasses import dataclass

from tests.slack.people import People
from tests.slack.store import Kind, Message, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A workspace and the people who act in it: `people` types, presses, submits and lets events happen."""

    space: Workspace
    people: People

    @property
    def id(self) -> str:
        """The team's id."""
        return self.space.team

    def channel(self, name: str, kind: Kind = "public", *, member: bool = True) -> str:
        """Makes a channel; its id."""
        return self.space.add_channel(name, kind, member=member).id

    def user(self, name: str, *, admin: bool = False) -> str:
        """Adds a person, who is in every channel there is; their id."""
        return self.space.add_user(name, admin=admin)

    def messages(self, channel: str) -> list[Message]:
        """What is in a channel, oldest first; a person's id stands for the conversation with them."""
        where = self.space.conversation_with(channel) if channel in self.space.users else self.space.channels[channel]
        return [one for one in where.messages.values() if not one.deleted]
