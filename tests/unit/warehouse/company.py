"""A company with two published tables, one of them daily."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connection import Warehouse, write_run_dates
from warehouse.published.publication import PublishReport, publish
from warehouse.published.tables import PublishedTable
from warehouse.published.versions import Companion

RISKS = PublishedTable("activation", "risks", ("customer_id",), "snapshot_date")


CUSTOMERS = PublishedTable("marts", "customers", ("customer_id",))


FIRST = date(2026, 6, 1)


def write_page(database: Path, before: Path | None, changed: Collection[date] | None) -> None:
    """A companion of the published file: a page with the day of the file."""
    with duckdb.connect(str(database), read_only=True) as con:
        row = con.execute("select as_of_date from ops.publication").fetchone()
    assert row is not None
    database.with_name("page.html").write_text(str(row[0]), encoding="utf-8")


@dataclass
class Company:
    """A warehouse of one daily table and one that has no days, and where it is published."""

    folder: Path
    published_in: str = "published"
    tables: tuple[PublishedTable, ...] = (RISKS, CUSTOMERS)

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.folder / "warehouse.duckdb")

    @property
    def published(self) -> Path:
        return self.folder / self.published_in / "holdfast.duckdb"

    def published_elsewhere(self) -> Company:
        """The same warehouse, published as a whole in another folder."""
        other = Company(self.folder, "published_elsewhere", self.tables)
        other.publish(full=True)
        return other

    def create(self, customers: int = 3) -> Company:
        self.folder.mkdir(exist_ok=True)
        self.warehouse.initialise("demo", "Demo Company")
        self.execute(
            f"""
            create schema activation;
            create schema marts;
            create table activation.risks (
                snapshot_date date, customer_id varchar, risk double, _load_id bigint
            );
            comment on table activation.risks is 'Each customer''s churn risk.';
            comment on column activation.risks.risk is 'Probability.';
            create table marts.customers as
            select 'c' || i as customer_id, 0 as orders from range({customers}) t(i)
            order by 1 desc
            """
        )
        return self

    def execute(self, sql: str) -> None:
        with self.warehouse.connect() as con:
            con.execute(sql)

    def run(self, *offsets: int, seed: int = 0) -> None:
        """Run some days: their rows are replaced, and the orders of customers counted up."""
        with self.warehouse.connect() as con:
            days = [FIRST + timedelta(days=offset) for offset in offsets]
            write_run_dates(con, days)
            con.execute(
                "delete from activation.risks where snapshot_date in (select unnest(?))", [days]
            )
            con.execute(
                """
                insert into activation.risks
                select
                    run_dates.snapshot_date,
                    customer_id,
                    hash(customer_id, run_dates.snapshot_date, ?) / 18446744073709551615,
                    1
                from marts.customers, ops.run_dates
                """,
                [seed],
            )
            con.execute("update marts.customers set orders = orders + 1")

    def publish(self, *, full: bool = False, companions: Sequence[Companion] = ()) -> PublishReport:
        return publish(
            self.warehouse.path, self.published, self.tables, full=full, companions=companions
        )

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.published), read_only=True) as con:
            return con.execute(sql).fetchall()

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that a reader can see, rows in the order in which they are stored."""
        return {
            "columns": self.read(
                "select schema_name, table_name, column_name, data_type, comment"
                " from duckdb_columns() where not internal order by all"
            ),
            "tables": self.read(
                "select schema_name, table_name, comment from duckdb_tables() order by all"
            ),
            "risks": self.read("from activation.risks"),
            "customers": self.read("from marts.customers"),
            "publication": self.read("from ops.publication"),
        }
