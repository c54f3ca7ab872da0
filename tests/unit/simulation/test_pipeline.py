"""One day of the simulation in the real pipeline, and its decisions read back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from deployment.config_file import load_config
from orchestration.runtime.execution import SilentReporter
from simulation.pipeline import write_config
from simulation.policies import Purse
from simulation.report import learning_curve, summary
from simulation.run import DEMO_CONFIG, HOLDFAST, ORACLE, POLICIES, Simulation
from tests.unit.simulation.conftest import COMPANY

BUDGET = 600.0


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulation, list[str]]]:
    """A simulation of two decision days that was killed after the first one, and continued."""
    before = dict(os.environ)
    folder = tmp_path_factory.mktemp("simulation")
    simulation = Simulation(COMPANY, BUDGET, folder, DEMO_CONFIG)
    lines: list[str] = []
    simulation.run(SilentReporter(), lines.append)
    yield simulation, lines
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def test_the_configuration_has_the_companys_dates_and_budget(tmp_path: Path) -> None:
    write_config(DEMO_CONFIG, tmp_path / "config.yml", COMPANY, BUDGET)
    settings = load_config(tmp_path / "config.yml")
    assert (settings.first_date, settings.last_date) == (COMPANY.first_date, COMPANY.last_date)
    assert settings.actions.monthly_budget == BUDGET


def test_the_pipelines_treatments_are_delivered_as_touches_and_valued(
    simulated: tuple[Simulation, list[str]],
) -> None:
    simulation, lines = simulated
    assert len(lines) == len(COMPANY.decision_days)
    touches = simulation.touches(HOLDFAST)
    assert len(touches) > 0
    with duckdb.connect(str(simulation.home.warehouse), read_only=True) as con:
        [(treated,)] = con.execute(
            "select count(*) from ops.decided_actions where arm = 'treatment'"
        ).fetchall()
        [(delivered,)] = con.execute(
            "select count(*) from experiments.action_assignments"
            " where is_decided and delivered_on is not null"
        ).fetchall()
        budgets = con.execute(
            "select snapshot_date, expected_cost, budget from ops.decided_days order by all"
        ).fetchall()
    assert len(touches) == treated
    assert delivered > 0
    spent: dict[object, float] = {}
    for day, cost, budget in budgets:
        assert Purse(BUDGET).on(day, spent) == pytest.approx(budget)
        spent[day] = cost


def test_a_continued_simulation_gives_the_same_values_without_a_run(
    simulated: tuple[Simulation, list[str]],
) -> None:
    simulation, _ = simulated
    decided = (simulation.out / "decisions" / HOLDFAST).glob("*.parquet")
    before = {file: file.stat().st_mtime_ns for file in decided}
    values = simulation.run(SilentReporter(), lambda line: None)
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert tuple(values) == POLICIES
    results = {row.policy: row for row in summary(learning_curve(values, ORACLE), ORACLE)}
    for policy, result in results.items():
        files = (simulation.out / "decisions" / policy).glob("*.parquet")
        assert result.treated == sum(len(pq.read_table(file)) for file in files)
    assert results[ORACLE].net_value == max(result.net_value for result in results.values())
    assert pc.sum(values[HOLDFAST]["treated"]).as_py() == results[HOLDFAST].treated
