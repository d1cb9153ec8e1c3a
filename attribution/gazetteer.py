"""The tables in attribution/data as one index from words to whatever they may name."""

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

CJK = "\u1100-\u11ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
# A token is a run of letters, a run of digits, or one character of a script written without spaces:
# so "APT28", "APT-28" and "APT 28" are the same two tokens, and Chinese is found by the same walk as English.
TOKEN = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]+|\d+")
TOKEN_WITH_MARKS = re.compile(rf"[{CJK}]|(?:[^\W\d_{CJK}][\u0300-\u036f]*)+|\d+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
ANY_LANGUAGE = "*"
GENITIVE_S = frozenset({"da", "de", "no", "sv"})  # Russlands, Rysslands: the noun takes an s and no apostrophe


class Sort(StrEnum):
    """What kind of thing a name names."""

    STATE = "state"
    BODY = "body"
    ALLIANCE = "alliance"
    AGENCY = "agency"
    GROUP = "group"


class Form(StrEnum):
    """How it was named: "Russia", "Russian", "Russians", "Moscow", or any other name of it."""

    NOUN = "noun"
    ADJECTIVE = "adjective"
    PEOPLE = "people"
    METONYM = "metonym"
    ALIAS = "alias"


class Case(StrEnum):
    """How far a text's capitals must agree with the table's. WORDS: where the table has one, the text needs one."""

    ANY = "any"
    WORDS = "words"
    EXACT = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A hacking group, persona or front company. `home`: the state it is usually ascribed to, `source`: by whom."""

    id: str
    label: str
    aliases: tuple[str, ...]
    home: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that can be named. `sort` None: words that hide the name within them ("New Mexico")."""

    sort: Sort | None
    id: str
    states: tuple[str, ...] = ()
    home: str | None = None
    form: Form = Form.NOUN
    languages: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One way to write an entry. `hinted`: only where speaker, language or neighbour point to it; `plain`: an
    ordinary word besides, a name only beside a cue."""

    entry: Entry
    words: str
    case: Case
    hinted: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """`phrases`: folded tokens, joined by spaces, to their spellings. `lengths`: the first token of each phrase to
    the numbers of tokens worth trying, longest first: what keeps a walk over a text linear."""

    phrases: dict[str, tuple[Spelling, ...]]
    lengths: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A context in which words are not the name: what stands before or after them."""

    before: re.Pattern[str] | None
    after: re.Pattern[str] | None


def tokens(text: str) -> Iterator[re.Match[str]]:
    """The tokens of a text, in order; letters with combining marks stay whole."""
    return (TOKEN if unicodedata.is_normalized("NFC", text) else TOKEN_WITH_MARKS).finditer(text)


def bare(word: str) -> str:
    """A word without compatibility forms and, in Latin script, without accents; its case is kept."""
    if word.isascii():
        return word
    word = unicodedata.normalize("NFKC", word)
    if "\u0370" <= word[:1] < "\u1e00":  # Greek, Cyrillic and the like: there й is no и with an ornament
        return word
    parts = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not "\u0300" <= c <= "\u036f"))


def fold(word: str) -> str:
    """A token as the index knows it."""
    return bare(word).casefold()


def key(words: str) -> str:
    """A phrase as the index knows it."""
    return " ".join(fold(match[0]) for match in tokens(words))


def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table of this package: tab-separated, lines beginning with "#" are its provenance."""
    lines = [line for line in read(name).splitlines() if line and not line.startswith("#")]
    columns = lines[0].split("\t")
    return tuple(dict(itertools.zip_longest(columns, line.split("\t"), fillvalue="")) for line in lines[1:])


def read(name: str) -> str:
    """A file of attribution/data."""
    return resources.files("attribution").joinpath("data", name).read_text("utf-8")


def listed(cell: str) -> tuple[str, ...]:
    """The names of a table's cell."""
    return tuple(part for part in cell.split("|") if part)


@cache
def endings() -> dict[tuple[str, str], tuple[str, ...]]:
    """(language, ending) to all endings of its class."""
    return {
        (row["language"], row["ending"]): tuple(form.replace("-", "") for form in row["forms"].split())
        for row in rows("inflections.tsv")
    }


def inflected(words: str, language: str) -> Iterator[str]:
    """Every form of a table's name: "Росси~я" gives Россия, России, ... ; a name without "~" gives itself."""
    yield from ("".join(parts) for parts in itertools.product(*_choices(words, language)))


def _choices(words: str, language: str) -> Iterator[tuple[str, ...]]:
    for word in re.split(r"( )", words):
        stem, mark, ending = word.partition("~")
        yield tuple(stem + form for form in endings()[language, ending or "-"]) if mark else (word,)


def _case(entry: Entry, words: str) -> Case:
    if entry.sort is Sort.GROUP:
        return _group_case(words)
    if entry.languages == frozenset({"vi"}):  # without its accents a Vietnamese name is another word: Mỹ, my
        return Case.EXACT
    return Case.ANY if words.islower() else Case.WORDS


def _group_case(words: str) -> Case:
    if any(c.isdigit() for c in words) or " " in words:
        return Case.ANY
    return Case.EXACT if len(words) <= 4 else Case.WORDS


def _spelled(entry: Entry, cell: str, language: str) -> Iterator[Spelling]:
    for marked in listed(cell):
        words = marked.removeprefix("?")
        for form in inflected(words, language):
            yield Spelling(entry=entry, words=form, case=_case(entry, words), hinted=marked.startswith("?"))
        if language in GENITIVE_S and entry.form is Form.NOUN and words[-1] not in "sxzß~":
            yield Spelling(entry=entry, words=words + "s", case=_case(entry, words))


def _languages(cell: str) -> frozenset[str] | None:
    return None if cell in ("", ANY_LANGUAGE) else frozenset(cell.split())


def _states() -> Iterator[Spelling]:
    for row in (*rows("territories.tsv"), *rows("states.tsv")):
        entry = Entry(
            sort=None if row["code"] == "-" else Sort.STATE,
            id=row["code"],
            states=() if row["code"] == "-" else (row["code"],),
            form=Form(row.get("form") or Form.NOUN),
            languages=_languages(row["language"]),
        )
        yield from _spelled(entry, row["words"], row["language"].split()[0])


def _organs() -> Iterator[Spelling]:
    for row in rows("organs.tsv"):
        entry = Entry(
            sort=Sort(row["sort"]),
            id=row["id"],
            states=tuple(row["states"].split()),
            form=Form(row["form"] or Form.NOUN),
            languages=_languages("" if row["language"] == "en" else row["language"]),
        )
        yield from _spelled(entry, row["words"], row["language"])


def _groups() -> Iterator[Spelling]:
    ordinary = frozenset(row["words"] for row in rows("plain.tsv"))
    for group in groups().values():
        entry = Entry(sort=Sort.GROUP, id=group.id, home=group.home, form=Form.ALIAS)
        for alias in group.aliases:
            plain = alias in ordinary
            case = Case.EXACT if plain else _case(entry, alias)
            spellings = {alias} if plain else _variants(alias)
            yield from (Spelling(entry=entry, words=words, case=case, plain=plain) for words in sorted(spellings))


def _variants(alias: str) -> set[str]:
    """FancyBear is written Fancy Bear, and the reverse; short halves would make words of their own."""
    joined = alias.replace(" ", "")
    split = CAMEL.sub(" ", alias)
    parts = split.split()
    return {alias, *((joined, split) if len(parts) > 1 and all(len(part) > 2 for part in parts) else ())}


@cache
def groups() -> dict[str, Group]:
    """Every group by id: the derived table, then ours, whose aliases win and whose rows add to groups of their id."""
    ours = {row["id"]: row for row in rows("groups-ours.tsv")}
    settled = {key(alias): row["id"] for row in ours.values() for alias in (row["label"], *listed(row["aliases"]))}
    derived = {row["id"]: row for row in rows("groups.tsv")}
    found = (_group(derived.get(name), ours.get(name), settled) for name in {**derived, **ours})
    return {group.id: group for group in found if group.aliases and group.id != "-"}


def _group(derived: dict[str, str] | None, own: dict[str, str] | None, settled: dict[str, str]) -> Group:
    row = own or derived or {}
    theirs = (derived["label"], *listed(derived["aliases"])) if derived else ()
    mine = (own["label"], *listed(own["aliases"])) if own else ()
    kept = tuple(alias for alias in theirs if settled.get(key(alias), row["id"]) == row["id"])
    return Group(
        id=row["id"],
        label=row["label"] or (derived["label"] if derived else row["id"]),
        aliases=tuple(dict.fromkeys(alias for alias in (*mine, *kept) if alias)),
        home=row["home"] or (derived["home"] if derived else "") or None,
        source=(own["source"] if own else "") or "MISP galaxy",
    )


@cache
def index() -> Index:
    """The index over all tables, built once."""
    phrases: dict[str, list[Spelling]] = defaultdict(list)
    lengths: dict[str, set[int]] = defaultdict(set)
    for spelling in _unique(itertools.chain(_states(), _organs(), _groups())):
        words = key(spelling.words)
        phrases[words].append(spelling)
        lengths[words.split(" ", 1)[0]].add(words.count(" ") + 1)
    return Index(
        phrases={words: tuple(found) for words, found in phrases.items()},
        lengths={first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()},
    )


def _unique(spellings: Iterable[Spelling]) -> Iterator[Spelling]:
    seen = set()
    for spelling in spellings:
        mark = (spelling.entry.sort, spelling.entry.id, spelling.entry.form, spelling.entry.languages, spelling.words)
        if mark not in seen:
            seen.add(mark)
            yield spelling


@cache
def traps() -> dict[str, Trap]:
    """Folded words to the contexts in which they are not the name."""
    return {
        key(row["words"]): Trap(before=_pattern(row["before"]), after=_pattern(row["after"]))
        for row in rows("traps.tsv")
    }


def _pattern(cell: str) -> re.Pattern[str] | None:
    return re.compile(cell) if cell else None


@cache
def labels() -> dict[str, str]:
    """Ids of states, bodies, alliances and agencies to the names shown."""
    states = {row["code"]: listed(row["words"])[0] for row in rows("territories.tsv") if row["language"] == "en"}
    organs = {row["id"]: row["label"] for row in rows("organs.tsv") if row["label"]}
    return {**states, **organs, **{row["id"]: row["label"] for row in rows("labels.tsv")}}
