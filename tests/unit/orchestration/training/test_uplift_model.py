from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from ml.decisions.settings import Randomisation
from ml.uplift.uplift_training import LoadedUplift
from orchestration.training.uplift_model import (
    UpliftModels,
    score_uplift,
    train_uplift_models,
)
from tests.unit.ml.uplift.planted_units import AS_OF, SETTINGS, planted
from tests.unit.warehouse.randomised_company import CALL, log_decisions, randomised_company


class Registry:
    """Versions that were promoted and refused, in memory."""

    def __init__(self) -> None:
        self.promoted: list[str] = []
        self.refused: list[str] = []

    def log(self, *_: object) -> str:
        return "1"

    def promote(self, version: str, reasons: list[str]) -> None:
        self.promoted += reasons

    def refuse(self, version: str, reasons: list[str]) -> None:
        self.refused += reasons


def trained(con: duckdb.DuckDBPyConnection, registry: Registry | None = None) -> UpliftModels:
    given: Any = registry

    def registry_of(action_id: str) -> Any:
        assert given is not None, f"{action_id} has too little history for a registry"
        return given

    return train_uplift_models(con, registry_of, AS_OF, 90, Randomisation(), SETTINGS, run_id="run")


def test_without_enough_history_nothing_is_trained_and_the_reason_is_given() -> None:
    with randomised_company(planted(200, 1, effect_of_cause=0.3)) as con:
        found = trained(con)
        assert found.sentence == "too little randomised history for call"
        assert "and 600 are needed" in found.learners[0].why
        assert found.rule is None
        con.execute("delete from experiments.action_units")
        assert trained(con).sentence.startswith("no action has a randomised outcome yet")
        assert score_uplift(con, {}, AS_OF).num_rows == 0


def test_a_good_ranking_is_not_used_before_logged_decisions_confirm_it() -> None:
    registry = Registry()
    with randomised_company(planted(8_000, 1, effect_of_cause=0.3)) as con:
        log_decisions(con)
        found = trained(con, registry)
        [learner] = found.learners
        assert found.sentence == "call not promoted (version 1)"
        assert registry.promoted == []
        assert "not enough logged decisions" in registry.refused[1]
        assert found.rule is not None
        assert "not enough logged decisions" in found.rule.sentence

        assert learner.training is not None
        used = LoadedUplift(learner.training.result.learner, "1", AS_OF)
        day = date(2026, 7, 1)
        scores = score_uplift(con, {CALL: used}, day)
        assert scores.num_rows == 4_000
        assert set(scores["action_id"].to_pylist()) == {CALL}
        assert scores["uplift"].to_numpy().mean() == pytest.approx(0.06, abs=0.05)
