"""Logs of purchases whose columns no catalogue names: the staged rows against the raw ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.connect.connection import Connection
from tests.unit.ingestion.connect.conftest import Project, columns_of
from tests.unit.ingestion.connect.grocer import write_grocer


@pytest.fixture(scope="module")
def grocer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grocer(tmp_path_factory.mktemp("grocer"), households=60)


def exported(
    grocer: Path, folder: Path, query: str, file: str = "w.csv", options: str = "header"
) -> Path:
    """A folder with one file: a query over the grocer's `transactions`."""
    folder.mkdir()
    with duckdb.connect() as con:
        con.execute(f"create view transactions as from read_csv('{grocer}/transactions.csv')")
        con.execute(f"copy ({query}) to '{folder / file}' ({options})")
    return folder


def totals(rows: list[dict[str, Any]]) -> tuple[int, int, Decimal]:
    """Orders, customers and the sum of net amounts."""
    assert not any(row.get("_reject_reason") for row in rows)
    return (
        len({row["source_order_id"] for row in rows}),
        len({row["source_customer_id"] for row in rows}),
        sum((Decimal(row["net_amount"]) for row in rows), Decimal(0)),
    )


def raw_totals(grocer: Path, query: str) -> tuple[int, int, Decimal]:
    with duckdb.connect() as con:
        con.execute(f"create view transactions as from read_csv('{grocer}/transactions.csv')")
        row = con.execute(query).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


BASKETS = (
    "select count(distinct basket_id), count(distinct household_id),"
    " sum(cast(sales_value as decimal(18, 2))) from transactions"
)


def questions(connection: Connection) -> str:
    return " ".join(each.question for each in connection.open_questions)


def test_a_grocer_s_log_becomes_orders_lines_and_touches_of_its_campaigns(
    project: Project, grocer: Path
) -> None:
    connection = project.connect("grocer", grocer)
    entities = project.entities(connection)
    assert {name: each.table for name, each in entities.items()} == {
        "orders": "transactions",
        "order_lines": "transactions",
        "touches": "campaigns",
    }
    assert totals(project.staged("grocer", "orders")) == raw_totals(grocer, BASKETS)
    lines = project.staged("grocer", "order_lines")
    assert {row["category"] for row in lines} == {"FUEL", "PRODUCE", "MEAT", "GROCERY"}
    fuel = [row for row in lines if row["category"] == "FUEL"]
    assert max(row["unit_price"] for row in fuel) < Decimal("0.01")
    assert "first_date: 2024-01-" in project.config.read_text()
    assert len(connection.open_questions) <= 12
    (kept_out,) = connection.proposal.kept_out
    assert "demographics has one row for each household_id" in kept_out
    assert "age, income, home_ownership, household_size" in kept_out


def test_a_touch_has_the_day_of_its_campaign_and_of_the_first_redemption(
    project: Project, grocer: Path
) -> None:
    project.connect("grocer", grocer)
    touches = {row["source_touch_id"]: row for row in project.staged("grocer", "touches")}
    with duckdb.connect() as con:
        expected = con.execute(
            f"""
            select
                campaign_id || '-' || household_id,
                cast(any_value(start_date) as timestamp),
                cast(min(redemption_date) as timestamp)
            from '{grocer}/campaigns.csv'
            inner join '{grocer}/campaign_descriptions.csv' using (campaign_id)
            left join '{grocer}/coupon_redemptions.csv' using (campaign_id, household_id)
            group by all
            """
        ).fetchall()
    assert {(key, row["sent_at"], row["redeemed_at"]) for key, row in touches.items()} == set(
        expected
    )
    assert any(row["redeemed_at"] for row in touches.values())


@pytest.mark.parametrize(
    ("query", "expected", "options"),
    [
        pytest.param(
            "select household_id as a, store_id as b, basket_id as c, product_id as d,"
            " quantity as e, sales_value as f, retail_disc as g, week as h,"
            " transaction_timestamp as i from transactions",
            BASKETS,
            "header",
            id="one-letter names",
        ),
        pytest.param(
            "select household_id as hh, 'B' || basket_id as vorg, 'A' || product_id as ware,"
            " quantity as stk, replace(cast(sales_value as varchar), '.', ',') as ges,"
            " strftime(transaction_timestamp, '%d.%m.%Y %H:%M') as am from transactions",
            BASKETS,
            "delimiter ';'",
            id="German, with decimal commas",
        ),
        pytest.param(
            "select household_id as p, sum(cast(sales_value as decimal(18, 2))) as q,"
            " min(transaction_timestamp) as r from transactions group by basket_id, household_id",
            BASKETS,
            "header",
            id="one row a purchase without an id",
        ),
        pytest.param(
            "select household_id as x1, basket_id as x2, cast(sales_value as decimal(18, 2)) as x3,"
            " cast(epoch(transaction_timestamp) as bigint) as x4 from transactions",
            BASKETS,
            "header",
            id="seconds since 1970",
        ),
        pytest.param(
            "select household_id as x1, basket_id as x2, cast(sales_value as decimal(18, 2)) as x3,"
            " strftime(transaction_timestamp, '%Y%m%d') as x4 from transactions",
            BASKETS,
            "header",
            id="days without a separator",
        ),
        pytest.param(
            "select household_id as k, cast(sales_value as decimal(18, 2)) as v,"
            " transaction_timestamp as w from transactions",
            "select count(distinct (household_id, transaction_timestamp)),"
            " count(distinct household_id), sum(cast(sales_value as decimal(18, 2)))"
            " from transactions",
            "header",
            id="lines of a customer and a moment",
        ),
        pytest.param(
            "select household_id as k, basket_id as l, product_id as m, quantity as n,"
            " sum(cast(sales_value as decimal(18, 2))) over (partition by basket_id) as o,"
            " transaction_timestamp as p from transactions",
            BASKETS,
            "header",
            id="the order's total on each line",
        ),
        pytest.param(
            "select household_id as k, basket_id as l, product_id as m, quantity as n,"
            " cast(sales_value / quantity as decimal(18, 2)) as o,"
            " transaction_timestamp as p from transactions where quantity < 100",
            "select count(distinct basket_id), count(distinct household_id),"
            " sum(quantity * cast(sales_value / quantity as decimal(18, 2)))"
            " from transactions where quantity < 100",
            "header",
            id="prices of a piece",
        ),
    ],
)
def test_a_log_with_unknown_names_is_staged_with_the_figures_of_its_rows(
    project: Project, tmp_path: Path, grocer: Path, query: str, expected: str, options: str
) -> None:
    project.connect("w", exported(grocer, tmp_path / "log", query, options=options))
    assert totals(project.staged("w", "orders")) == raw_totals(grocer, expected)


def test_a_parquet_log_is_staged_with_its_types(
    project: Project, tmp_path: Path, grocer: Path
) -> None:
    query = (
        "select cast(household_id as bigint) as a1, cast(basket_id as bigint) as a2,"
        " sales_value as a3, transaction_timestamp as a4 from transactions"
    )
    project.connect("w", exported(grocer, tmp_path / "log", query, "w.parquet", "format parquet"))
    assert totals(project.staged("w", "orders")) == raw_totals(grocer, BASKETS)


def test_a_guessed_customer_is_a_question_that_names_its_rivals(
    project: Project, tmp_path: Path, grocer: Path
) -> None:
    query = (
        "select household_id as a, store_id as b, basket_id as c, sales_value as d,"
        " transaction_timestamp as e from transactions"
    )
    connection = project.connect("w", exported(grocer, tmp_path / "log", query))
    assert columns_of(project.entities(connection)["orders"])["source_customer_id"] == "a"
    assert "is a the customer, or b, which repeat too?" in questions(connection)
