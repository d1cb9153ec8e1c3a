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
    for here in placed:
        if here.place <= ACTS_WITHIN:
            for sign, kind in ACTS:
                if here.clause.has(sign):
                    return kind
        if here.place <= FORMS_WITHIN:
            for sign, kind in FORMS:
                if here.clause.has(sign):
                    return kind
        if here.place == 0 and here.clause.has("warns"):
            return Kind.ADVISORY
    return Kind.STATEMENT
