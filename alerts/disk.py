"""Free space of the disk that holds the home."""

from __future__ import annotations

import shutil
from pathlib import Path

from alerts.fault import Fault

KEY = "disk_nearly_full"
_GB = 1e9
# The fault is over only well above the limit: the free space moves with every run.
_OVER_FROM = 1.25


def disk_faults(home: Path, min_free_gb: float, *, is_open: bool) -> list[Fault]:
    """The fault of a disk with too little free space, or none.

    Args:
        home: a folder of the disk.
        min_free_gb: the limit, in units of 10^9 bytes.
        is_open: whether the fault was open before; it is over from 125 % of the limit on.
    """
    free = shutil.disk_usage(home).free / _GB
    limit = min_free_gb * (_OVER_FROM if is_open else 1)
    if free >= limit:
        return []
    # Without the free space of the moment, by which every message would differ.
    text = f"The disk of the home has less than {limit:g} GB free."
    return [Fault(KEY, "error", text, "free space, or move HOLDFAST_HOME to a larger disk")]
