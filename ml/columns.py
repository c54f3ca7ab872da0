"""Readers of Arrow columns: any numeric type as doubles, text columns, numbers of days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def is_known(table: pa.Table, column: str) -> bool:
    """Return whether the table has the column and any value in it."""
    return column in table.column_names and table[column].null_count < len(table)


def numbers(values: pa.ChunkedArray) -> NDArray[np.float64]:
    """Values of a numeric or boolean column as doubles of shape (rows,), NaN for nulls."""
    return np.asarray(values.cast(pa.float64()).to_numpy())


def value_type(data_type: pa.DataType) -> pa.DataType:
    """Type of the values; for a dictionary-encoded column, the type of its dictionary."""
    return data_type.value_type if pa.types.is_dictionary(data_type) else data_type


def is_text(data_type: pa.DataType) -> bool:
    """Return whether values are strings, dictionary-encoded or not."""
    plain = value_type(data_type)
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def most_frequent(values: pa.ChunkedArray, at_most: int) -> list[str]:
    """At most `at_most` values as text, most frequent first; ties in the order of the text."""
    counted = pa.table({"value": values.cast(pa.string()).drop_null()})
    counted = counted.group_by("value").aggregate([([], "count_all")])
    counted = counted.sort_by([("count_all", "descending"), ("value", "ascending")])
    return [str(value) for value in counted["value"].slice(0, at_most).to_pylist()]


def day_number(day: date) -> int:
    """Days since 1970-01-01, Arrow's representation of a date."""
    return (day - date(1970, 1, 1)).days
