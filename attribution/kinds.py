"""The form an attribution takes: sanctions, indictment, expulsion, disruption, advisory, report or statement."""

from collections.abc import Sequence

from attribution.findings import Finding
from attribution.model import Kind, Post

# The signs of each kind, the most telling first: a release that sanctions and charges is one of sanctions.
SIGNS = (
    ("sanctions", Kind.SANCTIONS),
    ("legal", Kind.INDICTMENT),
    ("expels", Kind.EXPULSION),
    ("disrupts", Kind.DISRUPTION),
    ("reports", Kind.REPORT),
    ("advises", Kind.ADVISORY),
    ("warns", Kind.ADVISORY),
)


def kind_of(post: Post, findings: Sequence[Finding]) -> Kind:
    """The kind of an attribution from the sentences that make it, the earliest that tells."""
    for finding in findings:
        for sign, kind in SIGNS:
            if finding.clause.has(sign):
                return kind
    return Kind.STATEMENT
