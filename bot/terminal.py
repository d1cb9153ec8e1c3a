"""What a terminal shows: polls, readings and claims, as text that means the same without colour."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from attribution.model import Claim, Found, Post, Reading, Standing
from attribution.plain import found_as_plain
from attribution.query import Query, written
from attribution.words import TIES, listed, sure, who
from bot.jobs import Polled

WIDTH = 100  # columns, where the output is no terminal


def out() -> Console:
    """The console for standard output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


@contextmanager
def progress(total: int) -> Iterator[Callable[[Polled], None]]:
    """A progress bar on standard error; call what it gives with each poll that ends."""
    columns = (TextColumn("polling"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda polled: bar.update(task, advance=1, description=polled.feed)


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


def print_reading(post: Post, reading: Reading) -> None:
    """A post with the words that gave its claims marked, and each claim with its fields' evidence."""
    console = out()
    marked = _marked(f"{post.title}\n\n{post.text}".strip(), reading)
    console.print(Padding(marked, (1, 2)))
    for claim in reading.claims:
        console.print(claim_block(claim, "", ""))
        console.print(Padding(_evidence(claim), (0, 0, 1, 4)))
    if not reading.claims:
        console.print(f"No attribution: {reading.gate or 'no sentence makes one'}.")
    if reading.by_names_only:
        console.print(f"There is no phrase book for {reading.language}: read by names only.")


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
        quote = Text(f"“{one.claim.quote}”", style="italic")
        cell = Group(Text(what, style="bold"), quote, Text(one.url, style="dim"))
        table.add_row(str(one.id), str(one.claim.made_on or ""), cell, str(one.claim.kind))
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
    quote = Text(f"“{claim.quote}”", style="italic")
    withdrawn = "withdrawn: " if one.withdrawn_at else ""
    headline_only = " (headline only)" if one.headline_only else ""
    what = Group(
        Text(withdrawn + who(claim) + headline_only, style="bold"), quote, Text(one.url, style="dim"), Text("")
    )
    return str(claim.made_on or ""), one.case or "", what, str(claim.kind), sure(claim.confidence)


def _evidence(claim: Claim) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for field, words in claim.evidence:
        table.add_row(field, f"“{words}”")
    return table


def _marked(text: str, reading: Reading) -> Text:
    marked = Text(text)
    for claim in reading.claims:
        marked.highlight_words([claim.quote], style="bold")
        marked.highlight_words([words for _, words in claim.evidence if words], style="reverse")
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
