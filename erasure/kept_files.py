"""Delivered files that could not be written again: erased people are still in them.

`kept_files.json` names each with the reason, until the file is deleted or delivered again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from deployment.home import Home
from deployment.private_files import private_folder, replace_file

_FILE = "kept_files.json"


def note_kept(home: Home, reasons: Mapping[str, str]) -> None:
    """Add files, by path, with the reasons why their rows stay."""
    if not reasons:
        return
    found = _read(home) | {path: (reason, _version(Path(path))) for path, reason in reasons.items()}
    content = {path: [reason, version] for path, (reason, version) in found.items()}
    path = private_folder(home.erasure) / _FILE
    replace_file(path, partial(Path.write_text, data=json.dumps(content), encoding="utf-8"))


def kept_files(home: Home) -> list[str]:
    """The reasons, one a file, of files that are still as they were."""
    return [reason for reason, _ in _read(home).values()]


def _read(home: Home) -> dict[str, tuple[str, list[int] | None]]:
    path = home.erasure / _FILE
    stored = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {
        name: (reason, version)
        for name, (reason, version) in stored.items()
        if version is not None and version == _version(Path(name))
    }


def _version(path: Path) -> list[int] | None:
    """Size and time of change, None for no file."""
    if not path.exists():
        return None
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]
