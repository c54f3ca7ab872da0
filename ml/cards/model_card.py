"""The model card: what a model is for, how good it is, and what it must not be used for.

Follows Mitchell et al.: Model Cards for Model Reporting, FAT* 2019, section 4. Written for the one
who decides whether to act on the probabilities; every figure is of the holdout, which the model
never saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isnan

from ml.cards.card_figures import (
    hazard_section,
    metrics_section,
    origins_section,
    tiers_section,
    value_section,
    weakness_section,
    worth_section,
)
from ml.cards.markdown import bullets, escape
from ml.metrics.intervals import Interval
from ml.metrics.slices import SliceTable, weak_groups
from ml.training.training_result import TrainingResult

DEFINITIONS = {
    "non_contractual": "no completed order within {days} days after the date",
    "contractual": "all subscriptions ended within {days} days after the date",
}
READ_MOST = 10


def model_card(result: TrainingResult) -> str:
    """The card as Markdown."""
    intervals, slices = result.intervals, result.slices
    sections = {
        "What it is for": _purpose(result),
        "What it was trained on": _data(result),
        "How good it is on the holdout": metrics_section(result, intervals),
        "What it is worth": worth_section(result, result.empc, intervals),
        "What customers are worth": value_section(result.value, result.model.facts.horizon_days),
        "How well its probabilities hold": tiers_section(result.tiers),
        "When they leave": hazard_section(result.hazard),
        "For whom it is weak": weakness_section(slices),
        "How it did at earlier cutoffs": origins_section(result),
        "What it reads most": _features(result),
        "What it must not be used for": _limits(result, slices),
    }
    parts = [f"# Churn model as of {result.model.facts.as_of}", _summary(result, intervals)]
    parts += [f"## {heading}\n\n{text}" for heading, text in sections.items() if text]
    return "\n\n".join(parts) + "\n"


def _summary(result: TrainingResult, intervals: Mapping[str, Interval]) -> str:
    metrics, facts = result.metrics, result.model.facts
    if result.model.is_average:
        return (
            "**It is no more than the average**: no model told better who leaves, so every "
            "customer gets the churn rate before the holdout, "
            f"{metrics['mean_predicted']:.1%}, without causes or reasons. {facts.why_average}"
        )
    interval = _percent(intervals.get("roc_auc"))
    ranked = [peer for peer in result.baselines if peer.metrics]
    best = max(ranked, key=lambda peer: (peer.metrics or {})["roc_auc"], default=None)
    beside = f"; {best.name}: {best.metrics['roc_auc']:.0%}" if best and best.metrics else ""
    riskiest = metrics["top_decile_lift"] * metrics["churn_rate"]
    return (
        f"**In short:** of the {result.row_counts['holdout']:,} customers of "
        f"{facts.holdout_date}, {metrics['churn_rate']:.0%} left. Of the tenth that it called "
        f"riskiest, {riskiest:.0%} did. Of a customer who left and one who stayed, it gave the "
        f"first the higher probability in {metrics['roc_auc']:.0%} of all pairs{interval}{beside}."
    )


def _purpose(result: TrainingResult) -> str:
    facts, model = result.model.facts, result.model
    definition = DEFINITIONS[facts.kind].format(days=facts.horizon_days)
    text = (
        f"Predicts for each customer: {definition}. It puts those first who are most likely to "
        "leave, so that an offer, a call or a repair reaches them before they do."
    )
    if model.is_average:
        return text
    learned = (
        f"A logistic regression, and on it XGBoost, {facts.rounds} trees of depth {facts.max_depth}"
        if facts.rounds
        else "A logistic regression, to which no tree added anything"
    )
    return (
        f"{text} {learned}, {len(model.preprocessor.columns)} features; calibration: "
        f"{model.calibrator.method}."
    )


def _data(result: TrainingResult) -> str:
    facts, rows = result.model.facts, result.row_counts
    gap = (
        "no customer is in both training and calibration, whose label windows overlap"
        if result.split.disjoint_customers
        else "training and calibration lie a full horizon apart"
    )
    return bullets(
        [
            f"Training: {_period(facts.train_dates)}, {rows['train']:,} rows",
            (
                f"Early stopping and calibration: {_period(facts.calibration_dates)}, "
                f"{rows['calibration']:,} rows"
            ),
            (
                f"Holdout: {facts.holdout_date}, {rows['holdout']:,} customers, "
                f"{result.metrics['churn_rate']:.1%} left"
            ),
            (
                f"Nothing was fitted later than a horizon of {facts.horizon_days} days before the "
                f"holdout; {gap}."
            ),
        ]
    )


def _features(result: TrainingResult) -> str:
    read = list(result.feature_shares.items())[:READ_MOST]
    text = bullets(f"{escape(name)}: {share:.1%} of what it weighs" for name, share in read)
    text = text or "Nothing."
    unknown = result.model.preprocessor.unknown
    if unknown:
        text += f"\n\nWithout any value in training: {escape(', '.join(unknown))}"
    return text


def _limits(result: TrainingResult, slices: SliceTable) -> str:
    days = result.model.facts.horizon_days
    limits = [
        (
            "To tell who is worth an effort: it says who is likely to leave, not who can be kept. "
            "That takes a control group."
        ),
        "As proof of a cause: reasons are what the model weighed, not what moves the customer.",
        (
            f"For any other span than {days} days, or for customers who had nothing to lose on the "
            "date: it has learned from neither."
        ),
        (
            "To refuse anybody a service, a price or a credit: it was made to keep customers, and "
            "nobody has examined it for fairness in such a use."
        ),
        (
            "For another season or market without looking: one holdout date says nothing about "
            "them, the earlier cutoffs a little."
        ),
    ]
    if weak_groups(slices):
        limits.append("Alone, for the groups named as weak above.")
    return bullets(limits)


def _percent(interval: Interval | None) -> str:
    if interval is None or isnan(interval.low + interval.high):
        return ""
    return f" ({interval.low:.0%} to {interval.high:.0%})"


def _period(dates: tuple[date, ...]) -> str:
    if len(dates) == 1:
        return f"{dates[0]}"
    return f"{dates[0]} to {dates[-1]} ({len(dates)} dates)"
