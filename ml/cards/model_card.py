"""Model card of a churn model: intended use, data, metrics on the holdout, and limits.

The text is in `templates/model_card.md.jinja`. Here are the figures that the template prints and
that the training does not return as such; the holdout's rows took no part in any fitting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice

import numpy as np

from ml.cards.markdown import render_markdown
from ml.economics import PAPER_ECONOMICS
from ml.metrics.profit import ExpectedProfit, empc
from ml.metrics.slices import LEAST_CUSTOMERS, LEAST_OF_EITHER, too_small, weak_groups
from ml.training.training_result import TrainingResult
from ml.value.value_trees import LEAST_BUYERS, LEAST_GAIN

DEFINITIONS = {
    "non_contractual": "no completed order within {days} days after the date",
    "contractual": "all subscriptions ended within {days} days after the date",
}
NAMED_FEATURES = 10
# Of the groups of a dimension that are too small to judge.
NAMED_GROUPS = 12

# A holdout's date, its number of customers, the model's metrics, and each baseline's by its name.
Backtest = tuple[date, int, Mapping[str, float], Mapping[str, Mapping[str, float]]]


def model_card(result: TrainingResult) -> str:
    """The card as Markdown; a section without figures, such as a shop's hazard, is left out."""
    facts, hazard, level = result.model.facts, result.hazard, result.model.level
    peers = [peer for peer in result.baselines if peer.metrics]
    return render_markdown(
        "model_card.md.jinja",
        result=result,
        definition=DEFINITIONS[facts.kind].format(days=facts.horizon_days),
        peers=peers,
        best_peer=max(peers, key=lambda peer: (peer.metrics or {})["roc_auc"], default=None),
        is_paper_economics=result.empc.economics == PAPER_ECONOMICS,
        profits=list(_profits(result)),
        odds_factor=np.exp(hazard.model.shift) if hazard else None,
        level_dates=[(past.day, np.exp(past.whole)) for past in level.effects] if level else [],
        has_season=bool(level and level.season_effect(facts.as_of) is not None),
        spread=level.spread if level else None,
        groups=[row for row in result.slices if row.figures],
        weak=weak_groups(result.slices),
        small=too_small(result.slices),
        named_groups=NAMED_GROUPS,
        backtests=list(_backtests(result)) if result.origins else [],
        most_important=list(islice(result.feature_shares.items(), NAMED_FEATURES)),
        least_buyers=LEAST_BUYERS,
        least_gain=LEAST_GAIN,
        least_customers=LEAST_CUSTOMERS,
        least_of_either=LEAST_OF_EITHER,
    )


def _profits(result: TrainingResult) -> Iterator[tuple[str, ExpectedProfit]]:
    """Expected profit of the model, of each baseline, and of equal probabilities for all."""
    labels, economics = result.holdout_labels, result.empc.economics
    yield "Model", result.empc
    for peer in result.baselines:
        if peer.probabilities is not None:
            yield peer.name, empc(labels, peer.probabilities, economics)
    yield "no ranking", empc(labels, np.zeros(len(labels)), economics)


def _backtests(result: TrainingResult) -> Iterator[Backtest]:
    """The holdout and those before it, latest first."""
    baselines = {peer.name: peer.metrics for peer in result.baselines if peer.metrics}
    customers = result.row_counts["holdout"]
    yield result.split.holdout, customers, result.metrics, baselines
    for origin in result.origins:
        yield origin.holdout, origin.customers, origin.metrics, origin.baselines
