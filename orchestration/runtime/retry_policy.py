"""Retry policy of steps: a step is retried only while another process holds the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from deployment.errors import HoldfastError
from deployment.home import Home
from ml.errors import ModelError
from warehouse.errors import WarehouseBusyError
from warehouse.health.faults import fault_in, fault_of

RETRIES = 4
SECONDS_BETWEEN_RETRIES = 15


@contextmanager
def final_unless_in_use() -> Iterator[None]:
    """Turn known errors and faults into a failure with a plain message; retry while busy.

    Every other known error would be the same at the next try. The UI shows the message, also of a
    run that the daemon started.

    Raises:
        RetryRequested: another process holds the warehouse.
        Failure: any other `HoldfastError` or `ModelError`, or a fault of the machine or of a file;
            without retries.
    """
    try:
        yield
    except WarehouseBusyError as error:
        raise dg.RetryRequested(RETRIES, SECONDS_BETWEEN_RETRIES) from error
    except (HoldfastError, ModelError) as error:
        fault = fault_in(str(error), Home.from_env())
        raise dg.Failure(str(fault or error), allow_retries=False) from error
    except Exception as error:
        if (fault := fault_of(error, Home.from_env())) is None:
            raise
        raise dg.Failure(str(fault), allow_retries=False) from error
