"""Loader of a stored churn model for `mlflow.pyfunc`; nothing is unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.model import ChurnModel


class DataFrame(Protocol):
    """The pandas data frame that MLflow passes to `predict`."""

    def to_dict(self) -> dict[str, object]:
        """Columns by name."""


class CalibratedModel:
    """A churn model with MLflow's interface `predict`."""

    def __init__(self, model: ChurnModel) -> None:
        """Keep the model with the parts that score."""
        self._model = model.for_scoring

    def predict(self, frame: DataFrame) -> NDArray[np.float64]:
        """Calibrated churn probabilities of shape (rows,), in the order of the frame."""
        return self._model.predict(pa.Table.from_pandas(frame, preserve_index=False))


def _load_pyfunc(path: str) -> CalibratedModel:
    """Load the model from its folder; MLflow requires the name."""
    return CalibratedModel(ChurnModel.load(Path(path)))
