"""A company of contracts whose only deliveries are a test's rows, built by dbt without a model.

Its source `billing` is staged by a folder that is added to a copy of the dbt project, as a company
adds its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from deployment.config import deployment_vars
from deployment.config_file import load_config
from deployment.home import Home
from ingestion.extraction.files import extract_files
from ingestion.opened_source import open_source
from orchestration.runtime.dbt import Dbt
from tests.integration.deployments import ROOT
from warehouse.connection import Warehouse

COLUMNS = (
    "subscription_id", "customer_id", "plan", "status", "started_at", "trial_end", "paused_at",
    "resumes_at", "ended_at",
)  # fmt: skip
# A monthly fee of every contract, so that a value shows where one is paid.
FEE = 30

_SOURCES = """
version: 2
sources:
  - name: billing
    schema: raw_billing
    tables: [{name: subscriptions}, {name: customers}]
"""
_SUBSCRIPTIONS = f"""
select
    _load_id, _row, null as _reject_reason, 'billing' as source,
    subscription_id as source_subscription_id, customer_id as source_customer_id, plan, status,
    try_cast(started_at as timestamp) as started_at,
    try_cast(trial_end as timestamp) as trial_ends_at,
    try_cast(paused_at as timestamp) as paused_at,
    try_cast(resumes_at as timestamp) as resumes_at,
    try_cast(ended_at as timestamp) as ended_at,
    {FEE} as monthly_amount
from {{{{ source('billing', 'subscriptions') }}}}
"""
_CUSTOMERS = """
select
    _load_id, _row, null as _reject_reason, 'billing' as source, customer_id as source_customer_id,
    timestamp '2025-12-01' as created_at
from {{ source('billing', 'customers') }}
"""
_CONFIG: dict[str, Any] = {
    "company": "Contracts",
    "slug": "contracts",
    "time_zone": "UTC",
    "currency": "EUR",
    "default_country": "DE",
    "first_date": date(2026, 1, 1),
    "churn": {"kind": "contractual", "horizon_days": 90},
    "owner": "data-team@example.com",
    "sources": {
        "billing": {
            "kind": "files",
            "location": "landing",
            "tables": {
                table: {
                    "path": f"{table}_{{date}}.csv",
                    "format": "csv",
                    "columns": list(columns),
                    "key": [columns[0]],
                    "optional": True,
                    "provides": [table],
                }
                for table, columns in (("subscriptions", COLUMNS), ("customers", ("customer_id",)))
            },
        }
    },
}


@dataclass(frozen=True)
class ContractCompany:
    """A home whose warehouse dbt has built for some dates."""

    home: Home
    project: Path
    config: Path

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as con:
            return con.execute(sql).fetchall()

    def states(self, day: str, column: str = "contract_state") -> dict[str, Any]:
        """A column of customer_segments_daily by the source's customer id."""
        return dict(
            self.query(
                f"""
                select source_customer_id, {column}
                from activation.customer_segments_daily
                inner join marts.customer_identities using (customer_id)
                where snapshot_date = '{day}'
                """
            )
        )

    def replace_customers(self, day: str, names: Sequence[str], *, on: date) -> None:
        """Replace the customers' file of a day, as seen on a later day."""
        path = self.home.landing / f"customers_{day}.csv"
        path.write_text("\n".join(["customer_id", *names, ""]))
        self.extract([on])

    def deliver(self, day: str, rows: str) -> None:
        """Land a further delivery of subscriptions on its day."""
        _write(self.home.landing / f"subscriptions_{day}.csv", rows)
        self.extract([date.fromisoformat(day)])

    def extract(self, days: Sequence[date]) -> None:
        """Load the files that a run of each day sees."""
        config = load_config(self.config)
        warehouse = Warehouse(self.home.warehouse, time_zone=config.time_zone)
        warehouse.initialise(config.slug, config.company)
        opened = open_source("billing", config.sources["billing"])
        with warehouse.connect() as con:
            for day in days:
                extract_files(con, opened, self.home, day)

    def build(self, days: Sequence[date], *models: str) -> None:
        """Build the models and all that they need, as a run of the days would, without tests."""
        with duckdb.connect(str(self.home.warehouse)) as con:
            con.execute("delete from ops.run_dates")
            for day in days:
                con.execute("insert into ops.run_dates values (?, 'daily')", [day])
                con.execute("insert or ignore into ops.snapshot_dates values (?, uuid())", [day])
        dbt = Dbt(self.home, deployment_vars(load_config(self.config)), self.project)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOLDFAST_WAREHOUSE", str(self.home.warehouse))
            dbt.command(
                *("build", "--select", *(f"+{model}" for model in models)),
                *("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"),
                *("--no-write-json", "--cache-selected-only"),
            )


def contract_company(
    root: Path,
    drops: Mapping[str, str],
    *,
    customers: Mapping[str, Sequence[str]] | None = None,
    project: Path | None = None,
) -> ContractCompany:
    """Land the deliveries of each day, oldest first, in a new company.

    Args:
        root: an empty folder.
        drops: rows of `COLUMNS` as CSV without a header, by day of the delivery.
        customers: ids in the file of customers, by day; by default all customers of the first drop.
        project: that of another such company, which is then parsed once for both.
    """
    project = project or _write_project(root / "dbt_project")
    config_path = root / "contracts.yml"
    config_path.write_text(yaml.safe_dump(_CONFIG))
    home = Home(root / "home").create()
    home.landing.mkdir(exist_ok=True)
    for day, rows in drops.items():
        _write(home.landing / f"subscriptions_{day}.csv", rows)
    first = next(iter(drops))
    ids = customers or {
        first: sorted({line.split(",")[1] for line in drops[first].strip().splitlines()})
    }
    for day, names in ids.items():
        (home.landing / f"customers_{day}.csv").write_text("\n".join(["customer_id", *names, ""]))
    company = ContractCompany(home, project, config_path)
    company.extract([date.fromisoformat(day) for day in sorted({*drops, *ids})])
    return company


def _write(path: Path, rows: str) -> None:
    lines = [",".join(COLUMNS), *(line.strip() for line in rows.strip().splitlines())]
    path.write_text("\n".join(lines) + "\n")


def _write_project(project: Path) -> Path:
    """The dbt project with the source `billing` in place of its own sources."""
    ignored = shutil.ignore_patterns("target", "logs", "staging")
    shutil.copytree(ROOT / "dbt_project", project, ignore=ignored)
    staging = project / "models" / "staging" / "billing"
    staging.mkdir(parents=True)
    (staging / "_billing__sources.yml").write_text(_SOURCES)
    (staging / "stg_billing__subscriptions.sql").write_text(_SUBSCRIPTIONS)
    (staging / "stg_billing__customers.sql").write_text(_CUSTOMERS)
    return project
