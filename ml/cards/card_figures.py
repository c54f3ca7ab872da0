"""The sections of the model card that are tables of figures, each as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ml.cards.markdown import ABSENT, between, bullets, escape, number, table
from ml.churn.hazard import HazardResult
from ml.economics import PAPER_ECONOMICS
from ml.metrics.intervals import Interval
from ml.metrics.profit import ExpectedProfit, empc
from ml.metrics.slices import (
    ALL,
    LEAST_CUSTOMERS,
    LEAST_OF_EITHER,
    SliceTable,
    too_small,
    weak_groups,
)
from ml.metrics.tiers import Tier
from ml.training.training_result import BaselineResult, TrainingResult
from ml.value.customer_value import ValueFigures, ValueResult
from ml.value.value_trees import LEAST_BUYERS, LEAST_GAIN

# Metric, what the card calls it, and its format.
ROWS = (
    ("roc_auc", "ROC AUC", ".3f"),
    ("pr_auc", "PR AUC", ".3f"),
    ("brier", "Brier score", ".4f"),
    ("brier_reliability", "Brier: reliability", ".4f"),
    ("brier_resolution", "Brier: resolution", ".4f"),
    ("brier_uncertainty", "Brier: uncertainty", ".4f"),
    ("log_loss", "Log loss", ".4f"),
    ("calibration_error", "Calibration error", ".4f"),
    ("top_decile_lift", "Top-decile lift", ".2f"),
    ("top_decile_lift_share", "Lift ÷ maximum", ".2f"),
    ("mean_predicted", "Mean predicted", ".3f"),
)
LEGEND = (
    (
        "ROC AUC: of a customer who left and one who stayed, how often the first had the higher "
        "probability; 0.5 is a coin."
    ),
    (
        "PR AUC: the share of leavers among those addressed, over all lengths of the list; the "
        "churn rate is a coin."
    ),
    (
        "Brier score: the mean squared distance of probability and outcome; 0 is best. Uncertainty "
        "is what saying the average of everybody gets, resolution what telling customers apart "
        "takes off it, reliability what probabilities too high or too low put on it."
    ),
    "Log loss: as the Brier score, harder on confident mistakes.",
    "Calibration error: the mean distance of predicted and actual churn over ten groups by risk.",
    (
        "Top-decile lift: the churn rate of the riskiest tenth ÷ that of all; the maximum is a "
        "perfect ranking's."
    ),
)
NAMED_TOO_SMALL = 12


def metrics_section(result: TrainingResult, intervals: Mapping[str, Interval]) -> str:
    """Every metric beside the baselines', with its interval and what it says."""
    peers = [(peer.name, peer.metrics) for peer in result.baselines if peer.metrics]
    header = ["", "Model", "95 % interval", *(name for name, _ in peers)]
    rows = []
    for key, label, form in ROWS:
        interval = intervals.get(key)
        rows.append(
            [
                label,
                number(result.metrics[key], form),
                between(interval.low, interval.high, form) if interval else ABSENT,
                *(number(metrics[key], form) for _, metrics in peers),
            ]
        )
    return "\n\n".join(
        [
            table(header, rows),
            *(_difference(baseline) for baseline in result.baselines),
            bullets(LEGEND),
        ]
    )


def _difference(baseline: BaselineResult) -> str:
    difference = baseline.auc_difference
    if difference is None:
        return f"{baseline.name}: {baseline.note}."
    verdict = "clear of zero" if difference.excludes_zero else "not clear of zero"
    return (
        f"ROC AUC less that of {baseline.name} ({baseline.note}): {difference.estimate:+.4f}, "
        f"95 % interval {difference.low:+.4f} to {difference.high:+.4f}, {verdict}."
    )


def worth_section(
    result: TrainingResult, worth: ExpectedProfit, intervals: Mapping[str, Interval]
) -> str:
    """The expected profit beside the baselines'."""
    economics, customers = worth.economics, result.row_counts["holdout"]
    rows = [("Model", worth)]
    rows += [
        (peer.name, empc(result.holdout_labels, peer.probabilities, economics))
        for peer in result.baselines
        if peer.probabilities is not None
    ]
    # One score for all: the best that can be done without telling customers apart.
    alike = np.zeros(customers)
    rows.append(("everybody alike", empc(result.holdout_labels, alike, economics)))
    interval = intervals.get("empc")
    sure = f" (95 % interval {between(interval.low, interval.high, ',.2f')})" if interval else ""
    found = (
        f"Making the riskiest {worth.fraction:.0%} of customers an offer would bring "
        f"{worth.per_customer:,.2f} for each customer{sure}, "
        f"{worth.per_customer * customers:,.0f} over the {customers:,} of the holdout, beside "
        "making none."
        if worth.per_customer > 0
        else "At these figures no offer would pay for itself."
    )
    header = ["", "Profit for each customer", "Share to address"]
    cells = [[name, f"{got.per_customer:,.2f}", f"{got.fraction:.0%}"] for name, got in rows]
    source = "the literature's, not this company's" if economics == PAPER_ECONOMICS else "set here"
    assumed = (
        f"In the company's currency. Assumed ({source}): a customer kept is worth "
        f"{economics.customer_value:,.2f}, an offer costs {economics.offer_cost:,.2f} where it is "
        f"taken and a contact {economics.contact_cost:,.2f}; of those who would leave "
        f"{economics.accept_mean:.0%} on average stay for it, and who would stay anyway takes it "
        "too. The length of the list is the best in hindsight, so this is what to hope for and not "
        "what to plan with; between two models it compares fairly (EMPC; Verbraken, Verbeke, "
        "Baesens 2013)."
    )
    return "\n\n".join([found, table(header, cells), assumed])


def value_section(value: ValueResult | None, horizon_days: int) -> str:
    """How what customers are said to be worth came true; empty where nothing tells."""
    if value is None:
        return ""
    judged = [("Formula", value.formula)]
    if value.trees:
        judged.append(("With trees", value.chosen))
    figures = table(
        ["", "Rank correlation", "Predicted ÷ actual"],
        [
            [name, number(found.rank_correlation, ".3f"), number(found.total_ratio, ".2f")]
            for name, found in judged
        ],
    )
    judged_on = (
        f"Net revenue within {horizon_days} days of the {value.customers:,} customers of the "
        "holdout who stayed, in the company's currency: the rate of purchases that the own history "
        f"tells of, times what they spend. {_about_trees(value)}"
    )
    return "\n\n".join([judged_on, figures, _tenths(judged)])


def _about_trees(value: ValueResult) -> str:
    if value.trees_gain is None:
        return (
            "The formula alone: to grow trees on it and to choose, each takes "
            f"{LEAST_BUYERS} customers who stayed and spent."
        )
    found = f"{value.trees_gain:.1%} of its deviance on the calibration dates"
    if value.trees:
        return f"Trees raise or lower it by what else is known: they took off {found}."
    return (
        f"The formula alone: trees took off {found}, and it takes {LEAST_GAIN:.0%}, with customers "
        "in no worse an order."
    )


def _tenths(judged: Sequence[tuple[str, ValueFigures]]) -> str:
    """Each prediction's means by its own tenths, side by side."""
    header = ["Tenth"]
    columns: list[list[str]] = []
    for name, figures in judged:
        header += [f"{name}: predicted", "Actual", "Actual ÷ predicted"]
        ratios = figures.actual / figures.predicted
        columns += [[f"{mean:,.2f}" for mean in figures.predicted]]
        columns += [[f"{mean:,.2f}" for mean in figures.actual]]
        columns += [[number(ratio, ".2f") for ratio in ratios]]
    rows = zip(*columns, strict=True)
    return table(header, [[str(place), *cells] for place, cells in enumerate(rows, start=1)])


def tiers_section(tiers: tuple[Tier, ...]) -> str:
    """Predicted and actual churn of each risk tier; empty without tiers."""
    if not tiers:
        return ""
    header = ["Risk tier", "Customers", "Predicted", "Left", "95 % interval", "Left ÷ predicted"]
    rows = [
        [
            tier.name,
            f"{tier.customers:,}",
            number(tier.mean_predicted, ".1%"),
            number(tier.churn_rate.estimate, ".1%"),
            between(tier.churn_rate.low, tier.churn_rate.high, ".1%"),
            number(tier.ratio, ".2f"),
        ]
        for tier in tiers
    ]
    return table(header, rows)


def hazard_section(hazard: HazardResult | None) -> str:
    """The hazard of each month ahead as it came true; empty without contracts."""
    if hazard is None:
        return ""
    last, ahead = hazard.model.months_observed, len(hazard.model.levels)
    unseen = (
        f"No customer was followed further than month {last}, whose level stands for the months to "
        f"{ahead}."
        if last < ahead
        else ""
    )
    header = ["Month ahead", "Customers at its start", "Predicted to leave in it", "Left"]
    rows = [
        [
            str(month.month),
            f"{month.person_months:,}",
            f"{month.predicted:.2%}",
            f"{month.observed:.2%}",
        ]
        for month in hazard.months
    ]
    judged = (
        f"{table(header, rows)}\n\nLog loss of a customer's month: {hazard.log_loss:.4f}; "
        f"{hazard.constant_log_loss:.4f} were each customer's risk the same in all months, "
        f"{hazard.average_log_loss:.4f} were it everybody's. Months after the holdout date, the "
        "later ones of customers of earlier dates; one customer counts once a date."
        if rows
        else "No month has passed since the holdout date."
    )
    what = (
        "The chance to leave in each month of 30 days, of those who have not yet. Over the horizon "
        "the months amount to the churn probability; of what sets a customer apart, "
        f"{hazard.model.slope:.2f} of the log odds are left after it. What is told of a customer "
        f"is {np.exp(hazard.model.shift):.2f} times the odds below, which count everybody whose "
        "contracts ended in a month, also who came back within the horizon and has not churned."
    )
    return "\n\n".join(part for part in (what, judged, unseen) if part)


def weakness_section(slices: SliceTable) -> str:
    """The groups that the model is weak for, all groups judged, and those too small."""
    if not slices:
        return ""
    header = ["", "Group", "Customers", "Left", "Predicted", "Points too high", "ROC AUC", "Brier"]
    rows = [
        [
            "" if row.dimension == ALL else row.dimension,
            escape(row.group),
            f"{row.customers:,}",
            f"{row.figures.churn_rate:.1%}",
            f"{row.figures.mean_predicted:.1%}",
            _estimate(row.figures.calibration_gap, "+.1f", 100),
            _estimate(row.figures.roc_auc, ".2f"),
            f"{row.figures.brier:.3f}",
        ]
        for row in slices
        if row.figures
    ]
    small = [
        f"{dimension}: {', '.join(map(escape, names[:NAMED_TOO_SMALL]))}"
        + (f" and {len(names) - NAMED_TOO_SMALL} more" if len(names) > NAMED_TOO_SMALL else "")
        for dimension, names in too_small(slices).items()
    ]
    caution = (
        "With 95 % intervals. Within a group customers are alike, so ranking them is harder than "
        "ranking all; and of twenty groups one misses its interval by chance."
    )
    parts = [
        bullets(map(escape, weak_groups(slices))) or "For no group that is large enough to judge.",
        table(header, rows) if rows else "",
        caution,
        f"Too small to judge, with fewer than {LEAST_CUSTOMERS} customers or {LEAST_OF_EITHER} of "
        f"either outcome: {'; '.join(small)}."
        if small
        else "",
    ]
    return "\n\n".join(part for part in parts if part)


def origins_section(result: TrainingResult) -> str:
    """The latest holdout and those before it, one row each."""
    if not result.origins:
        return "None was judged."
    peers = [peer.name for peer in result.baselines if peer.metrics]
    header = ["Holdout", "Customers", "Left", "ROC AUC", *(f"{name}'s" for name in peers)]
    latest = {peer.name: peer.metrics for peer in result.baselines if peer.metrics}
    judged = [(result.split.holdout, result.row_counts["holdout"], result.metrics, latest)]
    judged += [
        (origin.holdout, origin.customers, origin.metrics, origin.baselines)
        for origin in result.origins
    ]
    rows = [
        [
            str(holdout),
            f"{customers:,}",
            f"{metrics['churn_rate']:.1%}",
            number(metrics["roc_auc"], ".3f"),
            *(
                number(others[name]["roc_auc"], ".3f") if name in others else ABSENT
                for name in peers
            ),
            f"{metrics['brier']:.4f}",
            f"{metrics['calibration_error']:.3f}",
            number(metrics["top_decile_lift"], ".2f"),
        ]
        for holdout, customers, metrics, others in judged
    ]
    return (
        "The same recipe, trained on what was known then and judged on what came after.\n\n"
        + table([*header, "Brier", "Calibration error", "Lift"], rows)
    )


def _estimate(interval: Interval, form: str, times: int = 1) -> str:
    estimate, low, high = (
        times * value for value in (interval.estimate, interval.low, interval.high)
    )
    return f"{number(estimate, form)} ({between(low, high, form)})"
