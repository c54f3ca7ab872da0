"""A shop of files with staging models of its own, on which the sample's checks run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from cli.doctor.diagnosis import diagnose
from deployment.home import Home

ROOT = Path(__file__).parents[5]
ORDERS = """
with

source as (
    select * from {{ source('shop', 'orders') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('"Placed at"') }} as ordered_at,
        {{ read_amount('total') }} as net_amount,
        {{ read_timestamp('"Refunded at"') }} as refunded_at,
        {{ read_id('customer') }} as source_customer_id,
        case state when 'paid' then 'completed' end as status
    from source
)

select
    _load_id,
    _row,
    {{ first_failed([
        ('"Placed at"', 'ordered_at', 'Placed at'),
        ('total', 'net_amount', 'total'),
        ('state', 'status', 'state'),
    ]) }} as _reject_reason,
    {{ lost_fields([
        ('"Refunded at"', 'refunded_at', 'refunded_at'),
        ('customer', 'source_customer_id', 'source_customer_id'),
    ]) }} as _lost_fields,
    'shop' as source,
    order_no as source_order_id,
    source_customer_id,
    ordered_at,
    status,
    currency,
    net_amount,
    refunded_at
from parsed
"""
CUSTOMERS = """
select
    _load_id,
    _row,
    'shop' as source,
    customer_no as source_customer_id,
    email
from {{ source('shop', 'customers') }}
"""


class Shop:
    """A deployment with customers and orders as CSV files."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.staging = self.project / "dbt_project" / "models" / "staging" / "shop"
        self.staging.mkdir(parents=True)
        for part in ("macros", "seeds"):
            shutil.copytree(ROOT / "dbt_project" / part, self.project / "dbt_project" / part)
        shutil.copy(ROOT / "dbt_project" / "dbt_project.yml", self.project / "dbt_project")
        (self.project / "requirements.lock").write_text("")
        (self.staging / "stg_shop__orders.sql").write_text(ORDERS)
        (self.staging / "stg_shop__customers.sql").write_text(CUSTOMERS)
        self.home = Home(folder / "home").create()
        self.exports = self.home.landing / "shop"
        self.exports.mkdir()
        self.config = self.project / "shop.yml"
        columns = {
            "orders": "order_no,customer,Placed at,state,currency,total,Refunded at",
            "customers": "customer_no,email",
        }
        tables = {
            name: {
                "path": f"{name}.csv",
                "format": "csv",
                "columns": listed.split(","),
                "provides": [name],
            }
            for name, listed in columns.items()
        }
        source = {"kind": "files", "location": "landing/shop", "tables": tables}
        settings = {
            "company": "Shop",
            "slug": "shop",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "default_country": "DE",
            "first_date": "2026-01-01",
            "last_date": "2026-06-30",
            "churn": {"kind": "non_contractual"},
            "owner": "data-team@example.com",
            "sources": {"shop": source},
        }
        self.config.write_text(yaml.safe_dump(settings))
        self._columns = columns
        self.deliver("customers", *(f"C{n},c{n}@example.com" for n in range(100)))

    def deliver(self, table: str, *rows: str) -> None:
        """Write a table's only file."""
        text = "\n".join([self._columns[table], *rows]) + "\n"
        (self.exports / f"{table}.csv").write_text(text)

    def problems(self) -> list[str]:
        """All findings on the source but `ok`, as the terminal shows them."""
        return [
            f"{finding.level}: {finding.message}"
            for finding in diagnose(self.config, self.home, ports={}, project=self.project)
            if finding.level != "ok" and finding.subject.startswith("shop.")
        ]


@pytest.fixture
def sampled_shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def good_orders(count: int) -> list[str]:
    """Orders that find their customers and are readable."""
    return [f"{n},C{n % 100},2026-01-02T10:00:00Z,paid,EUR,9.50," for n in range(count)]
