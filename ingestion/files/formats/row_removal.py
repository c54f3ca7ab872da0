"""Files without some of their rows.

Other bytes of CSV files and JSON lines stay, and so do the other files of an archive. Parquet files
and workbooks are written anew.
"""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Collection
from typing import BinaryIO

from deployment.source_config import FileTable
from deployment.source_config.files import DETECTED
from ingestion.files.fingerprint import is_gzip
from ingestion.files.formats.archives import with_file_changed
from ingestion.files.formats.csv_rows import without_rows
from ingestion.files.formats.encodings import detect


def file_without_rows(
    name: str, content: bytes, table: FileTable, positions: Collection[int]
) -> bytes:
    """The content of a delivered file without some rows.

    Args:
        name: name of the file; the suffix .gz means compression.
        content: its bytes.
        table: configuration of the file's table.
        positions: positions of the rows in the file, from 1, as `_row` of the raw table.

    Raises:
        SourceError: an archive has encrypted files beside the table's own.
    """
    if table.is_zip:
        return with_file_changed(
            name, content, table.member, lambda file: _without(name, file, table, positions)
        )
    if is_gzip(name):
        # Without the time of writing, the same removal gives the same bytes.
        return gzip.compress(_without(name, gzip.decompress(content), table, positions), mtime=0)
    return _without(name, content, table, positions)


def _without(name: str, content: bytes, table: FileTable, positions: Collection[int]) -> bytes:
    if table.format == "parquet":
        return _parquet(content, positions)
    if table.format == "excel":
        from ingestion.files.formats.workbook import workbook_without_rows

        return workbook_without_rows(content, table.workbook, positions)
    if table.format == "csv":
        return _csv(name, io.BytesIO(content), table, positions)
    return _json_lines(io.BytesIO(content), positions)


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


def _parquet(content: bytes, positions: Collection[int]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet

    file = pa.parquet.ParquetFile(pa.BufferReader(content))
    rows = file.read()
    kept = [position not in positions for position in range(1, len(rows) + 1)]
    metadata = file.metadata
    has_columns = metadata.num_row_groups and metadata.num_columns
    codec = metadata.row_group(0).column(0).compression if has_columns else "snappy"
    target = io.BytesIO()
    pa.parquet.write_table(
        rows.filter(pa.array(kept, pa.bool_())),
        target,
        compression="none" if codec == "UNCOMPRESSED" else codec.lower(),
    )
    return target.getvalue()
