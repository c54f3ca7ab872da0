"""A warehouse that another process holds open for writing, as a run does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = (
    "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('held', flush=True);"
    "sys.stdin.read()"
)


@contextmanager
def held(warehouse: Path) -> Iterator[int]:
    """Hold the file open until the end of the block, in a process whose id is returned."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder.pid
    finally:
        holder.communicate()
