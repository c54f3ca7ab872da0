from __future__ import annotations

import pytest

from ml.churn.split import NotEnoughHistoryError
from ml.errors import ModelError
from ml.purchases.purchase_model import NoPurchaseModelError
from ml.registry.rollback import RollbackError
from ml.schemas import SchemaError
from ml.training.leakage import LeakageError


@pytest.mark.parametrize(
    "error",
    [SchemaError, NotEnoughHistoryError, LeakageError, NoPurchaseModelError, RollbackError],
)
def test_every_known_failure_of_ml_is_a_model_error(error: type[Exception]) -> None:
    assert issubclass(error, ModelError)
