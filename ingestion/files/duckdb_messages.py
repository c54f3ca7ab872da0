"""Explanations of DuckDB's reading errors, for the person who corrects the file."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from ingestion.errors import SourceError, without_values

# DuckDB's message by pattern, and the explanation. DuckDB's messages quote the line of the file.
_MEANINGS = (
    (
        r"Expected Number of Columns: (?P<expected>\d+) Found: (?P<found>\d+)",
        "{found} values where the header names {expected}: correct the line (is a value unquoted?)",
    ),
    (
        r"unterminated quote",
        "a quote is not closed, or text follows it: correct the line, or options.quote",
    ),
    (
        r"Invalid unicode|not utf-8 encoded|not utf-16|invalid UTF-8|File is not .* encoded",
        "there are bytes that are not of the encoding: set options.encoding to what it is",
    ),
    (
        r"byte order mark",
        "JSON lines must not begin with a byte order mark: export UTF-8 without one",
    ),
    (r"Maximum line size", "the line is longer than 2 MB: is a quote missing?"),
    (r"state machine reached an invalid state", "line endings are mixed: write them all alike"),
    (r"Malformed JSON", "not one whole JSON object: is the file cut off? Deliver it again"),
    (
        r"not a GZIP stream",
        "the name says .gz and the content is not compressed: rename it, or compress it",
    ),
    (
        r"No magic bytes|too small to be a Parquet file|[Ii]nvalid [Pp]arquet|footer",
        "not a whole Parquet file: is it cut off? Deliver it again",
    ),
)


def explain(path: Path | str, error: duckdb.Error, *, line: int | None = None) -> SourceError:
    """The SourceError of a file that DuckDB could not read, to be raised `from None`.

    Without `from None`, DuckDB's error would be logged as the cause, and its text quotes rows.
    """
    message = str(error)
    place = re.search(r"CSV Error on Line: (\d+)", message)
    if place and line is None:
        line = int(place.group(1))
    for pattern, meaning in _MEANINGS:
        match = re.search(pattern, message)
        if match:
            return SourceError.of_file(path, meaning.format(**match.groupdict()), line=line)
    first = without_values(message).splitlines()[0] if message else type(error).__name__
    return SourceError.of_file(path, f"it cannot be read ({first})", line=line)
