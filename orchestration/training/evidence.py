"""Evidence on the model in use, read from the working warehouse, and the decision for a day.

The published file is a product that can be made again, so no decision depends on it.
"""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from deployment.config import DeploymentConfig
from deployment.home import Home
from ml.monitoring.drift import SCORE
from orchestration.resources import Models
from orchestration.training.retrain_reason import (
    Evidence,
    Outcome,
    decay_reason,
    retrain_reason,
)
from warehouse.connection import open_file

if TYPE_CHECKING:
    from ml.churn.model import LoadedModel


def read_evidence(warehouse: Path, used: LoadedModel, trained_on: date, day: date) -> Evidence:
    """Drift and outcomes of a model as known on a day, without anything learned later.

    Args:
        warehouse: the working file; the evidence is empty where it or a table is absent.
        used: the model in use.
        trained_on: date of the latest training.
        day: the day of the run.

    Raises:
        WarehouseBusyError: another process holds the working file.
    """
    facts = used.model.facts
    if not warehouse.exists():
        return Evidence(used.version, trained_on)
    with closing(open_file(warehouse, read_only=True)) as con:
        asked = {"version": used.version, "day": day}
        has_drift = _has_table(con, "drift_daily")
        drift = con.execute(_NEWLY_SHIFTED, asked).fetchall() if has_drift else []
        matured = {
            "version": used.version,
            "first": facts.holdout_date,
            "last": day - timedelta(days=facts.horizon_days),
        }
        has_outcomes = _has_table(con, "prediction_performance")
        rows = con.execute(_OUTCOMES, matured).fetchall() if has_outcomes else []
    known = [Outcome(*row) for row in rows]
    return Evidence(
        version=used.version,
        trained_on=trained_on,
        measured_on=drift[0][0] if drift else None,
        newly_shifted={name: weight for _, name, weight, _ in drift if name and name != SCORE},
        score_psi=next((psi for _, name, _, psi in drift if name == SCORE), None),
        promised=next((each for each in known if each.snapshot_date == facts.holdout_date), None),
        matured=next((each for each in known if each.snapshot_date > facts.holdout_date), None),
    )


def _has_table(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(
        con.execute(
            "from duckdb_tables() where schema_name = 'feedback' and table_name = ?", [name]
        ).fetchall()
    )


def why_due(config: DeploymentConfig, home: Home, day: date) -> str | None:
    """The reason to train for a day of a deployment; None where no training is due.

    None also without a model in use: the first training is not a retraining.

    Raises:
        WarehouseBusyError: another process holds the working file.
        ModelError: the files of the model in use cannot be read.
    """
    models = Models(home, config).churn_models
    used, trained_on = models.champion(day), models.last_trained(day)
    if used is None or trained_on is None:
        return None
    if (killed := models.interrupted(day)) is not None:
        return (
            f"interrupted: the training as of {killed.as_of} was killed before its model "
            f"{killed.version} was judged"
        )
    evidence = read_evidence(home.warehouse, used, trained_on, day)
    return retrain_reason(evidence, day, config.drift, config.training.every_days)


def published_decay(config: DeploymentConfig, published: Path) -> str | None:
    """The loss of realised outcomes of the model that scored the latest published day.

    None within the bounds of `drift`, and before a day of the model has matured. No model is
    opened: its holdout is its earliest date.
    """
    if not published.exists():
        return None
    with duckdb.connect(str(published), read_only=True) as con:
        row = con.execute("select model_version, as_of_date from ops.publication").fetchone()
        if row is None or row[0] is None:
            return None
        version, day = row
        last = day - timedelta(days=config.churn.horizon_days)
        asked = {"version": version, "first": date.min, "last": last}
        known = [Outcome(*each) for each in con.execute(_OUTCOMES, asked).fetchall()]
    if len(known) < 2:
        return None
    evidence = Evidence(version, day, promised=known[-1], matured=known[0])
    return decay_reason(evidence, config.drift)


# The latest measured date is a row of its own, so that it is returned where nothing has shifted.
_NEWLY_SHIFTED = """
with measured as (
    from feedback.drift_daily
    where model_version = $version and snapshot_date <= $day
),

dates as (
    select max(snapshot_date) as latest, min(snapshot_date) as first
    from measured
),

shifted_at_first as (
    select feature
    from measured
    inner join dates on measured.snapshot_date = dates.first
    where level = 'shifted'
)

select dates.latest, shifted.feature, shifted.weight, shifted.psi
from dates
left join (
    from measured
    anti join shifted_at_first using (feature)
    where level = 'shifted'
) as shifted on shifted.snapshot_date = dates.latest
where dates.first < dates.latest
order by shifted.weight desc, shifted.feature
"""

# The model's scored dates whose horizon has passed, latest first; its holdout is the earliest.
_OUTCOMES = """
select snapshot_date, customers, churn_rate, roc_auc, calibration_error
from feedback.prediction_performance
where model_version = $version and snapshot_date between $first and $last
order by snapshot_date desc
"""
