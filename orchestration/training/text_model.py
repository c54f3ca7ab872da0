"""Training of the text model, and scoring of texts by the versions in use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from ml.texts.complaints import complaint_examples, complaint_terms
from ml.texts.training import TextTraining, decide_texts, train_texts
from warehouse.ml_tables.text_tables import (
    replace_complaints,
    replace_text_scores,
    texts_of_months,
    texts_to_learn,
    texts_to_score,
)

if TYPE_CHECKING:
    from ml.registry.text_registry import TextRegistry
    from ml.registry.version_index import IndexedModels
    from ml.texts.model import LoadedTextModel


@dataclass(frozen=True)
class TextModelTraining:
    """A logged training of the text model; `why` is the reason for the decision."""

    version: str
    is_promoted: bool
    why: str
    result: TextTraining


def train_text_model(
    con: duckdb.DuckDBPyConnection, registry: TextRegistry, as_of: date, *, run_id: str
) -> TextModelTraining | None:
    """Train on the texts in the warehouse, log the model, and promote it if it is no worse.

    Returns None where no source has delivered a text.

    Args:
        con: the warehouse.
        registry: the text models.
        as_of: date of the training.
        run_id: the Dagster run, logged with the model.
    """
    texts = texts_to_learn(con)
    if len(texts) == 0 and not _has_feedback(con):
        return None
    result = train_texts(texts, as_of)
    champion, unread = registry.readable_champion(as_of)
    is_promoted, verdict = decide_texts(result, champion.model if champion else None)
    why = " ".join([verdict, *unread])
    version = registry.log(result, {"dagster_run_id": run_id})
    record = registry.promote if is_promoted else registry.refuse
    record(version, [why])
    return TextModelTraining(version, is_promoted, why, result)


@dataclass(frozen=True)
class ScoredTexts:
    """Texts scored in a run, and the complaint terms of the months of those texts.

    Attributes:
        texts: number of texts by model version.
        terms: rows written to ml.complaint_terms.
        examples: rows written to ml.complaint_examples.
    """

    texts: dict[str, int]
    terms: pa.Table
    examples: pa.Table


def score_texts(
    con: duckdb.DuckDBPyConnection, models: IndexedModels[LoadedTextModel], as_of: date
) -> ScoredTexts:
    """Score the texts that lack a score of the version in use when they became known."""
    unscored = texts_to_score(con, models.in_use(), as_of)
    for version, texts in unscored.items():
        replace_text_scores(con, models.load(version).model.score(texts, version))
    months = _months(unscored)
    written = texts_of_months(con, months, as_of)
    terms, examples = complaint_terms(written), complaint_examples(written)
    replace_complaints(con, months, terms, examples)
    return ScoredTexts(
        {version: len(texts) for version, texts in unscored.items()}, terms, examples
    )


def _has_feedback(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute("from texts.delivered_texts limit 1").fetchall())


def _months(unscored: dict[str, pa.Table]) -> list[date]:
    """First days of the months in which the texts became known."""
    days = {day for texts in unscored.values() for day in texts["known_on"].unique().to_pylist()}
    return sorted({day.replace(day=1) for day in days})
