"""Who speaks in one sentence: governments by name, and whether a vendor or an unnamed source does."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from attribution.marks import BREAKS, VERBS, Clause, Named, is_offensive, is_plain_noun, is_postposed
from attribution.names import Form, Sort
from attribution.phrases import Cue

# Verbs whose subject speaks for itself.
SPEAKING = ("speaks", "warns", "blames", "ties_to", "charges", "sanctions", "expels", "disrupts")
# Of these, the words that may be nouns too: after "the" or "new" they are ("the charges", "new sanctions").
NOUN_LIKE = frozenset({"charges", "sanctions", "warns", "speaks", "expels", "disrupts", "ties_to", "blames"})
TRANSITIVE = frozenset({"blames", "charges", "sanctions", "ties_to", "expels"})
# Distances in words, doubled where each character is a word.
SUBJECT_REACH = 18  # between a verb and its subject: an office, a name, an apposition
BESIDE_REACH = 4  # between a vendor and the government it publishes with
OBJECT_GAP = 2  # between a verb and its object: "blamed the Kremlin"
BY_REACH = 3  # between a participle and its "by"
RECIPIENT_REACH = 2  # between "aan China" and its verb
LIST_REACH = 10  # between two names of one list
UNSPACED_LIST_REACH = 8  # the same, in characters, where they are words
INVERTED_REACH = 14  # "said Jane Doe, deputy director of the FBI"
GOVERNMENTS = frozenset({Sort.STATE, Sort.BODY, Sort.ALLIANCE, Sort.AGENCY})
QUOTES = frozenset('"“”„«»《》')
POSSESSIVES = frozenset({"'s", "’s", "s'", "s’"})  # "the ASD's ACSC"
CONNECTS = frozenset(",;&(/、，；和与及")
# Organisations that are hit, and have no say on who did it.
MUTE = frozenset({"ICC", "OPCW", "WADA"})
# The signs of whoever else may speak.
OTHERS = ("vendor", "anonymous", "press", "legislator", "private", "anaphor")


@dataclass(frozen=True, slots=True)
class Speech:
    """Who speaks in a sentence: governments by name, and the signs of whoever else does (a vendor, "the agency")."""

    by: tuple[Named, ...] = ()
    others: frozenset[str] = frozenset()


def codes_of(names: Iterable[Named]) -> frozenset[str]:
    """The states and bodies that names speak for."""
    return frozenset(code for named in names for code in named.name.states)


def speech_of(clause: Clause) -> Speech:
    """Who speaks in the sentence."""
    if clause.has("unnamed"):
        return Speech((), frozenset({"anonymous"}))
    if opener := _other_before_colon(clause):
        return Speech((), frozenset({opener.sign}))
    found = list(_voices(clause))
    by = {one.first: one for one in found if isinstance(one, Named)}
    if not by:
        by = {named.first: named for named in _inverted(clause)}
    by = _without_foes(_with_company(clause, by))
    others = frozenset(one.sign for one in found if isinstance(one, Cue))
    return Speech(tuple(by[first] for first in sorted(by)), others)


def _voices(clause: Clause) -> Iterator[Named | Cue]:
    """Whoever is the subject of a verb of speaking, the author of what is said, or stands before a colon."""
    for cue in _speaking(clause):
        yield from _subjects(clause, cue)
    for cue in clause.of("authored", "joins"):
        yield from _after_list(clause, cue.last)
    for cue in clause.of("speaks"):
        if (by := _published_by(clause, cue)) is not None:
            yield from _after_list(clause, by)
    for cue in clause.of("allegations"):
        yield from _alleging(clause, cue)
    yield from _before_colon(clause)


def _with_company(clause: Clause, by: dict[int, Named]) -> dict[int, Named]:
    """The speakers, and who speaks together with them."""
    for cue in clause.of("together"):
        by = by | {named.first: named for named in _together(clause, cue, by)}
    if clause.has("joint") and (by or clause.has("advises")):
        by = by | {named.first: named for named in clause.named if _could_join(clause, named)}
    return by


def _before_colon(clause: Clause) -> Iterator[Named]:
    """ "NCSC: Russia behind cyber attack", "UK and US: ...": who opens a sentence with a colon says the rest."""
    opening: list[Named] = []
    for named in clause.named:
        if not may_speak(named) or (not in_one_list(clause, opening[-1], named) if opening else named.first > 1):
            return
        opening.append(named)
        if named.reach + 1 < len(clause.tokens) and _is_colon(clause, named):
            yield from opening
            return


def _other_before_colon(clause: Clause) -> Cue | None:
    """ "Microsoft: Iranian hackers sanctioned by the US are behind it" is Microsoft's."""
    for cue in clause.of("vendor", "press"):
        if cue.first == 0 and cue.last + 1 < len(clause.tokens):
            return cue if clause.between(cue.last, cue.last + 1).strip().startswith((":", "：")) else None
    return None


def _without_foes(by: dict[int, Named]) -> dict[int, Named]:
    """No service that governments accuse speaks in one sentence with another state."""
    friends = codes_of(named for named in by.values() if not is_offensive(named))
    if not friends:
        return by
    return {
        first: named
        for first, named in by.items()
        if not is_offensive(named) or not friends.isdisjoint(named.name.states)
    }


def opens_with(clause: Clause, named: Named) -> bool:
    """Whether a sentence opens with a name and a colon."""
    return named.first <= 1 and named.reach + 1 < len(clause.tokens) and _is_colon(clause, named)


def _is_colon(clause: Clause, named: Named) -> bool:
    return clause.between(named.reach, named.reach + 1).strip().startswith((":", "："))


def _alleging(clause: Clause, cue: Cue) -> Iterator[Named]:
    for named in clause.named:
        if _alleges(clause, named, cue):
            yield from _list_before(clause, named)


def stood_by(clause: Clause) -> Iterator[Named]:
    """ "In solidarity with Czechia, which attributed it to China": whom one stands by has said so first."""
    if clause.has("support") and clause.has("ties_to", "laid", "tying"):
        yield from (named for named in clause.named if "support" in named.before and named.name.sort is Sort.STATE)


def _alleges(clause: Clause, named: Named, cue: Cue) -> bool:
    """ "Chinese allegations that ...", "Germany's accusations": the name right before the noun is the accuser's."""
    return 0 < cue.first - named.last <= 2 and BREAKS.isdisjoint(clause.between(named.last, cue.first))


def _speaking(clause: Clause) -> Iterator[Cue]:
    """The verbs of speaking; "the charges" and "new sanctions" are none, nor is "was charged"."""
    determiners = {cue.last for cue in clause.of("determiner", "own", "denies")}  # "rejects charges"
    passives = {cue.last for cue in clause.of("passive")}
    headline = {cue.first for cue in clause.of("headline")}
    behind = {cue.first for cue in clause.of("passive_after")}
    nouns = {cue.first for cue in clause.of("tie_nouns")}
    for cue in clause.of(*SPEAKING):
        if cue.sign in NOUN_LIKE and cue.first - 1 in determiners:
            continue
        if cue.sign in TRANSITIVE and (cue.first - 1 in passives or _is_participle(clause, cue, behind)):
            continue
        if cue.first in headline and not clause.sentence.title:
            continue
        if _is_infinitive(clause, cue) or cue.first in nouns or _published_by(clause, cue) is not None:
            continue
        yield cue


def _published_by(clause: Clause, cue: Cue) -> int | None:
    """The "by" of "a report released on Monday by the CVERC": behind it stands the author, before it the subject."""
    if cue.sign != "speaks" or not clause.tokens[cue.last].word.endswith("ed"):
        return None
    near = range(cue.last + 1, min(len(clause.tokens), cue.last + BY_REACH + 1))
    by = next((at for at in near if clause.tokens[at].word == "by"), None)
    if by is None or any(cue.last < named.first < by for named in clause.named):
        return None
    return None if any(laid.first <= by <= laid.last for laid in clause.of("by_after")) else by


def _is_infinitive(clause: Clause, cue: Cue) -> bool:
    """ "Efforts to hold Russia accountable": nobody says that now, but in headlines it is the future."""
    return cue.first > 0 and clause.tokens[cue.first - 1].word == "to" and not clause.sentence.title


def _is_participle(clause: Clause, cue: Cue, behind: set[int]) -> bool:
    """ "Officers indicted for hacking", in a headline: the participle is a passive without its "were"."""
    return clause.sentence.title and cue.last + 1 in behind and clause.tokens[cue.first].word.endswith("ed")


def may_speak(named: Named) -> bool:
    """Whether a name can be a speaker: a government, its body or an alliance, not its hackers or hospitals."""
    if named.name.sort not in GOVERNMENTS or named.alien or named.name.form is Form.PEOPLE or named.name.id in MUTE:
        return False
    if named.before & {"by_after", "within"} or {"firm", "national"} <= named.head:
        return False  # "U.S.-based intelligence firm"
    if named.head & {"actor", "national", "tie"} and not named.head & {"body", "service"}:
        return False
    if named.name.sort is not Sort.STATE:
        return "against" not in named.before
    if named.head & {"body", "service"}:
        return "actor" not in named.head and "against" not in named.before
    if "prep" in named.before and "body" not in named.before:
        return False
    return is_plain_noun(named) and not named.head & {"act", "organ"} and not is_object(named)


def is_object(named: Named) -> bool:
    """Whether a name stands behind "against", "to" and the like, and is no ministry "of" it."""
    return bool(named.before & {"against", "to"}) and "body" not in named.before


def _together(clause: Clause, cue: Cue, by: dict[int, Named]) -> Iterator[Named]:
    """ "Together with the US and the UK": they speak, too, unless it is the accused who acted together."""
    before = [named for named in clause.named if named.last < cue.first]
    if by and (not before or before[-1].first in by):
        yield from (one for one in _after_list(clause, cue.last) if isinstance(one, Named))


def _could_join(clause: Clause, named: Named) -> bool:
    before = clause.sentence.text[: named.name.start]
    if before.count("《") > before.count("》") or before.count("“") > before.count("”"):
        return False  # in the title of a report, or in what somebody says
    if named.before & {"against", "by_after", "to"} or not may_speak(named) or _is_behind_verb(clause, named):
        return False
    return named.name.sort is not Sort.STATE or "body" in named.head


def _is_behind_verb(clause: Clause, named: Named) -> bool:
    """ "Condemns the attack on the Albanian government": behind the verb and a preposition."""
    return "prep" in named.before and any(cue.last < named.first for cue in clause.of("blames", "acted"))


def _subjects(clause: Clause, cue: Cue) -> Iterator[Named | Cue]:
    """The names (or a vendor and the like) that are the subject of a verb: the nearest to its left, and its list."""
    if clause.verb_final:
        yield from _first_subject(clause, cue)
        return
    ends = {named.last: named for named in clause.named}
    # Where two end at one word the longer says who it is: "government experts" are no vendor's.
    longest_last = sorted(clause.of(*OTHERS), key=lambda other: -other.first)
    others = {other.last: other for other in longest_last if not _is_part(clause, other)}
    verbs = {verb.last for verb in clause.of("by_before", "acted") if verb.last < cue.first}
    for at in range(cue.first - 1, max(-1, cue.first - SUBJECT_REACH * clause.wide), -1):
        if at in verbs or not QUOTES.isdisjoint(clause.between(at, at + 1)):
            return
        if at in ends and _is_blamed(clause, ends[at], cue):
            continue
        if at in ends and may_speak(ends[at]) and not _is_recipient(clause, ends[at], cue):
            yield from _list_before(clause, ends[at])
            return
        if at in others and _stands_for_speaker(clause, others[at], cue):
            yield others[at]
            yield from _beside(clause, others[at])
            return


def _is_blamed(clause: Clause, named: Named, verb: Cue) -> bool:
    """ "Blamed China for the hack and said": whom the verb before accuses is not who goes on speaking."""
    accusing = (cue for cue in clause.of("blames") if cue.last < named.first and clause.tokens[cue.last].word != "that")
    near = any(named.first - cue.last <= OBJECT_GAP for cue in accusing)
    return near and _list_word(clause, named.last, verb.first)


def _is_recipient(clause: Clause, named: Named, verb: Cue) -> bool:
    """ "Aan China heeft toegeschreven": to whom it is laid, right before the verb."""
    laid = any(cue.first == verb.first for cue in clause.of("laid"))
    return laid and "to" in named.before and verb.first - named.reach <= RECIPIENT_REACH


def _first_subject(clause: Clause, cue: Cue) -> Iterator[Named | Cue]:
    """The subject where verbs stand last: the first name of the sentence that may speak, or who else comes first."""
    before = [named for named in clause.named if named.last < cue.first and may_speak(named)]
    names = [named for named in before if not is_postposed(clause, named, "by_before", "against")]
    others = [other for other in clause.of(*OTHERS) if other.last < cue.first and not _is_part(clause, other)]
    if others and (not names or others[0].first < names[0].first):
        yield others[0]
    elif names:
        yield names[0]
        yield from (named for named in names[1:] if in_one_list(clause, names[0], named) and not is_offensive(named))


def _beside(clause: Clause, other: Cue) -> Iterator[Named]:
    """ "CISA and Mandiant said": the government in one list with a vendor."""
    near = [named for named in clause.named if 0 < other.first - named.last <= BESIDE_REACH * clause.wide]
    if near and may_speak(near[-1]) and _list_word(clause, near[-1].last, other.first):
        yield from _list_before(clause, near[-1])


def _stands_for_speaker(clause: Clause, other: Cue, verb: Cue) -> bool:
    """ "The agency said": right before the verb; IT in capitals is information technology."""
    if other.sign != "anaphor":
        return True
    return other.last >= verb.first - 3 and clause.words(other.first, other.last) != "IT"


def _is_part(clause: Clause, other: Cue) -> bool:
    """ "Officials" in "US officials", "Microsoft" in "Microsoft Exchange": no speaker of its own."""
    for named in clause.named:
        if named.last < other.first and other.last <= named.reach:
            return other.sign == "anaphor" or (other.sign == "vendor" and "body" in named.head)
    return _is_product(clause, other)


def _is_product(clause: Clause, other: Cue) -> bool:
    return any(cue.first == other.first and cue.last >= other.last for cue in clause.of("product"))


def _is_attribute(clause: Clause, named: Named) -> bool:
    """ "A NATO ally", "an EU member": what somebody is, not who speaks."""
    return named.first > 0 and clause.tokens[named.first - 1].word in ("a", "an")


def _list_before(clause: Clause, named: Named) -> Iterator[Named]:
    yield named
    for other in reversed([other for other in clause.named if other.last < named.first]):
        if not in_one_list(clause, other, named) or _is_attribute(clause, other):
            return
        if other.owns and not other.head & {"body", "service"}:
            return
        if not is_plain_noun(other) and "prep" in other.before and "prep" not in named.before:
            return  # "for Chinese agencies, the FBI said"
        if is_offensive(other) and set(other.name.states).isdisjoint(named.name.states):
            return
        joined = clause.has("joint") and _may_be_author(other) and not is_object(other)
        if joined or may_speak(other) or _is_listed_adjective(other):
            yield other
        named = other


def _is_listed_adjective(named: Named) -> bool:
    """ "British" in "British and French officials" has no noun of its own."""
    return named.name.form is Form.ADJECTIVE and not named.head and "by_after" not in named.before


def _after_list(clause: Clause, at: int) -> Iterator[Named | Cue]:
    """The names that follow a phrase like "according to", as one list; or the vendor that follows it."""
    others = [cue for cue in clause.of(*OTHERS) if at < cue.first <= at + 4 and not _is_product(clause, cue)]
    following = [named for named in clause.named if named.first > at]
    others_first = bool(others and following) and others[0].first < following[0].first
    if not following or others_first or not _begins_list(clause, at, following[0]):
        yield from others[:1]
        return
    previous: Named | None = None
    for named in following:
        if "against" in named.before or (previous and not in_one_list(clause, previous, named)):
            return
        if _may_be_author(named) and not _is_state_actor(clause, named):
            yield named
        previous = named


def _begins_list(clause: Clause, at: int, named: Named) -> bool:
    """Whether the first name behind such a phrase is what it tells of."""
    if named.first - at > LIST_REACH * clause.wide or _verb_between(clause, at, named.first):
        return False
    return not _behind_preposition(clause, at, named) and not _is_given_to(clause, at, named)


def _behind_preposition(clause: Clause, at: int, named: Named) -> bool:
    """ "A statement by the spokesman on Iran's attack": Iran is its subject, not its author."""
    return "body" not in named.before and any(at < cue.first < named.first for cue in clause.of("prep", "against"))


def _is_state_actor(clause: Clause, named: Named) -> bool:
    """ "Staatliche chinesische Stellen": what is a state's by the word before is accused, and no author."""
    return not is_plain_noun(named) and any(cue.last == named.first - 1 for cue in clause.of("tie"))


def _is_given_to(clause: Clause, at: int, named: Named) -> bool:
    """ "Attributed by the intelligence community to Iran": the author stands between."""
    right_before = {cue.last for cue in clause.of("to") if cue.first > at + 1}
    return bool(right_before & {named.first - 1, named.first - 2}) and "body" in named.before


def _may_be_author(named: Named) -> bool:
    if named.name.sort not in GOVERNMENTS or named.alien or named.name.form is Form.PEOPLE:
        return False
    return "actor" not in named.head and (is_plain_noun(named) or bool(named.head & {"body", "service"}))


def in_one_list(clause: Clause, one: Named, two: Named) -> bool:
    """Whether two names are members of one enumeration: near, joined by a comma or an "and", no verb between."""
    reach = UNSPACED_LIST_REACH if clause.wide > 1 else LIST_REACH
    if two.first - one.last - 1 > reach or _verb_between(clause, one.last, two.first):
        return False
    gap = clause.between(one.last, two.first)
    if gap.strip() in POSSESSIVES:
        return True
    return not CONNECTS.isdisjoint(gap) or _list_word(clause, one.last, two.first) or two.first - one.last == 1


def _list_word(clause: Clause, first: int, last: int) -> bool:
    return any(cue.sign == "lists" and first < cue.first < last for cue in clause.cues)


def _verb_between(clause: Clause, first: int, last: int) -> bool:
    return any(first < cue.first and cue.last < last and cue.sign in VERBS for cue in clause.cues)


def _inverted(clause: Clause) -> Iterator[Named]:
    """ "..., said the deputy director of the FBI": the name after the verb, where none stands before it."""
    for cue in clause.of("speaks", "warns"):
        for named in clause.named:
            if cue.last < named.first <= cue.last + INVERTED_REACH * clause.wide and _speaks_after(clause, cue, named):
                yield from _list_after(clause, named)
                return


def _list_after(clause: Clause, named: Named) -> Iterator[Named]:
    """ "Say agencies in the UK, the US and Canada": the first and the rest of its list."""
    yield named
    for other in clause.named:
        if other.first <= named.first:
            continue
        if not in_one_list(clause, named, other) or not _may_be_author(other):
            return
        yield other
        named = other


def _speaks_after(clause: Clause, cue: Cue, named: Named) -> bool:
    before = clause.sentence.text[: clause.tokens[cue.first].start].rstrip()
    if not before.endswith((",", '"', "”", "'", "’")) or named.name.sort not in GOVERNMENTS:
        return False
    return not _verb_between(clause, cue.last, named.first)
