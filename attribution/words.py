"""Claims in words people read: the same on a card, in a digest and in a terminal."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attribution import names
from attribution.model import (
    Actor,
    Analytic,
    Claim,
    Confidence,
    Kind,
    Likelihood,
    PartialDate,
    Precision,
    Role,
    Scheme,
    Standing,
    Tie,
)

SURE = {
    Likelihood.STATED: "stated as fact",
    Likelihood.ALMOST_CERTAIN: "almost certain",
    Likelihood.HIGHLY_LIKELY: "highly likely",
    Likelihood.LIKELY: "likely",
    Likelihood.POSSIBLE: "possible",
}
ANALYTIC = {
    Analytic.HIGH: "high confidence",
    Analytic.MODERATE: "moderate confidence",
    Analytic.LOW: "low confidence",
}
SCHEMES = {Scheme.PHIA: "British yardstick", Scheme.ICD203: "American yardstick"}
TIES = {Tie.ORGAN: "the state itself", Tie.SPONSORED: "state-sponsored", Tie.LINKED: "linked to the state"}
VERBS = {
    Role.LEADS: "accuses",
    Role.JOINS: "joins in accusing",
    Role.SUPPORTS: "backs those who accuse",
    Role.DENIES: "denies for",
    Role.WITHDRAWS: "no longer accuses",
}
PLURAL_VERBS = {
    Role.LEADS: "accuse",
    Role.JOINS: "join in accusing",
    Role.SUPPORTS: "back those who accuse",
    Role.DENIES: "deny for",
    Role.WITHDRAWS: "no longer accuse",
}
NO_BREAK = "\u00a0"  # a flag at the end of one line and its name on the next is a riddle
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# Kinds that say more than that somebody spoke; a statement is what everybody makes.
DEEDS = {
    Kind.SANCTIONS: "sanctions",
    Kind.INDICTMENT: "an indictment",
    Kind.EXPULSION: "expulsions",
    Kind.DISRUPTION: "a disruption",
}


def who(claim: Claim) -> str:
    """Who accuses whom: "United Kingdom (NCSC, FCDO) accuses Iran"."""
    by = listed(sayers(claim)) or "Somebody unnamed"
    speakers = f" ({', '.join(claim.speakers)})" if claim.speakers else ""
    recalls = "Recalled: " if claim.standing is Standing.MENTION else ""
    return f"{recalls}{by}{speakers} {verb(claim)} {accused(claim)}"


def verb(claim: Claim) -> str:
    """What the attributing side does, in the number of its members; without a state it names rather than accuses."""
    many = len(sayers(claim)) > 1
    if claim.role is Role.LEADS and not claim.accused:
        return "name" if many else "names"
    return (PLURAL_VERBS if many else VERBS)[claim.role]


def sayers(claim: Claim) -> frozenset[str]:
    """Who speaks in a claim: who attributes, or who backs those who do."""
    if claim.role is Role.SUPPORTS:
        return claim.supported_by or claim.attributed_by
    return claim.attributed_by or claim.supported_by


def accused(claim: Claim) -> str:
    """The accused states with their services and groups, or the groups alone and that no state is named."""
    states = listed(claim.accused)
    groups = ", ".join([*claim.agencies, *(actor.names[0] for actor in claim.actors)])
    if not states:
        return f"{groups or 'nobody by name'} ({no_state(claim.actors)})"
    return f"{states} ({groups})" if groups else states


def no_state(actors: Iterable[Actor]) -> str:
    """That no state was named, and whom the groups are usually ascribed to, with the source of that."""
    homes = dict.fromkeys((actor.home, actor.source) for actor in actors if actor.home)
    usually = "; ".join(
        f"usually ascribed to {names.label(home)}" + (f", source {source}" if source else "")
        for home, source in homes
        if home
    )
    return f"no state named; {usually}" if usually else "no state named"


def listed(codes: Sequence[str] | frozenset[str]) -> str:
    """States and bodies by name, in alphabetical order."""
    return ", ".join(ordered(codes))


def ordered(codes: Iterable[str]) -> list[str]:
    """The names of states and bodies in alphabetical order."""
    return sorted(names.label(code) for code in codes)


def flagged(code: str) -> str:
    """A state or body with its flag before its name, on one line, never the flag alone: "🇮🇷 Iran", "NATO"."""
    return f"{names.flag(code)}{NO_BREAK}{names.label(code)}".strip()


def by_name(codes: Iterable[str], first: str | None = None) -> list[str]:
    """Codes in their names' alphabetical order, `first` before the others where it is among them."""
    return sorted(codes, key=lambda code: (code != first, names.label(code)))


def joined(parts: Sequence[str]) -> str:
    """Parts as one phrase: "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def some(parts: Sequence[str], most: int) -> str:
    """At most `most` parts as one phrase, and how many more there are: "a, b and 36 others"."""
    if len(parts) <= most + 1:  # "and 1 other" would be no shorter than its name
        return joined(parts)
    return joined([*parts[:most], counted(len(parts) - most, "other")])


def counted(number: int, thing: str) -> str:
    """How many of a thing, in its number: "1 source", "7 sources"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def sure(confidence: Confidence) -> str:
    """How sure they say they are, in words, with the phrase as written."""
    words = [SURE[confidence.likelihood], *([ANALYTIC[confidence.analytic]] if confidence.analytic else [])]
    if confidence.phrase.casefold() == words[0]:  # the phrase is the word: once is enough
        return ", ".join([f"“{confidence.phrase}”", *words[1:]])
    phrase = f" (“{confidence.phrase}”)" if confidence.phrase else ""
    return ", ".join(words) + phrase


def named(actor: Actor) -> str:
    """A group as written, and its canonical name where that is another: "Fancy Bear (APT28)"."""
    written, canonical = actor.names[0], actor.names[-1]
    return written if written.casefold() == canonical.casefold() else f"{written} ({canonical})"


def day(made_on: PartialDate, now: datetime) -> str:
    """A date as exactly as known: "7 September" within the year of `now`, else "7 September 2022", "July 2022"."""
    month, year = MONTHS[made_on.day.month - 1], made_on.day.year
    if made_on.precision is Precision.YEAR:
        return str(year)
    if made_on.precision is Precision.MONTH:
        return f"{month} {year}"
    return f"{made_on.day.day} {month}" + ("" if year == now.year else f" {year}")
