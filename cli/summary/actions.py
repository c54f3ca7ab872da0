"""Actions of a published day: the decided list, and what earlier actions brought."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
from rich.markup import escape
from rich.table import Table

SHOWN_ACTIONS = 10


@dataclass(frozen=True)
class Account:
    """Results of the actions of matured campaign periods, compared with their controls.

    Customers and money have the bounds of their 95 % intervals, in the order value, low, high.
    """

    treated: int
    control: int
    kept: tuple[float, float, float]
    net_value: tuple[float, float, float]


@dataclass(frozen=True)
class DayActions:
    """The decisions of a day.

    Attributes:
        treated: customers who get an action.
        control: customers for whom an action was chosen and withheld at random.
        expected_kept: sum of the expected uplifts of the treated.
        expected_net_value: sum over the treated, in the deployment's currency.
        expected_cost: sum over the treated, in the deployment's currency.
        beyond_reach: share of the eligible customers' value at risk that belongs to customers who
            are lost anyway; None if no value is at risk.
        list: customer_id, action_id, expected net value, expected uplift and the sentences on why,
            of the treated in descending net value.
    """

    treated: int
    control: int
    expected_kept: float
    expected_net_value: float
    expected_cost: float
    beyond_reach: float | None
    list: list[tuple[str, str, float, float, str]]


def read_day_actions(con: duckdb.DuckDBPyConnection, is_of_day: str) -> DayActions | None:
    """Read the decisions of a day; None if the day was not decided.

    Args:
        con: the published file.
        is_of_day: SQL condition on snapshot_date.
    """
    excluded = con.execute(
        f"""
        select
            count(*),
            coalesce(sum(value_at_risk) filter (reason = 'lost_anyway'), 0)::double,
            (
                select coalesce(sum(value_at_risk), 0)::double from activation.customer_risk_daily
                where {is_of_day}
            )
        from activation.action_exclusions_daily
        where {is_of_day}
        """
    ).fetchone()
    decided = con.execute(
        f"""
        select
            count(*) filter (arm = 'treatment'),
            count(*) filter (arm = 'control'),
            coalesce(sum(expected_uplift) filter (arm = 'treatment'), 0),
            coalesce(sum(expected_net_value) filter (arm = 'treatment'), 0)::double,
            coalesce(sum(expected_cost) filter (arm = 'treatment'), 0)::double
        from activation.customer_actions_daily
        where {is_of_day}
        """
    ).fetchone()
    if excluded is None or decided is None or excluded[0] + decided[0] == 0:
        return None
    _, lost_value, value_at_risk = excluded
    treated, control, kept, value, cost = decided
    listed = con.execute(
        f"""
        select
            customer_id,
            action_id,
            expected_net_value::double,
            expected_uplift,
            coalesce(why, '')
        from activation.customer_actions_daily
        where {is_of_day} and arm = 'treatment'
        order by expected_net_value desc, customer_id
        limit {SHOWN_ACTIONS}
        """
    ).fetchall()
    beyond_reach = lost_value / value_at_risk if value_at_risk > 0 else None
    return DayActions(treated, control, kept, value, cost, beyond_reach, listed)


def read_account(con: duckdb.DuckDBPyConnection) -> Account | None:
    """Read the account of all actions and periods; None before a period has matured."""
    row = con.execute(
        """
        select
            treated,
            control,
            customers_kept,
            customers_kept_low,
            customers_kept_high,
            net_value::double,
            net_value_low::double,
            net_value_high::double
        from feedback.retention_account
        where action_id = 'all' and period_start is null
        """
    ).fetchone()
    if row is None or None in row:
        return None
    return Account(row[0], row[1], (row[2], row[3], row[4]), (row[5], row[6], row[7]))


def actions_sentence(actions: DayActions, currency: str) -> str:
    """The day's decisions as a sentence without its subject."""
    return (
        f"{actions.treated:,} customers get an action and {actions.control:,} are its control;"
        f" expected to keep {actions.expected_kept:.1f} of them, net value"
        f" {actions.expected_net_value:,.0f} {currency} after {actions.expected_cost:,.0f} of cost"
    )


def account_sentence(account: Account, currency: str) -> str:
    """The account as a sentence without its subject."""
    kept, kept_low, kept_high = account.kept
    value, low, high = account.net_value
    return (
        f"{kept:,.0f} customers kept by actions so far (95 % interval {kept_low:,.0f} to"
        f" {kept_high:,.0f}), net value {value:,.0f} {currency} ({low:,.0f} to {high:,.0f}):"
        f" {account.treated:,} treated compared with {account.control:,} in control"
    )


def actions_table(actions: DayActions, currency: str) -> Table:
    """The customers of the day's list with the highest expected net value."""
    table = Table(title="Customers to act on, by expected net value", title_justify="left")
    table.add_column("customer", no_wrap=True)
    table.add_column("action", no_wrap=True)
    table.add_column(f"net value, {currency}", justify="right")
    table.add_column("uplift", justify="right")
    table.add_column("why")
    for customer_id, action_id, value, uplift, why in actions.list:
        table.add_row(customer_id, action_id, f"{value:,.2f}", f"{uplift:.1%}", escape(why))
    return table
