"""`make data`: derive the tables of names from kept-up sources, provenance in their heads.

    python -m bench.derive_data [attribution/data]

Needs the `data` extra (pymispgalaxies) and Babel; writes territories.tsv and groups.tsv. What is ours beside them
(states.tsv, organs.tsv, groups-ours.tsv, plain.tsv, traps.tsv, inflections.tsv) is written by hand.
"""

import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel import Locale

# The languages governments publish in that the phrase books know, and neighbours met in their feeds.
LANGUAGES = (
    *("en", "de", "fr", "nl", "nb", "sv", "da", "cs", "uk", "ru", "it", "es", "pl", "ja", "ko", "zh", "zh_Hant"),
    *("vi", "pt", "sk"),
)
SAME = {"nb": "no", "zh_Hant": "zh"}
CODES = re.compile(r"[A-Z]{2}\Z")
# CLDR's territories that are no states or dependencies of ISO 3166-1.
NO_STATES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
# Names a person would not write, or that are other words in their language.
UNWRITTEN = re.compile(
    r" \(|（|特别行政区|特別行政區|SAR|S\.A\.R\.|ZAO|OAO|САР|МАР|ОАР| - |특별행정구|特別行政区|-Kinshasa|-Brazzaville"
)
# A noun's last letters, longest first, to the class of endings it takes; None keeps it as it is.
INFLECTED = ("cs", "pl", "ru", "sk", "uk")
STIFF = re.compile(r"[ .'’-]|[eéěиоуыэюіїєuúůíóyý]\Z")

FORMAL = re.compile(
    r"(?:[A-Z][a-z']+ )*(?:Republic|Kingdom|Federation|Sultanate|Principality|Commonwealth|State) of (?:the )?"
    r"[A-Z][A-Za-z' ]+"
    r"|(?:[A-Z][a-z]+ )+(?:Republic|Federation|Kingdom)"
)
# Former states, parts of states and misspellings among the formal names.
UNFIT = re.compile(
    r"Emetab|Former|Soviet|Socialist Republic of (?!Viet)|Cenral|Chechen|Second|Yugoslav|Federal People|Tatarstan"
)


def territories() -> Iterator[tuple[str, str, str]]:
    """(code, language, names): CLDR's name, then the formal English ones; a name two states share is left out."""
    found: dict[tuple[str, str], list[str]] = {}
    for code, language, name in (*common(), *formal()):
        found.setdefault((code, language), []).append(name)
    codes: dict[str, set[str]] = {}
    for (code, _), names in found.items():
        for name in names:
            codes.setdefault(name, set()).add(code)
    for (code, language), names in sorted(found.items()):
        own = [name for name in dict.fromkeys(names) if len(codes[name]) == 1]
        if own:
            yield code, language, "|".join(own)


def common() -> Iterator[tuple[str, str, str]]:
    """(code, language, name) of CLDR's territories, inflected languages' names with their class of endings."""
    for tag in LANGUAGES:
        names = Locale.parse(tag).territories
        language = SAME.get(tag, tag)
        for code in sorted(names):
            if CODES.match(code) and code not in NO_STATES and not UNWRITTEN.search(names[code]):
                yield code, language, marked(names[code], language)


def marked(name: str, language: str) -> str:
    """A name with "~" before the ending that its language changes, where that follows a rule."""
    if language not in INFLECTED or STIFF.search(name) or name.isupper() or name == "Niger":  # else Nigeria's forms
        return name
    for ending in sorted(classes(language), key=len, reverse=True):
        if ending and name.endswith(ending) and len(name) > len(ending) + 2:
            return f"{name[: -len(ending)]}~{ending}"
    return f"{name}~" if "" in classes(language) and name[-1] not in "aаяьй" else name


def classes(language: str) -> set[str]:
    """The noun endings that inflections.tsv knows for a language."""
    lines = (data() / "inflections.tsv").read_text("utf-8").splitlines()
    cells = (line.split("\t") for line in lines if line.startswith(f"{language}\t"))
    return {ending.replace("-", "") for _, ending, _ in cells} - {"ý", "í", "ий", "i", "y"}


def formal() -> Iterator[tuple[str, str, str]]:
    """(code, "en", name): the formal English names that countrynames knows ("Republic of Korea")."""
    tables: dict[str, Any] = {}
    exec(within("countrynames", "countrynames/data.py"), tables)  # importing the package needs a compiled ICU
    today = Locale.parse("en").territories
    for code, names in sorted(tables["DATA"].items()):
        if CODES.match(code) and code in today and code not in NO_STATES:
            fit = {name.removeprefix("The ") for name in names if name.isascii() and not UNFIT.search(name)}
            yield from ((code, "en", name) for name in sorted(fit) if FORMAL.fullmatch(name))


def groups() -> Iterator[tuple[str, str, str, str]]:
    """(id, label, home, aliases) of MISP's threat actors."""
    cluster = json.loads(within("pymispgalaxies", "pymispgalaxies/data/misp-galaxy/clusters/threat-actor.json"))
    seen: set[str] = set()
    for actor in cluster["values"]:
        meta = actor.get("meta", {})
        aliases = [tidy(alias) for alias in meta.get("synonyms", [])]
        label = tidy(actor["value"])
        slug = unique(slugged(label), seen)
        yield slug, label, home(meta), "|".join(dict.fromkeys(a for a in aliases if a and a != label))


def tidy(name: str) -> str:
    """A name without the markup and remarks that stand in some."""
    return (
        re.sub(r"\s+", " ", re.sub(r"(?<=.)\s*[\[(](?!\d).*?[\])]\s*$", "", name).strip("[]")).replace("|", "/").strip()
    )


def slugged(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.casefold()).strip("-")


def unique(slug: str, seen: set[str]) -> str:
    while slug in seen:
        slug += "-2"
    seen.add(slug)
    return slug


def home(meta: dict[str, Any]) -> str:
    """The state a group is ascribed to, where its source gives one."""
    code = str(meta.get("country", "")).upper()
    return code if CODES.match(code) else ""


def table(path: Path, head: Iterable[str], columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Write a table: its provenance, its columns, its rows."""
    lines = [f"# {line}" for line in head]
    lines += ["\t".join(columns), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def data() -> Path:
    return Path(sys.argv[1] if len(sys.argv) > 1 else "attribution/data")


def within(package: str, path: str) -> str:
    """A file of an installed package, which is not imported."""
    return Path(str(importlib.metadata.distribution(package).locate_file(path))).read_text("utf-8")


def version(package: str) -> str:
    return f"{package} {importlib.metadata.version(package)}"


def main() -> None:
    table(
        data() / "territories.tsv",
        (
            "Formal names of states and territories (ISO 3166-1) by language; derived by `make data`.",
            f"source: Unicode CLDR through {version('babel')}, licence: Unicode-3.0;",
            f"source: {version('countrynames')} (formal English names), licence: MIT",
        ),
        ("code", "language", "words"),
        territories(),
    )
    table(
        data() / "groups.tsv",
        (
            "Groups, their aliases and the state they are usually ascribed to; derived by `make data`.",
            f"source: MISP galaxy, threat-actor cluster, through {version('pymispgalaxies')}; licence: CC0-1.0",
        ),
        ("id", "label", "home", "aliases"),
        sorted(groups()),
    )


if __name__ == "__main__":
    main()
