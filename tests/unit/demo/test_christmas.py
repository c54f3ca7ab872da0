"""A company with strong Christmas seasons: more trade and returning people, and nothing else."""

from __future__ import annotations

import duckdb
import pytest

from demo import generate

# Weeks before Christmas, in which the option adds orders.
IN_SEASON = "(month(day) = 11 or month(day) = 12 and day(day) <= 23)"


@pytest.fixture(scope="module")
def orders(company, tmp_path_factory):
    """Tables `plain` and `christmas`: order, person and local day of each company's orders."""
    folder = tmp_path_factory.mktemp("christmas")
    generate(folder / "landing", folder / "truth", people=300, christmas=True)
    with duckdb.connect() as connection:
        for name, landing, truth in (
            ("plain", company.landing, company.truth),
            ("christmas", folder / "landing", folder / "truth"),
        ):
            connection.execute(
                f"""
                create table {name} as
                select distinct
                    order_no, person_id,
                    timezone('Europe/Berlin', timezone('UTC', ordered_at))::date as day
                from '{landing}/shop/orders/*.parquet'
                inner join '{truth}/records.parquet' on account_no = source_record_id
                where length(order_no) <= 11
                """
            )
        yield connection


def daily_ratio(orders, table: str) -> float:
    """Orders a day in the season, relative to all other days of two years."""
    (ratio,) = orders.execute(
        f"""
        select count(*) filter ({IN_SEASON}) / (2 * 53)
            / (count(*) filter (not {IN_SEASON}) / (730 - 2 * 53))
        from {table}
        """
    ).fetchone()
    return ratio


def returned(orders, table: str) -> int:
    """People with an order in a season, more than 180 days after the one before."""
    (people,) = orders.execute(
        f"""
        select count(distinct person_id) from (
            select *, lag(day) over (partition by person_id order by day) as previous from {table}
        )
        where {IN_SEASON} and day - previous > 180
        """
    ).fetchone()
    return people


def test_trade_before_christmas_is_two_to_three_times_that_of_other_weeks(orders):
    assert 2 < daily_ratio(orders, "christmas") < 3
    assert daily_ratio(orders, "plain") < 1.5


def test_people_who_had_stopped_return_for_christmas(orders):
    assert returned(orders, "christmas") > 15
    assert returned(orders, "christmas") > 2 * returned(orders, "plain")


def test_orders_of_other_weeks_are_the_same_but_for_the_effects_of_touches(orders):
    shared, either = orders.execute(
        f"""
        select count(*) filter (plain.day = christmas.day), count(*)
        from (from plain where not {IN_SEASON}) as plain
        full join (from christmas where not {IN_SEASON}) as christmas using (order_no)
        """
    ).fetchone()

    assert shared > 0.98 * either
