from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from deployment.project import ROOT
from ml.effects.priors import (
    WIDE_DEVIATION,
    Normal,
    prior_of_causes,
    robust_posterior,
    save_share_evidence,
    update_priors,
)
from ml.effects.schemas import CATALOGUE_PRIORS, EFFECTS
from ml.effects.settings import EffectSettings
from ml.schemas import SchemaError

# Rubin's eight schools: effects and standard errors (Gelman et al.: Bayesian Data Analysis, 2013,
# table 5.2).
SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
PRIOR, DEVIATION = 0.2, 0.1
MACROS = ROOT / "dbt_project" / "macros" / "customers" / "actions.sql"
LEAST_PROBABILITY = float(
    MACROS.read_text(encoding="utf-8").split("macro least_probability_of_help() -%}")[1].split()[0]
)


def catalogue(rows: list[tuple[str, str | None, float, float]]) -> pa.Table:
    named = [dict(zip(CATALOGUE_PRIORS.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=CATALOGUE_PRIORS)


def effect(
    segment: str, customers: int, lost_control: float, save_share: float
) -> dict[str, object]:
    """A row over all matured periods with arms of equal size; a plain interval."""
    lost_treated = lost_control * (1 - save_share)
    error = np.sqrt(
        (lost_control * (1 - lost_control) + lost_treated * (1 - lost_treated)) / customers
    )
    uplift = lost_control - lost_treated
    return {
        "action_id": "call",
        "segment_kind": "all" if segment == "all" else "cause",
        "segment": segment,
        "period_kind": "all_matured",
        "period_start": date(2026, 1, 1),
        "known_treated": customers,
        "known_control": customers,
        "retained_control": 1 - lost_control,
        "uplift": uplift,
        "uplift_low": uplift - 1.96 * error,
        "uplift_high": uplift + 1.96 * error,
        "sample_ratio_ok": True,
    }


def named(action: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [row | {"action_id": action} for row in rows]


def updated(
    priors: pa.Table, rows: list[dict[str, object]], doubt: float = 0.1
) -> dict[str | None, dict[str, float]]:
    settings = EffectSettings(catalogue_doubt=doubt)
    found = update_priors(priors, pa.Table.from_pylist(rows, schema=EFFECTS), settings)
    return {row["cause"]: row for row in found.to_pylist()}


def test_eight_schools_are_pooled_completely_where_nothing_is_their_own() -> None:
    prior = prior_of_causes(np.zeros(8), np.full(8, 1e4), shared=1 - 1e-9)

    pooled = prior.given(np.arange(8), SCHOOLS, ERRORS**2)

    # Section 5.5: the pooled estimate is 7.7 with a standard error of 4.1.
    assert pooled.mean == pytest.approx(np.full(8, 7.7), abs=0.05)
    assert np.sqrt(np.diag(pooled.covariance)) == pytest.approx(np.full(8, 4.1), abs=0.05)


def test_a_component_is_pooled_by_its_precision() -> None:
    # Gelman et al. 2013, equation 5.17 with a known mean of 8 and a deviation of 10.
    prior = Normal(np.full(8, 8.0), np.diag(np.full(8, 100.0)))

    pooled = prior.given(np.arange(8), SCHOOLS, ERRORS**2)

    expected = (SCHOOLS / ERRORS**2 + 8 / 100) / (1 / ERRORS**2 + 1 / 100)
    assert pooled.mean == pytest.approx(expected)
    assert np.diag(pooled.covariance) == pytest.approx(1 / (1 / ERRORS**2 + 1 / 100))


def test_without_evidence_the_prior_stays() -> None:
    priors = catalogue([("call", "product_fit", 0.4, 0.05), ("call", None, PRIOR, DEVIATION)])

    rows = updated(priors, [])

    assert list(rows) == ["product_fit", None]
    for row in rows.values():
        assert row["save_share"] == pytest.approx(row["prior_save_share"])
        assert row["save_share_sd"] == pytest.approx(row["prior_save_share_sd"])
        assert row["action_treated"] == 0
    # The prior lies two deviations above 0.
    assert rows[None]["probability_of_help"] == pytest.approx(0.97725, abs=1e-5)


def test_a_cause_with_few_customers_borrows_from_its_action() -> None:
    priors = catalogue([("call", None, PRIOR, DEVIATION)])
    large = effect("product_fit", 50_000, 0.4, save_share=0.05)
    small = effect("price_sensitivity", 40, 0.4, save_share=0.6)

    rows = updated(priors, [large, small])

    assert rows["product_fit"]["save_share"] == pytest.approx(0.05, abs=0.005)
    alone = updated(priors, [small])["price_sensitivity"]
    assert 0.2 < alone["save_share"] < 0.35
    assert rows["price_sensitivity"]["save_share"] < alone["save_share"] - 0.05
    # A cause without any evidence learns half of the action's deviation from the other causes.
    other = updated(priors, [large], doubt=0)[None]
    assert other["save_share"] == pytest.approx(PRIOR - 0.15 / 2, abs=0.005)
    assert other["save_share_sd"] == pytest.approx(DEVIATION * np.sqrt(3 / 4), rel=0.02)
    assert [rows[cause]["treated"] for cause in rows] == [40, 50_000, 0]
    assert {row["action_control"] for row in rows.values()} == {50_040}


def test_a_harmful_action_gets_a_negative_save_share() -> None:
    rows = updated(
        catalogue([("call", None, PRIOR, DEVIATION)]), [effect("all", 20_000, 0.1, -1.0)]
    )

    assert rows[None]["save_share"] == pytest.approx(-0.9, abs=0.2)
    assert rows[None]["save_share"] + 3 * rows[None]["save_share_sd"] < 0


def test_a_first_quarter_stops_a_harmful_action_of_which_the_catalogue_is_sure() -> None:
    # 500 customers per arm, of whom a tenth is lost anyway: the action loses as many again.
    harmful = effect("all", 500, 0.1, save_share=-1.0)
    priors = catalogue([("call", None, 0.02, 0.04)])

    assert updated(priors, [harmful])[None]["save_share"] < 0
    # Without doubt the narrow prior outweighs what was measured.
    assert updated(priors, [harmful], doubt=0)[None]["save_share"] > 0


@pytest.mark.parametrize(
    ("prior", "effect_of_500", "is_proven"),
    [
        ((0.01, 0.03), None, False),
        ((0.01, 0.03), 0.0, False),
        ((0.01, 0.03), 0.3, True),
        ((0.06, 0.06), None, True),
        ((0.06, 0.06), -0.2, False),
    ],
    ids=["a newsletter", "useless", "useful after all", "advice", "harmful"],
)
def test_an_action_is_exploited_if_it_probably_helps(
    prior: tuple[float, float], effect_of_500: float | None, is_proven: bool
) -> None:
    """After one quarter of 500 customers per arm, 40 % of the untreated lost."""
    rows = [] if effect_of_500 is None else [effect("all", 500, 0.4, effect_of_500)]

    probability = updated(catalogue([("mail", None, *prior)]), named("mail", rows))[None]

    assert (probability["probability_of_help"] >= LEAST_PROBABILITY) == is_proven


def test_evidence_as_expected_leaves_little_doubt() -> None:
    priors = catalogue([("call", None, PRIOR, DEVIATION)])
    usual = effect("all", 2_000, 0.4, save_share=0.25)

    robust, sure = updated(priors, [usual])[None], updated(priors, [usual], doubt=0)[None]

    assert robust["save_share"] == pytest.approx(sure["save_share"], abs=0.005)
    assert robust["save_share_sd"] == pytest.approx(sure["save_share_sd"], rel=0.1)


def test_the_mixture_is_that_of_a_numerical_posterior() -> None:
    shares = np.linspace(-4, 4, 80_001)

    def normal(values: Any, mean: Any, variance: float) -> Any:
        return np.exp(-np.square(values - mean) / (2 * variance)) / np.sqrt(variance)

    density = 0.9 * normal(shares, 0.1, 0.05**2) + 0.1 * normal(shares, 0.1, WIDE_DEVIATION**2)
    density = density * normal(-0.4, shares, 0.04)
    density /= density.sum()
    mean = float(shares @ density)

    found = robust_posterior(
        np.array([0.1]),
        np.array([0.05]),
        (np.array([0]), np.array([-0.4]), np.array([0.04])),
        EffectSettings(),
    )

    assert found.mean == pytest.approx(mean, abs=1e-5)
    deviation = np.sqrt(np.square(shares - mean) @ density)
    assert found.deviation == pytest.approx(deviation, abs=1e-5)
    assert found.probability_of_help == pytest.approx(density[shares > 0].sum(), abs=5e-4)


def test_provisional_and_mismatched_effects_are_no_evidence() -> None:
    ours = effect("all", 1_000, 0.4, 0.3)
    rows = [ours | {"period_kind": "period"}, ours | {"sample_ratio_ok": False}]

    assert len(save_share_evidence(pa.Table.from_pylist(rows, schema=EFFECTS))) == 0
    assert len(save_share_evidence(pa.Table.from_pylist([ours], schema=EFFECTS))) == 1


def test_customers_without_a_cause_are_evidence_for_any_other_cause_only() -> None:
    priors = catalogue([("call", "product_fit", PRIOR, DEVIATION)])
    rows = updated(priors, [effect("unknown", 9_000, 0.4, 0.9), effect("all", 9_000, 0.4, 0.9)])

    assert rows["product_fit"]["save_share"] == pytest.approx(PRIOR)
    assert list(rows) == ["product_fit"]


def test_the_variance_of_a_save_share_is_that_of_repeated_experiments() -> None:
    random = np.random.default_rng(4)
    treated, control = 900, 300
    lost = (
        random.binomial(treated, 0.3, 4_000) / treated,
        random.binomial(control, 0.4, 4_000) / control,
    )
    rows = pa.table(
        {
            **{name: pa.nulls(4_000, EFFECTS.field(name).type) for name in EFFECTS.names},
            "action_id": [f"{number}" for number in range(4_000)],
            "segment_kind": ["all"] * 4_000,
            "segment": ["all"] * 4_000,
            "period_kind": ["all_matured"] * 4_000,
            "known_treated": [treated] * 4_000,
            "known_control": [control] * 4_000,
            "retained_control": 1 - lost[1],
            "uplift": lost[1] - lost[0],
        }
    )
    error = np.sqrt(lost[0] * (1 - lost[0]) / treated + lost[1] * (1 - lost[1]) / control)
    for name, side in (("uplift_low", -1), ("uplift_high", 1)):
        ends = pa.array(lost[1] - lost[0] + side * 1.959964 * error)
        rows = rows.set_column(rows.column_names.index(name), name, ends)

    found = save_share_evidence(rows)

    shares, variances = found["save_share"].to_numpy(), found["variance"].to_numpy()
    assert shares.mean() == pytest.approx(0.25, abs=0.005)
    assert variances.mean() == pytest.approx(shares.var(), rel=0.06)


def test_a_lucky_handful_of_customers_moves_a_prior_little() -> None:
    few = {
        **effect("price", 13, lost_control=0.75, save_share=0.8),
        "known_control": 4,
        "uplift_low": 0.07,
        "uplift_high": 0.83,
    }

    row = updated(catalogue([("call", None, 0.01, 0.03)]), [few])["price"]

    assert row["save_share"] < 0.1


def test_learned_shares_are_nearer_the_truth_than_prior_and_measurement() -> None:
    random = np.random.default_rng(7)
    truth = 0.2 + random.normal(0, 0.07, 200)[:, None] + random.normal(0, 0.07, (200, 5))
    variance = random.uniform(0.002, 0.05, (200, 5))
    measured = truth + random.normal(0, np.sqrt(variance))
    prior = prior_of_causes(np.full(5, 0.2), np.full(5, np.sqrt(2) * 0.07), shared=0.5)

    learned = [
        prior.given(np.arange(5), row, spread)
        for row, spread in zip(measured, variance, strict=True)
    ]

    means = np.array([normal.mean for normal in learned])
    deviations = np.array([np.sqrt(np.diag(normal.covariance)) for normal in learned])
    error = np.mean((means - truth) ** 2)
    assert error < 0.8 * np.mean((0.2 - truth) ** 2)
    assert error < 0.5 * np.mean((measured - truth) ** 2)
    assert 0.93 < np.mean(np.abs(means - truth) < 1.96 * deviations) < 0.97


@pytest.mark.parametrize(
    "rows",
    [
        [("call", None, 0.2, 0.0)],
        [("call", None, None, 0.1)],
        [("call", None, 0.2, 0.1), ("call", None, 0.3, 0.1)],
    ],
)
def test_a_catalogue_without_a_proper_prior_is_refused(
    rows: list[tuple[str, str | None, float, float]],
) -> None:
    with pytest.raises(SchemaError, match="catalogue priors"):
        update_priors(catalogue(rows), EFFECTS.empty_table(), EffectSettings())
