from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from ml.schemas import (
    SchemaError,
    check_examples,
    check_features,
    eligible_rows,
    sorted_by_keys,
)


def table(**columns: pa.Array | list[object]) -> pa.Table:
    rows = {
        "customer_id": ["b", "a"],
        "snapshot_date": pa.array([date(2026, 1, 1)] * 2),
        "orders": [1, 2],
        "churned": [True, False],
    }
    return pa.table(rows | columns)


def test_a_sound_table_passes() -> None:
    check_examples(table())


def test_a_missing_column_is_named_with_the_columns_found() -> None:
    with pytest.raises(SchemaError, match="lacks snapshot_date; it has customer_id, orders"):
        check_features(table().drop_columns(["snapshot_date", "churned"]))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"snapshot_date": ["2026-01-01"] * 2}, "snapshot_date: expected a date, found string"),
        ({"customer_id": ["a", None]}, "customer_id: expected no nulls, found 1 in 2 rows"),
        ({"churned": [1, 0]}, "churned: expected a boolean, found int64"),
        ({"churned": [True, None]}, "churned: expected no nulls"),
    ],
)
def test_the_message_names_the_column_and_its_fault(columns: dict[str, list], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        check_examples(table(**columns))


def test_a_table_of_keys_alone_is_refused() -> None:
    with pytest.raises(SchemaError, match="no feature column"):
        check_features(table().drop_columns(["orders"]))


def test_a_customer_who_appears_twice_on_a_date_is_named() -> None:
    with pytest.raises(SchemaError, match="customer a appears more than once on 2026-01-01"):
        sorted_by_keys(table(customer_id=["a", "a"]))


def test_rows_are_sorted_by_date_then_customer() -> None:
    assert sorted_by_keys(table())["customer_id"].to_pylist() == ["a", "b"]


def test_unknown_eligibility_counts_as_not_eligible() -> None:
    assert len(eligible_rows(table(is_eligible=pa.array([True, None])))) == 1
    assert len(eligible_rows(table())) == 2
