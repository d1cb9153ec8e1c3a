"""How much memory reading takes with every language loaded: run alone, so that nothing else is counted.

python -m bench.read_memory
"""

import re
import resource
import sys
from dataclasses import replace
from pathlib import Path

from attribution.details import details_of
from attribution.phrases import book_of, languages
from attribution.plain import post_from_plain
from attribution.read import read
from bench.score_read import OFFICIAL, rows

STATUS = Path("/proc/self/status")


def most() -> float:
    """The most megabytes this process took. Where Linux tells it that is its own figure: getrusage counts the process
    that started this one, too, until it becomes another program."""
    if STATUS.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))):
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak() -> tuple[int, float]:
    """How many languages have a phrase book, and the most megabytes this process took after reading in all of them."""
    known = languages()
    for code in known:
        book_of(code)
        details_of(code)
    for plain in rows(OFFICIAL / "official-posts.jsonl"):
        post = post_from_plain(plain)
        read(post)
        read(replace(post, language=None))  # its language is told by lingua, which loads what it has of each
    return len(known), most()


if __name__ == "__main__":
    loaded, took = peak()
    sys.stdout.write(f"{loaded} {took}\n")
