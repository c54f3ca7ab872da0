"""Deterministic customer samples, drawn by a hash of the customer id."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.schemas import CUSTOMER_ID
from ml.split_mix import mixed


def unit_hash(customer_ids: pa.ChunkedArray, salt: int) -> NDArray[np.float64]:
    """Map each id to a number in [0, 1), uniform over ids, shape (rows,).

    The same id and salt give the same number in every process and on every machine. SplitMix64
    mixes eight bytes of the id at a time.
    """
    if len(customer_ids) == 0:
        return np.empty(0)
    encoded = customer_ids.cast(pa.string()).dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    ids = encoded.dictionary.cast(pa.binary())
    lengths = pc.binary_length(ids).to_numpy(zero_copy_only=False)
    words = max(1, -(-int(lengths.max()) // 8))
    blocks = np.array(ids.to_pylist(), dtype=f"S{words * 8}").view("<u8").reshape(len(ids), words)
    state = mixed(np.full(len(ids), salt, dtype=np.uint64))
    for word in range(words):
        # The hash of an id must not depend on the length of the longest id of the column.
        state = np.where(lengths > word * 8, mixed(state ^ blocks[:, word]), state)
    unit = (state >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.asarray(unit[encoded.indices.to_numpy(zero_copy_only=False)])


def keep_customers(customer_ids: pa.ChunkedArray, max_rows: int, salt: int) -> NDArray[np.bool_]:
    """Mask of shape (rows,) that keeps at most `max_rows` rows, all rows of a customer or none.

    Customers are kept in ascending order of their hash, so a larger maximum keeps a superset.
    """
    if len(customer_ids) <= max_rows:
        return np.ones(len(customer_ids), dtype=bool)
    position = unit_hash(customer_ids, salt)
    first_left_out = np.partition(position, max_rows)[max_rows]
    return np.asarray(position < first_left_out)


def sample_customers(table: pa.Table, max_rows: int, salt: int) -> pa.Table:
    """Rows of the table that `keep_customers` keeps, in their order."""
    return table.filter(pa.array(keep_customers(table[CUSTOMER_ID], max_rows, salt)))
