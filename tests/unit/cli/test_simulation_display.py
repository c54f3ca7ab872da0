from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cli.simulation_display import run_simulation, show_policies
from deployment.errors import HoldfastError
from simulation.report import PolicyResult


def test_each_policy_is_a_row_with_its_share_of_the_oracle() -> None:
    text = StringIO()
    show_policies(
        Console(file=text, width=120),
        [
            PolicyResult("oracle", 30, 30, 0, 45.0, 1500.0, 1.0),
            PolicyResult("holdfast", 90, 12, 1, 50.0, 600.0, 0.4),
            PolicyResult("random", 90, 2, 5, 50.0, -75.0, None),
        ],
    )
    shown = text.getvalue()
    assert "40%" in shown
    assert "1,500" in shown
    assert "unknown" in shown


@pytest.mark.parametrize(("people", "every"), [(50, 14), (500, 0), (500, 60)])
def test_impossible_arguments_are_refused(people: int, every: int, tmp_path: Path) -> None:
    with pytest.raises(HoldfastError, match="every"):
        run_simulation(Console(file=StringIO()), tmp_path, people, 7, 28, every, None)
    assert list(tmp_path.iterdir()) == []
