"""Reading a table's columns: numbers out of any numeric type, and what a text holds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def is_known(table: pa.Table, column: str) -> bool:
    """Whether the table has the column and any value in it."""
    return column in table.column_names and table[column].null_count < len(table)


def numbers(values: pa.ChunkedArray) -> NDArray[np.float64]:
    """Numbers or booleans as doubles, NaN where null, shape (rows,)."""
    return np.asarray(values.cast(pa.float64()).to_numpy())


def value_type(data_type: pa.DataType) -> pa.DataType:
    """The type of the values themselves, of a dictionary that of its entries."""
    return data_type.value_type if pa.types.is_dictionary(data_type) else data_type


def is_text(data_type: pa.DataType) -> bool:
    """Whether values are strings, dictionary-encoded or not."""
    plain = value_type(data_type)
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def most_frequent(values: pa.ChunkedArray, at_most: int) -> list[str]:
    """The values that occur most often, as text, the most frequent first; of equals by name."""
    counted = pa.table({"value": values.cast(pa.string()).drop_null()})
    counted = counted.group_by("value").aggregate([([], "count_all")])
    counted = counted.sort_by([("count_all", "descending"), ("value", "ascending")])
    return [str(value) for value in counted["value"].slice(0, at_most).to_pylist()]
