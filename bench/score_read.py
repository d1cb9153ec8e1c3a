"""How well are posts read? Detection and each field, over labelled posts: the project's own, and real ones if present.

python -m bench.score_read [--shared DIR] [--misses]

A post is detected where one of its claims would alert. A field of a post is the union over such claims, and
`attributed_by` holds `supported_by`. A label gives what is wanted (two readers agreed) and what is allowed (one of them
gave it): precision counts what is allowed, recall what is wanted. A post that was not detected has found nothing, so
that the recall of a field includes detection. A post labelled "mention" is neither right nor wrong to alert on: how
many alert is told apart. Labels marked borderline are left out.
"""

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attribution.model import Claim, Post, PublisherKind, Standing
from attribution.plain import post_from_plain
from attribution.read import read

ROOT = Path(__file__).parents[1]
OFFICIAL = ROOT / "tests" / "corpus"
SHARED = ROOT.parent / "shared"
FIELDS = ("accused", "attributed_by", "groups", "victims")
QUOTES, MENTIONS = "quotes in their post", "mentions that alert"
# What is aimed at on real posts; of mentions at most so many may alert.
AIMS = {
    "detection precision": 0.97, "detection recall": 0.95, "accused": 0.97, "attributed_by": 0.95, "groups": 0.90,
    "victims": 0.88, "kind": 0.92, QUOTES: 1.0, MENTIONS: 0.25,
}  # fmt: skip
NO_NAMES = frozenset({"group", "team", "the"})
WORD = re.compile(r"[0-9a-z\u0080-\uffff]+")
SHORTEST_NAME = 3  # letters that the longest word of a shorter name needs to be found within a longer one

Row = Mapping[str, Any]
Names = frozenset[str]
# What the columns of the table hold, by the kind of the publisher.
COLUMNS = {
    "all": tuple(PublisherKind),
    "official": (PublisherKind.GOVERNMENT, PublisherKind.BODY),
    "press": (PublisherKind.PRESS, PublisherKind.UNKNOWN),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many found are right, how many were found, how many wanted were found, how many were wanted."""

    right: int = 0
    found: int = 0
    met: int = 0
    wanted: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            right=self.right + other.right, found=self.found + other.found,
            met=self.met + other.met, wanted=self.wanted + other.wanted,
        )  # fmt: skip

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what was wanted that was found; 1 where nothing was wanted."""
        return self.met / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 where both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A post, its label, and the claims read in it that would alert."""

    post: Post
    label: Row
    claims: tuple[Claim, ...]

    @property
    def wanted(self) -> bool:
        """Whether the post is an attribution."""
        return bool(self.label["label"] == "attribution")


def scored(plain: Row, label: Row) -> Scored:
    """One post of a set, read; `plain` is a row of its posts."""
    post = post_from_plain(plain)
    claims = tuple(claim for claim in read(post).claims if claim.standing is Standing.ATTRIBUTION)
    return Scored(post=post, label=label, claims=claims)


def measures(posts: Sequence[Scored]) -> dict[str, float]:
    """Every measure by name, from 0 to 1. A measure of which a set has no case is left out."""
    detection = _sum(map(_detected, posts))
    wanted = [one for one in posts if one.wanted]
    found = {"detection precision": detection.precision, "detection recall": detection.recall} if wanted else {}
    tallies = {field: _sum(field_tally(field, one) for one in wanted) for field in FIELDS}
    found |= {field: tally.f1 for field, tally in tallies.items() if tally.wanted}
    shares = {
        "kind": [_has_kind(one) for one in wanted if one.label.get("kind")],
        "confidence": [_has_phrase(one) for one in wanted if one.label.get("confidence_phrase")],
        QUOTES: [_stands_in(claim, one.post) for one in posts for claim in one.claims],
        MENTIONS: [bool(one.claims) for one in posts if one.label["label"] == "mention"],
    }
    return found | {name: sum(hits) / len(hits) for name, hits in shares.items() if hits}


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def _detected(one: Scored) -> Tally:
    if one.label["label"] == "mention":
        return Tally()
    alerts = bool(one.claims)
    right = int(alerts and one.wanted)
    return Tally(right=right, found=int(alerts), met=right, wanted=int(one.wanted))


def field_tally(field: str, one: Scored) -> Tally:
    """What was found of one field of a post that is an attribution."""
    found, (missed, wrong) = found_of(field, one.claims), errors_of(field, one)
    wanted = _labelled(field, one.label)
    return Tally(right=len(found) - len(wrong), found=len(found), met=len(wanted) - len(missed), wanted=len(wanted))


def found_of(field: str, claims: Sequence[Claim]) -> set[Names]:
    """What claims have in a field, each thing by all its names; states and bodies have one, their code."""
    if field == "groups":
        actors = {frozenset((*actor.names, actor.id)) for claim in claims for actor in claim.actors}
        return actors | {frozenset({agency}) for claim in claims for agency in claim.agencies}
    codes = {code for claim in claims for code in getattr(claim, field)}
    if field == "attributed_by":
        codes |= {code for claim in claims for code in claim.supported_by}
    return {frozenset({code}) for code in codes}


def errors_of(field: str, one: Scored) -> tuple[list[str], list[str]]:
    """What was wanted of a field and not found, and what was found and not allowed, each by one of its names."""
    same = alike if field == "groups" else str.__eq__
    found, wanted = found_of(field, one.claims), _labelled(field, one.label)
    allowed = wanted | _labelled(f"{field}_allowed", one.label)
    missed = [want for want in wanted if not any(same(want, name) for names in found for name in names)]
    wrong = [min(names) for names in found if not any(same(right, name) for right in allowed for name in names)]
    return sorted(missed), sorted(wrong)


def _labelled(field: str, label: Row) -> set[str]:
    return set(label.get(field) or ())


def alike(one: str, other: str) -> bool:
    """Whether two names of groups or services are the same, or all words of one stand in the other: "GRU" in "GRU Unit
    26165", but never APT3 in APT31."""
    words, others = _words(one), _words(other)
    if "".join(words) == "".join(others):
        return bool(words)
    short, long = sorted((set(words), set(others)), key=len)
    return bool(short) and short <= long and max(map(len, short)) >= SHORTEST_NAME


def _words(name: str) -> list[str]:
    return [word for word in WORD.findall(name.casefold()) if word not in NO_NAMES]


def _has_kind(one: Scored) -> bool:
    return any(claim.kind in (one.label.get("kind_allowed") or [one.label["kind"]]) for claim in one.claims)


def _has_phrase(one: Scored) -> bool:
    wanted = one.label["confidence_phrase"].casefold()
    phrases = [claim.confidence.phrase.casefold() for claim in one.claims]
    return any(phrase and (phrase in wanted or wanted in phrase) for phrase in phrases)


def _stands_in(claim: Claim, post: Post) -> bool:
    quote = " ".join(claim.quote.split())
    return bool(quote) and quote in " ".join(f"{post.title} {post.text}".split())


def table(posts: Sequence[Scored]) -> list[str]:
    """The measures of a set, a line each: of all its posts, of official publishers' and of the press's."""
    parts = {name: [one for one in posts if one.post.publisher.kind in kinds] for name, kinds in COLUMNS.items()}
    columns = {name: measures(part) for name, part in parts.items() if part}
    lines = [f"  {'':22}" + "".join(f"{name:>10}" for name in (*columns, "aim"))]
    for name in columns["all"]:
        values = [*(column.get(name) for column in columns.values()), AIMS.get(name)]
        lines.append(f"  {name:22}" + "".join(f"{'-' if one is None else f'{one:.3f}':>10}" for one in values))
    return lines


def misses(posts: Sequence[Scored]) -> list[str]:
    """Every error, a line each: false alarms, posts missed, and what is missing or wrong in a field."""
    lines = []
    for one in posts:
        name = f"{one.post.guid}: {one.post.title[:80]}"
        if one.label["label"] != "mention" and bool(one.claims) != one.wanted:
            lines.append(f"  {'missed' if one.wanted else 'false alarm'} {name}")
        for field in FIELDS if one.wanted and one.claims else ():
            missed, wrong = errors_of(field, one)
            if missed or wrong:
                lines.append(f"  {field} {name}: missed {', '.join(missed) or '-'}, wrong {', '.join(wrong) or '-'}")
    return lines


def load(posts: Path, labels: Path) -> list[Scored]:
    """A set read anew, in the order of its labels, those marked borderline left out."""
    given = {row["id"]: row for row in rows(posts)}
    return [scored(given[label["id"]], label) for label in rows(labels) if not label.get("borderline")]


def official() -> list[Scored]:
    """The project's own set, read: official statements in our own wording."""
    return load(OFFICIAL / "official-posts.jsonl", OFFICIAL / "official-labels.jsonl")


def real(shared: Path = SHARED) -> list[Scored]:
    """The real labelled posts beside the project, read; none where they are not there."""
    posts, labels = shared / "corpus" / "dev.jsonl", shared / "corpus" / "dev-labels.jsonl"
    return load(posts, labels) if posts.exists() and labels.exists() else []


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def main() -> None:
    """Prints the measures of each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--misses", action="store_true", help="list what is wrong")
    given = parser.parse_args()
    for name, posts in (("official statements in our own wording", official()), ("real posts", real(given.shared))):
        if not posts:
            print(f"reading, {name}: no labelled posts in {given.shared}: nothing scored")
            continue
        print(f"reading, {name}: {len(posts)}")
        print("\n".join([*table(posts), *(misses(posts) if given.misses else ())]))


if __name__ == "__main__":
    main()
