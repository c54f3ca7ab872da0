"""The steps of a training, with a registry and fits that only record what is asked of them."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pytest

from ml.config import TrainingSettings
from ml.registry.promotion import Decision
from orchestration.training import churn_model
from orchestration.training.churn_model import NotReproducibleError, Training, train_churn_model

AS_OF = date(2026, 6, 30)


def fitted(*, is_average: bool) -> SimpleNamespace:
    return SimpleNamespace(
        model=SimpleNamespace(is_average=is_average, reasons=None),
        holdout="holdout",
        holdout_probabilities=np.array([0.3, 0.3]),
        holdout_scores=lambda version: f"scores of {version}",
        value=None,
    )


class Registry:
    """Versions numbered in the order of their logging; each predicts what it is known to."""

    def __init__(self, champion: SimpleNamespace | None) -> None:
        self._champion = champion
        self.logged: list[SimpleNamespace] = []
        self.promoted: list[str] = []
        self.refused: list[str] = []
        self.tags: dict[str, Any] = {}
        self.predicted = np.array([0.3, 0.3])

    def readable_champion(self, as_of: date) -> tuple[SimpleNamespace | None, list[str]]:
        return (SimpleNamespace(model=self._champion) if self._champion else None), []

    def log(self, result: SimpleNamespace, tags: dict[str, str]) -> str:
        self.logged.append(result)
        return str(len(self.logged))

    def load(self, version: str) -> SimpleNamespace:
        return SimpleNamespace(model=SimpleNamespace(predict=lambda rows: self.predicted))

    def tag(self, version: str, tags: dict[str, str]) -> None:
        self.tags[version] = tags

    def promote(self, version: str, reasons: list[str]) -> None:
        # A refusal that the promotion follows is recorded after it.
        assert self.refused == []
        self.promoted.append(version)

    def refuse(self, version: str, reasons: list[str]) -> None:
        self.refused.append(version)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Versions whose holdout scores are written; reads and fits are replaced."""
    versions: list[str] = []
    for name in ("_needed_examples", "attributes_of", "attributes_dated_from", "histories_of"):
        monkeypatch.setattr(churn_model, name, lambda *arguments: None)
    monkeypatch.setattr(churn_model, "feature_catalogue", lambda con: {})
    monkeypatch.setattr(
        churn_model, "replace_holdout_scores", lambda con, version, rows: versions.append(version)
    )
    monkeypatch.setattr(churn_model, "fit", lambda *_, **__: fitted(is_average=False))
    monkeypatch.setattr(churn_model, "fit_average", lambda *_, **__: fitted(is_average=True))
    return versions


def train(registry: Registry, monkeypatch: pytest.MonkeyPatch, *promotes: bool) -> Training:
    """Train with the promotion gate's decisions, one for each model that is fitted."""
    decisions = iter(promotes)
    monkeypatch.setattr(
        churn_model,
        "decide",
        lambda *_: Decision(next(decisions), ["it is so"]),
    )
    with duckdb.connect() as con:
        given: Any = registry
        return train_churn_model(
            con, given, TrainingSettings(), AS_OF, run_id="run", run_tags={"holdfast/x": "y"}
        )


def test_a_model_that_passes_the_gate_is_promoted(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(champion=None)
    training = train(registry, monkeypatch, True)
    assert (training.version, registry.promoted, written) == ("1", ["1"], ["1"])
    assert registry.tags["1"] == {"retrain_reason": "a person asked for it"}


@pytest.mark.parametrize("champion", [None, SimpleNamespace(is_average=True)])
def test_the_base_rate_replaces_a_refused_model_if_no_trained_model_is_in_use(
    written: list[str], monkeypatch: pytest.MonkeyPatch, champion: SimpleNamespace | None
) -> None:
    registry = Registry(champion)
    training = train(registry, monkeypatch, False, True)
    assert training.result.model.is_average
    assert (training.version, registry.promoted, written) == ("2", ["2"], ["1", "2"])
    assert registry.refused == ["1"]


def test_a_refused_model_leaves_the_champion_in_use(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(SimpleNamespace(is_average=False))
    training = train(registry, monkeypatch, False)
    assert not training.decision.promote
    assert (registry.promoted, registry.refused, written) == ([], ["1"], ["1"])


def test_a_registered_model_with_other_probabilities_fails_the_training(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(champion=None)
    registry.predicted = np.array([0.3, 0.4])
    with pytest.raises(NotReproducibleError, match="model 1"):
        train(registry, monkeypatch, True)
    # Judged, so that the next run does not repeat the same training.
    assert (registry.promoted, registry.refused) == ([], ["1"])


def test_a_champion_whose_files_are_damaged_does_not_stop_a_training(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(champion=None)
    monkeypatch.setattr(registry, "readable_champion", lambda _: (None, ["Model 7 is damaged."]))
    training = train(registry, monkeypatch, True)
    assert training.decision.reasons == ["it is so", "Model 7 is damaged."]


def test_a_training_that_is_killed_before_the_verdict_leaves_its_version_unjudged(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(champion=None)
    with pytest.raises(StopIteration):
        train(registry, monkeypatch)
    assert (len(registry.logged), registry.promoted, registry.refused) == (1, [], [])
