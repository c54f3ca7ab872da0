from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ml.churn.preprocess import MAX_CATEGORIES, Column, Preprocessor
from ml.schemas import SchemaError

TRAINING = pa.table(
    {
        "customer_id": ["a", "b", "c"],
        "snapshot_date": pa.array([date(2026, 1, 1)] * 3),
        "orders": pa.array([1, None, 3], pa.int32()),
        "revenue": pa.array([Decimal("1.50"), Decimal("2.25"), None], pa.decimal128(18, 2)),
        "has_app": pa.array([True, False, None]),
        "plan": pa.array(["pro", "basic", None]),
        "never": pa.nulls(3, pa.float64()),
        "churned": [True, False, True],
    }
)


def test_unknown_values_stay_unknown() -> None:
    matrix = Preprocessor.fit(TRAINING).transform(TRAINING)

    nan = float("nan")
    expected = [[1, 1.5, 1, 1], [nan, 2.25, 0, 0], [3, nan, nan, nan]]
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, expected)


def test_kinds_follow_the_types_and_empty_columns_are_named() -> None:
    fitted = Preprocessor.fit(TRAINING)

    assert fitted.names == ["orders", "revenue", "has_app", "plan"]
    assert fitted.types == ["q", "q", "i", "c"]
    assert fitted.unknown == ("never",)


def test_a_category_not_seen_in_training_is_unknown() -> None:
    later = TRAINING.set_column(5, "plan", pa.array(["basic", "platinum", "pro"]))

    plan = Preprocessor.fit(TRAINING).transform(later)[:, 3]

    np.testing.assert_array_equal(plan, [0, np.nan, 1])


def test_only_the_most_frequent_categories_get_a_code() -> None:
    values = [f"v{number:03d}" for number in range(100)] + ["v099"]
    fitted = Preprocessor.fit(pa.table({"city": values}))

    assert len(fitted.columns[0].categories) == MAX_CATEGORIES
    assert "v099" in fitted.columns[0].categories


def test_columns_may_be_in_any_order_and_among_others() -> None:
    fitted = Preprocessor.fit(TRAINING)
    shuffled = TRAINING.select(["plan", "revenue", "has_app", "orders"])

    np.testing.assert_array_equal(fitted.transform(shuffled), fitted.transform(TRAINING))


def test_a_dictionary_column_reads_as_its_text() -> None:
    encoded = TRAINING.set_column(5, "plan", TRAINING["plan"].dictionary_encode())

    np.testing.assert_array_equal(
        Preprocessor.fit(encoded).transform(encoded),
        Preprocessor.fit(TRAINING).transform(TRAINING),
    )


def test_a_column_without_values_is_unknown_and_no_error() -> None:
    later = TRAINING.set_column(2, "orders", pa.nulls(3)).set_column(5, "plan", pa.nulls(3))

    matrix = Preprocessor.fit(TRAINING).transform(later)

    assert np.isnan(matrix[:, [0, 3]]).all()


def test_a_preprocessor_is_read_from_json_unchanged() -> None:
    fitted = Preprocessor.fit(TRAINING)

    assert Preprocessor.from_json(fitted.to_json()) == fitted


def test_a_missing_feature_is_named() -> None:
    with pytest.raises(SchemaError, match="lacks orders"):
        Preprocessor.fit(TRAINING).transform(TRAINING.drop_columns(["orders"]))


def test_a_feature_of_another_type_than_in_training_is_refused() -> None:
    later = TRAINING.set_column(2, "orders", pa.array(["1", "2", "3"]))

    with pytest.raises(
        SchemaError, match="feature orders: expected a number as in training, found string"
    ):
        Preprocessor.fit(TRAINING).transform(later)


def test_an_infinite_value_is_refused_by_name() -> None:
    fitted = Preprocessor((Column("ratio", "number"),))

    with pytest.raises(SchemaError, match="infinite values in ratio"):
        fitted.transform(pa.table({"ratio": [1.0, float("inf")]}))


def test_a_date_is_no_feature() -> None:
    with pytest.raises(SchemaError, match="feature since: expected a number"):
        Preprocessor.fit(pa.table({"since": pa.array([date(2026, 1, 1)])}))
