"""A training compared with XGBoost alone on the same rows.

Both sides grow trees of the same parameters, stop early on the same calibration rows and use the
same number of threads. Holdfast's side is all of `ml.train.fit` but for the search for better trees
and the earlier holdouts: guard, purchase process, regression, calibration, value, baselines,
intervals and groups included. The other side is the matrix and the trees.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.sides import CONFIG
from benchmarks.workload import FIRST_DAY
from deployment.config_file import load_config
from ml.churn.gradient_boosting import BoostingData, FittedBooster, fit_booster
from ml.churn.preprocess import Preprocessor
from ml.churn.split import Parts, divide, split_by_time
from ml.config import TrainingSettings
from ml.schemas import SNAPSHOT_DATE, labels_of
from ml.training.train import fit
from orchestration.resources import training_settings
from warehouse.connection import Warehouse
from warehouse.ml_tables.model_tables import feature_catalogue, histories_of

REPEATS = 3
# Those of the first day; the warehouse shows those of its latest run, which trained nothing.
_EXAMPLES = """
select features.* exclude (is_eligible), outcomes.churned, outcomes.next_net_revenue
from features.feat_customer_snapshots as features
inner join labels.lbl_churn_outcomes as outcomes using (customer_id, snapshot_date)
where features.is_eligible and features.snapshot_date <= ?
"""


@dataclass(frozen=True)
class TrainingComparison:
    """Median seconds of both sides, and the rows they trained on and stopped on."""

    people: int
    dates: int
    train_rows: int
    stopping_rows: int
    holdfast_seconds: float
    xgboost_seconds: float

    @property
    def ratio(self) -> float:
        """Seconds of Holdfast for each of XGBoost alone."""
        return self.holdfast_seconds / self.xgboost_seconds


def compare_training(people: int, warehouse: Path) -> TrainingComparison:
    """Train on the examples of a first day, the sides taking turns.

    Args:
        people: the scale, reported with the result.
        warehouse: the working file that Holdfast's side has left.
    """
    config = load_config(CONFIG)
    settings = replace(training_settings(config), tuning_trials=0, earlier_origins=0)
    holdout = FIRST_DAY - settings.horizon
    with Warehouse(warehouse, config.time_zone).connect(read_only=True) as con:
        known = con.execute(_EXAMPLES, [holdout]).to_arrow_table()
        histories = histories_of(con, holdout)
        catalogue = feature_catalogue(con)
    split = split_by_time(known[SNAPSHOT_DATE].unique().to_pylist(), settings.horizon_days)
    parts = divide(known, split, settings)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(REPEATS):
        ours.append(
            _seconds(
                lambda: fit(
                    known, settings, as_of=FIRST_DAY, histories=histories, catalogue=catalogue
                )
            )
        )
        theirs.append(_seconds(lambda: _trees_alone(parts, settings)))
    return TrainingComparison(
        people=people,
        dates=len(split.train) + len(split.calibration),
        train_rows=len(parts.train),
        stopping_rows=len(parts.calibration),
        holdfast_seconds=median(ours),
        xgboost_seconds=median(theirs),
    )


def _trees_alone(parts: Parts, settings: TrainingSettings) -> FittedBooster:
    preprocessor = Preprocessor.fit(parts.train)
    train, stopping = (
        BoostingData(preprocessor.transform(part), labels_of(part), np.zeros(len(part)))
        for part in (parts.train, parts.calibration)
    )
    return fit_booster(train, stopping, preprocessor, settings)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
