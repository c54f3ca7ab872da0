"""Churn scores: every eligible customer of the run's dates, by the model in use on each date.

The score itself does not belong here (`ml/churn/`), nor the check of its completeness
(`checks/scores.py`).
"""

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pyarrow as pa

from deployment.config import DeploymentConfig
from orchestration.asset_keys import (
    CHURN_MODEL,
    CHURN_SCORES,
    FEATURE_CATALOGUE,
    FEATURE_COUNTS,
    FEATURES,
    WAREHOUSE_POOL,
)
from orchestration.metadata import score_distribution
from orchestration.partitions import dates_of
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.ml_tables.drift_tables import (
    holdout_outcomes,
    replace_performance_estimates,
    weights_of,
)
from warehouse.ml_tables.model_tables import (
    feature_catalogue,
    features_of,
    open_windows,
    replace_churn_hazards,
    replace_churn_levels,
    replace_churn_scores,
)

if TYPE_CHECKING:
    from ml.churn.model import LoadedModel


def churn_scores_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The scores; they wait for the day's features, the checks on them and the model."""

    @dg.asset(
        key=CHURN_SCORES,
        deps=[FEATURES, FEATURE_COUNTS, FEATURE_CATALOGUE, CHURN_MODEL],
        group_name="model",
        description=(
            "Churn probability, main cause, up to three reasons and the factor on the expected "
            "value of every eligible customer, by the latest promoted model dated on or before "
            "the day. A base-rate model gives every customer one probability and no cause or "
            "reason. Also the expected churn rate of the day with its interval (ml.churn_levels), "
            "and for contracts the hazard of each month ahead (ml.churn_hazards). The "
            "performance that the scores are expected to reach is in ml.performance_estimates."
        ),
        owners=[owner_name(config.owner)],
        kinds={"xgboost", "mlflow", "duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def churn_scores(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        from ml.churn.hazard import score_hazards
        from ml.churn.score import level_row, score_day
        from ml.schemas import CHURN_HAZARDS, CHURN_LEVELS, PERFORMANCE_ESTIMATES

        dates = dates_of(context)
        scored, hazards = [], [CHURN_HAZARDS.empty_table()]
        levels, estimates = [CHURN_LEVELS.empty_table()], [PERFORMANCE_ESTIMATES.empty_table()]
        with final_unless_in_use(), warehouse.connect() as con:
            catalogue = feature_catalogue(con)
            for day in dates:
                used = model_of(day, models)
                features = features_of(con, day)
                scores, level = score_day(used, features, open_windows(con, day), catalogue)
                scored.append(scores)
                if level:
                    levels.append(level_row(day, used.version, level))
                estimates.append(_estimated(con, used, features, scored[-1]))
                if used.model.hazard:
                    hazards.append(score_hazards(used.model.hazard, scored[-1]))
            scores = pa.concat_tables(scored)
            replace_churn_scores(con, dates, scores)
            replace_churn_hazards(con, dates, pa.concat_tables(hazards))
            replace_churn_levels(con, dates, pa.concat_tables(levels))
            replace_performance_estimates(con, dates, pa.concat_tables(estimates))
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(scores),
                "model_version": ", ".join(sorted(set(scores["model_version"].to_pylist()))),
                "scores": score_distribution(scores["churn_probability"].to_numpy()),
            }
        )

    return churn_scores


def _estimated(
    con: duckdb.DuckDBPyConnection, used: "LoadedModel", features: pa.Table, scores: pa.Table
) -> pa.Table:
    """The performance that a day's scores are expected to reach."""
    from ml.monitoring.performance_estimate import (
        MAX_ROWS,
        SCORE,
        estimate_performance,
        estimation_sample,
    )

    known, sample = holdout_outcomes(con, used.version, MAX_ROWS), estimation_sample(features)
    evaluated = pa.array(used.model.predict(sample))
    return estimate_performance(
        used.model.extend(known),
        used.model.extend(sample).append_column(SCORE, evaluated),
        scores,
        used.version,
        weights_of(con, used.version),
    )


def model_of(day: date, models: Models) -> "LoadedModel":
    """The model in use on a date.

    Raises:
        Failure: no model was promoted on or before the date.
    """
    model = models.churn_models.champion(day)
    if model is None:
        raise dg.Failure(
            f"no model is in use for {day}: run `holdfast train --date {day}`",
            allow_retries=False,
        )
    return model
