from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deployment.home import Home
from orchestration.training.lost_models import require_models
from warehouse.connection import Warehouse
from warehouse.health.faults import FaultError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose warehouse was scored by models 2 and 10."""
    home = Home(tmp_path)
    warehouse = Warehouse(home.warehouse)
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect() as con:
        con.execute(
            """
            insert into ml.churn_scores
                (snapshot_date, customer_id, model_version, churn_probability)
            values ('2026-06-01', 'c0', '2', 0.5), ('2026-06-02', 'c0', '10', 0.5)
            """
        )
    return home


def registered(*versions: str) -> Any:
    found = [SimpleNamespace(version=version) for version in versions]
    return SimpleNamespace(model="churn", index=SimpleNamespace(versions=lambda model: found))


def test_a_home_whose_models_are_registered_is_whole(home: Home, tmp_path: Path) -> None:
    require_models(home, registered("1", "2", "10"), "demo")
    require_models(Home(tmp_path / "new"), registered(), "demo")


def test_the_warehouse_of_another_company_is_refused_elsewhere(home: Home) -> None:
    require_models(home, registered(), "another")


def test_a_lost_model_is_named_with_what_to_do(home: Home) -> None:
    with pytest.raises(FaultError, match=r"mlflow.db lacks the models .*\(version 2, 10\)"):
        require_models(home, registered(), "demo")
    with pytest.raises(FaultError, match=r"\(version 2\)"):
        require_models(home, registered("10"), "demo")
