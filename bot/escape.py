"""Other people's text made safe to show in Slack: hostile marks out, cut where a reader would cut, markup inert."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

import regex

# Characters that show nothing and hide or reorder what does: controls, soft hyphen, zero-width spaces and joiners of
# words, marks that change direction (Unicode UAX 9), tags, interlinear marks, private and unassigned. The zero-width
# joiner and non-joiner stay: Persian and emoji are written with them.
ZERO_WIDTH_LETTERS = "\u200c\u200d"
HIDDEN = regex.compile(rf"[^\P{{C}}\s{ZERO_WIDTH_LETTERS}]|[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0]")
# More marks on one letter than any language writes: "Zalgo" text that runs over the lines around it.
PILED = regex.compile(r"(\p{M}{5})\p{M}+")
RIGHT_TO_LEFT = {"R", "AL", "AN"}
ISOLATE, END = "\u2068", "\u2069"  # first strong isolate: its direction does not spill over (UAX 9)
# What Slack's mrkdwn reads as formatting where it opens a word, as an emoji (":tada:"), or as an address to link.
OPENS = re.compile(r"(?<!\w)([*_~`>]+)(?=\S)|(:)(?=[\w+-]+:)|(:)(?=//)|(@)")
JOINER = "\u2060"  # word joiner: shows nothing, breaks no line, and nothing is markup across it
URL_LENGTH = 3000  # Slack's limit of a URL in a block
URL_SAFE = "!#$%&'()*+,/:;=?@[]~-._"  # RFC 3986's characters; "|", spaces and all others are percent-encoded


def clean(text: str) -> str:
    """Text on one line without characters that hide, reorder or pile up; right-to-left text is isolated."""
    shown: str = PILED.sub(r"\1", " ".join(HIDDEN.sub("", text).split()))
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in shown):
        return f"{ISOLATE}{shown}{END}"
    return shown


def size(text: str) -> int:
    """How long Slack may find a text: UTF-16 units, which are never fewer than characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """At most `most` UTF-16 units of a text, cut between graphemes, if possible words, with an ellipsis."""
    if size(text) <= most:
        return text
    end = END if text.startswith(ISOLATE) else ""
    kept = _within(text, most - 1 - len(end))
    words = kept.rsplit(" ", 1)[0]
    return (words if len(words) > len(kept) // 2 else kept).rstrip() + "…" + end


def _within(text: str, most: int) -> str:
    taken, length = [], 0
    for grapheme in regex.finditer(r"\X", text):
        length += size(grapheme[0])
        if length > most:
            break
        taken.append(grapheme[0])
    return "".join(taken)


def mrkdwn(text: str) -> str:
    """Text for a place that Slack reads as mrkdwn: `& < >` escaped, once, and all other markup inert."""
    inert = OPENS.sub(lambda match: match[0] + JOINER, text)
    return inert.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def web_url(url: str) -> str | None:
    """A URL that may be linked: absolute http or https, percent-encoded; None for any other or one too long."""
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:  # an unclosed bracket, a port that is no number: nobody can go there
        return None
    encoded = quote(url.strip(), safe=URL_SAFE, errors="replace")
    return encoded if known and size(encoded) <= URL_LENGTH else None
