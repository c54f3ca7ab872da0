from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration import asset_keys
from orchestration.asset_keys import CHURN_SCORES, PUBLISHED, TRAINING, WAREHOUSE_POOL
from orchestration.definitions import build_defs
from orchestration.jobs import BACKFILL, DAILY, RETRAIN
from warehouse.connection import Warehouse

LAYERS = {
    "raw",
    "staging",
    "seeds",
    "intermediate",
    "texts",
    "marts",
    "features",
    "warnings",
    "labels",
    "examples",
    "predictions",
    "calibration",
    "activation",
    "feedback",
    "ops",
    "model",
    "published",
}


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


def test_the_definitions_are_valid(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_importing_the_code_location_writes_nothing_and_reads_no_configuration(
    tmp_path: Path,
) -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", "import orchestration.definitions"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "HOLDFAST_CONFIG": "/nowhere.yml", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_every_asset_has_a_layer_an_owner_a_kind_and_a_description(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.materializable_asset_keys]
    assert {node.group_name for node in nodes} == LAYERS
    lacking = [
        node.key.to_user_string()
        for node in nodes
        if not (node.owners and node.kinds and node.description)
    ]
    assert lacking == []


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
    assert waits["published__holdfast"] == set(waits) - {"published__holdfast"}


def test_a_new_model_scores_the_day_of_its_training(definitions: dg.Definitions) -> None:
    waits = steps(definitions, RETRAIN)
    assert "train_model" in waits["ml__churn_scores"]
    assert "train_model" in waits["measure_drift"]


def test_scores_never_reach_features_labels_or_marts(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    behind = {CHURN_SCORES}
    for key in graph.toposorted_asset_keys:
        if graph.get(key).parent_keys & behind:
            behind.add(key)
    groups = {graph.get(key).group_name for key in behind - {CHURN_SCORES}}
    assert groups == {"predictions", "calibration", "activation", "feedback", "published"}


def test_every_writer_of_the_warehouse_uses_one_pool(
    definitions: dg.Definitions,
) -> None:
    nodes = definitions.resolve_job_def(RETRAIN).graph.node_defs
    assert {node.pool for node in nodes if isinstance(node, dg.OpDefinition)} == {WAREHOUSE_POOL}


def test_dbt_tests_are_checks_that_block(
    definitions: dg.Definitions, manifest: Mapping[str, Any]
) -> None:
    graph = definitions.resolve_asset_graph()
    names = {key.name for key in graph.asset_check_keys}
    generic = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["config"]["enabled"]
    ]
    assert generic
    assert [node["name"] for node in generic if node["name"] not in names] == []


def test_a_resource_can_be_replaced(
    demo_config: DeploymentConfig, empty_home: Home, manifest: Mapping[str, Any], tmp_path: Path
) -> None:
    other = Warehouse(tmp_path / "other.duckdb")
    definitions = build_defs(
        config=demo_config, home=empty_home, manifest=manifest, resources={"warehouse": other}
    )
    assert (definitions.resources or {})["warehouse"] is other


def test_partitions_of_data_that_ends_do_not_depend_on_the_clock(
    definitions: dg.Definitions, demo_config: DeploymentConfig
) -> None:
    partitions = definitions.resolve_asset_graph().get(PUBLISHED).partitions_def
    assert partitions is not None
    days = partitions.get_partition_keys()
    assert (days[0], days[-1]) == (str(demo_config.first_date), str(demo_config.last_date))


def test_every_asset_that_python_names_exists(definitions: dg.Definitions) -> None:
    named = {key for key in vars(asset_keys).values() if isinstance(key, dg.AssetKey)}
    assert {PUBLISHED, CHURN_SCORES} < named
    assert named <= set(definitions.resolve_asset_graph().materializable_asset_keys)
