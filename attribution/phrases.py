"""The phrase books: cues as data, one file a language, found in the words of a sentence in one pass."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from attribution.sentences import Token, tokens_of

# Shorter stems would match half of the dictionary: "att*" is refused when a book is loaded.
SHORTEST_STEM = 2
HANGUL = "\uac00"  # one Korean letter is a syllable, and words take particles
COMMON = "common"
# The table whose keys are the states that an organ without a state's name belongs to.
ORGANS = "organ_of"
# Words whose beginnings are remembered: a few megabytes at most, whatever is read.
REMEMBERED = 20_000


class BookError(ValueError):
    """A phrase book cannot be used; the message names the file, the table and the phrase."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase found: what it is a sign of, and its first and last word in the sentence."""

    sign: str
    first: int
    last: int


@dataclass(slots=True)
class _Node:
    """One step of the tree of phrases: what follows a word, what follows a stem, and which signs end here."""

    words: dict[str, "_Node"] = field(default_factory=dict)
    stems: dict[str, "_Node"] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """The phrases of one language. `stops` are words that end a name's own phrase ("of", "was", "against")."""

    language: str
    tree: _Node
    stops: frozenset[str]
    verb_final: bool = False
    noun_first: bool = False
    begins: dict[str, list[_Node]] = field(default_factory=dict)

    def cues(self, tokens: Sequence[Token]) -> tuple[Cue, ...]:
        """Every cue in a sentence's words, in order; of one sign only the longest at a place, none inside another."""
        found: list[Cue] = []
        beyond: dict[str, int] = {}
        known = self.begins
        for first, token in enumerate(tokens):
            level = known.get(token.word)
            if level is None:
                level = self._begins(token.word)
            if level:
                for sign, last in _longest(level, tokens, first).items():
                    if beyond.get(sign, -1) < first:
                        found.append(Cue(sign, first, last))
                        beyond[sign] = last
        return tuple(found)

    def _begins(self, word: str) -> list[_Node]:
        """The phrases that begin with a word, remembered: most words begin none, and texts repeat themselves."""
        if len(self.begins) >= REMEMBERED:
            self.begins.clear()
        level = self.begins[word] = _steps(self.tree, word)
        return level


def _longest(level: list[_Node], tokens: Sequence[Token], first: int) -> dict[str, int]:
    """For each sign the last word of its longest phrase that begins at `first`, whose phrases are `level`."""
    ends: dict[str, int] = {}
    index, last = first, len(tokens) - 1
    while level:
        going_on = []
        for node in level:
            for sign in node.signs:
                ends[sign] = index
            if node.words or node.stems:
                going_on.append(node)
        if not going_on or index == last:
            break
        index += 1
        word = tokens[index].word
        level = [following for node in going_on for following in _steps(node, word)]
    return ends


def _steps(node: _Node, word: str) -> list[_Node]:
    steps = [node.words[word]] if word in node.words else []
    for length in node.lengths:
        if length > len(word):
            break
        if (stem := node.stems.get(word[:length])) is not None:
            steps.append(stem)
    return steps


def build(
    language: str,
    cues: Mapping[str, Sequence[str]],
    stops: Iterable[str] = (),
    *,
    verb_final: bool = False,
    noun_first: bool = False,
) -> Book:
    """A book of phrases: sign -> phrases. A word ending in * stands for every word that begins so.

    `verb_final`: the language puts its verbs last, so that a verb's subject is the first name of the sentence;
    `noun_first`: a noun stands before its adjective ("pirates russes"). Raises BookError for a phrase without words
    or with too short a stem.
    """
    root = _Node()
    for sign, phrases in cues.items():
        for phrase in phrases:
            _plant(root, phrase, sign, language)
    _seal(root)
    return Book(language, root, frozenset(stops), verb_final, noun_first)


def _plant(root: _Node, phrase: str, sign: str, language: str) -> None:
    node = root
    steps = _words_of(phrase)
    if not steps:
        raise BookError(f"The phrase book {language}.toml has a phrase without words under {sign}: {phrase!r}.")
    for word, is_stem in steps:
        if is_stem and len(word) < SHORTEST_STEM and not word >= HANGUL:
            raise BookError(f"The stem of {phrase!r} under {sign} in {language}.toml is too short to mean anything.")
        node = (node.stems if is_stem else node.words).setdefault(word, _Node())
    if sign not in node.signs:
        node.signs = (*node.signs, sign)


def _words_of(phrase: str) -> list[tuple[str, bool]]:
    return [(token.word, phrase[token.end : token.end + 1] == "*") for token in tokens_of(phrase)]


def _seal(node: _Node) -> None:
    node.lengths = tuple(sorted({len(stem) for stem in node.stems}))
    for child in (*node.words.values(), *node.stems.values()):
        _seal(child)


@cache
def book_of(language: str) -> Book | None:
    """The phrase book of a language (ISO 639-1), None where there is none.

    Every book has the phrases of common.toml, too: names and loanwords that all languages share.
    """
    if language not in languages():
        return None
    tables = _tables(language)
    organs = {f"{ORGANS}:{state}": phrases for state, phrases in tables.get(ORGANS, {}).items()}
    cues = _together(_tables(COMMON)["cues"], tables["cues"], organs)
    stops = tables.get("stops", {}).get("words", ())
    grammar = tables.get("grammar", {})
    return build(
        language, cues, stops,
        verb_final=bool(grammar.get("verb_final")), noun_first=bool(grammar.get("noun_first")),
    )  # fmt: skip


def _together(*parts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    cues: dict[str, list[str]] = {}
    for part in parts:
        for sign, phrases in part.items():
            cues.setdefault(sign, []).extend(phrases)
    return cues


@cache
def gate_of(language: str, table: str = "words") -> tuple[str, ...]:
    """The words of one of a language's gate tables, in lower case; none without a book."""
    if language not in languages():
        return ()
    shared = _tables(COMMON)["gate"].get(table, ())
    return tuple(word.casefold() for word in (*_tables(language)["gate"].get(table, ()), *shared))


@cache
def months_of(language: str) -> dict[str, int]:
    """A language's names of the months, in lower case, with their numbers."""
    names = _tables(language).get("dates", {}).get("months", [])
    return {word: number for number, spelled in enumerate(names, 1) for word in spelled.casefold().split("|")}


def _tables(language: str) -> dict[str, dict[str, Any]]:
    source = resources.files("attribution") / "data" / "phrases" / f"{language}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a phrase book, in alphabetical order."""
    folder = resources.files("attribution") / "data" / "phrases"
    names = (entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(name for name in names if name != COMMON))
