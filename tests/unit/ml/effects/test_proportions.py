from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from ml.effects.proportions import (
    customers_per_arm,
    newcombe_interval,
    newcombe_p_value,
    sample_ratio_p_value,
    wilson_ends,
)
from ml.metrics.intervals import wilson_interval

# Newcombe 1998, table II, method 10: outcomes and customers of two groups, and the interval.
PUBLISHED = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


@pytest.mark.parametrize("published", PUBLISHED)
def test_the_interval_is_newcombe_s(published: tuple[float, ...]) -> None:
    first, size, second, other_size, low, high = published

    found = newcombe_interval(first / size, size, second / other_size, other_size)

    assert found == pytest.approx((low, high), abs=6e-5)


def test_the_p_value_is_below_a_level_exactly_where_the_interval_excludes_zero() -> None:
    random = np.random.default_rng(3)
    treated, control = random.integers(5, 200, 500), random.integers(5, 200, 500)
    first, second = random.binomial(treated, 0.7) / treated, random.binomial(control, 0.5) / control

    low, high = newcombe_interval(first, treated, second, control)
    p_values = newcombe_p_value(first, treated, second, control)

    excludes = (low > 0) | (high < 0)
    assert 100 < excludes.sum() < 450
    assert ((p_values < 0.05) == excludes).all()
    assert newcombe_p_value(0.5, 10, 0.5, 30) == pytest.approx(1)


def test_no_customers_give_neither_interval_nor_p_value() -> None:
    assert np.isnan(newcombe_interval(np.nan, 0, 0.5, 10)).all()
    assert np.isnan(newcombe_p_value(np.nan, 0, 0.5, 10))


def test_wilson_s_ends_are_those_of_the_library() -> None:
    for found, customers in ((0, 10), (3, 10), (10, 10), (481, 1_000)):
        interval = wilson_interval(found, customers)
        ends = wilson_ends(found / customers, customers, 1.959963984540054)
        assert ends == pytest.approx((interval.low, interval.high))


def test_the_sample_size_is_the_published_one() -> None:
    # The example in R's manual of `power.prop.test`: n = 76.7 for .50 and .75 at a power of .90.
    assert customers_per_arm(0.5, 0.75, 0.9) == pytest.approx(76.7, abs=0.05)
    assert customers_per_arm(0.7, 0.6, 0.8) == pytest.approx(customers_per_arm(0.6, 0.7, 0.8))
    assert np.isinf(customers_per_arm(0.4, 0.4, 0.8))


def ratio_p_value(treated: float, customers: float, share: float) -> float:
    return float(sample_ratio_p_value(np.array(treated), np.array(customers), np.array(share)))


def test_half_and_half_is_the_library_s_binomial_test() -> None:
    for treated, customers in ((50, 100), (60, 100), (821_588, 1_637_583)):
        expected = binomtest(treated, customers, 0.5).pvalue
        assert ratio_p_value(treated, customers, 0.5) == pytest.approx(expected, rel=1e-6)


def test_a_published_mismatch_is_found() -> None:
    # Kohavi, Tang, Xu: Trustworthy Online Controlled Experiments, 2020, chapter 21: 821,588 and
    # 815,482 users of a planned half each have a p-value of 1.8e-6.
    assert ratio_p_value(815_482, 821_588 + 815_482, 0.5) == pytest.approx(1.8e-6, rel=0.05)


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
    assert np.isnan(ratio_p_value(0, 0, 0))
    assert ratio_p_value(10, 10, 1.0) == 1
    assert ratio_p_value(9, 10, 1.0) == 0
