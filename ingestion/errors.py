"""What goes wrong between a source and its raw table."""

from __future__ import annotations

import re
from pathlib import Path

from deployment.errors import HoldfastError

# To the last quote: a value may hold quotes and line breaks of its own.
_QUOTED = re.compile(r"[\"'].*[\"']", re.DOTALL)


class SourceError(HoldfastError):
    """A source cannot be read; the text names the file, the line if known, and what to do.

    It never quotes a row: rows hold personal data, and messages end in logs.
    """

    @classmethod
    def of_file(cls, path: Path | str, problem: str, *, line: int | None = None) -> SourceError:
        """`path, line n: problem`."""
        where = str(path) if line is None else f"{path}, line {line}"
        return cls(f"{where}: {problem}")


def without_values(problem: str) -> str:
    """A message about rows without what it quotes of them."""
    return _QUOTED.sub("…", problem)
