"""Who is held responsible in one sentence, how strongly, and by which rule."""

from dataclasses import dataclass
from enum import IntEnum

from attribution.marks import INFLUENCE, Clause, Named, is_offensive, is_plain_noun, is_postposed
from attribution.names import Form, Sort
from attribution.places import OBJECT_REACH, TIED_REACH, is_aided, is_charged, is_hit, placed, stands_before
from attribution.speech import Speech

# Distances in words, doubled where each character is a word.
GROUP_REACH = 9
FIRM_REACH = 3
# What makes a service's mere name an accusation.
ACCUSING = ("blames", "by_after", "by_before", "ties_to", "acted", "legal", "charges", "sanctions", "actor", "warns")
# Prefixes by which a name says whose friend or foe someone is.
SYMPATHIES = frozenset({"pro", "anti", "ex", "non", "thân"})
SYMPATHY_STEMS = ("pro", "filo", "anti", "про", "亲", "親")


# The rule of "Russian cybercriminals": they accuse nobody, and where nothing else is said, the post is about crime.
CRIMINALS = "criminals of a nationality"
# Groups that act in a state's name and boast of it: their claim is no government's, nor is a government's that they
# did it, unless it says that the state directs them.
HACKTIVISTS = frozenset(
    {
        "anonymous-sudan",
        "cyber-army-of-russia-reborn",
        "cyber-partisans",
        "killnet",
        "noname057-16",
        "people-s-cyber-army-of-russia",
        "xaknet",
    }
)


# Firms that sell tools of intrusion: measures against them accuse no state.
MERCENARIES = frozenset({"nso-group", "caramel-tsunami", "intellexa", "hacking-team", "dark-basin"})
# Services and offices beside those accused most that may be said to break into networks; a ministry, the police or a
# response team that is merely named beside an attack is none of its authors.
ABLE = frozenset(
    {
        "cia", "cyber-command-us", "dgse", "dpp-tw", "gchq", "hur", "idf", "it-army-ua", "kgb-by", "kim", "kpa",
        "mi6", "mnd-cn", "mod-ru", "mossad", "mps-cn", "nsa", "pentagon", "putin", "raw-in", "sbu", "shin-bet",
        "ssi-sy", "tao", "tao-cn", "unit-8200", "us-ic", "xi",
    }
)  # fmt: skip


class Hold(IntEnum):
    """How strongly a sentence holds a name responsible."""

    BESIDE = 0  # a service merely named: accused only where its state is
    NATIONALITY = 1  # "Chinese nationals": accuses nobody
    PEOPLE = 2  # "Chinese hackers": enough only where a government's own notice is about them
    STATE = 3  # the state itself, its service, or someone it sponsors


@dataclass(frozen=True, slots=True)
class Accused:
    """A name held responsible, how strongly, and by which rule."""

    named: Named
    hold: Hold
    rule: str


def accused_of(clause: Clause, speech: Speech, speaking: frozenset[str]) -> tuple[Accused, ...]:
    """The names held responsible; `speaking` are the states and bodies that speak in the post."""
    speakers = {named.first for named in speech.by}
    found = (_hold(clause, named, speaking) for named in clause.named if named.first not in speakers)
    return tuple(accused for accused in found if accused)


def _hold(clause: Clause, named: Named, speaking: frozenset[str]) -> Accused | None:
    if named.name.sort is Sort.GROUP:
        ascribed = named.name.home and named.name.id not in HACKTIVISTS | MERCENARIES | INFLUENCE
        ascribed = ascribed and not stands_before(clause, named, ("boasts",), TIED_REACH)
        return Accused(named, Hold.STATE if ascribed else Hold.BESIDE, "a group named")
    if named.name.sort is Sort.AGENCY:
        return _hold_agency(clause, named, speaking)
    if named.name.sort is not Sort.STATE or named.name.id in speaking:
        return None
    return _hold_state(clause, named)


def _hold_agency(clause: Clause, named: Named, speaking: frozenset[str]) -> Accused | None:
    if not speaking.isdisjoint(named.name.states):
        return None
    able = is_offensive(named) or named.name.id in ABLE
    owned = {"tie", "actor", "act"} if is_offensive(named) or _may_own(named) else {"tie", "actor"}
    if able and named.head & owned and not _is_victim_phrase(named):
        return Accused(named, Hold.STATE, "a service's own people or act")
    rule = placed(clause, named)
    if rule or (able and is_charged(clause, named)):
        return Accused(named, Hold.STATE, rule or "a service charged")
    if is_hit(clause, named) or not able:
        return None
    if is_offensive(named) and clause.has(*ACCUSING) and _is_with_its_state(clause, named):
        return Accused(named, Hold.STATE, "a service and its state")
    if is_offensive(named) and (clause.has(*ACCUSING) or _is_beside_its_group(clause, named)):
        return Accused(named, Hold.STATE, "a service known for such acts")
    return Accused(named, Hold.BESIDE, "a service named")


def _is_with_its_state(clause: Clause, named: Named) -> bool:
    """ "Russia's GRU", "the GRU of the Russian Federation"."""
    if clause.tokens[named.first].start < named.name.start:
        return True
    return any(
        0 < other.first - named.last <= OBJECT_REACH and other.name.id in named.name.states for other in clause.named
    )


def _is_beside_its_group(clause: Clause, named: Named) -> bool:
    """ "APT40, which takes its orders from the MSS": a service in one sentence with a group ascribed to its state."""
    return any(other.name.sort is Sort.GROUP and other.name.home in named.name.states for other in clause.named)


def _hold_state(clause: Clause, named: Named) -> Accused | None:
    if _is_spared(clause, named):
        return None
    if {"crime", "prep"} <= named.before and not named.head & {"tie", "body", "service"}:
        return Accused(named, Hold.NATIONALITY, CRIMINALS)
    if _is_nationality(clause, named):
        return Accused(named, Hold.NATIONALITY, "nationality only")
    if "firm" in named.head and not named.head & {"tie", "body"} and not _is_firm_named(clause, named):
        return Accused(named, Hold.PEOPLE, "a firm of that state") if is_charged(clause, named) else None
    if rule := placed(clause, named):
        return Accused(named, Hold.STATE, rule)
    if named.head & {"body", "service", "tie"} and is_charged(clause, named):
        return Accused(named, Hold.STATE, "a body of the state charged")
    if is_hit(clause, named) and "actor" not in named.head:
        return None
    found = [one for one in (_by_phrase(clause, named), _by_group(clause, named)) if one]
    return max(found, key=lambda one: one.hold, default=None)


def _is_spared(clause: Clause, named: Named) -> bool:
    """Whether a name is surely no accused: a camp, a victim, or whom somebody stands by."""
    if _is_sympathy(clause, named) or _is_victim_phrase(named) or stands_before(clause, named, ("suffers",)):
        return True
    return is_postposed(clause, named, "against") or is_aided(named)


def _is_nationality(clause: Clause, named: Named) -> bool:
    """Whether a name only says where somebody is from."""
    if named.name.form is Form.PEOPLE or _is_foreign(clause, named):
        return True
    if "national" in named.head:  # "China-based state hackers" are a state's
        return not {"tie", "actor"} <= named.head
    return named.name.form is Form.ADJECTIVE and not named.head


def _is_foreign(clause: Clause, named: Named) -> bool:
    return _is_bracketed(clause, named) or _is_owner(clause, named)


def _is_owner(clause: Clause, named: Named) -> bool:
    """ "Accused Germany's Siemens": whose it is, in running text, where a capital tells a name."""
    following = clause.sentence.text[named.name.end :].lstrip("'’s ")[:1]
    if not named.owns or named.head or not following.isupper() or clause.sentence.title:
        return False
    return not any(
        0 < group.first - named.last <= FIRM_REACH and group.name.home == named.name.id for group in clause.named
    )


def _is_bracketed(clause: Clause, named: Named) -> bool:
    """ "Candiru (Israel)": where something is from."""
    text = clause.sentence.text
    return text[: named.name.start].endswith("(") and text[named.name.end :].startswith(")")


def _by_group(clause: Clause, named: Named) -> Accused | None:
    """ "APT28, which the Russian Federation sponsors", "Emennet Pasargad, of Iran": a group's state told with it."""
    if _is_firm_named(clause, named):
        return Accused(named, Hold.STATE, "a group's state, told with it")
    if not is_plain_noun(named) or clause.wide > 1 or _is_located(clause, named):
        return None
    for group in clause.named:
        near = 0 < named.first - group.last <= GROUP_REACH and group.name.home == named.name.id
        if near and group.name.id not in HACKTIVISTS and not _parted(clause, group.last, named.first):
            return Accused(named, Hold.STATE, "a group's state, told with it")
    return None


def _is_firm_named(clause: Clause, named: Named) -> bool:
    """ "The Iranian company Emennet Pasargad": a firm that governments have called a state's, and its state."""
    if "firm" not in named.head:
        return False
    near = [group.name for group in clause.named if named.last < group.first <= named.last + FIRM_REACH]
    return any(group.home == named.name.id and group.id not in MERCENARIES for group in near)


def _is_located(clause: Clause, named: Named) -> bool:
    """ "In Russia", "in the Netherlands": where it was."""
    return bool({cue.last for cue in clause.of("locates")} & {named.first - 1, named.first - 2})


def _parted(clause: Clause, first: int, last: int) -> bool:
    """Whether a verb or an "against" stands between two words."""
    return any(first < cue.first < last and cue.sign in ("acted", "against", "speaks") for cue in clause.cues)


def _is_victim_phrase(named: Named) -> bool:
    """ "Dutch police breach", "German parliament hack": a victim and the act done to it."""
    return "victim" in named.head and not named.head & {"tie", "actor"}


def _is_sympathy(clause: Clause, named: Named) -> bool:
    """ "pro-Russian", "anti-Beijing": a camp, not a state's own."""
    if named.name.words.casefold().startswith(SYMPATHY_STEMS):
        return True
    return named.first > 0 and clause.tokens[named.first - 1].word in SYMPATHIES


def _owns_act(clause: Clause, named: Named) -> bool:
    """ "Beijing's campaign": a campaign is a victim in other places, but not right behind a possessive."""
    return named.owns and any(0 < cue.first - named.last <= 2 for cue in clause.of("act"))


def _by_phrase(clause: Clause, named: Named) -> Accused | None:
    """What a state's own phrase says: "Russian military hackers", "Chinese hackers", "Iran's cyber attack"."""
    head = named.head
    if ("crime" in head and "tie" not in head) or _is_siding(clause, named):
        return Accused(named, Hold.NATIONALITY, CRIMINALS)
    if "tie" in head and not (head & {"organ"} and not head & {"actor", "act"}):
        return Accused(named, Hold.STATE, "actors a state stands behind")
    if "actor" in head:
        tied = bool(named.before & {"tie"})
        return Accused(named, Hold.STATE if tied else Hold.PEOPLE, "actors of a nationality")
    if "act" in head and ("organ" not in head or _owns_act(clause, named)):
        owned = _may_own(named) and not clause.has("talks")  # "the working group on the DPRK cyber threat"
        return Accused(named, Hold.STATE if owned else Hold.BESIDE, "an act that is a state's own")
    return None


def _is_siding(clause: Clause, named: Named) -> bool:
    """ "Russian-aligned hacktivist groups": whose side they take says nothing of who stands behind them."""
    phrase = range(named.last + 1, named.reach + 1)
    sides = any(cue.first in phrase for cue in clause.of("hacktivists"))
    return sides and any(cue.first == named.last + 1 for cue in clause.of("siding"))


def _may_own(named: Named) -> bool:
    """ "Russian cyber attack", "Iran's hack", "DPRK malware" are a state's own; the "Albania hack" was done to it."""
    return named.owns or not is_plain_noun(named) or named.name.words.isupper() or named.name.form is Form.METONYM
