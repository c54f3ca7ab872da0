"""Warnings compared with planted departures or with realised churn, and how long before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from deployment.home import Home
from evaluation.logs import PurchaseLog, config_of, home_of
from evaluation.planted import DEMO, persons
from orchestration.runtime.execution import Runner
from orchestration.runtime.instance import prepare

# Two months whose warnings are compared. The model is trained as of their first day.
FIRST, LAST = date(2026, 4, 1), date(2026, 5, 31)
# A customer is departing up to so many days before the planted day, and after it.
HORIZON_DAYS = 90

_LEAD_TIMES = """
with {persons},

departures as (
    select persons.customer_id, people.churned_on
    from persons
    inner join '{truth}/people.parquet' as people using (person_id)
),

-- Customers who could be shown while they could be reached, from the first day of the period on.
reachable as (
    select segments.customer_id, departures.churned_on, min(segments.snapshot_date) as since
    from activation.customer_segments_daily as segments
    inner join activation.customer_risk_daily using (customer_id, snapshot_date)
    inner join departures using (customer_id)
    where segments.is_reachable and segments.snapshot_date between $first and $last
    group by all
),

listed as (
    select distinct customer_id, snapshot_date, is_reachable, overdue_on
    from activation.customer_warnings_daily
    where is_shown and snapshot_date between $first and $last
),

shown as (
    select
        customer_id,
        min(snapshot_date) as shown_on,
        arg_min(overdue_on - snapshot_date, snapshot_date) as days_to_limit
    from listed
    where is_reachable
    group by customer_id
),

known as (
    select
        reachable.*,
        shown.shown_on,
        shown.days_to_limit,
        coalesce(churned_on between since and $last, false) as departs,
        coalesce(churned_on <= since + $horizon, false) as is_departing
    from reachable
    left join shown using (customer_id)
)

select
    count(*) filter (departs) as departures,
    count(shown_on) filter (departs) as shown_departures,
    count(*) filter (departs and shown_on < churned_on) as shown_before,
    median(churned_on - shown_on) filter (departs and shown_on < churned_on) as median_lead_days,
    count(shown_on) as shown_customers,
    count(shown_on) filter (is_departing) as shown_departing,
    count(*) as customers,
    count(*) filter (is_departing) as departing,
    median(days_to_limit) as median_days_to_limit,
    (select count(*) from listed) / (cast($last as date) - cast($first as date) + 1)
        as shown_a_day,
    (select coalesce(avg(cast(is_reachable as integer)), 0) from listed) as reachable_share
from known
"""


# Customers and days with the outcome of the horizon that begins on the day.
_REALISED = """
with reachable_days as (
    select outcomes.*
    from labels.lbl_churn_outcomes as outcomes
    inner join activation.customer_segments_daily as segments using (customer_id, snapshot_date)
    where segments.is_reachable and outcomes.snapshot_date between $first and $last
),

listed as (
    select distinct customer_id, snapshot_date, is_reachable, overdue_on
    from activation.customer_warnings_daily
    where is_shown and snapshot_date between $first and $last
),

shown as (
    select
        listed.customer_id,
        arg_min(overdue_on - listed.snapshot_date, listed.snapshot_date) as days_to_limit,
        arg_min(churned, listed.snapshot_date) as churned
    from listed
    inner join reachable_days using (customer_id, snapshot_date)
    where listed.is_reachable
    group by listed.customer_id
)

select
    (select count(*) from listed) / (cast($last as date) - cast($first as date) + 1)
        as shown_a_day,
    (select avg(cast(is_reachable as integer)) from listed) as reachable_share,
    count(*) as shown_customers,
    avg(cast(churned as integer)) as precision,
    (select avg(cast(churned as integer)) from reachable_days) as base_rate,
    median(days_to_limit) as median_days_to_limit
from shown
"""


@dataclass(frozen=True)
class RealisedWarnings:
    """Warnings of a period of daily runs, and which of the customers churned within the horizon.

    Attributes:
        shown_a_day: mean number of customers on the day's list.
        reachable_share: share of them who could be reached on the day; None for an empty list.
        shown_customers: customers shown while reachable.
        precision: share of them who churned, from the first day on which they were shown.
        base_rate: the same share of all reachable customers, over the days of the period.
        median_days_to_limit: from the first day on which a customer was shown to the own limit.
    """

    shown_a_day: float
    reachable_share: float | None
    shown_customers: int
    precision: float | None
    base_rate: float
    median_days_to_limit: float | None


@dataclass(frozen=True)
class LeadTimes:
    """Planted departures in a period of daily runs, and the warnings shown in it.

    A customer counts who could be reached on any day of the period: eligible and not overdue by the
    own interval. `departures` are those of the period itself.

    Attributes:
        departures: customers whose planted departure lies in the period.
        shown_departures: of them, shown while reachable; also if the planted day had passed, which
            no data can tell before the own interval has passed.
        shown_before: of them, shown before the planted day.
        median_lead_days: from the first such warning to the planted day, among `shown_before`.
        shown_customers: customers shown while reachable.
        shown_departing: of them, with a planted departure up to 90 days after they could first be
            reached in the period, or before it.
        customers: reachable customers.
        departing: of them, with such a departure.
        median_days_to_limit: from the first day on which a customer was shown to the customer's own
            limit.
        shown_a_day: mean number of customers on the day's list, reachable or not.
        reachable_share: share of them who could be reached on the day.
    """

    departures: int
    shown_departures: int
    shown_before: int
    median_lead_days: float | None
    shown_customers: int
    shown_departing: int
    customers: int
    departing: int
    median_days_to_limit: float | None
    shown_a_day: float
    reachable_share: float

    @property
    def shown_share(self) -> float:
        """Share of the planted departures that were shown while the customer was reachable."""
        return self.shown_departures / self.departures

    @property
    def before_share(self) -> float:
        """Share of the planted departures that were shown before the planted day."""
        return self.shown_before / self.departures

    @property
    def precision(self) -> float:
        """Share of the shown customers who are departing."""
        return self.shown_departing / self.shown_customers

    @property
    def seen_share(self) -> float:
        """Share of the departing customers who were shown."""
        return self.shown_departing / self.departing

    @property
    def base_rate(self) -> float:
        """The same share of all reachable customers."""
        return self.departing / self.customers


def two_months_of_warnings(root: Path) -> LeadTimes:
    """Run two months of a demo company that `planted_figures` has run below `root`, and compare.

    Raises:
        RunError: a run failed.
    """
    config, home = load_config(DEMO), Home(root / "home")
    prepare(home, DEMO)
    _run_days(config, home, FIRST, LAST)
    return planted_lead_times(home.published, root / "truth", FIRST, LAST)


def two_months_of_a_log(log: PurchaseLog, root: Path) -> RealisedWarnings:
    """Run the two months up to a log's last cutoff, in a home that `training_data` has run.

    Raises:
        RunError: a run failed.
    """
    config, home = config_of(log), home_of(log, root)
    last = log.cutoffs[-1]
    first = last - (LAST - FIRST)
    prepare(home, log.config)
    runner = _run_days(config, home, first, last)
    # The outcomes of the last day are known one horizon later.
    runner.day(last + timedelta(days=config.churn.horizon_days))
    return realised_warnings(home.warehouse, first, last)


def realised_warnings(warehouse: Path, first: date, last: date) -> RealisedWarnings:
    """Compare the warnings of a period of daily runs with what the customers did next.

    Args:
        warehouse: the working DuckDB file, with the outcomes of each day of the period.
        first: first day of the period; every day from it to `last` was run.
        last: last day of the period.
    """
    with duckdb.connect(str(warehouse), read_only=True) as con:
        row = con.execute(_REALISED, {"first": first, "last": last}).fetchone()
    assert row is not None
    return RealisedWarnings(*row)


def _run_days(config: DeploymentConfig, home: Home, first: date, last: date) -> Runner:
    """Run each day of a period by an untuned model, trained as of its first day."""
    quick = config.training.model_copy(update={"tuning_trials": 0, "earlier_origins": 0})
    runner = Runner(config.model_copy(update={"training": quick}), home)
    runner.day(first, retrain=True)
    runner.range(first + timedelta(days=1), last)
    return runner


def planted_lead_times(published: Path, truth: Path, first: date, last: date) -> LeadTimes:
    """Compare the warnings of a period of daily runs with the planted departures.

    Args:
        published: the published file of a demo company.
        truth: the folder of its planted truth.
        first: first day of the period; every day from it to `last` was run.
        last: last day of the period.
    """
    with duckdb.connect(str(published), read_only=True) as con:
        row = con.execute(
            _LEAD_TIMES.format(persons=persons(truth), truth=truth),
            {"first": first, "last": last, "horizon": HORIZON_DAYS},
        ).fetchone()
    assert row is not None
    return LeadTimes(*row)
