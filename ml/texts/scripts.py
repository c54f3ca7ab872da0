"""Script of a text, such as Latin or Han: the part of its language that characters alone show."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

# The first word of a letter's Unicode name where it differs from the script's name.
_SCRIPTS = {"CJK": "Han", "HIRAGANA": "Japanese", "KATAKANA": "Japanese"}
NO_LETTERS = "no letters"
# A prefix of this length suffices for the script.
_READ_CHARACTERS = 500


def script_of(text: str) -> str:
    """The script of most of its letters, such as Latin, Han or Cyrillic; else `NO_LETTERS`.

    Chinese and Japanese share Han, so one kana makes a text Japanese.
    """
    scripts = Counter(script for letter in text[:_READ_CHARACTERS] if (script := _script(letter)))
    if not scripts:
        return NO_LETTERS
    if "Japanese" in scripts:
        scripts["Japanese"] += scripts.pop("Han", 0)
    return min(scripts, key=lambda name: (-scripts[name], name))


@lru_cache(maxsize=10_000)
def _script(character: str) -> str | None:
    """Script by the letter's Unicode name after NFKC normalisation; None for other characters."""
    if unicodedata.category(character)[0] != "L":
        return None
    plain = unicodedata.normalize("NFKC", character)[0]
    first = unicodedata.name(plain, "unnamed").partition(" ")[0].partition("-")[0]
    return _SCRIPTS.get(first, first.capitalize())
