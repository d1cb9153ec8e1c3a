"""One statement in the bot's words, with flags: what cards, replies and lists all say the same way."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from attribution import archive
from attribution.identity import folded
from attribution.model import Claim, Found, Kind, Origin, PublisherKind, Role
from attribution.words import DEEDS, by_name, counted, day, flagged, sayers, some, verb
from bot import blocks
from bot.blocks import Part, Run, line, link, shown, words
from bot.escape import URL_LENGTH, mrkdwn

QUOTE_LENGTH = 600  # twice a long sentence
NAMED_IN_TITLE = 3  # governments in a title before "and 4 others"
NAME_LENGTH = 60
ACCUSING = (Role.LEADS, Role.JOINS)


def title(found: Found, most: int = NAMED_IN_TITLE) -> str:
    """Who accuses whom with flags, as it stands over a card: "🇬🇧 United Kingdom accuses 🇮🇷 Iran, with sanctions"."""
    claim = found.claim
    by = [flagged(code) for code in by_name(sayers(claim), found.publisher.speaker)]
    deed = f", with {DEEDS[claim.kind]}" if claim.kind in DEEDS else ""
    withdrawn = "Withdrawn: " if found.withdrawn_at else ""
    disputed = " (disputed)" if archive.contested(claim) else ""
    # Over a card of its own a government that joined others accuses like any.
    does = verb(replace(claim, role=Role.LEADS) if claim.role is Role.JOINS else claim)
    return f"{withdrawn}{some(by, most) or 'Somebody unnamed'} {does} {whom(claim, most)}{deed}{disputed}"


def whom(claim: Claim, most: int) -> str:
    """The accused states with flags, or the services and groups named and that no state is."""
    if claim.accused:
        return some([flagged(code) for code in by_name(claim.accused)], most)
    groups = [*claim.agencies, *(actor.names[0] for actor in claim.actors)]
    return f"{some([shown(group, NAME_LENGTH) for group in groups], most) or 'nobody by name'} (no state named)"


def answer(found: Found) -> str:
    """A denial or a taking back: "🇮🇷 Iran denies it", "🇬🇧 United Kingdom no longer accuses 🇮🇷 Iran"."""
    claim = found.claim
    if claim.role is Role.DENIES:
        deniers = [flagged(code) for code in by_name(claim.attributed_by or claim.accused)]
        return f"{some(deniers, 2) or 'Somebody'} {'deny' if len(deniers) > 1 else 'denies'} it"
    return f"{short(found) or 'Somebody'} {verb(claim)} {whom(claim, 2)}"


def event(found: Found, most: int = NAMED_IN_TITLE) -> str:
    """What a statement does, whatever it is: its title, or how it answers the others."""
    return answer(found) if found.claim.role in (Role.DENIES, Role.WITHDRAWS) else title(found, most)


def short(found: Found) -> str:
    """Who attributes, in as few names as may be: "🇬🇧 United Kingdom and 4 others"."""
    return some([flagged(code) for code in by_name(sayers(found.claim), found.publisher.speaker)], 1)


def quotation(found: Found, most: int = QUOTE_LENGTH) -> str:
    """A post's own words between quotation marks; an archive's fact, which is in ours, without."""
    said = shown(found.claim.quote, most)
    return said if found.claim.origin is Origin.ARCHIVE else f"“{said}”"


def said(found: Found, above: Run | None = None) -> list[Part]:
    """The headline with its link, below a line if any, and the sentence; once where they are the same words."""
    style: tuple[blocks.Style, ...] = ("strike",) if found.withdrawn_at else ()
    sentence = quotation(found)
    if shown(found.title) and folded(found.claim.quote) == folded(found.title):
        return [blocks.section(above or []), blocks.quoted(link(sentence, found.url, *style, longest=URL_LENGTH))]
    headline = link(shown(found.title) or source(found), found.url, *style, longest=URL_LENGTH)
    return [blocks.section(blocks.lines([above or [], headline])), blocks.quoted(words(sentence, *style))]


def source(found: Found) -> str:
    """Who published it; whoever speaks for no government only reports. Of the archive's, how good a source it is."""
    publisher = shown(found.publisher.name, NAME_LENGTH) or "an unnamed source"
    if found.claim.origin is Origin.ARCHIVE:
        return f"{publisher} ({', grade '.join(filter(None, ('archive', archive.grade(found.claim))))})"
    official = found.publisher.kind in (PublisherKind.GOVERNMENT, PublisherKind.BODY)
    return publisher if official else f"reported by {publisher}"


def form(found: Found, now: datetime) -> Iterator[str]:
    """The kind of a statement, the day it was made and where it is from, as mrkdwn."""
    yield str(found.claim.kind).capitalize()
    if found.claim.made_on:
        yield day(found.claim.made_on, now)
    yield mrkdwn(source(found))


def also(lead: Found, others: Iterable[Found], most: int) -> Run:
    """The other governments in the order they came, each with its post and what it adds."""
    made: dict[str, list[Found]] = {}
    for one in others:
        for code in by_name(one.claim.attributed_by, one.publisher.speaker):
            if code not in lead.claim.attributed_by or one.claim.kind in DEEDS.keys() - {lead.claim.kind}:
                made.setdefault(code, []).append(one)
    shown_first = [line(link(flagged(code), of[0].url), _adds(lead, of)) for code, of in list(made.items())[:most]]
    return blocks.listed([*shown_first, *rest(len(made) - most)])


def backing(statements: Sequence[Found], most: int) -> Run:
    """Those who support others' attribution without making one, each with its post."""
    accusers = frozenset().union(*(one.claim.attributed_by for one in statements if one.claim.role in ACCUSING))
    made: dict[str, Found] = {}
    for one in statements:
        for code in by_name(_backers(one.claim) - accusers):
            made.setdefault(code, one)
    found = [link(flagged(code), one.url) for code, one in list(made.items())[:most]]
    return blocks.listed([*found, *rest(len(made) - most)])


def _backers(claim: Claim) -> frozenset[str]:
    if claim.role is Role.SUPPORTS:
        return claim.supported_by | claim.attributed_by
    return claim.supported_by if claim.role in ACCUSING else frozenset()


def rest(more: int) -> list[Run]:
    """How many more there are than are listed, as the list's last item; nothing if none."""
    return [words(counted(more, "other"))] if more > 0 else []


def _adds(lead: Found, statements: Sequence[Found]) -> Run:
    kinds = dict.fromkeys(str(one.claim.kind) for one in statements if one.claim.kind is not Kind.STATEMENT)
    accused = [code for one in statements for code in by_name(one.claim.accused - lead.claim.accused)]
    too = [f"accuses {flagged(code)} too" for code in dict.fromkeys(accused)] if lead.claim.accused else []
    added = [*kinds, *too]
    return words(f" ({', '.join(added)})") if added else []


def some_names(found: Iterable[str], most: int) -> str:
    """Names as somebody else wrote them, each once."""
    return some([shown(name, NAME_LENGTH) for name in dict.fromkeys(found)], most)


def victims(accusing: Sequence[Found], most: int) -> str:
    """Whom it was done to: states and bodies with flags, then organisations."""
    codes = dict.fromkeys(code for one in accusing for code in by_name(one.claim.victims))
    others = dict.fromkeys(shown(name, NAME_LENGTH) for one in accusing for name in one.claim.organisations)
    return some([*map(flagged, codes), *others], most)


def flat(run: Run) -> str:
    """A line's words without links and styles; its dates as where a client does not know the reader's zone."""
    return "".join(part["fallback"] if part["type"] == "date" else part["text"] for part in run)
