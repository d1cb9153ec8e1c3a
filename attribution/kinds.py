"""The form an attribution takes: sanctions, indictment, expulsion, disruption, advisory, report or statement."""

from collections.abc import Sequence

from attribution.findings import Placed
from attribution.model import Kind

# An act of state is what a post is about where its title or its first sentences have it, the most telling first.
ACTS = (
    ("sanctions", Kind.SANCTIONS),
    ("legal", Kind.INDICTMENT),
    ("expels", Kind.EXPULSION),
    ("disrupts", Kind.DISRUPTION),
)
# A form of publication is told a little later, too.
FORMS = (("reports", Kind.REPORT), ("advises", Kind.ADVISORY))
ACTS_WITHIN = 2
FORMS_WITHIN = 4
TRIMMINGS_WITHIN = 6


def kind_of(placed: Sequence[Placed]) -> Kind:
    """The kind of a post's attribution, by its title first, then by its beginning; STATEMENT where nothing tells.

    Under a title that accuses ("Germany blames ..."), sanctions and charges in the text are older ones.
    """
    title = [here for here in placed if here.place == 0]
    accuses = any(here.clause.has("blames", "ties_to", "by_before") for here in title)
    acts_within = 0 if accuses else ACTS_WITHIN
    told = next((kind for here in placed if (kind := _told_by(here, acts_within))), None)
    return told or (Kind.ADVISORY if not accuses and _is_technical(placed) else Kind.STATEMENT)


def _is_technical(placed: Sequence[Placed]) -> bool:
    """Whether a post warns in its first sentences, or has the trimmings of an advisory."""
    return any(
        here.clause.has("technical") or (here.place <= ACTS_WITHIN and here.clause.has("warns"))
        for here in placed
        if here.place <= TRIMMINGS_WITHIN
    )


def _told_by(here: Placed, acts_within: int) -> Kind | None:
    telling = [*(ACTS if here.place <= acts_within else ()), *(FORMS if here.place <= FORMS_WITHIN else ())]
    if here.place == 0:
        telling.append(("warns", Kind.ADVISORY))
    return next((kind for sign, kind in telling if here.clause.has(sign)), None)
