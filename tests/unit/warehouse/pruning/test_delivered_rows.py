"""Old raw rows and texts of files go; what has no other form stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from tests.unit.deployment.configs import GOOD, write
from warehouse.connection import create_tables
from warehouse.pruning.delivered_rows import remove_raw_rows, remove_texts

TODAY, FIRST = date(2026, 7, 15), date(2026, 6, 1)
REVIEWS = """      reviews:
        path: "reviews_{date}.csv"
        format: csv
        columns: [review_no, text]
        key: [review_no]
        provides: [feedback]
      lines:
        path: "lines_{date}.csv"
        format: csv
        columns: [line_no]
        key: [line_no]
        provides: [order_lines]
"""


@pytest.fixture
def config(tmp_path: Path) -> DeploymentConfig:
    """A shop's files with orders, lines and reviews, and notes that provide no entity."""
    before, crm = GOOD.split("  crm:\n")
    return load_config(write(tmp_path, f"{before}{REVIEWS}  crm:\n{crm}"))


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Loads 1 (May) and 2 (June) of each table; row 2 of each load of orders was rejected."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        create_tables(con)
        con.execute("create schema raw_shop; create schema intermediate")
        for number, (table, entity) in enumerate(
            {"orders": "orders", "lines": "order_lines", "reviews": "feedback", "notes": ""}.items()
        ):
            con.execute(f"create table raw_shop.{table} (_load_id bigint, _row bigint)")
            if entity:
                con.execute(
                    f"""
                    create table intermediate.int_{entity}_versions (
                        _load_id bigint, _row bigint, _reject_reason varchar, created_at timestamp,
                        text varchar
                    )
                    """
                )
            for month in (5, 6):
                load = 10 * number + month
                con.execute(
                    """
                    insert into ops.load_ledger (
                        load_id, source, table_name, path, rows, delivered_on, loaded_at
                    ) values (?, 'shop', ?, 'file', 2, ?, now())
                    """,
                    [load, table, date(2026, month, 20)],
                )
                for row in (1, 2):
                    con.execute(f"insert into raw_shop.{table} values (?, ?)", [load, row])
                    if entity:
                        rejected = "unreadable" if (entity, row) == ("orders", 2) else None
                        con.execute(
                            f"insert into intermediate.int_{entity}_versions"
                            " values (?, ?, ?, ?, 'words')",
                            [load, row, rejected, date(2026, month, 10)],
                        )
        # Line 2 of May refers to no order.
        con.execute(
            "create table intermediate.int_orphan_order_lines as select 15 as _load_id, 2 as _row"
        )
        yield con


def rows(con: duckdb.DuckDBPyConnection, table: str, month: int) -> list[Any]:
    found = con.execute(
        f"select _row from {table} where _load_id % 10 = ? order by 1", [month]
    ).fetchall()
    return [row for (row,) in found]


def test_raw_rows_of_old_files_go_if_they_have_an_accepted_version(
    con: duckdb.DuckDBPyConnection, config: DeploymentConfig
) -> None:
    removed = remove_raw_rows(con, config.sources, TODAY, FIRST)
    assert {each.table: each.rows for each in removed} == {
        "raw_shop.orders": 1,
        "raw_shop.lines": 1,
        "raw_shop.reviews": 2,
    }
    # A rejected row, a line without an order, and rows that provide no entity.
    assert rows(con, "raw_shop.orders", 5) == [2]
    assert rows(con, "raw_shop.lines", 5) == [2]
    assert rows(con, "raw_shop.notes", 5) == [1, 2]
    for table in ("orders", "lines", "reviews", "notes"):
        assert rows(con, f"raw_shop.{table}", 6) == [1, 2]
    assert remove_raw_rows(con, config.sources, TODAY, FIRST) == []


def test_texts_go_with_the_raw_rows_that_hold_them_and_with_their_examples(
    con: duckdb.DuckDBPyConnection, config: DeploymentConfig
) -> None:
    con.execute(
        "insert into ml.complaint_examples"
        " values ('2026-05-01', 't', 'words', 0), ('2026-06-01', 't', 'words', 0)"
    )
    remove_texts(con, config.sources, TODAY, FIRST)
    assert con.execute(
        "select _load_id, text from intermediate.int_feedback_versions order by _load_id, _row"
    ).fetchall() == [(25, None), (25, None), (26, "words"), (26, "words")]
    assert rows(con, "raw_shop.reviews", 5) == []
    assert rows(con, "raw_shop.orders", 5) == [1, 2]
    assert con.execute("select month from ml.complaint_examples").fetchall() == [(FIRST,)]
    assert remove_texts(con, config.sources, TODAY, FIRST) == []
