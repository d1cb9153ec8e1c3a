"""Which language a text is in: the only file that knows lingua."""

import re
import unicodedata
from collections import Counter
from functools import cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

# As much as tells languages apart; lingua's time grows with the length.
ENOUGH = 300
# The languages of the phrase books, and those their neighbours' feeds are in: fewer candidates, fewer mistakes.
CANDIDATES = (
    *(Language.ENGLISH, Language.GERMAN, Language.FRENCH, Language.DUTCH, Language.BOKMAL, Language.NYNORSK),
    *(Language.SWEDISH, Language.DANISH, Language.CZECH, Language.UKRAINIAN, Language.RUSSIAN, Language.ITALIAN),
    *(Language.SPANISH, Language.POLISH, Language.JAPANESE, Language.KOREAN, Language.CHINESE),
    *(Language.SLOVAK, Language.PORTUGUESE, Language.ROMANIAN, Language.HUNGARIAN, Language.CROATIAN),
    *(Language.FINNISH, Language.ESTONIAN, Language.LATVIAN, Language.LITHUANIAN, Language.VIETNAMESE),
    *(Language.BULGARIAN, Language.TURKISH),
)
SAME = {"nb": "no", "nn": "no"}
# Scripts by the first word of their characters' Unicode names; a script with one language among feeds tells it.
ONLY = {"KANA": "ja", "CJK": "zh", "HANGUL": "ko", "HEBREW": "he", "ARABIC": "ar", "GREEK": "el", "GEORGIAN": "ka"}
# The scripts a language is written in, where that is not Latin alone.
WRITTEN = {
    **dict.fromkeys(("be", "bg", "mk", "ru", "uk"), ("CYRILLIC",)),
    **dict.fromkeys(("ar", "fa"), ("ARABIC",)),
    "el": ("GREEK",),
    "he": ("HEBREW",),
    "ja": ("KANA", "CJK"),
    "ka": ("GEORGIAN",),
    "ko": ("HANGUL",),
    "sr": ("CYRILLIC", "LATIN"),
    "zh": ("CJK",),
}
LETTER = re.compile(r"[^\W\d_]")
# Japanese is a third kana, a Chinese text that quotes a Japanese name has less than a tenth; and a text with a fifth
# of its letters in characters worth a word each is not in the Latin script, however many names it quotes.
LEAST = {"KANA": 0.1, "CJK": 0.2, "HANGUL": 0.2}


def language(text: str, hint: str | None) -> str | None:
    """ISO 639-1 of a text; `hint` (the feed's language, "en-GB" too) is believed unless the script contradicts it.

    None where there are no letters to tell by and no hint.
    """
    said = _plain(hint) if hint else None
    script = _script(text[:ENOUGH])
    if script is None or (said and _written_in(said, script)):
        return said
    return ONLY.get(script) or _detected(text[:ENOUGH])


def _plain(tag: str) -> str:
    code = re.split(r"[-_]", tag.strip().lower())[0]
    return SAME.get(code, code)


def _written_in(code: str, script: str) -> bool:
    return script in WRITTEN.get(code, ("LATIN",))


def _script(text: str) -> str | None:
    """The script of a text; KANA where it has kana enough to be Japanese; None without letters."""
    counted: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if LETTER.match(character):
            counted[_script_of(character)] += times
    for script, least in LEAST.items():
        if counted[script] > least * counted.total():
            return script
    return counted.most_common(1)[0][0] if counted else None


@cache
def _script_of(letter: str) -> str:
    first = unicodedata.name(letter, "LATIN").split(" ", 1)[0]
    return "KANA" if first in ("HIRAGANA", "KATAKANA") else first


def _detected(text: str) -> str | None:
    found = _detector().detect_language_of(text)
    if found == Language.VIETNAMESE and text.isascii():  # never written without accents: short English looks like it
        ranked = _detector().compute_language_confidence_values(text)
        found = next(one.language for one in ranked if one.language != Language.VIETNAMESE)
    return _plain(found.iso_code_639_1.name) if found else None


@cache
def _detector() -> LanguageDetector:
    """Low accuracy: trigrams alone, a third of the memory; enough for texts of a teaser's length."""
    return LanguageDetectorBuilder.from_languages(*CANDIDATES).with_low_accuracy_mode().build()
