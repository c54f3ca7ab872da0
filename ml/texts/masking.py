"""Masking of personal data: addresses, links, long numbers and names become placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterable

ADDRESS, LINK, NUMBER, NAME = "[address]", "[link]", "[number]", "[name]"

_LINK = re.compile(r"https?://\S+|www\.\S+")
_ADDRESS = re.compile(r"[^\s@<>(),;:]+@[^\s@<>(),;]+\.\w+")
_MENTION = re.compile(r"(?<!\w)@\w+")
# Numbers of orders, cards, accounts and telephones: four digits or more in any grouping, with up to
# six letters before them. Dates and amounts of that length are masked too.
_NUMBER = re.compile(r"(?:\b[A-Za-z]{1,6}[-/]?)?[+#(]?\d(?:[\s().\-/]{0,2}\d){3,}", re.ASCII)
# Shorter names in Latin letters are often words ("Al", "Jo").
_LEAST_LETTERS = 3


def masked(text: str, names: Iterable[str] = ()) -> str:
    """The text with placeholders for addresses, links, long numbers and the given names.

    Args:
        text: the text as written.
        names: full names; each part of a name is masked, and a name without spaces as a whole.
    """
    plain = _LINK.sub(LINK, text) if "://" in text or "www." in text else text
    if "@" in plain:
        plain = _MENTION.sub(NAME, _ADDRESS.sub(ADDRESS, plain))
    plain = _NUMBER.sub(NUMBER, plain)
    # Only names that occur get a pattern: compiling them took half of the time of complaints.
    folded = _folded(plain)
    occurring = {part for name in names for part in _parts(name) if _folded(part) in folded}
    parts = sorted(occurring, key=len, reverse=True)
    if not parts:
        return plain
    written = "|".join(
        rf"\b{re.escape(part)}\b" if part.isascii() else re.escape(part) for part in parts
    )
    return re.sub(written, NAME, plain, flags=re.IGNORECASE)


def _parts(name: str) -> Iterable[str]:
    for part in re.split(r"[\s,.]+", name):
        if len(part) >= (_LEAST_LETTERS if part.isascii() else 2):
            yield part


def _folded(text: str) -> str:
    """The text in a form in which letters are equal that are equal without regard to case.

    The pattern also takes the Turkish i with and without a dot for i, which `casefold` does not.
    """
    return text.replace("İ", "i").replace("ı", "i").casefold()
