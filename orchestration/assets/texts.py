"""Text model and scores of texts, computed before the features are built."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.asset_keys import (
    COMPLAINT_TERMS,
    TEXT_MODEL,
    TEXT_SCORES,
    TEXTS,
    WAREHOUSE_POOL,
)
from orchestration.partitions import dates_of
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

NO_TEXTS = "no source has delivered a text, so no text model is trained"


def text_model_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The text model as of the run's last date."""

    @dg.asset(
        key=TEXT_MODEL,
        deps=TEXTS,
        group_name="model",
        description=(
            "Sentiment and topic of texts from character n-grams and words, trained on the "
            "company's ratings, its filed tickets and a lexicon; evaluated on the latest texts, "
            "and promoted if it is no worse than the model in use."
        ),
        owners=[owner_name(config.owner)],
        kinds={"scikitlearn", "mlflow"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def text_model(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        from ml.cards.text_card import text_card
        from orchestration.training.text_model import train_text_model

        with final_unless_in_use(), warehouse.connect(read_only=True) as con:
            training = train_text_model(
                con, models.texts, dates_of(context)[-1], run_id=context.run.run_id
            )
        if training is None:
            return dg.MaterializeResult(metadata={"why": NO_TEXTS})
        facts = training.result.model.facts
        return dg.MaterializeResult(
            metadata={
                "model_version": training.version,
                "promoted": training.is_promoted,
                "rated_texts": facts.rated_texts,
                "filed_texts": facts.filed_texts,
                "why": training.why,
                "model_card": dg.MetadataValue.md(text_card(training.result)),
                **training.result.metrics,
            }
        )

    return text_model


def text_scores_assets(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """Scores of texts, and the terms of complaints in the months of those texts."""

    def spec(key: dg.AssetKey, description: str) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            deps=[*TEXTS, TEXT_MODEL],
            group_name="model",
            description=description,
            owners=[owner_name(config.owner)],
            kinds={"scikitlearn", "duckdb"},
        )

    @dg.multi_asset(
        name="read_texts",
        specs=[
            spec(
                TEXT_SCORES,
                "Sentiment and topic of each delivered text, by the model in use on the day on "
                "which the text became known; a text that has this score is not scored again.",
            ),
            spec(
                COMPLAINT_TERMS,
                "Terms that distinguish the complaints of a month and topic, and masked example "
                "phrases, which stay in the working warehouse.",
            ),
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def read_texts(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> Iterator[dg.MaterializeResult[None]]:
        from orchestration.training.text_model import score_texts

        with final_unless_in_use(), warehouse.connect() as con:
            scored = score_texts(con, models.text_models, dates_of(context)[-1])
        yield dg.MaterializeResult(
            asset_key=TEXT_SCORES,
            metadata={
                "dagster/row_count": sum(scored.texts.values()),
                "model_version": ", ".join(scored.texts),
            },
        )
        yield dg.MaterializeResult(
            asset_key=COMPLAINT_TERMS,
            metadata={
                "dagster/row_count": len(scored.terms),
                "examples": dg.MetadataValue.md(_markdown_list(scored.examples)),
            },
        )

    return read_texts


def _markdown_list(examples: "pa.Table") -> str:
    """The examples of the latest month, by topic."""
    rows = examples.to_pylist()
    latest = max((row["month"] for row in rows), default=None)
    return "\n".join(
        f"- {row['topic'] or 'no topic'}: {row['phrase']}" for row in rows if row["month"] == latest
    )
