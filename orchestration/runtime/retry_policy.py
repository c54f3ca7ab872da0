"""Which failures of a step may be tried again: a warehouse in use, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from ingestion.errors import ExtractError
from orchestration.runtime.dbt import TransformError
from warehouse.connection import WarehouseError

RETRIES = 4
SECONDS_BETWEEN_RETRIES = 15
_IN_USE = ("is being written", "Could not set lock", "Conflicting lock")


@contextmanager
def final_unless_in_use(*also_final: type[Exception]) -> Iterator[None]:
    """Turn known errors into a failure with their message; retry where the warehouse was in use.

    Bad data is as bad the second time. A file that somebody else holds open will be let go.

    Args:
        also_final: errors that the step knows besides those of extraction, dbt and warehouse.
    """
    final: tuple[type[Exception], ...] = (ExtractError, TransformError, WarehouseError, *also_final)
    try:
        yield
    except final as error:
        if any(sign in str(error) for sign in _IN_USE):
            raise dg.RetryRequested(RETRIES, SECONDS_BETWEEN_RETRIES) from error
        raise dg.Failure(str(error), allow_retries=False) from error
