"""DuckDB files without the bytes of deleted rows.

DuckDB marks deleted rows and frees their blocks, and a freed block keeps its bytes until another
row needs it. Only a file that is written again is free of them.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from deployment.engine.limits import EngineLimits
from deployment.home import write_ahead_log
from warehouse.published.versions import flush
from warehouse.quoting import literal


def write_again(path: Path, target: Path, limits: EngineLimits) -> None:
    """Write all tables, views, comments and keys of a file into a new file.

    Args:
        path: the file; nobody may have it open for writing.
        target: the new file, which is replaced if it is there; on the disk when this returns.
        limits: of the connection that copies the rows.
    """
    remove(target)
    with duckdb.connect(config=limits.duckdb_settings()) as con:
        con.execute("set enable_progress_bar = false")
        con.execute("set preserve_insertion_order = true")
        con.execute(f"attach {literal(str(path))} as before (read_only)")
        con.execute(f"attach {literal(str(target))} as fresh")
        con.execute("copy from database before to fresh")
        con.execute("checkpoint fresh")
        con.execute("detach fresh")
    flush(target)


def remove(path: Path) -> None:
    """Remove a file with its write-ahead log."""
    path.unlink(missing_ok=True)
    write_ahead_log(path).unlink(missing_ok=True)
