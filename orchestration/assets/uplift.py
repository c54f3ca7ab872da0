"""Uplift learners: trained on randomised outcomes, and their scores of the day.

The steps of a training do not belong here (`training/uplift_model.py`).
"""

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.asset_keys import (
    ACTION_PRIORS,
    ACTION_UNITS,
    DECISION_OUTCOMES,
    FEATURES,
    UPLIFT_MODEL,
    UPLIFT_SCORES,
    WAREHOUSE_POOL,
)
from orchestration.metadata import png_image
from orchestration.partitions import dates_of
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.ml_tables.uplift_tables import has_uplift_scores, replace_uplift_scores


def uplift_model_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The learners as of the run's last date, one an action with enough randomised history."""

    @dg.asset(
        key=UPLIFT_MODEL,
        deps=[ACTION_UNITS, ACTION_PRIORS, DECISION_OUTCOMES, FEATURES],
        group_name="model",
        description=(
            "Effect of an action on each customer, learned from its randomised history and judged "
            "on a later period. In use only where the ranking beats a random order there and the "
            "rule with it is worth no less on logged decisions; elsewhere, save shares are used."
        ),
        owners=[owner_name(config.owner)],
        kinds={"xgboost", "mlflow"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def uplift_model(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        from ml.decisions.settings import Randomisation
        from ml.uplift.uplift_learner import UpliftSettings
        from orchestration.training.uplift_model import train_uplift_models

        actions, as_of = config.actions, dates_of(context)[-1]
        with final_unless_in_use(), warehouse.connect(read_only=True) as con:
            trained = train_uplift_models(
                con,
                models.uplift,
                as_of,
                config.churn.horizon_days,
                Randomisation(
                    actions.holdout_share, actions.exploration_share, actions.control_share
                ),
                UpliftSettings(seed=config.training.seed),
                run_id=context.run.run_id,
            )
        metadata: dict[str, str | dg.MetadataValue] = {
            "as_of": str(as_of),
            "summary": trained.sentence,
        }
        if trained.rule is not None:
            metadata["rule_by_todays_priors"] = trained.rule.sentence
        for each in trained.learners:
            metadata[each.action_id] = each.why
            if each.card is not None:
                metadata[f"{each.action_id} card"] = dg.MetadataValue.md(each.card.markdown)
                for name, png in each.card.plots.items():
                    metadata[f"{each.action_id} {name}"] = png_image(png)
        return dg.MaterializeResult(metadata=metadata)

    return uplift_model


def uplift_scores_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The scores of the run's last date, which is the only one that may be decided."""

    @dg.asset(
        key=UPLIFT_SCORES,
        deps=[UPLIFT_MODEL, FEATURES],
        group_name="model",
        description=(
            "Learned effect of an action on each eligible customer of the latest date, for the "
            "actions whose learner is in use; empty where none is."
        ),
        owners=[owner_name(config.owner)],
        kinds={"xgboost", "duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def uplift_scores(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        day = dates_of(context)[-1]
        learners = models.learners(day)
        with final_unless_in_use(), warehouse.connect() as con:
            if not learners and not has_uplift_scores(con):
                return dg.MaterializeResult(metadata={"in_use": "no learner"})
            from orchestration.training.uplift_model import score_uplift

            scores = score_uplift(con, learners, day)
            replace_uplift_scores(con, scores)
        used = ", ".join(f"{action} {known.version}" for action, known in learners.items())
        return dg.MaterializeResult(
            metadata={"dagster/row_count": len(scores), "in_use": used or "no learner"}
        )

    return uplift_scores
