"""Signals of the early warnings, compiled by dbt and run on planted customers.

A hundred customers of one company: those named below, and others who only ever do the usual.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from scipy import stats

from tests.unit.dbt_project.conftest import ParsedProject

DAY = "2026-06-30"
TAILS = """
select
    {{ negative_binomial(0, '3', '9.5', '4.2') }},
    {{ beta_binomial_tail('6', '9', '2.5', '3.5') }},
    {{ normal_tail('2.3') }},
    {{ normal_tail('-0.7') }},
    {{ normal_tail(f_tail_z('6.0', '5.0', '20.0')) }},
    {{ normal_tail(chi_squared_z('25.0', '9')) }}
"""


def weights(ages: list[int], latest: int, history: int) -> tuple[int, int]:
    """Counts as feat_purchases and feat_behaviour pack them: by window and by week."""
    windows = weeks = 0
    for age in ages:
        if age < history:
            windows += 1 << (0 if age < latest else 20 if age < 84 else 40)
        if age < 84:
            weeks += 1 << (10 * (age // 7))
    return windows, weeks


def days(per_week: int, first: int, last: int) -> list[int]:
    """Ages of days, so many in each week from `first` to `last` days ago."""
    return [age for age in range(first, last) if age % 7 < per_week]


# Active days by age. The decline that is planted: five days a week, then none, or ever fewer.
ACTIVE = {
    "usual": days(4, 0, 252),
    "gone": days(5, 28, 252),
    "sliding": days(5, 84, 252) + days(2, 14, 84) + days(3, 0, 14),
    "new": days(5, 30, 50),
}
# Categories of the last 90 days and of all 365: the same mix, or another.
MIXES = {"usual": ([3, 3], [12, 12]), "shifted": ([0, 9], [14, 10])}


@pytest.fixture(scope="module")
def tails(project: ParsedProject) -> tuple[float, ...]:
    with duckdb.connect() as con:
        row = con.execute(project.query(TAILS)).fetchone()
    assert row is not None
    return row


def test_the_tails_are_those_of_scipy(tails: tuple[float, ...]) -> None:
    counted, abandoned, far, near, f, chi_squared = tails
    assert counted == pytest.approx(stats.nbinom.cdf(3, 4.2, 4.2 / (4.2 + 9.5)), rel=1e-9)
    assert abandoned == pytest.approx(stats.betabinom.sf(5, 9, 2.5, 3.5), rel=1e-9)
    assert far == pytest.approx(stats.norm.sf(2.3), rel=1e-4)
    assert near == pytest.approx(stats.norm.sf(-0.7), rel=1e-6)
    assert f == pytest.approx(stats.f.sf(6.0, 5, 20), rel=0.1)
    assert chi_squared == pytest.approx(stats.chi2.sf(25.0, 9), rel=0.1)


@pytest.fixture(scope="module")
def signals(
    project: ParsedProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The signals of the planted company, in a warehouse of the compiled model's name."""
    compiled = project.compiled("--select", "fct_warning_signals", first_date="2024-01-01")
    query = compiled["fct_warning_signals"]
    warehouse = tmp_path_factory.mktemp("signals") / project.warehouse.name
    with duckdb.connect(str(warehouse)) as con:
        plant(con)
        con.execute(f"create table signals as {query}")
        yield con


def plant(con: duckdb.DuckDBPyConnection) -> None:
    """The inputs of fct_warning_signals; what no customer has is null."""
    con.execute("create schema ops; create schema intermediate; create schema features")
    con.execute(
        f"create table ops.run_dates as select date '{DAY}' as snapshot_date, 'daily' as purpose"
    )
    names = ["gone", "sliding", "new", "shifted", "late", "returns", "left_behind", "angry"]
    names += ["unpaid"]
    names += [f"usual_{number}" for number in range(100 - len(names))]
    people = list(enumerate(names))
    con.execute(
        """
        create table intermediate.int_identity_history
        (record_no int, own_customer_id text, is_first_stretch bool)
        """
    )
    con.executemany("insert into intermediate.int_identity_history values (?, ?, true)", people)
    con.execute(
        f"""
        create table features.feat_customer_snapshots as
        select
            own_customer_id as customer_id, date '{DAY}' as snapshot_date, true as is_eligible,
            700 as tenure_days, 20 as purchase_days_lifetime, 20 as orders_lifetime,
            case own_customer_id when 'late' then 90 else 5 + record_no % 20 end
                as days_since_last_order,
            600 as days_since_first_order, 30.0::float as mean_gap_days,
            10.0::float as gap_days_stddev, 3 as orders_90d, 12 as orders_365d,
            case own_customer_id when 'returns' then 3 else 0 end as refunds_90d,
            case own_customer_id when 'returns' then 3 when 'usual_1' then 1 else 0 end
                as refunds_365d,
            null::int as tickets_30d, null::int as tickets_365d,
            null::int as days_since_last_ticket, null::float as last_csat,
            null::float as csat_365d, null::int as ratings_365d, null::int as bad_ratings_365d,
            null::float as last_rating,
            case own_customer_id when 'angry' then 4 when 'usual_2' then 1 end
                as negative_texts_90d,
            case own_customer_id when 'angry' then 3 when 'usual_2' then 80 end
                as days_since_negative_text,
            8 as cart_adds_30d, 24 as cart_adds_90d,
            case own_customer_id when 'left_behind' then 0 else 6 end as checkouts_30d,
            case own_customer_id when 'left_behind' then 12 else 18 end as checkouts_90d,
            case own_customer_id when 'unpaid' then 'past_due' else 'active' end
                as lifecycle_status
        from intermediate.int_identity_history
        """
    )
    con.execute(
        """
        create table features.feat_purchases (
            customer_no int, snapshot_date date, category_counters_365d hugeint,
            category_counters_90d hugeint, order_windows bigint, order_weeks hugeint
        );
        create table features.feat_behaviour (
            customer_no int, snapshot_date date, unsubscribes_90d int,
            days_since_first_activity int, active_windows bigint, email_windows bigint,
            feature_windows bigint, failure_windows bigint, active_weeks hugeint
        );
        create table features.feat_category_demand (
            customer_no int, snapshot_date date, overdue_category_number int,
            overdue_purchase_days int, overdue_days_since_last int, overdue_gap_days double
        )
        """
    )
    orders = weights(list(range(10, 364, 30)), 56, 364)
    for number, name in people:
        recent, year = MIXES.get(name, MIXES["usual"])
        mixes = [sum(n << (10 * place) for place, n in enumerate(mix)) for mix in (year, recent)]
        active = weights(ACTIVE.get(name, ACTIVE["usual"]), 28, 252)
        first_active = 49 if name == "new" else 364
        con.execute(
            "insert into features.feat_purchases values (?, ?, ?, ?, ?, ?)",
            [number, DAY, *mixes, *orders],
        )
        con.execute(
            "insert into features.feat_behaviour values (?, ?, 0, ?, ?, 0, 0, 0, ?)",
            [number, DAY, first_active, *active],
        )
        con.execute(
            "insert into features.feat_category_demand values (?, ?, 7, 9, ?, 10)",
            [number, DAY, 90 if name == "shifted" else 12],
        )


def deviations(
    con: duckdb.DuckDBPyConnection, name: str
) -> dict[str, tuple[float, float, float, int]]:
    """Signals of a customer: observed, expected, p-value and period by signal."""
    rows = con.execute(
        """
        select signal, observed, expected, p_value, period_days from signals
        where customer_id = ?
        """,
        [name],
    ).fetchall()
    return {signal: tuple(numbers) for signal, *numbers in rows}


def test_usual_customers_have_no_signal(signals: duckdb.DuckDBPyConnection) -> None:
    [(warned,)] = signals.execute(
        "select count(*) from signals where customer_id like 'usual%'"
    ).fetchall()
    assert warned == 0


def test_a_customer_who_stopped_has_a_signal_with_the_own_history_as_expectation(
    signals: duckdb.DuckDBPyConnection,
) -> None:
    observed, expected, p_value, period = deviations(signals, "gone")["visits_falling"]
    assert (observed, period) == (0, 28)
    assert 16 < expected < 20  # five days a week, shrunk towards the company's four
    assert p_value < 1e-6


def test_a_slow_decline_is_found_over_twelve_weeks(
    signals: duckdb.DuckDBPyConnection,
) -> None:
    found = deviations(signals, "sliding")
    observed, expected, p_value, period = found["visits_sliding"]
    assert "visits_falling" not in found
    assert period == 84
    assert observed == 26 < expected / 2
    assert p_value < 0.001


def test_a_new_customer_has_no_history_to_fall_from(signals: duckdb.DuckDBPyConnection) -> None:
    assert deviations(signals, "new") == {}


def test_a_pause_is_judged_by_the_own_pauses(signals: duckdb.DuckDBPyConnection) -> None:
    observed, expected, p_value, _ = deviations(signals, "late")["order_overdue"]
    assert (observed, expected) == (90, 30)
    assert p_value < 0.001


def test_another_mix_of_categories_and_an_overdue_category_are_signals(
    signals: duckdb.DuckDBPyConnection,
) -> None:
    found = deviations(signals, "shifted")
    distance, by_chance, p_value, _ = found["category_shift"]
    assert 0 < by_chance < distance < 1
    assert p_value < 0.01
    assert found["category_overdue"][:2] == (90, 10)
    assert found["category_overdue"][2] == pytest.approx((1 + 90 / 80) ** -8, abs=1e-9)


def test_returns_and_carts_beyond_the_usual_are_signals(
    signals: duckdb.DuckDBPyConnection,
) -> None:
    assert deviations(signals, "returns")["returns_rising"][0] == 3
    assert deviations(signals, "left_behind")["cart_abandoned"][0] == 8


def test_recent_negative_texts_are_compared_with_those_of_other_writers(
    signals: duckdb.DuckDBPyConnection,
) -> None:
    rows = signals.execute(
        "select customer_id, observed, expected, p_value from signals"
        " where signal = 'negative_texts'"
    ).fetchall()
    assert rows == [("angry", 4, 2.5, 0.5)]


def test_an_overdue_payment_is_a_signal_by_its_share_of_the_customers(
    signals: duckdb.DuckDBPyConnection,
) -> None:
    assert deviations(signals, "unpaid") == {"payment_overdue": (1, 0.01, 0.01, None)}


def test_a_source_without_rows_raises_no_signal(signals: duckdb.DuckDBPyConnection) -> None:
    kinds = {signal for (signal,) in signals.execute("select signal from signals").fetchall()}
    assert kinds.isdisjoint({"complaints_rising", "low_csat", "bad_ratings", "unsubscribed"})
