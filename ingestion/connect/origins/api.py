"""An API: the first pages of each resource that an entry for the configuration names."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
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
from ingestion.connect.errors import ConnectError, mistakes_in
from ingestion.connect.origins.offered import Offer, OfferedTable
from ingestion.errors import SourceError
from ingestion.files.formats.readers import json_lines
from ingestion.opened_source import open_source
from warehouse.quoting import identifier

# Enough to tell keys and words, within what an API that allows two requests a second gives in 20 s.
SAMPLE_PAGES = 40

# What is found out, and so need not be in the entry.
_FOUND_OUT = ("columns", "optional_columns", "key", "provides")
_UNKNOWN = {"columns": ["id"], "key": ["id"]}


def offered_api(con: duckdb.DuckDBPyConnection, path: Path) -> Offer:
    """The resources that an entry names, the first pages of each in `con`.

    Args:
        con: a database of its own, which receives one table a resource.
        path: YAML of a source as the configuration has it (kind: rest, base_url, auth, tables),
            whose tables may leave out what is to be found: columns, key and provides.

    Raises:
        ConnectError: the entry is not understood, or a resource cannot be read.
    """
    entry = _entry(path)
    source = _source(path, entry)
    tables: dict[str, Mapping[str, Any]] = entry["tables"]
    offered, passed_over = [], []
    try:
        client = ApiClient(open_source(path.stem, source))
    except SourceError as error:
        raise ConnectError(str(error)) from None
    try:
        for name, table in tables.items():
            columns = _sample(con, client, source, name)
            if not columns:
                passed_over.append(f"{name}: it answers with no record")
                continue
            where = {key: value for key, value in table.items() if key not in _FOUND_OUT}
            offered.append(OfferedTable(name, identifier(name), columns, True, where))
    except SourceError as error:
        raise ConnectError(str(error)) from None
    finally:
        client.close()
    if not offered:
        raise ConnectError(f"{path}: no resource has a record: check what the secret may see")
    rest = {key: value for key, value in entry.items() if key not in ("kind", "tables")}
    return Offer("rest", rest, offered, passed_over)


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
    tables = {
        name: {**(table or {}), **_UNKNOWN, "optional_columns": [], "provides": []}
        for name, table in entry["tables"].items()
    }
    for table in tables.values():
        table.pop("deleted_when", None)  # tells of columns, which are not known yet
    try:
        return RestSource.model_validate({**entry, "tables": tables})
    except ValidationError as error:
        raise ConnectError(f"{path}: {mistakes_in(error)}") from None


def _sample(
    con: duckdb.DuckDBPyConnection, client: ApiClient, source: RestSource, name: str
) -> dict[str, str]:
    """Put the first pages of a resource into a table; its columns, none without a record.

    Raises:
        SourceError: they cannot be had.
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
