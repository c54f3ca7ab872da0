"""Partitions: one key a day of history, `YYYY-MM-DD` in the deployment's time zone.

Which day a schedule or a command runs does not belong here (`automation.py`, `cli/`).
"""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from deployment.config import DeploymentConfig


def daily_partitions(config: DeploymentConfig) -> dg.PartitionsDefinition[str]:
    """Every day from `first_date` to yesterday, or to `last_date` where the data ends.

    With a `last_date` the partitions do not depend on the machine's clock.
    """
    if config.last_date is None:
        return dg.DailyPartitionsDefinition(
            start_date=config.first_date.isoformat(), timezone=config.time_zone
        )
    days = (config.last_date - config.first_date).days + 1
    return dg.StaticPartitionsDefinition(
        [(config.first_date + timedelta(days=day)).isoformat() for day in range(days)]
    )


def dates_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[date]:
    """The dates of a run, ascending: one in a daily run, several in a backfill."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)
