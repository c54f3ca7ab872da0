from __future__ import annotations

from dataclasses import replace

import pytest

from ml.config import TrainingSettings


@pytest.mark.parametrize("name", ["horizon_days", "step_days", "max_rows", "threads"])
def test_a_setting_below_its_range_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected a whole number of at least 1"):
        replace(TrainingSettings(), **{name: 0})


def test_an_unknown_kind_of_churn_is_refused() -> None:
    with pytest.raises(ValueError, match="kind: expected non_contractual or contractual"):
        replace(TrainingSettings(), kind="sometimes")
