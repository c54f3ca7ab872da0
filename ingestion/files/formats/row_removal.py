"""Files without some of their rows; the other bytes of CSV files and JSON lines stay."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from deployment.source_config import FileTable
from deployment.source_config.files import DETECTED
from ingestion.files.fingerprint import is_gzip
from ingestion.files.formats.csv_rows import without_rows
from ingestion.files.formats.encodings import detect


def can_remove_rows(table: FileTable) -> bool:
    """True if the files of a table can be written without some rows: not archives and workbooks."""
    return table.format != "excel" and not table.is_zip


def write_without_rows(
    path: Path, target: Path, table: FileTable, positions: Collection[int]
) -> None:
    """Write a copy of a delivered file without some rows.

    Args:
        path: the file.
        target: the copy.
        table: configuration of the file's table, for which `can_remove_rows`.
        positions: positions of the rows in the file, from 1, as `_row` of the raw table.
    """
    if table.format == "parquet":
        _write_parquet(path, target, positions)
        return
    packed = path.read_bytes()
    content = gzip.decompress(packed) if is_gzip(path) else packed
    binary = io.BytesIO(content)
    kept = (
        _csv(path.name, binary, table, positions)
        if table.format == "csv"
        else _json_lines(binary, positions)
    )
    target.write_bytes(gzip.compress(kept) if is_gzip(path) else kept)


def _csv(name: str, binary: BinaryIO, table: FileTable, positions: Collection[int]) -> bytes:
    options = table.options
    encoding = options.encoding
    if encoding == DETECTED:
        encoding = codecs.lookup(detect(binary)).name
        binary.seek(0)
    text = "".join(without_rows(name, binary, encoding, options, positions))
    errors = "strict" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    return text.encode(encoding, errors)


def _json_lines(binary: BinaryIO, positions: Collection[int]) -> bytes:
    kept, position = [], 0
    for line in binary:
        position += bool(line.removeprefix(codecs.BOM_UTF8).strip())
        if not line.strip() or position not in positions:
            kept.append(line)
    # A file without a byte would be taken for a delivery that failed.
    return b"".join(kept) or b"\n"


def _write_parquet(path: Path, target: Path, positions: Collection[int]) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    file = pa.parquet.ParquetFile(path)
    rows = file.read()
    kept = [position not in positions for position in range(1, len(rows) + 1)]
    metadata = file.metadata
    has_columns = metadata.num_row_groups and metadata.num_columns
    codec = metadata.row_group(0).column(0).compression if has_columns else "snappy"
    pa.parquet.write_table(
        rows.filter(pa.array(kept, pa.bool_())),
        target,
        compression="none" if codec == "UNCOMPRESSED" else codec.lower(),
    )
