"""A shop that delivers files into a home of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deployment.home import Home
from deployment.source_config import FilesSource
from ingestion.extraction.files import extract_files
from ingestion.landing.report import TableReport
from ingestion.opened_source import open_source
from tests.databases import Database
from tests.local_apis import SECRETS, LocalApis
from tests.unit.ingestion.desk import Desk
from tests.unit.ingestion.extraction.crm import CUSTOMERS, TIMES, Connect, Crm
from tests.unit.ingestion.memory import MemoryWarehouse, memory_warehouse
from warehouse.connection import Warehouse


@dataclass
class Shop:
    """One source, `shop`, whose tables a test describes as the configuration would."""

    home: Home
    warehouse: Warehouse | MemoryWarehouse
    tables: dict[str, dict[str, Any]]
    location: str = "landing/shop"
    storage_options: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.home.landing / "shop"

    @property
    def source(self) -> FilesSource:
        return FilesSource.model_validate(
            {
                "kind": "files",
                "location": self.location,
                "storage_options": self.storage_options,
                "tables": self.tables,
            }
        )

    def deliver(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def extract(self, day: str) -> dict[str, TableReport]:
        """Run for a date; the reports by table."""
        with self.warehouse.connect() as con:
            opened = open_source("shop", self.source)
            reports = extract_files(con, opened, self.home, date.fromisoformat(day))
        return {report.table: report for report in reports}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect(read_only=True) as con:
            return con.execute(sql).fetchall()

    def ledger(self) -> list[tuple[Any, ...]]:
        """The ledger without what only the clock knows."""
        return self.query(
            "select * exclude (loaded_at, modified_ns) from ops.load_ledger order by load_id"
        )


ORDERS = {"path": "orders_{date}.csv", "format": "csv", "columns": ["order_no", "amount"]}
PRODUCTS = {"path": "products.csv", "format": "csv", "columns": ["product_no"]}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with memory_warehouse() as warehouse:
        shop = Shop(Home(tmp_path / "home").create(), warehouse, {"orders": ORDERS})
        shop.folder.mkdir()
        yield shop
    assert not (shop.home.root / "scratch").exists()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name, secret in {**SECRETS, "ZENDESK_USER": "export@example.com"}.items():
        monkeypatch.setenv(name, secret)
    home = Home(tmp_path / "home").create()
    with LocalApis().serving() as apis, memory_warehouse() as warehouse:
        yield Desk(home, warehouse, apis)
    assert not (home.root / "scratch").exists()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    with memory_warehouse() as warehouse:

        def connected(database: Database, tables: Mapping[str, Mapping[str, Any]]) -> Crm:
            monkeypatch.setenv("CRM_URL", database.url)
            return Crm(warehouse, database, tables)

        yield connected


@pytest.fixture
def crm(database: Database, connect: Connect) -> Crm:
    """Three customers of each kind of database, changed on the first three days of June."""
    database.execute(
        "create table customers (customer_no integer primary key, name varchar(80),"
        f" credit decimal(12, 2), changed {TIMES[database.kind]})",
        *(
            f"insert into customers values ({no}, 'Ann {no}', {no}.25, '2026-06-0{no} 10:00:00')"
            for no in (1, 2, 3)
        ),
    )
    return connect(database, {"customers": CUSTOMERS})
