from __future__ import annotations

import errno

import dagster as dg
import duckdb
import pytest

from ingestion.errors import SourceError
from ml.schemas import SchemaError
from orchestration.runtime.retry_policy import final_unless_in_use
from warehouse.errors import WarehouseBusyError, WarehouseError


def test_a_step_is_retried_while_another_process_holds_the_warehouse() -> None:
    with pytest.raises(dg.RetryRequested) as caught, final_unless_in_use():
        raise WarehouseBusyError("w.duckdb is held")
    assert caught.value.max_retries == 4


@pytest.mark.parametrize("error", [SourceError, WarehouseError, SchemaError])
def test_a_known_error_fails_the_step_for_good_with_its_message(error: type[Exception]) -> None:
    # A message about a lock is no reason to retry: the type alone decides.
    with pytest.raises(dg.Failure) as caught, final_unless_in_use():
        raise error("Could not set lock on file")
    assert (caught.value.description, caught.value.allow_retries) == (
        "Could not set lock on file",
        False,
    )


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/tmp/warehouse.duckdb"),
        duckdb.IOException('Could not write all to file "/tmp/warehouse.duckdb": no space'),
        WarehouseError('dbt failed: could not write "/tmp/w": No space left on device'),
    ],
)
def test_a_full_disk_fails_the_step_with_the_message_of_the_command_line(error: Exception) -> None:
    message = r"^/tmp\S*: the disk is full .*: free some space"
    with pytest.raises(dg.Failure, match=message), final_unless_in_use():
        raise error


def test_an_unknown_error_keeps_its_trace() -> None:
    with pytest.raises(ZeroDivisionError), final_unless_in_use():
        raise ZeroDivisionError
