"""Names of raw tables, and the normalised form in which names are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import takewhile
from pathlib import PurePosixPath


@cache
def normalised(name: str) -> str:
    """Return a name in lower-case snake case without accents: customer_id for `Customer ID`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    plain = unicodedata.normalize("NFKD", spaced.replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


def raw_table_name(text: str) -> str:
    """Return a name that the configuration accepts: a-z, digits and _, a letter first."""
    plain = re.sub(r"[^a-z0-9]+", "_", normalised(text)).strip("_")
    return plain if plain[:1].isalpha() else f"table_{plain}".rstrip("_")


def table_names(patterns: Sequence[str]) -> dict[str, str]:
    """Return a table name by path: the words of the file name that not all paths share."""
    words = {
        pattern: normalised(
            re.sub(r"\{date\}|\*", " ", PurePosixPath(pattern).name.split(".")[0])
        ).split("_")
        for pattern in patterns
    }
    lists = list(words.values())
    first = _shared_count(lists)
    last = _shared_count([each[::-1] for each in lists])
    names: dict[str, str] = {}
    for pattern, all_words in words.items():
        own = all_words[first : len(all_words) - last] or all_words
        names[pattern] = distinct_name(raw_table_name("_".join(own)), names.values())
    return names


def distinct_name(name: str, taken: Iterable[str]) -> str:
    """Return the name, numbered from 2 if it is taken."""
    others = set(taken)
    candidate, count = name, 1
    while candidate in others:
        count += 1
        candidate = f"{name}_{count}"
    return candidate


def _shared_count(lists: Sequence[Sequence[str]]) -> int:
    """Count the leading words that all lists share; 0 for a single list."""
    if len(lists) < 2:
        return 0
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*lists, strict=False)))
