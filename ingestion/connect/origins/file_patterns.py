"""Path patterns and formats of files, inferred from their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal

UNKNOWN_FORMAT = "not csv, xlsx, parquet or jsonl"

Format = Literal["csv", "parquet", "jsonl", "excel"]

_FORMATS: Mapping[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".xlsx": "excel", ".xlsm": "excel",
}  # fmt: skip
_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_OTHER_DAY = re.compile(r"(?<!\d)(?:\d{8}|\d{2}[-.]\d{2}[-.]\d{4})(?!\d)")


def file_format(path: PurePath) -> Format | None:
    """Return the format that the file name's suffix stands for, or None for an unknown suffix."""
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return _FORMATS.get(suffixes[-1]) if suffixes else None


def path_pattern(relative: str) -> str:
    """Return the path with `{date}` for a day, and * for a number that follows a separator.

    `part-0003` is a part of a table, `q1` is a name.
    """
    first = _DAY.search(relative)
    if first:
        return _DAY.sub("*", relative.replace(first.group(), "{date}"))
    folder, _, name = relative.rpartition("/")
    starred = re.sub(r"(?<=[-_.])\d+(?=[-_.])", "*", name)
    return f"{folder}/{starred}" if folder else starred


def pattern_questions(pattern: str, name: str) -> list[str]:
    """Return what is unsure about a pattern of undated files, of which one is called `name`."""
    if "{date}" in pattern or "*" not in pattern:
        return []
    question = "the file names have no date: are all files parts of one table?"
    if _OTHER_DAY.search(name):
        question = (
            "the file names seem to contain a date in another form than YYYY-MM-DD: rename the"
            " files on export, and put {date} in its place"
        )
    return [question]
