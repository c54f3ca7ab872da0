from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from ml.churn.model import LoadedModel
from ml.registry.pyfunc_loader import _load_pyfunc


def test_a_loaded_model_predicts_a_data_frame(
    loaded: LoadedModel, examples: pa.Table, tmp_path: Path
) -> None:
    loaded.model.save(tmp_path)

    found = _load_pyfunc(str(tmp_path)).predict(examples.slice(0, 50).to_pandas())

    scoring = loaded.model.for_scoring
    np.testing.assert_array_equal(found, scoring.predict(examples.slice(0, 50)))
