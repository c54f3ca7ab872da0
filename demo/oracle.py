"""Planted effects of any decision: both potential outcomes, also of touches that nobody sent."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from demo.decisions import load_decisions
from demo.sql_files import batches, run_files, set_company

_FOR_ALL = ("random", "calendar", "words")
_FOR_A_BATCH = ("people", "episodes", "departures", "baseline_orders", "potential_outcomes")


def potential_outcomes(
    decisions: pa.Table,
    *,
    people: int,
    seed: int,
    first_date: date,
    last_date: date,
    christmas: bool = False,
) -> pa.Table:
    """Return the outcomes of each decision with and without its action.

    The people are those that `demo.generate` makes with the same arguments. The outcomes are a
    function of these arguments and the decision alone, so no choice of decisions changes another.

    Args:
        decisions: columns `person_id` (bigint), `sent_on` (date) and `action_id` (string).
        people: the number of people of the generation.
        seed: its seed.
        first_date: the first day of its history.
        last_date: the last one.
        christmas: whether it has strong Christmas seasons.

    Returns:
        One row a distinct decision, ordered by it: `person_id`, `sent_on`, `action_id`, `cause` (of
        the person's dissatisfaction, or null), `answers_cause`, `is_coupon_hunter`, `is_lost` (no
        action keeps the person), `would_order_untreated`, `would_order_treated` (an order in the 90
        days after `sent_on`), `redeems` (a voucher, if it is sent), `keep_probability` and
        `drive_probability` (of both effects over their draws, given everything else: the person's
        orders without the action, cause and departure).

    Raises:
        ValueError: a decision is for a person, a day or an action that the company does not have.
    """
    with duckdb.connect() as connection:
        set_company(connection, seed, first_date, last_date, christmas)
        run_files(connection, _FOR_ALL)
        load_decisions(connection, decisions, people)
        for number in batches(connection, people):
            run_files(connection, _FOR_A_BATCH)
            outcomes = "select * from potential_outcomes('decisions')"
            connection.execute(
                f"insert into outcomes {outcomes}"
                if number
                else f"create table outcomes as {outcomes}"
            )
        return connection.execute(
            """
            select
                person_id, getvariable('first_date') + day_no as sent_on, action_id, cause,
                answers_cause, is_coupon_hunter, is_lost, would_order_untreated,
                would_order_treated, redeems, keep_probability, drive_probability
            from outcomes
            order by person_id, sent_on, action_id
            """
        ).to_arrow_table()
