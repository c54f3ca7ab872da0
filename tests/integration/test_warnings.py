"""Early warnings of a whole run: sentences that can be checked, and a list of a sensible length."""

from __future__ import annotations

import csv
import re

from tests.integration.deployments import HISTORY, ROOT, Deployment

CATALOGUE = ROOT / "dbt_project" / "seeds" / "warning_catalogue.csv"


def written(value: object, form: str) -> str:
    """A column as a sentence has it."""
    if form == "text":
        return str(value)
    number = float(str(value))
    if form == "%":
        return f"{int(100 * number + 0.5)} %"
    return f"{number:.{form}f}" if form else str(int(number + 0.5))


def test_every_number_of_a_sentence_is_that_of_the_published_columns(first_day: Deployment) -> None:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        sentences = {row["signal"]: row["evidence_en"] for row in csv.DictReader(file)}
    warnings = first_day.query(
        """
        select signal, evidence, observed, expected, period_days, category
        from activation.customer_warnings_daily
        order by hash(customer_id, signal)
        limit 100
        """
    )
    assert len({signal for signal, *_ in warnings}) >= 5
    for signal, evidence, *numbers in warnings:
        known = dict(zip(("observed", "expected", "period_days", "category"), numbers, strict=True))
        told = re.sub(
            r"\{(\w+):?(.*?)\}",
            lambda match, known=known: written(known[match[1]], match[2]),
            sentences[str(signal)],
        )
        assert evidence == told


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
            sum(1 - churn_rate_low) filter (where is_shown),
            count(*) filter (where not is_shown)
        from (
            select
                customer_id,
                any_value(is_shown) as is_shown,
                coalesce(max(churn_rate_low), 0) as churn_rate_low
            from activation.customer_warnings_daily
            group by customer_id
        )
        """
    )
    assert shown > 0
    assert kept > 0
    assert stay <= 10


def test_a_high_warning_meant_twice_the_base_rate_at_least(first_day: Deployment) -> None:
    rates = first_day.query(
        """
        select churn_rate_low / base_rate, customers from activation.warning_calibration
        where severity = 'high'
        """
    )
    assert rates
    assert all(times >= 2 and customers >= 10 for times, customers in rates)
