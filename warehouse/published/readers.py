"""Readers of published files: modes by the setting, whatever the umask of the process is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from deployment.publish import Readers

# Modes of a folder and of a file.
_MODES: Mapping[Readers, tuple[int, int]] = {
    "owner": (0o700, 0o600),
    "group": (0o750, 0o640),
    "everyone": (0o755, 0o644),
}


def open_to(readers: Readers, folder: Path) -> None:
    """Set the modes of a folder and of everything in it that is this account's own.

    Links keep their modes, and so does a folder that another account has made for the copy.
    """
    for_folders, for_files = _MODES[readers]
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink() and path.stat().st_uid == os.geteuid():
            path.chmod(for_folders if path.is_dir() else for_files)
