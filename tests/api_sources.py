"""The ready configurations of APIs, pointed at the local ones and made impatient."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.local_apis import LocalApis, Record, Stored

EXAMPLE = Path(__file__).parent.parent / "config" / "examples" / "hubspot_shopify_zendesk.yml"
PREFIXES = {"hubspot": "", "shopify": "/admin/api/2025-10", "zendesk": ""}
IMPATIENT = {"attempts": 6, "first_wait_seconds": 0.005, "longest_wait_seconds": 1}


def example(apis: LocalApis) -> dict[str, Any]:
    """The ready configuration as a user has it, with the local address and short waits."""
    content: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    for name, source in content["sources"].items():
        source.update(base_url=f"{apis.url}{PREFIXES[name]}", retries=IMPATIENT, timeout_seconds=5)
        del source["requests_per_second"]
    return content


def current_rows(
    con: duckdb.DuckDBPyConnection, source: str, table: str
) -> dict[str, dict[str, Any]]:
    """The newest row of each id that has not ended, without what the load added."""
    rows = con.execute(
        f"""
        select raw.* exclude (_load_id, _file, _row, _loaded_at)
        from raw_{source}.{table} as raw
        left join ops.ended_rows as ended
            on raw._load_id = ended.load_id and raw._row = ended.row_no
        qualify
            row_number() over (partition by raw.id order by raw._load_id desc, raw._row desc) = 1
            and ended.load_id is null
        """
    )
    names = [column[0] for column in rows.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return {str(row["id"]): row for row in found}


def as_landed(record: Record, columns: list[str]) -> dict[str, Any]:
    """A record as its row is to be: text as it is, everything else as JSON."""
    row: dict[str, Any] = {}
    for column in columns:
        value = record.get(column)
        is_text = value is None or isinstance(value, str)
        row[column] = (
            value if is_text else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        )
    return row


def expected_rows(stored: Stored, columns: list[str]) -> dict[str, dict[str, Any]]:
    """Every record that an API holds, as its row is to be."""
    return {key: as_landed(record, columns) for key, record in stored.records.items()}
