from __future__ import annotations

import pyarrow as pa
import pytest

from ml.effects.schemas import UNITS, check_units
from ml.schemas import SchemaError
from tests.unit.ml.effects.planted_experiments import units


def test_units_are_cast_and_other_columns_dropped() -> None:
    given = units(2).append_column("note", pa.array(["x", "y"]))
    encoded = given.set_column(1, "action_id", given["action_id"].dictionary_encode())

    assert check_units(encoded).schema == UNITS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (units(2).drop_columns(["arm"]), "units lacks arm"),
        (units(2, arm=["treatment", "placebo"]), r"units\.arm: expected treatment or control"),
        (units(2, arm=["treatment", None]), r"units\.arm: expected no nulls, found 1"),
        (units(2, treatment_probability=[0.5, 1.5]), r"treatment_probability: expected 0 to 1"),
        (
            units(1).set_column(14, "prior_orders", pa.array(["many"])),
            r"units\.prior_orders: expected int64, found string",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_column(given: pa.Table, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        check_units(given)
