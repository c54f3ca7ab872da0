"""A folder of exports: which files are one table, and how they are written."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Literal

import duckdb

from deployment.source_config import CsvOptions, FileTable
from ingestion.connect.errors import ConnectError
from ingestion.connect.origins.offered import Offer, OfferedTable
from ingestion.connect.profiling.names import normalised
from ingestion.errors import SourceError
from ingestion.files.formats.readers import DeliveredFile, open_file
from warehouse.quoting import identifier, literal

# Of more rows a profile learns little, and the first million of orders is some years of them.
SAMPLE_ROWS = 1_000_000

DELIVERY = "_delivery"
NO_TABLE = "not csv, parquet or jsonl"

_FORMATS: Mapping[str, Literal["csv", "parquet", "jsonl"]] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}  # fmt: skip
_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_OTHER_DAY = re.compile(r"(?<!\d)(?:\d{8}|\d{2}[-.]\d{2}[-.]\d{4})(?!\d)")
# Tried in this order: what is valid UTF-8 is hardly ever anything else, and every text is valid
# Windows-1252 or so.
_ENCODINGS = ("utf-8", "gb18030", "windows-1252")
_SNIFFED_BYTES = 1 << 22


def offered_files(con: duckdb.DuckDBPyConnection, location: str, folder: Path) -> Offer:
    """The tables that the files below a folder make up, read into `con`.

    Args:
        con: a database of its own, which receives one table a table.
        location: the folder as the configuration is to name it.
        folder: the same, as it is.

    Raises:
        ConnectError: there is no table in it.
    """
    found: defaultdict[str, list[Path]] = defaultdict(list)
    passed_over = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in relative.parts):
            continue
        if file_format(path) is None:
            passed_over.append(f"{relative}: {NO_TABLE}")
        else:
            found[path_pattern(relative.as_posix())].append(path)
    groups = _single_by_name(folder, found)
    tables = []
    names = table_names(list(groups))
    with tempfile.TemporaryDirectory() as scratch:
        for pattern, paths in groups.items():
            try:
                tables.append(_table(con, names[pattern], pattern, paths, Path(scratch)))
            except (SourceError, ConnectError) as error:
                passed_over.append(f"{pattern}: {error}")
    if not tables:
        told = "".join(f"\n  {line}" for line in passed_over)
        raise ConnectError(f"there is no table in {location}: expected CSV, Parquet or JSON{told}")
    return Offer("files", {"location": location}, tables, passed_over)


def table_names(patterns: Sequence[str]) -> dict[str, str]:
    """A telling name for each path: its file's words without those that all of them share."""
    words = {
        pattern: normalised(
            re.sub(r"\{date\}|\*", " ", PurePosixPath(pattern).name.split(".")[0])
        ).split("_")
        for pattern in patterns
    }
    lists = list(words.values())
    first = _shared(lists)
    last = _shared([each[::-1] for each in lists])
    names: dict[str, str] = {}
    for pattern, all_words in words.items():
        own = all_words[first : len(all_words) - last] or all_words
        names[pattern] = _distinct(ascii_name("_".join(own)), names.values())
    return names


def _shared(lists: Sequence[Sequence[str]]) -> int:
    """How many words at the front all have in common; none where there is but one."""
    if len(lists) < 2:
        return 0
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*lists, strict=False)))


def ascii_name(text: str) -> str:
    """A name as the configuration wants it: lower-case letters, digits and _, a letter first."""
    plain = re.sub(r"[^a-z0-9]+", "_", normalised(text)).strip("_")
    return plain if plain[:1].isalpha() else f"table_{plain}".rstrip("_")


def _distinct(name: str, taken: Iterable[str]) -> str:
    others = set(taken)
    candidate, count = name, 1
    while candidate in others:
        count += 1
        candidate = f"{name}_{count}"
    return candidate


def file_format(path: PurePath) -> Literal["csv", "parquet", "jsonl"] | None:
    """What a file is by the end of its name; None where that is nothing that can be read."""
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return _FORMATS.get(suffixes[-1]) if suffixes else None


def path_pattern(relative: str) -> str:
    """The path with what differs from drop to drop replaced: `{date}` for a day, * for a number.

    A number counts as one only behind a separator: `part-0003` is a part, `q1` a name.
    """
    first = _DAY.search(relative)
    if first:
        return _DAY.sub("*", relative.replace(first.group(), "{date}"))
    folder, _, name = relative.rpartition("/")
    starred = re.sub(r"(?<=[-_.])\d+(?=[-_.])", "*", name)
    return f"{folder}/{starred}" if folder else starred


def _single_by_name(folder: Path, groups: Mapping[str, list[Path]]) -> dict[str, list[Path]]:
    """A file that is alone has its own name, whatever numbers are in it."""
    return {
        paths[0].relative_to(folder).as_posix()
        if len(paths) == 1 and "{date}" not in pattern
        else pattern: paths
        for pattern, paths in groups.items()
    }


def _table(
    con: duckdb.DuckDBPyConnection, name: str, pattern: str, paths: list[Path], scratch: Path
) -> OfferedTable:
    newest = paths[-1]
    newest_format = file_format(newest)
    assert newest_format is not None
    doubts: list[str] = []
    options: dict[str, Any] = {}
    if newest_format == "csv":
        options, doubts = _csv_options(con, newest)
    if "{date}" not in pattern and "*" in pattern:
        other_day = _OTHER_DAY.search(newest.name)
        doubts.append(
            "the files' names seem to hold a day that is not written YYYY-MM-DD: rename them on"
            " export, and write {date} where it stands"
            if other_day
            else "several files without a day in their names are taken for parts of one table"
        )
    # Nothing is known of the columns yet, which is what the checks of FileTable want to know.
    table = FileTable.model_construct(
        path=pattern,
        format=newest_format,
        columns=[],
        options=CsvOptions(**options),
        types={},
        optional_columns=[],
        key=[],
        provides=[],
    )
    relation = identifier(name)
    columns: dict[str, str] = {}
    selections = []
    # The newest first: it shows the columns as they are now.
    for number, path in enumerate(reversed(paths)):
        reading = open_file(con, DeliveredFile(path.name, path, scratch), table)
        if reading.columns:
            columns = columns or dict(reading.columns)
            names = ", ".join(identifier(column) for column in reading.columns)
            selections.append(f"select {number} as {DELIVERY}, {names} from {reading.relation}")
    if not columns:
        raise ConnectError("its files are empty")
    try:
        con.execute(
            f"create table {relation} as {' union all by name '.join(selections)}"
            f" limit {SAMPLE_ROWS + 1}"
        )
    except duckdb.Error as error:
        raise ConnectError(
            f"it cannot be read ({str(error).splitlines()[0].split(':')[0]}): run holdfast doctor"
            " with an entry of your own to be told the line"
        ) from None
    is_sample = _cut(con, relation)
    entry: dict[str, Any] = {"path": pattern, "format": newest_format}
    if options:
        entry["options"] = options
    delivery = DELIVERY if "{date}" in pattern else "0"
    return OfferedTable(name, relation, columns, is_sample, entry, doubts=doubts, delivery=delivery)


def _cut(con: duckdb.DuckDBPyConnection, relation: str) -> bool:
    row = con.execute(f"select count(*) from {relation}").fetchone()
    if row is None or row[0] <= SAMPLE_ROWS:
        return False
    con.execute(f"delete from {relation} where rowid >= {SAMPLE_ROWS}")
    return True


def _csv_options(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[dict[str, Any], list[str]]:
    """The options that differ from the reader's defaults, and what is not sure about them.

    Raises:
        ConnectError: it has no header line, or no dialect fits.
    """
    encoding, doubts = _encoding(path)
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
    # All columns text, as in a table of names, looks like a table without a header.
    if not has_header:
        doubts.append("the first line is taken for the header, and could be a row")
    sniffed = {
        "delimiter": delimiter,
        "quote": quote if len(quote) == 1 else '"',
        "escape": escape if len(escape) == 1 else '"',
        "encoding": encoding,
        "skip_lines": int(skip),
    }
    defaults: Mapping[str, Any] = CsvOptions().model_dump()
    return {key: value for key, value in sniffed.items() if value != defaults[key]}, doubts


def _encoding(path: Path) -> tuple[str, list[str]]:
    opener = gzip.open if path.suffix.casefold() == ".gz" else open
    with opener(path, "rb") as binary:
        start = binary.read(_SNIFFED_BYTES)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", []
    # A character that the limit cut in two is no fault.
    for encoding in _ENCODINGS:
        try:
            text = start.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(start) - 4:
                continue
            text = start[: error.start].decode(encoding)
        if encoding == "utf-8":
            return encoding, []
        if encoding == "gb18030" and not _is_mostly_chinese(text):
            continue
        return encoding, [f"the bytes are not UTF-8 and read as {encoding}: look at a few umlauts"]
    return "latin-1", ["the bytes are neither UTF-8 nor GB18030: taken for latin-1"]


def _is_mostly_chinese(text: str) -> bool:
    """Whether what is not ASCII are common characters.

    An umlaut and the letter behind it read as one of GB18030's rare ones.
    """
    foreign = [letter for letter in text if ord(letter) > 127]
    common = sum(bool(letter.encode("gb2312", errors="ignore")) for letter in foreign)
    return bool(foreign) and common >= 0.9 * len(foreign)
