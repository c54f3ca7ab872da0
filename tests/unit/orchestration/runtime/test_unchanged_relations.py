from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from orchestration.runtime.unchanged_relations import (
    InOrder,
    note,
    stamp_of,
    stampable,
    unchanged,
)


def node(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.small.{name}",
        "resource_type": "seed" if kind == "seed" else "model",
        "schema": "staging",
        "alias": name,
        "config": {"materialized": kind, "persist_docs": {}},
        **more,
    }


SEED, VIEW, TABLE = node("words", "seed"), node("stg_orders", "view"), node("int_orders", "table")
MANIFEST = {
    "sources": {"source.small.raw.orders": {"schema": "raw_shop", "identifier": "orders"}},
    "nodes": {each["unique_id"]: each for each in (SEED, VIEW, TABLE)},
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema raw_shop")
        connection.execute("create table raw_shop.orders (order_id varchar)")
        connection.execute("create schema staging")
        connection.execute("create table staging.words as select 'a' as word")
        connection.execute("create view staging.stg_orders as select * from raw_shop.orders")
        yield connection


def test_seeds_and_views_without_tests_and_comments_can_be_left_out() -> None:
    commented = node("dim", "view")
    commented["config"]["persist_docs"] = {"relation": True}
    tested = node("stg_tickets", "view")
    test = {"resource_type": "test", "depends_on": {"nodes": [tested["unique_id"]]}}
    manifest = {**MANIFEST, "nodes": {**MANIFEST["nodes"], "test.small.unique": test}}
    assert stampable(manifest, [SEED, VIEW, TABLE, commented, tested]) == [SEED, VIEW]


def test_a_relation_is_unchanged_from_its_note_until_its_stamp_changes(
    con: duckdb.DuckDBPyConnection,
) -> None:
    stamp = stamp_of(con, "project", MANIFEST)
    assert unchanged(con, stamp, [SEED, VIEW]) == []
    note(con, stamp, SEED)
    note(con, stamp, VIEW)
    assert unchanged(con, stamp, [SEED, VIEW]) == [SEED, VIEW]
    assert unchanged(con, "another stamp", [SEED, VIEW]) == []


@pytest.mark.parametrize(
    "statement",
    [
        "drop view staging.stg_orders",
        "create or replace view staging.stg_orders as select 1 as order_id",
    ],
)
def test_a_dropped_or_replaced_relation_is_made_again(
    con: duckdb.DuckDBPyConnection, statement: str
) -> None:
    stamp = stamp_of(con, "project", MANIFEST)
    note(con, stamp, VIEW)
    con.execute(statement)
    assert unchanged(con, stamp, [VIEW]) == []


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("alter table raw_shop.orders add column paid_at timestamp", True),
        ("alter table raw_shop.orders alter column order_id type bigint", True),
        ("drop table raw_shop.orders cascade", True),
        ("insert into raw_shop.orders values ('1')", False),
        ("alter table staging.words add column meaning varchar", False),
    ],
)
def test_the_stamp_depends_on_the_columns_of_sources_and_on_no_rows(
    con: duckdb.DuckDBPyConnection, statement: str, changes: bool
) -> None:
    before = stamp_of(con, "project", MANIFEST)
    con.execute(statement)
    assert (stamp_of(con, "project", MANIFEST) != before) is changes


def test_the_stamp_depends_on_the_project(con: duckdb.DuckDBPyConnection) -> None:
    assert stamp_of(con, "project", MANIFEST) != stamp_of(con, "changed project", MANIFEST)


def reading(name: str, *parents: str) -> dict[str, Any]:
    parent_ids = [f"model.small.{parent}" for parent in parents]
    return node(name, "view", depends_on={"nodes": parent_ids})


def test_a_relation_is_reported_after_all_that_it_reads_directly_or_not() -> None:
    first, table, ephemeral, view, last = (
        reading("first"),
        reading("table", "first"),
        reading("ephemeral", "table", "of_an_earlier_build"),
        reading("view", "ephemeral"),
        reading("last", "view", "first"),
    )
    nodes = {each["unique_id"]: each for each in (first, table, ephemeral, view, last)}
    in_order = InOrder({"nodes": nodes}, [last, view, first], [table])
    assert list(in_order.after()) == [first]
    assert list(in_order.after("model.small.of_an_earlier_build")) == []
    assert list(in_order.after("model.small.table")) == [view, last]
    assert list(in_order.after("model.small.table")) == []
