"""One sentence with everything known about it marked: the names, the cues, and what each name is the head of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from attribution.names import Form, Name, Sort, find
from attribution.phrases import Book, Cue
from attribution.sentences import Sentence, Token, tokens_of

# How many words after a name may belong to its phrase: "Russian General Staff Main Intelligence Directorate hackers".
REACH = 7
# Signs that end a name's phrase when they begin with a word that is no noun of the phrase.
VERBS = frozenset({"speaks", "warns", "blames", "acted", "by_after", "by_before", "ties_to", "denies"})
NOUNS = frozenset({"actor", "act", "tie", "body", "service", "national", "organ", "joined"})
BREAKS = frozenset(',;:()[]—!?\n"“”„«»。，、；：（）「」')


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a sentence. `head`: the signs its own phrase holds ("Russian military hackers" -> tie, actor);
    `reach`: the last word of that phrase; `owns`: a possessive; `before`: signs of the two words before it."""

    name: Name
    first: int
    last: int
    reach: int
    head: frozenset[str]
    before: frozenset[str]
    owns: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence, its words, and what stands in it, in order."""

    sentence: Sentence
    tokens: tuple[Token, ...]
    cues: tuple[Cue, ...]
    named: tuple[Named, ...]
    signs: frozenset[str]

    def has(self, *signs: str) -> bool:
        """Whether any of these signs stands in the sentence."""
        return not self.signs.isdisjoint(signs)

    def of(self, *signs: str) -> list[Cue]:
        """The cues of these signs, in order."""
        return [cue for cue in self.cues if cue.sign in signs]

    def between(self, first: int, last: int) -> str:
        """The text between two words."""
        return self.sentence.text[self.tokens[first].end : self.tokens[last].start]

    def words(self, first: int, last: int) -> str:
        """The text from one word to another, both included."""
        return self.sentence.text[self.tokens[first].start : self.tokens[last].end]


def clause_of(sentence: Sentence, book: Book, language: str | None, speaker: str | None) -> Clause:
    """The sentence marked with the names and the cues of a phrase book."""
    tokens = tokens_of(sentence.text)
    cues = book.cues(tokens)
    names = find(sentence.text, language, speaker)
    named = tuple(_named(sentence, tokens, cues, names, book))
    return Clause(sentence, tokens, cues, named, frozenset(cue.sign for cue in cues))


def _named(
    sentence: Sentence, tokens: Sequence[Token], cues: Sequence[Cue], names: Sequence[Name], book: Book
) -> Iterable[Named]:
    starts = _by_first(cues)
    places = [_place(tokens, name) for name in names]
    taken = {place[0] for place, name in zip(places, names, strict=True) if place and name.sort is not Sort.GROUP}
    for name, place in zip(names, places, strict=True):
        if place is None:
            continue
        first, last = place
        reach, head = _phrase(sentence.text, tokens, starts, last, taken, book)
        before = {
            cue.sign for at in range(max(0, first - 4), first) for cue in starts.get(at, ()) if cue.last >= first - 2
        }
        yield Named(name, first, last, reach, head, frozenset(before), _owns(sentence.text, tokens, last))


def _by_first(cues: Sequence[Cue]) -> dict[int, list[Cue]]:
    starts: dict[int, list[Cue]] = {}
    for cue in cues:
        starts.setdefault(cue.first, []).append(cue)
    return starts


def _place(tokens: Sequence[Token], name: Name) -> tuple[int, int] | None:
    inside = [k for k, token in enumerate(tokens) if token.start < name.end and token.end > name.start]
    return (inside[0], inside[-1]) if inside else None


def _owns(text: str, tokens: Sequence[Token], last: int) -> bool:
    return text[tokens[last].end : tokens[last].end + 2] in ("'s", "’s") or text[
        tokens[last].end - 2 : tokens[last].end
    ] in ("'s", "’s")


def _phrase(
    text: str, tokens: Sequence[Token], starts: dict[int, list[Cue]], last: int, taken: set[int], book: Book
) -> tuple[int, frozenset[str]]:
    """How far a name's own phrase goes, and the signs in it."""
    head: set[str] = set()
    reach = last
    covered = last
    for at in range(last + 1, min(len(tokens), last + 1 + REACH)):
        gap = text[tokens[at - 1].end : tokens[at].start]
        here = starts.get(at, ())
        nouns = [cue for cue in here if cue.sign in NOUNS and (cue.sign != "joined" or gap in ("-", "‑", "–"))]
        if at in taken or (at > covered and _ends_phrase(gap, tokens[at].word, here, nouns, book)):
            break
        head.update("tie" if cue.sign == "joined" else cue.sign for cue in nouns)
        covered = max([covered, *(cue.last for cue in nouns)])
        reach = at
    return reach, frozenset(head)


def _ends_phrase(gap: str, word: str, here: Sequence[Cue], nouns: Sequence[Cue], book: Book) -> bool:
    if not BREAKS.isdisjoint(gap) or word in book.stops:
        return True
    return not nouns and any(cue.sign in VERBS for cue in here)


def is_state(named: Named) -> bool:
    """Whether the name is a state's own, in whatever form."""
    return named.name.sort is Sort.STATE


def is_plain_noun(named: Named) -> bool:
    """Whether the name stands for the state itself: "Russia", "Moscow"; not "Russian"."""
    return named.name.form not in (Form.ADJECTIVE, Form.PEOPLE)
