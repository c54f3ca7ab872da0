"""Reads JSON lines line by line, for files in which some lines are no JSON objects."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import duckdb

from ingestion.errors import SourceError
from ingestion.files.formats.row_copy import RowCopy

_BATCH_LINES = 5_000
_LONGEST_LINE = 16 << 20
NOT_AN_OBJECT = "expected one JSON object a line"
NOT_WHOLE = "not one whole JSON object"
NOT_UTF_8 = "there are bytes that are not of the encoding"


def copy_objects(
    con: duckdb.DuckDBPyConnection, name: str, binary: BinaryIO, copy: RowCopy
) -> None:
    """Copy every line that is a JSON object, as text, into the only column of the copy.

    Args:
        con: any connection, whose JSON parser decides.
        name: name of the file in messages.
        binary: its bytes, decompressed, in UTF-8.
        copy: receives the lines.

    Raises:
        SourceError: the file ends within a line, or no line of it is an object.
    """
    for batch in _batches(name, binary):
        texts = [text for _, text, fault, _ in batch if fault is None]
        kinds = iter(_kinds(con, texts))
        for number, text, undecoded, is_ended in batch:
            fault = undecoded or next(kinds)
            if fault is None:
                copy.add([text])
                continue
            if not is_ended:
                raise SourceError.of_file(
                    name, f"{fault}: is the file cut off? Deliver it again", line=number
                )
            copy.refuse(number, fault, text)
    if copy.first_fault and not copy.row_count:
        line, fault = copy.first_fault
        raise SourceError.of_file(
            name, f"{fault}, and no line is one that can be read: correct the export", line=line
        )


def _batches(name: str, binary: BinaryIO) -> Iterator[list[tuple[int, str, str | None, bool]]]:
    """Lines that are not blank: number, text, fault of its bytes, and whether it has an ending."""
    batch: list[tuple[int, str, str | None, bool]] = []
    number = 0
    while line := binary.readline(_LONGEST_LINE):
        number += 1
        is_ended = line.endswith(b"\n")
        if len(line) >= _LONGEST_LINE and not is_ended:
            raise SourceError.of_file(name, "the line is longer than 16 MB", line=number)
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line.strip():
            continue
        try:
            batch.append((number, line.decode().rstrip("\r\n"), None, is_ended))
        except UnicodeDecodeError:
            text = line.decode(errors="backslashreplace").rstrip("\r\n")
            batch.append((number, text, NOT_UTF_8, is_ended))
        if len(batch) >= _BATCH_LINES:
            yield batch
            batch = []
    if batch:
        yield batch


def _kinds(con: duckdb.DuckDBPyConnection, texts: list[str]) -> list[str | None]:
    """The fault of each text, None for a JSON object."""
    rows = con.execute(
        """
        with lines as (select unnest($texts::varchar[]) as line)

        select
            case
                when not json_valid(line) then $not_whole
                when json_type(line) != 'OBJECT' then $not_an_object
            end
        from lines
        """,
        {"texts": texts, "not_whole": NOT_WHOLE, "not_an_object": NOT_AN_OBJECT},
    ).fetchall()
    return [fault for (fault,) in rows]
