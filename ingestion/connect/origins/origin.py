"""Kind of an origin, by its URL or path, and the catalog that its reader makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from deployment.home import Home
from ingestion.connect.origins.catalog import Catalog
from ingestion.connect.origins.database import database_catalog, refuse_literal_secret
from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.folder import folder_catalog
from ingestion.errors import SourceError
from ingestion.opened_source import open_origin

_SCHEME = re.compile(r"^([A-Za-z][\w+.-]*)://")


def read_catalog(
    con: duckdb.DuckDBPyConnection,
    name: str,
    origin: str,
    home: Home,
    storage_options: Mapping[str, Any],
) -> Catalog:
    """Read a sample of each table of an origin into DuckDB.

    Args:
        con: an empty database, which receives the tables.
        name: the source's name.
        origin: a folder, the URL of an object store or a database, or an API's entry as YAML.
        home: a relative folder is below its root.
        storage_options: of an object store.

    Raises:
        ConnectError: the origin cannot be used.
    """
    try:
        revealed = open_origin(name, origin).value(origin)
    except SourceError as error:
        raise ConnectError(str(error)) from None
    found = _SCHEME.match(revealed)
    scheme = found.group(1).casefold() if found else None
    # fsspec lists files at these addresses without their sizes, so extraction cannot read them.
    if scheme in ("http", "https"):
        raise ConnectError(
            f"--from is a {scheme} address: bring one delivery to a folder and connect that; of an"
            " API, name a YAML file with its entry"
        )
    if scheme and _is_store(scheme):
        from ingestion.connect.origins.store import store_catalog

        return store_catalog(con, name, origin, storage_options)
    if storage_options:
        raise ConnectError("--storage-option is for an object store, such as s3://bucket/folder")
    if scheme:
        refuse_literal_secret(name, origin)
        return database_catalog(con, name, origin)
    path = Path(revealed).expanduser()
    if path.suffix in (".yml", ".yaml"):
        from ingestion.connect.origins.api import api_catalog

        return api_catalog(con, path)
    return _folder_catalog(con, origin, path, home)


def _folder_catalog(con: duckdb.DuckDBPyConnection, origin: str, path: Path, home: Home) -> Catalog:
    if (home.root / path).is_dir():
        return folder_catalog(con, origin, home.root / path)
    if path.is_dir():
        # A path as the shell completes it: relative to the working directory.
        return folder_catalog(con, str(path.resolve()), path.resolve())
    raise ConnectError(
        f"--from: expected a folder (relative to {home.root}), the URL of an object store or a"
        f" database, or the YAML of an API's entry, found none of them in {origin}"
    )


def _is_store(scheme: str) -> bool:
    from fsspec import available_protocols

    return scheme in available_protocols()
