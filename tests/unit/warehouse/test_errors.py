from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.errors import NewerReleaseError, WarehouseBusyError, busy_error, opening_error

FILE = Path("home/warehouse.duckdb")
# As DuckDB writes it; dbt puts the same text into the messages of the nodes that failed.
LOCKED = (
    'IO Error: Could not set lock on file "/home/warehouse.duckdb": Conflicting lock is held in'
    " /usr/bin/python3.12 (PID 4711) by user me. See also https://duckdb.org/docs/concurrency"
)


@pytest.mark.parametrize("message", [LOCKED, f"dbt failed:\nint_orders: Runtime Error\n  {LOCKED}"])
def test_a_file_that_another_process_holds_is_busy(message: str) -> None:
    busy = busy_error(FILE, message)
    assert isinstance(busy, WarehouseBusyError)
    assert (
        str(busy)
        == f"{FILE} is being written by process 4711: wait for that run to end, or stop it"
    )


def test_any_other_failure_of_duckdb_is_not_busy() -> None:
    assert busy_error(FILE, "IO Error: No space left on device") is None


def test_a_missing_file_and_an_unreadable_one_have_different_messages(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    failure = duckdb.IOException("IO Error: not a valid DuckDB database file!\nmore")
    assert str(opening_error(path, failure)) == f"{path} does not exist: run the daily job first"
    path.touch()
    assert str(opening_error(path, failure)).endswith(
        "cannot be opened: IO Error: not a valid DuckDB database file!"
    )


def test_a_file_of_a_newer_duckdb_is_no_damage_and_names_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.touch()
    failure = duckdb.IOException(
        "IO Error: Trying to read a database file with version number 99, but we can only read 65."
    )
    assert isinstance(opening_error(path, failure), NewerReleaseError)
