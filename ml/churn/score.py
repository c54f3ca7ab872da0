"""Scoring: churn probability, explanation and value factor of each eligible customer and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.churn.explain import REASONS, Catalogue, Explainer
from ml.churn.model import LoadedModel, batches
from ml.level.level_model import Level, OpenWindow, unforecast
from ml.schemas import (
    CAUSES,
    CHURN_LEVELS,
    CHURN_SCORES,
    CUSTOMER_ID,
    IS_AWAY,
    SNAPSHOT_DATE,
    check_features,
    eligible_rows,
    sorted_by_keys,
)


def score(
    model: LoadedModel,
    features: pa.Table,
    catalogue: Catalogue,
    threads: int = 2,
) -> pa.Table:
    """Churn probability, main cause, up to three reasons and value factor of each eligible row.

    The level is the model's own, as for rows of the past that are only explained.

    Args:
        model: the model in use on the dates of the features.
        features: feature rows of one or more dates; rows that are not eligible are excluded.
        catalogue: the feature catalogue.
        threads: threads for XGBoost.

    Returns:
        A table of `CHURN_SCORES`, sorted by (snapshot_date, customer_id). The rows of a date do not
        depend on the other dates of the table.

    Raises:
        SchemaError: a feature is missing or has another kind than in training, or a key repeats.
    """
    rows = _checked_rows(features)
    return _scored(model, rows, catalogue, None, threads)[0]


def score_day(
    model: LoadedModel,
    features: pa.Table,
    windows: pa.Table,
    catalogue: Catalogue,
    threads: int = 2,
) -> tuple[pa.Table, Level | None]:
    """Scores of one date, as of `score`, at the level that is forecast for it, and the level.

    Args:
        model: the model in use on the date.
        features: feature rows of the date; rows that are not eligible are excluded.
        windows: feature rows of earlier dates with `is_away`, as known on the date.
        catalogue: the feature catalogue.
        threads: threads for XGBoost.

    Raises:
        SchemaError: a feature is missing or has another kind than in training, or a key repeats.
    """
    rows = _checked_rows(features)
    if len(rows) == 0:
        return CHURN_SCORES.empty_table(), None
    return _scored(model, rows, catalogue, windows, threads)


def forecast_level(
    model: LoadedModel,
    day: date,
    probabilities: NDArray[np.float64],
    windows: pa.Table,
    threads: int = 2,
) -> Level:
    """The level of a date: how many of its eligible customers will churn.

    Args:
        model: the model in use on the date.
        day: the date.
        probabilities: the scoring model's own, of the date's eligible customers, shape (rows,).
        windows: feature rows of earlier dates with `is_away`, as known on the date.
        threads: threads for XGBoost.

    Raises:
        SchemaError: a feature is missing or has another kind than in training.
    """
    scoring = model.model.for_scoring
    if scoring.level is None:
        facts = scoring.facts
        return unforecast(
            day,
            probabilities,
            facts.train_dates[0],
            is_contractual=facts.kind == "contractual",
        )
    found = [
        OpenWindow(
            earlier,
            scoring.predict(some, threads),
            np.asarray(some[IS_AWAY].to_numpy(), dtype=bool),
        )
        for earlier in sorted(windows[SNAPSHOT_DATE].unique().to_pylist())
        if len(some := windows.filter(pc.equal(windows[SNAPSHOT_DATE], pa.scalar(earlier))))
    ]
    return scoring.level.forecast(day, probabilities, found)


def level_row(day: date, version: str, level: Level) -> pa.Table:
    """The level as one row of `CHURN_LEVELS`."""
    row = {SNAPSHOT_DATE: day, "model_version": version, **asdict(level)}
    return pa.Table.from_pylist([row], schema=CHURN_LEVELS)


def _checked_rows(features: pa.Table) -> pa.Table:
    check_features(features)
    return sorted_by_keys(eligible_rows(features))


def _scored(
    model: LoadedModel,
    rows: pa.Table,
    catalogue: Catalogue,
    windows: pa.Table | None,
    threads: int,
) -> tuple[pa.Table, Level | None]:
    """Scores of rows, of one date at the level that windows forecast for it, and that level."""
    names, scoring = model.model.preprocessor.names, model.model.for_scoring
    predictor, explainer = scoring.predictor(threads), Explainer(names, catalogue)
    evidence = scoring.reasons
    margins = np.empty(len(rows), dtype=np.float32)
    main_cause = np.empty(len(rows), dtype=np.int8)
    reasons = np.empty((len(rows), REASONS), dtype=np.int16)
    factors = np.empty(len(rows))

    start = 0
    for batch in batches(rows):
        prepared = predictor.prepare(batch)
        where = slice(start, start + len(batch))
        margins[where] = predictor.margins_of(prepared)
        factors[where] = predictor.value_factors(prepared)
        contributions = predictor.contributions(prepared)
        separates = None if evidence is None else evidence.separates(names, prepared.values)
        found = explainer.explain(contributions, prepared.values, separates)
        main_cause[where], reasons[where] = found.main_cause, found.reasons
        start += len(batch)
    probabilities = scoring.calibrator.apply(margins)
    level = None
    if windows is not None:
        day = rows[SNAPSHOT_DATE][0].as_py()
        level = forecast_level(model, day, probabilities, windows, threads)
        probabilities = scoring.calibrator.apply(margins, level.log_ratio)

    scores = pa.table(
        [
            rows[SNAPSHOT_DATE].cast(pa.date32()),
            rows[CUSTOMER_ID].cast(pa.string()),
            pa.repeat(pa.scalar(model.version), len(rows)),
            pa.array(probabilities),
            _named(main_cause, CAUSES),
            *(_named(reasons[:, place], names) for place in range(REASONS)),
            pa.array(factors),
        ],
        schema=CHURN_SCORES,
    )
    return scores, level


def _named(positions: NDArray[np.integer], names: Sequence[str]) -> pa.Array:
    indices = pa.array(positions.astype(np.int32), mask=positions < 0)
    return pc.take(pa.array(names, pa.string()), indices)
