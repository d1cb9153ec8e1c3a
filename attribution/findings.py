"""A post -> its findings: the sentences in which a government holds someone responsible for a cyber act."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from attribution.marks import BEFORE, Clause, Named, clause_of, words_of
from attribution.model import Post, PublisherKind
from attribution.names import Sort
from attribution.phrases import Book, Cue
from attribution.roles import Accused, Hold, accused_of
from attribution.sentences import Sentence, sentences_of
from attribution.speech import Speech, codes_of, opens_with, speech_of

# Shorter sentences (menus, headings, bylines) have no place of their own in a post. CJK says three times as much.
SUBSTANTIAL = 40
SUBSTANTIAL_UNSPACED = 14
# How far into a post every sentence is read; beyond it only those with a cyber word, at most so many in all.
CORE = 14
MOST = 60
HEAD = 5_000
MOST_TEXT = 40_000
# The first substantial sentences, which have one subject with the title.
BEGINNING = 2
# For how many sentences a speaker goes on speaking when nobody else is named.
CARRIES = 3
# How many substantial sentences an opening accusation may wait for its speaker.
AHEAD = 3


# Words between the accused and the verb of what they did: "have been quietly targeting".
DEED_REACH = 4


# Rules that say it outright, whatever word they found it by.
FIRM = frozenset({"blamed by name", "the act is laid to it", "tied to it", "said to be behind it"})
# How a line of a list begins.
BULLETS = ("-", "•", "*", "–")
# A heading or a pointer within the text speaks of other stories as often as of this one.
ASIDE = re.compile(r"#{2,6}\s|>\s?[^\"“„«]|(?:SEE|ALSO|READ|RELATED|MORE)\b[^a-z]{0,12}:")
# A line that begins with its date and is no sentence: date, author and tags.
DATELINE = re.compile(r"[\ue000-\uf8ff*]{0,6}[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}\**[^.!?]{0,120}$")


@dataclass(frozen=True, slots=True)
class Placed:
    """A sentence marked, with its place: 0 the title, 1 the first substantial sentence of the text, and so on."""

    clause: Clause
    place: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence that accuses. `by` are states and bodies, `others` who else speaks in it; `own`: a government says
    it in its own publication."""

    clause: Clause
    place: int
    speech: Speech
    by: frozenset[str]
    speakers: tuple[Named, ...]
    accused: tuple[Accused, ...]
    hold: Hold
    others: frozenset[str]
    recalled: bool
    doubtful: bool
    denied: bool
    carried: bool
    firm: bool
    own: bool = False


def sentences_to_read(post: Post, cyber_words: Sequence[str]) -> list[tuple[int, Sentence]]:
    """The sentences worth marking, with their places: the title, the beginning, and later ones with a cyber word."""
    read = [(0, sentence) for sentence in sentences_of(post.title, title=True)]
    seen = {" ".join(sentence.text.split()) for _, sentence in read}
    place, listing = 0, False
    folded = post.text[:MOST_TEXT].casefold()
    present = [word for word in cyber_words if word in folded]
    for sentence in _candidates(post.text, present):
        squeezed = " ".join(sentence.text.split())
        if squeezed in seen:
            continue
        seen.add(squeezed)
        place += is_substantial(sentence.text)
        if (place >= 2 and ASIDE.match(squeezed)) or DATELINE.match(squeezed):
            continue
        if place <= CORE or _holds(squeezed, present) or (listing and squeezed.startswith(BULLETS)):
            read.append((max(1, place), sentence))
            listing = squeezed.endswith((":", "：")) or (listing and squeezed.startswith(BULLETS))
        if len(read) >= MOST:
            break
    return read


def _candidates(text: str, cyber_words: Sequence[str]) -> Iterator[Sentence]:
    """The sentences of a text's beginning, and of those later paragraphs that hold a cyber word."""
    head = text.find("\n", HEAD) + 1 or min(len(text), MOST_TEXT)
    yield from sentences_of(text[:head])
    start = head
    for paragraph in text[head:MOST_TEXT].split("\n\n"):
        if _holds(paragraph, cyber_words):
            yield from (replace(one, start=one.start + start) for one in sentences_of(paragraph))
        start += len(paragraph) + 2


def is_substantial(text: str) -> bool:
    """Whether a sentence is long enough to be one of the running text."""
    if len(text) >= SUBSTANTIAL:
        return True
    return len(text) >= SUBSTANTIAL_UNSPACED and sum(character > "\u3000" for character in text) * 2 > len(text)


def _holds(text: str, words: Sequence[str]) -> bool:
    folded = text.casefold()
    return any(word in folded for word in words)


def placed_of(
    post: Post, read: Sequence[tuple[int, Sentence]], book: Book, language: str | None, *, every: bool = False
) -> list[Placed]:
    """The sentences marked with names and cues; none where no sentence has a word of a cyber act."""
    marked = [(place, words_of(sentence, book)) for place, sentence in read]
    if not every and not any(cue.sign in ("cyber", "computing") for _, words in marked for cue in words.cues):
        return []
    return [Placed(clause_of(words, book, language, post.publisher.speaker), place) for place, words in marked]


def findings_of(post: Post, placed: Sequence[Placed]) -> list[Finding]:
    """The accusing sentences in order, whoever speaks in them."""
    return list(_walk(post, placed))


def _walk(post: Post, placed: Sequence[Placed]) -> Iterator[Finding]:
    official = post.publisher.kind in (PublisherKind.GOVERNMENT, PublisherKind.BODY)
    own = frozenset({post.publisher.speaker}) if official and post.publisher.speaker else frozenset[str]()
    speeches = [_in_own_voice(speech_of(here.clause), here, own) for here in placed]
    review = bool(own) and any(here.place == 0 and here.clause.has("reports") for here in placed)
    for at, here in enumerate(placed):
        heard, carried = (speeches[at], False) if own or _is_named(speeches[at]) else _heard(placed, speeches, at)
        by = codes_of(heard.by) or (own if not heard.others - {"anaphor"} else frozenset())
        accused = _but_own_groups(accused_of(here.clause, speeches[at], by | own), own)
        if accused and (says_cyber(here.clause) if review else _is_cyber(placed, at)):
            finding = _finding(here, heard, by, accused, carried)
            finding = replace(finding, own=bool(by) and by <= own and not carried)
            # A yearly report tells of last year.
            yield replace(finding, recalled=here.clause.has("recalls")) if review else finding


def _but_own_groups(accused: tuple[Accused, ...], own: frozenset[str]) -> tuple[Accused, ...]:
    """In a state's own publication a group ascribed to it is what others accuse, and what it denies."""
    return tuple(one for one in accused if one.named.name.sort is not Sort.GROUP or one.named.name.home not in own)


def _in_own_voice(speech: Speech, here: Placed, own: frozenset[str]) -> Speech:
    """A government's own title may open with its subject: "China: statement on behalf of the EU"."""
    if not own or here.place:
        return speech
    by = tuple(named for named in speech.by if not opens_with(here.clause, named) or own & set(named.name.states))
    return replace(speech, by=by)


def _is_named(speech: Speech) -> bool:
    return bool(speech.by or speech.others - {"anaphor"})


def _heard(placed: Sequence[Placed], speeches: Sequence[Speech], at: int) -> tuple[Speech, bool]:
    """Who speaks in a sentence that names nobody: the last speaker before it; at the beginning, the first after it.

    An article often opens with the accusation and says whose it is a sentence or two later.
    """
    for before in range(at - 1, max(-1, at - 1 - CARRIES), -1):
        if _is_named(speeches[before]):
            return speeches[before], True
    if placed[at].place <= BEGINNING:
        for after in range(at + 1, len(placed)):
            if placed[after].place > placed[at].place + AHEAD:
                break
            if _is_named(speeches[after]):
                return speeches[after], True
    return speeches[at], False


def _is_cyber(placed: Sequence[Placed], at: int) -> bool:
    """Whether a sentence is about a cyber act: by its own words, the title's, or those of its neighbours."""
    clause = placed[at].clause
    elsewhere = placed[0].clause.has("elsewhere")  # under "disinformation" the Internet is no network attacked
    if clause.has("cyber") or (says_cyber(clause) and not elsewhere):
        return True
    if clause.has("elsewhere"):
        return False
    near = [placed[0], *placed[max(0, at - 1) : at + 2]]
    if placed[at].place <= BEGINNING:
        near += [here for here in placed if here.place <= BEGINNING]
    return any(here.clause.has("cyber") if elsewhere else says_cyber(here.clause) for here in near)


def says_cyber(clause: Clause) -> bool:
    """Whether a sentence says by its own words that it is about a cyber act."""
    if clause.has("cyber"):
        return True
    return clause.has("computing") and clause.has("act", "acted") and not clause.has("elsewhere")


def _is_recalled(here: Placed, heard: Speech) -> bool:
    """Whether the saying, not the deed, is an older one: "previously", "In March 2024, the department charged"."""
    clause = here.clause
    if here.place == 0:
        return False
    if clause.has("recalls"):
        return True
    starts = any(cue.first <= 1 for cue in clause.of("dated", "ago"))
    if any(_is_beside_saying(clause, cue) for cue in clause.of("ago")):
        return True
    said = bool(heard.by) or "anaphor" in heard.others
    return starts and said and clause.has("blames", "charges", "sanctions", "expels", "speaks")


def _is_beside_saying(clause: Clause, ago: Cue) -> bool:
    """ "The UK last year blamed", "charged years ago"; not "last year's attack", nor "hacked last year"."""
    if clause.sentence.text[clause.tokens[ago.last].end :][:2] in ("'s", "’s"):
        return False
    said = clause.of("blames", "charges", "sanctions", "expels", "speaks", "ties_to")
    return any(0 < ago.first - cue.last <= 1 or 0 < cue.first - ago.last <= 1 for cue in said)


def _only_warns(clause: Clause) -> bool:
    """ "Warned of potential cyber attacks by hackers linked to Iran": what may come, whoever would do it."""
    asserts = clause.has("blames", "ties_to", "charges", "sanctions")
    asserts = asserts or (clause.has("by_before") and not clause.verb_final)
    return clause.has("looming") and clause.has("warns", "speaks_of", "perhaps") and not asserts


def _is_supposed(clause: Clause, accused: Sequence[Accused]) -> bool:
    """Whether an act is only thought possible; "hackers have broken into networks, which could be a rehearsal" tells of
    one that was done."""
    return clause.has("perhaps") and not any(one.hold is Hold.STATE and _has_acted(clause, one) for one in accused)


def _is_answered(clause: Clause, by: frozenset[str], accused: Sequence[Accused]) -> bool:
    """ "The US accuses Iran, and Tehran denies it": the accusation stands before, and the accused answers it."""
    denial = clause.of("denies")[0]
    before = [named for named in clause.named if named.last < denial.first]
    if not before or not by or not by.isdisjoint(before[-1].name.states):
        return False
    blamed = [one for one in accused if one.hold is Hold.STATE and one.named.last < before[-1].first]
    return any(not set(before[-1].name.states).isdisjoint(one.named.name.states) for one in blamed)


def _has_acted(clause: Clause, one: Accused) -> bool:
    deeds = [cue.first for cue in clause.of("acted", "by_before") if 0 < cue.first - one.named.reach <= DEED_REACH]
    first = one.named.first - BEFORE
    return bool(deeds) and not any(first <= cue.first < deeds[0] for cue in clause.of("perhaps"))


def _finding(here: Placed, heard: Speech, by: frozenset[str], accused: tuple[Accused, ...], carried: bool) -> Finding:
    clause = here.clause
    firm = any(one.rule in FIRM for one in accused) or clause.has(
        "blames", "by_after", "by_before", "ties_to", "charges", "sanctions", "within"
    )
    return Finding(
        clause=clause,
        place=here.place,
        speech=heard,
        by=by,
        speakers=heard.by,
        accused=accused,
        hold=max(one.hold for one in accused),
        others=heard.others,
        recalled=_is_recalled(here, heard),
        doubtful=(not firm and _is_supposed(clause, accused)) or _only_warns(clause) or clause.has("instances"),
        denied=clause.has("unsaid", "withdraws") or (clause.has("denies") and not _is_answered(clause, by, accused)),
        carried=carried,
        firm=firm or bool(heard.by),
    )
