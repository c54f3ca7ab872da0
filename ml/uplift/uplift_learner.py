"""Uplift learner: the effect of one action on each customer, from its randomised history.

Cross-fitted doubly robust learner (Kennedy: Towards Optimal Doubly Robust Estimation of
Heterogeneous Causal Effects, Electronic Journal of Statistics 17, 2023, algorithm 1) with
gradient-boosted trees. The probability of treatment is known, so its pseudo-outcomes are unbiased
however poor the outcome models are.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xgboost as xgb
from numpy.typing import NDArray

from ml.churn.preprocess import Preprocessor
from ml.columns import numbers
from ml.effects.schemas import ACTION_ID, TREATMENT
from ml.metrics.intervals import UNKNOWN, Interval
from ml.model_files import StoredModel
from ml.sampling import unit_hash
from ml.schemas import CUSTOMER_ID, SchemaError, require_columns
from ml.uplift.qini import qini_area, qini_curve, uplift_by_decile

Values = NDArray[np.float64]
Matrix = NDArray[np.float32]

# The doubly robust noise of a unit is about 1 / (π(1 − π)) times the variance of the outcome: with
# fewer customers in an arm, trees fit nothing else.
LEAST_CUSTOMERS = 300
USED = (CUSTOMER_ID, ACTION_ID, "assigned_on", "arm", "treatment_probability", "is_retained")

PREPROCESSING_FILE = "preprocessing.json"
EFFECT_FILE = "effect.ubj"
CONTROL_FILE = "control_outcome.ubj"
TREATED_FILE = "treated_outcome.ubj"


@dataclass(frozen=True)
class UpliftSettings:
    """Settings of the learner.

    Effects vary less than outcomes, and pseudo-outcomes have much more noise than outcomes. The
    trees of the effect are therefore shallow, and each leaf has at least `effect_leaf_share` of the
    rows.
    """

    folds: int = 5
    seed: int = 7
    threads: int = 2
    outcome_depth: int = 3
    outcome_rounds: int = 60
    effect_depth: int = 2
    effect_rounds: int = 60
    effect_leaf_share: float = 0.05
    learning_rate: float = 0.1


@dataclass(frozen=True)
class UpliftLearner(StoredModel):
    """A fitted learner: boosters as UBJSON of the effect and of the outcome in each arm."""

    preprocessor: Preprocessor
    effect: bytes
    control_outcome: bytes
    treated_outcome: bytes

    def predict(self, features: pa.Table, threads: int = 2) -> Values:
        """Predicted effect of the action on the retention of each customer, shape (rows,).

        Raises:
            SchemaError: a feature is missing or has another type than in training.
        """
        rows = _rows(self.preprocessor.transform(features), self.preprocessor, threads)
        return _predicted(self.effect, rows, threads)

    def gains(self, units: pa.Table, threads: int = 2) -> Values:
        """Doubly robust pseudo-outcome of each unit, shape (rows,); unseen units only.

        The units have `USED` columns and the features, a known outcome and a planned share.
        """
        rows = _rows(self.preprocessor.transform(units), self.preprocessor, threads)
        outcomes = [
            _predicted(booster, rows, threads)
            for booster in (self.control_outcome, self.treated_outcome)
        ]
        return pseudo_outcomes(_Experiment.of(units), np.column_stack(outcomes))

    @classmethod
    def load(cls, folder: Path) -> UpliftLearner:
        """Read the files written by `save`.

        Raises:
            FileNotFoundError: a file is missing.
        """
        text = (folder / PREPROCESSING_FILE).read_text(encoding="utf-8")
        boosters = (EFFECT_FILE, CONTROL_FILE, TREATED_FILE)
        return cls(
            Preprocessor.from_json(text), *((folder / name).read_bytes() for name in boosters)
        )

    def _files(self) -> dict[str, bytes]:
        return {
            PREPROCESSING_FILE: self.preprocessor.to_json().encode(),
            EFFECT_FILE: self.effect,
            CONTROL_FILE: self.control_outcome,
            TREATED_FILE: self.treated_outcome,
        }


@dataclass(frozen=True)
class UpliftResult:
    """A learner evaluated on a later period.

    `area` is the Qini area with its interval; `curve` has the columns of `QINI_CURVE` and `deciles`
    those of `UPLIFT_DECILES`.
    """

    learner: UpliftLearner
    settings: UpliftSettings
    training_units: int
    later_units: int
    area: Interval
    curve: pa.Table
    deciles: pa.Table

    @property
    def replaces_simple_estimate(self) -> bool:
        """Return whether the interval on the later period excludes a random order.

        A ranking below a random order excludes it as well, and replaces nothing.
        """
        return self.area.low > 0


def learn_uplift(
    units: pa.Table,
    features: list[str],
    later_from: date,
    horizon_days: int,
    settings: UpliftSettings,
) -> UpliftResult | None:
    """Fit on units whose outcome was known before `later_from`, and evaluate on later ones.

    Units without a known outcome or a planned share between 0 and 1 are left out.

    Args:
        units: matured units of one action with `USED` columns and the features as of the
            assignment.
        features: names of the features.
        later_from: first day of the later period.
        horizon_days: days from an assignment to its outcome.
        settings: folds and boosting parameters.

    Returns:
        None if either arm has fewer than 300 units before or after.

    Raises:
        SchemaError: a column is missing, a feature has an unknown type, or there are several
            actions.
    """
    require_columns(units, [*USED, *features], "uplift units")
    if len(units[ACTION_ID].unique()) > 1:
        raise SchemaError(f"uplift units.{ACTION_ID}: expected one action, found several")
    usable = usable_units(units)
    known_by = pa.scalar(later_from - timedelta(days=horizon_days), pa.date32())
    earlier = usable.filter(pc.less_equal(usable["assigned_on"], known_by))
    later = usable.filter(pc.greater_equal(usable["assigned_on"], pa.scalar(later_from)))
    if min(_smaller_arm(earlier), _smaller_arm(later)) < LEAST_CUSTOMERS:
        return None
    learner = fit_learner(earlier, features, settings)
    return evaluate(learner, later, len(earlier), settings)


def usable_units(units: pa.Table) -> pa.Table:
    """Units with a known outcome for which both arms were possible."""
    share = numbers(units["treatment_probability"])
    is_known = ~np.isnan(numbers(units["is_retained"]))
    return units.filter(pa.array(is_known & (share > 0) & (share < 1)))


def fit_learner(units: pa.Table, features: list[str], settings: UpliftSettings) -> UpliftLearner:
    """Fit the learner on units of known outcome and planned share.

    The pseudo-outcome of a unit comes from outcome models that have not seen its customer.
    """
    ordered = units.sort_by([(CUSTOMER_ID, "ascending"), ("assigned_on", "ascending")])
    preprocessor = Preprocessor.fit(ordered.select(features))
    matrix, experiment = preprocessor.transform(ordered), _Experiment.of(ordered)
    # Boosters on a few thousand rows take a thread each: two threads of one booster would wait for
    # each other at every level of its trees.
    alone = _Trainer(preprocessor, replace(settings, threads=1))
    fold = np.floor(unit_hash(ordered[CUSTOMER_ID], settings.seed) * settings.folds)
    arms = [experiment.is_treated == arm for arm in (0, 1)]
    seen = [arm & (fold != number) for number in range(settings.folds) for arm in arms]
    with ThreadPoolExecutor(settings.threads) as pool:
        *of_folds, control, treated = pool.map(
            lambda chosen: alone.outcome(matrix, experiment, chosen), [*seen, *arms]
        )
    outcomes = np.empty((len(ordered), 2))
    for number in range(settings.folds):
        held_out = fold == number
        rows = _rows(matrix[held_out], preprocessor, settings.threads)
        for arm in (0, 1):
            booster = of_folds[2 * number + arm]
            outcomes[held_out, arm] = _predicted(booster, rows, settings.threads)
    gains = pseudo_outcomes(experiment, outcomes)
    effect = _Trainer(preprocessor, settings).effect(matrix, gains)
    return UpliftLearner(preprocessor, effect, control, treated)


def evaluate(
    learner: UpliftLearner, later: pa.Table, training_units: int, settings: UpliftSettings
) -> UpliftResult:
    """Evaluate the learner's ranking on units of a later period."""
    threads = settings.threads
    scores, gains = learner.predict(later, threads), learner.gains(later, threads)
    customers = later[CUSTOMER_ID].combine_chunks().dictionary_encode().indices.to_numpy()
    return UpliftResult(
        learner=learner,
        settings=settings,
        training_units=training_units,
        later_units=len(later),
        area=qini_area(scores, gains, customers) if len(later) else UNKNOWN,
        curve=qini_curve(scores, gains),
        deciles=uplift_by_decile(scores, gains),
    )


def pseudo_outcomes(experiment: _Experiment, outcomes: Values) -> Values:
    """Doubly robust pseudo-outcomes, shape (rows,), whose mean in any group is its effect.

    Kennedy 2023, equation 2: μ₁ − μ₀ + (A − π) / (π(1 − π)) · (Y − μ_A).

    Args:
        experiment: treatment A, its planned share π and the outcome Y.
        outcomes: expected outcome μ under control and under treatment, shape (rows, 2), of models
            that have not seen the row.
    """
    treated, share = experiment.is_treated, experiment.planned_share
    own = np.where(treated == 1, outcomes[:, 1], outcomes[:, 0])
    weight = (treated - share) / (share * (1 - share))
    return np.asarray(outcomes[:, 1] - outcomes[:, 0] + weight * (experiment.outcome - own))


@dataclass(frozen=True)
class _Experiment:
    """Treatment (0 or 1), planned share and outcome of units, each of shape (rows,)."""

    is_treated: Values
    planned_share: Values
    outcome: Values

    @classmethod
    def of(cls, units: pa.Table) -> _Experiment:
        return cls(
            numbers(pc.equal(units["arm"], TREATMENT)),
            numbers(units["treatment_probability"]),
            numbers(units["is_retained"]),
        )


@dataclass(frozen=True)
class _Trainer:
    """Boosting of outcome and effect with the settings."""

    preprocessor: Preprocessor
    settings: UpliftSettings

    def outcome(self, matrix: Matrix, experiment: _Experiment, chosen: NDArray[np.bool_]) -> bytes:
        """Booster of the retention probability on the chosen rows."""
        labels = experiment.outcome[chosen]
        # Half a customer each way: the log odds of an arm that lost nobody are finite.
        share = (labels.sum() + 0.5) / (len(labels) + 1)
        return self._boosted(
            matrix[chosen],
            labels,
            self.settings.outcome_rounds,
            {
                "objective": "binary:logistic",
                "base_score": float(share),
                "max_depth": self.settings.outcome_depth,
                "min_child_weight": 10.0,
            },
        )

    def effect(self, matrix: Matrix, gains: Values) -> bytes:
        """Booster of the effect on all rows; without trees it is the mean effect."""
        return self._boosted(
            matrix,
            gains,
            self.settings.effect_rounds,
            {
                "objective": "reg:squarederror",
                "base_score": float(gains.mean()),
                "max_depth": self.settings.effect_depth,
                "min_child_weight": self.settings.effect_leaf_share * len(gains),
            },
        )

    def _boosted(
        self, matrix: Matrix, labels: Values, rounds: int, parameters: dict[str, Any]
    ) -> bytes:
        rows = _rows(matrix, self.preprocessor, self.settings.threads)
        rows.set_info(label=labels)
        shared = {
            "tree_method": "hist",
            "max_bin": 64,
            "learning_rate": self.settings.learning_rate,
            "reg_lambda": 10.0,
            "seed": self.settings.seed,
            "nthread": self.settings.threads,
            "verbosity": 0,
        }
        return bytes(xgb.train({**shared, **parameters}, rows, rounds).save_raw("ubj"))


def _rows(matrix: Matrix, preprocessor: Preprocessor, threads: int) -> xgb.DMatrix:
    return xgb.DMatrix(
        matrix,
        feature_names=preprocessor.names,
        feature_types=preprocessor.types,
        enable_categorical=True,
        nthread=threads,
    )


def _predicted(booster: bytes, rows: xgb.DMatrix, threads: int) -> Values:
    loaded = xgb.Booster({"nthread": threads}, model_file=bytearray(booster))
    return np.asarray(loaded.predict(rows), dtype=np.float64)


def _smaller_arm(units: pa.Table) -> int:
    """Number of units in the smaller arm."""
    treated = pc.sum(pc.equal(units["arm"], TREATMENT), min_count=0).as_py()
    return int(min(treated, len(units) - treated))
