"""Groups of customers who behave alike: planted ones are found, named, and keep their names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.segments.behaviour_groups import EVERYBODY, MEASURES, BehaviourGroups, fit_groups

CUSTOMERS = 900


def company(seed: int, orders: tuple[float, ...] = (2, 2, 20), **more: object) -> pa.Table:
    """A third who visit much, a third who hunt discounts, a third who order often."""
    rng = np.random.default_rng(seed)
    kind = np.arange(CUSTOMERS) % 3
    visits, discounts = np.array([80, 3, 10])[kind], np.array([0.02, 0.5, 0.02])[kind]
    columns = {
        "customer_id": [f"c{number}" for number in range(CUSTOMERS)],
        "orders_365d": 1 + rng.poisson(np.array(orders)[kind]),
        "sessions_90d": rng.poisson(visits),
        "discount_share_365d": np.clip(rng.normal(discounts, 0.01), 0, 1),
    }
    return pa.table({**columns, **more})


@pytest.fixture(scope="module")
def groups() -> BehaviourGroups:
    found = fit_groups(company(1), seed=7)
    assert found is not None
    return found


def test_planted_groups_are_found_and_named_by_their_measures(
    groups: BehaviourGroups,
) -> None:
    assigned = groups.assign(company(2))

    kinds = [set(assigned[kind::3]) for kind in range(3)]
    assert [len(names) for names in kinds] == [1, 1, 1]
    visitors, hunters, buyers = (name for [name] in kinds)
    assert visitors.startswith("many_visits")
    assert hunters.startswith("discounts")
    assert buyers.startswith("frequent_buyers")
    assert sum(groups.shares) == pytest.approx(1)


def test_the_same_customers_give_the_same_groups(groups: BehaviourGroups) -> None:
    again = fit_groups(company(1), seed=7)

    assert again is not None
    assert again.rows() == groups.rows()


def test_a_group_keeps_its_name_when_others_move(
    groups: BehaviourGroups,
) -> None:
    renamed = {name: f"named_before_{i}" for i, name in enumerate(groups.names)}
    rows = groups.rows()
    names = pa.array([renamed[name] for name in rows["behaviour_group"].to_pylist()])
    before = rows.set_column(0, "behaviour_group", names)

    later = fit_groups(company(3, orders=(2, 2, 22)), seed=7, before=before)

    assert later is not None
    assert set(later.names) == set(renamed.values())
    by_visits = dict(zip(groups.names, groups.centres, strict=True))
    for name, centre in zip(later.names, later.centres, strict=True):
        [earlier] = [old for old, new in renamed.items() if new == name]
        assert np.abs(centre - by_visits[earlier]).max() < 0.5


def test_a_new_group_has_a_unique_name(groups: BehaviourGroups) -> None:
    returned = np.where(np.arange(CUSTOMERS) % 3 == 2, 0.8, 0.0)
    before = groups.rows()

    later = fit_groups(company(4, refund_share_365d=returned), seed=7, before=before)

    assert later is not None
    assert len(set(later.names)) == len(later.names)


def test_an_unknown_count_is_zero_and_an_unknown_amount_the_mean(
    groups: BehaviourGroups,
) -> None:
    unknown = pa.table(
        {
            "orders_365d": [4],
            "sessions_90d": pa.array([None], pa.int32()),
            "discount_share_365d": pa.array([None], pa.float32()),
        }
    )

    [row] = groups.standardised(unknown)

    standardised = dict(zip(groups.measures, row, strict=True))
    assert standardised["sessions_90d"] < -1
    assert standardised["discount_share_365d"] == pytest.approx(0, abs=1e-4)


def test_a_measure_without_values_is_not_used(groups: BehaviourGroups) -> None:
    assert set(groups.measures) == {"orders_365d", "sessions_90d", "discount_share_365d"}


def test_an_outlier_has_no_group_of_its_own(groups: BehaviourGroups) -> None:
    extreme = company(1).slice(0, CUSTOMERS - 1)
    king = pa.table(
        {
            "customer_id": ["king"],
            "orders_365d": [100_000],
            "sessions_90d": [1_000_000],
            "discount_share_365d": [0.0],
        },
        schema=extreme.schema,
    )

    found = fit_groups(pa.concat_tables([extreme, king]), seed=7)

    assert found is not None
    assert min(found.shares) > 0.1


def test_too_few_or_equal_customers_have_no_groups() -> None:
    assert fit_groups(company(1).slice(0, 99), seed=7) is None
    alike = pa.table({"customer_id": [str(n) for n in range(200)], "orders_365d": [3] * 200})
    assert fit_groups(alike, seed=7) is None


def test_all_words_of_measures_are_distinct() -> None:
    words = [word for measure in MEASURES.values() for word in (measure.little, measure.much)]
    assert len(words) == len(set(words))
    assert EVERYBODY not in words
