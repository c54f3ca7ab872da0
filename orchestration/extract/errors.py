"""What goes wrong between a source and its raw table."""

from __future__ import annotations

from pathlib import Path


class ExtractError(RuntimeError):
    """A source cannot be read; the text names the file, the line if known, and what to do.

    It never quotes a row: rows hold personal data, and messages end in logs.
    """

    @classmethod
    def of_file(cls, path: Path | str, problem: str, *, line: int | None = None) -> ExtractError:
        """`path, line n: problem`."""
        where = str(path) if line is None else f"{path}, line {line}"
        return cls(f"{where}: {problem}")
