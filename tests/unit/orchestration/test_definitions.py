from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.asset_keys import (
    CHURN_MODEL,
    CHURN_SCORES,
    EXAMPLES,
    HOLDOUT_SCORES,
    TRAINING,
)
from orchestration.definitions import build_defs
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
    "experiments",
    "predictions",
    "calibration",
    "actions",
    "activation",
    "metrics",
    "feedback",
    "ops",
    "model",
    "published",
    "hand_over",
}


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


def test_scores_never_reach_features_labels_or_marts(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    behind = {CHURN_SCORES}
    for key in graph.toposorted_asset_keys:
        if graph.get(key).parent_keys & behind:
            behind.add(key)
    groups = {graph.get(key).group_name for key in behind - {CHURN_SCORES}}
    after = {"predictions", "calibration", "actions", "activation", "feedback"}
    assert groups == {*after, "published", "hand_over"}


def test_warnings_are_calibrated_before_a_model_is_trained(definitions: dg.Definitions) -> None:
    """So a run that fails after its training leaves no model in use without a calibration."""
    graph = definitions.resolve_asset_graph()

    def step(key: dg.AssetKey) -> str:
        return graph.get(key).assets_def.node_def.name

    calibration = dg.AssetKey(["activation", "warning_calibration"])
    assert step(calibration) == step(EXAMPLES) != step(CHURN_MODEL)
    assert EXAMPLES in graph.get(CHURN_MODEL).parent_keys


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


def test_the_churn_model_is_the_last_part_of_a_training(definitions: dg.Definitions) -> None:
    graph = definitions.get_repository_def().asset_graph
    before = graph.get_ancestor_asset_keys(CHURN_MODEL)
    assert before >= set(TRAINING) - {CHURN_MODEL, HOLDOUT_SCORES}
