from __future__ import annotations

from ml.cards.uplift_card import UpliftCard
from tests.unit.ml.uplift.planted_units import BETTER, NOT_VALUED, trained_learner


def test_the_card_has_area_deciles_and_value() -> None:
    training = trained_learner()
    reasons = ["Area 0.04.", "Promoted."]
    card = UpliftCard.of(training, BETTER, reasons).markdown

    assert "**Summary:** Area 0.04. Promoted." in card
    assert f"| {training.metrics['qini_area']:.4f} |" in card
    deciles = [line for line in card.splitlines() if line.startswith(("| 1 |", "| 10 |"))]
    assert len(deciles) == 2
    assert " 400 |" in deciles[0]
    assert "worth 2.000 a decision" in card
    not_valued = UpliftCard.of(training, NOT_VALUED, []).markdown
    assert "is not known: not enough logged decisions" in not_valued
    refused = UpliftCard.of(training, None, []).markdown
    assert "Not valued, because the ranking is refused." in refused


def test_the_plots_are_png_files() -> None:
    plots = UpliftCard.of(trained_learner(), None, []).plots
    assert set(plots) == {"qini", "deciles"}
    assert all(png.startswith(b"\x89PNG") for png in plots.values())
