"""Layout of an Excel workbook: the sheet of the table, and the row of its header."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.layouts.csv_layout import is_header
from ingestion.connect.origins.layouts.text_numbers import text_number_questions

_ROWS = 50


def workbook_options(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the options that differ from the reader's defaults, and the open questions.

    Raises:
        ConnectError: the workbook cannot be read, or has no rows.
    """
    sheets = {name: rows for name, rows in _sheets(path) if any(map(any, rows))}
    if not sheets:
        raise ConnectError("its sheets are empty")
    # The first sheet is often a cover page: the table is the sheet with most filled cells.
    name = max(sheets, key=lambda each: sum(1 for row in sheets[each] for cell in row if cell))
    rows = sheets[name]
    width = max(sum(1 for cell in row if cell) for row in rows)
    header = next(
        number
        for number, row in enumerate(rows, start=1)
        if is_header([cell for cell in row if cell][:width], width)
        or sum(1 for cell in row if cell) == width
    )
    options: dict[str, Any] = {}
    if name != next(iter(sheets)) or len(sheets) > 1:
        options["sheet"] = name
    if header > 1:
        options["header_row"] = header
    questions = []
    if len(sheets) > 1:
        others = ", ".join(each for each in sheets if each != name)
        questions.append(f"only the sheet {name} is read: do {others} have rows of the table too?")
    return options, [*questions, *text_number_questions(path, name, header)]


def _sheets(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the first rows of each sheet as text.

    Raises:
        ConnectError: the workbook cannot be read.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as binary, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats, charts and the like
            workbook = load_workbook(binary, read_only=True, data_only=True)
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()
                rows = islice(sheet.iter_rows(values_only=True), _ROWS)
                yield sheet.title, [_texts(row) for row in rows]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise ConnectError(f"it is no Excel workbook that can be read ({error})") from None


def _texts(row: Sequence[Any]) -> list[str]:
    return ["" if cell is None else str(cell).strip() for cell in row]
