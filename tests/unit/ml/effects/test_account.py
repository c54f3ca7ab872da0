from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from ml.effects.account import retention_account
from ml.effects.measure import measure_effects
from ml.effects.schemas import EFFECTS, RETENTION_ACCOUNT
from ml.effects.settings import EffectSettings
from tests.unit.ml.effects.planted_experiments import planted


def effect(**columns: Any) -> dict[str, Any]:
    """Effect of one action and period on 100 treated customers of whom 10 more are retained."""
    default = {
        "action_id": "call",
        "segment_kind": "all",
        "period_kind": "period",
        "period_start": date(2026, 1, 1),
        "period_end": date(2026, 1, 31),
        "is_provisional": False,
        "treated": 110,
        "known_treated": 100,
        "known_revenue_treated": 90,
        "uplift": 0.1,
        "uplift_low": 0.07,
        "uplift_high": 0.14,
        "revenue_uplift": 5.0,
        "revenue_low": 2.0,
        "revenue_high": 8.0,
        "money_spent": 200.0,
        "net_value": 250.0,
        "net_value_low": 0.0,
        "net_value_high": 500.0,
        "verdict": "works",
    }
    return default | columns


def account(*rows: dict[str, Any]) -> dict[tuple[str, str, date], dict[str, Any]]:
    found = retention_account(pa.Table.from_pylist(list(rows), schema=EFFECTS))
    return {
        (row["action_id"], row["period_kind"], row["period_start"]): row
        for row in found.to_pylist()
    }


def test_an_action_s_row_is_its_effect_times_its_customers() -> None:
    row = account(effect())["call", "period", date(2026, 1, 1)]

    kept = [row[f"customers_kept{end}"] for end in ("", "_low", "_high")]
    assert kept == pytest.approx([10, 7, 14])
    assert [row[f"money_brought{end}"] for end in ("", "_low")] == pytest.approx([450, 180])
    assert (row["money_spent"], row["net_value"], row["net_value_low"]) == (200, 250, 0)
    assert (row["treated"], row["unmeasured_treated"]) == (110, 0)


def test_all_actions_of_a_period_add_up_and_their_distances_add_in_squares() -> None:
    mail = effect(action_id="mail", uplift=-0.02, uplift_low=-0.06, uplift_high=0.01)

    row = account(effect(), mail)["all", "period", date(2026, 1, 1)]

    assert row["customers_kept"] == pytest.approx(8)
    assert row["customers_kept_low"] == pytest.approx(8 - 5)
    assert row["customers_kept_high"] == pytest.approx(8 + 5)
    assert row["money_spent"] == 400


def test_figures_without_a_control_group_are_unknown_and_counted() -> None:
    nothing = {name: None for name in EFFECTS.names if name.endswith(("_low", "_high"))}
    alone = effect(action_id="mail", uplift=None, revenue_uplift=None, net_value=None, **nothing)
    wrong = effect(action_id="visit", verdict="sample_ratio_mismatch")

    rows = account(effect(), alone, wrong)

    for action in ("mail", "visit"):
        row = rows[action, "period", date(2026, 1, 1)]
        assert row["customers_kept"] is row["money_brought_low"] is row["net_value"] is None
        assert (row["unmeasured_treated"], row["money_spent"]) == (110, 200)
    everything = rows["all", "period", date(2026, 1, 1)]
    assert everything["customers_kept"] == pytest.approx(10)
    assert (everything["treated"], everything["unmeasured_treated"]) == (330, 220)
    assert everything["money_spent"] == 600


def test_the_total_of_all_actions_spans_their_periods_and_segments_are_not_added() -> None:
    total = {"period_kind": "all_matured"}
    mail = effect(action_id="mail", period_start=date(2025, 6, 1), period_end=date(2026, 3, 31))
    rows = account(effect(**total), mail | total, effect(segment_kind="cause", segment="bond"))

    row = rows["all", "all_matured", date(2025, 6, 1)]
    assert (row["period_end"], row["treated"]) == (date(2026, 3, 31), 220)
    assert len(rows) == 3


def test_an_open_period_marks_the_sum_that_contains_it() -> None:
    rows = account(effect(), effect(action_id="mail", is_provisional=True))

    states = {key[0]: row["is_provisional"] for key, row in rows.items()}
    assert states == {"call": False, "mail": True, "all": True}


def test_without_an_effect_the_account_is_about_zero() -> None:
    kept, value = [], []
    for seed in range(20):
        effects = measure_effects(planted(10, 300, uplift=0.0, seed=seed), EffectSettings())
        rows = {
            (row["action_id"], row["period_kind"]): row
            for row in retention_account(effects).to_pylist()
        }
        total = rows["all", "all_matured"]
        assert abs(total["customers_kept"]) < 0.1 * total["treated"]
        kept.append(total["customers_kept_low"] < 0 < total["customers_kept_high"])
        # Two a customer were spent, so that the net value is negative without any effect.
        value.append(total["net_value_low"] < -2 * total["treated"] < total["net_value_high"])

    assert sum(kept) >= 17
    assert sum(value) >= 17


def test_no_effects_give_no_account() -> None:
    found = retention_account(EFFECTS.empty_table())

    assert (len(found), found.schema) == (0, RETENTION_ACCOUNT)
