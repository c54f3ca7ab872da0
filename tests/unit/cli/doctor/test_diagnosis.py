from __future__ import annotations

import shutil
import socket
from importlib import metadata
from pathlib import Path

import duckdb
import pytest

from cli.doctor.diagnosis import Finding, diagnose
from deployment.home import Home
from warehouse.connection import Warehouse

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


def test_a_correct_deployment_has_no_problems_and_nothing_is_written(
    deployment: Deployment,
) -> None:
    before = sorted(deployment.home.root.rglob("*"))
    assert deployment.problems() == []
    assert {finding.subject for finding in deployment.findings()} >= {
        "Python",
        "packages",
        "configuration",
        "home",
        "disk",
        "warehouse",
        "shop.orders",
    }
    assert sorted(deployment.home.root.rglob("*")) == before


def test_every_problem_has_a_remedy(deployment: Deployment) -> None:
    shutil.rmtree(deployment.shop)
    deployment.pin("duckdb", "0.0.1")
    problems = [finding for finding in deployment.findings() if finding.level != "ok"]
    assert len(problems) == 2
    assert all(finding.remedy for finding in problems)


def test_a_package_of_another_version_is_named_with_both_versions(
    deployment: Deployment,
) -> None:
    deployment.pin("duckdb", "0.0.1")
    found = metadata.version("duckdb")
    assert deployment.problems() == [
        f"warning: package duckdb: {found}, but 0.0.1 is locked",
    ]
    deployment.pin("no-such-package", "1.0")
    assert deployment.problems() == [
        "error: package no-such-package: not installed, but 1.0 is locked",
    ]
    deployment.pin("no-such-package", "1.0 ; sys_platform == 'win32'")
    assert deployment.problems() == []


def test_each_mistake_of_the_configuration_is_a_finding(deployment: Deployment) -> None:
    deployment.config.write_text(CONFIG.replace("EUR", "euro").replace("owner", "ownr"))
    problems = deployment.problems()
    assert len(problems) == 3  # a currency, an unknown key, a missing one
    assert all(problem.startswith("error: configuration: ") for problem in problems)


def test_a_home_that_cannot_be_written_is_an_error(deployment: Deployment) -> None:
    file = deployment.project / "a_file"
    file.touch()
    deployment.home = Home(file / "home")
    assert any("error: home:" in problem for problem in deployment.problems())


def test_a_table_without_files_is_an_error_unless_it_is_optional(deployment: Deployment) -> None:
    (deployment.shop / "orders_2026-06-29.csv").unlink()
    assert deployment.problems() == [
        f"error: shop.orders: no file {deployment.shop}/orders_{{date}}.csv"
    ]
    deployment.config.write_text(CONFIG + "        optional: true\n")
    assert deployment.problems() == []


def test_a_file_with_another_date_format_is_a_warning(deployment: Deployment) -> None:
    deployment.deliver("orders_20260630.csv", "order_no,amount\n")
    (problem,) = deployment.problems()
    assert problem.startswith("warning: shop.orders: ignored files, not named orders_{date}")
    assert problem.endswith("orders_20260630.csv")


def test_a_source_without_recent_files_is_a_warning(deployment: Deployment) -> None:
    (deployment.shop / "orders_2026-06-29.csv").rename(deployment.shop / "orders_2026-06-20.csv")
    assert deployment.problems() == ["warning: shop.orders: the latest file is of 2026-06-20"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty (0 bytes)"),
        ("order_no;amount\n", "looks delimited by ';'"),
        ("order_no\n", "missing column amount"),
        ("order_no,amount\n1,5\n2", "line 3: the file ends within it"),
    ],
)
def test_a_newest_file_that_cannot_be_read_is_an_error(
    deployment: Deployment, text: str, problem: str
) -> None:
    deployment.deliver("orders_2026-06-30.csv", text)
    (found,) = deployment.problems()
    assert found.startswith("error: shop.orders: ")
    assert problem in found


def test_a_repeated_key_is_a_warning(deployment: Deployment) -> None:
    deployment.deliver("orders_2026-06-30.csv", "order_no,amount\n1,5\n1,6\n2,5\n")
    assert deployment.problems() == [
        "warning: shop.orders: 1 of the first 3 rows of orders_2026-06-30.csv repeat order_no"
    ]


def test_an_entity_without_a_staging_model_is_an_error_that_names_the_file(
    deployment: Deployment,
) -> None:
    (deployment.project / STAGING).unlink()
    assert deployment.problems() == [
        f"error: shop.orders: provides orders, but there is no model {STAGING}"
    ]


def test_a_warehouse_of_another_company_is_an_error(deployment: Deployment) -> None:
    Warehouse(deployment.home.warehouse).initialise("other", "Other Company")
    assert deployment.problems() == [
        "error: warehouse: it belongs to other, the configuration is for demo"
    ]


def test_a_file_that_is_no_warehouse_is_a_warning_without_a_traceback(
    deployment: Deployment,
) -> None:
    deployment.home.warehouse.write_text("not a database")
    (problem,) = deployment.problems()
    assert problem.startswith("warning: warehouse: ")
    deployment.home.warehouse.unlink()
    duckdb.connect(str(deployment.home.warehouse)).close()
    (problem,) = deployment.problems()
    assert problem.startswith("warning: warehouse: ")


def test_a_port_in_use_is_a_warning(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert deployment.problems(ui=port) == [f"warning: port {port}: in use, but ui needs it"]


def test_rows_that_cannot_be_read_are_a_warning_with_their_number(deployment: Deployment) -> None:
    deployment.deliver("orders_2026-06-30.csv", 'order_no,amount\n1,5\n2\n3,"5\n4,5\n')
    assert deployment.problems() == [
        "warning: shop.orders: 2 rows of orders_2026-06-30.csv cannot be read and will be rejected"
    ]
