"""Churn model: the artefact that is trained, evaluated, stored and used for scoring.

The purchase model adds features. The base margin is the log odds at which boosting starts. The
preprocessor encodes the features as a matrix, and the calibrator turns margins into probabilities.
If gradient-boosted trees improve the formula of customer value, they read the same matrix. Each
part is a file in an open format, next to a file of facts; nothing is pickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import xgboost as xgb
from numpy.typing import NDArray

from ml.churn.base_margin import BaseMarginModel
from ml.churn.calibration import Calibrator
from ml.churn.gradient_boosting import matrix_of
from ml.churn.hazard import HazardModel
from ml.churn.preprocess import Preprocessor
from ml.churn.reason_evidence import ReasonEvidence
from ml.level.level_model import LevelModel
from ml.model_files import StoredModel
from ml.purchases.purchase_model import HISTORY_COLUMNS, PREDICTION_COLUMNS, PurchaseModel
from ml.schemas import require_columns
from ml.shapley.shapley_tables import ShapleyTables

BOOSTER_FILE = "booster.ubj"
VALUE_TREES_FILE = "value_trees.ubj"
PURCHASE_FILE = "purchase_process.json"
BASE_FILE = "base.json"
PREPURCHASE_FILE = "preprocess.json"
CALIBRATION_FILE = "calibration.json"
LEVEL_FILE = "level.json"
LATEST_BASE_FILE = "latest_base.json"
LATEST_BOOSTER_FILE = "latest_booster.ubj"
LATEST_CALIBRATION_FILE = "latest_calibration.json"
HAZARD_FILE = "hazard.json"
REASONS_FILE = "reasons.json"
FACTS_FILE = "facts.json"
# The matrix of a hundred features takes less than 30 MB per batch.
BATCH_ROWS = 65_536
# Rows that feature shares are computed on: the standard error of their mean is 1 % of the spread.
MAX_WEIGHED_ROWS = 10_000


@dataclass(frozen=True)
class ModelFacts:
    """Dates and sizes of a model; `base_rate` is the churn rate of all rows it was fitted on.

    `why_average` is the reason why the model is the base rate; None for any other model.
    """

    as_of: date
    kind: str
    horizon_days: int
    train_dates: tuple[date, ...]
    calibration_dates: tuple[date, ...]
    holdout_date: date
    base_rate: float
    rounds: int
    max_depth: int
    why_average: str | None = None

    def to_json(self) -> str:
        """The facts as JSON text, dates in ISO 8601."""
        return json.dumps(asdict(self), default=date.isoformat, indent=1)

    @classmethod
    def from_json(cls, text: str) -> ModelFacts:
        """Read JSON text written by `to_json`."""
        stored = json.loads(text)
        for name in ("as_of", "holdout_date"):
            stored[name] = date.fromisoformat(stored[name])
        for name in ("train_dates", "calibration_dates"):
            stored[name] = tuple(date.fromisoformat(day) for day in stored[name])
        return cls(**stored)


@dataclass(frozen=True)
class LatestFit:
    """Base margin, booster and calibrator fitted once more, on all outcomes known at the training.

    The holdout's outcomes are among them, so no metric may be computed from their predictions.
    """

    base: BaseMarginModel
    booster: bytes
    calibrator: Calibrator


@dataclass(frozen=True)
class ChurnModel(StoredModel):
    """A trained model; `booster` is XGBoost's UBJSON, truncated after its best round.

    The holdout evaluates base margin, booster and calibrator as they are here. Customers are scored
    by `for_scoring`, whose parts are those of the `latest` fit, if any.

    `purchase_model` is None without repeat purchases, `hazard` without contracts. `value_trees`,
    also UBJSON, predict the factor on the formula's customer value (`ml.value.value_trees`); None
    if the formula is used alone. `level` forecasts how many customers churn; None for contracts and
    where the days of the returns are unknown. `reasons` are the facts that were measured to
    separate churned from retained customers; None if none were measured, and each is then a reason.
    """

    purchase_model: PurchaseModel | None
    base: BaseMarginModel
    booster: bytes
    preprocessor: Preprocessor
    calibrator: Calibrator
    facts: ModelFacts
    hazard: HazardModel | None = None
    value_trees: bytes | None = None
    latest: LatestFit | None = None
    level: LevelModel | None = None
    reasons: ReasonEvidence | None = None

    @property
    def for_scoring(self) -> ChurnModel:
        """The model with the parts of its latest fit; the model itself if it has none."""
        if self.latest is None:
            return self
        fit = self.latest
        return replace(
            self, base=fit.base, booster=fit.booster, calibrator=fit.calibrator, latest=None
        )

    def predict(self, features: pa.Table, threads: int = 2) -> NDArray[np.float64]:
        """Calibrated churn probabilities of shape (rows,), in the order of the table.

        Raises:
            SchemaError: a feature is missing or has another kind than in training.
        """
        return self.calibrator.apply(self.predictor(threads).margins(features))

    def value_factors(self, features: pa.Table, threads: int = 2) -> NDArray[np.float64]:
        """Factor on the formula's customer value of each row, shape (rows,).

        Raises:
            SchemaError: a feature is missing or has another kind than in training.
        """
        predictor = self.predictor(threads)
        parts = [predictor.value_factors(predictor.prepare(batch)) for batch in batches(features)]
        return np.concatenate([np.empty(0), *parts])

    def predictor(self, threads: int = 2) -> Predictor:
        """The model loaded into memory, to predict batch by batch."""
        return Predictor(self, threads)

    @property
    def is_average(self) -> bool:
        """Return whether the model is the base rate, the same probability for all customers."""
        return self.facts.why_average is not None

    @property
    def kind(self) -> str:
        """Kind of model: `average` (base rate), `logistic` (no trees) or `boosted`."""
        if self.is_average:
            return "average"
        return "boosted" if self.facts.rounds else "logistic"

    @property
    def required_columns(self) -> list[str]:
        """Names of the columns that a table to score must have."""
        own = [name for name in self.preprocessor.names if name not in PREDICTION_COLUMNS]
        history = (
            [] if self.purchase_model is None else [n for n in HISTORY_COLUMNS if n not in own]
        )
        return [*own, *history]

    def extend(self, table: pa.Table) -> pa.Table:
        """The table with the columns of the purchase model, if there is one.

        Raises:
            SchemaError: a column is missing.
        """
        require_columns(table, self.required_columns, "the table to score")
        return table if self.purchase_model is None else self.purchase_model.extend(table)

    def feature_shares(self, rows: pa.Table, threads: int = 2) -> dict[str, float]:
        """Share of each feature in the mean absolute contribution to the log odds, by name.

        Contributions are averaged over at most 10,000 of the rows; the shares sum to 1. All are 0
        for the base rate.

        Raises:
            SchemaError: a feature is missing or has another kind than in training.
        """
        names = self.preprocessor.names
        if self.is_average or len(rows) == 0:
            return dict.fromkeys(names, 0.0)
        predictor = self.predictor(threads)
        prepared = predictor.prepare(rows.slice(0, MAX_WEIGHED_ROWS))
        added = np.abs(predictor.contributions(prepared)).mean(axis=0, dtype=float)
        total = float(added.sum()) or 1.0
        # Threads add in any order, which changes the last digits.
        shares = (round(float(part) / total, 10) for part in added)
        return dict(zip(names, shares, strict=True))

    @classmethod
    def load(cls, folder: Path) -> ChurnModel:
        """Read the files written by `save`.

        Raises:
            FileNotFoundError: a file is missing.
        """
        return cls(
            purchase_model=(
                PurchaseModel.from_json(_text(folder / PURCHASE_FILE))
                if (folder / PURCHASE_FILE).exists()
                else None
            ),
            base=BaseMarginModel.from_json(_text(folder / BASE_FILE)),
            booster=(folder / BOOSTER_FILE).read_bytes(),
            preprocessor=Preprocessor.from_json(_text(folder / PREPURCHASE_FILE)),
            calibrator=Calibrator.from_json(_text(folder / CALIBRATION_FILE)),
            facts=ModelFacts.from_json(_text(folder / FACTS_FILE)),
            hazard=(
                HazardModel.from_json(_text(folder / HAZARD_FILE))
                if (folder / HAZARD_FILE).exists()
                else None
            ),
            value_trees=(
                (folder / VALUE_TREES_FILE).read_bytes()
                if (folder / VALUE_TREES_FILE).exists()
                else None
            ),
            level=(
                LevelModel.from_json(_text(folder / LEVEL_FILE))
                if (folder / LEVEL_FILE).exists()
                else None
            ),
            reasons=(
                ReasonEvidence.from_json(_text(folder / REASONS_FILE))
                if (folder / REASONS_FILE).exists()
                else None
            ),
            latest=(
                LatestFit(
                    base=BaseMarginModel.from_json(_text(folder / LATEST_BASE_FILE)),
                    booster=(folder / LATEST_BOOSTER_FILE).read_bytes(),
                    calibrator=Calibrator.from_json(_text(folder / LATEST_CALIBRATION_FILE)),
                )
                if (folder / LATEST_BASE_FILE).exists()
                else None
            ),
        )

    def _files(self) -> dict[str, bytes]:
        purchases = (
            {}
            if self.purchase_model is None
            else {PURCHASE_FILE: self.purchase_model.to_json().encode()}
        )
        hazard = {} if self.hazard is None else {HAZARD_FILE: self.hazard.to_json().encode()}
        trees = {} if self.value_trees is None else {VALUE_TREES_FILE: self.value_trees}
        level = {} if self.level is None else {LEVEL_FILE: self.level.to_json().encode()}
        reasons = {} if self.reasons is None else {REASONS_FILE: self.reasons.to_json().encode()}
        latest = (
            {}
            if self.latest is None
            else {
                LATEST_BASE_FILE: self.latest.base.to_json().encode(),
                LATEST_BOOSTER_FILE: self.latest.booster,
                LATEST_CALIBRATION_FILE: self.latest.calibrator.to_json().encode(),
            }
        )
        return {
            **purchases,
            **hazard,
            **latest,
            **level,
            **reasons,
            BASE_FILE: self.base.to_json().encode(),
            BOOSTER_FILE: self.booster,
            PREPURCHASE_FILE: self.preprocessor.to_json().encode(),
            CALIBRATION_FILE: self.calibrator.to_json().encode(),
            FACTS_FILE: self.facts.to_json().encode(),
            **trees,
        }


@dataclass(frozen=True)
class LoadedModel:
    """A model with its version in the registry."""

    model: ChurnModel
    version: str
    as_of: date


@dataclass(frozen=True)
class Prepared:
    """A batch in the representations of the model's parts; `values` is (rows, features)."""

    table: pa.Table
    values: NDArray[np.float32]
    matrix: xgb.DMatrix


class Predictor:
    """A model in memory, for tables of any length in batches."""

    def __init__(self, model: ChurnModel, threads: int) -> None:
        """Load the boosters from their bytes."""
        self._model = model
        self._threads = threads
        self._booster = _loaded(model.booster, threads)
        self._value_trees = (
            None if model.value_trees is None else _loaded(model.value_trees, threads)
        )

    def prepare(self, batch: pa.Table) -> Prepared:
        """Encode a batch for probabilities, factors and contributions.

        Raises:
            SchemaError: a feature is missing or has another kind than in training.
        """
        table = self._model.extend(batch)
        preprocessor = self._model.preprocessor
        matrix = preprocessor.transform(table)
        margins = self._model.base.margins(table)
        return Prepared(table, matrix, matrix_of(matrix, margins, preprocessor, self._threads))

    def margins(self, table: pa.Table) -> NDArray[np.float32]:
        """Log odds before calibration, shape (rows,), for a table of any length."""
        parts = [self.margins_of(self.prepare(batch)) for batch in batches(table)]
        return np.concatenate([np.empty(0, dtype=np.float32), *parts])

    def margins_of(self, prepared: Prepared) -> NDArray[np.float32]:
        """Log odds before calibration of an encoded batch, shape (rows,)."""
        return np.asarray(self._booster.predict(prepared.matrix, output_margin=True))

    def value_factors(self, prepared: Prepared) -> NDArray[np.float64]:
        """Factors on the formula's customer value, shape (rows,): 1 without value trees."""
        if self._value_trees is None:
            return np.ones(len(prepared.values))
        rows = matrix_of(prepared.values, None, self._model.preprocessor, self._threads)
        return np.asarray(self._value_trees.predict(rows), dtype=np.float64)

    def contributions(self, prepared: Prepared) -> NDArray[np.float32]:
        """Contribution of each feature to the margin, shape (rows, features).

        They are exact Shapley values: those of the trees by Lundberg, Erion, Lee (Consistent
        Individualized Feature Attribution for Tree Ensembles, 2018, algorithm 2).
        """
        names = self._model.preprocessor.names
        of_base = self._model.base.contributions(prepared.table, names)
        if self._shapley_tables is not None:
            return self._shapley_tables.contributions(prepared.values) + of_base
        values = self._booster.predict(prepared.matrix, pred_contribs=True)
        return np.asarray(values[:, :-1]) + of_base

    @cached_property
    def _shapley_tables(self) -> ShapleyTables | None:
        """Tables of exact Shapley values; None for trees so deep that XGBoost computes them."""
        return ShapleyTables.of(self._booster)


def batches(table: pa.Table) -> Iterator[pa.Table]:
    """Slices of the table of at most `BATCH_ROWS` rows, without copying."""
    for start in range(0, len(table), BATCH_ROWS):
        yield table.slice(start, BATCH_ROWS)


def _loaded(booster: bytes, threads: int) -> xgb.Booster:
    return xgb.Booster({"nthread": threads}, model_file=bytearray(booster))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
