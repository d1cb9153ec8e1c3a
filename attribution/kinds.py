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
FORMS_WITHIN = 5


def kind_of(placed: Sequence[Placed]) -> Kind:
    """The kind of a post's attribution, by its title first, then by its beginning; STATEMENT where nothing tells."""
    title = [here for here in placed if here.place == 0]
    if any(here.clause.has("blames", "ties_to", "by_before") for here in title) and not any(map(_told_by, title)):
        return (
            Kind.REPORT
            if any(here.clause.has("reports") for here in placed if here.place <= ACTS_WITHIN)
            else Kind.STATEMENT
        )
    return next((kind for here in placed if (kind := _told_by(here))), Kind.STATEMENT)


def _told_by(here: Placed) -> Kind | None:
    telling = [*(ACTS if here.place <= ACTS_WITHIN else ()), *(FORMS if here.place <= FORMS_WITHIN else ())]
    if here.place == 0:
        telling.append(("warns", Kind.ADVISORY))
    return next((kind for sign, kind in telling if here.clause.has(sign)), None)
