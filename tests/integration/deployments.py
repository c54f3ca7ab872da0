"""Deployments for tests: a home, a configuration, and the jobs run on them in this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import yaml
from typer.testing import CliRunner

from cli.commands import app
from demo import generate
from deployment.config import deployment_vars
from deployment.config_file import load_config
from deployment.home import Home
from orchestration.runtime.dbt import Dbt
from orchestration.runtime.execution import Runner
from orchestration.runtime.instance import environment, prepare

ROOT = Path(__file__).parent.parent.parent
DEMO = ROOT / "config" / "demo.yml"

# A demo company small enough to be run many times: its people, its daily drops, its days.
PEOPLE = 500
DROPS = 2
HISTORY = date(2026, 6, 27)
LAST = HISTORY + timedelta(days=DROPS)

# For where it matters where customers come from, and not how good the model is.
QUICK_TRAINING = {"tuning_trials": 0, "earlier_origins": 0}


def with_quick_training(config: Path, folder: Path) -> Path:
    """A copy of a configuration that trains without tuning and without earlier holdouts."""
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    content["training"] = {**content.get("training", {}), **QUICK_TRAINING}
    path = folder / config.name
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def deliver(home: Home, people: int) -> None:
    """Write the demo company's deliveries, from its history up to `LAST`."""
    # By default the generated history ends some days before 30 June.
    drops = (date(2026, 6, 30) - HISTORY).days
    truth = home.root / "demo_truth"
    generate(home.landing, truth, people=people, daily_drops=drops, drops_until=LAST)


def _grains() -> dict[str, str]:
    """Key columns of each published table, from the YAML beside its model."""
    project = ROOT / "dbt_project"
    layers = yaml.safe_load((project / "dbt_project.yml").read_text("utf-8"))["models"]["holdfast"]
    models = project / "models"
    return {
        f"{schema}.{model['name']}": ", ".join(grain)
        for path in sorted(models.rglob("*.yml"))
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", ())
        if (grain := model.get("config", {}).get("meta", {}).get("grain"))
        if (
            schema := model["config"].get(
                "schema", layers[path.relative_to(models).parts[0]]["+schema"]
            )
        )
    }


GRAINS = _grains()

# Of them, what a company without contracts, such as the demo company, has no row of.
OF_CONTRACTS = {"activation.customer_survival_monthly"}
# What compares a day with the one or the seven before it.
OF_LATER_DAYS = {
    "activation.segment_movements_daily",
    "activation.customer_moves_daily",
    "ops.corrections_daily",
}

# Of them, what has rows only once the horizon of a day that was run has passed.
MATURED = {
    "feedback.warning_performance",
    "feedback.demand_performance",
    "feedback.segment_outcomes",
}

# A run decides on actions for its latest day only, so these depend on how the runs were cut.
OF_DECISIONS = {
    "activation.customer_actions_daily",
    "activation.action_reasons_daily",
    "activation.action_exclusions_daily",
    "activation.action_audience_events",
    "feedback.action_effects",
    "feedback.action_deliveries",
}


@dataclass(frozen=True)
class Deployment:
    """A home and the configuration that it is run with."""

    home: Home
    config: Path = DEMO

    def runner(self) -> Runner:
        prepare(self.home, self.config)
        return Runner(load_config(self.config), self.home)

    def day(self, day: date, *, retrain: bool = False) -> None:
        self.runner().day(day, retrain=retrain)

    def range(self, first: date, last: date) -> None:
        self.runner().range(first, last)

    def command(self, *arguments: str) -> list[str]:
        """The command line's command, as a process of its own."""
        start = "import sys; from cli.commands import app; sys.argv[0] = 'holdfast'; app()"
        return [sys.executable, "-c", start, *arguments]

    def environ(self) -> dict[str, str]:
        return {**os.environ, **environment(self.home, self.config), "PYTHONPATH": str(ROOT)}

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line's command, in this process; an error that it does not know is raised."""
        prepare(self.home, self.config)
        done = CliRunner().invoke(app, arguments)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def dbt(self, *arguments: str) -> list[str]:
        """Run one of dbt's own commands on the warehouse, and return the names of its nodes."""
        # As a run builds: without artefacts, and knowing the schemas of these models alone.
        flags = ("--no-write-json", "--cache-selected-only")
        return Dbt(self.home, deployment_vars(self.runner().config)).command(*arguments, *flags)

    def copy(self, target: Path) -> Deployment:
        """The same deployment in another folder, with everything that it has done so far."""
        shutil.copytree(self.home.root, target, symlinks=True)
        return Deployment(Home(target), self.config)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the published file."""
        with duckdb.connect(str(self.home.published), read_only=True) as con:
            return con.execute(sql).fetchall()

    def warehouse(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the working file."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as con:
            return con.execute(sql).fetchall()

    def days(self) -> int:
        """Number of published days."""
        [(days,)] = self.query(
            "select count(distinct snapshot_date) from activation.customer_risk_daily"
        )
        return int(str(days))

    def table(self, name: str, where: str = "true") -> list[tuple[object, ...]]:
        """A published table in the order of its grain."""
        return self.query(f"select * from {name} where {where} order by {GRAINS[name]}")


def differences(
    one: Deployment, other: Deployment, tables: Sequence[str] = tuple(GRAINS)
) -> list[str]:
    """Published tables in which two deployments differ, by name and number of differing rows."""
    found = []
    with duckdb.connect() as con:
        con.execute(f"attach '{one.home.published}' as one (read_only)")
        con.execute(f"attach '{other.home.published}' as other (read_only)")
        for table in tables:
            row = con.execute(
                f"""
                select count(*) from (
                    (from one.{table} except all from other.{table})
                    union all
                    (from other.{table} except all from one.{table})
                )
                """
            ).fetchone()
            if row and row[0]:
                found.append(f"{table}: {row[0]} rows")
    return found


def stages_at_the_end(deployment: Deployment) -> list[tuple[object, ...]]:
    """Each stage of those who bought, how many attrition leaves in it, and how many stand there."""
    return deployment.query(
        """
        select
            stage,
            stayed,
            (
                select count(*)
                from marts.dim_customers as customers
                inner join activation.customer_segments_daily as segments using (customer_id)
                where
                    segments.snapshot_date = (select as_of_date from ops.publication)
                    and customers.lifecycle_stage = stage
                    and case
                        when segments.contract_state is not null
                            then segments.lifecycle_status != 'dormant'
                        else
                            customers.last_order_at
                            >= (select as_of_date - 179 from ops.publication)
                    end
            )
        from marts.lifecycle_attrition
        where
            month = (select date_trunc('month', as_of_date) from ops.publication)
            and stage in ('first_purchase', 'repeat', 'loyal')
        order by stage_no
        """
    )
