from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.purchases.purchase_model import (
    NO_PURCHASE,
    PREDICTION_COLUMNS,
    NoPurchaseModelError,
    PurchaseModel,
    histories_of,
)


@pytest.fixture(scope="module")
def fitted(examples: pa.Table) -> PurchaseModel:
    return PurchaseModel.fit(examples.slice(0, 400), horizon_days=90)


def history(days: int | None, first: int | None, last: int | None) -> pa.Table:
    return pa.table(
        {
            "purchase_days_lifetime": pa.array([days], pa.int32()),
            "days_since_first_order": pa.array([first], pa.int32()),
            "days_since_last_order": pa.array([last], pa.int32()),
        }
    )


def test_a_history_has_repeats_and_the_age_at_the_last_purchase() -> None:
    found = histories_of(pa.concat_tables([history(3, 100, 20), history(1, 50, 50)]))

    assert found.repeats.tolist() == [2, 0]
    assert found.last.tolist() == [80, 0]
    assert found.age.tolist() == [100, 50]


def test_the_predictions_are_columns_that_are_null_without_a_purchase(
    fitted: PurchaseModel,
) -> None:
    rows = pa.concat_tables([history(5, 400, 10), history(0, None, None), history(None, 9, 9)])

    found = fitted.extend(rows)

    assert tuple(found.column_names[-3:]) == PREDICTION_COLUMNS
    for name in PREDICTION_COLUMNS:
        assert found[name].is_null().to_pylist() == [False, True, True]
    probability = 1 / (1 + np.exp(-found[NO_PURCHASE][0].as_py()))
    assert probability == pytest.approx(fitted.probability_of_no_purchase(rows)[0])


def test_a_missing_or_empty_column_is_named(examples: pa.Table) -> None:
    for broken in (
        examples.drop_columns(["days_since_first_order"]),
        history(None, None, 3).append_column("customer_id", pa.array(["a"])),
    ):
        with pytest.raises(NoPurchaseModelError, match="no customer has"):
            PurchaseModel.fit(broken, 90)


def test_without_a_repeat_purchase_there_is_no_model(examples: pa.Table) -> None:
    once = examples.drop_columns(["purchase_days_lifetime"]).append_column(
        "purchase_days_lifetime", pa.repeat(pa.scalar(1), len(examples))
    )

    with pytest.raises(NoPurchaseModelError, match="no customer has bought twice"):
        PurchaseModel.fit(once, 90)


def test_it_is_read_from_json_bit_by_bit(fitted: PurchaseModel) -> None:
    assert PurchaseModel.from_json(fitted.to_json()) == fitted
