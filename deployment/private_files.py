"""Private files: readable by their owner only, and replaced by one rename."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may enter; return it."""
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(_FOLDER_MODE)
    return folder


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name, flush it to the disk, and rename it.

    A killed writing leaves the file as it was.

    Args:
        path: the file; its folder must exist.
        write: writes the content into the path that it receives.
    """
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    # Made here, so that the file is private from its first byte on.
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE_MODE)
    try:
        write(fresh)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.chmod(_FILE_MODE)
    fresh.replace(path)
