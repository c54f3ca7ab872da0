from __future__ import annotations

import socket
from importlib import metadata

import duckdb

from deployment.home import Home
from tests.unit.cli.doctor.conftest import Deployment
from warehouse.connection import Warehouse


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


def test_of_the_pins_of_a_package_the_one_for_this_python_is_compared(
    deployment: Deployment,
) -> None:
    found = metadata.version("duckdb")
    deployment.pin(
        "duckdb",
        f"{found} ; python_full_version < '99.0' \\\n    --hash=sha256:a\n"
        "duckdb==0.0.1 ; python_full_version >= '99.0'",
    )
    assert deployment.problems() == []
    deployment.pin(
        "duckdb",
        f"{found} ; python_full_version >= '99.0' \\\n    --hash=sha256:a\n"
        "duckdb==0.0.1 ; python_full_version < '99.0'",
    )
    assert deployment.problems() == [f"warning: package duckdb: {found}, but 0.0.1 is locked"]


def test_a_home_that_cannot_be_written_is_an_error(deployment: Deployment) -> None:
    file = deployment.project / "a_file"
    file.touch()
    deployment.home = Home(file / "home")
    assert any("error: home:" in problem for problem in deployment.problems())


def test_a_warehouse_of_another_company_is_an_error(deployment: Deployment) -> None:
    Warehouse(deployment.home.warehouse).initialise("other", "Other Company")
    assert deployment.problems() == [
        "error: warehouse: it belongs to other, the configuration is for demo"
    ]


def test_a_damaged_and_an_empty_warehouse_are_errors_with_a_remedy(deployment: Deployment) -> None:
    deployment.home.warehouse.write_text("not a database")
    (problem,) = deployment.problems()
    assert problem.startswith(f"error: warehouse.duckdb: {deployment.home.warehouse} is damaged")
    deployment.home.warehouse.write_bytes(b"")
    (problem,) = deployment.problems()
    assert problem == f"error: warehouse.duckdb: {deployment.home.warehouse} is empty"


def test_a_warehouse_without_its_own_tables_is_a_warning(deployment: Deployment) -> None:
    duckdb.connect(str(deployment.home.warehouse)).close()
    (problem,) = deployment.problems()
    assert problem.startswith("warning: warehouse: ")


def test_published_days_that_the_warehouse_lacks_are_an_error(deployment: Deployment) -> None:
    note = deployment.home.published.with_suffix(".state.json")
    note.parent.mkdir(exist_ok=True)
    note.write_text('{"revisions": {"2026-06-27": "a", "2026-06-29": "b"}}')
    assert deployment.problems() == [
        "error: warehouse: it lacks 2 published days, 2026-06-27 to 2026-06-29"
    ]


def test_a_port_in_use_is_a_warning(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert deployment.problems(ui=port) == [f"warning: port {port}: in use, but ui needs it"]
