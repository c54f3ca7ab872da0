"""Markdown as text: tables, lists, and data that must not be read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import isnan

MARKUP = re.compile(r"([\\`*\[\]<>|])")
ABSENT = "–"


def escape(text: str) -> str:
    """Text from data, such as a plan's name, on one line and with no character of markup in it."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def number(value: float, form: str) -> str:
    """A figure in a format such as `.3f`; a dash where it is not a number."""
    return ABSENT if isnan(value) else format(value, form)


def between(low: float, high: float, form: str) -> str:
    """An interval's two ends, such as `0.71 to 0.75`; a dash where one is not a number."""
    return ABSENT if isnan(low + high) else f"{low:{form}} to {high:{form}}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, the cells of each row in the order of the header."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def bullets(items: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {item}" for item in items)
