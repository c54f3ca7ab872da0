"""Disk space that a run may need, estimated before it starts."""

from __future__ import annotations

import shutil

from deployment.home import Home

_GB = 1_000_000_000
# Measured on the demo company of 100,000 people with 3 GB of memory: 0.26 GB of Parquet, CSV and
# JSON lines become a warehouse of 1.3 GB, while up to 0.6 GB of rows are spilled.
_BYTES_OF_A_DELIVERED_BYTE = 8


def held_bytes(home: Home) -> int:
    """Size of the working file and the published one, as far as they exist."""
    return sum(path.stat().st_size for path in (home.warehouse, home.published) if path.exists())


def shortage(home: Home, waiting_bytes: int) -> str | None:
    """A sentence if the disk of the home may not do for a run; None if it will.

    Tables that are built again need their space twice until the end of a build, and a publication
    writes the new file beside the old one.

    Args:
        home: the home; its folder exists.
        waiting_bytes: size of the deliveries that the run will load.
    """
    needed = waiting_bytes * _BYTES_OF_A_DELIVERED_BYTE + held_bytes(home) // 2
    free = shutil.disk_usage(home.root).free
    if needed <= free:
        return None
    return (
        f"The disk of {home.root} may fill up: {free / _GB:.1f} GB are free, and this run may need"
        f" {needed / _GB:.1f} GB, because {waiting_bytes / _GB:.1f} GB of deliveries are not loaded"
        " yet. Free some space, or move the home to a larger disk."
    )
