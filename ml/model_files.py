"""Files of a model: their fingerprint and their writing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def fingerprint_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 of all contents in their order, as hexadecimal digits; equal for equal models."""
    digest = hashlib.sha256()
    for content in files.values():
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files by name into an existing folder.

    Raises:
        OSError: the folder does not exist or is not writable.
    """
    for name, content in files.items():
        (folder / name).write_bytes(content)
