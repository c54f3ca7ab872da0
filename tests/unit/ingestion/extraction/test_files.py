from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployment.home import Home
from ingestion.errors import SourceError
from tests.campaign import times
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


def test_a_run_does_not_see_the_drops_of_later_days(shop: Shop) -> None:
    for day in (16, 17, 18):
        shop.deliver(f"orders_2026-06-{day}.csv", "order_no,amount\n1,5\n")
    assert shop.extract("2026-06-17")["orders"].files_loaded == 2
    assert shop.extract("2026-06-18")["orders"].files_loaded == 1


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
    max_examples=times(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
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
    rows = "".join(f"{number},{number % 97}\n" for number in range(500_000))
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
    assert shop.extract("2026-06-17")["orders"].rows == 500_000
