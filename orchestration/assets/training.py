"""The churn model: trained on past dates, judged on a later one, promoted if it is no worse.

Where nothing is in use and the model is refused, the average of all customers is used instead.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np

from deployment.config import DeploymentConfig
from orchestration.assets.ingest import POOL
from orchestration.assets.pictures import as_markdown
from orchestration.assets.scoring import FEATURES
from orchestration.assets.warehouse import EXAMPLES
from orchestration.model_record import CHURN_MODEL
from orchestration.partitions import dates_of
from orchestration.resources import Models, training_settings
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.model_tables import (
    attributes_of,
    examples,
    feature_catalogue,
    histories_of,
    replace_holdout_scores,
    replace_value_parameters,
)

if TYPE_CHECKING:
    from ml.registry.promotion import Decision
    from ml.training.training_result import TrainingResult

HOLDOUT_SCORES = dg.AssetKey(["ml", "holdout_scores"])


def model_assets(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The model as of the run's last date, and what it said of its holdout."""
    settings = training_settings(config)

    def spec(key: dg.AssetKey, kinds: set[str], description: str) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            deps=[EXAMPLES, FEATURES],
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
                "A calibrated model of who leaves, logged with its metrics beside the baselines'; "
                "promoted to champion if it is not worse than the one in use. The average where "
                "there is none and nothing better.",
            ),
            spec(
                HOLDOUT_SCORES,
                {"xgboost", "duckdb"},
                "What the model said of the latest matured date, which it never saw.",
            ),
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def train_model(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> Iterator[dg.MaterializeResult[None]]:
        from ml.cards.model_card import model_card
        from ml.cards.plots import all_plots
        from ml.registry.promotion import decide
        from ml.training.train import fit, fit_average
        from orchestration.retraining import why_trained

        as_of = dates_of(context)[-1]
        with final_unless_in_use(), warehouse.connect() as con:
            known, histories = examples(con), histories_of(con, as_of - settings.horizon)
            later = attributes_of(con, as_of)
            signs = {name: meaning.sign for name, meaning in feature_catalogue(con).items()}
            found = models.registry.champion(as_of)
            champion = found.model if found else None

            def judge(trained: "TrainingResult") -> "tuple[str, Decision]":
                version = models.registry.log(trained, {"dagster_run_id": context.run.run_id})
                replace_holdout_scores(con, version, trained.holdout_scores(version))
                if trained.value:
                    replace_value_parameters(con, version, trained.value.model)
                stored = models.registry.load(version).model.predict(trained.holdout)
                if not np.array_equal(stored, trained.holdout_probabilities):
                    raise dg.Failure(
                        f"model {version} does not say again what it said when it was trained",
                        allow_retries=False,
                    )
                decision = decide(trained.model, champion, known)
                models.registry.tag(version, {"retrain_reason": why_trained(context.run.tags)})
                if decision.promote:
                    models.registry.promote(version, decision.reasons)
                return version, decision

            result = fit(
                known, settings, as_of=as_of, histories=histories, later=later, signs=signs
            )
            version, decision = judge(result)
            if not decision.promote and (champion is None or champion.is_average):
                why = " ".join(["Of the boosted model:", *decision.reasons])
                result = fit_average(known, settings, as_of=as_of, why=why, histories=histories)
                version, decision = judge(result)
        yield dg.MaterializeResult(
            asset_key=CHURN_MODEL,
            metadata={
                "model_version": version,
                "promoted": decision.promote,
                "trees": float(result.model.facts.rounds),
                "why": dg.MetadataValue.md("\n\n".join(decision.reasons)),
                "model_card": dg.MetadataValue.md(model_card(result)),
                **{name: as_markdown(png) for name, png in all_plots(result).items()},
                **result.headline_metrics(),
            },
        )
        yield dg.MaterializeResult(
            asset_key=HOLDOUT_SCORES,
            metadata={
                "dagster/row_count": result.row_counts["holdout"],
                "holdout_date": str(result.split.holdout),
                "model_version": version,
            },
        )

    return train_model
