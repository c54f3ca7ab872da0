"""The bad rows are in the files, as many as the truth says, and every kind is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from demo.dirt import DIRT

FOUND = {
    ("crm", "customers", "unreadable date"): "created = '31.02.2025'",
    ("crm", "customers", "missing id"): "customer_no is null",
    ("crm", "touches", "unreadable date"): "sent_at = 'gestern'",
    ("crm", "touches", "unknown customer"): "customer_no = 'C0000000'",
    ("shop", "accounts", "unreadable date"): "created_at like '0000%'",
    ("shop", "accounts", "missing id"): "account_no is null",
    ("shop", "orders", "missing id"): "order_no is null",
    ("shop", "orders", "missing date"): "ordered_at is null",
    ("shop", "orders", "unknown customer"): "account_no = 'A00000000'",
    ("shop", "order_lines", "unknown order"): "order_no like 'O00000000000%'",
    ("shop", "events", "missing id"): "event_id is null",
    ("shop", "events", "unknown customer"): "account_no = 'A00000000'",
    ("shop", "reviews", "unreadable date"): "created_at = 'last week'",
    ("shop", "reviews", "unreadable rating"): "try_cast(rating as integer) is null",
    ("helpdesk", "tickets", "unreadable date"): "try_cast(opened as bigint) is null",
    ("helpdesk", "tickets", "missing id"): "ticket_id is null",
    ("helpdesk", "tickets", "unknown customer"): "requester_id = 1",
    ("helpdesk", "messages", "unreadable date"): "try_cast(sent as bigint) is null",
}


def test_every_planted_kind_is_recorded_in_full(company):
    with duckdb.connect() as connection:
        recorded = connection.execute(
            f"select source, table_name, kind, rows from '{company.truth}/dirt.parquet'"
        ).fetchall()

    assert sorted(recorded) == sorted((d.source, d.table, d.kind, d.rows) for d in DIRT)


def folder_format(folder: Path) -> Iterator[str]:
    return (path.suffix[1:] for path in folder.iterdir())


@pytest.mark.parametrize("dirt", DIRT, ids=lambda dirt: f"{dirt.source}.{dirt.table}.{dirt.kind}")
def test_the_files_hold_as_many_bad_rows_as_the_truth_says(company, dirt):
    folder = f"{company.landing}/{dirt.source}/{dirt.table}"
    relation = {
        "csv": f"read_csv('{folder}/*.csv', all_varchar = true)",
        "parquet": f"read_parquet('{folder}/*.parquet')",
        "jsonl": f"read_ndjson('{folder}/*.jsonl')",
    }[next(folder_format(company.landing / dirt.source / dirt.table))]
    if dirt.kind == "repeated key":
        # Identical rows of one file, and no other row twice.
        query = f"select count(*) - count(distinct t) from (select t from {relation} as t)"
    else:
        condition = FOUND[dirt.source, dirt.table, dirt.kind]
        query = f"select count(*) from {relation} where {condition}"
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchone() == (dirt.rows,)
