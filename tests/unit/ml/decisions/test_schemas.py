from __future__ import annotations

import pyarrow as pa
import pytest

from ml.decisions.schemas import CANDIDATES, checked, require_range
from ml.schemas import SchemaError
from tests.unit.ml.decisions.made_up_day import made_up_candidates


def test_columns_are_brought_into_order_and_type() -> None:
    table = made_up_candidates(3)
    cost = table["expected_cost"].cast(pa.float32()).cast(pa.decimal128(18, 2))
    shuffled = table.select(table.column_names[::-1]).drop_columns("expected_cost")
    given = shuffled.append_column("expected_cost", cost).append_column("more", cost)

    found = checked(given, CANDIDATES, "candidates")

    assert found.schema == CANDIDATES
    assert found["expected_cost"].to_pylist() == pytest.approx(table["expected_cost"].to_pylist())


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="candidates lacks choice_draw"):
        checked(made_up_candidates(2).drop_columns("choice_draw"), CANDIDATES, "candidates")


def test_a_text_in_place_of_a_number_is_named() -> None:
    table = made_up_candidates(2)
    words = pa.array(["much"] * len(table))
    broken = table.set_column(4, "expected_cost", words)

    with pytest.raises(SchemaError, match=r"candidates.expected_cost: expected double, found str"):
        checked(broken, CANDIDATES, "candidates")


def test_values_outside_a_range_are_counted_and_nulls_are_not() -> None:
    table = pa.table({"draw": [0.0, 0.5, None, 1.0, -0.1]})

    require_range(table.slice(0, 3), "draw", 0, 1, "days")
    with pytest.raises(SchemaError, match=r"days.draw: .* found 2 rows outside"):
        require_range(table, "draw", 0, 1, "days")
