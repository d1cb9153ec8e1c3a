"""Messages that list several cases, as payloads for Slack: one post's many, those seen late, the digest. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from attribution.digest import Digest, Entry, Group
from attribution.model import Found, Kind, PartialDate, Role
from attribution.names import label
from attribution.view import CaseView
from attribution.words import by_name, counted, day, flagged, joined, named, sure
from bot import blocks, charts, telling
from bot.blocks import Part, Run, line, link, message, rich, section, shown, words
from bot.cards import lead_of, notice
from bot.escape import mrkdwn

JOINERS = 6  # governments after the first in a digest's line before "4 others"
QUOTE_LENGTH = 240  # in a list of quotations
CHARTED = 8  # accused states in the chart: as many bars as a phone shows
INSTANT = timedelta(seconds=1)  # a period that ends at midnight ends with the day before
DOT = " · "


Told = Found | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a list, and the heading it stands under, if any."""

    heading: str = ""
    run: Run


def listing(views: Sequence[CaseView], now: datetime) -> Part:
    """One post that opened more cases than a channel gets cards for, as one list. ValueError for no cases."""
    if not views:
        raise ValueError("There are no cases to list.")
    post = lead_of(views[0])
    told = line(link(shown(post.title) or "The post", post.url), words(DOT + telling.source(post)))
    top = f"{counted(len(views), 'attribution')} in one post"
    return _in_one(top, told, [Row(run=_case_line(view, now)) for view in views])


def late(found: Sequence[Found], now: datetime) -> Part:
    """Statements first seen more than three days after they were published, in one list."""
    told = f"{counted(len(found), 'statement')} first seen more than three days after publication, so not alerted:"
    return _in_one("Seen late", words(told), [Row(run=_late_line(one, now)) for one in found])


def overdue(told: Sequence[Told], since: datetime, now: datetime) -> Part:
    """What could not be sent for days, in one list: cases by their leading statement, all else in its own words;
    `since`: when the first of it should have been."""
    top = f"Not sent since {day(PartialDate(day=since.date()), now)}"
    said = f"{counted(len(told), 'alert')} waited for more than three days, while nothing could be posted here:"
    rows = [Row(run=words(shown(one, QUOTE_LENGTH)) if isinstance(one, str) else _late_line(one, now)) for one in told]
    return _in_one(top, words(said), rows)


def digest(digest: Digest, health: str = "") -> list[Part]:
    """A digest as the messages it takes, in order; an empty one says what was read. `health`: the last line, how what
    the channel asked for fares."""
    if not digest.groups and not digest.late:
        return [notice(f"No attributions {_period(digest)}. {_read(digest)}\n{health}")]
    rows = [row for group in digest.groups for row in _group_rows(group, digest.until)]
    rows += [Row(heading="Seen late", run=_late_line(one, digest.until)) for one in digest.late]
    told = blocks.lines([words(_summary(digest)), words(_figures(digest))])
    return _in_several(f"Attributions {_period(digest)}", told, rows, chart=_chart(digest), small=health)


# What the lines say


def _case_line(view: CaseView, now: datetime) -> Run:
    lead = lead_of(view)
    said = shown(lead.claim.quote, QUOTE_LENGTH)
    about = [*_case(view.id), *_against(lead), shown(sure(lead.claim.confidence)), *_on(lead, now)]
    return blocks.lines(
        [words(telling.title(lead), "bold"), words(f"“{said}”", "italic"), words(DOT.join(about))],
    )


def _late_line(found: Found, now: datetime) -> Run:
    about = [*_case(found.case), *_on(found, now), telling.source(found)]
    headline = link(shown(found.title) or "The post", found.url)
    return blocks.lines([words(telling.title(found), "bold"), headline, words(DOT.join(about))])


def _group_rows(group: Group, now: datetime) -> Iterator[Row]:
    heading = joined([flagged(code) for code in by_name(group.accused)]) or "No state named"
    for what, entries in (("new cases", group.new), ("news of older cases", group.older)):
        for entry in entries:
            yield Row(heading=f"{heading}: {what}", run=_entry_line(entry, now))


def _entry_line(entry: Entry, now: datetime) -> Run:
    accusing = [one for one in entry.statements if one.claim.role in telling.ACCUSING]
    lead = (accusing or entry.statements)[0]
    if lead.claim.role in (Role.DENIES, Role.WITHDRAWS):
        by = telling.answer(lead)
    else:
        by = telling.short(lead) or telling.title(lead)
    top = line(words(f"{by}:", "bold"), words(" "), link(shown(lead.title) or "The post", lead.url))
    about = [*_case(entry.case), *_actors(lead), *_against(lead), *_kind(lead), *_on(lead, now)]
    also = telling.also(lead, accusing[1:], JOINERS)
    backed = telling.backing([one for one in entry.statements if one is not lead], JOINERS)
    more = [line(words(label), run) for label, run in (("also ", also), ("backed by ", backed)) if run]
    return blocks.lines([top, words(DOT.join(about)), *more, *_answers(entry, lead)])


def _answers(entry: Entry, lead: Found) -> Iterator[Run]:
    for one in entry.statements:
        if one is not lead and one.claim.role in (Role.DENIES, Role.WITHDRAWS):
            yield link(telling.answer(one), one.url)


def _against(found: Found) -> list[str]:
    victims = telling.victims([found], JOINERS)
    return [f"against {victims}"] if victims else []


def _actors(found: Found) -> list[str]:
    actors = telling.some_names([named(actor) for actor in found.claim.actors], 2)
    return [f"names {actors}"] if actors else []


def _kind(found: Found) -> list[str]:
    return [] if found.claim.kind is Kind.STATEMENT else [str(found.claim.kind)]


def _on(found: Found, now: datetime) -> list[str]:
    return [day(found.claim.made_on, now)] if found.claim.made_on else []


def _case(case: str | None) -> list[str]:
    return [f"case {case}"] if case else []


def _period(digest: Digest) -> str:
    first, last = digest.since.astimezone(UTC), digest.until.astimezone(UTC) - INSTANT
    if (first.year, first.month) == (last.year, last.month):
        return f"from {first.day} to {day(PartialDate(day=last.date()), last)} {last.year}"
    return f"from {day(PartialDate(day=first.date()), last)} to {day(PartialDate(day=last.date()), last)} {last.year}"


def _summary(digest: Digest) -> str:
    late = [f"{len(digest.late)} seen late"] if digest.late else []
    count = digest.count
    told = joined([counted(count.cases, "new case"), counted(count.statements, "statement"), *late])
    return f"{told} ({_before(digest)}). {_read(digest)}"


def _figures(digest: Digest) -> str:
    """What the chart draws, in words."""
    counts = [f"{flagged(one.accused)} {one.now} ({one.before} before)" for one in digest.tallies[:CHARTED]]
    return f"Statements by accused: {', '.join(counts)}." if _charted(digest) else ""


def _chart(digest: Digest) -> list[Part]:
    if not _charted(digest):
        return []
    tallies = digest.tallies[:CHARTED]
    series = {"This period": [one.now for one in tallies], "The one before": [one.before for one in tallies]}
    return [charts.bars("Statements by accused state", [label(one.accused) for one in tallies], series)]


def _charted(digest: Digest) -> bool:
    """One bar says nothing that the line above it does not."""
    return len(digest.tallies) > 1


def _before(digest: Digest) -> str:
    days = max(1, round((digest.until - digest.since) / timedelta(days=1)))
    had = f"{counted(digest.before.cases, 'new case')} and {counted(digest.before.statements, 'statement')}"
    return f"the {counted(days, 'day')} before: {had}"


def _read(digest: Digest) -> str:
    return f"Read: {counted(digest.posts, 'post')} of {counted(digest.feeds, 'feed')}."


# How they are put into messages


def _in_several(top: str, told: Run, rows: Sequence[Row], *, chart: list[Part], small: str) -> list[Part]:
    """The rows in as few messages as Slack's limits allow, cut between rows; the chart in the first, the small print
    in the last."""
    pages: list[list[Row]] = [[]]
    for row in rows:
        if pages[-1] and not blocks.fits(_page(f"{top} (99 of 99)", told, [*pages[-1], row], chart, small)):
            pages.append([])
        pages[-1].append(row)
    last = len(pages)
    titles = [f"{top} ({number} of {last})" for number in range(1, last + 1)] if last > 1 else [top]
    first = [_page(titles[0], told, pages[0], chart, small if last == 1 else "")]
    middle = (_page(title, [], page) for title, page in zip(titles[1:-1], pages[1:-1], strict=True))
    return [*first, *middle, *([_page(titles[-1], [], pages[-1], small=small)] if last > 1 else [])]


def _in_one(top: str, told: Run, rows: Sequence[Row]) -> Part:
    """As many of the rows as one message takes, and how many it leaves out."""
    kept = bisect_left(range(len(rows)), 1, key=lambda at: not blocks.fits(_cut_page(top, told, rows[: at + 1], rows)))
    return _cut_page(top, told, rows[: max(1, kept)], rows)


def _cut_page(top: str, told: Run, kept: Sequence[Row], rows: Sequence[Row]) -> Part:
    missing = len(rows) - len(kept)
    more = [Row(heading=f"and {counted(missing, 'other')}, not listed here", run=[])] if missing else []
    return _page(top, told, [*kept, *more])


def _page(top: str, told: Run, rows: Sequence[Row], chart: Sequence[Part] = (), small: str = "") -> Part:
    above, below = rich(section(told)), [blocks.context(mrkdwn(small))] if small else []
    listed = (part for part in _lists(rows) if part["elements"])
    said = [top, telling.flat(told), *_said(rows), small]
    text = mrkdwn("\n".join(line for line in said if line))
    return message(text, [blocks.header(top), *([above] if above["elements"] else []), *chart, *listed, *below])


def _said(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as lines of plain words, each heading once: a notification and a screen reader show nothing else."""
    for heading, below in groupby(rows, key=lambda row: row.heading):
        yield heading
        yield from (telling.flat(row.run) for row in below)


def _lists(rows: Iterable[Row]) -> Iterator[Part]:
    for heading, below in groupby(rows, key=lambda row: row.heading):
        yield rich(section(words(heading, "bold")), blocks.bullets(row.run for row in below if row.run))
