"""`stats`: how often who accuses whom, by year, accused, accuser and kind, and as a table. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from attribution import names
from attribution.query import Query
from attribution.words import counted, flagged, some
from bot import blocks
from bot.answers import asked
from bot.blocks import Part, bullets, line, message, rich, section, words
from bot.cards import notice
from bot.escape import cut, mrkdwn
from storage.stats import Stats

YEARS = 15  # the latest: as many rows as a phone shows at once
LISTED = 8  # states in a line, accusers in the table
COLUMNS = 3  # accused in the table; the others are one more
# A phone 320 pixels wide shows about 32 characters of a fixed width in a row.
NAME, CELL, BAR = 15, 4, 20
ONCE = "an operation counts once, however often it is told"
Counts = Sequence[tuple[str, int]]


def shown_stats(query: Query, stats: Stats) -> Part:
    """The counts as a message: what is counted, lists, years as bars, and the table of who accuses whom."""
    title = f"Attributions{asked(query)} in numbers"
    if not stats.operations:
        return notice(f"{title}: there is none stored that answers this.\nPlain /attribution stats counts all.")
    total = f"{counted(stats.operations, 'operation')} in {counted(stats.statements, 'statement')}; {ONCE}"
    lists = [(label, _listed(found)) for label, found in _lists(stats)]
    years, table = list(_years(stats.years)), list(_table(stats))
    parts = [
        rich(section(words(f"{total}."))),
        rich(bullets(line(words(f"{label}:", "bold"), words(f" {text}")) for label, text in lists)),
        *([rich(section(words("By year", "bold")), _fixed(years))] if years else []),
        *([rich(section(words("Who (rows) accuses whom (columns)", "bold")), _fixed(table))] if table else []),
    ]
    told = [f"{title}: {total}.", *(f"{label}: {text}." for label, text in lists), *_in_words(stats)]
    return message(mrkdwn("\n".join(told)), [blocks.header(title), *parts])


def _lists(stats: Stats) -> Iterator[tuple[str, Counts]]:
    yield "Accused", [(flagged(code), count) for code, count in stats.accused]
    yield "Accusing", [(flagged(code), count) for code, count in stats.accusers]
    yield "Kinds", stats.kinds


def _listed(found: Counts) -> str:
    return some([f"{name}\u00a0{count}" for name, count in found], LISTED) or "nobody by name"


def _fixed(rows: Iterable[str]) -> Part:
    return {"type": "rich_text_preformatted", "elements": words("\n".join(rows))}


def _years(years: Counts) -> Iterator[str]:
    latest = years[-YEARS:]
    most = max((count for _, count in latest), default=1)
    if earlier := sum(count for _, count in years[:-YEARS]):
        yield f"earlier {earlier}"
    for year, count in latest:
        yield f"{year} {'█' * max(1, round(BAR * count / most))} {count}"


def _table(stats: Stats) -> Iterator[str]:
    """The table's rows: the most accusing by the most accused."""
    if not stats.matrix:
        return
    columns = [code for code, _ in stats.accused[:COLUMNS]]
    others = [code for code, _ in stats.accused[COLUMNS:]]
    heads = [*columns, *(["etc"] if others else [])]
    yield _row("", heads)
    for code, _ in stats.accusers[:LISTED]:
        counts = [stats.matrix.get((code, accused), 0) for accused in columns]
        more = [sum(stats.matrix.get((code, accused), 0) for accused in others)] if others else []
        yield _row(names.label(code), [str(count) if count else "·" for count in (*counts, *more)])


def _row(name: str, cells: Iterable[str]) -> str:
    return f"{cut(name, NAME):<{NAME}}{''.join(f'{cell:>{CELL}}' for cell in cells)}"


def _in_words(stats: Stats) -> Iterator[str]:
    """What bars and table show, for whoever hears them read."""
    if stats.years:
        yield f"By year: {', '.join(f'{year} {count}' for year, count in stats.years[-YEARS:])}."
    for code, _ in stats.accusers[:LISTED]:
        against = [(accused, stats.matrix.get((code, accused), 0)) for accused, _ in stats.accused]
        listed = some([f"{names.label(accused)} {count}" for accused, count in against if count], LISTED)
        yield f"{names.label(code)} accuses: {listed}." if listed else f"{names.label(code)} names no state."
