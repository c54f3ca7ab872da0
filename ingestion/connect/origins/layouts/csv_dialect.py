"""Dialect of a CSV file: encoding, delimiter, quote, escape and lines above the header."""

from __future__ import annotations

import contextlib
import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from deployment.source_config import CsvOptions
from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.layouts.csv_layout import CsvLayout, csv_layout
from ingestion.files.formats.encodings import detect
from warehouse.quoting import literal

_SNIFFED_BYTES = 1 << 22
_LAYOUT_BYTES = 1 << 16


def csv_options(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the CSV options that differ from the reader's defaults, and the open questions.

    Raises:
        ConnectError: no dialect fits the file.
    """
    encoding = _encoding(path)
    layout = csv_layout(_start(path, encoding))
    sniffed, questions = _sniffed(con, path, encoding, layout)
    is_same = layout is not None and layout.delimiter == sniffed["delimiter"]
    if layout is not None and is_same and layout.skip_lines > sniffed["skip_lines"]:
        sniffed["skip_lines"] = layout.skip_lines
    if not encoding.startswith("utf-"):
        questions.append(f"the file is not UTF-8 and is read as {encoding}: are accents correct?")
    defaults: Mapping[str, Any] = CsvOptions().model_dump()
    return {key: value for key, value in sniffed.items() if value != defaults[key]}, questions


def _sniffed(
    con: duckdb.DuckDBPyConnection, path: Path, encoding: str, layout: CsvLayout | None
) -> tuple[dict[str, Any], list[str]]:
    """Return DuckDB's dialect, or the layout's where DuckDB finds none, and the open questions.

    Raises:
        ConnectError: there is neither.
    """
    found = None
    # DuckDB refuses mixed line ends, and sniffs bytes of UTF-16 as if they were Latin-1.
    if not encoding.startswith("utf-16"):
        readable = "utf-8" if encoding == "utf-8" else "latin-1"
        with contextlib.suppress(duckdb.Error):
            found = con.execute(
                f"""
                select Delimiter, Quote, Escape, SkipRows, HasHeader
                from sniff_csv({literal(str(path))}, encoding = {literal(readable)})
                """
            ).fetchone()
    if found is None and layout is None:
        raise ConnectError(
            "no delimiter and quote fit it: write its config entry by hand, with options"
        )
    if found is None:
        assert layout is not None
        return {
            "delimiter": layout.delimiter,
            "encoding": encoding,
            "skip_lines": layout.skip_lines,
        }, []
    delimiter, quote, escape, skip, has_header = found
    sniffed = {
        "delimiter": delimiter,
        "quote": quote if len(quote) == 1 else '"',
        "escape": escape if len(escape) == 1 else '"',
        "encoding": encoding,
        "skip_lines": int(skip),
    }
    # A table of text columns only, such as a table of names, looks like one without a header.
    return sniffed, [] if has_header else ["is the first line the header, or a row?"]


def _start(path: Path, encoding: str) -> str:
    opener = gzip.open if path.suffix.casefold() == ".gz" else open
    with opener(path, "rb") as binary:
        start = binary.read(_LAYOUT_BYTES)
    # Errors are replaced: the limit may cut a character in two.
    return start.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")


def _encoding(path: Path) -> str:
    opener = gzip.open if path.suffix.casefold() == ".gz" else open
    with opener(path, "rb") as binary:
        return detect(io.BytesIO(binary.read(_SNIFFED_BYTES)))
