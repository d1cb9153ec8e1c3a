"""The cheap first gate: most posts of a feed are dropped for the price of one scan."""

from collections.abc import Iterable
from functools import cache

from attribution import phrases
from attribution.model import Post

# As much of a post as is looked at: far more than any statement.
SCANNED = 40_000
LATIN = "\u02ff"  # the last letter of the Latin blocks; punctuation beyond is rare in titles
# In so short a text ("UK condemns Russia over attack on Georgia") words count that are too common elsewhere.
SHORT = 600


@cache
def words_of(language: str | None, table: str = "words") -> tuple[str, ...]:
    """The cyber words of a language and of English, in lower case; of all languages where none is known."""
    wanted: Iterable[str] = phrases.languages() if language is None else dict.fromkeys((language, "en"))
    return tuple(dict.fromkeys(word for code in wanted for word in phrases.gate_of(code, table)))


def holds_cyber(text: str, language: str | None) -> bool:
    """Whether a text has any cyber word of its language; plain `in` is the fastest search that Python has."""
    folded = text[:SCANNED].casefold()
    for word in words_of(language):  # a loop: `any` over a generator takes half as long again
        if word in folded:
            return True
    return len(text) <= SHORT and any(word in folded for word in words_of(language, "short"))


def hint_of(post: Post) -> str | None:
    """The feed's language, None where it says none or the title is in no Latin script: then all words are known."""
    if post.language is None or max(post.title[:40], default="") > LATIN:
        return None
    return post.language.split("-")[0].lower()


def cyber_in(text: str, language: str | None) -> tuple[str, ...]:
    """The cyber words by which `holds_cyber` lets a text through, in lower case; none where it does not."""
    folded = text[:SCANNED].casefold()
    found = [word for word in words_of(language) if word in folded]
    if not found and len(text) <= SHORT:
        found = [word for word in words_of(language, "short") if word in folded]
    return tuple(found)
