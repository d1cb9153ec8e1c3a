"""The answer to a question: what was found, a row a statement, or what was read where nothing was. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from attribution import archive, names
from attribution.identity import folded
from attribution.labels import told_of
from attribution.model import Found, Kind, Origin, PartialDate, Role, Standing
from attribution.query import Query
from attribution.words import ANALYTIC, MONTHS, SURE, by_name, counted, day, flagged, named, some, sure
from bot import blocks, paging, telling
from bot.blocks import Part, Run, line, link, shown, words
from bot.cards import notice
from bot.commands import Ask, written_command
from bot.paging import Listing, Row, Turn

QUOTE_LENGTH = 240
NAMED = 4  # names of a kind in a row
ASKED = 8  # names of a question that are told back
DOT = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was read for an answer: how many feeds, of how many governments and bodies, of how many others (press,
    academic teams), since when; `since` None: nothing yet."""

    feeds: int
    speakers: int
    others: int
    since: datetime | None

    def __str__(self) -> str:
        others = f" and {self.others} others" if self.others else ""
        return f"{counted(self.feeds, 'feed')} of {self.speakers} governments and bodies{others}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question found. `found`: the statements of this page and perhaps more; `total`: how many there are;
    `about`: lines that stand above them, such as a group's profile."""

    query: Query
    found: Sequence[Found]
    total: int
    offset: int = 0
    about: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """That a question found nothing. `accusing`: of the states it names as accused, those that accuse others, with how
    often; `mentions`: how many posts only recall such an attribution."""

    query: Query
    coverage: Coverage
    accusing: Sequence[tuple[str, int]] = ()
    mentions: int = 0
    about: Run


def shown_page(answer: Answer, now: datetime) -> Part:
    """A page of what was found, newest first."""
    return paging.page(
        Listing(
            title=title(answer.query),
            told=answer.about,
            rows=[_row(one, before, now) for before, one in pairwise([None, *answer.found]) if one],
            turn=_turn(answer.query, answer.offset),
            total=answer.total,
            thing="statement",
        )
    )


def shown_nothing(nothing: Nothing, now: datetime) -> Part:
    """That nothing was found, in what, and what to ask instead."""
    said = notice("\n".join([telling.flat(nothing.about), *_nothing(nothing, now)]).strip())
    return paging.with_buttons(said, *_instead(nothing))


def title(query: Query) -> str:
    """What is asked for, as a title: "Attributions to 🇮🇷 Iran by 🇬🇧 United Kingdom"."""
    return f"Attributions{asked(query)}" if query != Query() else "All attributions"


def asked(query: Query) -> str:
    """What is asked for, after the word "attribution": " to 🇮🇷 Iran by 🇬🇧 United Kingdom since 1 January 2022"."""
    return "".join(f" {word} {value}" for word, value in _asked(query) if value)


def _asked(query: Query) -> Iterator[tuple[str, str]]:
    yield "to", _either(query.accused)
    yield "naming", _or(sorted(names.label(actor) for actor in query.actor))
    yield "by", _either(query.by)
    yield "against", _either(query.victim)
    yield "as", _or([str(kind) for kind in Kind if kind in query.kind])
    yield "at least", SURE[query.confidence] if query.confidence else ""
    yield "of at least", ANALYTIC[query.analytic] if query.analytic else ""
    yield "in case", query.case or ""
    yield "saying", some([f"“{shown(term, telling.NAME_LENGTH)}”" for term in query.text], ASKED)
    yield "since", _on(query.since)
    yield "until", _on(query.until)
    yield "with", "mentions of earlier ones" if query.mentions else ""


def _either(codes: Iterable[str]) -> str:
    return _or([flagged(code) for code in by_name(codes)])


def _or(parts: Sequence[str]) -> str:
    named = [*parts[:ASKED], *([counted(len(parts) - ASKED, "other")] if len(parts) > ASKED else [])]
    return " or ".join(part for part in (", ".join(named[:-1]), *named[-1:]) if part)


def _on(day_asked: date | None) -> str:
    return f"{day_asked.day} {MONTHS[day_asked.month - 1]} {day_asked.year}" if day_asked else ""


# A row


def _row(found: Found, before: Found | None, now: datetime) -> Row:
    """A statement; of one over several operations only the first row has its words."""
    heading = day(found.claim.made_on, now) if found.claim.made_on else "Undated"
    again = before is not None and _words_of(before) == _words_of(found)
    top = line(words(_who(found), "bold"), words(", in the same statement" if again else ""))
    said = [] if again else _said(found)
    return Row(heading=heading, run=blocks.lines([top, *said, words(_about(found))]))


def _words_of(found: Found) -> tuple[str, str]:
    return found.url, found.claim.quote


def _who(found: Found) -> str:
    recalls = "Recalled: " if found.claim.standing is Standing.MENTION else ""
    if found.claim.role in (Role.DENIES, Role.WITHDRAWS):
        return recalls + telling.answer(found)
    return recalls + telling.title(found)


def _said(found: Found) -> list[Run]:
    """The sentence, and the headline that leads to the post; once where they are the same words."""
    style: tuple[blocks.Style, ...] = ("strike",) if found.withdrawn_at else ()
    quote = _quotation(found)
    source = words(DOT + telling.source(found))
    if folded(found.claim.quote) == folded(found.title):
        return [line(link(quote, found.url, *style), source)]
    headline = link(shown(found.title) or "The post", found.url, *style)
    return [line(headline, source), words(quote, "italic", *style)]


def _quotation(found: Found) -> str:
    """As telling.quotation, shorter: an archive's fact is in our words, so in no quotation marks."""
    said = shown(found.claim.quote, QUOTE_LENGTH)
    return said if found.claim.origin is Origin.ARCHIVE else f"“{said}”"


def _about(found: Found) -> str:
    claim = found.claim
    groups = [*claim.agencies, *(named(actor) for actor in claim.actors)]
    parts = (
        *told_of(claim),
        f"against {victims}" if (victims := telling.victims([found], NAMED)) else "",
        f"names {named_groups}" if (named_groups := telling.some_names(groups, NAMED)) and claim.accused else "",
        str(claim.kind),
        shown(sure(claim.confidence)),
        f"disputed: {shown(disputed)}" if (disputed := archive.contested(claim)) else "",
        "read from the headline alone" if found.headline_only else "",
        f"case {found.case}" if found.case else "",
    )
    return DOT.join(part for part in parts if part)


# Nothing found


def _nothing(nothing: Nothing, now: datetime) -> Iterator[str]:
    what = f"No attribution{asked(nothing.query)}"
    if nothing.coverage.since is None:
        yield f"{what}: no feed has been read yet. Ask again in a few minutes."
    else:
        since = day(PartialDate(day=nothing.coverage.since.date()), now)
        yield f"{what} in {nothing.coverage} since {since}."
    for code, times in nothing.accusing:
        yield f"{flagged(code)} itself has attributed in {counted(times, 'statement')}: /attribution by:{code.lower()}"
    if nothing.mentions:
        recalled = counted(nothing.mentions, "statement")
        yield f"Recalled in {recalled}: /attribution {written_command(Ask(query=_with_mentions(nothing.query)))}"


def _instead(nothing: Nothing) -> Iterator[list[Part]]:
    for number, (code, _) in enumerate(nothing.accusing[:2]):
        turn = _turn(Query(by=frozenset({code})), 0)
        yield paging.button(f"{paging.OTHER}_{number}", f"Attributions by {flagged(code)}", turn)
    if nothing.mentions:
        yield paging.button(f"{paging.OTHER}_mentions", "With mentions", _turn(_with_mentions(nothing.query), 0))


def _with_mentions(query: Query) -> Query:
    return replace(query, mentions=True)


def _turn(query: Query, offset: int) -> Turn:
    return Turn(command=written_command(Ask(query=query)), offset=offset)
