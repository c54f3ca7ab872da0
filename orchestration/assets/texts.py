"""Text model and scores of texts, computed before the features are built."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.assets.ingest import POOL
from orchestration.partitions import dates_of
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.text_tables import (
    replace_complaints,
    replace_text_scores,
    texts_of_months,
    texts_to_learn,
    texts_to_score,
)

if TYPE_CHECKING:
    import pyarrow as pa

TEXT_MODEL = dg.AssetKey(["ml", "text_model"])
TEXT_SCORES = dg.AssetKey(["ml", "text_scores"])
COMPLAINT_TERMS = dg.AssetKey(["ml", "complaint_terms"])
# Tables that the two assets read.
TEXTS = [
    dg.AssetKey(["texts", name])
    for name in (
        "delivered_texts",
        "labelled_texts",
        "ticket_topics",
        "text_writers",
        "writer_names",
    )
]
NOTHING_WRITTEN = "no text has been delivered, so there is nothing to learn from"


def text_model_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The model of texts as of the run's last date."""

    @dg.asset(
        key=TEXT_MODEL,
        deps=TEXTS,
        group_name="model",
        description=(
            "Mood and topic of texts by their characters and words, taught by the company's own "
            "ratings and filed tickets and by a lexicon; judged on the latest texts, and promoted "
            "if it is no worse than the one in use."
        ),
        owners=[owner_name(config.owner)],
        kinds={"scikitlearn", "mlflow"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def text_model(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        from ml.cards.text_card import text_card
        from ml.texts.training import decide_texts, train_texts

        as_of = dates_of(context)[-1]
        with final_unless_in_use(), warehouse.connect(read_only=True) as con:
            texts = texts_to_learn(con)
        if len(texts) == 0 and not _is_anything_written(warehouse):
            return dg.MaterializeResult(metadata={"why": NOTHING_WRITTEN})
        training = train_texts(texts, as_of)
        champion = models.texts.champion(as_of)
        promote, why = decide_texts(training, champion.model if champion else None)
        version = models.texts.log(training, {"dagster_run_id": context.run.run_id})
        if promote:
            models.texts.promote(version, [why])
        return dg.MaterializeResult(
            metadata={
                "model_version": version,
                "promoted": promote,
                "rated_texts": training.model.facts.rated_texts,
                "filed_texts": training.model.facts.filed_texts,
                "why": why,
                "model_card": dg.MetadataValue.md(text_card(training)),
                **training.metrics,
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
                "Sentiment and topic of each delivered text, by the model in use on the day it "
                "became known; texts that have that score already are not read again.",
            ),
            spec(
                COMPLAINT_TERMS,
                "The words by which the complaints of a month and topic stand out, and masked "
                "examples of them that stay in the warehouse.",
            ),
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def read_texts(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> Iterator[dg.MaterializeResult[None]]:
        from ml.texts.complaints import complaint_examples, complaint_terms

        last = dates_of(context)[-1]
        with final_unless_in_use(), warehouse.connect() as con:
            unread = texts_to_score(con, models.texts.in_use(), last)
            for version, texts in unread.items():
                replace_text_scores(con, models.texts.load(version).model.score(texts, version))
            months = _months(unread)
            written = texts_of_months(con, months, last)
            terms, examples = complaint_terms(written), complaint_examples(written)
            replace_complaints(con, months, terms, examples)
        yield dg.MaterializeResult(
            asset_key=TEXT_SCORES,
            metadata={
                "dagster/row_count": sum(map(len, unread.values())),
                "model_version": ", ".join(unread),
            },
        )
        yield dg.MaterializeResult(
            asset_key=COMPLAINT_TERMS,
            metadata={
                "dagster/row_count": len(terms),
                "examples": dg.MetadataValue.md(_as_list(examples)),
            },
        )

    return read_texts


def _is_anything_written(warehouse: Warehouse) -> bool:
    with warehouse.connect(read_only=True) as con:
        return bool(con.execute("from texts.delivered_texts limit 1").fetchall())


def _months(unread: "dict[str, pa.Table]") -> list[date]:
    """First days of the months in which the texts became known."""
    days = {day for texts in unread.values() for day in texts["known_on"].unique().to_pylist()}
    return sorted({day.replace(day=1) for day in days})


def _as_list(examples: "pa.Table") -> str:
    """The examples of the latest month, by topic."""
    rows = examples.to_pylist()
    latest = max((row["month"] for row in rows), default=None)
    return "\n".join(
        f"- {row['topic'] or 'no topic'}: {row['phrase']}" for row in rows if row["month"] == latest
    )
