"""What was attacked, or how, in several languages: "telecom" and its Chinese name are one theme."""

import re
from functools import cache

from attribution import gazetteer

HAN = re.compile(r"[\u3400-\u9fff]")
# What a text says twice it is about; what it says once may be the paper's field, or recalled in passing.
OFTEN = 2


def themes(headline: str, text: str) -> frozenset[str]:
    """The themes of a claim: those its headline names, and those its text names twice."""
    return frozenset(
        theme
        for theme, pattern in _patterns().items()
        if pattern.search(headline) or len(pattern.findall(text)) >= OFTEN
    )


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    lines = [line for line in gazetteer.read("themes.txt").splitlines() if line and not line.startswith("#")]
    listed = (line.split(":", 1) for line in lines)
    return {theme: re.compile("|".join(map(_pattern, words.split())), re.IGNORECASE) for theme, words in listed}


def _pattern(word: str) -> str:
    """A word as in the table: Han script anywhere, others whole, up to a final "*"; a hyphen may be a space."""
    if HAN.search(word):
        return re.escape(word)
    letters = re.escape(word.removesuffix("*")).replace(r"\-", "[ -]?")
    return rf"\b{letters}" + ("" if word.endswith("*") else r"\b")
