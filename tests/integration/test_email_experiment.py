"""A public experiment, through landing, staging and identity, has its known effects."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.email_experiment import email_effects


def test_the_pipeline_finds_the_published_effects_of_a_public_experiment(tmp_path: Path) -> None:
    effects = {effect.action_id: effect for effect in email_effects(tmp_path)}
    mens, womens = effects["mens_email"], effects["womens_email"]
    assert (mens.treated, womens.treated, mens.control) == (21_307, 21_387, 21_306)
    # Differences of the published shares of visitors: 3,894 ÷ 21,307 − 2,262 ÷ 21,306, and so on.
    assert mens.uplift == pytest.approx(0.0766, abs=5e-5)
    assert womens.uplift == pytest.approx(0.0452, abs=5e-5)
    assert (mens.low, mens.high) == pytest.approx((0.0700, 0.0832), abs=1e-4)
    assert (womens.low, womens.high) == pytest.approx((0.0389, 0.0516), abs=1e-4)
