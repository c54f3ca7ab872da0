"""Behaviour groups: clusters of customers, fitted at each training and used until the next.

The clustering does not belong here (`ml/segments/`).
"""

from typing import TYPE_CHECKING

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.asset_keys import BEHAVIOUR_GROUPS, FEATURES, WAREHOUSE_POOL
from orchestration.partitions import dates_of
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.ml_tables.model_tables import (
    behaviour_groups_before,
    behaviour_of,
    replace_behaviour_groups,
)

if TYPE_CHECKING:
    from ml.segments.behaviour_groups import BehaviourGroups


def behaviour_groups_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The groups as of the run's last date."""

    @dg.asset(
        key=BEHAVIOUR_GROUPS,
        deps=[FEATURES],
        group_name="model",
        description=(
            "Clusters of customers by behaviour, fitted at each training and named by the measures "
            "in which each differs most; a cluster found before keeps its name."
        ),
        owners=[owner_name(config.owner)],
        kinds={"scikitlearn", "duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def behaviour_groups(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.MaterializeResult[None]:
        from ml.segments.behaviour_groups import fit_groups

        as_of = dates_of(context)[-1]
        with warehouse.connect() as con:
            earlier = behaviour_groups_before(con, as_of)
            groups = fit_groups(behaviour_of(con, as_of), config.training.seed, earlier)
            replace_behaviour_groups(con, as_of, groups)
        return dg.MaterializeResult(metadata=_metadata(groups))

    return behaviour_groups


def _metadata(groups: "BehaviourGroups | None") -> dict[str, int | float | str]:
    if groups is None:
        return {"groups": 0, "why": "too few customers, or no measure in which they differ"}
    shares = zip(groups.names, groups.shares, strict=True)
    return {
        "groups": len(groups.names),
        "silhouette": groups.silhouette,
        **{f"share of {name}": float(share) for name, share in shares},
    }
