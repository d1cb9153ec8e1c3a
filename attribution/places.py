"""Where a name stands in a sentence: behind what accuses, before what was done, or at the receiving end."""

from collections.abc import Sequence

from attribution.marks import Clause, Named, is_measure, is_plain_noun
from attribution.names import Sort
from attribution.speech import GOVERNMENTS, in_one_list, is_object

# Distances in words between an accused name and its verb, doubled where each character is a word.
OBJECT_REACH = 7
DIRECT_REACH = 2  # Spanish "acusa a China": the preposition of a direct object
TIED_REACH = 24
ACT_REACH = 5
ANSWER_REACH = 14  # "dass Russland für den Angriff auf das Ministerium verantwortlich ist"
LAID_REACH = 4


def placed(clause: Clause, named: Named) -> str | None:
    """The rule by which the place of a state or a service beside a verb accuses it, None if it does not."""
    if named.head & {"organ", "victim"} and not named.head & {"body", "service", "tie", "actor", "act"}:
        return None
    if named.head & {"actor", "crime"} and not named.head & {"tie", "body", "service"}:
        return None
    return _placed_as_object(clause, named) or _placed_as_subject(clause, named)


def _placed_as_object(clause: Clause, named: Named) -> str | None:
    blaming = ("blames", "speaks_of")
    tying = {cue.first for cue in clause.of("ties_to")}
    direct = any(0 < named.first - cue.last <= DIRECT_REACH and cue.first not in tying for cue in clause.of(*blaming))
    if _is_rather_hit(clause, named, (*blaming, "by_after", "to")):
        return None
    if _is_place(clause, named) and not _is_actors_place(clause, named):
        return None
    if stands_after(clause, named, blaming, OBJECT_REACH, opening=clause.wide > 1) and (direct or not is_object(named)):
        return "blamed by name"
    if stands_after(clause, named, ("by_after",), OBJECT_REACH):
        return "the act is laid to it"
    if _is_organ(named) and stands_after(clause, named, ("within",), OBJECT_REACH):
        return "members of its service"
    if _is_laid_to(clause, named):
        return "the act is laid to it"
    return "tied to it" if _is_tied(clause, named) else None


def _placed_as_subject(clause: Clause, named: Named) -> str | None:
    if _is_place(clause, named):
        return None
    if is_hit(clause, named) or (not is_plain_noun(named) and not named.head & {"body", "service"}):
        return None
    if stands_before(clause, named, ("by_before",)) or stands_before(clause, named, ("answers",), ANSWER_REACH):
        return "said to be behind it"
    if clause.verb_final and stands_before(clause, named, ("blames",), TIED_REACH):
        return "blamed by name"
    if stands_before(clause, named, ("acted",)) and not is_object(named) and not clause.has("talks"):
        return "said to have done it"
    return None


def _is_place(clause: Clause, named: Named) -> bool:
    """ "Accused hackers in Russia": where somebody is, right behind a word that says nothing but where."""
    ends = {cue.last for cue in clause.of("to", "with", "blames", "by_after")}  # "points the finger at"
    if any(cue.last == named.first - 1 and cue.last not in ends for cue in clause.of("locates")):
        return True
    before = [other for other in clause.named if other.last < named.first]  # "syndicates in Cambodia and Myanmar"
    return bool(before) and _is_listed_with(clause, before[-1], named) and _is_place(clause, before[-1])


def _is_listed_with(clause: Clause, one: Named, two: Named) -> bool:
    between = range(one.last + 1, two.first)
    joins = {cue.first for cue in clause.of("lists", "determiner")}
    return len(between) <= 2 and in_one_list(clause, one, two) and joins.issuperset(between)


def _is_actors_place(clause: Clause, named: Named) -> bool:
    """ "Attributed it to actors in North Korea": not where the accused are, but who they are."""
    return "actor" in named.before and _is_tied(clause, named)


def _is_laid_to(clause: Clause, named: Named) -> bool:
    """ "Den Angriff, den Albanien dem Iran zugeschrieben hat", "Hinter dem Angriff stehen chinesische Stellen"."""
    reach = LAID_REACH if "to" in named.before else 1
    if any(0 < cue.first - named.reach <= reach for cue in clause.of("laid")):
        return True
    behind = [cue.last for cue in clause.of("behind")]
    return bool(behind) and any(
        min(behind) < cue.first < named.first <= cue.last + OBJECT_REACH for cue in clause.of("stands")
    )


def _is_rather_hit(clause: Clause, named: Named, accusing: Sequence[str]) -> bool:
    """Whether "against" and the like stand nearer before a name than what accuses: "statement by the minister on the
    attack against Norway"."""
    if not is_hit(clause, named):
        return False
    return _nearest(clause, named, "against") > max(_nearest(clause, named, sign) for sign in accusing)


def _nearest(clause: Clause, named: Named, sign: str) -> int:
    return max((cue.last for cue in clause.of(sign) if cue.last < named.first), default=-1)


def _is_tied(clause: Clause, named: Named) -> bool:
    near = [cue.sign for cue in clause.of("ties_to", "tying", "ties_with") if 0 < named.first - cue.last <= TIED_REACH]
    if "ties_with" in near and "with" in named.before:
        return True
    return "to" in named.before and bool({"ties_to", "tying"} & set(near))


def _is_organ(named: Named) -> bool:
    return named.name.sort is Sort.AGENCY or bool(named.head & {"body", "service", "tie"})


def is_charged(clause: Clause, named: Named) -> bool:
    """Whether a name stands close behind a verb of accusing, charging or sanctioning."""
    charging = ("blames", "by_after", "charges", "sanctions")
    return stands_after(clause, named, charging, OBJECT_REACH) and not is_hit(clause, named)


def is_hit(clause: Clause, named: Named) -> bool:
    """Whether a name stands on the receiving side; an "indictment against" someone hits nobody."""
    return "against" in named.before and "prosecutes" not in named.before and not is_measure(clause, named)


def is_aided(named: Named) -> bool:
    """ "In solidarity with Czechia", "over its support for Ukraine": whom somebody stands by."""
    return bool(named.before & {"support", "aids"}) and "blames" not in named.before


def stands_after(clause: Clause, named: Named, signs: Sequence[str], reach: int, *, opening: bool = True) -> bool:
    """Whether a name stands close behind a cue; `opening`: even one that opens the sentence ("Accused hacker ...")."""
    return any(
        (opening or cue.first > 0)
        and 0 < named.first - cue.last <= reach * clause.wide
        and _is_next(clause, named, cue.last, named.first)
        for cue in clause.of(*signs)
    )


def stands_before(clause: Clause, named: Named, signs: Sequence[str], reach: int = ACT_REACH) -> bool:
    """Whether a name stands close before a cue, `reach` words from the end of its phrase."""
    return any(
        0 < cue.first - named.reach <= reach * clause.wide and _is_next(clause, named, named.last, cue.first)
        for cue in clause.of(*signs)
    )


def _is_next(clause: Clause, named: Named, first: int, last: int) -> bool:
    """Whether no other government's name stands between two words, a list's other members apart."""
    between = [
        other
        for other in clause.named
        if first < other.first < last
        and other.name.sort in GOVERNMENTS
        and not is_hit(clause, other)
        and not is_aided(other)
    ]
    return all(
        not set(other.name.states).isdisjoint(named.name.states) or in_one_list(clause, *_ordered(other, named))
        for other in between
    )


def _ordered(one: Named, two: Named) -> tuple[Named, Named]:
    return (one, two) if one.first < two.first else (two, one)
