"""New, missing and changed columns: accepted and reported, or refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from deployment.source_config.base import MutableTable
from ingestion.errors import SourceError
from ingestion.landing import mutable_table
from ingestion.landing.mutable_table import Landing
from tests.unit.ingestion.conftest import ORDERS, Shop

REPORTED = """
    select run_date::varchar, column_name, change, old_type, new_type
    from ops.schema_changes order by rowid
"""
PARQUET = {**ORDERS, "path": "o_{date}.parquet", "format": "parquet", "provides": ["orders"]}


@pytest.fixture
def parquet_shop(shop: Shop) -> Shop:
    shop.tables = {"orders": dict(PARQUET)}
    return shop


def deliver(shop: Shop, day: int, *amounts: str, extra: str = "") -> None:
    """A Parquet file with orders of the given amounts, as SQL."""
    rows = " union all ".join(
        f"select '{number}' as order_no, {amount} as amount{extra}"
        for number, amount in enumerate(amounts)
    )
    duckdb.sql(f"copy ({rows}) to '{shop.folder}/o_2026-06-{day}.parquet'")


def test_a_new_column_is_kept_and_reported_once(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    assert shop.extract("2026-06-16")["orders"].schema_changes == ()
    for day in (17, 18):
        shop.deliver(f"orders_2026-06-{day}.csv", f"order_no,amount,note\n{day},5,x\n")
    reported = shop.extract("2026-06-17")["orders"].schema_changes
    assert [str(change) for change in reported] == ["note is added"]
    assert shop.extract("2026-06-18")["orders"].schema_changes == ()
    assert shop.query("select note from raw_shop.orders order by _load_id") == [
        (None,), ("x",), ("x",),
    ]  # fmt: skip
    assert shop.query(REPORTED) == [("2026-06-17", "note", "added", None, "VARCHAR")]


def test_a_missing_optional_column_is_null_and_reported_and_so_is_its_return(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "optional_columns": ["coupon"]}}
    header = {16: "", 17: ",coupon", 18: "", 19: "", 20: ",COUPON"}
    for day, extra in header.items():
        value = ",x" if extra else ""
        shop.deliver(f"orders_2026-06-{day}.csv", f"order_no,amount{extra}\n1,5{value}\n")
        shop.extract(f"2026-06-{day}")
    assert shop.query("select coupon from raw_shop.orders order by _load_id") == [
        (None,), ("x",), (None,), (None,), ("x",),
    ]  # fmt: skip
    assert [row[:3] for row in shop.query(REPORTED)] == [
        ("2026-06-16", "coupon", "missing"),
        ("2026-06-17", "coupon", "returned"),
        ("2026-06-18", "coupon", "missing"),
        ("2026-06-20", "coupon", "returned"),
    ]


def test_many_runs_report_the_same_changes_as_one_run(shop: Shop) -> None:
    extras = {16: "", 17: ",a", 18: ",a,b", 19: ",b", 20: ",a,b"}
    reported = []
    for stops in ([16, 17, 18, 19, 20], [20]):
        table = f"t{len(stops)}"
        shop.tables = {table: {**ORDERS, "path": f"{table}_{{date}}.csv"}}
        for day, extra in extras.items():
            values = extra.replace("a", "1").replace("b", "2")
            shop.deliver(f"{table}_2026-06-{day}.csv", f"order_no,amount{extra}\n1,5{values}\n")
        changes = [shop.extract(f"2026-06-{stop}")[table].schema_changes for stop in stops]
        reported.append([str(change) for of_run in changes for change in of_run])
    assert reported[0] == reported[1]
    assert reported[0] == ["a is added", "b is added", "a is missing", "a is returned"]


def test_a_missing_required_column_names_itself_its_type_and_the_staging_model(
    parquet_shop: Shop,
) -> None:
    deliver(parquet_shop, 16, "5::integer")
    parquet_shop.extract("2026-06-16")
    duckdb.sql(f"copy (select '1' as order_no) to '{parquet_shop.folder}/o_2026-06-17.parquet'")
    with pytest.raises(SourceError) as caught:
        parquet_shop.extract("2026-06-17")
    message = str(caught.value)
    assert "o_2026-06-17.parquet: missing column amount" in message
    assert "shop.orders.amount (INTEGER before, now none)" in message
    assert "dbt_project/models/staging/shop/stg_shop__orders.sql" in message
    assert parquet_shop.query(REPORTED) == []


@pytest.mark.parametrize(
    ("first", "second", "kind", "reported"),
    [
        ("5::integer", "6::bigint", "BIGINT", "amount: INTEGER is now BIGINT"),
        ("5::integer", "6.5::double", "DOUBLE", "amount: INTEGER is now DOUBLE"),
        ("5::bigint", "6::double", "BIGINT", "amount: BIGINT is now DOUBLE"),
        ("5::bigint", "' 7 '", "BIGINT", "amount: BIGINT is now VARCHAR"),
        ("5.10::decimal(9, 2)", "6.125::decimal(9, 3)", "DECIMAL(10,3)", "DECIMAL(9,2) is now"),
        ("'x'", "5", "VARCHAR", "amount: VARCHAR is now INTEGER"),
        ("date '2026-06-16'", "timestamp '2026-06-17 10:00'", "TIMESTAMP", "DATE is now TIMESTAMP"),
        ("timestamp '2026-06-16'", "'2026-06-17 10:00'", "TIMESTAMP", "TIMESTAMP is now VARCHAR"),
        ("null::integer", "'x'", "VARCHAR", "amount: INTEGER is now VARCHAR"),
    ],
)
def test_a_type_change_without_loss_is_accepted_and_reported_once(
    parquet_shop: Shop, first: str, second: str, kind: str, reported: str
) -> None:
    for day, amount in ((16, first), (17, second), (18, second)):
        deliver(parquet_shop, day, amount)
    assert parquet_shop.extract("2026-06-16")["orders"].schema_changes == ()
    (change,) = parquet_shop.extract("2026-06-17")["orders"].schema_changes
    assert reported in str(change)
    assert parquet_shop.extract("2026-06-18")["orders"].schema_changes == ()
    assert parquet_shop.query("select distinct typeof(amount) from raw_shop.orders") == [(kind,)]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("5::bigint", "'n/a'", "was BIGINT and is now VARCHAR, with 1 values that are no BIGINT"),
        ("5::bigint", "'6.5'", "was BIGINT and is now VARCHAR, with 1 values"),
        ("5::bigint", "6.5::double", "was BIGINT and is now DOUBLE, with 1 values"),
        ("5.10::decimal(9, 2)", "'1.005'", "is now VARCHAR, with 1 values"),
        ("date '2026-06-16'", "'2026-06-17 10:00'", "was DATE and is now VARCHAR"),
        ("timestamp '2026-06-16'", "timestamptz '2026-06-17 10:00:00+00'", "WITH TIME ZONE"),
    ],
)
def test_a_type_that_no_longer_fits_stops_the_source_and_names_the_models(
    parquet_shop: Shop, first: str, second: str, said: str
) -> None:
    deliver(parquet_shop, 16, first)
    deliver(parquet_shop, 17, first, second)
    parquet_shop.extract("2026-06-16")
    with pytest.raises(SourceError, match=re.escape(said)) as caught:
        parquet_shop.extract("2026-06-17")
    assert "shop.orders.amount" in str(caught.value)
    assert "types: {amount: " in str(caught.value)
    assert "stg_shop__orders.sql" in str(caught.value)
    assert "n/a" not in str(caught.value)
    assert parquet_shop.query("select count(*) from raw_shop.orders") == [(1,)]


def test_a_configured_type_resolves_a_refused_change_and_widens_existing_rows(
    parquet_shop: Shop,
) -> None:
    deliver(parquet_shop, 16, "5::bigint")
    parquet_shop.extract("2026-06-16")
    deliver(parquet_shop, 17, "'n/a'")
    parquet_shop.tables["orders"]["types"] = {"amount": "VARCHAR"}
    (change,) = parquet_shop.extract("2026-06-17")["orders"].schema_changes
    assert str(change) == "amount: BIGINT is now VARCHAR"
    deliver(parquet_shop, 18, "8::integer")
    assert parquet_shop.extract("2026-06-18")["orders"].schema_changes == ()
    assert parquet_shop.query("select amount from raw_shop.orders order by _load_id") == [
        ("5",), ("n/a",), ("8",),
    ]  # fmt: skip


def test_a_configured_type_that_existing_rows_do_not_fit_is_refused(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "types": {"amount": "decimal(9, 2)"}}}
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n2,\n")
    shop.extract("2026-06-16")
    assert shop.query("select distinct typeof(amount) from raw_shop.orders") == [("DECIMAL(9,2)",)]
    shop.deliver("orders_2026-06-17.csv", "order_no,amount\n1,five\n")
    with pytest.raises(SourceError, match=r"is now VARCHAR, with 1 values that are no DECIMAL"):
        shop.extract("2026-06-17")
    shop.tables["orders"]["types"] = {"amount": "NUMBR"}
    with pytest.raises(SourceError, match=r"shop\.orders\.amount: NUMBR is no type of DuckDB's"):
        shop.extract("2026-06-17")
    shop.tables["orders"]["types"] = {"order_no": "DATE"}
    with pytest.raises(SourceError, match=r"order_no is VARCHAR, and 2 existing values"):
        shop.extract("2026-06-17")


def test_a_column_that_becomes_optional_exists_without_a_new_delivery(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    shop.tables = {"orders": {**ORDERS, "optional_columns": ["coupon"]}}
    shop.extract("2026-06-17")
    assert shop.query("select coupon from raw_shop.orders") == [(None,)]


def read(con: duckdb.DuckDBPyConnection, day: int, rows: str, **columns: str) -> list[Any]:
    """Land rows of a mutable source; the reported changes of its columns."""
    config = MutableTable(columns=["id"], optional_columns=["mail"], key=["id"])
    at = Landing("crm", "contacts", config, date(2026, 6, day), datetime.now(UTC))
    casts = ", ".join(f"{name}::{kind} as {name}" for name, kind in columns.items())
    relation = f"(select {casts} from (values {rows}) as given ({', '.join(columns)}))"
    con.begin()
    try:
        changes = mutable_table.prepare(con, at, columns, relation)
        mutable_table.land(con, at, relation, columns, has_repeats=True)
        con.commit()
    except SourceError:
        con.rollback()
        raise
    return [str(change) for change in changes]


def test_mutable_tables_compare_rows_in_the_type_of_the_raw_table(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert read(con, 1, "(1, 'n/a'), (2, '7')", id="BIGINT", mail="VARCHAR") == []
    assert read(con, 2, "('1', 8), ('2', 7)", id="VARCHAR", mail="INTEGER") == [
        "id: BIGINT is now VARCHAR",
        "mail: VARCHAR is now INTEGER",
    ]
    assert read(con, 3, "(1), (2)", id="INTEGER") == [
        "id: VARCHAR is now INTEGER",
        "mail is missing",
    ]
    rows = con.execute("select id, mail from raw_crm.contacts order by all").fetchall()
    assert rows == [(1, "8"), (1, "n/a"), (2, "7")]
    with pytest.raises(SourceError, match=r"crm\.contacts: missing column id"):
        read(con, 4, "('x')", mail="VARCHAR")
    with pytest.raises(SourceError, match=r"crm\.contacts\.id was BIGINT and is now VARCHAR"):
        read(con, 4, "('x', 'y')", id="VARCHAR", mail="VARCHAR")
