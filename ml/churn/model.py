"""The artefact that is trained, judged, stored and used.

Purchase process and simple model give the log odds that the booster starts from; preprocessing
makes its matrix; calibration makes probabilities of its margins. Where trees tell better than the
formula what customers are worth, they read the same matrix. Each is a file in an open format,
beside one with the facts; nothing is pickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import xgboost as xgb
from numpy.typing import NDArray

from ml.churn.boost import matrix_of
from ml.churn.calibrate import Calibrator
from ml.churn.hazard import HazardModel
from ml.churn.linear_base import LinearBase
from ml.churn.preprocess import Preprocessor
from ml.model_files import fingerprint_of, write_files
from ml.purchases.purchase_process import HISTORY_COLUMNS, PROCESS_COLUMNS, PurchaseProcess
from ml.schemas import require_columns

BOOSTER_FILE = "booster.ubj"
VALUE_TREES_FILE = "value_trees.ubj"
PROCESS_FILE = "purchase_process.json"
BASE_FILE = "base.json"
PREPROCESS_FILE = "preprocess.json"
CALIBRATION_FILE = "calibration.json"
HAZARD_FILE = "hazard.json"
FACTS_FILE = "facts.json"
# Keeps the matrix of a hundred features below 30 MB, whatever the number of customers.
BATCH_ROWS = 65_536
# Rows that shares are taken of: a mean of so many is known to a hundredth of its spread.
MAX_WEIGHED_ROWS = 10_000


@dataclass(frozen=True)
class ModelFacts:
    """What the model was made of; `base_rate` is the churn rate of all rows it was fitted on.

    `why_average` says why the model is their average and nothing more; None where it has trees.
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
        """Read what `to_json` wrote."""
        stored = json.loads(text)
        for name in ("as_of", "holdout_date"):
            stored[name] = date.fromisoformat(stored[name])
        for name in ("train_dates", "calibration_dates"):
            stored[name] = tuple(date.fromisoformat(day) for day in stored[name])
        return cls(**stored)


@dataclass(frozen=True)
class ChurnModel:
    """A trained model; `booster` is XGBoost's own UBJSON, cut after its best round.

    `process` is None where there are no purchases to speak of, `hazard` where there are no
    contracts. `value_trees`, UBJSON too, predict the factor on the formula's value
    (`ml.value_trees`); None where the formula stands.
    """

    process: PurchaseProcess | None
    base: LinearBase
    booster: bytes
    preprocessor: Preprocessor
    calibrator: Calibrator
    facts: ModelFacts
    hazard: HazardModel | None = None
    value_trees: bytes | None = None

    def predict(self, features: pa.Table, threads: int = 2) -> NDArray[np.float64]:
        """Calibrated churn probabilities of shape (rows,), in the table's order.

        Raises:
            SchemaError: the table lacks a feature, or one has another kind than in training.
        """
        return self.calibrator.apply(self.predictor(threads).margins(features))

    def value_factors(self, features: pa.Table, threads: int = 2) -> NDArray[np.float64]:
        """By how much the formula's value of each row is multiplied, shape (rows,).

        Raises:
            SchemaError: as `predict`.
        """
        predictor = self.predictor(threads)
        parts = [predictor.value_factors(predictor.prepare(batch)) for batch in batches(features)]
        return np.concatenate([np.empty(0), *parts])

    def predictor(self, threads: int = 2) -> Predictor:
        """The model loaded and ready to predict batch by batch."""
        return Predictor(self, threads)

    @property
    def is_average(self) -> bool:
        """Whether every customer gets the same probability."""
        return self.facts.why_average is not None

    @property
    def kind(self) -> str:
        """What tells customers apart: `average`, nothing; `logistic`; or `boosted`, trees on it."""
        if self.is_average:
            return "average"
        return "boosted" if self.facts.rounds else "logistic"

    @property
    def required_columns(self) -> list[str]:
        """Columns that a table to score must have."""
        own = [name for name in self.preprocessor.names if name not in PROCESS_COLUMNS]
        history = [] if self.process is None else [n for n in HISTORY_COLUMNS if n not in own]
        return [*own, *history]

    def extend(self, table: pa.Table) -> pa.Table:
        """The table with what the purchase process says of its rows.

        Raises:
            SchemaError: the table lacks a column.
        """
        require_columns(table, self.required_columns, "the table to score")
        return table if self.process is None else self.process.extend(table)

    def feature_shares(self, rows: pa.Table, threads: int = 2) -> dict[str, float]:
        """Each feature's share of what the model says of rows, by name; they sum to 1.

        What a feature adds to the log odds, taken without its sign and averaged over at most 10,000
        of the rows. All are 0 for the average, which reads nothing.

        Raises:
            SchemaError: the rows lack a feature of the model.
        """
        names = self.preprocessor.names
        if self.is_average or len(rows) == 0:
            return dict.fromkeys(names, 0.0)
        predictor = self.predictor(threads)
        prepared = predictor.prepare(rows.slice(0, MAX_WEIGHED_ROWS))
        added = np.abs(predictor.contributions(prepared, exact=False)).mean(axis=0, dtype=float)
        total = float(added.sum()) or 1.0
        # Threads add in any order, which moves the last digits.
        shares = (round(float(part) / total, 10) for part in added)
        return dict(zip(names, shares, strict=True))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything in the model, equal for equal models."""
        return fingerprint_of(self._files())

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        write_files(self._files(), folder)

    @classmethod
    def load(cls, folder: Path) -> ChurnModel:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: one of the files is not there.
        """
        return cls(
            process=(
                PurchaseProcess.from_json(_text(folder / PROCESS_FILE))
                if (folder / PROCESS_FILE).exists()
                else None
            ),
            base=LinearBase.from_json(_text(folder / BASE_FILE)),
            booster=(folder / BOOSTER_FILE).read_bytes(),
            preprocessor=Preprocessor.from_json(_text(folder / PREPROCESS_FILE)),
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
        )

    def _files(self) -> dict[str, bytes]:
        process = {} if self.process is None else {PROCESS_FILE: self.process.to_json().encode()}
        hazard = {} if self.hazard is None else {HAZARD_FILE: self.hazard.to_json().encode()}
        trees = {} if self.value_trees is None else {VALUE_TREES_FILE: self.value_trees}
        return {
            **process,
            **hazard,
            BASE_FILE: self.base.to_json().encode(),
            BOOSTER_FILE: self.booster,
            PREPROCESS_FILE: self.preprocessor.to_json().encode(),
            CALIBRATION_FILE: self.calibrator.to_json().encode(),
            FACTS_FILE: self.facts.to_json().encode(),
            **trees,
        }


@dataclass(frozen=True)
class LoadedModel:
    """A model with the version under which the registry keeps it."""

    model: ChurnModel
    version: str
    as_of: date


@dataclass(frozen=True)
class Prepared:
    """A batch as the parts of a model read it; `values` has shape (rows, features)."""

    table: pa.Table
    values: NDArray[np.float32]
    matrix: xgb.DMatrix


class Predictor:
    """A model in memory, for tables of any length given in batches."""

    def __init__(self, model: ChurnModel, threads: int) -> None:
        """Load the boosters from their bytes."""
        self._model = model
        self._threads = threads
        self._booster = _loaded(model.booster, threads)
        self._value_trees = (
            None if model.value_trees is None else _loaded(model.value_trees, threads)
        )

    def prepare(self, batch: pa.Table) -> Prepared:
        """Make ready what both probabilities and contributions need.

        Raises:
            SchemaError: a feature of the model is missing or of another kind.
        """
        table = self._model.extend(batch)
        preprocessor = self._model.preprocessor
        matrix = preprocessor.transform(table)
        margins = self._model.base.margins(table)
        return Prepared(table, matrix, matrix_of(matrix, margins, preprocessor, self._threads))

    def margins(self, table: pa.Table) -> NDArray[np.float32]:
        """Log odds before calibration, shape (rows,), for a table of any length."""
        parts = [self._margins(self.prepare(batch)) for batch in batches(table)]
        return np.concatenate([np.empty(0, dtype=np.float32), *parts])

    def probabilities(self, prepared: Prepared) -> NDArray[np.float64]:
        """Calibrated probabilities of shape (rows,)."""
        return self._model.calibrator.apply(self._margins(prepared))

    def value_factors(self, prepared: Prepared) -> NDArray[np.float64]:
        """By how much the formula's value is multiplied, shape (rows,): 1 without trees."""
        if self._value_trees is None:
            return np.ones(len(prepared.values))
        rows = matrix_of(prepared.values, None, self._model.preprocessor, self._threads)
        return np.asarray(self._value_trees.predict(rows), dtype=np.float64)

    def contributions(self, prepared: Prepared, *, exact: bool) -> NDArray[np.float32]:
        """What each feature adds to the margin, shape (rows, features), in the order of the names.

        The simple model's part is exact. Of the trees' part, exact values are Shapley values
        (Lundberg, Erion, Lee: Consistent Individualized Feature Attribution for Tree Ensembles,
        2018, algorithm 2) and cost 0.7 ms a row; the others follow the path through each tree
        (Saabas) and are 86 times faster.
        """
        values = self._booster.predict(
            prepared.matrix, pred_contribs=True, approx_contribs=not exact
        )
        names = self._model.preprocessor.names
        return np.asarray(values[:, :-1]) + self._model.base.contributions(prepared.table, names)

    def _margins(self, prepared: Prepared) -> NDArray[np.float32]:
        return np.asarray(self._booster.predict(prepared.matrix, output_margin=True))


def batches(table: pa.Table) -> Iterator[pa.Table]:
    """The table in slices of at most `BATCH_ROWS`, without copying."""
    for start in range(0, len(table), BATCH_ROWS):
        yield table.slice(start, BATCH_ROWS)


def _loaded(booster: bytes, threads: int) -> xgb.Booster:
    return xgb.Booster({"nthread": threads}, model_file=bytearray(booster))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
