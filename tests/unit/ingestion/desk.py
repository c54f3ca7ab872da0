"""APIs of a help desk, a shop and a CRM on this machine, and the home that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from deployment.home import Home
from deployment.source_config import RestSource
from ingestion.extraction.apis import extract_api
from ingestion.landing.report import TableReport
from ingestion.opened_source import open_source
from tests.api_sources import current_rows, example
from tests.local_apis import LocalApis, Record
from tests.unit.ingestion.memory import MemoryWarehouse
from warehouse.connection import Warehouse

USERS = ["id", "updated_at", "name"]


def ticket(number: int, **fields: Any) -> Record:
    return {
        "id": number,
        "created_at": "2026-05-01T08:00:00Z",
        "updated_at": "2026-05-01T08:00:00Z",
        "status": "open",
        "type": None,
        "priority": "normal",
        "requester_id": 7000 + number,
        "submitter_id": 7000 + number,
        "via": {"channel": "email"},
        "tags": ["shop"],
        "description": f"Wo bleibt Paket {number}? \u2028 \"heute\" 𝄞 'ja'",
        "satisfaction_rating": {"score": "unoffered"},
        **fields,
    }


def order(number: int, updated_at: str, **fields: Any) -> Record:
    return {
        "id": number,
        "customer": {"id": 1},
        "created_at": "2026-05-01T10:00:00+02:00",
        "processed_at": "2026-05-01T10:00:00+02:00",
        "updated_at": updated_at,
        "cancelled_at": None,
        "financial_status": "paid",
        "test": False,
        "currency": "EUR",
        "total_price": "10.00",
        "total_price_set": {},
        "total_discounts": "0.00",
        "discount_codes": [],
        "source_name": "web",
        "line_items": [],
        "refunds": [],
        **fields,
    }


def contact(number: int, email: str) -> Record:
    names = ("phone", "firstname", "lastname", "hs_country_region_code", "city")
    names += ("hs_analytics_source", "hs_email_optout", "hs_merged_object_ids")
    return {
        "id": str(number),
        "createdAt": "2026-05-01T08:00:00Z",
        "updatedAt": "2026-05-01T08:00:00Z",
        "archived": False,
        "properties": {"email": email, **dict.fromkeys(names)},
    }


@dataclass
class Desk:
    """One home and the local APIs that it reads."""

    home: Home
    warehouse: Warehouse | MemoryWarehouse
    apis: LocalApis

    def source(self, name: str, tables: list[str] | None = None, **changes: Any) -> RestSource:
        content = example(self.apis)["sources"][name]
        if tables:
            content["tables"] = {table: content["tables"][table] for table in tables}
        return RestSource.model_validate({**content, **changes})

    def extract(self, name: str, source: RestSource, day: str) -> dict[str, TableReport]:
        with self.warehouse.connect() as con:
            reports = extract_api(
                con, open_source(name, source), self.home, date.fromisoformat(day)
            )
        return {report.table: report for report in reports}

    def tickets(self, day: str = "2026-06-01", **changes: Any) -> int:
        """Read the tickets; the number of rows landed."""
        source = self.source("zendesk", ["tickets"], **changes)
        return self.extract("zendesk", source, day)["tickets"].rows

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect(read_only=True) as con:
            return con.execute(sql).fetchall()

    def current(self, source: str, table: str) -> dict[str, dict[str, Any]]:
        with self.warehouse.connect(read_only=True) as con:
            return current_rows(con, source, table)


def resource(desk: Desk, paging: dict[str, Any], **changes: Any) -> RestSource:
    """A resource of no particular maker, at an address that the local server does not have."""
    table = {
        "path": "/things",
        "records": "items",
        "paging": paging,
        "columns": ["id"],
        "key": ["id"],
        **changes.pop("table", {}),
    }
    return RestSource.model_validate(
        {
            "kind": "rest",
            "base_url": desk.apis.url,
            "auth": {"user": "${ZENDESK_USER}/token", "password": "${ZENDESK_TOKEN}"},
            "retries": {"attempts": 2, "first_wait_seconds": 0},
            "tables": {"things": table},
            **changes,
        }
    )


def serve(desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Answer the resource of no particular maker by a function of its parameters."""
    monkeypatch.setattr(desk.apis, "answer", lambda path, parameters: answer(parameters))
