"""Dialect of a CSV file: encoding, delimiter, quote, escape and lines above the header."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from deployment.source_config import CsvOptions
from ingestion.connect.origins.errors import ConnectError
from ingestion.files.formats.encodings import detect
from warehouse.quoting import literal

_SNIFFED_BYTES = 1 << 22


def csv_options(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the CSV options that differ from the reader's defaults, and the open questions.

    Raises:
        ConnectError: no dialect fits the file.
    """
    encoding = _encoding(path)
    readable = "utf-8" if encoding == "utf-8" else "latin-1"
    try:
        found = con.execute(
            f"""
            select Delimiter, Quote, Escape, SkipRows, HasHeader
            from sniff_csv({literal(str(path))}, encoding = {literal(readable)})
            """
        ).fetchone()
    except duckdb.Error:
        raise ConnectError(
            "no delimiter and quote fit it: write its config entry by hand, with options"
        ) from None
    assert found is not None
    delimiter, quote, escape, skip, has_header = found
    sniffed = {
        "delimiter": delimiter,
        "quote": quote if len(quote) == 1 else '"',
        "escape": escape if len(escape) == 1 else '"',
        "encoding": encoding,
        "skip_lines": int(skip),
    }
    questions = []
    if not encoding.startswith("utf-"):
        questions.append(f"the file is not UTF-8 and is read as {encoding}: are accents correct?")
    # A table of text columns only, such as a table of names, looks like one without a header.
    if not has_header:
        questions.append("is the first line the header, or a row?")
    defaults: Mapping[str, Any] = CsvOptions().model_dump()
    return {key: value for key, value in sniffed.items() if value != defaults[key]}, questions


def _encoding(path: Path) -> str:
    opener = gzip.open if path.suffix.casefold() == ".gz" else open
    with opener(path, "rb") as binary:
        return detect(io.BytesIO(binary.read(_SNIFFED_BYTES)))
