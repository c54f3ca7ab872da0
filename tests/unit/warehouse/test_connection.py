from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from deployment.engine.limits import EngineLimits
from tests.held_warehouse import held
from warehouse.connection import Warehouse, as_of_date, write_run_dates
from warehouse.errors import WarehouseBusyError, WarehouseError


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    limits = EngineLimits(memory_bytes=3_000_000_000, threads=1, spill=tmp_path / "spill")
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", "Asia/Shanghai", limits)
    warehouse.initialise("demo", "Demo Company")
    return warehouse


def test_a_warehouse_is_opened_as_it_was_asked_for_in_every_cursor(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        assert con.cursor().execute(
            "select timestamptz '2026-01-01 00:00:00+00'::timestamp::varchar,"
            " current_setting('threads'), current_setting('memory_limit')"
        ).fetchall() == [("2026-01-01 08:00:00", 1, "447.2 MiB")]


def test_a_warehouse_may_be_initialised_again_and_loses_nothing(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        write_run_dates(con, [date(2026, 6, 30)])
    warehouse.initialise("demo", "Demo Company, renamed")
    with warehouse.connect(read_only=True) as con:
        assert as_of_date(con) == date(2026, 6, 30)


def test_scores_from_before_values_had_a_factor_are_kept_without_one(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        con.execute("alter table ml.churn_scores drop column value_factor")
        con.execute(
            "insert into ml.churn_scores (snapshot_date, customer_id, model_version,"
            " churn_probability) values ('2026-06-30', 'c0', '1', 0.5)"
        )
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect(read_only=True) as con:
        kept = con.execute("select customer_id, value_factor from ml.churn_scores").fetchall()
    assert kept == [("c0", None)]


def test_a_warehouse_serves_one_company(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"holds the warehouse of 'demo'.*for 'other'"):
        warehouse.initialise("other", "Other Company")


def test_run_dates_are_replaced_and_daily_ones_remembered(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        assert as_of_date(con) is None
        write_run_dates(con, [date(2026, 6, 30)], training=[date(2026, 1, 1), date(2026, 6, 30)])
        write_run_dates(con, [date(2026, 6, 1), date(2026, 6, 2)])
        assert con.execute("from ops.run_dates order by all").fetchall() == [
            (date(2026, 6, 1), "daily"),
            (date(2026, 6, 2), "daily"),
        ]
        assert as_of_date(con) == date(2026, 6, 30)


def test_a_date_that_is_run_again_gets_a_new_revision(warehouse: Warehouse) -> None:
    revision = "select revision from ops.snapshot_dates order by snapshot_date"
    days = [date(2026, 6, 1), date(2026, 6, 2)]
    with warehouse.connect() as con:
        write_run_dates(con, days)
        before = con.execute(revision).fetchall()
        write_run_dates(con, days[1:])
        after = con.execute(revision).fetchall()
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_warehouse_that_another_process_writes_says_so(warehouse: Warehouse) -> None:
    with (
        held(warehouse.path) as process,
        pytest.raises(WarehouseBusyError, match=f"is being written by process {process}: wait"),
        warehouse.connect(),
    ):
        pass


def test_a_warehouse_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with (
        pytest.raises(WarehouseError, match="does not exist: run the daily job first"),
        Warehouse(tmp_path / "none.duckdb").connect(read_only=True),
    ):
        pass
