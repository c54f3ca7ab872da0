from __future__ import annotations

import subprocess
import sys

import pytest

from ml.decisions.settings import DayLimits, Randomisation
from ml.errors import ModelError


@pytest.mark.parametrize("name", ["holdout_share", "exploration_share", "control_share"])
@pytest.mark.parametrize("share", [-0.01, 1.0, float("nan")])
def test_a_share_outside_its_range_is_refused_by_name(name: str, share: float) -> None:
    with pytest.raises(ModelError, match=f"{name}: expected 0 or more and below 1"):
        Randomisation(**{name: share})


@pytest.mark.parametrize("budget", [-1.0, float("nan"), float("inf")])
def test_a_budget_that_cannot_be_kept_is_refused(budget: float) -> None:
    with pytest.raises(ModelError, match="budget: expected 0 or more"):
        DayLimits(budget)


@pytest.mark.parametrize("contacts", [-1, 2.5])
def test_a_capacity_that_is_no_number_of_contacts_is_refused(contacts: int) -> None:
    with pytest.raises(ModelError, match="capacity of call: expected a whole number"):
        DayLimits(None, {"call": contacts})


def test_the_configuration_can_read_settings_without_numpy() -> None:
    script = "import sys, ml.decisions.settings; print({'numpy', 'scipy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
