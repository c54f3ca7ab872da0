"""Catalog of an API: the first pages of each resource that a draft config entry names."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import yaml
from pydantic import ValidationError

from deployment.source_config import RestSource
from ingestion.apis.client import ApiClient
from ingestion.apis.paging import Pages
from ingestion.apis.records import lifted
from ingestion.connect.origins.catalog import Catalog, CatalogTable
from ingestion.connect.origins.errors import ConnectError, validation_summary
from ingestion.errors import SourceError
from ingestion.files.formats.readers import json_lines
from ingestion.opened_source import open_source
from warehouse.quoting import identifier

# Enough for keys and vocabularies: 20 s of an API that allows two requests a second.
SAMPLE_PAGES = 40

# Keys of a table's entry that the profile supplies.
_INFERRED = ("columns", "optional_columns", "key", "provides")
_PLACEHOLDER = {"columns": ["id"], "key": ["id"], "optional_columns": [], "provides": []}


def api_catalog(con: duckdb.DuckDBPyConnection, path: Path) -> Catalog:
    """Read the first pages of each resource into DuckDB.

    Args:
        con: an empty database, which receives one table a resource.
        path: YAML of a source as in the configuration (kind: rest, base_url, auth, tables). Its
            tables may leave out columns, key and provides.

    Raises:
        ConnectError: the entry is invalid, or a resource cannot be read.
    """
    entry = _entry(path)
    source = _source(path, entry)
    tables: dict[str, Mapping[str, Any]] = entry["tables"]
    found, skipped = [], []
    try:
        with closing(ApiClient(open_source(path.stem, source))) as client:
            for name, table in tables.items():
                columns = _sample(con, client, source, name)
                if not columns:
                    skipped.append(f"{name}: it returns no record")
                    continue
                where = {key: value for key, value in table.items() if key not in _INFERRED}
                found.append(CatalogTable(name, identifier(name), columns, True, where))
    except SourceError as error:
        raise ConnectError(str(error)) from None
    if not found:
        raise ConnectError(f"{path}: no resource has a record: check the permissions of the secret")
    rest = {key: value for key, value in entry.items() if key not in ("kind", "tables")}
    return Catalog("rest", rest, found, skipped)


def _entry(path: Path) -> dict[str, Any]:
    try:
        entry = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        raise ConnectError(f"{path}: expected a YAML file that can be read") from None
    if not (isinstance(entry, dict) and isinstance(entry.get("tables"), dict)):
        raise ConnectError(
            f"{path}: expected one source's entry: kind: rest, base_url, auth and tables, as in"
            " config/examples"
        )
    return entry


def _source(path: Path, entry: Mapping[str, Any]) -> RestSource:
    tables = {name: {**(table or {}), **_PLACEHOLDER} for name, table in entry["tables"].items()}
    for table in tables.values():
        table.pop("deleted_when", None)  # names columns, which are not known yet
    try:
        return RestSource.model_validate({**entry, "tables": tables})
    except ValidationError as error:
        raise ConnectError(f"{path}: {validation_summary(error)}") from None


def _sample(
    con: duckdb.DuckDBPyConnection, client: ApiClient, source: RestSource, name: str
) -> dict[str, str]:
    """Load the first pages of a resource into a table; return DuckDB type by column.

    The result is empty, and no table is made, for a resource without a record.

    Raises:
        SourceError: the pages cannot be read.
    """
    table = source.tables[name]
    pages = Pages.from_the_beginning(client, name, source)
    rows = [lifted(record, table.lift) for page in islice(pages, SAMPLE_PAGES) for record in page]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if not columns:
        return {}
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file.flush()
        reading = json_lines(Path(file.name), columns)
        con.execute(f"create table {identifier(name)} as select * from {reading.relation}")
    return reading.columns
