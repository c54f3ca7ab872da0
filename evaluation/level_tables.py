"""Tables of rolling origins: level, log loss, calibration, and performance as it was estimated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from evaluation.rolling_origins import Origin
from ml.config import TrainingSettings
from ml.metrics.classification import log_loss
from ml.metrics.ranking import roc_auc

TIERS = ("high", "medium", "low")
REALISED = {"roc_auc": roc_auc, "log_loss": log_loss}


def show_origins(
    console: Console, name: str, origins: Sequence[Origin], settings: TrainingSettings
) -> None:
    """Print the tables of a data set's origins, and a line on each of them."""
    if not origins:
        console.print(f"{name}: no date could be scored")
        return
    console.print(_levels(name, origins, settings))
    ratios = [abs(np.log(origin.level_ratio)) for origin in origins]
    within = sum(origin.is_within for origin in origins)
    console.print(
        f"{name}: median |ln(predicted ÷ churned)| {np.median(ratios):.3f}; "
        f"{within} of {len(origins)} dates within the interval of the level"
    )
    console.print(_tiers(name, origins, settings))
    for metric in REALISED:
        console.print(f"{name}: {_estimates(metric, origins)}")


def _levels(name: str, origins: Sequence[Origin], settings: TrainingSettings) -> Table:
    """A row per date that could be scored: its level, its log loss and its calibration."""
    table = Table(title=f"{name}: each date as it was scored on the day", title_justify="left")
    columns = ("date", "churned", "predicted", "÷", "interval", "ECE (chance)", "at its level")
    for column in (*columns, "log loss", "", "tiers"):
        table.add_column(column, justify="right")
    for origin in origins:
        against = origin.against_best()
        verdict = "WORSE" if against.low > 0 else "better" if against.high < 0 else "equal"
        table.add_row(
            str(origin.day),
            f"{origin.churn_rate:.3f}",
            f"{origin.probabilities.mean():.3f}",
            f"{origin.level_ratio:.2f}",
            f"{origin.level.low:.2f} to {origin.level.high:.2f}{'' if origin.is_within else ' !'}",
            f"{origin.calibration_error:.3f} ({origin.chance_error():.3f})",
            f"{origin.shape_error():.3f}",
            ", ".join(f"{peer} {loss:.4f}" for peer, loss in origin.log_losses.items()),
            f"{verdict} than {origin.best_peer} ({against.low:+.4f} to {against.high:+.4f})",
            ", ".join(
                f"{found.tier.name} {found.tier.mean_predicted:.2f} "
                f"({found.tier.churn_rate.low:.2f} to {found.tier.churn_rate.high:.2f})"
                for found in origin.tiers(settings)
            ),
        )
    return table


def _tiers(name: str, origins: Sequence[Origin], settings: TrainingSettings) -> Table:
    """A row per tier over all dates; each date counts by its customers."""
    table = Table(title=f"{name}: risk tiers over all dates", title_justify="left")
    for column in (
        "tier",
        "customers",
        "predicted",
        "churned",
        "dates",
        "within the expected interval",
        "within sampling alone",
    ):
        table.add_column(column, justify="right")
    found = [tier for origin in origins for tier in origin.tiers(settings)]
    for name_of_tier in TIERS:
        of_tier = [each for each in found if each.tier.name == name_of_tier]
        if not of_tier:
            continue
        customers = [each.tier.customers for each in of_tier]
        predicted = np.average([each.tier.mean_predicted for each in of_tier], weights=customers)
        churned = np.average([each.tier.churn_rate.estimate for each in of_tier], weights=customers)
        table.add_row(
            name_of_tier,
            f"{sum(customers):,}",
            f"{predicted:.3f}",
            f"{churned:.3f}",
            str(len(of_tier)),
            str(sum(each.is_within for each in of_tier)),
            str(sum(each.is_within_sampling for each in of_tier)),
        )
    return table


def _estimates(metric: str, origins: Sequence[Origin]) -> str:
    """Distance of the estimates of a metric from the realised figures."""
    realised_by = REALISED[metric]
    misses, of_holdout, within = [], [], 0
    for origin in origins:
        estimate = origin.estimate.get(f"estimated_{metric}")
        if estimate is None:
            continue
        realised = realised_by(origin.labels, origin.probabilities)
        misses.append(abs(estimate - realised))
        of_holdout.append(abs(realised_by(*origin.holdout) - realised))
        low, high = (origin.estimate[f"estimated_{metric}_{end}"] for end in ("low", "high"))
        within += low <= realised <= high
    if not misses:
        return f"no date has an estimated {metric}"
    return (
        f"{metric} estimated before the outcome on {len(misses)} of {len(origins)} dates, "
        f"mean miss {np.mean(misses):.3f} (the holdout's own figure: {np.mean(of_holdout):.3f}), "
        f"{within} within the interval"
    )
