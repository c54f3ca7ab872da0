"""How DuckDB reads a delivered file: its columns, and the relation that holds its rows.

Nothing is guessed. CSV columns come from the header and are all text; JSON lines' from every
line's keys, all text too (a nested value as JSON text); Parquet brings its own types. Rows keep
the file's order.
"""

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import duckdb

from orchestration.extract.errors import ExtractError
from orchestration.extract.faults import explain
from orchestration.extract.raw_table import LOAD_COLUMNS
from orchestration.quoting import identifier, literal
from orchestration.source_config import CsvOptions, FileTable

_OTHER_DELIMITERS = {";": "';'", ",": "','", "\t": "a tab", "|": "'|'"}
# What DuckDB decodes itself; files in any other encoding are read through a UTF-8 copy.
_NATIVE_ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "iso8859-1": "latin-1"}
_HEADER_BYTES = 1 << 20
_WRONG_ENCODING = "there are bytes that are not {encoding}: set options.encoding to what it is"


@dataclass(frozen=True)
class Reading:
    """A file, ready to be selected from.

    Attributes:
        columns: DuckDB type by delivered column, in the file's order.
        relation: table function call that gives exactly these columns.
        row: SQL expression of the row's position in the file, from 1.
    """

    columns: dict[str, str]
    relation: str
    row: str


def open_file(
    con: duckdb.DuckDBPyConnection, path: Path, table: FileTable, scratch: Path
) -> Reading:
    """Look at a file and say how to read it.

    Args:
        con: any connection.
        path: the file as delivered, which messages name.
        table: what is expected of it.
        scratch: folder for the copies of files that DuckDB cannot decode, which must outlive the
            reading.

    Raises:
        ExtractError: it cannot be read, or lacks a column that the table must have.
    """
    if table.format == "parquet":
        reading = _parquet(con, path)
    elif table.format == "jsonl":
        reading = _json_lines(con, path, _decodable(path, table, scratch))
    else:
        reading = _csv(path, _decodable(path, table, scratch), table.options)
    _check_columns(path, table, reading.columns)
    return reading


def json_lines(path: Path, columns: Iterable[str]) -> Reading:
    """How to read a file of one JSON object a line, of which these keys become columns of text."""
    types = ", ".join(f"{literal(key)}: 'VARCHAR'" for key in columns)
    relation = f"read_json({_argument(path)}, format = 'newline_delimited', columns = {{{types}}})"
    return Reading(dict.fromkeys(columns, "VARCHAR"), relation, "row_number() over ()")


def is_gzip(path: Path) -> bool:
    """Whether the name says that the file is compressed."""
    return path.suffix.casefold() == ".gz"


def _decodable(path: Path, table: FileTable, scratch: Path) -> Path:
    """The file itself if DuckDB can decode it, otherwise a copy in UTF-8.

    Raises:
        ExtractError: a byte is not of the encoding.
    """
    encoding = table.options.encoding
    if table.format == "csv" and encoding in _NATIVE_ENCODINGS:
        return path
    if table.format == "jsonl":
        with _open_binary(path) as binary:
            if binary.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                return path
        encoding = "utf-8-sig"
    copy = scratch / hashlib.sha256(str(path).encode()).hexdigest()
    with _open_binary(path) as binary, copy.open("w", encoding="utf-8", newline="") as target:
        try:
            for text in io.TextIOWrapper(binary, encoding=encoding, newline=""):
                target.write(text)
        except UnicodeDecodeError:
            # The decoder works ahead of the line it gives, so the line is not known.
            raise ExtractError.of_file(path, _WRONG_ENCODING.format(encoding=encoding)) from None
    return copy


def _parquet(con: duckdb.DuckDBPyConnection, path: Path) -> Reading:
    relation = f"read_parquet({literal(glob.escape(str(path)))}, file_row_number = true)"
    try:
        described = con.execute(f"describe select * from {relation}").fetchall()
    except duckdb.Error as error:
        raise explain(path, error) from error
    columns = {str(name): str(kind) for name, kind, *_ in described}
    del columns["file_row_number"]
    return Reading(columns, relation, "file_row_number + 1")


def _json_lines(con: duckdb.DuckDBPyConnection, path: Path, readable: Path) -> Reading:
    file = _argument(readable)
    objects = f"read_ndjson_objects({file})"
    try:
        first = con.execute(f"select json_keys(json) from {objects} limit 1").fetchall()
        # Every line is looked at: a key that only a sample's end has is not to be lost.
        others = con.execute(
            f"select distinct json_keys(json), json_type(json) = 'OBJECT' from {objects}"
        ).fetchall()
    except duckdb.Error as error:
        raise explain(path, error, line=_first_line_without_object(path)) from error
    if not all(is_object for _, is_object in others):
        raise ExtractError.of_file(
            path, "expected one JSON object a line", line=_first_line_without_object(path)
        )
    first_keys = [key for (keys,) in first for key in keys]
    other_keys = sorted({key for keys, _ in others for key in keys})
    columns = dict.fromkeys([*first_keys, *other_keys], "VARCHAR")
    if len({key.casefold() for key in columns}) < len(columns):
        raise ExtractError.of_file(
            path, "there are keys that differ by case only: call them alike, or apart"
        )
    if not columns:
        return Reading({}, f"(select 1 where false) as {identifier('nothing')}", "1")
    return json_lines(readable, columns)


def _csv(path: Path, readable: Path, options: CsvOptions) -> Reading:
    header = _header(path, readable, options)
    columns = dict.fromkeys(_distinct(header), "VARCHAR")
    encoding = _NATIVE_ENCODINGS.get(options.encoding, "utf-8")
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    relation = (
        f"read_csv({_argument(readable)}, auto_detect = false, header = true,"
        f" encoding = {literal(encoding)},"
        f" delim = {literal(options.delimiter)}, quote = {literal(options.quote)},"
        f" escape = {literal(options.escape)}, nullstr = {literal(options.null)},"
        f" skip = {options.skip_lines}, columns = {{{types}}})"
    )
    return Reading(columns, relation, "row_number() over ()")


def _header(path: Path, readable: Path, options: CsvOptions) -> list[str]:
    """The names in the first line, as delivered."""
    encoding = options.encoding if options.encoding in _NATIVE_ENCODINGS else "utf-8"
    with _open_binary(readable) as binary:
        start = binary.read(_HEADER_BYTES)
    # A character that the limit cut in two, far behind the header, is no fault.
    text = start.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
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
        raise ExtractError.of_file(
            path, "there is no header line: expected the columns' names in it"
        ) from None
    except csv.Error as error:
        raise ExtractError.of_file(
            path, f"the header cannot be read ({error}): check delimiter and quote", line=1
        ) from None
    if any("\ufffd" in name or "\0" in name for name in header):
        raise ExtractError.of_file(
            path,
            _WRONG_ENCODING.format(encoding=options.encoding),
            line=options.skip_lines + 1,
        )
    return header


def _distinct(header: Iterable[str]) -> list[str]:
    """A name for every column: a nameless one is called by its position, a repeated one counted."""
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


def _check_columns(path: Path, table: FileTable, columns: dict[str, str]) -> None:
    there = {column.casefold() for column in columns}
    reserved = there & set(LOAD_COLUMNS)
    if reserved:
        raise ExtractError.of_file(
            path, f"the column {min(reserved)} is Holdfast's own name: rename it in the export"
        )
    if table.format == "jsonl" and not columns:
        return
    missing = [column for column in table.columns if column.casefold() not in there]
    if not missing:
        return
    if table.format == "csv" and len(columns) == 1:
        (only,) = columns
        for delimiter, name in _OTHER_DELIMITERS.items():
            if delimiter != table.options.delimiter and delimiter in only:
                raise ExtractError.of_file(
                    path,
                    f"the header is one column, and looks delimited by {name}:"
                    f" set options.delimiter, now {table.options.delimiter!r}",
                    line=table.options.skip_lines + 1,
                )
    raise ExtractError.of_file(
        path,
        f"missing column {_listed(missing)}; there are {_listed(list(columns))}:"
        " correct the export, or the table's columns in the configuration",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _first_line_without_object(path: Path) -> int | None:
    """Number of the first line that is no JSON object; read only when something is wrong."""
    with _open_binary(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                if line.strip() and not isinstance(json.loads(line), dict):
                    return number
            except ValueError:
                return number
    return None


def _open_binary(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_gzip(path) else path.open("rb")


def _argument(path: Path) -> str:
    """The path as a reader's first argument: not a glob, and gzip whatever the suffix's case."""
    quoted = literal(glob.escape(str(path)))
    return f"{quoted}, compression = 'gzip'" if is_gzip(path) else quoted
