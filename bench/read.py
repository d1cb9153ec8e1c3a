"""How fast posts are read, beside a plain keyword search over the same text, in the same run.

The posts are the entries of real feeds where those are beside the project, else generated ones; parsing them is not
timed. The gate, which drops most of them, is timed alone, too.
"""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from attribution import gate, phrases
from attribution.model import Feed, Post, Publisher
from attribution.plain import post_from_plain
from attribution.publishers import publisher_of
from attribution.read import read
from bench.score_read import OFFICIAL, rows
from feeds.errors import FeedError
from feeds.parse import parse

SNAPSHOTS = Path(__file__).parents[2] / "shared" / "feeds" / "snapshots"
ROUNDS = 5  # of which the fastest counts: the others waited for something else on this machine
GENERATED = 700  # posts, where there are no real ones
# Of real entries of government feeds so many in a hundred are about something else.
ELSEWHERE = 80
POSTS_A_SECOND, RATIO, MEGABYTES = 1_000, 5, 150  # what is aimed at


def real() -> list[Post]:
    """The entries of the feeds on this machine, each published by its own host; none where there are none."""
    return [post for path in sorted(SNAPSHOTS.glob("*.xml")) for post in _entries(path)]


def _entries(path: Path) -> list[Post]:
    feed = Feed(id=path.stem, publisher=Publisher(name=path.stem), url="https://example.org/")
    try:
        posts = parse(path.read_bytes(), "", feed.url, feed)
    except FeedError:
        return []  # some of the bodies are pages that a server gave instead of its feed
    return [replace(post, publisher=publisher_of(urlsplit(post.url).hostname or "")) for post in posts]


def generated(number: int = GENERATED) -> list[Post]:
    """A mix like a feed's: most posts about roads and ribbons, the rest official statements in our own wording."""
    official = [post_from_plain(row) for row in rows(OFFICIAL / "official-posts.jsonl")]
    quiet = [_quiet(at, official[at % len(official)]) for at in range(number * ELSEWHERE // 100)]
    return quiet + [official[at % len(official)] for at in range(number - len(quiet))]


def _quiet(number: int, like: Post) -> Post:
    text = f"The minister opened road {number} and thanked all who had built it in so short a time. " * 25
    return replace(like, title=f"Road {number} is open", text=text, language="en")


def keywords() -> re.Pattern[str]:
    """What one would write without this project: the gate's English words, in any case, as one expression."""
    return re.compile("|".join(map(re.escape, gate.words_of("en"))), re.IGNORECASE)


def seconds(work: Callable[[Post], object], posts: Sequence[Post]) -> float:
    """The time one post takes, in the fastest of several rounds; what is loaded once is loaded before."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for post in posts:
            work(post)
        took.append(time.process_time() - began)
    return min(took) / len(posts)


def whole(post: Post) -> str:
    """What is searched: title and text."""
    return f"{post.title}\n{post.text}"


def memory() -> str:
    """The most memory that reading takes in a process of its own."""
    ran = subprocess.run([sys.executable, "-m", "bench.read_memory"], capture_output=True, text=True, check=True)
    languages, most = ran.stdout.split()
    return f"memory at most, {languages} languages loaded: {float(most):.0f} MB (aim: under {MEGABYTES})"


def report(posts: Sequence[Post], source: str) -> list[str]:
    """A line for each thing measured."""
    pattern, each = keywords(), len(posts)
    ours, theirs = seconds(read, posts), seconds(lambda post: pattern.search(whole(post)), posts)
    scan = seconds(lambda post: gate.holds_cyber(whole(post), gate.hint_of(post)), posts)
    stopped = Counter(read(post).gate or "a claim" for post in posts)
    shares = ", ".join(f"{ended} {number / each:.1%}" for ended, number in stopped.most_common())
    characters = sum(len(whole(post)) for post in posts) / each
    return [
        f"read {each} posts ({source}, {characters:,.0f} characters each): {1 / ours:,.0f} posts/s, "
        f"{ours * 1e6:.0f} µs a post (aim: over {POSTS_A_SECOND:,} posts/s on one core)",
        f"beside one keyword expression, {theirs * 1e6:.0f} µs a post: ratio {ours / theirs:.1f} (aim: within {RATIO})",
        f"the gate alone: {scan * 1e6:.0f} µs a post, drops {stopped['no cyber word'] / each:.1%}",
        f"where posts end: {shares}",
    ]


def main() -> None:
    """Prints speed, the peer's, the gate's share and memory."""
    posts = real()
    for code in phrases.languages():
        phrases.book_of(code)
    lines = report(posts or generated(), "entries of real feeds" if posts else "generated")
    sys.stdout.write("\n".join([*lines, memory()]) + "\n")


if __name__ == "__main__":
    main()
