"""Are claims gathered into the right cases? Pairwise precision and recall over labelled posts and history rows.

python -m bench.score_cases [--shared DIR] [--misses]

A pair of items is *same* if a reader gave both one operation for sure, left out if only perhaps, else *different*.
First with the claims the labels give, so that only the gathering is measured; then with the claims that reading the
posts gives: an item in which nothing is read is alone. Last, how operations are gathered that are in no table: most of
the labelled ones stand in the table of operations known by a name, so without it, the items of one operation alone.
"""

import argparse
import csv
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from attribution import names
from attribution.cases import Known, Told, choose, fold
from attribution.labels import EVIDENCE
from attribution.model import Actor, Claim, Kind, Origin, PartialDate, Precision, Standing
from attribution.plain import post_from_plain
from attribution.read import read
from attribution.renowned import taken_apart

SHARED = Path(__file__).parents[2] / "shared"
SHUFFLES = 5
PRECISION, RECALL = 0.95, 0.85  # what is aimed at
LEAD = 1500  # characters of a post that are compared, as in production
PRECISIONS = {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Pairs put together rightly, put together wrongly, and left apart wrongly."""

    right: int
    wrong: int
    missed: int

    def __str__(self) -> str:
        pairs = f"{self.right} right, {self.wrong} wrong, {self.missed} missed"
        return f"precision {self.precision:.3f}  recall {self.recall:.3f}  ({pairs})"

    @property
    def precision(self) -> float:
        """Share of the pairs put together that belong together."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Share of the pairs that belong together that were put together."""
        return self.right / max(1, self.right + self.missed)


def same(one: dict[str, bool], other: dict[str, bool]) -> bool | None:
    """Whether two items speak of one operation, None if it can be argued about. Each: operation to sure."""
    shared = one.keys() & other.keys()
    if any(one[operation] and other[operation] for operation in shared):
        return True
    return None if shared else False


def partition(told: Iterable[tuple[str, Told]]) -> dict[str, frozenset[str]]:
    """Each item's cases, as items arrive: one of each claim, and a claim for each operation that an item lists."""
    cases: dict[str, Known] = {}
    found: dict[str, frozenset[str]] = {}
    for item, whole in told:
        for claim in taken_apart(whole.claim, whole.title, whole.text, whole.said_on):
            one = replace(whole, claim=claim)
            id = choose(one, cases.values()) or f"{len(cases):04}"  # noqa: A001 - the case's id
            cases[id] = fold(cases.get(id), one, id)
            found[item] = found.get(item, frozenset()) | {id}
    return found


def score(found: dict[str, frozenset[str]], gold: dict[str, dict[str, bool]]) -> Score:
    """Counts pairs of the items that both know."""
    counted = {(True, True): 0, (True, False): 0, (False, True): 0}
    for one, other in itertools.combinations(sorted(found), 2):
        truth = same(gold[one], gold[other])
        kind = (not found[one].isdisjoint(found[other]), truth)
        if truth is not None and kind in counted:
            counted[kind] += 1
    return Score(right=counted[True, True], wrong=counted[True, False], missed=counted[False, True])


def orders(told: dict[str, Told]) -> dict[str, list[tuple[str, Told]]]:
    """The orders of arrival that are scored, by name."""
    by_date = sorted(told.items(), key=lambda item: (item[1].said_on, item[0]))
    found = {"by date": by_date}
    for seed in range(SHUFFLES):
        found[f"shuffled {seed + 1}"] = random.Random(seed).sample(by_date, len(by_date))
    return found


def when(written: str) -> PartialDate:
    """A date written as 2017, 2017-05 or 2017-05-12."""
    day = date.fromisoformat((written + "-01-01")[:10])
    return PartialDate(day=day, precision=PRECISIONS[len(written)])


def actor(words: str) -> Actor:
    """A group as the labels name it."""
    group = names.group(words)
    return Actor(id=group.id if group else words.casefold(), names=(words,))


def parts(words: Iterable[str]) -> tuple[tuple[Actor, ...], tuple[str, ...]]:
    """Labels' groups, parted into hacking groups and the accused state's services."""
    agencies = tuple(word for word in words if any(name.sort is names.Sort.AGENCY for name in names.find(word)))
    return tuple(actor(word) for word in words if word not in agencies), agencies


def from_row(row: dict[str, str]) -> Told:
    """A row of history.csv."""
    listed = {
        key: [part for part in row[key].split(",") if part] for key in ("accused", "attributed_by", "victims", "groups")
    }
    made_on = when(row["date"])
    actors, agencies = parts(listed["groups"])
    claim = Claim(
        standing=Standing.ATTRIBUTION,
        origin=Origin.ARCHIVE,
        accused=frozenset(listed["accused"]),
        attributed_by=frozenset(listed["attributed_by"]),
        actors=actors,
        agencies=agencies,
        victims=frozenset(listed["victims"]),
        kind=Kind("disruption" if row["kind"] == "other" else row["kind"]),
        quote=row["fact"],
        rule="history",
        made_on=made_on,
    )
    return Told(claim=claim, title=row["fact"], said_on=made_on.day)


def from_label(post: dict[str, Any], label: dict[str, Any]) -> Told:
    """A post of dev.jsonl with the label it was given."""
    actors, agencies = parts(label["groups"])
    claim = Claim(
        standing=Standing.ATTRIBUTION,
        accused=frozenset(label["accused"]),
        attributed_by=frozenset(label["attributed_by"]),
        actors=actors,
        agencies=agencies,
        victims=frozenset(label["victims"]),
        kind=Kind(label["kind"]),
        quote=post["title"],
        rule="label",
    )
    return Told(
        claim=claim, title=post["title"], text=post["text"][:LEAD], said_on=date.fromisoformat(post["published"])
    )


def from_reading(post: dict[str, Any]) -> Told | None:
    """The first attribution that reading a post gives, None without any."""
    claims = [claim for claim in read(post_from_plain(post)).claims if claim.standing is Standing.ATTRIBUTION]
    said_on = date.fromisoformat(post["published"])
    return Told(claim=claims[0], title=post["title"], text=post["text"][:LEAD], said_on=said_on) if claims else None


def without_names(told: Told) -> Told:
    """A claim as if none of the operations known by a name were known: it is said to be about one that is in no
    table."""
    return replace(told, claim=replace(told.claim, evidence=((EVIDENCE, ""),)))


def load_gold(shared: Path) -> dict[str, dict[str, bool]]:
    """Item to its operations, each with whether the reader was sure."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    with (shared / "corpus" / "cases.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found[row["item"]][row["operation"]] = row["sure"] == "1"
    return dict(found)


def load_labelled(shared: Path, wanted: Iterable[str]) -> dict[str, Told]:
    """The wanted posts as claims, from their labels."""
    labels = {label["id"]: label for label in _lines(shared / "corpus" / "dev-labels.jsonl")}
    posts = [post for post in _lines(shared / "corpus" / "dev.jsonl") if post["id"] in wanted]
    return {post["id"]: from_label(post, labels[post["id"]]) for post in posts}


def load_read(shared: Path, wanted: Iterable[str]) -> dict[str, Told]:
    """The wanted posts as claims, by reading them; those in which nothing is read are left out."""
    posts = [post for post in _lines(shared / "corpus" / "dev.jsonl") if post["id"] in wanted]
    return {post["id"]: told for post in posts if (told := from_reading(post))}


def load_history(shared: Path, wanted: Iterable[str]) -> dict[str, Told]:
    """The wanted rows of the history ("h1" is the first) as claims."""
    with (shared / "history" / "history.csv").open(encoding="utf-8") as lines:
        rows = {f"h{at}": row for at, row in enumerate(csv.DictReader(lines), 1)}
    return {item: from_row(row) for item, row in rows.items() if item in wanted}


def show_misses(found: dict[str, frozenset[str]], gold: dict[str, dict[str, bool]], told: dict[str, Told]) -> None:
    """Prints every case that holds a wrong pair, and every operation that is in several cases."""
    for case in sorted(frozenset[str]().union(*found.values())):
        members = [item for item in found if case in found[item]]
        if any(same(gold[one], gold[other]) is False for one, other in itertools.combinations(members, 2)):
            _show(f"wrong: {case}", members, gold, told)
    for operation in sorted({operation for given in gold.values() for operation, sure in given.items() if sure}):
        members = [item for item in found if gold[item].get(operation)]
        if any(found[one].isdisjoint(found[other]) for one, other in itertools.combinations(members, 2)):
            _show(f"split: {operation}", sorted(members, key=lambda item: sorted(found[item])), gold, told)


def _show(heading: str, members: Sequence[str], gold: dict[str, dict[str, bool]], told: dict[str, Told]) -> None:
    print(heading)
    for item in members:
        print(f"    {item} {told[item].said_on} {'/'.join(gold[item])}: {told[item].title[:90]}")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def main() -> None:
    """Scores each order of arrival, a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--misses", action="store_true", help="list what is wrong, in order of date")
    given = parser.parse_args()
    if not (given.shared / "corpus" / "cases.csv").exists():
        print(f"cases: no labelled data in {given.shared}: nothing scored")
        return
    gold = load_gold(given.shared)
    history = load_history(given.shared, gold)
    labelled = history | load_labelled(given.shared, gold)
    of_one = {item: operations for item, operations in gold.items() if len(operations) == 1}
    unnamed = {item: without_names(labelled[item]) for item in of_one}
    report("labelled", labelled, gold)
    report("read", history | load_read(given.shared, gold), gold)
    report("unnamed", unnamed, of_one)
    if given.misses:
        show_misses(partition(orders(labelled)["by date"]), gold, labelled)


def report(source: str, told: dict[str, Told], gold: dict[str, dict[str, bool]]) -> None:
    """Prints how items are gathered in each order of arrival; one that nothing is told of is alone."""
    for name, order in orders(told).items():
        found = {item: frozenset({item}) for item in gold} | partition(order)
        print(f"cases, {source:8}, {name:10}  {score(found, gold)}  aim {PRECISION} / {RECALL}")


if __name__ == "__main__":
    main()
