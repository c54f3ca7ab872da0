from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ml.columns import is_known, is_text, most_frequent, numbers


@pytest.mark.parametrize(
    "values",
    [[1, None, 0], [1.0, None, 0.0], [Decimal("1.00"), None, Decimal("0.00")], [True, None, False]],
)
def test_any_number_or_boolean_is_read_as_a_double_and_null_as_unknown(
    values: list[object],
) -> None:
    np.testing.assert_array_equal(numbers(pa.chunked_array([values])), [1, np.nan, 0])


def test_a_column_without_values_is_as_unknown_as_a_missing_one() -> None:
    table = pa.table({"some": [None, 3], "none": pa.nulls(2, pa.int32())})

    assert is_known(table, "some")
    assert not is_known(table, "none")
    assert not is_known(table, "absent")


def test_strings_are_text_however_they_are_stored() -> None:
    names = pa.array(["a", "b"])

    for stored in (names, names.cast(pa.large_string()), names.dictionary_encode()):
        assert is_text(stored.type)
    assert not is_text(pa.array([True]).type)
    assert not is_text(pa.array([1, 2]).dictionary_encode().type)


def test_the_most_frequent_values_come_first_and_ties_by_name() -> None:
    values = pa.chunked_array([["b", "a", None, "c"], ["c", None, "b", "d"]])

    assert most_frequent(values, at_most=3) == ["b", "c", "a"]
