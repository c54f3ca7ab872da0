"""The real pipeline inside the simulation: its configuration, one run, and what it decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from deployment.config_file import load_config
from deployment.home import Home
from orchestration.runtime.execution import Runner, RunReporter
from orchestration.runtime.instance import prepare
from orchestration.training.evidence import why_due
from simulation.company import Company

# A year has many trainings, and only the policy is judged: none is tuned or evaluated on the past.
TRAINING = {"tuning_trials": 0, "earlier_origins": 0, "every_days": 90}
# Nobody sits before the simulation who could accept a drift.
DRIFT = {"on_shift": "warn"}


def write_config(template: Path, target: Path, company: Company, monthly_budget: float) -> None:
    """Write the deployment's configuration: the template with the company's dates and budget."""
    content: dict[str, Any] = yaml.safe_load(template.read_text(encoding="utf-8"))
    changes: Mapping[str, Mapping[str, object]] = {
        "actions": {"monthly_budget": monthly_budget},
        "training": TRAINING,
        "drift": DRIFT,
    }
    for section, values in changes.items():
        content[section] = {**content.get(section, {}), **values}
    content["first_date"], content["last_date"] = company.first_date, company.last_date
    target.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def run_day(config: Path, home: Home, day: date, reporter: RunReporter) -> None:
    """Load all drops that wait, decide the day, and train if a training is due.

    Raises:
        RunError: the run failed.
    """
    prepare(home, config)
    settings = load_config(config)
    reason = why_due(settings, home, day) if home.published.exists() else None
    Runner(settings, home, reporter).day(day, retrain=reason is not None, reason=reason)


def published_customers(home: Home, records: Path, day: date) -> pa.Table:
    """Scored customers of the day: `person_id`, `churn_probability` and `has_phone`.

    Args:
        home: the deployment, whose latest published day is `day`.
        records: the truth's file of source records and their people. A customer of several people
            is the first of them.
        day: the day.
    """
    with duckdb.connect(str(home.published), read_only=True) as con:
        return con.execute(
            f"""
            with people as ({_people(records)})

            select
                people.person_id,
                max(churn_probability) as churn_probability,
                bool_or(has_phone) as has_phone
            from activation.customer_risk_daily as risk
            inner join people using (customer_id)
            inner join marts.dim_customers using (customer_id)
            where snapshot_date = ?
            group by people.person_id
            order by person_id
            """,
            [day],
        ).to_arrow_table()


def permitted_pairs(home: Home, records: Path) -> pa.Table:
    """Pairs that the customers of the latest decided day permit: `person_id`, `action_id`.

    All customers of a person must permit the action.
    """
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        con.execute(f"attach '{home.published}' as published (read_only)")
        return con.execute(
            f"""
            with people as ({_people(records, "published.")})

            select people.person_id, action_id
            from actions.action_candidates
            inner join people using (customer_id)
            group by people.person_id, action_id
            having bool_and(is_permitted)
            """
        ).to_arrow_table()


def decided_treatments(home: Home, records: Path, day: date) -> pa.Table:
    """Treatments that the pipeline decided on a day: `person_id`, `action_id`, `expected_cost`."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        con.execute(f"attach '{home.published}' as published (read_only)")
        return con.execute(
            f"""
            with people as ({_people(records, "published.")})

            select people.person_id, action_id, expected_cost
            from ops.decided_actions
            inner join people using (customer_id)
            where snapshot_date = ? and arm = 'treatment'
            qualify row_number() over (partition by people.person_id order by customer_id) = 1
            order by person_id
            """,
            [day],
        ).to_arrow_table()


def learned(home: Home) -> tuple[pa.Table, pa.Table]:
    """Effects of all matured periods by action, and the priors of the next decisions."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        effects = con.execute(
            """
            select action_id, period_kind, period_start, treated, control, uplift, uplift_low,
                uplift_high, verdict
            from ml.action_effects where segment_kind = 'all'
            order by action_id, period_kind, period_start
            """
        ).to_arrow_table()
        priors = con.execute(
            "from ml.action_priors order by action_id, cause nulls last"
        ).to_arrow_table()
    return effects, priors


def _people(records: Path, database: str = "") -> str:
    return f"""
        select customer_id, min(person_id) as person_id
        from {database}marts.customer_identities as identities
        inner join '{records}' as records
            on identities.source = records.source
            and identities.source_customer_id = records.source_record_id
        group by customer_id
    """
