"""Training of the churn model: fit, log, compare with the champion, promote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from deployment.errors import HoldfastError
from ml.config import TrainingSettings
from ml.registry.churn_registry import ChurnRegistry
from ml.registry.promotion import Decision, decide
from ml.training.needed_examples import needed_keys
from ml.training.train import fit, fit_average
from ml.training.training_result import TrainingResult
from orchestration.training.retrain_reason import why_trained
from warehouse.ml_tables.model_tables import (
    attributes_dated_from,
    attributes_of,
    example_keys,
    examples,
    feature_catalogue,
    histories_of,
    replace_holdout_scores,
    replace_reason_evidence,
    replace_value_parameters,
)


class NotReproducibleError(HoldfastError):
    """A registered model's probabilities differ from those of its training."""


@dataclass(frozen=True)
class Training:
    """A logged training.

    Attributes:
        version: the model's version in the registry.
        decision: the outcome of the promotion gate.
        result: the training itself.
    """

    version: str
    decision: Decision
    result: TrainingResult


def train_churn_model(
    con: duckdb.DuckDBPyConnection,
    registry: ChurnRegistry,
    settings: TrainingSettings,
    as_of: date,
    *,
    run_id: str,
    run_tags: Mapping[str, str],
) -> Training:
    """Train on the examples in the warehouse, log the model, and promote it if it passes the gate.

    If the model is refused and the champion is absent or a base-rate model, the base rate is
    logged and judged in its place.

    A version counts as trained once it is judged, which is the last step: a training that is killed
    before is repeated, and finds the version that it registered by its fingerprint. A refusal that
    the base rate follows is therefore recorded after the base rate was judged.

    Args:
        con: the warehouse; holdout scores, value parameters and the evidence for reasons are
            written to it.
        registry: the churn models.
        settings: of the training.
        as_of: date of the training.
        run_id: the Dagster run, logged with the model.
        run_tags: tags of that run, among them why it trains.

    Raises:
        ModelError: too little history, an unexpected column, a leaking feature, or a registered
            model whose probabilities differ from those of its training.
    """
    known = _needed_examples(con, settings, as_of)
    histories = histories_of(con, as_of - settings.horizon)
    later = attributes_of(con, as_of)
    catalogue = feature_catalogue(con)
    found, unread = registry.readable_champion(as_of)
    champion = found.model if found else None

    def log(result: TrainingResult) -> Training:
        version = registry.log(result, {"dagster_run_id": run_id})
        registry.tag(version, {"retrain_reason": why_trained(run_tags)})
        replace_holdout_scores(con, version, result.holdout_scores(version))
        if result.value:
            replace_value_parameters(con, version, result.value.model)
        if result.model.reasons:
            replace_reason_evidence(con, version, result.model.reasons.rows(version))
        _require_same_probabilities(registry, version, result)
        decision = decide(result.model, champion, known)
        return Training(version, replace(decision, reasons=[*decision.reasons, *unread]), result)

    def judge(training: Training) -> None:
        decision = training.decision
        record = registry.promote if decision.promote else registry.refuse
        record(training.version, decision.reasons)

    trained = log(
        fit(
            known,
            settings,
            as_of=as_of,
            histories=histories,
            later=later,
            dated_from=attributes_dated_from(con),
            catalogue=catalogue,
        )
    )
    in_use = trained
    if not trained.decision.promote and (champion is None or champion.is_average):
        why = " ".join(["Of the boosted model:", *trained.decision.reasons])
        in_use = log(fit_average(known, settings, as_of=as_of, why=why, histories=histories))
        judge(in_use)
    judge(trained)
    return in_use


def _needed_examples(
    con: duckdb.DuckDBPyConnection, settings: TrainingSettings, as_of: date
) -> pa.Table:
    """Read all examples, or where there are more than the largest sample those that are used."""
    keys = example_keys(con)
    if len(keys) <= settings.max_rows:
        return examples(con)
    return examples(con, needed_keys(keys, settings, as_of))


def _require_same_probabilities(
    registry: ChurnRegistry, version: str, result: TrainingResult
) -> None:
    """Load the registered model and compare its holdout probabilities with the training's."""
    stored = registry.load(version).model.predict(result.holdout)
    if not np.array_equal(stored, result.holdout_probabilities):
        problem = "its probabilities on the holdout differ after loading from the registry"
        # Judged, so that the next runs do not repeat the same training.
        registry.refuse(version, [f"Refused: {problem}."])
        raise NotReproducibleError(
            f"model {version}: {problem}; train again, and report this if it repeats"
        )
