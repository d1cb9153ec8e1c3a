"""One sentence with everything known about it marked: the names, the cues, and what each name is the head of."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from attribution.names import Form, Name, Sort, find
from attribution.phrases import Book, Cue
from attribution.sentences import Sentence, Token, tokens_of

# How many words after a name may belong to its phrase: "Russian General Staff Main Intelligence Directorate hackers".
REACH = 7
# Words before a name that are looked at: "state-sponsored Iranian", "targeting the Estonian".
BEFORE = 3
# Words between the "against" of a sanction and the service whose people it is on.
MEASURE_REACH = 5
# Characters a word has where none are spaced, about.
UNSPACED_WORD = 2
# Signs that end a name's phrase when they begin with a word that is no noun of the phrase.
# The verbs by which a government takes the floor.
SAYING = frozenset({"blames", "charges", "expels", "sanctions", "speaks", "ties_to", "warns"})
VERBS = frozenset(
    {
        "speaks",
        "warns",
        "blames",
        "acted",
        "by_after",
        "by_before",
        "ties_to",
        "denies",
        "charges",
        "sanctions",
        "expels",
        "disrupts",
    }
)
# What ends a name's phrase, too, but not a list: "staatliche chinesische Stellen verantwortlich".
PREDICATES = frozenset({"answers", "laid"})
NOUNS = frozenset({"actor", "act", "tie", "body", "service", "national", "organ", "joined", "firm", "victim", "crime"})
BREAKS = frozenset(',;:()[]—–!?\n"“”„«»。，、；：（）「」')
# Longer phrases whose parts mean something else: a "denial of service" denies nothing, "the strongest possible terms"
# are no hypothesis.
SHADOWS = {
    "by_before": {"blames"},
    "cyber": {"denies"},
    "firmly": {"perhaps"},
    "idiom": {"national", "act", "perhaps", "actor"},
}
# Services that governments accuse most: military intelligence and the like. The name beside an accusing word is the
# accusation. Others (NSA, CIA) stand in lists of authors as often, and must be in the accused's place.
OFFENSIVE = ("gru", "fsb", "svr", "ris", "mss", "pla", "irgc", "mois", "rgb", "icefcom")
# Firms that spread propaganda and break into nothing: their name is no cyber word.
INFLUENCE = frozenset({"social-design-agency", "internet-research-agency"})
APART = frozenset(",:;")
OWNING = frozenset({"", "'", "’", ".", "(", "（"})
ORGAN_OF = "organ_of:"
HYPHENS = frozenset("-‐‑–")
# What is no verb behind a hyphen: "Iran-linked", "Kremlin-backed", "newly-named" accuse by their name alone.
UNHYPHENED = frozenset({"blames", "ties_to", "ties_with", "speaks", "sanctions"})
# Services that do nothing but break into networks: their name is a cyber word.
# fmt: off
CYBER_SERVICES = frozenset([
    "gru-26165", "gru-74455", "gru-29155", "fsb-16", "fsb-18", "pla-61398", "pla-61419", "pla-61486", "pla-78020",
    "pla-69010", "tao", "tao-cn", "icefcom", "unit-8200", "irgc-cec", "rgb-3", "cyber-command-us", "mss-hubei",
    "mss-hainan", "mss-jiangsu", "mss-guangdong", "mss-shanghai",
])
# fmt: on


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a sentence. `head`: the signs its own phrase holds ("Russian military hackers" -> tie, actor);
    `reach`: the last word of that phrase; `before`: the signs that end just before it; `owns`: a possessive; `alien`:
    a service that governments accuse, in another government's own publication: there it never speaks."""

    name: Name
    first: int
    last: int
    reach: int
    head: frozenset[str]
    before: frozenset[str]
    owns: bool
    alien: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence, its words, and what stands in it, in order."""

    sentence: Sentence
    tokens: tuple[Token, ...]
    cues: tuple[Cue, ...]
    named: tuple[Named, ...]
    signs: frozenset[str]
    wide: int = 1
    verb_final: bool = False

    def has(self, *signs: str) -> bool:
        """Whether any of these signs stands in the sentence."""
        return not self.signs.isdisjoint(signs)

    def of(self, *signs: str) -> list[Cue]:
        """The cues of these signs, in order."""
        if self.signs.isdisjoint(signs):
            return []
        return [cue for cue in self.cues if cue.sign in signs]

    def between(self, first: int, last: int) -> str:
        """The text between two words."""
        return self.sentence.text[self.tokens[first].end : self.tokens[last].start]

    def words(self, first: int, last: int) -> str:
        """The text from one word to another, both included."""
        return self.sentence.text[self.tokens[first].start : self.tokens[last].end]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A name and the words it covers, with an acronym in brackets behind it where there is one."""

    name: Name
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence with its cues alone: half the work, and enough to see that a post is about something else."""

    sentence: Sentence
    tokens: tuple[Token, ...]
    cues: tuple[Cue, ...]


def words_of(sentence: Sentence, book: Book) -> Words:
    """The sentence's words and the cues of a phrase book in them."""
    tokens = tokens_of(sentence.text)
    return Words(sentence, tokens, book.cues(tokens))


def clause_of(words: Words, book: Book, language: str | None, speaker: str | None) -> Clause:
    """The sentence marked with the names in it, too."""
    sentence, tokens = words.sentence, words.tokens
    names = (*_unbroken(words, find(sentence.text, language, speaker)), *_organs(words))
    spots = list(_spots(sentence.text, tokens, _apart(names)))
    cues = tuple(_severed(_held(_outside(words.cues, spots, sentence.text, tokens)), spots))
    wide = _wide(tokens)
    named = tuple(_as_seen_by(speaker, one) for one in _named(sentence.text, tokens, cues, spots, book, wide))
    signs = {cue.sign for cue in cues}
    if any(_is_cyber_name(spot.name) for spot in spots):
        signs.add("cyber")
    return Clause(sentence, tokens, cues, named, frozenset(signs), wide, book.verb_final)


def _unbroken(words: Words, names: Sequence[Name]) -> list[Name]:
    """The names that do not begin within a longer phrase: no "Security Council" in a "National Security Council"."""
    idioms = [
        (words.tokens[cue.first].end, words.tokens[cue.last].end)
        for cue in words.cues
        if cue.sign == "idiom" and cue.last > cue.first
    ]
    return [name for name in names if not any(start < name.start < end for start, end in idioms)]


def _is_cyber_name(name: Name) -> bool:
    return (name.sort is Sort.GROUP and name.id not in INFLUENCE) or name.id in CYBER_SERVICES


def _as_seen_by(speaker: str | None, named: Named) -> Named:
    alien = speaker is not None and is_offensive(named) and speaker not in named.name.states
    return replace(named, alien=True) if alien else named


def _wide(tokens: Sequence[Token]) -> int:
    """How many tokens a word has: in scripts without spaces each character is one."""
    return UNSPACED_WORD if sum(token.word > "\u3000" for token in tokens) * 2 > len(tokens) else 1


def _organs(words: Words) -> Iterator[Name]:
    """Organs that a language's press names without their state: "a federal grand jury" is American."""
    for cue in words.cues:
        if cue.sign.startswith(ORGAN_OF):
            start, end = words.tokens[cue.first].start, words.tokens[cue.last].end
            spelled = words.sentence.text[start:end]
            yield Name(
                sort=Sort.AGENCY, id=spelled.casefold(), label=spelled, states=(cue.sign.removeprefix(ORGAN_OF),),
                home=None, form=Form.METONYM, words=spelled, start=start, end=end,
            )  # fmt: skip


def _apart(names: Sequence[Name]) -> list[Name]:
    """Names in order, none overlapping; of two that do, the one given first."""
    kept: list[Name] = []
    for name in names:
        if all(name.end <= other.start or other.end <= name.start for other in kept):
            kept.append(name)
    return sorted(kept, key=lambda name: name.start)


def _spots(text: str, tokens: Sequence[Token], names: Sequence[Name]) -> Iterator[_Spot]:
    """The names on their words; a state before its own organ, and a second name in brackets, belong to the other."""
    starts, ends = [token.start for token in tokens], [token.end for token in tokens]
    held: _Spot | None = None
    for name in names:
        first, last = bisect_right(ends, name.start), bisect_left(starts, name.end) - 1
        if first > last:
            continue
        spot = _Spot(name, first, last)
        joined = _joined(text, tokens, held, spot) if held else None
        if held and joined is None:
            yield held
        held = joined or spot
    if held is not None:
        yield held


def _joined(text: str, tokens: Sequence[Token], one: _Spot, two: _Spot) -> _Spot | None:
    """Two names as one where they name one thing, else None."""
    gap = text[tokens[one.last].end : tokens[two.first].start].strip()
    between = two.first - one.last - 1
    if one.name.sort is Sort.STATE and two.name.sort is Sort.AGENCY:
        direct = (between == 0 and gap in OWNING) or (between == 1 and gap.endswith("s") and len(gap) <= 3)
        if direct and one.name.id in two.name.states:
            return _Spot(two.name, one.first, two.last)
        # "Russian Secret Service": a name that several services bear is the named state's here.
        return one if direct and gap != "(" else None
    if one.name.id == two.name.id and between == 0 and gap in ("(", "（", "[") and one.name.sort is not Sort.GROUP:
        return _Spot(one.name, one.first, two.last)
    if (one.name.id, two.name.id) == ("CN", "TW") and between == 0 and not gap:
        return two  # Chinese releases write "China's Taiwan": the second is meant
    return None


def _outside(cues: Sequence[Cue], spots: Sequence[_Spot], text: str, tokens: Sequence[Token]) -> tuple[Cue, ...]:
    """The cues that do not lie within a name, and mean what they say where they stand."""
    named = {at for spot in spots for at in range(spot.first, spot.last + 1)}
    shadowed = {
        (at, sign) for cue in cues for sign in SHADOWS.get(cue.sign, ()) for at in range(cue.first, cue.last + 1)
    }
    return tuple(
        cue
        for cue in cues
        if not (cue.first in named and cue.last in named)
        and (cue.first, cue.sign) not in shadowed
        and not (cue.sign in UNHYPHENED and _is_hyphened(text, tokens, cue.first))
        and not (cue.sign == "perhaps" and text[tokens[cue.first].start : tokens[cue.last].end] == "May")
    )


def _held(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """ "Holds Iran responsible": the verb accuses, and none that holds a meeting does."""
    last = max((cue.first for cue in cues if cue.sign == "by_before"), default=-1)
    return tuple(Cue("blames", cue.first, cue.last) if cue.sign == "holds" and cue.last < last else cue for cue in cues)


def _severed(cues: Sequence[Cue], spots: Sequence[_Spot]) -> Iterator[Cue]:
    """ "Cuts Iran ties": the verb accuses, and the "ties" behind the name are no verb."""
    cut = {cue.last: cue for cue in cues if cue.sign == "severs"}
    between = {spot.last + 1: cut[spot.first - 1] for spot in spots if spot.first - 1 in cut}
    yield from (Cue("blames", verb.first, verb.last) for verb in between.values())
    yield from (cue for cue in cues if not (cue.first in between and cue.sign in ("blames", "ties_to")))


def _is_hyphened(text: str, tokens: Sequence[Token], at: int) -> bool:
    return at > 0 and text[tokens[at - 1].end : tokens[at].start] in HYPHENS


def _named(
    text: str, tokens: Sequence[Token], cues: Sequence[Cue], spots: Sequence[_Spot], book: Book, wide: int
) -> Iterator[Named]:
    starts: dict[int, list[Cue]] = {}
    ends: dict[int, list[Cue]] = {}
    for cue in cues:
        starts.setdefault(cue.first, []).append(cue)
        ends.setdefault(cue.last, []).append(cue)
    taken = {spot.first for spot in spots if spot.name.sort is not Sort.GROUP}
    previous: Named | None = None
    for spot in spots:
        reach, head = _phrase(text, tokens, starts, spot.last, taken, book, wide)
        before = _before(text, tokens, ends, spot.first, wide)
        if book.noun_first and spot.name.sort is Sort.STATE and not _is_relative(ends, spot.first):
            head |= before & NOUNS
        if previous and spot.first - previous.last == 1 and APART.isdisjoint(text[previous.name.end : spot.name.start]):
            before |= previous.before  # an office named after its parent stands where its parent stands
        elif previous and _listed(text, previous.name.end, spot, starts, previous.last):
            shared = {"against"} if _says_more(text, previous, spot, starts) else {"against", "by_after"}
            before |= previous.before & shared  # "against Germany, Czechia and Poland"
        previous = Named(spot.name, spot.first, spot.last, reach, head, before, _owns(text, tokens, spot.last))
        yield previous


def _says_more(text: str, previous: Named, spot: _Spot, starts: dict[int, list[Cue]]) -> bool:
    """ "An attack by Iran, and the United States condemns it": behind the comma somebody else begins to speak."""
    comma = text[previous.name.end : spot.name.start].lstrip().startswith((",", "，", "、"))
    after = spot.last + 1
    if any(cue.sign == "lists" for cue in starts.get(after, ())):  # "Iran, the US and allies say"
        after += 2
    return comma and any(cue.sign in SAYING for cue in starts.get(after, ()))


def _is_relative(ends: dict[int, list[Cue]], first: int) -> bool:
    """ "L'attacco che Tirana ...": the noun before is no part of the name's phrase."""
    return any(cue.sign == "relative" for at in (first - 1, first - 2) for cue in ends.get(at, ()))


def _listed(text: str, end: int, spot: _Spot, starts: dict[int, list[Cue]], last: int) -> bool:
    """Whether two names have a comma or an "and" and nothing else between them."""
    gap = text[end : spot.name.start].strip()
    words = range(last + 1, spot.first)
    joins = all(any(cue.sign in ("lists", "determiner") for cue in starts.get(at, ())) for at in words)
    return len(words) <= 2 and joins and (bool(words) or gap in (",", "、", "，"))


def _before(text: str, tokens: Sequence[Token], ends: dict[int, list[Cue]], first: int, wide: int) -> frozenset[str]:
    """The signs of the cues that end within a few words before a name, up to a comma, a figure or the like."""
    signs: set[str] = set()
    at, least = first - 1, max(-1, first - 1 - BEFORE * wide)
    while at > least:
        if not BREAKS.isdisjoint(text[tokens[at].end : tokens[at + 1].start]) or tokens[at].word.isdigit():
            break
        signs.update(cue.sign for cue in ends.get(at, ()))
        # "to the Government of Iran", "on the parliament of Norway": an organ's name stands where its state does.
        organs = [cue.first for cue in ends.get(at, ()) if cue.sign == "body"]
        if organs and at >= first - 2 * wide:
            least = max(-1, min(organs) - 1 - BEFORE * wide)
        at -= 1
    return frozenset(signs)


def _owns(text: str, tokens: Sequence[Token], last: int) -> bool:
    end = tokens[last].end
    return text[end : end + 2] in ("'s", "’s") or text[end - 2 : end] in ("'s", "’s")


def _phrase(
    text: str, tokens: Sequence[Token], starts: dict[int, list[Cue]], last: int, taken: set[int], book: Book, wide: int
) -> tuple[int, frozenset[str]]:
    """How far a name's own phrase goes, and the signs in it."""
    head: set[str] = set()
    reach = covered = last
    for at in range(last + 1, min(len(tokens), last + 1 + REACH * wide)):
        gap = text[tokens[at - 1].end : tokens[at].start]
        if at == last + 1:
            gap = gap.lstrip(")）")
        nouns = _nouns(starts.get(at, ()), gap, covered)
        if at in taken:
            break
        ends = at > covered and _ends_phrase(gap, tokens[at].word, starts.get(at, ()), nouns, book)
        if ends and not (head and _goes_on(starts, at)):
            break
        head.update("tie" if cue.sign == "joined" else cue.sign for cue in nouns)
        covered = max([covered, *(cue.last for cue in nouns)])
        reach = at
    return reach, frozenset(head)


def _goes_on(starts: dict[int, list[Cue]], at: int) -> bool:
    """ "Russia's technology companies and cyber actors": a second noun after an "and" is of the phrase, too."""
    if not any(cue.sign == "lists" for cue in starts.get(at, ())):
        return False
    return any(cue.sign in ("actor", "tie") for step in (1, 2) for cue in starts.get(at + step, ()))


def _nouns(here: Sequence[Cue], gap: str, covered: int) -> list[Cue]:
    """The nouns that begin at a word: the longest of them, none within a longer one before it."""
    nouns = [cue for cue in here if cue.sign in NOUNS and (cue.sign != "joined" or gap in HYPHENS)]
    longest = max((cue.last for cue in nouns), default=-1)
    return [cue for cue in nouns if cue.last == longest and cue.last >= covered]


def _ends_phrase(gap: str, word: str, here: Sequence[Cue], nouns: Sequence[Cue], book: Book) -> bool:
    if not BREAKS.isdisjoint(gap) or word in book.stops:
        return True
    return not nouns and any(cue.sign in VERBS or cue.sign in PREDICATES for cue in here)


def is_postposed(clause: Clause, named: Named, *signs: str) -> bool:
    """Whether one of these signs stands right behind a name, in a language that puts "by" and "against" there."""
    return clause.verb_final and any(0 < cue.first - named.last <= clause.wide for cue in clause.of(*signs))


def is_measure(clause: Clause, named: Named) -> bool:
    """ "Sanctions against three officers of the GRU": an "against" of law, not of an attack."""
    lawful = {cue.last + 1 for cue in clause.of("sanctions", "charges", "legal", "prosecutes")}
    near = [cue for cue in clause.of("against") if 0 < named.first - cue.last <= MEASURE_REACH]
    return bool(near) and all(cue.first in lawful for cue in near)


def is_offensive(named: Named) -> bool:
    """Whether the name is that of a service that governments accuse most."""
    return named.name.sort is Sort.AGENCY and named.name.id.startswith(OFFENSIVE)


def is_plain_noun(named: Named) -> bool:
    """Whether the name stands for the state itself: "Russia", "Moscow"; not "Russian"."""
    return named.name.form not in (Form.ADJECTIVE, Form.PEOPLE)
