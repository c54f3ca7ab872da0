from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.effects.measure import measure_effects
from ml.effects.schemas import EFFECTS, UNITS
from ml.effects.settings import EffectSettings
from tests.unit.ml.effects.planted_experiments import STARTS, counted, planted, units

SETTINGS = EffectSettings()


def rows_of(assignments: pa.Table, chosen: EffectSettings = SETTINGS) -> list[dict[str, Any]]:
    return list(measure_effects(assignments, chosen).to_pylist())


def one(assignments: pa.Table, chosen: EffectSettings = SETTINGS) -> dict[str, Any]:
    """The row of all customers of the only period."""
    (row,) = [row for row in rows_of(assignments, chosen) if row["period_kind"] == "period"]
    return row


# Hillstrom: The MineThatData E-Mail Analytics and Data Mining Challenge, 2008. Customers with an
# e-mail, how many of them visited or bought, and how many of 21,306 without one did. Then the
# difference, its Newcombe interval and its Wald interval, as statsmodels 0.15 computes them from
# these counts. For visits both are the same to four decimals.
HILLSTROM = [
    (21_307, 3_894, 2_262, 0.07659, (0.06995, 0.08323), (0.06995, 0.08323)),
    (21_387, 3_238, 2_262, 0.04523, (0.03889, 0.05157), (0.03889, 0.05157)),
    (21_307, 267, 122, 0.006805, (0.005014, 0.008641), (0.005000, 0.008610)),
    (21_387, 189, 122, 0.003111, (0.001502, 0.004745), (0.001499, 0.004723)),
]


@pytest.mark.parametrize("published", HILLSTROM)
def test_a_public_experiment_gives_its_known_effects(published: tuple[Any, ...]) -> None:
    mailed, came, came_without, uplift, newcombe, wald = published
    customers = mailed + 21_306
    mails = counted(mailed, came, 21_306, came_without, treatment_probability=[0.5] * customers)
    amount = mails["is_retained"].cast(pa.float64())

    row = one(mails.set_column(UNITS.names.index("net_revenue"), "net_revenue", amount))

    assert row["uplift"] == pytest.approx(uplift, rel=2e-4)
    assert (row["uplift_low"], row["uplift_high"]) == pytest.approx(newcombe, rel=5e-4)
    # An amount of 1 a visitor is a difference of means.
    assert row["revenue_uplift"] == pytest.approx(uplift, rel=2e-4)
    assert (row["revenue_low"], row["revenue_high"]) == pytest.approx(wald, rel=5e-4)
    assert (row["verdict"], row["sample_ratio_ok"]) == ("works", True)


def test_intervals_cover_the_planted_effect_and_cuped_narrows_them() -> None:
    effects = measure_effects(planted(200, 600, uplift=0.08, seed=11), SETTINGS)
    single = effects.filter(pc.equal(effects["period_kind"], "period"))
    of_segments = single.filter(pc.equal(single["segment_kind"], "cause"))
    of_all = single.filter(pc.equal(single["segment_kind"], "all"))

    assert of_all["uplift_method"].to_pylist().count("cuped") > 150
    assert of_segments["uplift_method"].to_pylist().count("newcombe") > 150
    for cells in (of_all, of_segments):
        assert 0.90 <= covered(cells, "uplift", 0.08) <= 0.98
        assert 0.90 <= covered(cells, "revenue", 50 * 0.08) <= 0.98
        value = cells["known_treated"].to_numpy() * (50 * 0.08 - 2)
        assert 0.90 <= covered(cells, "net_value", value) <= 0.98


def covered(cells: pa.Table, name: str, truth: Any) -> float:
    low, high = cells[f"{name}_low"].to_numpy(), cells[f"{name}_high"].to_numpy()
    return float(np.mean((low <= truth) & (truth <= high)))


@pytest.mark.parametrize("customers", [30, 400])
def test_without_an_effect_at_most_one_cell_in_twenty_makes_a_claim(customers: int) -> None:
    effects = pa.concat_tables(
        measure_effects(planted(200, customers, uplift=0.0, seed=seed), SETTINGS)
        for seed in range(3)
    )

    claims = pc.is_in(effects["verdict"], value_set=pa.array(["works", "harms"]))
    assert 0.01 <= pc.mean(claims).as_py() <= 0.05
    assert 0.90 <= covered(effects, "uplift", 0.0) <= 0.98


def test_a_harmful_action_is_found_and_a_total_joins_its_periods() -> None:
    effects = rows_of(planted(4, 4_000, uplift=-0.1, seed=2))

    total = next(row for row in effects if row["period_kind"] == "all_matured")
    periods = [row for row in effects if row["period_kind"] == "period"]
    of_all = [row for row in periods if row["segment"] == "all"]
    assert {row["verdict"] for row in effects} == {"harms"}
    assert total["treated"] == sum(row["treated"] for row in of_all)
    assert total["period_start"] == min(row["period_start"] for row in of_all)
    assert total["period_end"] == max(row["period_end"] for row in of_all)
    assert total["uplift_high"] - total["uplift_low"] < 0.6 * (
        of_all[0]["uplift_high"] - of_all[0]["uplift_low"]
    )
    assert total["net_value_high"] < 0


def test_a_total_compares_customers_within_periods_only() -> None:
    # Nobody is saved in either period, but the period with many treated customers is the better.
    good = counted(900, 810, 100, 90, treatment_probability=[0.9] * 1_000)
    poor = counted(100, 10, 900, 90, treatment_probability=[0.1] * 1_000)
    dates = {
        name: pc.add(poor[name], pa.scalar(31 * 86_400, pa.duration("s")))
        for name in ("period_start", "period_end")
    }
    for name, values in dates.items():
        poor = poor.set_column(UNITS.names.index(name), name, values.cast(pa.date32()))

    total = next(
        row
        for row in rows_of(pa.concat_tables([good, poor]))
        if row["period_kind"] == "all_matured"
    )

    assert (total["treated"], total["control"]) == (1_000, 1_000)
    assert total["uplift"] == pytest.approx(0)
    assert total["retained_treated"] == pytest.approx(0.5)


def test_an_open_period_shows_matured_customers_and_claims_nothing() -> None:
    mature = np.ones(2_000, dtype=bool)
    mature[[5, 1_500]] = False
    row, *more = rows_of(counted(1_000, 900, 1_000, 500, is_mature=mature))

    assert more == []
    assert (row["is_provisional"], row["verdict"]) == (True, "provisional")
    assert (row["treated"], row["known_treated"], row["known_control"]) == (1_000, 999, 999)
    assert row["uplift"] == pytest.approx(899 / 999 - 500 / 999)
    assert (row["p_value"], row["q_value"]) == (None, None)


def test_a_wrong_sample_ratio_withholds_the_claim_of_period_and_total() -> None:
    rows = rows_of(counted(1_000, 900, 400, 200, treatment_probability=[0.5] * 1_400))

    (row,) = rows
    assert row["period_kind"] == "period"
    assert (row["verdict"], row["sample_ratio_ok"]) == ("sample_ratio_mismatch", False)
    assert row["sample_ratio_p"] < 1e-9
    assert row["p_value"] is None


def test_without_a_planned_share_there_is_no_check_and_still_a_claim() -> None:
    row = one(counted(1_000, 900, 400, 200))

    assert (row["sample_ratio_ok"], row["sample_ratio_p"]) == (None, None)
    assert row["verdict"] == "works"


def test_small_cells_have_an_interval_and_no_claim() -> None:
    row = one(counted(10, 10, 3, 2))

    assert row["uplift_method"] == "newcombe"
    assert -1 < row["uplift_low"] < row["uplift"] < row["uplift_high"] < 1
    assert row["verdict"] == "not_known_yet"
    assert row["customers_needed"] > 100


def test_all_retained_in_both_arms_is_an_interval_about_zero() -> None:
    row = one(counted(20, 20, 10, 10))

    assert row["uplift"] == 0
    assert -0.2 < row["uplift_low"] < 0 < row["uplift_high"] < 0.3
    assert row["p_value"] == pytest.approx(1)
    # Nobody was lost, so nobody could be kept.
    assert (row["planned_uplift"], row["customers_needed"]) == (0, None)


def test_an_empty_arm_gives_no_effect_and_keeps_what_is_known() -> None:
    row = one(units(50, treatment_probability=[1.0] * 50))

    assert (row["treated"], row["control"], row["retained_treated"]) == (50, 0, 1)
    assert row["retained_control"] is row["uplift"] is row["uplift_low"] is row["net_value"] is None
    assert row["uplift_method"] is row["customers_needed"] is None
    assert row["verdict"] == "not_known_yet"


def test_unknown_amounts_and_outcomes_are_left_out_and_counted() -> None:
    revenue = [None] * 4 + [100.0, 120.0] * 8
    retained = [None] * 2 + [True, False] * 9
    arms = ["treatment", "control"] * 10
    row = one(units(20, arm=arms, net_revenue=revenue, is_retained=retained, cost=[1.0, 0.0] * 10))

    assert (row["unknown_outcomes"], row["unknown_amounts"]) == (2, 4)
    assert (row["treated"], row["known_treated"]) == (10, 9)
    assert row["revenue_uplift"] == pytest.approx(-20)
    # Eight treated customers with a known amount brought 20 less and cost 1 each.
    assert row["net_value"] == pytest.approx(8 * -21)


def test_an_unknown_cost_leaves_the_net_value_unknown_but_not_the_revenue() -> None:
    revenue = [90.0, 100.0, 110.0, 95.0] * 5
    row = one(
        units(20, arm=["treatment", "control"] * 10, net_revenue=revenue, cost=[None, 0.0] * 10)
    )

    assert row["revenue_uplift"] == pytest.approx(2.5)
    assert row["net_value"] is row["cost_per_treated"] is None
    assert row["unknown_amounts"] == 10


def test_no_difference_seen_needs_an_interval_that_excludes_the_planned_effect() -> None:
    same = counted(20_000, 12_000, 20_000, 12_000)

    assert one(same)["verdict"] == "no_difference_seen"
    assert one(same, EffectSettings({"call": 0.02}))["verdict"] == "not_known_yet"
    assert one(same)["planned_uplift"] == pytest.approx(0.04)


def test_further_customers_are_those_of_the_published_formula_less_those_at_hand() -> None:
    # R's power.prop.test(p1 = .5, p2 = .75, power = .9) needs 76.7 customers per arm.
    planned_half = EffectSettings({"call": 0.5}, power=0.9)

    assert one(counted(20, 12, 20, 10), planned_half)["customers_needed"] == 57
    # Arms of 90 and 10 have the precision of two arms of 18.
    assert one(counted(90, 60, 10, 5), planned_half)["customers_needed"] == 59


def test_no_units_give_no_rows() -> None:
    assert measure_effects(UNITS.empty_table(), SETTINGS).schema == EFFECTS
    assert len(measure_effects(UNITS.empty_table(), SETTINGS)) == 0


def test_a_kind_of_segment_that_is_known_for_nobody_has_no_rows() -> None:
    assignments = planted(1, 500, uplift=0.1, seed=1)

    kinds = {(row["segment_kind"], row["segment"]) for row in rows_of(assignments)}

    assert kinds == {("all", "all"), ("cause", "product_fit"), ("cause", "price_sensitivity")}


def test_the_order_of_the_units_changes_no_figure() -> None:
    assignments = planted(3, 600, uplift=0.1, seed=6)
    shuffled = assignments.take(pa.array(np.random.default_rng(1).permutation(1_800)))

    ours, theirs = (
        measure_effects(table, SETTINGS).to_pylist() for table in (assignments, shuffled)
    )

    assert [row["verdict"] for row in ours] == [row["verdict"] for row in theirs]
    for name in ("uplift", "uplift_low", "net_value_high", "q_value"):
        assert [row[name] for row in ours] == pytest.approx([row[name] for row in theirs], rel=1e-9)


def test_segments_are_one_family_and_all_customers_another() -> None:
    effects = rows_of(planted(1, 900, uplift=0.06, seed=3, segments=("a", "b", "c", "d")))
    single = [row for row in effects if row["period_kind"] == "period"]
    of_all = next(row for row in single if row["segment"] == "all")
    segments = sorted((row["p_value"], row["q_value"]) for row in single if row["segment"] != "all")

    assert of_all["q_value"] == of_all["p_value"]
    assert segments[-1][1] == pytest.approx(segments[-1][0])
    assert segments[0][1] == pytest.approx(
        min(p * 4 / (rank + 1) for rank, (p, _) in enumerate(segments))
    )


def test_the_total_of_periods_with_differing_seasons_and_shares_covers_the_effect() -> None:
    random = np.random.default_rng(7)
    # 300 actions of six periods with 40 customers each; every second period treats half of them.
    period = np.tile(np.repeat(np.arange(6), 40), 300)
    share = np.where(period % 2, 0.9, 0.5)
    is_treated = random.random(len(period)) < share
    chance = 0.3 + 0.1 * period / 2 + 0.1 * is_treated
    start = STARTS + period * np.timedelta64(30, "D")

    effects = measure_effects(
        units(
            len(period),
            action_id=[f"{number}" for number in np.repeat(np.arange(300), 240)],
            period_start=start,
            period_end=start + np.timedelta64(29, "D"),
            arm=np.where(is_treated, "treatment", "control").tolist(),
            treatment_probability=share,
            is_retained=random.random(len(period)) < chance,
        ),
        SETTINGS,
    )

    total = effects.filter(pc.equal(effects["period_kind"], "all_matured"))
    assert len(total) == 300
    assert 0.90 <= covered(total, "uplift", 0.1) <= 0.98


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["treatment", "control"]),
            st.sampled_from([None, True, False]),
            st.sampled_from([None, 0.0, 50.0, -20.0]),
            st.sampled_from([None, 0.5, 0.9]),
            st.booleans(),
            st.sampled_from([None, "bond"]),
        ),
        max_size=40,
    )
)
def test_any_units_give_ordered_ends_and_counts_that_add_up(rows: list[tuple[Any, ...]]) -> None:
    arms, retained, revenue, shares, mature, causes = (
        [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 6
    )
    effects = rows_of(
        units(
            len(rows),
            arm=arms,
            is_retained=retained,
            net_revenue=revenue,
            treatment_probability=shares,
            is_mature=mature,
            cause=causes,
        )
    )

    for row in effects:
        for name, ends in (("uplift", "uplift"), ("revenue_uplift", "revenue"), ("net_value",) * 2):
            low, high = row[f"{ends}_low"], row[f"{ends}_high"]
            assert low is None or (low <= row[name] + 1e-9 and row[name] <= high + 1e-9)
        assert row["known_treated"] <= row["treated"]
        assert (row["verdict"] == "provisional") == row["is_provisional"]
        assert row["q_value"] is None or row["p_value"] <= row["q_value"] + 1e-12
    of_all = [row for row in effects if row["segment"] == "all" and row["period_kind"] == "period"]
    assert sum(row["treated"] + row["control"] for row in of_all) == len(rows)
