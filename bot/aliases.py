"""The groups that a case names: how each is written, all its names, and where each name is from. Pure."""

from collections.abc import Iterator, Sequence
from functools import cache

from attribution import gazetteer
from attribution.identity import folded
from attribution.model import Actor
from attribution.words import flagged, some
from bot import blocks, telling
from bot.blocks import Part, Run, bullets, line, link, rich, section, shown, words
from storage.claims import Sourced

ALIASES = 40  # of a group from one source
WRITTEN = 8  # spellings of a group in posts
# Where a name is from: the gazetteer's derived table, or its overlay. The source that a row of the overlay names is
# that of the group's home, not of its names.
DERIVED, OURS = "MISP galaxy", "this bot's own list"


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
    for source, found in by_source(group):
        listed = some([shown(one, telling.NAME_LENGTH) for one in found], ALIASES)
        yield line(words(f"{source}: ", "italic"), words(listed))


def by_source(group: gazetteer.Group) -> list[tuple[str, list[str]]]:
    """A group's names by where they are from, each spelling once: sources write STRONTIUM and Strontium."""
    derived = _derived().get(group.id, frozenset())
    spelled = {folded(alias): alias for alias in reversed(group.aliases)}
    names = sorted(spelled.values(), key=group.aliases.index)
    theirs, ours = ([one for one in names if (folded(one) in derived) is known] for known in (True, False))
    return [(source, found) for source, found in ((DERIVED, theirs), (OURS, ours)) if found]


@cache
def _derived() -> dict[str, frozenset[str]]:
    """The names in the gazetteer's derived table, folded, by the group's id."""
    table = gazetteer.rows("groups.tsv")
    return {row["id"]: frozenset(map(folded, (row["label"], *gazetteer.listed(row["aliases"])))) for row in table}


def _home(actor: Actor, group: gazetteer.Group | None) -> Run:
    home, source = (group.home, group.source) if group else (actor.home, actor.source or "")
    if home is None:
        return []
    whence = f" (source: {shown(source)})" if source else ""
    return words(f"usually ascribed to {flagged(home)}{whence}; that is background, no accusation")
