"""`attribution-bot classify`: a reading shown to a person, or posts read line by line for a machine."""

import json
from collections.abc import Sequence
from typing import TextIO

import click

from attribution.grounds import Ground, grounds_of
from attribution.model import Claim, Post, Standing
from attribution.plain import WANTED, claim_as_plain, plain_value, post_from_plain
from attribution.publishers import publisher_of
from attribution.read import read
from attribution.why import why_not
from bot import terminal

# What a line that is no post raises in being read: json's own of brackets in brackets is RecursionError.
MISREAD = (ValueError, KeyError, RecursionError)


def show(text: str, publisher: str, country: str, *, why: bool = False) -> int:
    """Reads one post, its first line being the title, and prints the reading; the exit status.

    `why`: prints why the post is quiet, instead."""
    title, _, body = text.strip().partition("\n")
    if not title:
        click.echo("There is nothing to read: give a file with a title line and a text.", err=True)
        return 2
    post = Post(
        feed="", url="", guid="", title=title.strip(), text=body.strip(), published_at=None, language=None,
        publisher=publisher_of(publisher, country or None),
    )  # fmt: skip
    if why:
        terminal.print_why_not(why_not(post))
    else:
        terminal.print_reading(post, read(post), grounds_of(post))
    return 0


def lines(file: TextIO, *, why: bool = False) -> int:
    """Reads one post a line and prints one reading a line; says which lines are no posts, and then gives 1.

    `why`: adds to each reading why the post is quiet."""
    wrong = 0
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            post = post_from_plain(given)
        except MISREAD as error:
            click.echo(f"Line {number} is no post: {trouble_of(error)}.", err=True)
            wrong += 1
            continue
        given_id = post.guid if isinstance(given.get("id"), str) else given.get("id")
        click.echo(json.dumps(_said(given_id, post, why=why), ensure_ascii=False))
    return 1 if wrong else 0


def trouble_of(error: Exception) -> str:
    """Why a line is no post, from one of MISREAD, and what it wants."""
    match error:
        case json.JSONDecodeError():
            return f"no JSON ({error.msg} at character {error.pos}); {WANTED}"
        case KeyError():
            return f"it has no {error.args[0]}; {WANTED}"
        case RecursionError():
            return f"it has too many brackets in brackets; {WANTED}"
        case _:
            return str(error)


def _said(post_id: object, post: Post, *, why: bool) -> dict[str, object]:
    reading = read(post)
    standing: Standing | None = reading.standing
    said = {
        "id": post_id,
        "standing": standing or "none",
        "gate": reading.gate,
        "language": reading.language,
        "claims": [_grounded(claim, grounds) for claim, grounds in grounds_of(post)] if reading.claims else [],
    }
    return {**said, "why_not": plain_value(why_not(post))} if why else said


def _grounded(claim: Claim, grounds: Sequence[Ground]) -> dict[str, object]:
    return {**claim_as_plain(claim), "grounds": [plain_value(ground) for ground in grounds]}
