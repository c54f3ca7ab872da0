"""Drift measurement: a day's customers in the bins of the model in use, and an earlier day's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ml.churn.model import LoadedModel
from ml.monitoring.drift import SCORE, counts, reference
from ml.schemas import SNAPSHOT_DATE, feature_names
from warehouse.ml_tables.drift_tables import (
    accepted_since,
    counts_of,
    earlier_date,
    holdout_scores,
    reference_of,
    replace_counts,
    store_reference,
    training_rows,
)
from warehouse.ml_tables.model_tables import features_of


def measure(
    con: duckdb.DuckDBPyConnection, day: date, used: LoadedModel, run: Sequence[date]
) -> None:
    """Write a day's counts, and the model's reference when a version is first used.

    A feature whose drift was accepted is compared with the day of acceptance, so that only a
    further drift counts. Without the model's training rows in the warehouse there are no bins, and
    nothing is written.

    Args:
        con: the warehouse.
        day: the day.
        used: the model in use on it.
        run: all dates of the run; each counts as scored for the later ones.

    Raises:
        SchemaError: the features lack a column of the model.
    """
    known = _reference(con, used)
    counted = _count(con, day, known, used)
    before = earlier_date(con, day, run)
    accepted = accepted_since(con, day)
    features: dict[date, list[str]] = {}
    if before is not None:
        for name in counted["feature"].unique().to_pylist():
            since = accepted.get(name, before)
            features.setdefault(since if before < since < day else before, []).append(name)
    earlier = {then: _counted(con, then, known, used, names) for then, names in features.items()}
    replace_counts(con, day, used.version, counted, earlier)


def _reference(con: duckdb.DuckDBPyConnection, used: LoadedModel) -> pa.Table:
    known = reference_of(con, used.version)
    if len(known):
        return known
    facts = used.model.facts
    rows = training_rows(con, [*facts.train_dates, *facts.calibration_dates])
    if len(rows) == 0:
        return known
    extended = used.model.extend(rows)
    taken = [reference(extended, feature_names(extended))]
    scores = holdout_scores(con, used.version)
    if len(scores):
        taken.append(reference(scores, [SCORE]))
    latest = rows.filter(pc.equal(rows[SNAPSHOT_DATE], pc.max(rows[SNAPSHOT_DATE])))
    store_reference(con, used.version, pa.concat_tables(taken), used.model.feature_shares(latest))
    return reference_of(con, used.version)


def _counted(
    con: duckdb.DuckDBPyConnection,
    day: date,
    known: pa.Table,
    used: LoadedModel,
    names: Sequence[str],
) -> pa.Table:
    """Counts of some features on an earlier day, as stored or else from the day's features."""
    kept = counts_of(con, day, used.version)
    counted = kept if len(kept) else _count(con, day, known, used)
    return counted.filter(pc.is_in(counted["feature"], value_set=pa.array(names)))


def _count(
    con: duckdb.DuckDBPyConnection, day: date, known: pa.Table, used: LoadedModel
) -> pa.Table:
    return counts(known, used.model.extend(features_of(con, day)))
