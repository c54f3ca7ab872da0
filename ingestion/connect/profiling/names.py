"""Catalogue of column and table names in the languages of shops, and the score of a name."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from ingestion.connect.origins.table_names import normalised

NAMES = Path(__file__).with_name("names.csv")
STATUSES = Path(__file__).with_name("statuses.csv")

# Points of a name, the same for tables and columns.
EXACT, ENDING, SIMILAR = 4.0, 2.5, 1.5
# Subtracted without the table's own words, so that order_id is an order's id before any other id.
_WITHOUT_TABLE = 0.25
# Least points of a name that is exact, with or without the table's own words.
NAMED = EXACT - _WITHOUT_TABLE
_MIN_SIMILARITY = 0.87
# amount_cents is an amount, in another unit.
_UNITS = re.compile(r"_(in_)?(cents?|minor(_units)?|pence|centimes|centavos)$")
_MIN_LENGTH = 5  # shorter names are similar to too many others


def singular(word: str) -> str:
    """Return an English, Spanish, Portuguese or French plural without its s."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


@cache
def _catalogue() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Normalised names by entity and field; the field * holds names of the entity's table."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    with NAMES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["entity"], row["field"]] += map(normalised, row["names"].split("|"))
    return {key: tuple(dict.fromkeys(names)) for key, names in found.items()}


@cache
def names_of(entity: str, field: str) -> tuple[str, ...]:
    """Return the normalised names of a field, the entity's own first; * is the entity's table."""
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
            min(len(name), len(candidate)) >= _MIN_LENGTH
            and SequenceMatcher(None, name, candidate).ratio() >= _MIN_SIMILARITY
        ):
            return SIMILAR, candidate
    return 0.0, ""


@cache
def column_points(entity: str, field: str, column: str, table: str) -> tuple[float, str]:
    """Return the points of a column's name for a field, and the catalogue's name that matches.

    Leading words of the table's own name are ignored: `order_status` of the orders is `status`.
    """
    name = _UNITS.sub("", normalised(column))
    best = _name_points(name, names_of(entity, field))
    own = {singular(word) for word in normalised(table).split("_")}
    own |= {singular(word) for word in entity.split("_")}
    words = name.split("_")
    while len(words) > 1 and singular(words[0]) in own:
        words = words[1:]
        points, like = _name_points("_".join(words), names_of(entity, field))
        best = max(best, (points - _WITHOUT_TABLE if points else 0.0, like))
    return best


@cache
def table_points(entity: str, table: str) -> tuple[float, str]:
    """Return the points of a table's name for an entity, and the catalogue's name that matches.

    The last word names the table (`order_reviews`), in Romance languages the first.
    """
    name = "_".join(map(singular, normalised(table).split("_")))
    known = tuple("_".join(map(singular, word.split("_"))) for word in names_of(entity, "*"))
    points, like = _name_points(name, known)
    if not points and name.split("_")[0] in known:
        return SIMILAR, name.split("_")[0]
    return points, like


@cache
def meanings(field: str) -> Mapping[str, str]:
    """Return the value by normalised word of a field in the catalogue of words; empty if none."""
    found: dict[str, str] = {}
    with STATUSES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["field"] == field:
                found |= dict.fromkeys(map(normalised, row["words"].split("|")), row["value"])
    return found


@cache
def is_catalogued(word: str) -> bool:
    """Return whether a word is in the catalogue of words, and so names no person."""
    with STATUSES.open(encoding="utf-8", newline="") as file:
        return any(
            normalised(word) in map(normalised, row["words"].split("|"))
            for row in csv.DictReader(file)
        )


def order_statuses() -> Mapping[str, str]:
    """Return the canonical order status by normalised word."""
    return meanings("orders.status")
