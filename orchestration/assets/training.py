"""Churn model: trained on past dates, evaluated on a later one, promoted if it passes the gate.

The steps of a training do not belong here (`training/churn_model.py`).
"""

from collections.abc import Iterator

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.asset_keys import (
    BEHAVIOUR_GROUPS,
    CHURN_MODEL,
    EXAMPLES,
    FEATURES,
    HOLDOUT_SCORES,
    TEXT_MODEL,
    UPLIFT_MODEL,
    WAREHOUSE_POOL,
)
from orchestration.metadata import png_image
from orchestration.partitions import dates_of
from orchestration.resources import Models, training_settings
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse

# Check of the churn model: a warning if the trained model was not promoted.
PROMOTED = "trained_model_is_promoted"


def model_assets(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The model as of the run's last date, and its scores of the holdout."""
    settings = training_settings(config)
    # A judged churn model is the mark of a finished training, so every other part precedes it.
    others = [TEXT_MODEL, BEHAVIOUR_GROUPS, UPLIFT_MODEL]

    def spec(key: dg.AssetKey, kinds: set[str], description: str) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            deps=[EXAMPLES, FEATURES, *others],
            group_name="model",
            description=description,
            owners=[owner_name(config.owner)],
            kinds=kinds,
        )

    @dg.multi_asset(
        name="train_model",
        specs=[
            spec(
                CHURN_MODEL,
                {"xgboost", "mlflow"},
                "A calibrated churn model, logged with its metrics and the baselines'; promoted to "
                "champion if it passes the promotion gate. If it is refused and there is no "
                "champion, the base rate is promoted as the model.",
            ),
            spec(
                HOLDOUT_SCORES,
                {"xgboost", "duckdb"},
                "The model's churn probabilities on the latest matured date, which is not trained "
                "on.",
            ),
        ],
        check_specs=[
            dg.AssetCheckSpec(
                PROMOTED,
                asset=CHURN_MODEL,
                description="The trained model passed the promotion gate and is in use.",
            )
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def train_model(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        from ml.cards.model_card import model_card
        from ml.cards.plots import all_plots
        from orchestration.training.churn_model import train_churn_model

        run, as_of = context.run, dates_of(context)[-1]
        with final_unless_in_use(), warehouse.connect() as con:
            training = train_churn_model(
                con, models.registry, settings, as_of, run_id=run.run_id, run_tags=run.tags
            )
        result, decision = training.result, training.decision
        yield dg.MaterializeResult(
            asset_key=CHURN_MODEL,
            metadata={
                "model_version": training.version,
                "as_of": str(as_of),
                "promoted": decision.promote,
                "trees": float(result.model.facts.rounds),
                "why": dg.MetadataValue.md("\n\n".join(decision.reasons)),
                "model_card": dg.MetadataValue.md(model_card(result)),
                **{name: png_image(png) for name, png in all_plots(result).items()},
                **result.headline_metrics(),
            },
        )
        yield dg.AssetCheckResult(
            asset_key=CHURN_MODEL,
            check_name=PROMOTED,
            passed=decision.promote,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"Model {training.version}: {' '.join(decision.reasons)}",
        )
        yield dg.MaterializeResult(
            asset_key=HOLDOUT_SCORES,
            metadata={
                "dagster/row_count": result.row_counts["holdout"],
                "holdout_date": str(result.split.holdout),
                "model_version": training.version,
            },
        )

    return train_model
