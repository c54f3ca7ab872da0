"""Dates of the configuration compared with the purchases of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb

from cli.doctor.finding import Finding
from cli.doctor.sample.models import SampledModel
from deployment.config import DeploymentConfig
from ml.churn.split import NotEnoughHistoryError, training_cutoffs
from ml.config import TrainingSettings

# A quiet week begins or ends the data of a small shop; a month does not.
TOLERATED_DAYS = 31
SUBJECT = "configuration"


def diagnose_history(
    con: duckdb.DuckDBPyConnection, model: SampledModel, config: DeploymentConfig
) -> Iterator[Finding]:
    """Compare `first_date`, `last_date` and the history that a training needs with the orders.

    Nothing is compared with the earliest order of a sample that is a part of the rows.

    Args:
        con: the sample's database.
        model: the staging model of orders; others give no finding.
        config: the deployment.
    """
    if model.entity != "orders" or "ordered_at" not in model.columns:
        return
    row = con.execute(
        f"select cast(min(ordered_at) as date), cast(max(ordered_at) as date) from {model.name}"
    ).fetchone()
    if row is None or row[0] is None:
        return
    first, last = row
    if config.last_date and (config.last_date - last).days > TOLERATED_DAYS:
        yield Finding(
            "warning",
            SUBJECT,
            f"last_date {config.last_date} is {(config.last_date - last).days} days after the last"
            f" order in {model.table}, {last}: by then all customers look inactive",
            f"set last_date: {last}, or deliver the later orders",
        )
    if not model.is_whole:
        return
    if (first - config.first_date).days > TOLERATED_DAYS:
        yield Finding(
            "warning",
            SUBJECT,
            f"first_date {config.first_date} is {(first - config.first_date).days} days before the"
            f" first order in {model.table}, {first}",
            f"set first_date: {first}",
        )
    yield from _training_history(max(first, config.first_date), last, config)


def _training_history(begins: date, last: date, config: DeploymentConfig) -> Iterator[Finding]:
    """Report a history that is too short for a training on its last day."""
    settings = TrainingSettings(
        kind=config.churn.kind,
        horizon_days=config.churn.horizon_days,
        step_days=config.training.step_days,
        min_history_days=config.training.min_history_days,
    )
    as_of = min(last, config.last_date) if config.last_date else last
    try:
        training_cutoffs(as_of, begins, settings)
    except NotEnoughHistoryError as error:
        needed = settings.min_history + 2 * settings.horizon + 2 * settings.step
        yield Finding(
            "warning",
            SUBJECT,
            str(error),
            "lower training.min_history_days or churn.horizon_days, or deliver older orders"
            f" (from {as_of - needed - timedelta(days=settings.step_days)})",
        )
