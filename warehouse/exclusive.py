"""Exclusive use of a home by one process: the run, erasure or backup that is in progress.

Runs share the dates of the run and tables between their steps, so two of them that take turns at
the warehouse would each build the other's days. Dagster's list of runs does not exclude that: two
commands that start at once both find it empty. The operating system frees the lock of a process
that was killed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from deployment.home import Home
from warehouse.errors import WarehouseBusyError

_held: dict[Path, TextIO] = {}


def hold(home: Home) -> None:
    """Reserve a home for this process until it ends; nothing happens where it is reserved already.

    Raises:
        WarehouseBusyError: another process has reserved it.
    """
    if home.root in _held:
        return
    path = home.root / "in_use.lock"
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        process = file.read().strip()
        file.close()
        raise WarehouseBusyError(
            f"{home.root} is being changed by process {process}: wait for its end, or stop it"
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    _held[home.root] = file


@contextmanager
def exclusive(home: Home) -> Iterator[None]:
    """Reserve a home for this process until the context is left.

    Raises:
        WarehouseBusyError: another process has reserved it.
    """
    is_held_outside = home.root in _held
    hold(home)
    try:
        yield
    finally:
        if not is_held_outside:
            _held.pop(home.root).close()
