"""Retry policy of steps: a step is retried only while another process holds the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from deployment.errors import HoldfastError
from ml.errors import ModelError
from warehouse.errors import WarehouseBusyError

RETRIES = 4
SECONDS_BETWEEN_RETRIES = 15


@contextmanager
def final_unless_in_use() -> Iterator[None]:
    """Turn known errors into a failure with their message; retry while the warehouse is busy.

    Every other known error would be the same at the next try.

    Raises:
        RetryRequested: another process holds the warehouse.
        Failure: any other `HoldfastError` or `ModelError`; without retries.
    """
    try:
        yield
    except WarehouseBusyError as error:
        raise dg.RetryRequested(RETRIES, SECONDS_BETWEEN_RETRIES) from error
    except (HoldfastError, ModelError) as error:
        raise dg.Failure(str(error), allow_retries=False) from error
