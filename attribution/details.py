"""The small books of details: words that tell whom an operation hit, how surely it is said, and in which form.

A book has, of its table `victims`: `hit` and `after` (words before and after whom it hit), `suffers` (what is said of
a victim), `home` ("our country"), `institution` (a state's own bodies), `lists` (what joins a list) and `friends` (what
makes a state anything but a victim); of `confidence`: the steps of both scales, and `judged` (a judgement without a
degree) and `law` (words of courts that hedge nothing); of `kinds`: a list for each kind, `advice` and `study` (what an
advisory and a report are made of), `announced` (an act of today, and its papers), `contemplated` (no act yet) and
`technical`; of `groups`: `compared` (what sets a group beside the one that did it); of `ties`: `sponsoring` and
`linking` (what stands between those who did it and their state); and landmarks, by state.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from attribution.language import language as language_of
from attribution.marks import Clause
from attribution.model import Analytic, Likelihood, Post
from attribution.phrases import Book, Cue, build, languages

COMMON = "common"
LANDMARK = "landmark:"
LIKELIHOOD = "likelihood:"
ANALYTIC = "analytic:"


def details_for(post: Post) -> Book:
    """The book of a post's language; English's where it has none."""
    return details_of(language_of(f"{post.title}\n{post.text}", post.language) or "en")


@cache
def details_of(language: str) -> Book:
    """The book of details of a language (ISO 639-1); English's where there is none."""
    known = language if language in languages() else "en"
    tables = _tables(known)
    cues = {**tables["victims"], **tables["kinds"], **tables["ties"], **tables.get("groups", {})}
    cues |= {_step(name): phrases for name, phrases in tables["confidence"].items()}
    shared = _tables(COMMON)
    cues |= {LANDMARK + state: phrases for state, phrases in shared["landmarks"].items()}
    cues |= {sign: [*cues[sign], *phrases] for sign, phrases in shared["kinds"].items()}
    return build(known, cues)


def details_in(clause: Clause, book: Book) -> tuple[Cue, ...]:
    """The details of a sentence, none of them within a name: the "Ministry of State Security" is no ministry hit.

    Words that mean the speaker's own country count although they name it, too ("我が国"), and so do famous victims.
    """
    covered = {at for named in clause.named for at in range(named.first, named.last + 1)}
    return tuple(
        cue
        for cue in book.cues(clause.tokens)
        if cue.sign == "home" or cue.sign.startswith(LANDMARK) or not (cue.first in covered and cue.last in covered)
    )


def _step(name: str) -> str:
    if name in set(Likelihood):
        return LIKELIHOOD + name
    return ANALYTIC + name if name in set(Analytic) else name


def _tables(language: str) -> dict[str, dict[str, Any]]:
    source = resources.files("attribution") / "data" / "details" / f"{language}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))
