"""Opens a delivered file for DuckDB: its columns, and the SQL relation of its rows.

Columns of CSV files and Excel sheets are those of the header, columns of JSON lines the keys of all
lines; all are text (a nested value as JSON text). Parquet has types of its own. Rows keep the
file's order. Nothing is detected except an encoding, where the configuration asks for it.
"""

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import duckdb

from deployment.source_config import CsvOptions, FileTable
from deployment.source_config.files import DETECTED
from ingestion.errors import SourceError
from ingestion.files.duckdb_messages import explain
from ingestion.files.fingerprint import is_gzip
from ingestion.files.formats.csv_rows import copy_rows
from ingestion.files.formats.encodings import detect
from ingestion.files.formats.json_lines import copy_objects
from ingestion.files.formats.row_copy import POSITION, Faults, RowCopy
from ingestion.landing.raw_table import LOAD_COLUMNS
from warehouse.quoting import identifier, literal

_OTHER_DELIMITERS = {";": "';'", ",": "','", "\t": "a tab", "|": "'|'"}
# Encodings that DuckDB decodes; a file in another encoding is read through a UTF-8 copy.
_NATIVE_ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "iso8859-1": "latin-1"}
_HEADER_BYTES = 1 << 20
_TEXT = "VARCHAR"
_NOTHING = "(select 1 as nothing where false)"
_WRONG_ENCODING = "there are bytes that are not {encoding}: set options.encoding to what it is"


@dataclass(frozen=True)
class Reading:
    """A file as a SQL relation.

    Attributes:
        columns: DuckDB type by delivered column, in the file's order.
        relation: SQL relation of these columns.
        row: SQL expression of the row's position in the file, from 1.
        faults: malformed rows, None without one.
        encoding: the detected encoding, None if the configuration has it.
    """

    columns: dict[str, str]
    relation: str
    row: str
    faults: Faults | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class DeliveredFile:
    """A file to be read.

    Attributes:
        name: its name in messages.
        path: its path on this machine; the suffix .gz means compression.
        scratch: folder for copies of rows that DuckDB cannot read directly; it must exist until the
            relation has been read.
    """

    name: str
    path: Path
    scratch: Path

    def open(self) -> BinaryIO:
        """Open its bytes, decompressed."""
        return _open_binary(self.path)

    def copy_of_rows(self, columns: Iterable[str]) -> RowCopy:
        """A copy for its rows."""
        return RowCopy(self.scratch, self.name, list(columns))


def open_file(
    con: duckdb.DuckDBPyConnection,
    file: DeliveredFile,
    table: FileTable,
    *,
    row_by_row: bool = False,
) -> Reading:
    """Inspect a file and return how to read it.

    Args:
        con: a connection outside a transaction, because DuckDB aborts a transaction on an error.
        file: the file as delivered, or as unpacked from its archive.
        table: its configuration.
        row_by_row: read every row of a CSV file and set malformed ones aside. Otherwise one
            malformed row makes the reading of the relation fail.

    Raises:
        SourceError: the file cannot be read.
    """
    if table.format == "parquet":
        reading = _parquet(con, file)
    elif table.format == "jsonl":
        reading = _json_lines(con, file)
    elif table.format == "excel":
        reading = _sheet(file, table)
    else:
        reading = _csv(file, table, row_by_row=row_by_row)
    _check_columns(file.name, table, reading.columns)
    return reading


def json_lines(path: Path, columns: Iterable[str]) -> Reading:
    """The reading of a file of JSON lines, with these keys as columns of text."""
    types = ", ".join(f"{literal(key)}: 'VARCHAR'" for key in columns)
    relation = f"read_json({_argument(path)}, format = 'newline_delimited', columns = {{{types}}})"
    return Reading(dict.fromkeys(columns, "VARCHAR"), relation, "row_number() over ()")


def _parquet(con: duckdb.DuckDBPyConnection, file: DeliveredFile) -> Reading:
    relation = f"read_parquet({literal(glob.escape(str(file.path)))}, file_row_number = true)"
    try:
        described = con.execute(f"describe select * from {relation}").fetchall()
    except duckdb.Error as error:
        raise explain(file.name, error) from None
    columns = {str(name): str(kind) for name, kind, *_ in described}
    del columns["file_row_number"]
    return Reading(columns, relation, "file_row_number + 1")


def _sheet(file: DeliveredFile, table: FileTable) -> Reading:
    from ingestion.files.formats.workbook import Sheet

    sheet = Sheet(file.name, file.path, table.workbook)
    columns = dict.fromkeys(_distinct(sheet.header), _TEXT)
    _check_columns(file.name, table, columns)
    with file.copy_of_rows(columns) as copy:
        sheet.copy_rows(copy)
    return Reading(columns, copy.relation, POSITION, copy.faults)


def _json_lines(con: duckdb.DuckDBPyConnection, file: DeliveredFile) -> Reading:
    with file.open() as binary:
        is_marked = binary.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    if not is_marked:
        argument = _argument(file.path)
        try:
            columns = _keys(con, f"read_ndjson_objects({argument})", "json")
        except (_NotAnObjectError, duckdb.Error):
            pass  # at least one line is no object; the file is read line by line
        else:
            reading = json_lines(file.path, columns) if columns else Reading({}, _NOTHING, "1")
            return _distinct_keys(file.name, reading)
    with file.copy_of_rows(["line"]) as copy, file.open() as binary:
        copy_objects(con, file.name, binary, copy)
    columns = _keys(con, copy.relation, "line")
    values = ", ".join(
        f"json_extract_string(line, {literal(_pointer(key))}) as {identifier(key)}"
        for key in columns
    )
    relation = f"(select {POSITION}, {values} from {copy.relation})" if columns else _NOTHING
    return _distinct_keys(file.name, Reading(columns, relation, POSITION, copy.faults))


class _NotAnObjectError(Exception):
    """A line holds JSON that is no object."""


def _keys(con: duckdb.DuckDBPyConnection, relation: str, column: str) -> dict[str, str]:
    """The keys of all objects, as columns: first the keys of the first object, then the others."""
    first = con.execute(f"select json_keys({column}) from {relation} limit 1").fetchall()
    # Every line is read, so that rare keys are found.
    others = con.execute(
        f"select distinct json_keys({column}), json_type({column}) = 'OBJECT' from {relation}"
    ).fetchall()
    if not all(is_object for _, is_object in others):
        raise _NotAnObjectError
    first_keys = [key for (keys,) in first for key in keys]
    return dict.fromkeys([*first_keys, *sorted({key for keys, _ in others for key in keys})], _TEXT)


def _distinct_keys(name: str, reading: Reading) -> Reading:
    if len({key.casefold() for key in reading.columns}) < len(reading.columns):
        raise SourceError.of_file(
            name, "there are keys that differ by case only: call them alike, or apart"
        )
    return reading


def _pointer(key: str) -> str:
    """The key as a JSON pointer."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _csv(file: DeliveredFile, table: FileTable, *, row_by_row: bool) -> Reading:
    options = table.options
    found = None
    if options.encoding == DETECTED:
        with file.open() as binary:
            found = detect(binary)
        options = options.model_copy(update={"encoding": codecs.lookup(found).name})
    columns = dict.fromkeys(_distinct(_header(file, options)), _TEXT)
    _check_columns(file.name, table, columns)
    readable = None if row_by_row else _decodable(file, options.encoding)
    if readable is None:
        with file.copy_of_rows(columns) as copy, file.open() as binary:
            copy_rows(file.name, binary, options.encoding, options, list(columns), copy)
        return Reading(columns, copy.relation, POSITION, copy.faults, found)
    encoding = _NATIVE_ENCODINGS.get(options.encoding, "utf-8")
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    relation = (
        f"read_csv({_argument(readable)}, auto_detect = false, header = true,"
        f" encoding = {literal(encoding)},"
        f" delim = {literal(options.delimiter)}, quote = {literal(options.quote)},"
        f" escape = {literal(options.escape)}, nullstr = {literal(options.null)},"
        f" skip = {options.skip_lines}, columns = {{{types}}})"
    )
    return Reading(columns, relation, "row_number() over ()", encoding=found)


def _decodable(file: DeliveredFile, encoding: str) -> Path | None:
    """The file if DuckDB can decode it, else a copy in UTF-8; None if a byte is invalid."""
    if encoding in _NATIVE_ENCODINGS:
        return file.path
    copy = file.scratch / f"{hashlib.sha256(file.name.encode()).hexdigest()}.decoded"
    with file.open() as binary, copy.open("w", encoding="utf-8", newline="") as target:
        try:
            for text in io.TextIOWrapper(binary, encoding=encoding, newline=""):
                target.write(text)
        except UnicodeDecodeError:
            return None
    return copy


def _header(file: DeliveredFile, options: CsvOptions) -> list[str]:
    """The names in the header line, as delivered."""
    with file.open() as binary:
        start = binary.read(_HEADER_BYTES)
    # Errors are replaced: the limit may cut a character in two.
    encoding = "utf-8-sig" if options.encoding == "utf-8" else options.encoding
    text = start.decode(encoding, errors="replace")
    lines = io.StringIO(text, newline="")
    for _ in range(options.skip_lines):
        lines.readline()
    is_doubled = options.escape == options.quote
    rows = csv.reader(
        lines,
        delimiter=options.delimiter,
        quotechar=options.quote,
        doublequote=is_doubled,
        escapechar=None if is_doubled else options.escape,
    )
    try:
        header = next(rows)
    except StopIteration:
        raise SourceError.of_file(
            file.name, "there is no header line: expected the columns' names in it"
        ) from None
    except csv.Error as error:
        raise SourceError.of_file(
            file.name, f"the header cannot be read ({error}): check delimiter and quote", line=1
        ) from None
    if any("\ufffd" in name or "\0" in name for name in header):
        raise SourceError.of_file(
            file.name,
            _WRONG_ENCODING.format(encoding=options.encoding),
            line=options.skip_lines + 1,
        )
    return header


def _distinct(header: Iterable[str]) -> list[str]:
    """A distinct name for every column: by position if empty, with a number if repeated."""
    names: list[str] = []
    taken: set[str] = set()
    for position, given in enumerate(header, start=1):
        name = base = given or f"column_{position}"
        count = 1
        while name.casefold() in taken:
            count += 1
            name = f"{base}_{count}"
        names.append(name)
        taken.add(name.casefold())
    return names


def _check_columns(name: str, table: FileTable, columns: dict[str, str]) -> None:
    """Refuse reserved column names, and a header that another delimiter would split."""
    there = {column.casefold() for column in columns}
    reserved = there & set(LOAD_COLUMNS)
    if reserved:
        raise SourceError.of_file(
            name, f"the column {min(reserved)} is Holdfast's own name: rename it in the export"
        )
    is_whole = there.issuperset(column.casefold() for column in table.columns)
    if table.format != "csv" or len(columns) != 1 or is_whole:
        return
    (only,) = columns
    for delimiter, delimiter_name in _OTHER_DELIMITERS.items():
        if delimiter != table.options.delimiter and delimiter in only:
            raise SourceError.of_file(
                name,
                f"the header is one column, and looks delimited by {delimiter_name}:"
                f" set options.delimiter, now {table.options.delimiter!r}",
                line=table.options.skip_lines + 1,
            )


def _open_binary(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_gzip(path) else path.open("rb")


def _argument(path: Path) -> str:
    """The path as a reader's first argument: glob characters escaped, gzip by its suffix."""
    quoted = literal(glob.escape(str(path)))
    return f"{quoted}, compression = 'gzip'" if is_gzip(path) else quoted
