from __future__ import annotations

import dagster as dg
import pytest

from orchestration.asset_keys import TRAINING
from orchestration.jobs import BACKFILL, DAILY, RETRAIN


def steps(definitions: dg.Definitions, job: str) -> dict[str, set[str]]:
    """The steps that each step of a job waits for, directly or not."""
    structure = definitions.resolve_job_def(job).graph.dependency_structure
    direct = {
        node: {
            output.node_name
            for outputs in structure.input_to_upstream_outputs_for_node(node).values()
            for output in outputs
        }
        for node in definitions.resolve_job_def(job).graph.node_dict
    }

    def far(node: str) -> set[str]:
        return direct[node].union(*(far(upstream) for upstream in direct[node]))

    return {node: far(node) for node in direct}


def keys(definitions: dg.Definitions, job: str) -> set[dg.AssetKey]:
    return set(definitions.resolve_job_def(job).asset_layer.executable_asset_keys)


def test_the_daily_job_trains_nothing(definitions: dg.Definitions) -> None:
    assert keys(definitions, RETRAIN) - keys(definitions, DAILY) == set(TRAINING)
    assert keys(definitions, BACKFILL) == keys(definitions, DAILY)


@pytest.mark.parametrize("job", [DAILY, RETRAIN, BACKFILL])
def test_a_job_runs_dbt_before_texts_are_scored_before_customers_are_and_after(
    definitions: dg.Definitions, job: str
) -> None:
    waits = steps(definitions, job)
    dbt = [step for step in waits if step.startswith(("unify_", "build_", "activate_"))]
    assert sorted(dbt) == ["activate_scores", "build_features", "unify_customers"]
    assert "unify_customers" in waits["read_texts"]
    assert "read_texts" in waits["build_features"]
    assert "ml__churn_scores" in waits["activate_scores"]


@pytest.mark.parametrize("job", [DAILY, RETRAIN, BACKFILL])
def test_checks_precede_scoring_and_everything_precedes_the_publication(
    definitions: dg.Definitions, job: str
) -> None:
    waits = steps(definitions, job)
    (gate,) = [step for step in waits if "enough_customers_to_score" in step]
    (complete,) = [step for step in waits if "scores_are_complete" in step]
    (drift,) = [step for step in waits if "features_are_as_in_training" in step]
    assert {gate, "measure_drift", drift} <= waits["ml__churn_scores"]
    assert complete in waits["activate_scores"]
    ends = {"published__holdfast", "hand_over__actions"}
    assert waits["published__holdfast"] == set(waits) - ends
    assert waits["hand_over__actions"] == set(waits) - {"hand_over__actions"}


def test_a_new_model_scores_the_day_of_its_training(definitions: dg.Definitions) -> None:
    waits = steps(definitions, RETRAIN)
    assert "train_model" in waits["ml__churn_scores"]
    assert "train_model" in waits["measure_drift"]
