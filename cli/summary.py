"""What a day came to, as a person wants to read it: from the published file and the model's record.

Shown at the end of every command that runs a job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.worst_attrition import WorstAttrition, attrition_sentence, read_worst_attrition
from deployment.config import DeploymentConfig
from deployment.errors import HoldfastError
from deployment.home import Home
from warehouse.quoting import literal

TOP_CUSTOMERS = 10

_FIGURES = {
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "brier": "Brier",
    "top_decile_lift": "lift, top tenth",
}


class SummaryError(HoldfastError):
    """A published file cannot be summed up; the text says what to do."""


@dataclass(frozen=True)
class DaySummary:
    """The figures of a published day.

    `deliveries` are (source, rows delivered, rows rejected) up to the day; `stale` are (source,
    why, last day on which it delivered) of sources that did not deliver for the day; `riskiest` are
    (customer_id, probability, value at risk, reasons), most value at risk first; `attrition` is the
    stage of life that most are lost from, of the latest day in the file. `warned` are the customers
    on the day's list of warnings, and `newly_warned` those of them with a warning that the day
    before did not have, None where that was not run; `alarms` are in words which of the company's
    own figures were worse than usual.
    """

    day: date
    deliveries: list[tuple[str, int, int]]
    stale: list[tuple[str, str, date | None]]
    customers: int
    eligible: int
    high_risk: int
    value_at_risk: float
    model_version: str | None
    riskiest: list[tuple[str, float, float, str]]
    attrition: WorstAttrition | None
    warned: int
    newly_warned: int | None
    alarms: list[str]


def read_summary(published: Path, day: date | None = None) -> DaySummary | None:
    """Read a day, the latest one by default; None if nothing was published or not that day.

    Raises:
        SummaryError: the file was published by a version that did not tell all of it.
    """
    if not published.exists():
        return None
    with duckdb.connect(str(published), read_only=True) as con:
        try:
            return _read(con, day)
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise SummaryError(
                f"{published} was published by another version of Holdfast: the next run publishes"
                " it anew (holdfast run)"
            ) from error


def _read(con: duckdb.DuckDBPyConnection, day: date | None) -> DaySummary | None:
    latest = con.execute("select max(snapshot_date) from ops.data_quality_daily").fetchone()
    day = day or (latest[0] if latest else None)
    if day is None:
        return None
    # A bound parameter makes DuckDB import pandas, which takes longer than all that is asked.
    is_of_day = f"snapshot_date = date {literal(day.isoformat())}"
    totals = con.execute(
        f"""
        select
            (select count(*) from marts.dim_customers),
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
    riskiest = con.execute(
        f"""
        select
            customer_id,
            churn_probability,
            coalesce(value_at_risk, 0)::double,
            concat_ws('; ', reason_1, reason_2, reason_3)
        from activation.customer_risk_daily
        where {is_of_day}
        order by risk_tier = 'high' desc, value_at_risk desc nulls last, customer_id
        limit {TOP_CUSTOMERS}
        """
    ).fetchall()
    warned, newly_warned = con.execute(
        f"""
        select
            count(distinct customer_id),
            case when count(is_new) > 0 then count(distinct customer_id) filter (is_new) end
        from activation.customer_warnings_daily
        where {is_of_day} and is_shown
        """
    ).fetchone() or (0, None)
    alarms = con.execute(
        f"""
        select evidence from activation.company_alarms_daily
        where {is_of_day} and is_bad
        order by metric, segment
        """
    ).fetchall()
    attrition = read_worst_attrition(con)
    customers, eligible, high_risk, value_at_risk, version = totals
    return DaySummary(
        day,
        deliveries,
        stale,
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
    )


def show_summary(
    console: Console,
    summary: DaySummary,
    metrics: Mapping[str, float],
    config: DeploymentConfig,
    home: Home,
) -> None:
    """Print a day.

    Args:
        console: where to.
        summary: the day's figures.
        metrics: of the model on its holdout, `roc_auc`, and of baselines, `recency.roc_auc`;
            `trees` is 0 where the model is the average.
        config: the deployment, for its name and currency.
        home: for where to look next.
    """
    console.rule(f"{config.company}, {summary.day}")
    rows = ", ".join(
        f"{source} {delivered:,} ({rejected:,} rejected)"
        for source, delivered, rejected in summary.deliveries
    )
    console.print(f"Rows in       {rows}", highlight=False)
    for source, reason, delivered_on in summary.stale:
        last = f"; its last rows are of {delivered_on}" if delivered_on else ""
        console.print(
            f"[bold red]Stale[/]         {source} {escape(reason)}{last}",
            highlight=False,
            soft_wrap=True,
        )
    console.print(f"Customers     {summary.customers:,}, of whom {summary.eligible:,} can leave")
    console.print(
        f"At high risk  [bold]{summary.high_risk:,}[/] customers;"
        f" value at risk in all {summary.value_at_risk:,.0f} {config.currency}"
    )
    if summary.warned:
        new = "" if summary.newly_warned is None else f", {summary.newly_warned:,} of something new"
        console.print(f"Warnings      of {summary.warned:,} customers{new}")
    for evidence in summary.alarms:
        console.print(
            f"[bold red]Unusual[/]       {escape(evidence)}", highlight=False, soft_wrap=True
        )
    if summary.attrition:
        console.print(
            f"Attrition     {attrition_sentence(summary.attrition, config.churn.kind)}",
            highlight=False,
            soft_wrap=True,
        )
    if metrics.get("trees") == 0:
        console.print(
            "Model         No model told better than the average who leaves: every customer gets "
            f"the average, {metrics['mean_predicted']:.1%}",
            soft_wrap=True,
        )
    if metrics:
        console.print(_model_table(metrics, summary.model_version))
    if summary.riskiest:
        console.print(_customer_table(summary, config))
    console.print(f"Warehouse     {home.published}", soft_wrap=True)
    console.print("Pictures      holdfast ui  (runs, checks, plots; models and their cards)")


def _model_table(metrics: Mapping[str, float], version: str | None) -> Table:
    table = Table(title=f"Model {version} on its holdout", title_justify="left")
    table.add_column("")
    for title in _FIGURES.values():
        table.add_column(title, justify="right")
    names = dict.fromkeys(["", *(key.rpartition(".")[0] for key in metrics)])
    for name in names:
        values = [metrics.get(f"{name}.{figure}".lstrip(".")) for figure in _FIGURES]
        table.add_row(
            name or "[bold]model[/]",
            *("–" if value is None else f"{value:.3f}" for value in values),
        )
    return table


def _customer_table(summary: DaySummary, config: DeploymentConfig) -> Table:
    table = Table(title="Most value at risk", title_justify="left")
    table.add_column("customer", no_wrap=True)
    table.add_column("leaves", justify="right")
    table.add_column(f"at risk, {config.currency}", justify="right")
    table.add_column("because")
    for customer_id, probability, value, reasons in summary.riskiest:
        table.add_row(customer_id, f"{probability:.0%}", f"{value:,.0f}", reasons)
    return table
