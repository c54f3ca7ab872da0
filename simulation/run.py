"""Loop of the simulation over its decision days, with the state of each step on disk.

A simulation that was killed continues: a decision day is done when its file of Holdfast's decisions
exists, which is written last. The pipeline decides no day twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.generator import NO_DECISIONS
from demo.oracle import potential_outcomes
from demo.sql_files import HORIZON_DAYS
from deployment.home import Home
from deployment.project import ROOT
from orchestration.runtime.execution import RunReporter
from simulation.company import Company
from simulation.pipeline import (
    decided_treatments,
    learned,
    permitted_pairs,
    published_customers,
    run_day,
    write_config,
)
from simulation.policies import (
    CHOSEN,
    Purse,
    choose,
    costs_of,
    informed_options,
    oracle_options,
    outcomes_on,
    permitted_options,
    random_options,
    riskiest_options,
)
from simulation.value import customers_on, value_by_day

HOLDFAST, RISKIEST, RANDOM = "holdfast", "riskiest", "random"
PERMITTED, INFORMED, ORACLE = "permitted", "informed", "oracle"
POLICIES = (HOLDFAST, RISKIEST, RANDOM, PERMITTED, INFORMED, ORACLE)
CATALOGUE = ROOT / "dbt_project" / "seeds" / "action_catalogue.csv"
DEMO_CONFIG = ROOT / "config" / "demo.yml"


@dataclass(frozen=True)
class Simulation:
    """Company, money and folder of a simulation; everything that it writes is below `out`."""

    company: Company
    monthly_budget: float
    out: Path
    template: Path

    @property
    def home(self) -> Home:
        """The deployment of Holdfast."""
        return Home(self.out / "home")

    @property
    def untouched(self) -> Path:
        """The company's world without any decision."""
        return self.out / "worlds" / "untouched"

    @property
    def records(self) -> Path:
        """Source records and their people."""
        return self.untouched / "demo_truth" / "records.parquet"

    def run(self, reporter: RunReporter, report: Callable[[str], None]) -> dict[str, pa.Table]:
        """Decide all days that are left, and value the decisions of each policy.

        Args:
            reporter: receives the pipeline's runs.
            report: receives a line a decision day.

        Returns:
            `simulation.value.VALUES` by policy.

        Raises:
            RunError: a run of the pipeline failed.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        self.company.write_world(self.untouched, NO_DECISIONS)
        config = self.out / "config.yml"
        write_config(self.template, config, self.company, self.monthly_budget)
        catalogue = read_catalogue(CATALOGUE)
        for day in self.company.decision_days:
            if not self._file(HOLDFAST, day).exists():
                self._decide(config, day, catalogue, reporter)
            report(f"{day}: {len(pq.read_table(self._file(HOLDFAST, day)))} treated by Holdfast")
        return {policy: self._value(policy, catalogue) for policy in POLICIES}

    def touches(self, policy: str) -> pa.Table:
        """All touches so far: `CHOSEN` with `decided_on` and `sent_on`, the day after."""
        parts = [
            _dated(pq.read_table(file), day)
            for day in self.company.decision_days
            if (file := self._file(policy, day)).exists()
        ]
        return pa.concat_tables(parts or [_dated(CHOSEN.empty_table(), self.company.start)])

    def _decide(self, config: Path, day: date, catalogue: pa.Table, reporter: RunReporter) -> None:
        self.company.deliver(self.home.landing, as_decisions(self.touches(HOLDFAST)), day)
        run_day(config, self.home, day, reporter)
        customers = customers_on(self.untouched, day + timedelta(1), HORIZON_DAYS)
        costs = costs_of(customers, catalogue)
        outcomes = outcomes_on(costs, self.company, day)
        published = published_customers(self.home, self.records, day)
        informed = informed_options(costs, outcomes, customers)
        options = {
            RISKIEST: riskiest_options(published, catalogue),
            RANDOM: random_options(costs, self.company.seed, day),
            PERMITTED: permitted_options(informed, permitted_pairs(self.home, self.records)),
            INFORMED: informed,
            ORACLE: oracle_options(costs, outcomes, customers),
        }
        for policy, offered in options.items():
            earlier = self.touches(policy)
            earlier = earlier.filter(pc.less(earlier["decided_on"], pa.scalar(day)))
            budget = Purse(self.monthly_budget).on(day, self._spent(earlier, day))
            rested = rested_people(offered["person_id"], earlier, day)
            self._keep(policy, day, choose(offered, rested, budget, catalogue))
        effects, priors = learned(self.home)
        for name, table in (("effects", effects), ("priors", priors)):
            _write(table, self.out / "learned" / name / f"{day}.parquet")
        self._keep(HOLDFAST, day, decided_treatments(self.home, self.records, day))

    def _spent(self, touches: pa.Table, day: date) -> dict[date, float]:
        """Expected costs of each decision day before `day`, 0 on one without touches."""
        spent = {earlier: 0.0 for earlier in self.company.decision_days if earlier < day}
        for row in touches.group_by("decided_on").aggregate([("expected_cost", "sum")]).to_pylist():
            spent[row["decided_on"]] = row["expected_cost_sum"]
        return spent

    def _value(self, policy: str, catalogue: pa.Table) -> pa.Table:
        touches = self.touches(policy)
        world = self.out / "worlds" / policy
        self.company.write_world(world, as_decisions(touches))
        outcomes = potential_outcomes(
            touches.select(["person_id", "sent_on", "action_id"]),
            people=self.company.people,
            seed=self.company.seed,
            first_date=self.company.first_date,
            last_date=self.company.last_date,
        )
        costs = catalogue.select(["action_id", "contact_cost"])
        return value_by_day(self.untouched, world, touches.join(costs, "action_id"), outcomes)

    def _keep(self, policy: str, day: date, chosen: pa.Table) -> None:
        _write(chosen.cast(CHOSEN), self._file(policy, day))

    def _file(self, policy: str, day: date) -> Path:
        return self.out / "decisions" / policy / f"{day}.parquet"


def read_catalogue(path: Path) -> pa.Table:
    """The pipeline's catalogue of actions, which the other policies share."""
    with duckdb.connect() as con:
        return con.execute(
            f"""
            select
                action_id, capacity_a_day,
                contact_cost::double as contact_cost,
                redemption_amount::double as redemption_amount,
                redemption_order_share::double as redemption_order_share,
                redemption_rate::double as redemption_rate
            from read_csv('{path}') order by action_id
            """
        ).to_arrow_table()


def rested_people(people: pa.ChunkedArray, touches: pa.Table, day: date) -> pa.Array:
    """People whose latest touch lies at least 90 days before the next day."""
    since = day + timedelta(1 - HORIZON_DAYS)
    recent = touches.filter(pc.greater(touches["sent_on"], pa.scalar(since)))
    is_recent = pc.is_in(people, recent["person_id"])
    return people.filter(pc.invert(is_recent)).combine_chunks()


def as_decisions(touches: pa.Table) -> pa.Table:
    """Touches as `demo.generate` takes them: only treatments, since nobody delivers a control."""
    with duckdb.connect() as con:
        con.register("touches", touches)
        decisions = con.execute(
            """
            select person_id, sent_on, action_id,
                'D' || strftime(sent_on, '%Y%m%d') || person_id as contact_id, 'treatment' as arm
            from touches order by all
            """
        ).to_arrow_table()
    return decisions.cast(NO_DECISIONS.schema)


def _dated(chosen: pa.Table, day: date) -> pa.Table:
    days = pa.array([day] * len(chosen), pa.date32())
    sent = pa.array([day + timedelta(1)] * len(chosen), pa.date32())
    return chosen.append_column("decided_on", days).append_column("sent_on", sent)


def _write(table: pa.Table, path: Path) -> None:
    """Write a table by a rename, so that a killed simulation leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    pq.write_table(table, unfinished)
    unfinished.rename(path)
