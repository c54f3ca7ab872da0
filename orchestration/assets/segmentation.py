"""What customers are grouped by until the next training: behaviour that sets them apart."""

from typing import TYPE_CHECKING

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.assets.ingest import POOL
from orchestration.assets.scoring import FEATURES
from orchestration.partitions import dates_of
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.model_tables import (
    behaviour_groups_before,
    behaviour_of,
    replace_behaviour_groups,
)

if TYPE_CHECKING:
    from ml.segments.behaviour_groups import BehaviourGroups

BEHAVIOUR_GROUPS = dg.AssetKey(["ml", "behaviour_groups"])


def behaviour_groups_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The groups as of the run's last date."""

    @dg.asset(
        key=BEHAVIOUR_GROUPS,
        deps=[FEATURES],
        group_name="model",
        description=(
            "Groups of customers who behave alike, found anew with each training and named by what "
            "sets each apart; one that is still there keeps its name."
        ),
        owners=[owner_name(config.owner)],
        kinds={"scikitlearn", "duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
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
        return {"groups": 0, "why": "too few customers, or nothing in which they differ"}
    shares = zip(groups.names, groups.shares, strict=True)
    return {
        "groups": len(groups.names),
        "silhouette": groups.silhouette,
        **{f"share of {name}": float(share) for name, share in shares},
    }
