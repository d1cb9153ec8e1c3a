"""Text -> sentences and tokens with their offsets; every step is linear in the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# A sentence longer than this is cut at a space: a wall of text without a full stop is read in pieces.
LONGEST = 1_200
# A line shorter than this that is followed by a capital is a heading, not a wrapped line (releases wrap at 70-80).
HEADING = 42
# How many sentences of one post are kept: far beyond any statement, and a bound for hostile texts.
MOST = 1_500

ENDS = re.compile(r"[.!?…][\"'”’»)\]*_]{0,3}(?=\s)|[。！？][」』”’\"）]{0,3}|\n[ \t\r]{0,8}\n|\n|\|")
STARTS_ITEM = re.compile(r"[ \t]{0,8}(?:[-*•·#>+–]|\d{1,2}[.)])[ \t]")
# Words after which a full stop ends no sentence. Lower case; single letters ("J.", "U.S.") are seen by their length.
# fmt: off
ABBREVIATIONS = frozenset([
    "mr", "mrs", "ms", "dr", "prof", "gen", "col", "lt", "sgt", "capt", "sen", "rep", "gov", "pres", "st", "no",
    "nos", "vs", "etc", "inc", "ltd", "co", "corp", "llc", "eg", "ie", "approx", "dept", "est", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "art", "abs", "bzw", "ca", "ggf", "nr", "usw",
    "zb", "tzv", "tzn", "např", "čl", "str", "al", "op", "cit", "fig", "bl", "jr", "sr", "u.s", "u.k", "e.g", "i.e",
    "a.m", "p.m", "ph.d", "d.c", "u.n", "e.u", "m.p",
])
# fmt: on
# A word is a run of letters and digits; of scripts written without spaces each character is a word of its own.
UNSPACED = "\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as it stands at `start` of its part of the post (the title, or the text)."""

    text: str
    start: int
    title: bool = False


class Token(NamedTuple):
    """One word in lower case, and where it stands in its sentence; a tuple, as a post has thousands: made in half the
    time of a dataclass."""

    word: str
    start: int
    end: int


def tokens_of(text: str) -> tuple[Token, ...]:
    """The words of a text in order, case folded, with their offsets in it."""
    return tuple([Token(match[0].casefold(), *match.span()) for match in TOKEN.finditer(text)])


def sentences_of(text: str, *, title: bool = False) -> tuple[Sentence, ...]:
    """The sentences of a text in order; a heading or a list item is a sentence. At most MOST of them."""
    found: list[Sentence] = []
    for start, end in _pieces(text):
        stripped = text[start:end].strip()
        if any(character.isalnum() for character in stripped):
            found.append(Sentence(stripped, text.index(stripped, start), title))
        if len(found) >= MOST:
            break
    return tuple(found)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in ENDS.finditer(text):
        if match.end() - start > LONGEST:
            yield from _cut(text, start, match.start())
            start = match.start()
        if _ends(text, start, match):
            yield start, match.end()
            start = match.end()
    yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        space = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = space if space > start else start + LONGEST
        yield start, cut
        start = cut
    if end > start:
        yield start, end


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match[0]
    if mark == "\n":
        return _line_ends(text, start, match.start())
    if mark.startswith("."):
        return not _abbreviates(text, start, match.start()) and not _goes_on(text, match.end())
    return True


def _line_ends(text: str, start: int, at: int) -> bool:
    """A single line feed ends a sentence before a list item and after a heading; else the line was only wrapped."""
    if STARTS_ITEM.match(text, at + 1):
        return True
    line = text[max(start, text.rfind("\n", start, at) + 1) : at].strip()
    return len(line) < HEADING and text[at + 1 : at + 2].isupper()


def _abbreviates(text: str, start: int, at: int) -> bool:
    word = text[max(start, at - 12) : at].rsplit(maxsplit=1)[-1:] or [""]
    last = word[0].lstrip("(\"'“‘[").casefold()
    return last in ABBREVIATIONS or (len(last) == 1 and last.isalpha()) or _is_initials(last)


def _is_initials(word: str) -> bool:
    parts = word.split(".")
    return len(parts) > 1 and all(len(part) <= 1 for part in parts)


def _goes_on(text: str, at: int) -> bool:
    """After "U.S. government" or "3. června" the sentence goes on in lower case."""
    following = text[at : at + 4].lstrip()
    return following[:1].islower()
