from __future__ import annotations

from datetime import datetime

import pytest

from cli.doctor.databases import diagnose_database
from deployment.source_config import SqlSource
from tests.databases import PASSWORD, Database

TODAY = datetime(2026, 6, 30)  # noqa: DTZ001


@pytest.fixture
def orders(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("SHOP_URL", database.url)
    kind = {"postgres": "timestamptz", "mariadb": "timestamp null", "sqlite": "datetime"}
    database.execute(
        "create table orders (no integer, line integer, name varchar(20),"
        f" changed {kind[database.kind]})",
        "insert into orders values (1, 1, 'a', '2026-06-01 10:00:00')",
        "insert into orders values (1, 2, 'b', '2026-06-02 10:00:00')",
    )
    return database


def findings(**table: object) -> list[tuple[str, str]]:
    orders = {"columns": ["no", "line"], "key": ["no", "line"], "cursor": "changed", **table}
    source = SqlSource.model_validate(
        {"kind": "sql", "url": "${SHOP_URL}", "tables": {"orders": orders}}
    )
    return [
        (finding.level, f"{finding.subject}: {finding.message}")
        for finding in diagnose_database("shop", source, TODAY)
    ]


def test_a_database_with_the_configured_tables_is_ok(orders: Database) -> None:
    assert findings() == [
        ("ok", "source shop: the database answers"),
        ("ok", "shop.orders: orders, 4 columns, as configured"),
    ]


def test_repeated_keys_and_unusable_cursors_are_warnings(orders: Database) -> None:
    orders.execute(
        "insert into orders values (2, 1, 'c', '2031-01-01 00:00:00')",
        "insert into orders values (3, 1, 'd', null)",
    )
    levels = {message: level for level, message in findings(optional_columns=["note"])}
    assert levels.pop("shop.orders: without note, which will be null") == "warning"
    assert [message for message, level in levels.items() if level == "warning"] == [
        "shop.orders: 1 of 4 rows have no changed: they are read each time",
        (
            "shop.orders: 1 of 4 rows have a changed in the future: changes before that time"
            " are missed"
        ),
    ]
    repeated = "shop.orders: 1 of 4 rows repeat no"
    assert ("warning", repeated) in findings(columns=["no"], key=["no"])


def test_what_is_missing_is_an_error(orders: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(columns=["no", "line", "total"])[1][0] == "error"
    assert findings(cursor="name")[1][0] == "error"
    assert findings(table="nothing")[1][0] == "error"
    assert findings(table="nothing", optional=True)[1][0] == "ok"
    monkeypatch.setenv("SHOP_URL", f"postgresql://shop:{PASSWORD}@localhost:1/shop")
    [(level, message)] = findings()
    assert level == "error"
    assert PASSWORD not in message
