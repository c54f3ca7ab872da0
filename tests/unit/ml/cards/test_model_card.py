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
from ml.metrics.slices import by_slice
from ml.metrics.tiers import by_tier
from ml.metrics.uncertainty import intervals
from ml.training.training_result import OriginResult, TrainingResult
from ml.value.customer_value import ValueFigures, ValueModel, ValueResult


@pytest.fixture(scope="module")
def judged(result: TrainingResult) -> TrainingResult:
    labels, told = result.holdout_labels, result.holdout_probabilities
    late = np.array(result.holdout["late_answers_90d"]) > 0
    groups = np.where(late, "waited | long", "answered").tolist()
    groups[:20] = ["<script>alert(1)</script>"] * 20
    peers = {peer.name: peer.metrics for peer in result.baselines if peer.metrics}
    earlier = OriginResult(date(2026, 1, 30), 380, {**result.metrics, "roc_auc": 0.701}, peers)
    found = {
        "intervals": intervals(labels, told, seed=1, economics=PAPER_ECONOMICS, replicates=40),
        "slices": by_slice(labels, np.where(late, told * 0.4, told), {"service": groups}),
        "tiers": by_tier(labels, told, medium=0.4, high=0.7),
        "empc": empc(labels, told, PAPER_ECONOMICS),
        "origins": (earlier,),
    }
    return replace(result, **found)


def test_the_card_answers_a_manager_s_questions_in_this_order(judged: TrainingResult) -> None:
    headings = [line[3:] for line in model_card(judged).splitlines() if line.startswith("## ")]

    assert headings == [
        "What it is for",
        "What it was trained on",
        "How good it is on the holdout",
        "What it is worth",
        "How well its probabilities hold",
        "For whom it is weak",
        "How it did at earlier cutoffs",
        "What it reads most",
        "What it must not be used for",
    ]


def test_every_figure_is_told_with_its_interval_beside_the_baselines(
    judged: TrainingResult,
) -> None:
    card, sure = model_card(judged), judged.intervals["roc_auc"]
    peers = [peer.metrics["roc_auc"] for peer in judged.baselines if peer.metrics]

    cells = [f"{judged.metrics['roc_auc']:.3f}", f"{sure.low:.3f} to {sure.high:.3f}"]
    cells += [f"{area:.3f}" for area in peers]
    assert f"| ROC AUC | {' | '.join(cells)} |" in card
    assert "| Brier: reliability | " in card
    for peer in judged.baselines:
        assert f"ROC AUC less that of {peer.name}" in card or f"{peer.name}: not appl" in card


def test_the_summary_says_what_became_of_the_riskiest_tenth(judged: TrainingResult) -> None:
    labels, told = judged.holdout_labels, judged.holdout_probabilities
    riskiest = labels[np.argsort(-told)[:40]].mean()

    assert f"Of the tenth that it called riskiest, {riskiest:.0%} did" in model_card(judged)


def test_the_worth_names_its_assumptions_and_whose_they_are(judged: TrainingResult) -> None:
    card = model_card(judged)
    own = RetentionEconomics(customer_value=90, offer_cost=5, contact_cost=0.5)
    labels, told = judged.holdout_labels, judged.holdout_probabilities

    worth = empc(labels, told, PAPER_ECONOMICS)
    assert f"| Model | {worth.per_customer:,.2f} | {worth.fraction:.0%} |" in card
    alike = empc(labels, np.zeros(400), PAPER_ECONOMICS)
    assert f"| everybody alike | {alike.per_customer:,.2f} | {alike.fraction:.0%} |" in card
    assert "a customer kept is worth 200.00, an offer costs 10.00" in card
    assert "not this company's" in card
    owned = model_card(replace(judged, empc=empc(labels, told, own)))
    assert "worth 90.00" in owned
    assert "not this company's" not in owned


def test_offers_that_never_pay_are_said_to(judged: TrainingResult) -> None:
    dear = RetentionEconomics(customer_value=20, offer_cost=15, contact_cost=9)
    worth = empc(judged.holdout_labels, judged.holdout_probabilities, dear)

    assert "no offer would pay for itself" in model_card(replace(judged, empc=worth))


def test_what_customers_are_worth_is_told_by_tenth_and_beside_the_formula(
    judged: TrainingResult,
) -> None:
    formula = ValueFigures(0.446, 0.97, np.array([70.0, 1300.5]), np.array([77.0, 1300.5]))
    better = ValueFigures(0.462, 0.98, np.array([60.0, 1310.0]), np.array([60.0, 1375.5]))
    model = ValueModel(r=1, alpha=100, p=2, q=3, gamma=50, level=0.9)
    value = ValueResult(model, b"trees", 0.0305, 1804, formula, better)

    card = model_card(replace(judged, value=value))

    assert "the 1,804 customers of the holdout who stayed" in card
    assert "they took off 3.0% of its deviance" in card
    assert "| Formula | 0.446 | 0.97 |\n| With trees | 0.462 | 0.98 |" in card
    assert "| 2 | 1,300.50 | 1,300.50 | 1.00 | 1,310.00 | 1,375.50 | 1.05 |" in card
    alone = replace(value, trees=None, trees_gain=0.004, chosen=formula)
    card = model_card(replace(judged, value=alone))
    assert "The formula alone: trees took off 0.4%" in card
    assert "With trees" not in card
    card = model_card(replace(judged, value=replace(alone, trees_gain=None)))
    assert "takes 200 customers who stayed and spent" in card


def test_tiers_weak_groups_and_earlier_cutoffs_are_told(judged: TrainingResult) -> None:
    card = model_card(judged)
    high = judged.tiers[0]

    assert f"| high | {high.customers:,} | {high.mean_predicted:.1%} |" in card
    assert "- service waited \\| long (" in card
    assert "churn is underpredicted" in card
    assert "service: \\<script\\>alert(1)\\</script\\>." in card
    assert "| 2026-03-01 | 400 |" in card
    assert "| 2026-01-30 | 380 |" in card
    assert "Alone, for the groups named as weak above." in card


def test_what_was_not_judged_is_left_out(judged: TrainingResult) -> None:
    bare = replace(judged, intervals={}, slices=(), tiers=(), origins=())

    card = model_card(bare)

    assert f"| ROC AUC | {judged.metrics['roc_auc']:.3f} | – |" in card
    assert "## For whom it is weak" not in card
    assert "## How it did at earlier cutoffs\n\nNone was judged." in card


def test_the_page_holds_all_of_the_card_and_needs_nothing_beside_itself(
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
