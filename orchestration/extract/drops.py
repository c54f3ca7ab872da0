"""Which files a table's path pattern means, and the day each was dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.extract.errors import ExtractError

_DATE = "{date}"


@dataclass(frozen=True)
class Drop:
    """A delivered file as it lies there.

    Attributes:
        path: absolute path.
        relative: path below the source's location, with forward slashes: the file's name for ever.
        drop_date: the date in its path, None for an undated file.
        size_bytes: its size.
        modified_ns: time of its last change, nanoseconds since 1970.
    """

    path: Path
    relative: str
    drop_date: date | None
    size_bytes: int
    modified_ns: int


def find_drops(location: Path, pattern: str) -> list[Drop]:
    """The files below `location` that match `pattern`, by date and name.

    `{date}` stands for YYYY-MM-DD (wherever it is repeated, for the same day), `*` and `?` for
    anything within one folder, `**` for any folders.

    Raises:
        ExtractError: a file's date is not in the calendar.
    """
    expression = re.compile(_expression(pattern))
    drops = []
    for path in location.glob(_glob(pattern)):
        relative = path.relative_to(location).as_posix()
        match = expression.fullmatch(relative)
        if match is None or not path.is_file():
            continue
        stat = path.stat()
        drops.append(Drop(path, relative, _drop_date(path, match), stat.st_size, stat.st_mtime_ns))
    return sorted(drops, key=lambda drop: (drop.drop_date or date.min, drop.relative))


def near_misses(location: Path, pattern: str) -> list[str]:
    """Files that would match if their date were written YYYY-MM-DD, or were not compressed."""
    expression = re.compile(_expression(pattern))
    loose = _glob(pattern)
    names = {
        path.relative_to(location).as_posix()
        for candidate in (loose, f"{loose}.*")
        for path in location.glob(candidate)
    }
    return sorted(name for name in names if not expression.fullmatch(name))


def _drop_date(path: Path, match: re.Match[str]) -> date | None:
    text = match.groupdict().get("date")
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ExtractError.of_file(
            path, f"{text} is not a day in the calendar: rename the file"
        ) from None


def _glob(pattern: str) -> str:
    """The pattern for pathlib, in which a date is anything and `**` stands alone in its folder."""
    folders = pattern.replace(_DATE, "*").split("/")
    return "/".join(name if name == "**" else re.sub(r"\*+", "*", name) for name in folders)


def _expression(pattern: str) -> str:
    """The pattern as a regular expression, with the group `date`."""
    pieces = {
        "**/": "(?:.*/)?",
        "**": ".*",
        "*": "[^/]*",
        "?": "[^/]",
    }
    expression = ""
    for token in re.split(r"(\{date\}|\*\*/|\*\*|\*|\?)", pattern):
        if token == _DATE:
            repeated = "(?P<date>" in expression
            expression += "(?P=date)" if repeated else r"(?P<date>\d{4}-\d{2}-\d{2})"
        else:
            expression += pieces.get(token) or re.escape(token)
    return expression
