"""Errors of the way from a source to its raw table, and messages without row values."""

from __future__ import annotations

import re
from pathlib import Path

from deployment.errors import HoldfastError

# To the last quote: a value may hold quotes and line breaks of its own.
_QUOTED = re.compile(r"[\"'].*[\"']", re.DOTALL)


class SourceError(HoldfastError):
    """A source cannot be read; the text has the file, the line if known, and what to do.

    The text quotes no row: rows hold personal data, and messages are logged.
    """

    @classmethod
    def of_file(cls, path: Path | str, problem: str, *, line: int | None = None) -> SourceError:
        """`path, line n: problem`."""
        where = str(path) if line is None else f"{path}, line {line}"
        return cls(f"{where}: {problem}")


def without_values(problem: str) -> str:
    """A message with `…` in place of everything that it quotes."""
    return _QUOTED.sub("…", problem)
