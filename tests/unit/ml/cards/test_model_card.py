from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from ml.cards.html_card import model_card_html
from ml.cards.model_card import model_card
from ml.cards.plots import all_plots
from ml.economics import PAPER_ECONOMICS, RetentionEconomics
from ml.metrics.profit import empc
from ml.metrics.slices import by_slice, weak_groups
from ml.metrics.tiers import by_tier
from ml.metrics.uncertainty import intervals
from ml.training.training_result import OriginResult, TrainingResult
from ml.value.customer_value import ValueFigures, ValueModel, ValueResult


@pytest.fixture(scope="module")
def judged(result: TrainingResult) -> TrainingResult:
    labels, probabilities = result.holdout_labels, result.holdout_probabilities
    late = np.array(result.holdout["late_answers_90d"]) > 0
    groups = np.where(late, "waited | long", "answered").tolist()
    groups[:20] = ["<script>alert(1)</script>"] * 20
    peers = {peer.name: peer.metrics for peer in result.baselines if peer.metrics}
    earlier = OriginResult(date(2026, 1, 30), 380, {**result.metrics, "roc_auc": 0.701}, peers)
    found = {
        "intervals": intervals(
            labels, probabilities, seed=1, economics=PAPER_ECONOMICS, replicates=40
        ),
        "slices": by_slice(labels, np.where(late, 0.4, 1.0) * probabilities, {"service": groups}),
        "tiers": by_tier(labels, probabilities, medium=0.4, high=0.7),
        "empc": empc(labels, probabilities, PAPER_ECONOMICS),
        "origins": (earlier,),
    }
    return replace(result, **found)


def test_the_card_has_its_sections_in_this_order(judged: TrainingResult) -> None:
    headings = [line[3:] for line in model_card(judged).splitlines() if line.startswith("## ")]

    assert headings == [
        "Intended use",
        "Training data",
        "Metrics on the holdout",
        "Expected profit",
        "Calibration by risk tier",
        "Performance by customer group",
        "Backtests at earlier cutoffs",
        "Feature importance",
        "Out-of-scope use",
    ]


def test_every_metric_has_its_interval_and_the_baselines_beside_it(
    judged: TrainingResult,
) -> None:
    card, sure = model_card(judged), judged.intervals["roc_auc"]
    peers = [peer.metrics["roc_auc"] for peer in judged.baselines if peer.metrics]

    cells = [f"{judged.metrics['roc_auc']:.3f}", f"{sure.low:.3f} to {sure.high:.3f}"]
    cells += [f"{area:.3f}" for area in peers]
    assert f"| ROC AUC | {' | '.join(cells)} |" in card
    assert "| Brier: reliability | " in card
    for peer in judged.baselines:
        assert f"ROC AUC minus that of {peer.name}" in card or f"{peer.name}: not appl" in card


def test_the_summary_reports_the_churn_of_the_riskiest_tenth(judged: TrainingResult) -> None:
    riskiest = judged.holdout_labels[np.argsort(-judged.holdout_probabilities)[:40]].mean()

    expected = f"Of the tenth with the highest predicted probability, {riskiest:.0%} churned."
    assert expected in model_card(judged)


def test_the_expected_profit_names_its_assumptions_and_their_source(judged: TrainingResult) -> None:
    card = model_card(judged)
    own = RetentionEconomics(customer_value=90, offer_cost=5, contact_cost=0.5)
    labels, probabilities = judged.holdout_labels, judged.holdout_probabilities

    worth = empc(labels, probabilities, PAPER_ECONOMICS)
    assert f"| Model | {worth.per_customer:,.2f} | {worth.fraction:.0%} |" in card
    alike = empc(labels, np.zeros(400), PAPER_ECONOMICS)
    assert f"| no ranking | {alike.per_customer:,.2f} | {alike.fraction:.0%} |" in card
    assert "a retained customer is worth 200.00, an accepted offer costs 10.00" in card
    assert "not this company's" in card
    owned = model_card(replace(judged, empc=empc(labels, probabilities, own)))
    assert "worth 90.00" in owned
    assert "not this company's" not in owned


def test_offers_that_never_pay_are_reported(judged: TrainingResult) -> None:
    dear = RetentionEconomics(customer_value=20, offer_cost=15, contact_cost=9)
    worth = empc(judged.holdout_labels, judged.holdout_probabilities, dear)

    assert "no offer would pay for itself" in model_card(replace(judged, empc=worth))


def test_the_customer_value_is_compared_with_the_formula_and_by_tenth(
    judged: TrainingResult,
) -> None:
    formula = ValueFigures(0.446, 0.97, np.array([70.0, 1300.5]), np.array([77.0, 1300.5]))
    better = ValueFigures(0.462, 0.98, np.array([60.0, 1310.0]), np.array([60.0, 1375.5]))
    model = ValueModel(r=1, alpha=100, p=2, q=3, gamma=50, level=0.9)
    value = ValueResult(model, b"trees", 0.0305, 1804, formula, better)

    card = model_card(replace(judged, value=value))

    assert "the 1,804 customers of the holdout who stayed" in card
    assert "reduced its deviance on the calibration dates by 3.0%." in card
    assert "| Formula | 0.446 | 0.97 |\n| With trees | 0.462 | 0.98 |" in card
    assert "| 2 | 1,300.50 | 1,300.50 | 1.00 | 1,310.00 | 1,375.50 | 1.05 |" in card
    alone = replace(value, trees=None, trees_gain=0.004, chosen=formula)
    card = model_card(replace(judged, value=alone))
    assert "The formula is used alone: trees reduced" in card
    assert "With trees" not in card
    card = model_card(replace(judged, value=replace(alone, trees_gain=None)))
    assert "takes 200 customers who stayed and spent" in card


def test_tiers_weak_groups_and_backtests_are_in_the_card(judged: TrainingResult) -> None:
    card = model_card(judged)
    high = judged.tiers[0]

    assert f"| high | {high.customers:,} | {high.mean_predicted:.1%} |" in card
    assert "- service waited \\| long (" in card
    assert sum("waited" in sentence for sentence in weak_groups(judged.slices)) == 1
    assert "service: \\<script\\>alert(1)\\</script\\>." in card
    assert "| 2026-03-01 | 400 |" in card
    assert "| 2026-01-30 | 380 |" in card
    assert "The groups named as weak above" in card


def test_sections_without_figures_are_left_out(judged: TrainingResult) -> None:
    bare = replace(judged, intervals={}, slices=(), tiers=(), origins=())

    card = model_card(bare)

    assert f"| ROC AUC | {judged.metrics['roc_auc']:.3f} | – |" in card
    assert "## Performance by customer group" not in card
    assert "## Backtests at earlier cutoffs\n\nNo earlier cutoff was evaluated." in card


def test_the_page_holds_all_of_the_card_and_loads_nothing(
    judged: TrainingResult,
) -> None:
    plots = all_plots(judged)

    page = model_card_html(model_card(judged), plots)

    assert f"<title>Churn model as of {judged.model.facts.as_of}</title>" in page
    assert page.count("<h2>") == 9 + 1
    assert page.count("<table>") == 5
    assert page.count('src="data:image/png;base64,') == len(plots) == 5
    assert "http" not in page
    assert "waited | long" in page
    assert "<script" not in page


def test_the_reachable_have_a_table_of_their_own_beside_the_baselines(
    judged: TrainingResult,
) -> None:
    peers = tuple(
        replace(peer, reachable={**(peer.metrics or {}), "roc_auc": 0.612})
        for peer in judged.baselines
    )
    reachable = {**judged.metrics, "customers": 150.0, "roc_auc": 0.777}
    card = model_card(replace(judged, reachable=reachable, baselines=peers))

    assert "150 customers of the holdout were not overdue" in card
    assert "| ROC AUC | 0.777 | 0.612 | 0.612 | 0.612 |" in card
    assert "can still be reached" not in model_card(judged)
