"""Scores: every eligible customer of the run's dates, by the model in use on each date."""

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
import pyarrow as pa

from deployment.config import DeploymentConfig
from orchestration.assets.ingest import POOL
from orchestration.assets.pictures import as_markdown
from orchestration.partitions import dates_of
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.model_tables import (
    feature_catalogue,
    features_of,
    replace_churn_hazards,
    replace_churn_scores,
)

if TYPE_CHECKING:
    from ml.churn.model import LoadedModel

CHURN_SCORES = dg.AssetKey(["ml", "churn_scores"])
FEATURES = dg.AssetKey(["features", "feat_customer_snapshots"])
FEATURE_COUNTS = dg.AssetKey(["ml", "feature_counts"])
CATALOGUE = dg.AssetKey(["seeds", "feature_catalogue"])


def churn_scores_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str], model: dg.AssetKey
) -> dg.AssetsDefinition:
    """The scores, which depend on the features of the day, on their gate and on the model."""

    @dg.asset(
        key=CHURN_SCORES,
        deps=[FEATURES, FEATURE_COUNTS, CATALOGUE, model],
        group_name="model",
        description=(
            "Churn probability, main cause, up to three reasons and the factor on the formula's "
            "value of every eligible customer, by the promoted model with the greatest date not "
            "after the day. Where that is the average, all have one probability and no cause or "
            "reason. For contracts also when they may be left, month by month (ml.churn_hazards)."
        ),
        owners=[owner_name(config.owner)],
        kinds={"xgboost", "mlflow", "duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def churn_scores(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        from ml.cards.plots import score_histogram
        from ml.churn.hazard import score_hazards
        from ml.churn.score import score
        from ml.schemas import CHURN_HAZARDS

        dates = dates_of(context)
        scored, hazards = [], [CHURN_HAZARDS.empty_table()]
        with final_unless_in_use(), warehouse.connect() as con:
            catalogue, exact_from = feature_catalogue(con), config.risk_tiers.medium
            for day in dates:
                used = model_of(day, models)
                scored.append(score(used, features_of(con, day), catalogue, exact_from))
                if used.model.hazard:
                    hazards.append(score_hazards(used.model.hazard, scored[-1]))
            scores = pa.concat_tables(scored)
            replace_churn_scores(con, dates, scores)
            replace_churn_hazards(con, dates, pa.concat_tables(hazards))
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(scores),
                "model_version": ", ".join(sorted(set(scores["model_version"].to_pylist()))),
                "histogram": as_markdown(score_histogram(scores["churn_probability"].to_numpy())),
            }
        )

    return churn_scores


def model_of(day: date, models: Models) -> "LoadedModel":
    """The model in use on a date; where there is none, the step fails and says what to do."""
    model = models.registry.champion(day)
    if model is None:
        raise dg.Failure(
            f"no model is in use for {day}: run `holdfast train --date {day}`",
            allow_retries=False,
        )
    return model
