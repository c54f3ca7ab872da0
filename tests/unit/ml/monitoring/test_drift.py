from __future__ import annotations

from datetime import date
from math import log

import numpy as np
import pyarrow as pa
import pytest

from ml.monitoring.drift import Shift, counts, reference, shifts, stability_index
from ml.schemas import SchemaError

DAYS = [date(2026, 1, 1), date(2026, 2, 1)]


def customers(size: int, seed: int, times: float = 1.0, plan: str | None = None) -> pa.Table:
    """Customers drawn anew: an amount, a count mostly 0, a plan, an answer; some unknown."""
    random = np.random.default_rng(seed)
    amount = random.gamma(2, 50, size) * times
    return pa.table(
        {
            "customer_id": [f"{seed}-{number}" for number in range(size)],
            "snapshot_date": pa.array([DAYS[number % 2] for number in range(size)], pa.date32()),
            "amount": pa.array(amount, mask=random.random(size) < 0.1),
            "orders_7d": pa.array(random.poisson(0.15, size)),
            "plan": [plan or name for name in random.choice(["basic", "plus", "pro"], size)],
            "consent": pa.array(random.random(size) < 0.6, mask=random.random(size) < 0.2),
        }
    )


FEATURES = ["amount", "orders_7d", "plan", "consent"]


def shift_of(known: pa.Table, table: pa.Table, earlier: pa.Table) -> dict[str, Shift]:
    found = shifts(known, counts(known, table), counts(known, earlier))
    return {shift.feature: shift for shift in found}


def bins_of(known: pa.Table, feature: str) -> list[dict[str, object]]:
    return [row for row in known.to_pylist() if row["feature"] == feature]


def test_numbers_are_cut_at_deciles_with_the_unknown_apart() -> None:
    bins = bins_of(reference(customers(20_000, seed=1), FEATURES), "amount")

    assert [row["kind"] for row in bins] == ["range"] * 10 + ["unknown"]
    assert [row["share"] for row in bins] == pytest.approx([0.09] * 10 + [0.1], abs=0.005)
    assert bins[0]["lower"] is None
    assert bins[9]["upper"] is None
    assert [row["upper"] for row in bins[:9]] == [row["lower"] for row in bins[1:10]]


def test_a_heavily_tied_value_has_a_bin_of_its_own() -> None:
    bins = bins_of(reference(customers(20_000, seed=1), FEATURES), "orders_7d")

    assert [row["upper"] for row in bins] == [0.0, 1.0, None, None]
    assert bins[0]["share"] == pytest.approx(np.exp(-0.15), abs=0.01)


def test_a_text_has_a_bin_per_value_and_one_for_new_values() -> None:
    known = reference(customers(3_000, seed=1), FEATURES)
    bins = bins_of(known, "plan")
    assert {row["category"] for row in bins if row["kind"] == "value"} == {"basic", "plus", "pro"}

    counted = counts(known, customers(100, seed=2, plan="gold")).to_pylist()
    other = next(row["bin"] for row in bins if row["kind"] == "other")
    assert [
        row["customers"] for row in counted if row["feature"] == "plan" and row["customers"]
    ] == [100]
    assert {"feature": "plan", "bin": other, "customers": 100} in counted


def test_the_reference_counts_customers_and_not_their_rows() -> None:
    once = customers(500, seed=1)
    known = reference(pa.concat_tables([once, once]), FEATURES)

    assert set(known["sample_size"].to_pylist()) == {500}
    assert (known["first_date"][0].as_py(), known["last_date"][0].as_py()) == tuple(DAYS)


def test_the_index_and_its_quantile_are_those_by_hand() -> None:
    index, chance = stability_index(np.array([80.0, 20.0, 0.0]), np.array([50.0, 50.0, 0.0]))

    # Half a customer more in each of the three bins of a hundred customers.
    assert index == pytest.approx(30 / 101.5 * log(80.5 / 50.5 * 50.5 / 20.5))
    # One degree of freedom: its 99.9 % quantile is 10.83 by tables, and 11.16 by the cube.
    assert chance == pytest.approx((1 / 100 + 1 / 100) * 10.83, rel=0.04)


@pytest.mark.parametrize("size", [100, 1_000])
def test_without_drift_the_index_has_its_theoretical_mean_and_no_feature_is_sudden(
    size: int,
) -> None:
    found = []
    for seed in range(150):
        known = reference(customers(2_000, seed=1_000 + seed), ["amount"])
        drawn = customers(size, seed)
        found.append(shift_of(known, drawn, drawn)["amount"])

    degrees_of_freedom = 10
    expected = degrees_of_freedom * (1 / size + 1 / 2_000)
    assert np.mean([shift.psi for shift in found]) == pytest.approx(expected, rel=0.1)
    assert sum(shift.psi > shift.chance for shift in found) <= 1
    assert not any(shift.psi - shift.chance >= 0.1 for shift in found)


def test_only_amounts_in_another_currency_are_sudden() -> None:
    known = reference(customers(4_000, seed=0), FEATURES)
    found = shift_of(known, customers(300, seed=1, times=7.8), customers(300, seed=2))

    assert {name for name, shift in found.items() if shift.is_sudden(0.5)} == {"amount"}
    assert found["amount"].psi > 2


def test_a_column_that_becomes_null_is_sudden() -> None:
    known = reference(customers(4_000, seed=0), FEATURES)
    table = customers(300, seed=1)
    empty = table.set_column(
        table.column_names.index("consent"), "consent", pa.nulls(300, pa.bool_())
    )
    found = shift_of(known, empty, customers(300, seed=2))["consent"]

    assert found.is_sudden(0.5)
    assert (found.null_share, found.reference_null_share) == (1.0, pytest.approx(0.2, abs=0.02))


def test_a_slow_change_is_drift_and_not_sudden() -> None:
    known = reference(customers(4_000, seed=0), FEATURES)
    found = shift_of(known, customers(900, seed=1, times=3), customers(900, seed=2, times=2.9))

    assert found["amount"].psi - found["amount"].chance > 0.5
    assert not found["amount"].is_sudden(0.5)


def test_without_an_earlier_day_no_feature_is_sudden() -> None:
    known = reference(customers(4_000, seed=0), FEATURES)
    first = shifts(known, counts(known, customers(300, seed=1, times=9)), known.slice(0, 0))

    assert all(shift.earlier_psi is None and not shift.is_sudden(0.5) for shift in first)


def test_a_missing_feature_is_an_error_in_training_and_excluded_later() -> None:
    with pytest.raises(SchemaError, match="nothing"):
        reference(customers(10, seed=0), ["nothing"])
    known = reference(customers(10, seed=0), FEATURES)
    assert "plan" not in shift_of(known, customers(10, 1).drop_columns("plan"), customers(10, 2))
