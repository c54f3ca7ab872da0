from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from ml.effects.claims import Evidence, always_valid_p_values, q_values, verdicts

# Benjamini, Hochberg 1995, section 4.1: fifteen hypotheses on two treatments of infarction.
INFARCTION = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]


def test_the_published_example_rejects_four_of_fifteen() -> None:
    adjusted = q_values(np.array(INFARCTION), np.zeros(15, dtype=np.int64))

    assert (adjusted <= 0.05).tolist() == [True] * 4 + [False] * 11
    # The fourth is compared with .05 · 4 / 15 = .013 in the paper.
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)


def test_families_do_not_touch_each_other_and_untested_rows_do_not_count() -> None:
    p_values = np.array([0.01, 0.01, 0.04, np.nan, 0.5])
    family = np.array([0, 1, 1, 1, 0])

    assert q_values(p_values, family) == pytest.approx([0.02, 0.02, 0.04, np.nan, 0.5], nan_ok=True)
    assert np.isnan(q_values(np.full(2, np.nan), np.zeros(2, dtype=np.int64))).all()


def test_repeated_looks_at_a_growing_total_rarely_ever_claim_without_an_effect() -> None:
    random = np.random.default_rng(6)
    # 2,000 actions without an effect, each looked at after each of forty periods.
    periods = np.arange(1, 41)
    estimates = np.cumsum(random.normal(0, 0.05, (2_000, 40)), axis=1) / periods
    once = 2 * norm.sf(np.abs(estimates) / (0.05 / np.sqrt(periods)))

    every_look = always_valid_p_values(once, estimates, np.full((1, 1), 0.03))

    assert (once <= 0.05).any(axis=1).mean() > 0.2
    assert (every_look <= 0.05).any(axis=1).mean() <= 0.05


def test_an_effect_is_still_found_and_unknown_p_values_stay_unknown() -> None:
    z = np.array([6.0, 0.0, np.nan])

    found = always_valid_p_values(2 * norm.sf(z), z * 0.01, np.full(3, 0.05))

    # Evidence √(σ² / (σ² + τ²)) · exp(z² τ² / 2(σ² + τ²)) with σ = .01 and τ = .05.
    assert found[0] == pytest.approx(np.sqrt(26) * np.exp(-18 * 25 / 26))
    assert found[1] == 1
    assert np.isnan(found[2])


def test_an_action_without_a_planned_effect_can_still_make_a_claim() -> None:
    found = always_valid_p_values(
        2 * norm.sf(np.full(3, 6.0)), np.full(3, 0.06), np.array([0, -0.05, 0.05])
    )

    assert found[0] < 0.05
    assert found[1] == found[2] < found[0]


def test_each_verdict_has_its_evidence() -> None:
    rows = [
        # uplift, low, high, q-value, is_provisional, is_mismatched
        (0.2, 0.1, 0.3, 0.001, False, False, "works"),
        (-0.2, -0.3, -0.1, 0.001, False, False, "harms"),
        (0.0, -0.01, 0.01, 0.9, False, False, "no_difference_seen"),
        (0.0, -0.06, 0.01, 0.9, False, False, "not_known_yet"),
        (0.04, 0.001, 0.09, 0.06, False, False, "not_known_yet"),
        (0.2, 0.1, 0.3, np.nan, True, False, "provisional"),
        (0.2, 0.1, 0.3, np.nan, False, True, "sample_ratio_mismatch"),
        (np.nan, np.nan, np.nan, np.nan, False, False, "not_known_yet"),
    ]
    uplift, low, high, q_value = (np.array([row[place] for row in rows]) for place in range(4))
    is_provisional, is_mismatched = (np.array([row[place] for row in rows]) for place in (4, 5))
    evidence = Evidence(uplift, low, high, q_value, np.full(8, 0.05), is_provisional, is_mismatched)

    assert verdicts(evidence, 0.05).tolist() == [row[6] for row in rows]
