"""How much memory reading takes with every language loaded: run alone, so that nothing else is counted.

python -m bench.read_memory
"""

import resource
import sys
from dataclasses import replace

from attribution.details import details_of
from attribution.phrases import book_of, languages
from attribution.plain import post_from_plain
from attribution.read import read
from bench.score_read import OFFICIAL, rows


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
    return len(known), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    loaded, most = peak()
    sys.stdout.write(f"{loaded} {most}\n")
