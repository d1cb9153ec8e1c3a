"""The cheap first gate: most posts of a feed are dropped for the price of one scan."""

from collections.abc import Iterable
from functools import cache

from attribution import phrases

# What a post must hold somewhere to be read at all, in lower case; plain `in` is the fastest search Python has.
# A language's own words are in its phrase book ([gate] words); these are understood everywhere.
SCANNED = 40_000


@cache
def words_of(language: str | None) -> tuple[str, ...]:
    """The cyber words of a language and of English; of all languages where none is known."""
    wanted: Iterable[str] = phrases.languages() if language is None else dict.fromkeys((language, "en"))
    found = (word for code in wanted for word in phrases.gate_of(code))
    return tuple(dict.fromkeys(found))


def holds_cyber(text: str, language: str | None) -> bool:
    """Whether a text has any cyber word of its language."""
    folded = text[:SCANNED].casefold()
    return any(word in folded for word in words_of(language))
