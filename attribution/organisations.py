"""Named victims that are no states: the bodies, companies and offices a sentence names as hit."""

from collections.abc import Iterable, Iterator

from attribution.marks import Clause, Named
from attribution.names import Sort

# An organisation's name has so many words and letters.
MOST_WORDS = 8
SHORTEST_NAME = 4
# Small words and the possessive within names: "Organisation for the Prohibition of", "Children's Hospital".
# fmt: off
WITHIN_NAMES = frozenset([
    "of", "for", "the", "s", "de", "du", "des", "la", "le", "für", "der", "di", "del", "della", "van", "voor", "og",
])
# fmt: on
NAME_BREAKS = frozenset(',;:()[]—–!?\n"“”„«»。，、；：（）「」')
# Capitalised words that name nobody.
# fmt: off
NO_NAMES = frozenset([
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "west", "western",
    "european", "eastern", "members", "members of parliament", "parliament", "congress", "government", "state",
    "allies", "alliance", "internet",
])
# fmt: on
# Signs of words that are no organisation: hackers, and the makers of what was broken into.
NO_ORGANISATION = ("actor", "vendor", "product", "act")
# Bodies and agencies may be hit; unions of states are no organisations of theirs.
BODIES = frozenset({Sort.BODY, Sort.AGENCY})
STATELIKE = frozenset({"EU", "UN", "NATO"})


def organisations_in(clauses: Iterable[Clause], accused: frozenset[str]) -> tuple[str, ...]:
    """Named victims that are no states, of the first of these sentences that has any: bodies and capitalised words
    right behind "against", "hack of" and the like. Titles are left out: there every word is capitalised."""
    for clause in clauses:
        if not clause.sentence.title and (found := list(_organisations(clause, accused))):
            return tuple(dict.fromkeys(found))
    return ()


def _organisations(clause: Clause, accused: frozenset[str]) -> Iterator[str]:
    bodies = {one.first: one for one in clause.named if _is_body(one, accused)}
    taken = {at for one in clause.named if one.first not in bodies for at in range(one.first, one.last + 1)}
    others = {cue.first for cue in clause.of(*NO_ORGANISATION)}
    for cue in clause.of("against"):
        at: int | None = cue.last + 1
        while at is not None:
            at = _skip(clause, at)
            body = bodies.get(at)
            last = body.last if body else _last_capital(clause, at, taken)
            if last is None or at in others:
                break
            name = body.name.words if body else clause.words(at, last)
            if len(name) >= SHORTEST_NAME and name.casefold() not in NO_NAMES:
                yield name
            at = _next_of_list(clause, last)


def _is_body(named: Named, accused: frozenset[str]) -> bool:
    return named.name.sort in BODIES and named.name.id not in STATELIKE and accused.isdisjoint(named.name.states)


def _skip(clause: Clause, at: int) -> int:
    """Past an article: "against the World Anti-Doping Agency"."""
    articles = {cue.last for cue in clause.of("determiner") if cue.first == cue.last}
    return at + 1 if at in articles else at


def _last_capital(clause: Clause, first: int, taken: set[int]) -> int | None:
    """The last word of a capitalised name, None where none begins: small words may stand within, marks may not."""
    last = None
    for at in range(first, min(len(clause.tokens), first + MOST_WORDS)):
        if at > first and not NAME_BREAKS.isdisjoint(clause.between(at - 1, at)):
            break
        if clause.words(at, at)[:1].isupper():
            last = at
        elif last is None or clause.tokens[at].word not in WITHIN_NAMES:
            break
    return None if last is None or last in taken else last


def _next_of_list(clause: Clause, last: int) -> int | None:
    """Where the next name of a list begins: behind a comma, an "and", or both."""
    at = last + 1
    if at >= len(clause.tokens):
        return None
    comma = clause.between(last, at).strip() == ","
    joined = any(cue.first == at for cue in clause.of("lists"))
    return at + joined if comma or joined else None
