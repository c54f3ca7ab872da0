"""Numbers that an Excel sheet has as text, in a column whose other cells are numbers."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

# Enough rows to see a habit of typing, and few enough for a second.
_ROWS = 20_000
# 1.234 and 1,234 as text: a number of thousands, or one with decimals.
_NUMBER = re.compile(r"\s*-?\d{1,3}([.,]\d{3})+(?:[.,]\d+)?\s*|\s*-?\d+[.,]\d+\s*")


def text_number_questions(path: Path, sheet: str, header_row: int) -> list[str]:
    """Return a question for each column in which a few numbers are text with a mark.

    A cell of numbers arrives with a decimal point. Text is read as it stands, so that `1.234` typed
    for 1,234 would be read as a number near one.

    Args:
        path: the workbook.
        sheet: the sheet of the table.
        header_row: number of the row with the names, from 1.
    """
    rows = _rows(path, sheet, header_row)
    names = [str(cell or "") for cell in next(rows, ())]
    numbers: Counter[int] = Counter()
    texts: Counter[int] = Counter()
    for row in rows:
        for at, cell in enumerate(row[: len(names)]):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                numbers[at] += 1
            elif isinstance(cell, str) and _NUMBER.fullmatch(cell):
                texts[at] += 1
    return [
        f"{texts[at]:,} cells of {names[at]} are text such as 9.999 or 9,99 among {numbers[at]:,}"
        " numbers: text is read with a decimal point. Does a dot mean thousands? Correct the cells"
        for at in sorted(texts)
        if numbers[at] > texts[at]
    ]


def _rows(path: Path, sheet: str, header_row: int) -> Iterator[tuple[object, ...]]:
    from openpyxl import load_workbook

    with path.open("rb") as binary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats, charts and the like
        found = load_workbook(binary, read_only=True, data_only=True)[sheet]
        found.reset_dimensions()
        yield from islice(found.iter_rows(min_row=header_row, values_only=True), _ROWS)
