"""How MLflow's generic loader reads a stored model: a function of a folder, nothing unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.model import ChurnModel


class DataFrame(Protocol):
    """What MLflow hands over: a pandas data frame."""

    def to_dict(self) -> dict[str, object]:
        """Columns by name."""


class CalibratedModel:
    """A churn model behind MLflow's `predict`."""

    def __init__(self, model: ChurnModel) -> None:
        """Wrap a loaded model."""
        self._model = model

    def predict(self, frame: DataFrame) -> NDArray[np.float64]:
        """Calibrated churn probabilities of shape (rows,), in the frame's order."""
        return self._model.predict(pa.Table.from_pandas(frame, preserve_index=False))


def _load_pyfunc(path: str) -> CalibratedModel:
    """Load the model saved in the folder; the name is MLflow's."""
    return CalibratedModel(ChurnModel.load(Path(path)))
