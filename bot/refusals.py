"""Why Slack refuses a channel's messages and what to do about it, in words, for whoever can do it."""

from attribution.retry import Answer, Tried, answer
from bot.blocks import Part, line, message, rich, section, words

INVITE = "Invite the bot first: type /invite @attribution-bot in this channel"
REFUSED = {
    "is_archived": "This channel is archived: take it out of the archive, or choose another",
    "is_inactive": "This channel is archived: take it out of the archive, or choose another",
    "ekm_access_denied": "Your organisation's keys keep the bot out of this channel: ask an admin",
    "app_access_restricted": "This workspace does not let the bot in: ask an admin",
}


def why(tried: Tried) -> str:
    """What stands in the way and who can move it, as a sentence without its full stop."""
    code = str(tried.code)
    if code in REFUSED:
        return REFUSED[code]
    if code.startswith("restricted_action"):
        return "This workspace does not let apps post in this channel: ask an admin"
    match answer(tried, 1):
        case Answer.PAUSE_CHANNEL | Answer.CARD_GONE:
            return INVITE
        case Answer.WAIT | Answer.LOOK_UP:
            return "Slack is busy or did not answer: wait a minute"
        case _:
            return "Slack does not let the bot post: whoever runs it should look at its token and scopes"


def paused(channel: str, code: str) -> Part:
    """What somebody is told whose subscription cannot be delivered: where, why, what to do; and nothing is lost."""
    # The channel's name is Slack's to show, and only to who may know it.
    before = "Alerts cannot be delivered in "
    after = (
        f" ({code}), where you subscribed to some. {why(Tried(code=code))}. What comes meanwhile is kept and sent then;"
        " the bot tries again by itself, every hour today and every day from then on, and at once when somebody uses"
        " /attribution there."
    )
    where = [{"type": "channel", "channel_id": channel}]
    return message(f"{before}<#{channel}>{after}", [rich(section(line(words(before), where, words(after))))])
