"""Copy of the published tables as Parquet files, with a manifest.

    parquet/current       -> versions/000007
    parquet/manifest.json -> current/manifest.json
    parquet/versions/000007/marts/dim_customers.parquet

The files of a version are written before the first link is replaced by one rename, so a version is
complete or absent. The version before is kept until the next copy, for readers that have begun.
The number counts copies; the manifest has the number of the published version.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from deployment.engine.limits import EngineLimits
from deployment.publish import Readers
from warehouse.published.contents import Column, TableContents
from warehouse.published.copies.copy_report import (
    FILE,
    CopyError,
    CopyReport,
    published_version,
)
from warehouse.published.readers import open_to
from warehouse.published.tables import PublicationError
from warehouse.published.versions import (
    CURRENT,
    VERSIONS,
    add_version,
    flush,
    keep_versions,
    make_current,
    point,
)
from warehouse.quoting import identifier, literal

MANIFEST = "manifest.json"
_ENTRIES = {CURRENT, MANIFEST, VERSIONS, f"{CURRENT}.link", f"{MANIFEST}.link"}


def copy_to_parquet(
    published_path: Path,
    folder: Path,
    readable_by: Readers = "owner",
    limits: EngineLimits | None = None,
) -> CopyReport:
    """Write every published table as a Parquet file of a new version of the folder.

    The description of a table and its columns is in the manifest and in the file's metadata, under
    the keys `comment` and `columns` (JSON, description by column).

    Args:
        published_path: link to the published file.
        folder: the folder of the copy, which no other program may write into.
        readable_by: the accounts of the machine that may read the folder.
        limits: memory, threads and spill folder of the run; None leaves DuckDB's defaults.

    Raises:
        CopyError: a file could not be written, or the folder has files of others; it holds the
            version that it held before.
    """
    others = {path.name for path in folder.iterdir()} - _ENTRIES if folder.is_dir() else set()
    if others:
        raise CopyError(
            f"{folder} has files that no copy made ({min(others)}): set a folder of its own in"
            " publish.parquet"
        )
    with published_version(published_path, limits) as (con, contents, description):
        try:
            before = (folder / CURRENT).resolve()
            version = add_version(folder)
            tables = {table.label: _write(con, table, version) for table in contents.tables}
            manifest = {
                **description,
                "path": version.relative_to(folder).as_posix(),
                "tables": tables,
            }
            path = version / MANIFEST
            path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
            open_to(readable_by, folder)
            flush(path)
            make_current(folder, version)
            point(folder / MANIFEST, f"{CURRENT}/{MANIFEST}")
            keep_versions(folder, {version, before})
        except (duckdb.Error, OSError, PublicationError) as error:
            raise CopyError(f"{folder} was not replaced: {str(error).splitlines()[0]}") from error
    return CopyReport(int(str(description["version"])), contents.as_of_date, contents.rows)


def _write(con: duckdb.DuckDBPyConnection, table: TableContents, version: Path) -> dict[str, Any]:
    """Write a table's file; return its entry in the manifest."""
    path = version / table.schema / f"{table.name}.parquet"
    path.parent.mkdir(exist_ok=True)
    columns = ", ".join(_written_value(column) for column in table.columns)
    comments = {column.name: column.comment for column in table.columns}
    con.execute(
        f"""
        copy (select {columns} from {identifier(FILE, table.schema, table.name)})
        to {literal(str(path))} (
            format parquet,
            compression zstd,
            kv_metadata {{
                comment: {literal(table.comment or "")},
                columns: {literal(json.dumps(comments, ensure_ascii=False))}
            }}
        )
        """
    )
    flush(path)
    flush(path.parent)
    return {
        "file": path.relative_to(version).as_posix(),
        "rows": table.rows,
        "bytes": path.stat().st_size,
        "comment": table.comment,
        "columns": [
            {"name": column.name, "type": column.type, "comment": column.comment}
            for column in table.columns
        ],
    }


def _written_value(column: Column) -> str:
    """The SQL expression of a column; DuckDB would write wide integers as doubles."""
    name = identifier(column.name)
    is_wide = column.type in ("HUGEINT", "UHUGEINT")
    return f"cast({name} as decimal(38, 0)) as {name}" if is_wide else name
