"""The mark of a guess that a person has to decide on, and where such marks are left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARKER = "TODO(connect)"
_SUFFIXES = {".sql", ".yml", ".yaml"}


@dataclass(frozen=True)
class OpenGuess:
    """A mark that is still in a file.

    Attributes:
        path: the file.
        line: the mark's line, from 1.
        question: what has to be decided.
    """

    path: Path
    line: int
    question: str


def open_guesses(path: Path) -> Iterator[OpenGuess]:
    """The marks in a file, or in the SQL and YAML files below a folder; none where neither is."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix in _SUFFIXES and file.is_file():
                yield from open_guesses(file)
    elif path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if MARKER in line:
                question = line.split(MARKER, 1)[1].lstrip(": ").removesuffix("#}").rstrip()
                yield OpenGuess(path, number, question)
