"""The groups that a case names: how each is written, all its names, and where each name is from. Pure."""

from collections.abc import Iterator, Sequence
from functools import cache

from attribution import gazetteer
from attribution.model import Actor
from attribution.words import flagged, some
from bot import blocks, telling
from bot.blocks import Part, Run, bullets, line, link, rich, section, shown, words
from storage.claims import Sourced

ALIASES = 40  # of a group from one source
WRITTEN = 8  # spellings of a group in posts
DERIVED = "MISP galaxy"  # where the names in the gazetteer's derived table are from, as the gazetteer calls it


def groups(found: Sequence[Sourced]) -> Iterator[Part]:
    """A block for each group that claims name, and one for the services and units."""
    named: dict[str, list[tuple[Actor, Sourced]]] = {}
    for one in found:
        for actor in one.found.claim.actors:
            named.setdefault(actor.id, []).append((actor, one))
    yield from (_group(each) for each in named.values())
    if agencies := dict.fromkeys(agency for one in found for agency in one.found.claim.agencies):
        text = some([shown(one, telling.NAME_LENGTH) for one in agencies], ALIASES)
        yield rich(section(words("Services and units named", "bold"), words(f"\n{text}, as the posts write them")))


def _group(named: Sequence[tuple[Actor, Sourced]]) -> Part:
    actor = named[0][0]
    known = gazetteer.groups().get(actor.id)
    label = known.label if known else actor.names[-1]
    rows = [_written(named), *(_aliases(known) if known else ()), _home(actor, known)]
    title = words(f"{shown(label, telling.NAME_LENGTH)}, its names and where they are from", "bold")
    return rich(section(title), bullets([row for row in rows if row]))


def _written(named: Sequence[tuple[Actor, Sourced]]) -> Run:
    first = {actor.names[0]: one for actor, one in reversed(named)}
    posts = [
        line(words(f"“{shown(name, telling.NAME_LENGTH)}” by "), link(telling.source(one.found), one.found.url))
        for name, one in reversed(first.items())
    ]
    return line(words("written "), blocks.listed(posts[:WRITTEN]))


def _aliases(group: gazetteer.Group) -> Iterator[Run]:
    derived = _derived().get(group.id, frozenset())
    for source in dict.fromkeys((group.source, DERIVED)):
        names = [one for one in group.aliases if (DERIVED if one in derived else group.source) == source]
        if names:
            listed = some([shown(one, telling.NAME_LENGTH) for one in names], ALIASES)
            yield line(words(f"{shown(source)}: ", "italic"), words(listed))


@cache
def _derived() -> dict[str, frozenset[str]]:
    """The names in the gazetteer's derived table, by the group's id."""
    table = gazetteer.rows("groups.tsv")
    return {row["id"]: frozenset((row["label"], *gazetteer.listed(row["aliases"]))) for row in table}


def _home(actor: Actor, group: gazetteer.Group | None) -> Run:
    home, source = (group.home, group.source) if group else (actor.home, actor.source or "")
    if home is None:
        return []
    whence = f" (source: {shown(source)})" if source else ""
    return words(f"usually ascribed to {flagged(home)}{whence}; that is background, no accusation")
