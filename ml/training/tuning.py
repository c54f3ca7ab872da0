"""Hyperparameter tuning of the boosting by time-ordered validation, with a fixed number of trials.

Trials are validated on the latest training date. Calibration and holdout rows are not used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from ml.churn.gradient_boosting import depth_and_rate
from ml.config import TrainingSettings
from ml.sampling import sample_customers, unit_hash
from ml.schemas import CHURNED, CUSTOMER_ID, SNAPSHOT_DATE

# Rows of either outcome on the validation date below which tuning would fit noise.
LEAST_OF_EITHER = 100
VALIDATION_CUSTOMERS = 0.3
VALIDATION_SALT = 404
# Trials do not tune the learning rate: at this rate they take a quarter of the rounds. More rows
# than these change the best parameters no more than another seed does.
TRIAL_RATE = 0.2
TRIAL_ROWS = 50_000
TRIAL_SALT = 505
# A smaller gain of log loss on one date is noise.
LEAST_GAIN = 0.002


@dataclass(frozen=True)
class Trial:
    """Parameters of a trial and the log loss on the validation date."""

    parameters: dict[str, float]
    log_loss: float


# Log loss of a trial by its settings.
LossOf = Callable[[TrainingSettings], float]
# Trials that are trained on the first table, stopped early and validated on the second: what they
# share is prepared once.
TrialsOn = Callable[[pa.Table, pa.Table], LossOf]


def tune(
    train: pa.Table, settings: TrainingSettings, trials_on: TrialsOn
) -> tuple[TrainingSettings, tuple[Trial, ...]]:
    """The settings with the best boosting parameters of `settings.tuning_trials`, and the trials.

    The first trial has the given settings, which are kept unless another trial reduces the log loss
    by 0.002. There are no trials if the training rows cannot be divided by time or have too few
    customers of either outcome.

    Args:
        train: labelled training rows.
        settings: parameters of the first trial, number of trials and seed.
        trials_on: prepares the trials on two tables.
    """
    divided = _divide(train, settings)
    if divided is None or settings.tuning_trials < 1:
        return settings, ()
    # Optuna takes half a second to import, and most runs have no training.
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    fitted, validated = (sample_customers(part, TRIAL_ROWS, TRIAL_SALT) for part in divided)
    loss_of = trials_on(fitted, validated)
    usual_depth, _ = depth_and_rate(len(train), settings)
    trials: list[Trial] = []

    def objective(trial: optuna.Trial) -> float:
        parameters: dict[str, float] = {
            "max_depth": trial.suggest_int("max_depth", 1, 5),
            "min_child_weight": trial.suggest_float("min_child_weight", 5, 200, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 1, 300, log=True),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.1, 0.8),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        }
        tried = replace(_with(settings, parameters), learning_rate=TRIAL_RATE)
        loss = loss_of(tried)
        trials.append(Trial(parameters, loss))
        return loss

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=settings.seed))
    study.enqueue_trial(
        {
            "max_depth": usual_depth,
            "min_child_weight": settings.min_child_weight,
            "reg_lambda": settings.reg_lambda,
            "colsample_bytree": settings.colsample_bytree,
            "subsample": settings.subsample,
        }
    )
    study.optimize(objective, n_trials=settings.tuning_trials)
    best = min(trials, key=lambda trial: trial.log_loss)
    if best.log_loss > trials[0].log_loss - LEAST_GAIN:
        return settings, tuple(trials)
    return _with(settings, best.parameters), tuple(trials)


def _with(settings: TrainingSettings, parameters: dict[str, float]) -> TrainingSettings:
    return replace(
        settings,
        max_depth=int(parameters["max_depth"]),
        min_child_weight=parameters["min_child_weight"],
        reg_lambda=parameters["reg_lambda"],
        colsample_bytree=parameters["colsample_bytree"],
        subsample=parameters["subsample"],
    )


def _divide(train: pa.Table, settings: TrainingSettings) -> tuple[pa.Table, pa.Table] | None:
    """Rows to fit and to validate on: the latest date, and the dates a horizon before it.

    Without a date a horizon before the latest, the two parts are divided by customer. None if they
    cannot be divided or validation has too few customers of either outcome.
    """
    days = train[SNAPSHOT_DATE].cast(pa.date32())
    dates = sorted(days.unique().to_pylist())
    if len(dates) < 2:
        return None
    late = pc.equal(days, pa.scalar(dates[-1]))
    if dates[0] <= dates[-1] - settings.horizon:
        early = pc.less_equal(days, pa.scalar(dates[-1] - settings.horizon))
        fitted, validated = train.filter(early), train.filter(late)
    else:
        apart = pa.array(unit_hash(train[CUSTOMER_ID], VALIDATION_SALT) < VALIDATION_CUSTOMERS)
        earlier = pc.less_equal(days, pa.scalar(dates[-1] - timedelta(days=1)))
        fitted = train.filter(pc.and_(earlier, pc.invert(apart)))
        validated = train.filter(pc.and_(late, apart))
    for part in (fitted, validated):
        churned = pc.sum(part[CHURNED].cast(pa.int64())).as_py() or 0
        if min(churned, len(part) - churned) < LEAST_OF_EITHER:
            return None
    return fitted, validated
