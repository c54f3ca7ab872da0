"""A CRM in a database, and what of it has reached raw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from deployment.source_config import SqlSource
from ingestion.extraction.databases import extract_database
from ingestion.landing.report import TableReport
from ingestion.opened_source import open_source
from tests.databases import Database
from tests.unit.ingestion.memory import MemoryWarehouse
from warehouse.connection import Warehouse

TIMES = {"postgres": "timestamp", "mariadb": "datetime(6)", "sqlite": "datetime"}
CUSTOMERS = {
    "columns": ["customer_no", "name", "credit", "changed"],
    "key": ["customer_no"],
    "cursor": "changed",
}


@dataclass
class Crm:
    """One source, `crm`, whose tables a test describes as the configuration would."""

    warehouse: Warehouse | MemoryWarehouse
    database: Database
    tables: Mapping[str, Mapping[str, Any]]

    @property
    def source(self) -> SqlSource:
        return SqlSource.model_validate(
            {"kind": "sql", "url": "${CRM_URL}", "tables": dict(self.tables)}
        )

    def extract(self, day: int) -> dict[str, TableReport]:
        """Run for a day of June; the reports by table."""
        with self.warehouse.connect() as con:
            reports = extract_database(con, open_source("crm", self.source), date(2026, 6, day))
        return {report.table: report for report in reports}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect(read_only=True) as con:
            return con.execute(sql).fetchall()

    def there(self, table: str = "customers") -> list[tuple[str, ...]]:
        """The rows of the database, as text."""
        return _as_text(self.database.rows(f"select * from {table}"))

    def current(self, table: str = "customers") -> list[tuple[str, ...]]:
        """The rows of raw that count now, as text."""
        return _as_text(
            self.query(
                f"""
                with newest as (
                    select * from raw_crm.{table}
                    qualify
                        row_number() over (
                            partition by {", ".join(self.tables[table]["key"])}
                            order by _load_id desc, _row desc
                        ) = 1
                )

                select newest.* exclude (_load_id, _file, _row, _loaded_at) from newest
                anti join ops.ended_rows as ended
                    on newest._load_id = ended.load_id and newest._row = ended.row_no
                """
            )
        )

    def is_accounted_for(self, table: str = "customers") -> bool:
        """True if the ledger has as many rows of each load as raw."""
        return not self.query(
            f"""
            select loads.load_id from (
                select load_id, rows from ops.load_ledger
                where source = 'crm' and table_name = '{table}'
            ) as loads
            full join (
                select _load_id, count(*) as rows from raw_crm.{table} group by all
            ) as landed on loads.load_id = landed._load_id
            where loads.rows is distinct from landed.rows
            """
        )


def _as_text(rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return sorted(tuple(str(value) for value in row) for row in rows)


Connect = Callable[[Database, Mapping[str, Mapping[str, Any]]], Crm]
