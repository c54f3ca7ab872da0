"""Open questions: TODO comments in the drafts that a person has to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARKER = "TODO(connect)"
_SUFFIXES = {".sql", ".yml", ".yaml"}


@dataclass(frozen=True)
class OpenQuestion:
    """A TODO in a file.

    Attributes:
        path: the file.
        line: line number of the TODO, from 1.
        question: its first line.
    """

    path: Path
    line: int
    question: str


def open_questions(path: Path) -> Iterator[OpenQuestion]:
    """Yield the TODOs of a file, or of the SQL and YAML files below a folder, if it exists."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix in _SUFFIXES and file.is_file():
                yield from open_questions(file)
    elif path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if MARKER in line:
                question = line.split(MARKER, 1)[1].lstrip(": ").removesuffix("#}").rstrip()
                yield OpenQuestion(path, number, question)
