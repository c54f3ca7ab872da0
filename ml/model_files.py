"""A model as files: one fingerprint over what is in them, and how they are written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def fingerprint_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 of all contents in their order, equal for equal models."""
    digest = hashlib.sha256()
    for content in files.values():
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files by name into an existing folder."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
