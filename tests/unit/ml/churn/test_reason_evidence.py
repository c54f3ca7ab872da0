from __future__ import annotations

import numpy as np
import pytest
from scipy.stats.contingency import relative_risk

from ml.churn.explain import Meaning
from ml.churn.preprocess import Column
from ml.churn.reason_evidence import (
    LEAST_CUSTOMERS,
    RECENCY,
    ReasonEvidence,
    measure_reasons,
    rate_ratio,
)
from ml.metrics.intervals import UNKNOWN
from ml.schemas import REASON_EVIDENCE

CUSTOMERS = 4_000
COLUMNS = [
    Column(RECENCY, "number"),
    Column("orders_90d", "number"),
    Column("late_answers", "number"),
    Column("noise", "number"),
    Column("plan", "category", ("basic", "pro")),
    Column("unlisted", "number"),
]
CATALOGUE = {
    RECENCY: Meaning(None, "silence"),
    "orders_90d": Meaning(None, "orders"),
    "late_answers": Meaning("service_response", "answers", told_above=0),
    "noise": Meaning("external_environment", "noise"),
    "plan": Meaning(None, "plan"),
}


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray]:
    """Values and outcomes: recency, late answers and the plan basic raise churn.

    The number of orders follows from recency alone, so it separates nobody at equal recency.
    """
    random = np.random.default_rng(5)
    silent = random.integers(0, 180, CUSTOMERS).astype(float)
    late = random.poisson(0.5, CUSTOMERS).astype(float)
    basic = random.random(CUSTOMERS) < 0.5
    log_odds = -3 + 0.02 * silent + 1.2 * (late > 0) + 0.8 * basic
    labels = random.random(CUSTOMERS) < 1 / (1 + np.exp(-log_odds))
    values = np.column_stack(
        [
            silent,
            np.where(silent < 90, 1, 0),
            late,
            random.normal(size=CUSTOMERS),
            np.where(basic, 0.0, 1.0),
            late,
        ]
    ).astype(np.float32)
    values[:200, 2] = np.nan
    return values, labels


@pytest.fixture(scope="module")
def evidence(planted: tuple[np.ndarray, np.ndarray]) -> ReasonEvidence:
    return measure_reasons(COLUMNS, *planted, CATALOGUE)


def separating(evidence: ReasonEvidence, feature: str) -> list[bool]:
    return [band.separates for band in evidence.bands if band.feature == feature]


def test_facts_that_raise_churn_separate_and_noise_does_not(evidence: ReasonEvidence) -> None:
    assert separating(evidence, "late_answers") == [True, True]
    assert separating(evidence, "noise") == [False] * 5
    assert separating(evidence, "plan") == [True, False]


def test_a_long_time_without_an_order_separates_from_all_other_customers(
    evidence: ReasonEvidence,
) -> None:
    assert separating(evidence, RECENCY) == [False, False, False, True, True]


def test_a_consequence_of_recency_separates_nobody_of_equal_recency(
    planted: tuple[np.ndarray, np.ndarray], evidence: ReasonEvidence
) -> None:
    values, labels = planted
    none, everyone = values[:, 1] == 0, np.zeros(CUSTOMERS, dtype=np.int64)

    assert rate_ratio(none, labels, everyone).low > 1
    assert not any(separating(evidence, "orders_90d"))


def test_a_feature_outside_the_catalogue_is_not_measured(evidence: ReasonEvidence) -> None:
    assert "unlisted" not in {band.feature for band in evidence.bands}


def test_bands_hold_equal_values_together_and_enough_customers(
    planted: tuple[np.ndarray, np.ndarray], evidence: ReasonEvidence
) -> None:
    for band in evidence.bands:
        assert band.customers >= LEAST_CUSTOMERS
    late = [band for band in evidence.bands if band.feature == "late_answers"]
    known = planted[0][:, 2]
    assert [band.upper for band in late] == [late[1].lower, None]
    assert sum(band.customers for band in late) == (known > 0).sum()


def test_too_few_customers_are_no_evidence() -> None:
    values = np.zeros((LEAST_CUSTOMERS - 1, 1), dtype=np.float32)
    labels = np.ones(len(values), dtype=bool)

    found = measure_reasons([COLUMNS[3]], values, labels, CATALOGUE)

    assert found.bands == ()


def test_only_values_in_a_separating_band_are_reasons(evidence: ReasonEvidence) -> None:
    names = [column.name for column in COLUMNS]
    values = np.array(
        [[170, 0, 1, 0, 0, 1], [3, 1, np.nan, 0, 1, 1], [np.nan] * 6], dtype=np.float32
    )

    found = evidence.separates(names, values)

    assert found.tolist() == [
        [True, False, True, False, True, False],
        [False] * 6,
        [False] * 6,
    ]


def test_in_one_stratum_the_ratio_is_the_relative_risk() -> None:
    inside = np.repeat([True, False], [60, 140])
    labels = np.concatenate([np.arange(60) < 30, np.arange(140) < 35])
    known = relative_risk(30, 60, 35, 140)
    interval = known.confidence_interval(0.99)

    found = rate_ratio(inside, labels, np.zeros(200, dtype=np.int64))

    assert found.estimate == pytest.approx(known.relative_risk)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-6)


def test_the_interval_contains_the_true_ratio_in_99_of_100_samples() -> None:
    random = np.random.default_rng(11)
    contained = 0
    for _ in range(500):
        strata = random.integers(0, 4, 600)
        inside = random.random(600) < 0.2 + 0.1 * strata
        rate = np.array([0.1, 0.15, 0.2, 0.3])[strata] * np.where(inside, 1.5, 1)
        found = rate_ratio(inside, random.random(600) < rate, strata)
        contained += found.low <= 1.5 <= found.high

    assert 485 <= contained <= 500


@pytest.mark.parametrize("churned", [(), (0,), (3,)])
def test_without_churn_on_both_sides_the_ratio_is_unknown(churned: tuple[int, ...]) -> None:
    inside = np.array([True, True, False, False])
    labels = np.isin(np.arange(4), churned)

    assert rate_ratio(inside, labels, np.zeros(4, dtype=np.int64)) is UNKNOWN


def test_evidence_is_stored_as_text_and_read_again(evidence: ReasonEvidence) -> None:
    without_churn = measure_reasons(
        [COLUMNS[3]],
        np.arange(120, dtype=np.float32).reshape(-1, 1),
        np.zeros(120, dtype=bool),
        CATALOGUE,
    )
    for each in (evidence, without_churn):
        stored = ReasonEvidence.from_json(each.to_json())
        assert stored.to_json() == each.to_json()
        assert "NaN" not in each.to_json()
        assert stored.rows("1").equals(each.rows("1"))


def test_the_table_has_a_row_a_band_with_the_interval(evidence: ReasonEvidence) -> None:
    rows = evidence.rows("3")

    assert rows.schema == REASON_EVIDENCE
    first = rows.filter(rows["feature"].to_numpy() == "late_answers").slice(0, 1).to_pylist()[0]
    assert (first["model_version"], first["band"], first["lower"]) == ("3", 1, None)
    assert 1 < first["lift_low"] < first["lift"] < first["lift_high"]
    assert first["is_reason"]
