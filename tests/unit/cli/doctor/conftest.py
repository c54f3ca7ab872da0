"""A small deployment in which every check passes, to be broken by a test."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from cli.doctor.diagnosis import diagnose
from cli.doctor.finding import Finding
from deployment.home import Home

CONFIG = """
company: Demo Company
slug: demo
time_zone: Europe/Berlin
currency: EUR
default_country: DE
first_date: 2026-06-01
last_date: 2026-06-30
churn: {kind: non_contractual}
owner: data-team@example.com
sources:
  shop:
    kind: files
    location: landing/shop
    tables:
      orders:
        path: "orders_{date}.csv"
        format: csv
        columns: [order_no, amount]
        key: [order_no]
        provides: [orders]
"""
STAGING = Path("dbt_project/models/staging/shop/stg_shop__orders.sql")


class Deployment:
    """A project, its configuration and its home, all correct."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        (self.project / STAGING).parent.mkdir(parents=True)
        (self.project / STAGING).write_text("select 1")
        self.pin("duckdb", metadata.version("duckdb"))
        self.config = self.project / "demo.yml"
        self.config.write_text(CONFIG)
        self.home = Home(folder / "home").create()
        self.shop = self.home.landing / "shop"
        self.shop.mkdir()
        self.deliver("orders_2026-06-29.csv", "order_no,amount\n1,5\n2,5\n")

    def pin(self, package: str, version: str) -> None:
        (self.project / "requirements.lock").write_text(f"{package}=={version} \\\n    --hash=x\n")

    def deliver(self, name: str, text: str) -> None:
        (self.shop / name).write_text(text)

    def findings(self, **ports: int) -> list[Finding]:
        return diagnose(self.config, self.home, ports=ports, project=self.project)

    def problems(self, **ports: int) -> list[str]:
        """All findings but `ok`, as the terminal shows them."""
        return [
            f"{finding.level}: {finding.subject}: {finding.message}"
            for finding in self.findings(**ports)
            if finding.level != "ok"
        ]


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)
