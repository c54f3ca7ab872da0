"""One process from start to end: its seconds and its peak memory, as the kernel counted them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Linux counts ru_maxrss in KiB (getrusage(2)).
_RSS_UNIT = 1024


class BenchmarkError(RuntimeError):
    """A measured process failed; the text holds the end of what it said."""


@dataclass(frozen=True)
class Usage:
    """Resources of a process: wall and CPU seconds, and peak memory in bytes.

    `other_cores` is the mean number of cores that other processes kept busy meanwhile.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    other_cores: float


def measure(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> Usage:
    """Run a command to its end, its output in `log`.

    CPU seconds include the children that it waited for; peak memory is that of the command's own
    process, or of its largest child if that was larger.

    Raises:
        BenchmarkError: it did not end with 0.
    """
    with log.open("wb") as output:
        started, busy_before = time.perf_counter(), _busy_seconds()
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds, busy = time.perf_counter() - started, _busy_seconds() - busy_before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace")[-2_000:]
        raise BenchmarkError(f"{command[-1]} ended with {process.returncode}:\n{said}")
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Usage(
        wall_seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_bytes=usage.ru_maxrss * _RSS_UNIT,
        other_cores=max(busy - cpu_seconds, 0.0) / seconds,
    )


def _busy_seconds() -> float:
    """Seconds that all cores together have worked since the machine started (proc(5), stat)."""
    fields = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, _steal = map(int, fields)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
