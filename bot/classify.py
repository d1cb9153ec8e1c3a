"""`attribution-bot classify`: a reading shown to a person, or posts read line by line for a machine."""

import json
from typing import TextIO

import click

from attribution.model import Post, Standing
from attribution.plain import claim_as_plain, post_from_plain
from attribution.publishers import publisher_of
from attribution.read import read
from bot import terminal


def show(text: str, publisher: str, country: str) -> int:
    """Reads one post, its first line being the title, and prints the reading; the exit status."""
    title, _, body = text.strip().partition("\n")
    if not title:
        click.echo("There is nothing to read: give a file with a title line and a text.", err=True)
        return 2
    post = Post(
        feed="", url="", guid="", title=title.strip(), text=body.strip(), published_at=None, language=None,
        publisher=publisher_of(publisher, country or None),
    )  # fmt: skip
    terminal.print_reading(post, read(post))
    return 0


def lines(file: TextIO) -> int:
    """Reads one post a line and prints one reading a line; says which lines are no posts, and then gives 1."""
    wrong = 0
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            post = post_from_plain(given)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            click.echo(f"Line {number} is no post: {_what(error)}. It wants an object with title and text.", err=True)
            wrong += 1
            continue
        click.echo(json.dumps(_said(given.get("id"), post), ensure_ascii=False))
    return 1 if wrong else 0


def _what(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"no JSON ({error.msg} at character {error.pos})"
        case KeyError():
            return f"it has no {error.args[0]}"
        case ValueError():
            return str(error)
        case _:
            return "no object, or a value of the wrong kind"


def _said(post_id: object, post: Post) -> dict[str, object]:
    reading = read(post)
    standing: Standing | None = reading.standing
    return {
        "id": post_id,
        "standing": standing or "none",
        "gate": reading.gate,
        "language": reading.language,
        "claims": [claim_as_plain(claim) for claim in reading.claims],
    }
