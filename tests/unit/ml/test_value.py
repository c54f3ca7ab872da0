"""Simulate customers by the models' own story and require that their money is told."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.purchase_process import PurchaseProcess
from ml.value import fit_value

HORIZON = 90


@pytest.fixture(scope="module")
def customers() -> pa.Table:
    """Customers who never leave: what they bought so far and within the next 90 days."""
    random = np.random.default_rng(3)
    size = 8_000
    age = random.uniform(120, 600, size)
    rate, worth = random.gamma(1.2, 1 / 40, size), random.gamma(6, 8, size)
    repeats, later = random.poisson(rate * age), random.poisson(rate * HORIZON)
    last = np.where(repeats > 0, age * random.beta(np.maximum(repeats, 1), 1), 0)
    days = repeats + 1
    spent = random.gamma(4 * days, worth / 4)
    then = np.where(later > 0, random.gamma(np.maximum(4 * later, 1), worth / 4), np.nan)
    return pa.table(
        {
            "customer_id": [f"c{number}" for number in range(size)],
            "purchase_days_lifetime": days,
            "days_since_first_order": np.round(age).astype(int),
            "days_since_last_order": np.round(age - last).astype(int),
            "net_revenue_lifetime": spent,
            "churned": later == 0,
            "next_net_revenue": pa.array(then, from_pandas=True),
        }
    )


def test_what_buyers_will_spend_is_told_in_all_and_by_tenth(customers: pa.Table) -> None:
    past, holdout = customers.slice(0, 4_000), customers.slice(4_000)
    found = fit_value(past, past, holdout, PurchaseProcess.fit(past, HORIZON))

    assert found is not None
    assert found.total_ratio == pytest.approx(1, abs=0.06)
    assert found.rank_correlation > 0.5
    np.testing.assert_allclose(found.predicted, found.actual, rtol=0.25)


def test_a_longer_time_brings_more_in_proportion(customers: pa.Table) -> None:
    found = fit_value(customers, customers, customers, PurchaseProcess.fit(customers, HORIZON))

    assert found is not None
    quarter, year = (found.model.expected(customers, days) for days in (91.25, 365))
    np.testing.assert_allclose(year, 4 * quarter)


def test_without_purchases_there_is_no_value_to_tell(customers: pa.Table) -> None:
    bare = customers.drop_columns(["net_revenue_lifetime"])
    process = PurchaseProcess.fit(customers, HORIZON)

    assert fit_value(bare, bare, bare, process) is None
    assert fit_value(customers, customers, customers, None) is None
