"""Reads a CSV file with malformed rows, row by row.

DuckDB is ten times as fast, and refuses a whole file for one malformed row. This reader sets such a
row aside with the reason and reads the others.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from deployment.source_config import CsvOptions
from ingestion.errors import SourceError
from ingestion.files.formats.row_copy import RowCopy

_LONGEST_ROW = 2_000_000
_LONGEST_LINE = 16 << 20
_WIDE = ("utf-16", "utf-32")
_SURROGATE = re.compile("[\udc80-\udcff]")
_UNCLOSED = "a quote is not closed, or text follows it"
_LINE_ENDS = ("\r", "\n")


def copy_rows(
    name: str,
    binary: BinaryIO,
    encoding: str,
    options: CsvOptions,
    columns: Sequence[str],
    copy: RowCopy,
) -> None:
    """Copy the rows below the header.

    An unclosed quote affects its own line only. A row of several lines with too many or too few
    values is set aside as one row.

    Args:
        name: name of the file in messages.
        binary: its bytes, decompressed.
        encoding: its encoding.
        options: its CSV format.
        columns: names of its columns.
        copy: receives the rows.

    Raises:
        SourceError: the file ends within a row, or no row of it can be read.
    """
    lines = _Lines(name, binary, encoding)
    for _ in range(options.skip_lines):
        next(lines, None)
    rows = _rows(lines, options)
    next(rows, None)  # the header
    for values, unreadable in rows:
        reason = unreadable or _misfit(values, len(columns))
        if reason is None:
            # An empty line is a row only in a file of one column.
            if values or len(columns) == 1:
                padded = [*values, *[""] * (len(columns) - len(values))][: len(columns)]
                copy.add([None if value == options.null else value for value in padded])
            continue
        if lines.is_cut:
            raise SourceError.of_file(
                name,
                "the file ends within it: is it cut off? Deliver it again",
                line=lines.first_number,
            )
        copy.refuse(lines.first_number, reason, "".join(lines.taken).rstrip("\r\n"))
    if copy.first_fault and not copy.row_count:
        line, reason = copy.first_fault
        raise SourceError.of_file(
            name, f"no row can be read; the first: {reason}: correct the export", line=line
        )


def without_rows(
    name: str, binary: BinaryIO, encoding: str, options: CsvOptions, positions: Collection[int]
) -> Iterator[str]:
    """The lines of a file as they are, without those of some rows.

    Bytes that are not of the encoding are surrogates, as the error handler surrogateescape makes
    them.

    Args:
        name: name of the file in messages.
        binary: its bytes, decompressed.
        encoding: its encoding.
        options: its CSV format.
        positions: positions of the rows, from 1, as `copy_rows` and DuckDB count them.
    """
    lines = _Lines(name, binary, encoding)
    for _ in range(options.skip_lines):
        yield from islice(lines, 1)
    rows = _rows(lines, options)
    header, _ = next(rows, ([], None))
    yield from lines.taken
    position = 0
    for values, unreadable in rows:
        if values or unreadable or len(header) == 1:
            position += 1
            if position in positions:
                continue
        yield from lines.taken


def _rows(lines: _Lines, options: CsvOptions) -> Iterator[tuple[list[str], str | None]]:
    """The values of each row, or the reason why it is malformed; `lines.taken` are its lines."""
    is_doubled = options.escape == options.quote
    csv.field_size_limit(_LONGEST_LINE)
    reader = csv.reader(
        lines,
        delimiter=options.delimiter,
        quotechar=options.quote,
        doublequote=is_doubled,
        escapechar=None if is_doubled else options.escape,
        strict=True,
    )
    while True:
        lines.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except _TooLongError:
            lines.give_back()
            yield [], f"{_UNCLOSED}: the row would be longer than 2 MB"
            continue
        except csv.Error:
            lines.give_back()
            yield [], _UNCLOSED
            continue
        reason = None
        if any(_is_undecoded(line) for line in lines.taken):
            reason = f"there are bytes that are not {lines.encoding}"
        elif lines.is_second_reading and "".join(lines.taken).count(options.quote) % 2:
            reason = _UNCLOSED
        yield values, reason


def _misfit(values: Sequence[str], width: int) -> str | None:
    if not values or len(values) == width or (len(values) == width + 1 and not values[-1]):
        return None
    return f"{len(values)} values where the header names {width}"


def _is_undecoded(text: str) -> bool:
    return not text.isascii() and bool(_SURROGATE.search(text))


class _TooLongError(Exception):
    """A row is so long that a quote must be missing."""


class _Lines:
    """Lines of a file; lines behind an unclosed quote can be given back and read again.

    Attributes:
        encoding: encoding of the file.
        taken: lines read since `begin`.
        first_number: line number of the first of them, from 1.
        is_second_reading: whether that line was given back before.
    """

    def __init__(self, name: str, binary: BinaryIO, encoding: str) -> None:
        self.encoding = encoding
        self.taken: list[str] = []
        self.first_number = 1
        self.is_second_reading = False
        self._name = name
        self._is_wide = encoding.startswith(_WIDE)
        errors = "strict" if self._is_wide else "surrogateescape"
        python_name = "utf-8-sig" if encoding == "utf-8" else encoding
        self._text = io.TextIOWrapper(binary, encoding=python_name, errors=errors, newline="")
        self._given_back: deque[str] = deque()
        self._next_number = 1
        self._length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._length > _LONGEST_ROW:
            raise _TooLongError
        is_second_reading = bool(self._given_back)
        line = self._given_back.popleft() if self._given_back else self._read()
        if not line:
            raise StopIteration
        if not self.taken:
            self.first_number = self._next_number
            self.is_second_reading = is_second_reading
        self.taken.append(line)
        self._next_number += 1
        self._length += len(line)
        return line

    def begin(self) -> None:
        """Begin a row without lines."""
        self.taken = []
        self._length = 0

    def give_back(self) -> None:
        """Give back all taken lines except the first."""
        self._given_back.extendleft(reversed(self.taken[1:]))
        self._next_number -= len(self.taken) - 1
        self.taken = self.taken[:1]

    @property
    def is_cut(self) -> bool:
        """True if the last taken line has no line ending, as at the end of a truncated file."""
        return bool(self.taken) and not self.taken[-1].endswith(_LINE_ENDS)

    def _read(self) -> str:
        try:
            line = self._text.readline(_LONGEST_LINE)
        except UnicodeDecodeError:
            raise SourceError.of_file(
                self._name,
                f"there are bytes that are not {self.encoding}: set options.encoding to what it is",
            ) from None
        if len(line) >= _LONGEST_LINE and not line.endswith(_LINE_ENDS):
            raise SourceError.of_file(
                self._name, "a line is longer than 16 MB: is this a CSV file?"
            )
        return line
