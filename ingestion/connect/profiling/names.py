"""What columns and tables are called in the languages of shops, and what such a name speaks for."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

NAMES = Path(__file__).with_name("names.csv")
STATUSES = Path(__file__).with_name("statuses.csv")

# Points of a name, the same for tables and columns.
EXACT, ENDING, SIMILAR = 4.0, 2.5, 1.5
_LEAST_SIMILARITY = 0.87
_LEAST_LENGTH = 5  # a shorter name is similar to too many others


@cache
def normalised(name: str) -> str:
    """A name in lower case without accents, its words joined by _: `Customer ID`, `customerId`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    plain = unicodedata.normalize("NFKD", spaced.replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


def singular(word: str) -> str:
    """An English, Spanish, Portuguese or French plural without its s."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


@cache
def _catalogue() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The names of `names.csv` by entity and field, normalised; a table's own has the field *."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    with NAMES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["entity"], row["field"]] += map(normalised, row["names"].split("|"))
    return {key: tuple(dict.fromkeys(names)) for key, names in found.items()}


@cache
def names_of(entity: str, field: str) -> tuple[str, ...]:
    """The normalised names of an entity's field, its own ones first; `*` is the entity's table."""
    catalogue = _catalogue()
    general = catalogue.get(("*", field), ()) if field != "*" else ()
    return (*catalogue.get((entity, field), ()), *general)


def _name_points(name: str, known: tuple[str, ...]) -> tuple[float, str]:
    words = tuple(name.split("_"))
    for candidate in known:
        if name == candidate:
            return EXACT, candidate
    endings = [
        candidate
        for candidate in known
        if len(candidate) > 2 and words[-len(candidate.split("_")) :] == tuple(candidate.split("_"))
    ]
    if endings:
        return ENDING, max(endings, key=len)
    for candidate in known:
        if (
            min(len(name), len(candidate)) >= _LEAST_LENGTH
            and SequenceMatcher(None, name, candidate).ratio() >= _LEAST_SIMILARITY
        ):
            return SIMILAR, candidate
    return 0.0, ""


@cache
def column_points(entity: str, field: str, column: str, table: str) -> tuple[float, str]:
    """How much a column's name speaks for a field, and the catalogue's name that it is like.

    The table's own words before the column's count for nothing: `order_status` of the orders is
    their `status`.
    """
    name = normalised(column)
    best = _name_points(name, names_of(entity, field))
    own = {singular(word) for word in normalised(table).split("_")}
    own |= {singular(word) for word in entity.split("_")}
    words = name.split("_")
    while len(words) > 1 and singular(words[0]) in own:
        words = words[1:]
        # A hair less, so that order_id is an order's id before it is an id of anything.
        points, like = _name_points("_".join(words), names_of(entity, field))
        best = max(best, (points - 0.25 if points else 0.0, like))
    return best


@cache
def table_points(entity: str, table: str) -> tuple[float, str]:
    """How much a table's name speaks for an entity, and the catalogue's name that it is like.

    A table is called by its last word (`order_reviews`), in Romance languages by its first.
    """
    name = "_".join(map(singular, normalised(table).split("_")))
    known = tuple("_".join(map(singular, word.split("_"))) for word in names_of(entity, "*"))
    points, like = _name_points(name, known)
    if not points and name.split("_")[0] in known:
        return SIMILAR, name.split("_")[0]
    return points, like


@cache
def status_words() -> Mapping[str, Mapping[str, str]]:
    """Canonical value by normalised word, by `entity.field`: what a word of a source means."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    with STATUSES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for word in row["words"].split("|"):
                found[row["field"]][normalised(word)] = row["value"]
    return found
