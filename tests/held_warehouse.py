"""Another process that holds a warehouse open for writing, as a run does, or a whole home."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PROGRAM = (
    "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('held', flush=True);"
    "sys.stdin.read()"
)


@contextmanager
def held(warehouse: Path) -> Iterator[int]:
    """Hold the file open until the end of the block, in a process whose id is returned."""
    with holding(_PROGRAM, warehouse) as holder:
        yield holder.pid


@contextmanager
def holding(program: str, place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has printed "held" about a place, and runs until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(place)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder
    finally:
        holder.communicate()
