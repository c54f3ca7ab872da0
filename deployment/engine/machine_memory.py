"""Memory of the machine, or of the control group in which this process runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

# Folder and file of a group's limit, by the controllers of its line: version 2, version 1.
_LIMITS = {
    "": ("sys/fs/cgroup", "memory.max"),
    "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes"),
}


def machine_memory(system: Path = Path("/")) -> int:
    """Bytes of memory that this process may use: the machine's, or less in a control group.

    Args:
        system: folder in which Linux's `proc` and `sys` are.
    """
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([physical, *_group_limits(system)])


def _group_limits(system: Path) -> Iterator[int]:
    """Limits of the control groups of this process and of those above (cgroups(7))."""
    groups = system / "proc/self/cgroup"
    for line in groups.read_text(encoding="ascii").splitlines() if groups.exists() else ():
        _, controllers, group = line.split(":", 2)
        if controllers not in _LIMITS:
            continue
        root, name = _LIMITS[controllers]
        folder = PurePosixPath(group)
        for each in (folder, *folder.parents):
            limit = system / root / each.relative_to("/") / name
            if limit.is_file() and (text := limit.read_text(encoding="ascii").strip()) != "max":
                yield int(text)
