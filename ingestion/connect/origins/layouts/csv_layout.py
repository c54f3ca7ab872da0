"""Delimiter of a CSV file, and the lines of titles above its header, by the first rows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

_DELIMITERS = (",", ";", "\t", "|")
_ROWS = 200
# A title has one cell of many; a header has few empty ones.
_HEADER_SHARE = 0.5


@dataclass(frozen=True)
class CsvLayout:
    """Layout of a CSV file.

    Attributes:
        delimiter: character between values.
        skip_lines: lines above the header.
    """

    delimiter: str
    skip_lines: int


def csv_layout(text: str) -> CsvLayout | None:
    """Return the layout that gives most rows the same number of values, or None if none does.

    Args:
        text: the start of the file; line ends may be mixed.
    """
    best: tuple[float, int, CsvLayout] | None = None
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter)
        widths = Counter(len(row) for _, row in rows if len(row) > 1)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda each: (each[1] * each[0], each[0]))
        header = next((line for line, row in rows if is_header(row, width)), None)
        # Words with commas in a file with another delimiter have rows of many widths.
        if header is not None and 2 * count > len(rows):
            share = count / len(rows)
            if best is None or (share, width) > best[:2]:
                best = share, width, CsvLayout(delimiter, header)
    return best[2] if best else None


def is_header(row: list[str], width: int) -> bool:
    """Return whether a row can be the header of a table of so many columns."""
    filled = sum(1 for value in row if value.strip())
    return len(row) == width and filled > _HEADER_SHARE * width


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the first rows that are not empty, each with the number of lines above it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    above = 0
    try:
        for row in reader:
            if any(value.strip() for value in row):
                rows.append((above, row))
            above = reader.line_num
            if len(rows) == _ROWS:
                break
    except csv.Error:
        # A quote without its end: the rows before it are enough.
        return rows
    return rows
