from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployment.home import Home
from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import ORDERS, PRODUCTS, Shop
from tests.unit.ingestion.memory import memory_warehouse
from warehouse.connection import Warehouse


def test_rows_land_as_delivered_with_file_and_position(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,09.90\n2,\n")
    report = shop.extract("2026-06-16")["orders"]
    assert (report.files_loaded, report.rows, report.latest_drop) == (1, 2, date(2026, 6, 16))
    assert shop.query("select * exclude (_loaded_at) from raw_shop.orders order by _row") == [
        (1, "orders_2026-06-16.csv", 1, "1", "09.90"),
        (1, "orders_2026-06-16.csv", 2, "2", None),
    ]


def test_a_file_delivered_twice_changes_nothing(shop: Shop) -> None:
    path = shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    ledger = shop.ledger()
    rows = shop.query("from raw_shop.orders")
    path.write_text("order_no,amount\n1,5\n")
    os.utime(path, (1, 1))
    report = shop.extract("2026-06-17")["orders"]
    assert (report.files_loaded, report.files_unchanged, report.rows) == (0, 1, 0)
    assert shop.ledger() == ledger
    assert shop.query("from raw_shop.orders") == rows


def test_a_new_file_is_the_only_one_read(shop: Shop) -> None:
    old = shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    # Same size, same time of change: nobody opens it, so nobody sees what it has become.
    stat = old.stat()
    old.write_bytes(b"x" * stat.st_size)
    os.utime(old, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    shop.deliver("orders_2026-06-17.csv", "order_no,amount\n2,5\n3,5\n")
    report = shop.extract("2026-06-17")["orders"]
    assert (report.files_loaded, report.files_unchanged, report.rows) == (1, 1, 2)


def test_a_corrected_file_supersedes_its_rows_from_the_day_of_the_run(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,7\n")
    report = shop.extract("2026-06-18")["orders"]
    assert (report.files_loaded, report.files_superseded) == (1, 1)
    assert shop.query(
        """
        select load_id, delivered_on::varchar, known_from::varchar, superseded_by,
            superseded_on::varchar
        from ops.load_ledger order by load_id
        """
    ) == [
        (1, "2026-06-16", None, 2, "2026-06-18"),
        (2, "2026-06-18", "2026-06-18", None, None),
    ]
    # Raw is append-only: the wrong row is still there, for whoever asks what was known then.
    assert shop.query("select _load_id, amount from raw_shop.orders order by 1") == [
        (1, "5"),
        (2, "7"),
    ]


def test_a_file_that_returns_to_its_old_content_is_a_correction(shop: Shop) -> None:
    for day, amount in (("2026-06-16", 5), ("2026-06-17", 7), ("2026-06-18", 5)):
        shop.deliver("orders_2026-06-16.csv", f"order_no,amount\n1,{amount}\n")
        shop.extract(day)
    live = "select load_id from ops.load_ledger where superseded_by is null"
    assert shop.query(live) == [(3,)]


def test_no_date_has_two_valid_contents_of_a_file_even_if_dates_run_out_of_order(
    shop: Shop,
) -> None:
    for day, amount in (("2026-06-16", 1), ("2026-06-20", 2), ("2026-06-17", 3)):
        shop.deliver("orders_2026-06-16.csv", f"order_no,amount\n1,{amount}\n")
        shop.extract(day)
    live = """
        select count(*) from ops.load_ledger
        where coalesce(known_from, '-infinity') <= day and coalesce(superseded_on, 'infinity') > day
    """
    assert shop.query(
        f"""
        select distinct ({live}) from
        (select unnest(generate_series(date '2026-06-16', date '2026-06-25', interval 1 day))::date
            as day)
        """
    ) == [(1,)]


def test_a_run_does_not_see_the_drops_of_later_days(shop: Shop) -> None:
    for day in (16, 17, 18):
        shop.deliver(f"orders_2026-06-{day}.csv", "order_no,amount\n1,5\n")
    assert shop.extract("2026-06-17")["orders"].files_loaded == 2
    assert shop.extract("2026-06-18")["orders"].files_loaded == 1


def test_the_first_drop_is_known_from_the_beginning_and_later_ones_from_their_day(
    shop: Shop,
) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.deliver("orders_2026-06-17.csv", "order_no,amount\n2,5\n")
    shop.extract("2026-06-20")
    known_from = "select known_from::varchar from ops.load_ledger order by drop_date"
    assert shop.query(known_from) == [(None,), ("2026-06-17",)]


def test_an_undated_file_is_known_from_the_beginning_unless_the_table_was_there_before(
    shop: Shop,
) -> None:
    shop.tables = {"products": {**PRODUCTS, "path": "products*.csv"}}
    shop.deliver("products.csv", "product_no\n1\n")
    shop.extract("2026-06-16")
    shop.deliver("products_more.csv", "product_no\n2\n")
    shop.extract("2026-06-18")
    assert shop.query(
        "select path, known_from::varchar, delivered_on::varchar from ops.load_ledger order by 1"
    ) == [
        ("products.csv", None, "2026-06-16"),
        ("products_more.csv", "2026-06-18", "2026-06-18"),
    ]


_EXTRACT = """
import sys
from datetime import date
from pathlib import Path
from deployment.source_config import FilesSource
from ingestion.extraction.files import extract_files
from ingestion.opened_source import open_source
from deployment.home import Home
from tests.unit.ingestion.memory import memory_warehouse
from warehouse.connection import Warehouse

home = Home(Path(sys.argv[1]))
source = FilesSource.model_validate_json(sys.argv[2])
with Warehouse(home.warehouse).connect() as con:
    extract_files(con, open_source("shop", source), home, date(2026, 6, 17))
"""


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    drops=st.dictionaries(
        st.integers(0, 13), st.lists(st.integers(0, 99), max_size=3), min_size=2, max_size=8
    ),
    cuts=st.sets(st.integers(0, 13)),
)
def test_many_runs_leave_the_same_as_one_run_over_all_files(
    tmp_path: Path, drops: dict[int, list[int]], cuts: set[int]
) -> None:
    first = date(2026, 6, 16)
    tables = {"orders": ORDERS, "lines": {**ORDERS, "path": "lines_{date}.csv"}}
    home = Home(tmp_path / "home").create()
    shutil.rmtree(home.landing)  # left by the example before
    ledgers, rows = [], []
    for stops in (sorted({min(drops), *cuts, 13}), [13]):
        with memory_warehouse() as warehouse:
            shop = Shop(home, warehouse, tables)
            deliver_days(shop, first, drops)
            for stop in stops:
                if stop >= min(drops):
                    shop.extract(str(first + timedelta(days=stop)))
            ledgers.append(shop.ledger())
            rows.append(
                shop.query("select * exclude (_loaded_at) from raw_shop.orders order by all")
            )
    assert ledgers[0] == ledgers[1]
    assert rows[0] == rows[1]


def deliver_days(shop: Shop, first: date, drops: dict[int, list[int]]) -> None:
    """Deliver two files of amounts for each day, given by its distance from the first."""
    for offset, amounts in drops.items():
        day = first + timedelta(days=offset)
        extra = ",extra" if offset % 2 else ""
        text = f"order_no,amount{extra}\n" + "".join(
            f"{offset},{amount}{',x' if extra else ''}\n" for amount in amounts
        )
        shop.deliver(f"orders_{day}.csv", text)
        shop.deliver(f"lines_{day}.csv", text)


def test_a_file_that_cannot_be_read_leaves_everything_as_it_was(shop: Shop) -> None:
    shop.tables["products"] = PRODUCTS
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.deliver("products.csv", "product_no\n1\n")
    shop.extract("2026-06-16")
    before = (shop.ledger(), shop.query("from raw_shop.orders"))
    shop.deliver("orders_2026-06-17.csv", "order_no,amount,new\n1,5,6\n")
    shop.deliver("products.csv", 'product_no\n"1\n')
    with pytest.raises(SourceError, match=r"products\.csv, line 2: .* a quote is not closed"):
        shop.extract("2026-06-17")
    assert (shop.ledger(), shop.query("from raw_shop.orders")) == before


def test_a_run_that_is_killed_leaves_the_previous_state_and_the_next_repairs_it(
    shop: Shop,
) -> None:
    shop.warehouse = Warehouse(shop.home.warehouse)
    shop.warehouse.initialise("demo", "Demo Company")
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    before = shop.ledger()
    rows = "".join(f"{number},{number % 97}\n" for number in range(800_000))
    shop.deliver("orders_2026-06-17.csv", f"order_no,amount\n{rows}")
    size = shop.home.warehouse.stat().st_size
    with subprocess.Popen(
        [sys.executable, "-c", _EXTRACT, str(shop.home.root), shop.source.model_dump_json()],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
    ) as process:
        # DuckDB writes the first rows of a large insert into the file long before it commits.
        while shop.home.warehouse.stat().st_size == size and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert shop.ledger() == before
    assert shop.query("select count(*) from raw_shop.orders") == [(1,)]
    assert shop.extract("2026-06-17")["orders"].rows == 800_000


def test_a_new_column_is_added_and_a_missing_one_is_null(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount,old\n1,5,a\n")
    shop.deliver("orders_2026-06-17.csv", "amount,new,ORDER_NO\n6,b,2\n")
    shop.extract("2026-06-17")
    assert shop.query("select order_no, amount, old, new from raw_shop.orders order by 1") == [
        ("1", "5", "a", None),
        ("2", "6", None, "b"),
    ]


def test_a_table_without_files_has_the_configured_columns(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "optional": True}}
    report = shop.extract("2026-06-16")["orders"]
    assert (report.files_loaded, report.rows, report.latest_drop) == (0, 0, None)
    assert shop.query("select order_no, amount, _row from raw_shop.orders") == []


def test_parquet_keeps_its_types_and_widens_where_a_later_file_differs(shop: Shop) -> None:
    shop.tables = {
        "orders": {**ORDERS, "path": "o_{date}.parquet", "format": "parquet", "optional": True}
    }
    shop.extract("2026-06-15")
    for day, amount in ((16, "5::integer"), (17, "6::bigint"), (18, "'7'")):
        duckdb.sql(
            f"copy (select 'A' as order_no, {amount} as amount)"
            f" to '{shop.folder}/o_2026-06-{day}.parquet'"
        )
    shop.extract("2026-06-16")
    assert shop.query("select typeof(amount) from raw_shop.orders") == [("INTEGER",)]
    shop.extract("2026-06-17")
    assert shop.query("select distinct typeof(amount) from raw_shop.orders") == [("BIGINT",)]
    shop.extract("2026-06-18")
    assert shop.query("select amount from raw_shop.orders order by _load_id") == [(5,), (6,), (7,)]


def test_json_lines_keep_every_key_and_nested_values_as_text(shop: Shop) -> None:
    shop.tables = {
        "tickets": {"path": "tickets.jsonl", "format": "jsonl", "columns": ["id", "tags"]}
    }
    lines = '{"id": 1, "tags": ["a", {"b": 2}]}\n\n{"id": "x", "late_key": "等", "tags": null}\n'
    shop.deliver("tickets.jsonl", b"\xef\xbb\xbf" + lines.encode())
    shop.extract("2026-06-16")
    assert shop.query("select _row, id, tags, late_key from raw_shop.tickets order by 1") == [
        (1, "1", '["a",{"b":2}]', None),
        (2, "x", None, "等"),
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "windows-1252", "gb18030"]
)
def test_text_is_read_in_the_configured_encoding(shop: Shop, encoding: str) -> None:
    word = "中文" if encoding in {"utf-8", "utf-16", "gb18030"} else "Käufer"
    shop.tables = {"orders": {**ORDERS, "options": {"encoding": encoding, "delimiter": ";"}}}
    text = f'order_no;amount\r\n{word};"a;b\r\n""c"""\r\n'
    shop.deliver("orders_2026-06-16.csv", text.encode(encoding))
    shop.extract("2026-06-16")
    assert shop.query("select order_no, amount from raw_shop.orders") == [(word, 'a;b\r\n"c"')]


def test_lines_before_the_header_are_skipped_and_doubtful_names_made_distinct(shop: Shop) -> None:
    shop.tables = {
        "orders": {**ORDERS, "columns": ["no"], "options": {"skip_lines": 2, "null": "NULL"}}
    }
    shop.deliver("orders_2026-06-16.csv", "Export of today\n\nno,,No\n1,NULL,3\n")
    shop.extract("2026-06-16")
    assert shop.query("select no, column_2, no_2 from raw_shop.orders") == [("1", None, "3")]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_row_numbers_are_the_files_order_however_many_threads_read(shop: Shop, kind: str) -> None:
    rows = 500_000
    path = shop.folder / f"big.{kind}"
    options = {"csv": "header", "jsonl": "format json", "parquet": "row_group_size 5000"}[kind]
    duckdb.sql(
        f"copy (select i as order_no, i * 7 as amount from range({rows}) t(i))"
        f" to '{path}' ({options})"
    )
    shop.tables = {"orders": {**ORDERS, "path": path.name, "format": kind}}
    assert shop.extract("2026-06-16")["orders"].rows == rows
    misplaced = "count(*) filter (_row <> order_no::bigint + 1)"
    assert shop.query(f"select {misplaced}, count(distinct _row) from raw_shop.orders") == [
        (0, rows)
    ]


def test_load_ids_follow_the_drops_days_across_tables(shop: Shop) -> None:
    shop.tables["visits"] = {**ORDERS, "path": "in/{date}/visits_{date}.csv"}
    for day in ("2026-06-17", "2026-06-16"):
        shop.deliver(f"in/{day}/visits_{day}.csv", "order_no,amount\n")
        shop.deliver(f"orders_{day}.csv", "order_no,amount\n")
    shop.extract("2026-06-17")
    assert shop.query(
        "select drop_date::varchar, table_name from ops.load_ledger order by load_id"
    ) == [
        ("2026-06-16", "orders"),
        ("2026-06-16", "visits"),
        ("2026-06-17", "orders"),
        ("2026-06-17", "visits"),
    ]


def test_a_name_with_glob_characters_is_read_as_itself(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "path": "orders*.csv"}}
    shop.deliver("orders [1].csv", "order_no,amount\n1,5\n")
    shop.deliver("orders 1.csv", "order_no,amount\n2,5\n")
    assert shop.extract("2026-06-16")["orders"].rows == 2
