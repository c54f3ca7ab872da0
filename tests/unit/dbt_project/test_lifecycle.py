"""The macros of lifecycle and survival, compiled by dbt and run on planted customers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

import duckdb
import numpy as np
import pytest
from scipy import stats

from tests.unit.dbt_project.conftest import ParsedProject

STAGE = "{{ lifecycle_stage('purchase_days', 'paid_contract_days', 'on_trial') }}"
STATUS = "{{ lifecycle_status() }}"
REACHABLE = "{{ is_reachable('status') }}"
LIMIT = "{{ overdue_on('snapshot_date') }}"
WORD = "{{ contract_status('word') }}"
CURVES = "{{ kaplan_meier('counts', ['arm']) }}"

Compile = Callable[..., str]


@pytest.fixture(scope="module")
def compiled(project: ParsedProject) -> Compile:
    """SQL of a query for a kind of churn, compiled once."""

    @cache
    def compile_once(sql: str, churn_kind: str = "non_contractual") -> str:
        return project.query(sql, churn_kind=churn_kind)

    return compile_once


def value(expression: str, **columns: object) -> object:
    shown = ", ".join(f"${name} as {name}" for name in columns)
    rhythm = "select 40 as slowing_after_days, 60 as at_risk_after_days, 100 as dormant_after_days"
    with duckdb.connect() as con:
        [(found,)] = con.execute(
            f"select {expression} from (select {shown}) cross join ({rhythm}) as rhythm",
            columns,
        ).fetchall()
    return found


@pytest.mark.parametrize(
    ("purchase_days", "on_trial", "stage"),
    [
        (None, False, "prospect"),
        (0, False, "prospect"),
        (0, None, "prospect"),
        (None, True, "trial"),
        (1, True, "first_purchase"),
        (2, False, "repeat"),
        (4, False, "repeat"),
        (5, False, "loyal"),
        (500, False, "loyal"),
    ],
)
def test_the_stage_of_a_buyer_depends_on_the_days_with_a_purchase(
    compiled: Compile, purchase_days: int | None, on_trial: bool | None, stage: str
) -> None:
    columns = {"purchase_days": purchase_days, "paid_contract_days": 900, "on_trial": on_trial}
    assert value(compiled(STAGE), **columns) == stage


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (None, "prospect"),
        (0, "first_purchase"),
        (89, "first_purchase"),
        (90, "repeat"),
        (364, "repeat"),
        (365, "loyal"),
    ],
)
def test_the_stage_of_a_subscriber_depends_on_the_days_under_contract(
    compiled: Compile, days: int | None, stage: str
) -> None:
    columns = {"purchase_days": 9, "paid_contract_days": days, "on_trial": False}
    assert value(compiled(STAGE, "contractual"), **columns) == stage


def status(
    compiled: Compile, silent: int | None, *, days: int = 1, first: int = 0, gap: int | None = None
) -> object:
    """Of who bought on so many days, the first `first` days before the last, `silent` days ago."""
    return value(
        compiled(STATUS),
        days_since_last_order=silent,
        days_since_first_order=None if silent is None else silent + first,
        purchase_days_lifetime=None if silent is None else days,
        last_gap_days=gap,
    )


def test_who_never_bought_has_no_status(compiled: Compile) -> None:
    assert status(compiled, None) is None


@pytest.mark.parametrize(
    ("silent", "expected"),
    [
        (0, "active"),
        (39, "active"),
        (40, "slowing"),
        (59, "slowing"),
        (60, "at_risk"),
        (99, "at_risk"),
        (100, "dormant"),
        (5000, "dormant"),
    ],
)
def test_a_one_time_buyer_is_held_against_the_company_s_second_purchases(
    compiled: Compile, silent: int, expected: str
) -> None:
    assert status(compiled, silent) == expected


def test_the_same_silence_is_usual_for_one_and_long_for_another(compiled: Compile) -> None:
    weekly = {"days": 53, "first": 52 * 7, "gap": 7}
    quarterly = {"days": 9, "first": 8 * 90, "gap": 90}

    assert [status(compiled, silent, **weekly) for silent in (7, 12, 16, 30)] == [
        "active",
        "slowing",
        "at_risk",
        "dormant",
    ]
    assert status(compiled, 30, **quarterly) == status(compiled, 90, **quarterly) == "active"
    assert status(compiled, 400, **quarterly) == "dormant"


def test_with_many_pauses_dormancy_comes_to_three_of_them(compiled: Compile) -> None:
    often = {"days": 1001, "first": 10_000, "gap": 10}

    assert status(compiled, 30, **often) == "at_risk"
    assert status(compiled, 31, **often) == "dormant"


def test_several_orders_of_one_day_are_no_rhythm(compiled: Compile) -> None:
    assert status(compiled, 39, days=1) == "active"


def test_who_comes_back_from_dormancy_is_won_back_until_silent_again(compiled: Compile) -> None:
    back = {"days": 2, "first": 101, "gap": 101}

    assert status(compiled, 0, **back) == "won_back"
    assert status(compiled, 60, **back) == "won_back"
    assert status(compiled, 400, **back) == "dormant"


def test_who_comes_on_the_day_of_becoming_dormant_never_was(compiled: Compile) -> None:
    assert status(compiled, 0, days=2, first=100, gap=100) == "active"


def test_the_next_order_makes_who_was_won_back_active(compiled: Compile) -> None:
    assert status(compiled, 0, days=3, first=120, gap=19) == "active"


SUBSCRIBER = {
    "contract_state": "active",
    "days_to_renewal": 200,
    "auto_renew_share": 1.0,
    "contract_term_months": 12,
    "ended_subscriptions_90d": 0,
    "started_subscriptions_90d": 0,
    "contract_pause_90d": None,
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "active"),
        ({"contract_state": None}, None),
        ({"contract_state": "ended"}, "dormant"),
        ({"contract_state": "trial_ended"}, "dormant"),
        ({"contract_state": "trial"}, "active"),
        ({"contract_state": "paused", "days_to_renewal": None}, "paused"),
        ({"contract_state": "pause_overdue"}, "paused"),
        ({"contract_state": "past_due", "days_to_renewal": 3, "auto_renew_share": 0.0}, "past_due"),
        ({"days_to_renewal": 30, "auto_renew_share": 0.0}, "at_risk"),
        ({"days_to_renewal": 31, "auto_renew_share": 0.0}, "active"),
        ({"days_to_renewal": 30}, "active"),
        ({"days_to_renewal": 30, "auto_renew_share": None}, "at_risk"),
        (
            {"days_to_renewal": 30, "auto_renew_share": None, "contract_term_months": 1},
            "active",
        ),
        ({"days_to_renewal": None, "auto_renew_share": None}, "active"),
        ({"ended_subscriptions_90d": 2, "started_subscriptions_90d": 1}, "slowing"),
        ({"ended_subscriptions_90d": 1, "started_subscriptions_90d": 1}, "active"),
        ({"contract_pause_90d": 14}, "won_back"),
    ],
)
def test_a_subscriber_s_status_hangs_on_renewal_and_not_on_orders(
    compiled: Compile, changed: dict[str, object], expected: str | None
) -> None:
    columns = SUBSCRIBER | changed
    assert value(compiled(STATUS, "contractual"), **columns) == expected


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("active", "active"),
        (" Active ", "active"),
        ("wc-active", "active"),
        ("PAST DUE", "past_due"),
        ("past-due", "past_due"),
        ("In Trial", "trialing"),
        ("canceled", "cancelled"),
        ("EXPIRED", "cancelled"),
        ("on-hold", "paused"),
        ("incomplete_expired", "incomplete_expired"),
        ("gekündigt", "cancelled"),
        ("", None),
        (None, None),
        # Kept, so that the row can be rejected and the word be seen.
        ("zebra", "zebra"),
    ],
)
def test_a_status_is_read_without_regard_to_case_and_punctuation(
    compiled: Compile, word: str | None, status: str | None
) -> None:
    assert value(compiled(WORD), word=word) == status


def test_each_word_of_a_status_is_that_of_one_status(compiled: Compile) -> None:
    words = json.loads(compiled("{{ tojson(contract_statuses()) }}"))
    every = [word for status, others in words.items() for word in (status, *others)]
    assert len(every) == len(set(every))
    assert {word for word in every if word != word.lower() or " " in word} == set()


def curve(
    query: str, events: list[int], censored: list[int]
) -> dict[int, tuple[float, float | None]]:
    """Survival and its log-log standard error by day."""
    with duckdb.connect() as con:
        con.execute(
            """
            create table counts as
            select 'one' as arm, day as days, count_if(happened) as events,
                   count_if(not happened) as censored
            from (
                select unnest($events) as day, true as happened
                union all
                select unnest($censored), false
            )
            group by day
            """,
            {"events": events, "censored": censored},
        )
        rows = con.execute(f"select days, survival, log_log_error from ({query})").fetchall()
    return {day: (float(survival), error) for day, survival, error in rows}


def interval(survival: float, error: float) -> tuple[float, float]:
    return survival ** np.exp(1.959964 * error), survival ** np.exp(-1.959964 * error)


def test_the_curve_of_the_leukaemia_trial_is_as_published(compiled: Compile) -> None:
    """Remission under 6-MP (Freireich et al. 1963; Stata's `sts list` gives the intervals)."""
    remission = curve(
        compiled(CURVES),
        [6, 6, 6, 7, 10, 13, 16, 22, 23],
        [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
    )
    published = {
        6: (0.8571, 0.6197, 0.9516),
        7: (0.8067, 0.5631, 0.9228),
        10: (0.7529, 0.5032, 0.8894),
        13: (0.6902, 0.4316, 0.8491),
        16: (0.6275, 0.3675, 0.8049),
        22: (0.5378, 0.2678, 0.7468),
        23: (0.4482, 0.1881, 0.6801),
        35: (0.4482, 0.1881, 0.6801),
    }
    for day, expected in published.items():
        survival, error = remission[day]
        assert error is not None
        assert (survival, *interval(survival, error)) == pytest.approx(expected, abs=6e-5)


def test_the_curve_agrees_with_scipy_on_any_sample(compiled: Compile) -> None:
    rng = np.random.default_rng(7)
    for size in (3, 40, 900):
        events, censored = (rng.geometric(0.03, size).tolist() for _ in range(2))
        ours = curve(compiled(CURVES), events, censored)
        theirs = stats.ecdf(stats.CensoredData(uncensored=events, right=censored)).sf
        assert [ours[day][0] for day in sorted(ours)] == pytest.approx(
            theirs.probabilities, abs=1e-9
        )
        bounds = theirs.confidence_interval(method="log-log")
        for day, low, high in zip(
            sorted(ours), bounds.low.probabilities, bounds.high.probabilities, strict=True
        ):
            survival, error = ours[day]
            if error is not None and survival > 0:
                assert interval(survival, error) == pytest.approx((low, high), abs=1e-6)


def test_a_curve_that_begins_with_nothing_or_ends_with_nobody_has_no_interval_there(
    compiled: Compile,
) -> None:
    ended = curve(compiled(CURVES), [2, 3], [1])

    assert ended[1] == (1.0, None)
    assert ended[2][0] == 0.5
    assert ended[3][0] == 0.0


@pytest.mark.parametrize("days", range(0, 200, 7))
def test_a_customer_is_reachable_up_to_the_own_limit(compiled: Compile, days: int) -> None:
    day = date(2026, 6, 30)
    columns = {
        "days_since_last_order": days,
        "days_since_first_order": days + 150,
        "purchase_days_lifetime": 6,
        "last_gap_days": 30,
    }
    status = value(compiled(STATUS), **columns)
    limit = value(compiled(LIMIT), snapshot_date=day, **columns)
    assert isinstance(limit, date)
    assert value(compiled(REACHABLE), status=status) == (day < limit)
    assert limit - (day - timedelta(days=days)) == timedelta(days=59)


def test_a_contract_is_reachable_until_it_has_ended(compiled: Compile) -> None:
    reachable = compiled(REACHABLE, "contractual")
    states = ("active", "past_due", "paused", "at_risk", "dormant")
    assert [value(reachable, status=state) for state in states] == [True, True, True, True, False]
    assert value(compiled(LIMIT, "contractual"), snapshot_date=date(2026, 6, 30)) is None
