"""Text -> the states, bodies, agencies and groups it names, with the very words."""

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from attribution import gazetteer
from attribution.gazetteer import Case, Form, Group, Sort, Spelling

__all__ = ["Form", "Group", "Name", "Sort", "find", "flag", "group", "label", "near", "state"]

Tokens = Sequence[re.Match[str]]

# What may stand between the tokens of one name: "U.S.", "APT-28", "Côte d'Ivoire", "NoName057(16)", "EE. UU.";
# but no paragraph's end and, after more than an abbreviation, no sentence's.
GAP = re.compile(
    r"(?!\s*\n\s*\n)(?:[\s\-\u2010-\u2015'’ʼ`“”\"·・/_&()]|[.:](?!\s)|(?<![^\W\d_]{3})\.\s){0,3}\Z",
)
GAP_WITH_COMMA = re.compile(r"[,\s\-'’&(]{0,3}\Z")  # "Foreign, Commonwealth & Development Office"
NOTHING = (1, None)
BESIDE_REACH = 3  # characters between a state's name and the service it settles: "Dutch NCSC", "Japan's NPA"
NOT_MEANT = 9  # beyond every rank of _settled
CONTEXT = 40  # characters of context a trap or a cue may lie in: bounded, so that a long text stays linear
CUE_BEFORE = re.compile(
    r"(?i:\b(?:groups?|actors?|hackers?|gang|apt|adversary|collective|persona|campaign|intrusion set|"
    r"known as|tracked as|tracks as|dubbed|called|named|aka|a\.k\.a\.?|alias|cluster)\b[^.!?\n]{0,24})$|[\"“„«'‘「『(]$"
)
CUE_AFTER = re.compile(
    r"(?i:^[\"”“»'’」』)]?,?\s*(?:\(?(?:apt|unc|ta|ta-)\d|(?:apt|hacking|hacker|threat|cyber|espionage|ransomware|state)?[\s-]*"
    r"(?:groups?|actors?|hackers?|gang|operators?|collective|crew|team|persona|campaign|hacktivists?)\b))|^[\"”»」』]"
)
BESIDE = re.compile(r"[\s,;/()\"'“”]*(?:and|or|aka|und|et|y|e|és|и|та|a|en|og|och)?[\s,;/()\"'“”]*")
# Speakers of a language whose services its bare acronyms mean where no publisher is known.
SPEAKING = {
    "cs": ("CZ",),
    "da": ("DK",),
    "de": ("DE", "AT", "CH"),
    "et": ("EE",),
    "fi": ("FI",),
    "fr": ("FR",),
    "it": ("IT",),
    "ja": ("JP",),
    "ko": ("KR",),
    "lt": ("LT",),
    "lv": ("LV",),
    "nl": ("NL",),
    "no": ("NO",),
    "pl": ("PL",),
    "sv": ("SE",),
    "uk": ("UA",),
}
SAME_LANGUAGE = {"nb": "no", "nn": "no"}
FLAGS = {"EU": "🇪🇺", "UN": "🇺🇳"}
LETTER_A, REGIONAL_A = ord("A"), 0x1F1E6
HANGUL, KATAKANA = re.compile(r"[\uac00-\ud7a3]"), re.compile(r"[\u30a1-\u30fa\u30fc]")
KOREAN_PREFIXES = "친반대주한미"  # pro-, anti-, towards, resident in: they stand before a state's name unspaced
SHORT_KATAKANA = 2  # タイ is Thailand and the beginning of half the dictionary: short names must be whole runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name in a text: `words == text[start:end]`.

    `id`: a state's ISO 3166-1 alpha-2 code, a body's code ("EU"), else a slug ("gru", "apt28"). `states`: the state
    itself, an alliance's members, the state or body whose organ an agency is, nothing for a group. `home`: the state
    a group is usually ascribed to, which is background and accuses nobody. `form`: how it was named.
    """

    sort: Sort
    id: str
    label: str
    states: tuple[str, ...]
    home: str | None
    form: Form
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hints:
    """What settles a name that several bear: the text's language, the publisher's state, a state named just before."""

    language: str | None
    speaker: str | None
    beside: str | None = None


def find(text: str, language: str | None = None, speaker: str | None = None) -> tuple[Name, ...]:
    """The names in a text, in order, none overlapping, the longest at each place; in time linear in its length.

    `language` (ISO 639-1) leaves out other languages' words, English apart; `speaker` (the publisher's state)
    settles acronyms that several states' services share, such as NCSC.
    """
    code = language.split("-")[0].lower() if language else None
    hints = _Hints(language=SAME_LANGUAGE.get(code or "", code), speaker=speaker)
    found = list(_walk(text, tuple(gazetteer.tokens(text)), hints))
    return tuple(name for name, _ in _cued(text, found))


def state(words: str) -> str | None:
    """The code of the state or body that has exactly this name, in any case and language: "uk" -> GB, "EU" -> EU."""
    if words.upper() in _codes():
        return words.upper()
    spellings = gazetteer.index().phrases.get(gazetteer.key(words), ())
    found = [s.entry.id for s in spellings if s.entry.sort in (Sort.STATE, Sort.BODY)]
    return found[0] if found else None


def group(words: str) -> Group | None:
    """The group that has this name or alias, in any case and spacing ("apt 28", "FancyBear")."""
    spellings = gazetteer.index().phrases.get(gazetteer.key(words), ())
    found = [s.entry.id for s in spellings if s.entry.sort is Sort.GROUP]
    return gazetteer.groups()[found[0]] if found else None


def near(words: str, sorts: Iterable[Sort] = (Sort.STATE, Sort.BODY), most: int = 3) -> tuple[str, ...]:
    """At most `most` right names close to a mistyped one, one of each thing, the closest first: what to suggest."""
    wanted = frozenset(sorts)
    known = {words.casefold(): (owner, words) for sort, owner, words in _shown() if sort in wanted}
    closest = [known[close] for close in difflib.get_close_matches(words.casefold(), known, most * 3)]
    first = dict(reversed(closest))
    return tuple(first[owner] for owner in dict.fromkeys(owner for owner, _ in closest))[:most]


def label(code: str) -> str:
    """The name to show for the id of a state, body, alliance, agency or group: "GB" -> "United Kingdom"."""
    known = gazetteer.groups().get(code)
    return gazetteer.labels().get(code) or (known.label if known else code)


def flag(code: str) -> str:
    """A state's flag as an emoji (regional indicators, Unicode TR51), the EU's and UN's; "" for any other."""
    if code in FLAGS or code not in _codes() or len(code) != 2:
        return FLAGS.get(code, "")
    return "".join(chr(REGIONAL_A + ord(letter) - LETTER_A) for letter in code)


@cache
def _codes() -> frozenset[str]:
    entries = (spelling.entry for found in gazetteer.index().phrases.values() for spelling in found)
    return frozenset(entry.id for entry in entries if entry.sort in (Sort.STATE, Sort.BODY))


@cache
def _shown() -> tuple[tuple[Sort, str, str], ...]:
    """(sort, id, words) of the English names fit to suggest: no adjectives, nothing that needs a hint."""
    spellings = itertools.chain.from_iterable(gazetteer.index().phrases.values())
    return tuple(
        (s.entry.sort, s.entry.id, s.words)
        for s in spellings
        if s.entry.sort
        and s.entry.form not in (Form.ADJECTIVE, Form.PEOPLE)
        and not s.hinted
        and (s.entry.languages is None or "en" in s.entry.languages)
    )


def _walk(text: str, tokens: Tokens, hints: _Hints) -> Iterator[tuple[Name, Spelling]]:
    """Names from left to right; plain words among them still want a cue."""
    folded = [gazetteer.fold(token[0]) for token in tokens]
    known = gazetteer.index().lengths
    at, last = 0, None
    while at < len(tokens):
        hinted = _with(hints, last, tokens[at].start())
        length, spelling = (folded[at] in known and _longest(text, tokens, folded, at, hinted)) or NOTHING
        if spelling is None:
            at += 1
            continue
        if spelling.entry.sort is not None:
            last = _name(text, tokens[at].start(), _closed(text, tokens[at : at + length], spelling), spelling)
            yield last, spelling
        at += length


def _closed(text: str, tokens: Tokens, spelling: Spelling) -> int:
    """Where a name ends: with the bracket that it opened, "NoName057(16)", and its last full stop, "U.S."."""
    start, end = tokens[0].start(), tokens[-1].end()
    opened = "(" in text[start:end] and ")" not in text[start:end]
    after = text[end : end + 1]
    return end + 1 if (opened and after == ")") or (after == "." and spelling.words.endswith(".")) else end


def _with(hints: _Hints, last: Name | None, start: int) -> _Hints:
    if last is None or last.sort is not Sort.STATE or not 0 < start - last.end <= BESIDE_REACH:
        return hints
    return _Hints(language=hints.language, speaker=hints.speaker, beside=last.id)


def _longest(text: str, tokens: Tokens, folded: Sequence[str], at: int, hints: _Hints) -> tuple[int, Spelling] | None:
    index = gazetteer.index()
    for length in index.lengths.get(folded[at], ()):
        found = index.phrases.get(" ".join(folded[at : at + length])) if at + length <= len(tokens) else None
        if found and _joined(text, tokens[at : at + length], found):
            chosen = _chosen(text, tokens[at : at + length], found, hints)
            if chosen:
                return length, chosen
    return None


def _joined(text: str, tokens: Tokens, found: Sequence[Spelling]) -> bool:
    gap = GAP_WITH_COMMA if any("," in spelling.words for spelling in found) else GAP
    return all(gap.match(text, one.end(), two.start()) for one, two in itertools.pairwise(tokens))


def _chosen(text: str, tokens: Tokens, found: Sequence[Spelling], hints: _Hints) -> Spelling | None:
    """The spelling meant here, None if the words name nothing."""
    if _trapped(text, tokens) or not _whole(text, tokens):
        return None
    fit = [s for s in found if _in_language(s, hints.language) and _in_case(text, tokens, s)]
    return min((s for s in fit if _settled(s, hints) < NOT_MEANT), key=lambda s: _settled(s, hints), default=None)


def _settled(spelling: Spelling, hints: _Hints) -> int:
    """How near a spelling is to what the hints say: 0 nearest, NOT_MEANT not at all."""
    states = spelling.entry.states
    if spelling.entry.sort is None:
        return 0
    if hints.beside in states and hints.beside:
        return 0
    if hints.speaker in states and hints.speaker:
        return 1
    if any(code in states for code in SPEAKING.get(hints.language or "", ())):
        return 2
    return NOT_MEANT if spelling.hinted else 3


def _in_language(spelling: Spelling, language: str | None) -> bool:
    languages = spelling.entry.languages
    if languages is None or "en" in languages:
        return True
    return language in languages if language else languages != frozenset({"vi"})


def _in_case(text: str, tokens: Tokens, spelling: Spelling) -> bool:
    if spelling.case is Case.ANY:
        return True
    written = [gazetteer.bare(token[0]) for token in tokens]
    if spelling.case is Case.EXACT:
        return text[tokens[0].start() : tokens[-1].end()] == spelling.words
    wanted = [gazetteer.bare(token[0]) for token in gazetteer.tokens(spelling.words)]
    return all(map(_capital, wanted, written)) and not _shouted(text, tokens, spelling)


def _capital(wanted: str, written: str) -> bool:
    if len(wanted) > 1 and wanted.isupper():
        return written.isupper()
    return written[:1].isupper() or not wanted[:1].isupper()


def _shouted(text: str, tokens: Tokens, spelling: Spelling) -> bool:
    """Among capitals alone ("CONTACT US TODAY") a two-letter acronym cannot be told from a word."""
    if not (len(spelling.words) == 2 and spelling.words.isascii() and spelling.words.isupper()):
        return False
    around = (
        text[max(0, tokens[0].start() - CONTEXT) : tokens[0].start()]
        + text[tokens[-1].end() : tokens[-1].end() + CONTEXT]
    )
    return sum(c.isupper() for c in around) > 8 and not any(c.islower() for c in around)


def _trapped(text: str, tokens: Tokens) -> bool:
    trap = gazetteer.traps().get(" ".join(gazetteer.fold(token[0]) for token in tokens))
    if trap is None:
        return False
    before = text[max(0, tokens[0].start() - CONTEXT) : tokens[0].start()]
    after = text[tokens[-1].end() : tokens[-1].end() + CONTEXT]
    return bool((trap.before and trap.before.search(before)) or (trap.after and trap.after.match(after)))


def _whole(text: str, tokens: Tokens) -> bool:
    """In scripts without spaces: a Korean name begins a word, a short katakana name is the whole run."""
    start, end = tokens[0].start(), tokens[-1].end()
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if HANGUL.match(text, start):
        return not HANGUL.match(before) or before in KOREAN_PREFIXES
    if KATAKANA.match(text, start):
        short = end - start <= SHORT_KATAKANA
        return not KATAKANA.match(before) and not (short and KATAKANA.match(after))
    return True


def _name(text: str, start: int, end: int, spelling: Spelling) -> Name:
    entry = spelling.entry
    assert entry.sort is not None
    return Name(
        sort=entry.sort,
        id=entry.id,
        label=label(entry.id),
        states=entry.states,
        home=entry.home,
        form=entry.form,
        words=text[start:end],
        start=start,
        end=end,
    )


def _cued(text: str, found: Sequence[tuple[Name, Spelling]]) -> Iterator[tuple[Name, Spelling]]:
    """Names without the plain words that no cue and no other group's name stands beside."""
    sure = [not spelling.plain or _has_cue(text, name) for name, spelling in found]
    for at, (name, spelling) in enumerate(found):
        neighbours = [k for k in (at - 1, at + 1) if 0 <= k < len(found) and sure[k]]
        if sure[at] or any(_in_list(text, name, found[k][0]) for k in neighbours):
            sure[at] = True
            yield name, spelling


def _has_cue(text: str, name: Name) -> bool:
    before = text[max(0, name.start - CONTEXT) : name.start]
    return bool(CUE_BEFORE.search(before) or CUE_AFTER.search(text[name.end : name.end + CONTEXT]))


def _in_list(text: str, one: Name, two: Name) -> bool:
    first, second = sorted((one, two), key=lambda name: name.start)
    between = text[first.end : second.start]
    return two.sort is Sort.GROUP and len(between) <= CONTEXT and BESIDE.fullmatch(between) is not None
