"""Copies of rows that DuckDB cannot read directly, and of malformed rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.quoting import literal

_BATCH_ROWS = 20_000
_FAULT_COLUMNS = ("reason", "content")
POSITION = "_row"


@dataclass(frozen=True)
class Faults:
    """Malformed rows of one file.

    Attributes:
        relation: SQL relation with the columns `_row`, `reason` and `content`.
        count: number of rows.
    """

    relation: str
    count: int


class RowCopy:
    """Rows and malformed rows of one file, in two Parquet files; memory holds one batch of each.

    Both are numbered together, in the file's order. Use it as a context manager.
    """

    def __init__(self, scratch: Path, name: str, columns: Sequence[str]) -> None:
        """Make the copies of the file `name` in the folder `scratch`."""
        stem = hashlib.sha256(name.encode()).hexdigest()
        self._rows = _TextFile(scratch / f"{stem}.rows.parquet", columns)
        self._faults = _TextFile(scratch / f"{stem}.faults.parquet", _FAULT_COLUMNS)
        self._position = 0
        self.first_fault: tuple[int, str] | None = None

    def __enter__(self) -> RowCopy:
        return self

    def __exit__(self, *failure: object) -> None:
        self._rows.close()
        self._faults.close()

    def add(self, values: Sequence[str | None]) -> None:
        """Add a row with a value for every column."""
        self._position += 1
        self._rows.write(self._position, values)

    def refuse(self, line: int, reason: str, content: str) -> None:
        """Add a malformed row with its content, line number and reason."""
        self._position += 1
        self.first_fault = self.first_fault or (line, reason)
        # Invalid bytes cannot be stored as text and are written as escapes.
        shown = content.encode("utf-8", "backslashreplace").decode()
        self._faults.write(self._position, (f"line {line}: {reason}", shown))

    @property
    def row_count(self) -> int:
        """Number of well-formed rows."""
        return self._rows.count

    @property
    def relation(self) -> str:
        """SQL relation of the columns and `_row`."""
        return self._rows.relation

    @property
    def faults(self) -> Faults | None:
        """The malformed rows, None without one."""
        return Faults(self._faults.relation, self._faults.count) if self._faults.count else None


class _TextFile:
    """A Parquet file of numbered rows of text."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet

        self._path = path
        self._schema = pa.schema(
            [(POSITION, pa.int64()), *((column, pa.string()) for column in columns)]
        )
        self._writer: Any = pa.parquet.ParquetWriter(path, self._schema)
        self._batch: list[tuple[int, *tuple[str | None, ...]]] = []
        self.count = 0

    @property
    def relation(self) -> str:
        return f"read_parquet({literal(str(self._path))})"

    def write(self, position: int, values: Sequence[str | None]) -> None:
        self._batch.append((position, *values))
        self.count += 1
        if len(self._batch) >= _BATCH_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._batch:
            arrays = [
                pa.array(values, kind)
                for values, kind in zip(
                    zip(*self._batch, strict=True), self._schema.types, strict=True
                )
            ]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self._batch = []
