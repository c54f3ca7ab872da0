"""Rows of erased people are known by address, number with name, and ids; others are let alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from deployment.config_file import load_config
from deployment.project import CONFIG
from erasure.keys import Hashes
from erasure.search.returning_rows import find_returning_rows, unread_loads
from erasure.search.rows import create_rows
from erasure.tombstones import Tombstones

ERASED_ON = date(2026, 6, 1)
CONFIGURED = load_config(CONFIG / "demo.yml")
# Load 1 was read by the models; load 2 is new.
TABLES = """
create schema staging; create schema ops; create schema intermediate; create schema raw_crm;
create schema raw_shop;
create table ops.load_ledger as select unnest([1, 2]) as load_id;
create table intermediate.int_load_accounts as select 1 as load_id;
create table ops.unreadable_rows (load_id bigint, row_no bigint, content varchar);
create table raw_crm.customers (
    _load_id bigint, _row bigint, customer_no varchar, email varchar, phone varchar, name varchar,
    created timestamp
);
create table raw_shop.orders (_load_id bigint, _row bigint, order_no varchar, account_no varchar);
create view staging.stg_crm__customers as
select
    _load_id, _row, customer_no as source_customer_id, email, phone, name as full_name,
    created as created_at
from raw_crm.customers;
create view staging.stg_shop__orders as
select _load_id, _row, order_no as source_order_id, account_no as source_customer_id
from raw_shop.orders;
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(TABLES)
        yield con


@pytest.fixture
def tombstones() -> Tombstones:
    found = Tombstones(Hashes(b"key"))
    hashes = found.hashes
    found.add(
        [
            hashes.of_address("ada@example.com"),
            hashes.of_phone("030 1234567", "DE", "Ada Lovelace"),
            hashes.of_phone("030 1234567", "DE", None),
            hashes.of_id("customers", "crm", "C1"),
            hashes.of_id("orders", "shop", "O1"),
            hashes.of_id("customers", "shop", "A1"),
        ],
        ERASED_ON,
    )
    return found


def found(con: duckdb.DuckDBPyConnection, tombstones: Tombstones) -> list[int]:
    """Positions of the rows of the new load that are an erased person's."""
    create_rows(con)
    find_returning_rows(con, CONFIGURED, tombstones, unread_loads(con))
    return [row for (row,) in con.execute("select row_no from erased_rows order by 1").fetchall()]


def test_a_customer_row_returns_by_its_id_its_address_or_its_number_with_the_name(
    con: duckdb.DuckDBPyConnection, tombstones: Tombstones
) -> None:
    con.execute(
        """
        insert into raw_crm.customers values
            (2, 1, 'C1', 'deleted@site.invalid', null, null, null),
            (2, 2, 'C7', 'ADA@example.com', null, 'A. L.', '2025-01-01'),
            (2, 3, 'C8', null, '+49 30 1234567', 'LOVELACE, Ada', null),
            (2, 4, 'C9', null, '030/1234567', 'Bo Lovelace', null),
            (2, 5, 'C10', 'ada@example.com', null, 'Ada Lovelace', '2026-06-02'),
            (2, 6, 'C11', 'deleted@site.invalid', null, null, null),
            (1, 7, 'C1', 'ada@example.com', null, null, null)
        """
    )
    assert found(con, tombstones) == [1, 2, 3]
    assert tombstones.has_id("customers", "crm", "C7")
    assert not tombstones.has_id("customers", "crm", "C10")


def test_rows_of_an_erased_record_or_order_return_whatever_else_they_hold(
    con: duckdb.DuckDBPyConnection, tombstones: Tombstones
) -> None:
    con.execute(
        """
        insert into raw_shop.orders values
            (2, 1, 'O1', null), (2, 2, 'O2', 'A1'), (2, 3, 'O3', 'A2'), (2, 4, 'O4', null)
        """
    )
    assert found(con, tombstones) == [1, 2]


def test_a_row_of_no_record_returns_by_an_address_in_any_column(
    con: duckdb.DuckDBPyConnection, tombstones: Tombstones
) -> None:
    con.execute(
        """
        insert into raw_crm.customers values
            (2, 1, null, 'bo@example.com', null, 'write to <ada@example.com>', null),
            (2, 2, null, 'bo@example.com', null, null, null),
            (2, 3, 'C2', 'bo@example.com', null, 'knows ada@example.com', null)
        """
    )
    con.execute("insert into ops.unreadable_rows values (2, 9, 'x;ada@example.com;too;many')")
    assert found(con, tombstones) == [1, 9]
