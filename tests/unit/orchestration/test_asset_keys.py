from __future__ import annotations

import dagster as dg

from orchestration import asset_keys
from orchestration.asset_keys import CHURN_SCORES, PUBLISHED, WAREHOUSE_POOL
from orchestration.jobs import RETRAIN


def test_every_asset_that_python_names_exists(definitions: dg.Definitions) -> None:
    named = {key for key in vars(asset_keys).values() if isinstance(key, dg.AssetKey)}
    assert {PUBLISHED, CHURN_SCORES} < named
    assert named <= set(definitions.resolve_asset_graph().materializable_asset_keys)


def test_every_writer_of_the_warehouse_uses_one_pool(
    definitions: dg.Definitions,
) -> None:
    nodes = definitions.resolve_job_def(RETRAIN).graph.node_defs
    assert {node.pool for node in nodes if isinstance(node, dg.OpDefinition)} == {WAREHOUSE_POOL}
