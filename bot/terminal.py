"""What a terminal shows: polls, readings and claims, as text that means the same without colour."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
)
from rich.table import Table
from rich.text import Text

from attribution import names
from attribution.grounds import Ground
from attribution.model import Claim, Found, Origin, Post, Reading, Standing
from attribution.plain import found_as_plain
from attribution.query import Query, written
from attribution.why import Nearest, WhyNot
from attribution.words import TIES, listed, sure, who
from bot.jobs import Polled

CODED = ("accused", "attributed_by", "supported_by", "victims", "actors")  # fields whose values have a name to show
MOST_QUOTED = 600  # characters of a sentence that are shown
WIDTH = 100  # columns, where the output is no terminal


def out() -> Console:
    """The console for standard output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


@contextmanager
def progress(total: int, doing: str = "polling") -> Iterator[Callable[[str], None]]:
    """A progress bar on standard error; call what it gives with the id of each feed that is done."""
    with _bar(doing, MofNCompleteColumn(), total) as (bar, task):
        yield lambda feed: bar.update(task, advance=1, description=feed)


@contextmanager
def progress_of_bytes(total: int, doing: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; call what it gives with how many bytes more are done."""
    with _bar(doing, DownloadColumn(), total) as (bar, task):
        yield lambda more: bar.update(task, advance=more)


def print_polled(polled: Sequence[Polled]) -> None:
    """A line a feed, the claims each brought, and a line for all."""
    console = out()
    console.print(_polls(polled))
    for one in polled:
        if one.trouble:
            console.print(Text(f"{one.feed}: {one.text}", style="dim"))
    for one in polled:
        for post, claim in one.stored.brought:
            if claim.standing is Standing.ATTRIBUTION:
                console.print(claim_block(claim, post.title, post.url))
    console.print(_sum_of(polled))


def print_reading(post: Post, reading: Reading, grounded: Sequence[tuple[Claim, Sequence[Ground]]]) -> None:
    """A post with the words that gave its claims marked, and each claim with the grounds of its fields."""
    console = out()
    found = [ground for _, grounds in grounded for ground in grounds]
    marked = _marked(f"{post.title}\n\n{post.text}".strip(), [claim.quote for claim, _ in grounded], _said(found))
    console.print(Padding(marked, (1, 2)))
    for claim, grounds in grounded:
        console.print(claim_block(claim, "", ""))
        console.print(Padding(_ground_table(grounds), (0, 0, 1, 4)))
    if not reading.claims:
        console.print(f"No attribution: {reading.gate}. --why-not shows what was missing.")
    if reading.by_names_only:
        console.print(f"There is no phrase book for {reading.language}: read by names only.")


def print_why_not(found: WhyNot | None) -> None:
    """Why a post does not alert: the reason, the steps it passed, and the sentence nearest to passing the next."""
    console = out()
    if found is None:
        console.print("Not quiet: it makes an attribution. Without --why-not it is shown.")
        return
    console.print(Text(f"{'A mention only' if found.standing else 'Quiet'}: {found.because}.", style="bold"))
    console.print(Padding(_step_table(found), (1, 0, 1, 2)))
    if found.nearest:
        console.print(_nearest(found.nearest))


def print_found(found: Sequence[Found], asked: Query) -> None:
    """A table of claims, newest first, or a sentence where there is none."""
    console = out()
    if not found:
        console.print(f"No stored claim answers: {written(asked) or 'everything'}.")
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("date", "case", "who accuses whom", "kind", "how sure"):
        table.add_column(title, no_wrap=title in ("date", "case", "kind"), overflow="fold")
    for one in found:
        table.add_row(*_cells(one))
    console.print(table)
    console.print(f"{len(found)} {'claim' if len(found) == 1 else 'claims'}.")


def print_case(found: Sequence[Found]) -> None:
    """Each claim of a case with its number, which `case split` takes."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("claim", "date", "who accuses whom", "kind"):
        table.add_column(title, no_wrap=title != "who accuses whom", overflow="fold")
    for one in found:
        what = ("withdrawn: " if one.withdrawn_at else "") + who(one.claim)
        quote = Text(quoted(one.claim), style="italic")
        cell = Group(Text(what, style="bold"), quote, Text(one.url, style="dim"))
        table.add_row(str(one.id), str(one.claim.made_on or ""), cell, str(one.claim.kind))
    out().print(table)


def print_table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """A table of text, a heading a column."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title, overflow="fold")
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    out().print(table)


def print_json(found: Sequence[Found]) -> None:
    """The claims as a JSON array on standard output."""
    out().out(json.dumps([found_as_plain(one) for one in found], ensure_ascii=False, indent=2))


def claim_block(claim: Claim, title: str, url: str) -> RenderableType:
    """One claim as a person reads it: who accuses whom, the quote, the rest in words, the source."""
    lines = [Text(f"“{claim.quote}”", style="italic"), Text(" · ".join(_facts(claim)), style="dim")]
    if title or url:
        lines.append(Text(" — ".join(part for part in (title, url) if part), style="dim"))
    return Group(Text(who(claim), style="bold"), Padding(Group(*lines), (0, 0, 1, 4)))


def quoted(claim: Claim) -> str:
    """A post's own words between quotation marks; an archive's fact, which is in ours, without."""
    return claim.quote if claim.origin is Origin.ARCHIVE else f"“{claim.quote}”"


@contextmanager
def _bar(doing: str, count: ProgressColumn, total: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (TextColumn(doing), BarColumn(), count, TextColumn("{task.description}"))
    console = Console(stderr=True)
    # Where it is no terminal, rich shows nothing but an empty line.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task("", total=total)


def _facts(claim: Claim) -> Iterator[str]:
    yield str(claim.kind)
    if claim.victims or claim.organisations:
        yield "victims: " + ", ".join([*filter(None, [listed(claim.victims)]), *claim.organisations])
    if claim.supported_by and claim.attributed_by:
        yield f"backed by {listed(claim.supported_by)}"
    yield sure(claim.confidence)
    yield TIES[claim.tie]
    if claim.made_on:
        yield f"said {claim.made_on}"
    if claim.happened:
        yield f"happened {claim.happened}"
    yield f"rule {claim.rule}"


def _cells(one: Found) -> tuple[str | Group, ...]:
    claim = one.claim
    quote = Text(quoted(claim), style="italic")
    withdrawn = "withdrawn: " if one.withdrawn_at else ""
    headline_only = " (headline only)" if one.headline_only else ""
    what = Group(
        Text(withdrawn + who(claim) + headline_only, style="bold"), quote, Text(one.url, style="dim"), Text("")
    )
    return str(claim.made_on or ""), one.case or "", what, str(claim.kind), sure(claim.confidence)


def _ground_table(grounds: Iterable[Ground]) -> Table:
    table = _table("field", "value", "words", "rule")
    for ground in grounds:
        table.add_row(ground.field, _value(ground), _listed(ground.words), ground.rule)
    return table


def _step_table(found: WhyNot) -> Table:
    table = _table()
    for step, words in found.passed:
        table.add_row("has", str(step), ", ".join(words))
    table.add_row("lacks", Text(found.step, style="bold"), "")
    return table


def _nearest(nearest: Nearest) -> RenderableType:
    where = "the title" if nearest.place == 0 else f"sentence {nearest.place}"
    sentence = " ".join(nearest.sentence.split())
    cut = sentence if len(sentence) <= MOST_QUOTED else sentence[:MOST_QUOTED].rsplit(" ", 1)[0] + " …"
    table = _table()
    for called, words in _gathered(nearest.seen):
        table.add_row(called, _listed(words))
    marked = _marked(f"“{cut}”", [], [words for _, words in nearest.seen])
    return Group(f"Nearest to it, {where}:", Padding(marked, (0, 2)), Padding(table, (1, 0, 1, 2)))


def _gathered(seen: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """What was seen, the words of one thing together, in the order of its first."""
    found: dict[str, list[str]] = {}
    for called, words in seen:
        found.setdefault(called, []).append(words)
    yield from found.items()


def _table(*titles: str) -> Table:
    table = Table(box=None, show_header=bool(titles), header_style="dim", padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title, no_wrap=title == "field", overflow="fold")
    return table


def _value(ground: Ground) -> str:
    return names.label(ground.value) if ground.field in CODED else ground.value


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"“{' '.join(one.split())}”" for one in words)


def _said(grounds: Iterable[Ground]) -> list[str]:
    return [words for ground in grounds for words in ground.words if words]


def _marked(text: str, quotes: Sequence[str], words: Sequence[str]) -> Text:
    marked = Text(text)
    marked.highlight_words(quotes, style="bold")
    marked.highlight_words(words, style="reverse")
    return marked


def _polls(polled: Sequence[Polled]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("feed", overflow="fold")
    table.add_column("answer", no_wrap=True)
    for title in ("posts", "new", "edited", "claims", "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in sorted(polled, key=lambda one: (one.trouble is not None, one.feed)):
        table.add_row(*_poll_cells(one))
    return table


def _poll_cells(one: Polled) -> tuple[str, ...]:
    seconds = f"{one.seconds:.2f}"
    if one.trouble:
        return one.feed, str(one.trouble), "", "", "", "", seconds
    answer = "unchanged" if one.unchanged else "possible gap" if one.stored.gap else "ok"
    counts = (one.entries, one.stored.new, one.stored.edited, len(one.stored.brought))
    return one.feed, answer, *(str(count) for count in counts), seconds


def _sum_of(polled: Sequence[Polled]) -> str:
    failed = [one for one in polled if one.trouble]
    claims = [claim for one in polled for _, claim in one.stored.brought]
    attributions = sum(claim.standing is Standing.ATTRIBUTION for claim in claims)
    why = ", ".join(f"{len(list(same))} {word}" for word, same in groupby(sorted(str(one.trouble) for one in failed)))
    return (
        f"{len(polled) - len(failed)} of {len(polled)} feeds read, {sum(one.stored.new for one in polled)} new posts, "
        f"{attributions} attributions, {len(claims) - attributions} mentions" + (f"; not read: {why}." if why else ".")
    )
