from __future__ import annotations

import dagster as dg
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


def test_an_unknown_error_keeps_its_trace() -> None:
    with pytest.raises(ZeroDivisionError), final_unless_in_use():
        raise ZeroDivisionError
