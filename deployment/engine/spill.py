"""Spill folder: where DuckDB writes rows that do not fit into its memory, until a query's end."""

from __future__ import annotations

from pathlib import Path

_FILES_OF_DUCKDB = "duckdb_temp_*"


def make_empty(folder: Path) -> None:
    """Make the folder, and remove what a killed run left in it; no other run may be going on."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob(_FILES_OF_DUCKDB):
        path.unlink()
