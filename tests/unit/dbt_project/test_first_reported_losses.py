"""Losses of a closed month: first reported as a run at the end of the month counts them.

The models are compiled by dbt and run on planted order days, of which some became known late, were
voided, or passed to another customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from tests.unit.dbt_project.conftest import ParsedProject

ELIGIBLE_DAYS = 100
LAST = date(2026, 6, 30)
MONTH_ENDS = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), LAST]

# 1,200 orders of 400 customers from October to June. Of ten, two are delivered up to 90 days late,
# one is voided within 120 days, and one passes from one customer to another within 150 days.
ORDERS = """
create table intermediate.int_order_days as
with numbers as (
    select
        no,
        1 + hash(no) % 400 as customer_no,
        date '2025-10-01' + cast(hash(no, 'day') % 272 as integer) as activity_date,
        hash(no, 'kind') % 10 as kind,
        cast(hash(no, 'delay') % 90 as integer) as delay
    from range(1200) as numbers (no)
),

known as (
    select
        customer_no,
        activity_date,
        activity_date + case when kind < 2 then delay else 0 end as counts_from,
        case
            when kind = 2 then activity_date + 1 + delay
            when kind = 3 then activity_date + 30 + delay
            else date '9999-12-31'
        end as counts_to,
        kind
    from numbers
),

passed as (
    select
        1 + (customer_no * 7) % 400 as customer_no,
        activity_date,
        counts_to as counts_from,
        date '9999-12-31' as counts_to
    from known
    where kind = 3
)

select customer_no, activity_date, 1 as orders, 10.0 as net_amount,
    null::decimal(18, 2) as margin_amount, counts_from, counts_to, true as shares_day
from (select * exclude (kind) from known union all from passed)
"""

LOSSES = """
select date_trunc('month', lost_on)::date as month,
    case when purchase_no = 1 then 'first_purchase' when purchase_no < 5 then 'repeat'
        else 'loyal' end as stage,
    count(*) as lost
from intermediate.int_customer_purchases
where lost_on is not null and last_day(lost_on) <= $as_of
group by all
order by all
"""

Rows = list[tuple[object, ...]]


class Company:
    """The planted orders, and the compiled models."""

    def __init__(self, con: duckdb.DuckDBPyConnection, project: ParsedProject) -> None:
        self.con = con
        self._purchases, self._first_reported = (
            project.query(
                f"select * from {{{{ ref('{model}') }}}}"
                if is_ephemeral
                else project.manifest.nodes[f"model.holdfast.{model}"].raw_code,
                churn_kind="non_contractual",
                eligible_days=ELIGIBLE_DAYS,
            )
            for model, is_ephemeral in (
                ("int_customer_purchases", False),
                ("int_first_reported_losses", True),
            )
        )

    def run(self, as_of: date) -> None:
        self.con.execute(
            f"""
            create or replace table ops.snapshot_dates as select date '{as_of}' as snapshot_date;
            create or replace table intermediate.int_customer_purchases as {self._purchases}
            """
        )

    def losses(self, as_of: date) -> Rows:
        return self.con.execute(LOSSES, {"as_of": as_of}).fetchall()

    def first_reported(self) -> Rows:
        return self.con.execute(
            f"select month, stage, lost from ({self._first_reported}) order by all"
        ).fetchall()


@pytest.fixture
def company(project: ParsedProject) -> Iterator[Company]:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse; use warehouse")
        con.execute("create schema intermediate; create schema ops")
        con.execute(ORDERS)
        yield Company(con, project)


def test_first_reported_losses_are_those_of_a_run_at_the_end_of_the_month(company: Company) -> None:
    reported: Rows = []
    for month_end in MONTH_ENDS:
        company.run(month_end)
        reported += [row for row in company.losses(month_end) if row[0] == month_end.replace(day=1)]

    later = company.first_reported()

    assert [row for row in later if row[0] != date(2026, 1, 1)] == sorted(reported)
    # What was learned late has changed a closed month.
    assert company.losses(LAST) != later


def test_where_nothing_is_learned_late_a_closed_month_stays(company: Company) -> None:
    company.con.execute(
        """
        delete from intermediate.int_order_days
        where counts_from > activity_date or counts_to < date '9999-12-31'
        """
    )
    company.run(LAST)

    assert company.first_reported() == company.losses(LAST)
    assert len(company.first_reported()) > 5
