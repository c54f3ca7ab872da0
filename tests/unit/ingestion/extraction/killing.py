"""Extractions that can be killed at any moment, each in a process of its own.

One process imports everything once and forks for each extraction: the kill hits the extraction and
not the start of Python, which costs half a second of processor time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[4]
_LOOP = """
import os, sys

print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        extract(line.split())
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Extractor:
    """A process that has defined `extract(arguments)`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def is_killed(self, seconds: float, *arguments: object) -> bool:
        """Kill an extraction so many seconds after it began; True if it was still going on."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*arguments, file=self._process.stdin, flush=True)
        child = int(self._process.stdout.readline())
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return int(self._process.stdout.readline()) == signal.SIGKILL


@contextmanager
def extractor(program: str) -> Iterator[Extractor]:
    """Start a process with a program that defines `extract(arguments: list[str])`."""
    with subprocess.Popen(
        [sys.executable, "-c", program + _LOOP],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Extractor(process)
        process.kill()
