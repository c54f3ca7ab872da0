"""The model card: what the model is, what it was judged on, and what it must not be used for.

Follows Mitchell et al.: Model Cards for Model Reporting, FAT* 2019, section 4.
"""

from __future__ import annotations

from datetime import date
from math import isnan

from ml.train import BaselineResult, TrainingResult

DEFINITIONS = {
    "non_contractual": "no completed order within {days} days after the date",
    "contractual": "all subscriptions ended within {days} days after the date",
}
ROWS = (
    ("roc_auc", "ROC AUC", ".3f"),
    ("pr_auc", "PR AUC", ".3f"),
    ("brier", "Brier score", ".4f"),
    ("log_loss", "Log loss", ".4f"),
    ("calibration_error", "Calibration error", ".4f"),
    ("top_decile_lift", "Top-decile lift", ".2f"),
    ("top_decile_lift_share", "Lift ÷ maximum", ".2f"),
    ("mean_predicted", "Mean predicted", ".3f"),
)


def model_card(result: TrainingResult) -> str:
    """The card as Markdown."""
    facts, rows = result.model.facts, result.row_counts
    definition = DEFINITIONS[facts.kind].format(days=facts.horizon_days)
    gap = (
        "no customer is in both training and calibration, whose label windows overlap"
        if result.split.disjoint_customers
        else "training and calibration lie a full horizon apart"
    )
    parts = [
        f"# Churn model as of {facts.as_of}",
        f"Predicts for each customer: {definition}. {_nature(result)}",
        "## Data",
        (
            f"- Training: {_period(facts.train_dates)}, {rows['train']:,} rows\n"
            f"- Early stopping and calibration: {_period(facts.calibration_dates)}, "
            f"{rows['calibration']:,} rows\n"
            f"- Holdout: {facts.holdout_date}, {rows['holdout']:,} customers, "
            f"{result.metrics['churn_rate']:.1%} left\n"
            f"- Nothing was fitted later than a horizon of {facts.horizon_days} days before the "
            f"holdout; {gap}."
        ),
        "## How good it is on the holdout",
        _metrics_table(result),
        *(_difference(baseline) for baseline in result.baselines),
        "## What it reads most",
        "\n".join(
            f"- {name}: {gain:.1%} of gain"
            for name, gain in list(result.feature_shares.items())[:10]
        )
        or "Nothing.",
        "## Limits",
        (
            "- One holdout date says nothing about other seasons.\n"
            "- It says who is likely to leave, not who can be kept: that takes a control group.\n"
            "- Reasons are what the model weighed, not proof of what moves the customer."
        ),
    ]
    if result.model.preprocessor.unknown:
        unknown = ", ".join(result.model.preprocessor.unknown)
        parts.append(f"## Features without any value in training\n\n{unknown}")
    return "\n\n".join(parts) + "\n"


def _nature(result: TrainingResult) -> str:
    facts, model = result.model.facts, result.model
    if model.is_average:
        return (
            "**It is no more than the average**: no model told better who leaves, so every "
            "customer gets the churn rate before the holdout, "
            f"{result.metrics['mean_predicted']:.1%}, without causes or reasons. "
            f"{facts.why_average}"
        )
    return (
        f"XGBoost, {facts.rounds} trees of depth {facts.max_depth}, "
        f"{len(model.preprocessor.columns)} features; calibration: {model.calibrator.method}."
    )


def _metrics_table(result: TrainingResult) -> str:
    columns = [("Model", result.metrics)]
    columns += [(peer.name, peer.metrics) for peer in result.baselines if peer.metrics]
    lines = [
        "| | " + " | ".join(name for name, _ in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    for key, label, form in ROWS:
        cells = " | ".join(
            "–" if isnan(metrics[key]) else format(metrics[key], form) for _, metrics in columns
        )
        lines.append(f"| {label} | {cells} |")
    return "\n".join(lines)


def _difference(baseline: BaselineResult) -> str:
    difference = baseline.auc_difference
    if difference is None:
        return f"{baseline.name}: {baseline.note}."
    verdict = "clear of zero" if difference.excludes_zero else "not clear of zero"
    return (
        f"ROC AUC less that of {baseline.name} ({baseline.note}): {difference.estimate:+.4f}, "
        f"95 % interval {difference.low:+.4f} to {difference.high:+.4f}, {verdict}."
    )


def _period(dates: tuple[date, ...]) -> str:
    if len(dates) == 1:
        return f"{dates[0]}"
    return f"{dates[0]} to {dates[-1]} ({len(dates)} dates)"
