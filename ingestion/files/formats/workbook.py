"""Excel workbooks: a sheet as the text of a CSV export, and a workbook without some rows."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from deployment.source_config import WorkbookOptions
from ingestion.errors import SourceError
from ingestion.files.formats.archives import refuse_bombs
from ingestion.files.formats.row_copy import RowCopy

# Digits that Excel keeps; further digits are noise of its arithmetic, or lost.
_DIGITS = 15
# A number format that shows leading zeros, such as 00000 for a postcode or a customer number.
_PADDED = re.compile("0{2,}")
_PADDED_STYLE = re.compile(rb'formatCode="0{2,}"')
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"


class Sheet:
    """The selected sheet, read from its header on.

    Args:
        name: name of the file in messages.
        path: the workbook.
        options: name of the sheet and row of its header.

    Raises:
        SourceError: the workbook cannot be read, or has no such sheet.
    """

    def __init__(self, name: str, path: Path, options: WorkbookOptions) -> None:
        """Open the workbook, and read the sheet down to its header."""
        self._name = name
        self._options = options
        _look_at(name, path)
        self._is_padded = _has_padded_numbers(path)
        self._rows = self._read(path)
        self.header = self._header()

    def copy_rows(self, copy: RowCopy) -> None:
        """Copy the rows below the header; rows of empty cells are skipped.

        Raises:
            SourceError: the sheet cannot be read to its end, or no row of it fits the header.
        """
        width = len(self.header)
        for number, cells in enumerate(self._rows, start=self._options.header_row + 1):
            values = [_text(cell) for cell in cells]
            while values and values[-1] is None:
                values.pop()
            if len(values) > width:
                copy.refuse(
                    number,
                    f"{len(values)} values where the header names {width}",
                    json.dumps(values, ensure_ascii=False),
                )
            elif values:
                copy.add([*values, *[None] * (width - len(values))])
        if copy.first_fault and not copy.row_count:
            line, reason = copy.first_fault
            raise SourceError.of_file(
                self._name, f"no row can be read; the first: {reason}", line=line
            )

    def _header(self) -> list[str]:
        cells = [_text(cell) or "" for cell in next(self._rows, ())]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            raise SourceError.of_file(
                self._name,
                "there is no header: set workbook.header_row to the row of the columns' names",
                line=self._options.header_row,
            )
        return cells

    def _read(self, path: Path) -> Iterator[Sequence[Any]]:
        from openpyxl import load_workbook

        try:
            with path.open("rb") as binary, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of formats, charts and the like
                workbook = load_workbook(binary, read_only=True, data_only=True)
                sheet = self._sheet(workbook)
                sheet.reset_dimensions()  # the dimensions that programs write are often wrong
                first = self._options.header_row
                if self._is_padded:  # cells with formats take twice the time of values
                    for cells in sheet.iter_rows(min_row=first):
                        yield [_shown(cell) for cell in cells]
                else:
                    yield from sheet.iter_rows(min_row=first, values_only=True)
        except SourceError:
            raise
        # openpyxl raises exceptions of many types for a damaged file.
        except Exception as error:
            raise SourceError.of_file(
                self._name,
                f"not a whole Excel workbook ({type(error).__name__}): save it again as .xlsx",
            ) from None

    def _sheet(self, workbook: Any) -> Any:
        wanted = self._options.sheet
        if wanted is None and workbook.worksheets:
            return workbook.worksheets[0]
        for sheet in workbook.worksheets:
            if sheet.title == wanted:
                return sheet
        listed = ", ".join(sheet.title for sheet in workbook.worksheets) or "none"
        raise SourceError.of_file(
            self._name, f"there is no sheet {wanted or ''}; there are {listed}: set workbook.sheet"
        )


def workbook_without_rows(
    content: bytes, options: WorkbookOptions, positions: Collection[int]
) -> bytes:
    """A workbook of the same sheets, with values and number formats only.

    Anything else (comments, pivot tables, undo history) might hold values of the rows that are
    removed. Formulas become their last values.

    Args:
        content: the workbook, of which a sheet has been read before.
        options: name of that sheet and row of its header.
        positions: positions of its rows that are left out, from 1, as `Sheet.copy_rows` counts.
    """
    from openpyxl import Workbook, load_workbook
    from openpyxl.cell import WriteOnlyCell

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    copy, target = Workbook(write_only=True), io.BytesIO()
    chosen = options.sheet or book.worksheets[0].title
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        written, position = copy.create_sheet(sheet.title), 0
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            is_row = sheet.title == chosen and number > options.header_row
            position += is_row and any(_text(cell.value) is not None for cell in cells)
            removed = is_row and position in positions
            written.append([] if removed else [_copied(WriteOnlyCell(written), c) for c in cells])
    copy.save(target)
    return target.getvalue()


def _copied(copy: Any, cell: Any) -> Any:
    """A new cell with the value and the number format of a cell; a text stays one behind a "="."""
    copy.value = cell.value
    if cell.value is not None:
        copy.number_format = cell.number_format
        copy.data_type = cell.data_type
    return copy


def _look_at(name: str, path: Path) -> None:
    """Refuse files of another format, and workbooks of extreme compression ratio."""
    with path.open("rb") as binary:
        start = binary.read(len(_OLD_FORMAT))
    if start == _OLD_FORMAT:
        raise SourceError.of_file(
            name, "it has a password or is an old .xls file: save it as .xlsx without a password"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_bombs(name, archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError.of_file(
            name, f"not a whole Excel workbook ({error}): save it again as .xlsx"
        ) from None


def _has_padded_numbers(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        if "xl/styles.xml" not in archive.namelist():
            return False
        return _PADDED_STYLE.search(archive.read("xl/styles.xml")) is not None


def _shown(cell: Any) -> Any:
    """A cell's value; a whole number of a format of zeros as the text that Excel shows."""
    value = cell.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value != value // 1 or not _PADDED.fullmatch(cell.number_format or ""):
        return value
    return str(int(value)).zfill(len(cell.number_format))


def _text(cell: Any) -> str | None:
    """A cell's value as a CSV export has it: dates ISO, numbers without noise, a decimal point.

    A whole number of more than 15 digits, of which Excel has lost the last, stays in scientific
    notation, so that no id is made of it.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        is_day = cell.time() == time(0)
        return cell.date().isoformat() if is_day else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, int | float) and abs(cell) >= 10**_DIGITS:
        return f"{Decimal(f'{cell:.{_DIGITS}g}').normalize():E}"
    if isinstance(cell, float):
        rounded = format(Decimal(f"{cell:.{_DIGITS}g}"), "f")
        return rounded.rstrip("0").rstrip(".") if "." in rounded else rounded
    return str(cell)
