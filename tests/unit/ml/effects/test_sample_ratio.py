from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from ml.effects.sample_ratio import sample_ratio_p_value


def p_value(treated: float, customers: float, share: float) -> float:
    return float(sample_ratio_p_value(np.array(treated), np.array(customers), np.array(share)))


def test_half_and_half_is_the_library_s_binomial_test() -> None:
    for treated, customers in ((50, 100), (60, 100), (821_588, 1_637_583)):
        expected = binomtest(treated, customers, 0.5).pvalue
        assert p_value(treated, customers, 0.5) == pytest.approx(expected, rel=1e-6)


def test_a_published_mismatch_is_found() -> None:
    # Kohavi, Tang, Xu: Trustworthy Online Controlled Experiments, 2020, chapter 21: 821,588 and
    # 815,482 users of a planned half each have a p-value of 1.8e-6.
    assert p_value(815_482, 821_588 + 815_482, 0.5) == pytest.approx(1.8e-6, rel=0.05)


def test_a_planned_share_passes_in_all_but_one_of_a_thousand_draws() -> None:
    random = np.random.default_rng(1)
    for share in (0.5, 0.9):
        treated = random.binomial(400, share, 20_000)
        mismatched = (
            sample_ratio_p_value(treated, np.full(20_000, 400), np.full(20_000, share)) < 0.001
        )
        assert mismatched.mean() < 0.002


def test_differing_shares_make_the_check_conservative() -> None:
    random = np.random.default_rng(2)
    shares = np.repeat([0.5, 0.95], 100)
    treated = (random.random((20_000, 200)) < shares).sum(axis=1)

    p_values = sample_ratio_p_value(treated, np.full(20_000, 200), np.full(20_000, shares.mean()))

    assert (p_values < 0.05).mean() < 0.05


def test_no_planned_customers_have_no_p_value_and_a_certain_share_no_exception() -> None:
    assert np.isnan(p_value(0, 0, 0))
    assert p_value(10, 10, 1.0) == 1
    assert p_value(9, 10, 1.0) == 0
