"""Damage of a DuckDB file: found by opening the file, or by reading every block of it.

DuckDB has a checksum of every block, which it compares when it reads the block. A file that was
truncated, or overwritten in the middle, opens as long as the blocks of its catalogue are whole.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from deployment.home import write_ahead_log
from warehouse.connection import open_file
from warehouse.errors import NewerReleaseError, WarehouseBusyError, WarehouseError
from warehouse.quoting import identifier

# Of the file and of its two alternating states, in front of the blocks (DuckDB, Storage).
_HEADERS_BYTES = 3 * 4096


def damage_of(path: Path, *, is_whole: bool = False) -> str | None:
    """The damage of a file in DuckDB's words; None without damage, and without a file.

    A file that another process writes, that a newer release wrote, or that this account may not
    open is not examined.

    Args:
        path: the file.
        is_whole: read every table, at the disk's speed; otherwise the file is opened and its size
            is compared with the number of its blocks in use. The size of a file beside which a
            killed process left its log is not compared, because DuckDB counts as after the log.
    """
    if not path.exists():
        return None
    try:
        with closing(open_file(path, read_only=True)) as con:
            if not _has_log(path) and (missing := _missing_bytes(con, path)):
                return f"{missing:,} bytes are missing at its end"
            if is_whole:
                _read_all(con)
    except (WarehouseBusyError, NewerReleaseError):
        return None
    except (WarehouseError, duckdb.IOException) as error:
        if "Permission denied" in str(error):
            return None
        return str(error.__cause__ or error).splitlines()[0]
    return None


def _has_log(path: Path) -> bool:
    log = write_ahead_log(path)
    return log.exists() and log.stat().st_size > 0


def _missing_bytes(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    # Free blocks may lie behind the end: DuckDB shortens a file and goes on counting them.
    row = con.execute("select used_blocks * block_size from pragma_database_size()").fetchone()
    return max(0, _HEADERS_BYTES + int(row[0]) - path.stat().st_size) if row else 0


def _read_all(con: duckdb.DuckDBPyConnection) -> None:
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where not internal"
    ).fetchall()
    for schema, name in tables:
        # The hash needs every column; a count alone would read none.
        con.execute(f"select sum(hash(t)) from {identifier(schema, name)} as t").fetchall()
