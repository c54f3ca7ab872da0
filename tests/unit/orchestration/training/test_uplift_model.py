from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from deployment.config import DeploymentConfig
from deployment.errors import HoldfastError
from deployment.home import Home
from ml.decisions.settings import Randomisation
from ml.registry.uplift_registry import UpliftRegistry
from orchestration.resources import Models
from orchestration.training.uplift_model import (
    UpliftModels,
    score_uplift,
    train_uplift_models,
)
from tests.unit.ml.uplift.planted_units import AS_OF, SETTINGS, planted
from tests.unit.warehouse.randomised_company import (
    CALL,
    decide_by_one_uplift,
    log_decisions,
    randomised_company,
)
from warehouse.ml_tables.model_tables import features_of

SHARES = Randomisation(0.0, 0.3, 0.1)
LATER_PERIOD = date(2026, 7, 1)


def no_registry(action_id: str) -> UpliftRegistry:
    raise AssertionError(f"{action_id} has too little history for a registry")


def trained(
    con: duckdb.DuckDBPyConnection, registry: Callable[[str], UpliftRegistry] = no_registry
) -> UpliftModels:
    return train_uplift_models(con, registry, AS_OF, 90, SHARES, SETTINGS, run_id="run")


@pytest.fixture
def models(
    demo_config: DeploymentConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Models:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    home = Home(tmp_path)
    home.mlflow_database.parent.mkdir(parents=True)
    return Models(home, demo_config)


def test_without_enough_history_nothing_is_trained_and_the_reason_is_given() -> None:
    with randomised_company(planted(200, 1, effect_of_cause=0.3)) as con:
        found = trained(con)
        assert found.sentence == "too little randomised history for call"
        assert "and 600 are needed" in found.learners[0].why
        assert found.rule is None
        con.execute("delete from experiments.action_units")
        assert trained(con).sentence.startswith("no action has a randomised outcome yet")
        assert score_uplift(con, {}, AS_OF).num_rows == 0


def test_a_good_ranking_is_not_used_before_logged_decisions_confirm_it(models: Models) -> None:
    with randomised_company(planted(8_000, 1, effect_of_cause=0.3)) as con:
        log_decisions(con)
        found = trained(con, models.uplift)

        [learner] = found.learners
        assert found.sentence == "call not promoted (version 1)"
        assert "not enough logged decisions" in learner.why
        assert found.rule is not None
        assert "not enough logged decisions" in found.rule.sentence
        assert models.learners(AS_OF) == {}
        with pytest.raises(HoldfastError, match="no learner is in use for this action"):
            models.withdraw_learner(CALL, datetime(2026, 12, 2, tzinfo=UTC), None)


def test_a_confirmed_ranking_decides_until_it_is_withdrawn(models: Models) -> None:
    # By the rule in use no call is worth its cost; calls were drawn by exploration only.
    with randomised_company(planted(8_000, 1, effect_of_cause=0.3)) as con:
        decide_by_one_uplift(con, LATER_PERIOD, SHARES, cost=4.0, effect_of_cause=0.3)
        found = trained(con, models.uplift)

        assert found.sentence == "call in use (version 1)", found.learners[0].why
        assert "Promoted: on 4,000 logged decisions" in found.learners[0].why
        used = models.learners(AS_OF)
        scores = score_uplift(con, used, LATER_PERIOD)
        assert scores.num_rows == 4_000
        causes = features_of(con, LATER_PERIOD)["cause"].to_numpy(zero_copy_only=False)
        uplift = scores["uplift"].to_numpy()
        assert uplift[causes == "price"].mean() == pytest.approx(0.3, abs=0.1)
        assert uplift[causes != "price"].mean() == pytest.approx(0.0, abs=0.05)

        assert models.withdraw_learner(CALL, datetime(2026, 12, 2, tzinfo=UTC), "a test") == "1"
        assert models.learners(AS_OF) == {}
        # The same training, repeated, does not return it.
        trained(con, models.uplift)
        assert models.learners(AS_OF) == {}
