"""Files that match a table's path pattern, and the date in each name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingestion.errors import SourceError
from ingestion.landing.ledger import Drop

_DATE = "{date}"


@dataclass(frozen=True)
class Listed:
    """A file in a folder's listing.

    Attributes:
        relative: path below the source's location, with forward slashes.
        size_bytes: its size.
        modified_ns: time of its last change, nanoseconds since 1970; 0 if unknown.
        etag: an object store's identifier of this version of its content.
    """

    relative: str
    size_bytes: int
    modified_ns: int
    etag: str | None = None


def find_drops(location: Path, pattern: str) -> list[Drop]:
    """The files below a local folder that match `pattern`, ordered by date and name.

    `{date}` matches YYYY-MM-DD (the same day where it is repeated), `*` and `?` match within one
    folder, `**` matches any folders.

    Raises:
        SourceError: a file's date is not in the calendar.
    """
    listed = []
    for path in location.glob(_glob(pattern)):
        if path.is_file():
            stat = path.stat()
            relative = path.relative_to(location).as_posix()
            listed.append(Listed(relative, stat.st_size, stat.st_mtime_ns))
    return matching(listed, f"{location}/", pattern)


def matching(files: Iterable[Listed], prefix: str, pattern: str) -> list[Drop]:
    """The files that match a pattern, ordered by date and name.

    Args:
        files: files below the location.
        prefix: text before their relative paths in messages.
        pattern: as in `find_drops`.

    Raises:
        SourceError: a file's date is not in the calendar.
    """
    expression = re.compile(_expression(pattern))
    drops = []
    for file in files:
        match = expression.fullmatch(file.relative)
        if match is None:
            continue
        name = f"{prefix}{file.relative}"
        drops.append(
            Drop(
                name,
                file.relative,
                _drop_date(name, match),
                file.size_bytes,
                file.modified_ns,
                file.etag,
            )
        )
    return sorted(drops, key=lambda drop: (drop.drop_date or date.min, drop.relative))


def near_misses(location: Path, pattern: str) -> list[str]:
    """Files that would match if their date were written YYYY-MM-DD, or without compression."""
    loose = _glob(pattern)
    names = {
        path.relative_to(location).as_posix()
        for candidate in (loose, f"{loose}.*")
        for path in location.glob(candidate)
    }
    return misses(names, pattern)


def misses(names: Iterable[str], pattern: str) -> list[str]:
    """Names that match except for the form of the date or a suffix behind the pattern."""
    expression = re.compile(_expression(pattern))
    loose = re.compile(f"{_expression(pattern.replace(_DATE, '*'))}(?:\\..*)?")
    return sorted(
        name for name in names if loose.fullmatch(name) and not expression.fullmatch(name)
    )


def fixed_folder(pattern: str) -> str:
    """The leading folders of a pattern that have no wildcard; empty without one."""
    folders = pattern.split("/")[:-1]
    for number, folder in enumerate(folders):
        if re.search(r"[*?]|\{date\}", folder):
            return "/".join(folders[:number])
    return "/".join(folders)


def _drop_date(name: str, match: re.Match[str]) -> date | None:
    text = match.groupdict().get("date")
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SourceError.of_file(
            name, f"{text} is not a day in the calendar: rename the file"
        ) from None


def _glob(pattern: str) -> str:
    """The pattern for pathlib: a date matches anything, and `**` is alone in its folder."""
    folders = pattern.replace(_DATE, "*").split("/")
    return "/".join(name if name == "**" else re.sub(r"\*+", "*", name) for name in folders)


def _expression(pattern: str) -> str:
    """The pattern as a regular expression with the group `date`."""
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
