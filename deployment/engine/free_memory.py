"""Free memory: what Python has let go of is returned to the system, so that DuckDB can use it.

Arrow's allocator and the C library keep freed memory for later. After the training of a company of
100,000 people they held 2 GB.
"""

from __future__ import annotations

import ctypes
import sys

import pyarrow as pa


def return_free_memory() -> None:
    """Return freed memory to the system, which takes milliseconds.

    Cycles are left to Python's collector: a collection of all objects takes 0.3 s.
    """
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
