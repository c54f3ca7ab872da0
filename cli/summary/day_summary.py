"""Summary of a published day, read from the published file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from cli.summary.actions import Account, DayActions, read_account, read_day_actions
from cli.summary.attrition import StageAttrition, read_highest_attrition
from cli.summary.outlook import Outlook, read_outlook
from deployment.errors import HoldfastError
from warehouse.quoting import literal

TOP_CUSTOMERS = 10


class SummaryError(HoldfastError):
    """The published file lacks a table or column of the summary; the text says what to do."""


@dataclass(frozen=True)
class DaySummary:
    """The figures of a published day.

    Attributes:
        day: the day.
        deliveries: source, rows delivered and rows rejected up to the day.
        stale: source, reason and latest delivery of each source that did not deliver for the day.
        inferred: source, table, customers that no customer table of the source delivered, and all
            customers whom the table names, of each table with such customers.
        contracts: customers by the states of their contracts that are neither active nor ended.
        customers: all customers, without those whose records were all deleted.
        eligible: customers with a score.
        high_risk: customers in the tier `high`.
        value_at_risk: sum over the eligible customers.
        model_version: the version that scored the day.
        riskiest: customer_id, churn probability, value at risk and reasons of customers who can
            still be reached, in descending value.
        attrition: the lifecycle stage with the highest attrition rate.
        warned: customers on the day's list of warnings.
        newly_warned: those whose week on the list begins on the day.
        alarms: company alarms of the day, as sentences.
        unknown_amounts: source, orders without an exchange rate, and their number by currency.
        outlook: the expected churn rate; None if no customer is eligible.
        long_gone: eligible customers with the status dormant, and their value at risk.
        suspect_refunds: source, and refunds beyond their order or of an order not delivered.
        actions: the decisions of the day; None if the day was not decided.
        account: what earlier actions brought; None before a campaign period has matured.
    """

    day: date
    deliveries: list[tuple[str, int, int]]
    stale: list[tuple[str, str, date | None]]
    inferred: list[tuple[str, str, int, int]]
    contracts: list[tuple[str, int]]
    customers: int
    eligible: int
    high_risk: int
    value_at_risk: float
    model_version: str | None
    riskiest: list[tuple[str, float, float, str]]
    attrition: StageAttrition | None
    warned: int
    newly_warned: int
    alarms: list[str]
    unknown_amounts: list[tuple[str, int, str]] = field(default_factory=list)
    suspect_refunds: list[tuple[str, int]] = field(default_factory=list)
    outlook: Outlook | None = None
    long_gone: tuple[int, float] = (0, 0.0)
    actions: DayActions | None = None
    account: Account | None = None


def read_summary(published: Path, day: date | None = None) -> DaySummary | None:
    """Read a day, by default the latest; None if the file or the day was not published.

    Raises:
        SummaryError: another version of Holdfast published the file.
    """
    if not published.exists():
        return None
    with duckdb.connect(str(published), read_only=True) as con:
        try:
            return _read(con, day)
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise SummaryError(
                f"{published} was published by another version of Holdfast: the next run replaces"
                " it (holdfast run)"
            ) from error


def _read(con: duckdb.DuckDBPyConnection, day: date | None) -> DaySummary | None:
    latest = con.execute("select max(snapshot_date) from ops.data_quality_daily").fetchone()
    day = day or (latest[0] if latest else None)
    if day is None:
        return None
    # A bound parameter makes DuckDB import pandas, which takes longer than all these queries.
    is_of_day = f"snapshot_date = date {literal(day.isoformat())}"
    totals = con.execute(
        f"""
        select
            (select count(*) from marts.dim_customers where deleted_on is null),
            count(*),
            count(*) filter (risk_tier = 'high'),
            coalesce(sum(value_at_risk), 0)::double,
            max(model_version)
        from activation.customer_risk_daily
        where {is_of_day}
        """
    ).fetchone()
    if totals is None:
        return None
    deliveries = con.execute(
        f"""
        select source, sum(delivered)::bigint, sum(rejected)::bigint
        from ops.data_quality_daily
        where {is_of_day}
        group by source
        order by source
        """
    ).fetchall()
    stale = con.execute(
        f"""
        select source, any_value(stale_reason), max(last_delivered_on)
        from ops.data_quality_daily
        where {is_of_day} and is_stale
        group by source
        order by source
        """
    ).fetchall()
    inferred = con.execute(
        f"""
        select source, table_name, inferred_customers, named_customers
        from ops.data_quality_daily
        where {is_of_day} and inferred_customers > 0
        order by source, table_name
        """
    ).fetchall()
    contracts = con.execute(
        f"""
        select contract_state, count(*)
        from activation.customer_segments_daily
        where {is_of_day} and contract_state not in ('active', 'ended', 'trial_ended')
        group by contract_state
        order by contract_state
        """
    ).fetchall()
    riskiest = con.execute(
        f"""
        select
            customer_id,
            churn_probability,
            coalesce(value_at_risk, 0)::double,
            concat_ws('; ', reason_1, reason_2, reason_3)
        from activation.customer_risk_daily as risks
        left join activation.customer_segments_daily as segments using (customer_id, snapshot_date)
        where {is_of_day}
        order by
            coalesce(segments.is_reachable, false) desc, risks.risk_tier = 'high' desc,
            value_at_risk desc nulls last, customer_id
        limit {TOP_CUSTOMERS}
        """
    ).fetchall()
    long_gone = con.execute(
        f"""
        select count(*), coalesce(sum(value_at_risk), 0)::double
        from activation.customer_risk_daily
        inner join activation.customer_segments_daily using (customer_id, snapshot_date)
        where {is_of_day} and lifecycle_status = 'dormant'
        """
    ).fetchone() or (0, 0.0)
    warned, newly_warned = con.execute(
        f"""
        select
            count(distinct customer_id),
            count(distinct customer_id) filter (listed_on = snapshot_date)
        from activation.customer_warnings_daily
        where {is_of_day} and is_shown
        """
    ).fetchone() or (0, 0)
    alarms = con.execute(
        f"""
        select evidence from activation.company_alarms_daily
        where {is_of_day} and is_bad
        order by metric, segment
        """
    ).fetchall()
    unknown_amounts = con.execute(
        f"""
        select source, sum(unknown_amounts)::bigint, string_agg(unknown_currencies, ', ')
        from ops.data_quality_daily
        where {is_of_day} and unknown_amounts > 0
        group by source
        order by source
        """
    ).fetchall()
    suspect_refunds = con.execute(
        f"""
        select source, sum(suspect_refunds)::bigint
        from ops.data_quality_daily
        where {is_of_day} and suspect_refunds > 0
        group by source
        order by source
        """
    ).fetchall()
    attrition = read_highest_attrition(con)
    customers, eligible, high_risk, value_at_risk, version = totals
    return DaySummary(
        day,
        deliveries,
        stale,
        inferred,
        contracts,
        customers,
        eligible,
        high_risk,
        value_at_risk,
        version,
        riskiest,
        attrition,
        warned,
        newly_warned,
        [evidence for (evidence,) in alarms],
        unknown_amounts,
        suspect_refunds,
        read_outlook(con, is_of_day),
        long_gone,
        read_day_actions(con, is_of_day),
        read_account(con),
    )
