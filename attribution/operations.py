"""The words by which people know an operation: names found by their shape, and the rarer words of a headline."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from attribution import gazetteer, names
from attribution.gazetteer import Sort
from attribution.themes import themes

# A word shorter than this says too little ("hit", "says"); a longer one is cut off as hostile or as no word.
SHORTEST, LONGEST = 4, 40
# How many letters of a word stand for all its forms: "sanction", "sanctions", "sanctioned" are one.
STEM = 6
# Han text is written without spaces: three characters in a row are compared, as single ones and pairs say too little.
SHINGLE = 3

CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b", re.IGNORECASE)
WORD = re.compile(r"[^\W_](?:[\w\u2019'&.-]*\w)?")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
# "LAMEHUG", "BRICKSTORM"; "NotPetya", "WannaCry", "BrickStorm"; "Industroyer2": no plain word is written so.
CAPITALS = re.compile(r"[A-Z][A-Z0-9]{5,}")
CAMEL = re.compile(r"[A-Za-z]*[a-z][A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
NUMBERED = re.compile(r"[A-Z][A-Za-z]{3,}\d{1,3}")
SHAPES = (CAPITALS, CAMEL, NUMBERED)
QUOTED = re.compile(r"[\u201c\u2018\u300c\u300e\"]([A-Z][\w-]{2,}(?: [A-Z][\w-]{2,}){0,2})[\u201d\u2019\u300d\u300f\"]")


ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w.-]{1,255}")
YEAR = re.compile(r"(?:19|20)\d\d")
LINE = re.compile(r"[\n.]")
SENTENCE = re.compile(r"(?<=[.!?:|\u201c\"])\s|\n")
# Up to three capitalised words within a sentence: "the Viasat network", "at Northwestern Polytechnical University".
WITHIN = re.compile(r"(?<=[a-z,;:)\u2019'] )(?:[A-Z][\w-]+ ?){1,3}")

# Only so much of a text is read, and so many names of it kept: a bound for hostile ones, far beyond a release.
READ, HEADLINE, KEPT = 8_000, 2_000, 80
# What stands in the first lines, or twice, the post is about; what stands once further down it recalls in passing.
OPENING, OFTEN = 700, 2
# A headline of which this share of longer words is capitalised is in title case: its capitals say nothing.
TITLE_CASE = 0.6
# What a headline names besides the operation: who speaks, who is accused, and whose group. A body may be the victim.
NOT_MARKS = frozenset({Sort.STATE, Sort.ALLIANCE, Sort.AGENCY, Sort.GROUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Stems a claim's operation may be known by. `head`: of its headline; `body`: names in the text that are not in
    the headline; `coded`: those of either written as no plain word is; `proper`: those of either that are names;
    `themes`: what was attacked, or how, whatever the language."""

    head: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()
    coded: frozenset[str] = frozenset()
    proper: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()


def marks(headline: str, text: str, organisations: Iterable[str] = (), apart: Iterable[str] = ()) -> Marks:
    """The marks of a claim. `headline`: title and quote; `text`: the post's, may be empty; `organisations`: named
    victims, marks as they are; `apart`: names compared elsewhere (the actors'), never marks."""
    text = ADDRESS.sub(" ", text[:READ])
    headline = ADDRESS.sub(" ", headline[:HEADLINE])
    about = themes(headline, text)
    headline = _without_names(headline)
    left_out = {_stem(plain(part)) for name in apart for part in (name, *re.split(r"[\s-]", name))}
    codes = {_mark(name) for name in (*_shaped(headline), *organisations)}
    head = frozenset((_words(headline) | codes) - left_out)
    coded_below = {_mark(name) for line in LINE.split(text) for name in _shaped(line)}
    body = _names_below(text, coded_below) - left_out - head
    coded = (head | body) & (codes | coded_below)
    proper = coded | body | (head & _proper(headline, text))
    return Marks(head=head, body=body, coded=coded, proper=proper, themes=about)


def plain(name: str) -> str:
    """A name without the accidents of writing: compatibility forms, case, spaces, hyphens and possessives."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("\u2019", "'").removesuffix("'s")
    return re.sub(r"[\s'\"_-]+", "", folded)[:LONGEST]


def _without_names(headline: str) -> str:
    """The headline with the names of states, agencies and groups blanked out."""
    for name in names.find(headline):
        if name.sort in NOT_MARKS:
            headline = headline[: name.start] + " " * (name.end - name.start) + headline[name.end :]
    return headline


def _names_below(text: str, coded: set[str]) -> frozenset[str]:
    """Names in a text that it opens with or repeats; no word that the text also writes small."""
    counted = Counter(word for found in WITHIN.findall(text) for word in _words(found))
    counted += Counter(_mark(name) for line in LINE.split(text) for name in _shaped(line))
    opening = _capitals(text[:OPENING]) | {_mark(name) for name in _shaped(text[:OPENING])}
    small = _small(text)
    found = [
        word
        for word, count in counted.most_common()
        if (count >= OFTEN or word in opening) and (word in coded or word not in small)
    ]
    return frozenset(found[:KEPT])


def _proper(headline: str, text: str) -> set[str]:
    """The words of a headline that are names: capitalised where a plain word would not be."""
    longer = [word for word in WORD.findall(headline) if len(word) >= SHORTEST and word[0].isalpha()]
    if longer and sum(word[0].isupper() for word in longer) > TITLE_CASE * len(longer):
        return _capitals(text) - _small(text)
    inside = (match.group() for part in SENTENCE.split(headline) for match in list(WORD.finditer(part))[1:])
    return {word for found in inside if found[0].isupper() for word in _words(found)} - _small(text)


def _capitals(text: str) -> set[str]:
    return {word for found in WITHIN.findall(text) for word in _words(found)}


def _small(text: str) -> set[str]:
    """Words that the text writes with a small first letter."""
    return {word for found in WORD.findall(text) if found[0].islower() for word in _words(found)}


def _shaped(text: str) -> Iterator[str]:
    """Names by shape, as written; never a word of the field."""
    yield from CVE.findall(text)
    yield from QUOTED.findall(text)
    for match in WORD.finditer(text):
        word = match.group().replace("\u2019", "'").removesuffix("'s")
        if any(shape.fullmatch(word) for shape in SHAPES) and _stem(plain(word)) not in _field():
            yield word


def _mark(name: str) -> str:
    """A name as a mark: a stem, so that a codename meets the same word written plainly; a CVE id whole."""
    return plain(name) if CVE.fullmatch(name) else _stem(plain(name))


def _words(text: str) -> set[str]:
    """The stems of the words that are not every headline's; of Han text, its shingles."""
    found = {plain(word.replace("\u2019", "'").split("'")[0]) for word in WORD.findall(HAN.sub(" ", text))}
    stems = {_stem(word) for word in found if SHORTEST <= len(word) < LONGEST}
    kept = {stem for stem in stems - _field() if not stem.isdigit() or YEAR.fullmatch(stem)}
    return kept | _shingles(text) if HAN.search(text) else kept


def _shingles(text: str) -> set[str]:
    runs = HAN.findall(_field_han().sub(" ", text))
    return {run[at : at + SHINGLE] for run in runs for at in range(len(run) - SHINGLE + 1)}


def _stem(word: str) -> str:
    """The first letters of a word, without a plural's s."""
    return (word[:-1] if len(word) > SHORTEST and word.endswith("s") and not word.endswith("ss") else word)[:STEM]


@cache
def _field() -> frozenset[str]:
    """Stems that every such headline has."""
    return frozenset(_stem(plain(word)) for word in _field_words())


@cache
def _field_han() -> re.Pattern[str]:
    """Any of the field's words in Han script."""
    return re.compile("|".join(word for word in _field_words() if HAN.match(word)))


def _field_words() -> list[str]:
    lines = gazetteer.read("field_words.txt").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]
