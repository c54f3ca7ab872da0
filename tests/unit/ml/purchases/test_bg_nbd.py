"""Simulate shops from the BG/NBD model and require that its parameters are recovered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import check_grad

from ml.purchases.bg_nbd import BgNbd, Histories, _mean_loss

TRUTH = BgNbd(r=0.6, alpha=40.0, a=0.8, b=2.5)


def simulate(
    truth: BgNbd, customers: int, seed: int, ahead: float, from_first: bool = False
) -> tuple[Histories, np.ndarray]:
    """Histories at ages of 100 to 500 days, and whether each buys nothing in the days ahead."""
    random = np.random.default_rng(seed)
    age = random.uniform(100, 500, customers)
    rate = random.gamma(truth.r, 1 / truth.alpha, customers)
    dropout = random.beta(truth.a, truth.b, customers)
    now, last = np.zeros(customers), np.zeros(customers)
    repeats = np.zeros(customers)
    silent = np.ones(customers, bool)
    alive = random.random(customers) > dropout if from_first else np.ones(customers, bool)
    while alive.any():
        now = now + random.exponential(1 / rate)
        bought = alive & (now <= age)
        repeats += bought
        last = np.where(bought, now, last)
        silent &= ~(alive & (now > age) & (now <= age + ahead))
        alive &= (now <= age) & (random.random(customers) > dropout)
    return Histories(repeats, last, age), silent


@pytest.fixture(scope="module")
def simulated() -> tuple[Histories, np.ndarray]:
    return simulate(TRUTH, 20_000, seed=2, ahead=90)


def test_planted_parameters_are_recovered(simulated: tuple[Histories, np.ndarray]) -> None:
    found = BgNbd.fit(simulated[0])

    assert found.r == pytest.approx(TRUTH.r, rel=0.1)
    assert found.alpha == pytest.approx(TRUTH.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(TRUTH.a / (TRUTH.a + TRUTH.b), rel=0.1)


def test_the_probability_of_no_purchase_is_calibrated(
    simulated: tuple[Histories, np.ndarray],
) -> None:
    histories, silent = simulated
    predicted = BgNbd.fit(histories).probability_of_no_purchase(histories, 90)

    for part in np.array_split(np.argsort(predicted), 10):
        assert predicted[part].mean() == pytest.approx(silent[part].mean(), abs=0.04)


def test_the_published_parameters_of_cdnow_are_recovered(cdnow: pd.DataFrame) -> None:
    """Fader, Hardie, Lee 2005, table 2; Platzer, BTYDplus, for the MBG/NBD. Times are in weeks."""
    histories = Histories(*(cdnow[name].to_numpy(float) for name in ("x", "t_x", "T")))

    published = {False: (0.243, 4.414, 0.793, 2.426), True: (0.525, 6.183, 0.891, 1.614)}
    for kind, parameters in published.items():
        found = BgNbd.fit(histories, leaves_after_first=kind)
        assert (found.r, found.alpha, found.a, found.b) == pytest.approx(parameters, abs=0.002)
    assert BgNbd.fit(histories).log_likelihood == pytest.approx(-9582.4, abs=0.1)


def test_the_model_with_dropout_after_the_first_purchase_is_chosen_where_it_is_the_truth(
    simulated: tuple[Histories, np.ndarray],
) -> None:
    fewer = Histories(*(values[:8_000] for values in vars(simulated[0]).values()))
    assert not BgNbd.best(fewer).leaves_after_first
    from_first, _ = simulate(TRUTH, 8_000, seed=3, ahead=90, from_first=True)
    assert BgNbd.best(from_first).leaves_after_first


def test_a_customer_with_one_purchase_is_alive_and_may_not_buy() -> None:
    once = Histories(np.array([0.0]), np.array([0.0]), np.array([300.0]))

    assert TRUTH.probability_alive(once) == [1.0]
    assert 0.5 < TRUTH.probability_of_no_purchase(once, 90)[0] < 1


def test_a_longer_gap_of_a_frequent_buyer_lowers_the_probability_alive() -> None:
    last = np.array([300.0, 200.0, 100.0])
    histories = Histories(np.full(3, 10.0), last, np.full(3, 300.0))

    assert (np.diff(TRUTH.probability_alive(histories)) < 0).all()
    assert (np.diff(TRUTH.probability_of_no_purchase(histories, 90)) > 0).all()


@pytest.mark.parametrize("leaves_after_first", [False, True])
def test_the_gradient_is_that_of_the_likelihood(
    simulated: tuple[Histories, np.ndarray], leaves_after_first: bool
) -> None:
    few = Histories(*(values[:200] for values in vars(simulated[0]).values()))
    weights = np.full(200, 1 / 200)

    for logs in (np.zeros(4), np.array([-0.5, 3.0, 0.4, 1.2])):
        error = check_grad(
            lambda x: _mean_loss(x, few, weights, leaves_after_first)[0],
            lambda x: _mean_loss(x, few, weights, leaves_after_first)[1],
            logs,
        )
        assert error < 1e-5


def test_no_repeat_purchase_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no customer has bought twice"):
        BgNbd.fit(Histories(np.zeros(3), np.zeros(3), np.full(3, 50.0)))
