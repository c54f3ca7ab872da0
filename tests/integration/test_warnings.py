"""Early warnings of a whole run: sentences that can be checked, and a list of a sensible length."""

from __future__ import annotations

from datetime import date, timedelta

from cli.summary.day_summary import read_summary
from tests.integration.deployments import DROPS, HISTORY, Deployment


def test_a_pause_in_a_sentence_is_that_of_the_orders(first_day: Deployment) -> None:
    differing = first_day.query(
        f"""
        select customer_id, any_value(observed), date '{HISTORY}' - max(cast(ordered_at as date))
        from activation.customer_warnings_daily
        inner join marts.fct_orders using (customer_id)
        where
            signal = 'order_overdue'
            and snapshot_date = '{HISTORY}'
            and (status = 'completed' or status = 'open')
        group by customer_id
        having any_value(observed) > date '{HISTORY}' - max(cast(ordered_at as date))
        """
    )
    assert differing == []


def test_the_list_of_the_day_is_within_the_budget_of_false_alarms(first_day: Deployment) -> None:
    [(shown, stay, kept)] = first_day.query(
        """
        select
            count(*) filter (where is_shown),
            sum(1 - departure_probability) filter (where is_shown),
            count(*) filter (where not is_shown)
        from (
            select customer_id, any_value(is_shown) as is_shown,
                any_value(departure_probability) as departure_probability
            from activation.customer_warnings_daily
            group by customer_id
        )
        """
    )
    assert shown > 0
    assert kept > 0
    assert stay <= 10


def test_a_week_on_the_list_begins_on_the_first_day_on_it(day_by_day: Deployment) -> None:
    stays = day_by_day.query(
        """
        select listed_on, min(snapshot_date)
        from activation.customer_warnings_daily
        where is_shown
        group by customer_id, listed_on
        """
    )
    assert all(listed_on == first for listed_on, first in stays)
    assert len({listed_on for listed_on, _ in stays}) > 1


def test_a_severity_is_what_the_signal_meant_among_customers_who_are_alike(
    first_day: Deployment,
) -> None:
    """The company is too small for a high signal; the model's unit test has one."""
    rates = first_day.query(
        """
        select severity, churn_rate_low, base_rate, customers, is_reachable
        from activation.warning_calibration
        """
    )
    assert {reachable for *_, reachable in rates} == {True, False}
    for severity, low, base, customers, _ in rates:
        is_high = customers >= 10 and low >= min(2 * base, 0.9)
        is_medium = customers >= 10 and low >= min(1.5 * base, 0.9)
        assert severity == ("high" if is_high else "medium" if is_medium else "low")


def test_a_warning_is_new_where_the_published_day_before_has_none_of_it(
    day_by_day: Deployment,
) -> None:
    published = day_by_day.query(
        """
        select customer_id, snapshot_date, signal, is_new from activation.customer_warnings_daily
        """
    )
    history = {
        (customer, date.fromisoformat(str(day)), signal) for customer, day, signal, _ in published
    }
    assert len({day for _, day, _ in history}) == DROPS + 1
    for customer, text, signal, is_new in published:
        day = date.fromisoformat(str(text))
        before = (customer, day - timedelta(days=1), signal)
        assert is_new == (None if day == HISTORY else before not in history)
    assert {is_new for *_, is_new in published} == {None, True, False}


def test_the_summary_counts_who_is_warned_of_and_who_is_new_on_the_list(
    day_by_day: Deployment, first_day: Deployment
) -> None:
    summary = read_summary(day_by_day.home.published)
    [(shown, new)] = day_by_day.query(
        """
        select
            count(distinct customer_id),
            count(distinct customer_id) filter (listed_on = snapshot_date)
        from activation.customer_warnings_daily
        where is_shown and snapshot_date = (select as_of_date from ops.publication)
        """
    )
    assert summary is not None
    assert (summary.warned, summary.newly_warned) == (shown, new)
    first = read_summary(first_day.home.published)
    assert first is not None
    assert first.warned == first.newly_warned > 0


def test_the_list_has_customers_who_can_still_be_reached(first_day: Deployment) -> None:
    customers = first_day.query(
        """
        select
            priority, any_value(is_reachable), any_value(is_shown),
            any_value(snapshot_date), any_value(overdue_on), bool_or(signal = 'departing')
        from activation.customer_warnings_daily
        group by customer_id, priority
        order by priority
        """
    )
    reachable = [is_reachable for _, is_reachable, *_ in customers]
    assert set(reachable) == {True, False}
    assert reachable == sorted(reachable, reverse=True)
    assert all((day < limit) == still for _, still, _, day, limit, _ in customers)
    assert all(still and departs for _, still, shown, *_, departs in customers if shown)


def test_the_status_of_a_customer_says_whether_the_customer_can_be_reached(
    first_day: Deployment,
) -> None:
    differing = first_day.query(
        """
        select customer_id from activation.customer_segments_daily
        where is_reachable <> (lifecycle_status in ('active', 'slowing', 'won_back'))
            or is_reachable is null and lifecycle_status is not null
        """
    )
    assert differing == []
