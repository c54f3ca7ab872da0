"""The copy of a company whose table `marts.kinds` has every kind of column."""

from __future__ import annotations

from deployment.publish import PostgresCopy
from tests.unit.warehouse.company import CUSTOMERS, RISKS, Company
from warehouse.published.copies.copy_report import CopyReport
from warehouse.published.copies.postgres import copy_to_postgres, probe_postgres
from warehouse.published.tables import PublishedTable

KINDS = PublishedTable("marts", "kinds", ("id", "part"))
KEYS = {table.label: table.order_by for table in (RISKS, CUSTOMERS, KINDS)} | {
    RISKS.label: ("snapshot_date", "customer_id")
}
SETTINGS = PostgresCopy(url="${BI_URL}")


def copied(company: Company, deployment: str = "demo") -> CopyReport:
    return copy_to_postgres(company.published, SETTINGS, deployment, KEYS)


def probed() -> None:
    probe_postgres(SETTINGS, "demo")
