"""`holdfast simulate`: preparation, and the table of the policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from deployment.errors import HoldfastError

if TYPE_CHECKING:
    from simulation.report import PolicyResult


def run_simulation(
    console: Console,
    out: Path,
    people: int,
    seed: int,
    days: int,
    every: int,
    monthly_budget: float | None,
) -> None:
    """Run or continue the simulation in a folder, and show what each policy earned.

    Raises:
        HoldfastError: an argument is out of range.
        RunError: a run of the pipeline failed.
    """
    if people < 100 or not 1 <= every <= days:
        raise HoldfastError(
            f"simulate: 100 people or more and 1 <= every <= days were expected, found "
            f"{people} people and {every} of {days} days"
        )
    from deployment.config_file import config_path_from_env
    from deployment.home import Home
    from orchestration.runtime.instance import prepare

    out = out.resolve()
    prepare(Home(out / "home"), config_path_from_env())
    from orchestration.runtime.execution import SilentReporter
    from simulation.company import Company
    from simulation.report import learning_curve, summary, write_report
    from simulation.run import DEMO_CONFIG, ORACLE, Simulation

    company = Company(people=people, seed=seed, days=days, every=every)
    simulation = Simulation(company, monthly_budget or float(people), out, DEMO_CONFIG)
    values = simulation.run(SilentReporter(), console.print)
    curve = learning_curve(values, ORACLE)
    show_policies(console, summary(curve, ORACLE))
    for path in write_report(curve, out):
        console.print(str(path), soft_wrap=True)


def show_policies(console: Console, results: list[PolicyResult]) -> None:
    """Print a row for each policy."""
    table = Table("policy", "treated", "kept", "driven away", "cost", "net value", "of oracle")
    for result in results:
        share = result.share_of_oracle
        table.add_row(
            result.policy,
            f"{result.treated:,}",
            f"{result.kept:,}",
            f"{result.lost:,}",
            f"{result.contact_cost:,.0f}",
            f"{result.net_value:,.0f}",
            "unknown" if share is None else f"{share:.0%}",
        )
    console.print(table)
