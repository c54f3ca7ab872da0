"""Learning curve and summary of a simulation, as tables, CSV and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


@dataclass(frozen=True)
class PolicyResult:
    """Sums of a policy over all decision days; money in the company's currency.

    `share_of_oracle` is null where the oracle earns nothing.
    """

    policy: str
    treated: int
    kept: int
    lost: int
    contact_cost: float
    net_value: float
    share_of_oracle: float | None


def learning_curve(values: Mapping[str, pa.Table], oracle: str) -> pa.Table:
    """Values by policy and day, with cumulative net value and regret.

    Net value is the margin that the touches brought less the cost of the contacts. Regret is the
    oracle's cumulative net value less the policy's.

    Args:
        values: `simulation.value.VALUES` by policy.
        oracle: the policy that regret is measured against.
    """
    rows = pa.concat_tables(
        [
            table.append_column("policy", pa.array([policy] * len(table), pa.string()))
            for policy, table in values.items()
        ]
    )
    with duckdb.connect() as con:
        con.register("rows", rows)
        return con.execute(
            """
            with days as (
                select distinct rows.sent_on, policies.policy
                from rows cross join (select distinct policy from rows) as policies
            ),

            curve as (
                select
                    policy,
                    sent_on,
                    coalesce(treated, 0) as treated,
                    coalesce(kept, 0) as kept,
                    coalesce(lost, 0) as lost,
                    coalesce(contact_cost, 0) as contact_cost,
                    coalesce(margin, 0) as margin,
                    coalesce(margin - contact_cost, 0) as net_value,
                    sum(coalesce(margin - contact_cost, 0)) over (
                        partition by policy order by sent_on
                    ) as cumulative_net_value
                from days
                left join rows using (policy, sent_on)
            )

            select
                curve.*,
                best.cumulative_net_value - curve.cumulative_net_value as regret
            from curve
            left join curve as best on best.policy = $oracle and curve.sent_on = best.sent_on
            order by policy, sent_on
            """,
            {"oracle": oracle},
        ).to_arrow_table()


def summary(curve: pa.Table, oracle: str) -> list[PolicyResult]:
    """Sums of each policy, the highest net value first."""
    with duckdb.connect() as con:
        con.register("curve", curve)
        rows = con.execute(
            """
            with sums as (
                select
                    policy, sum(treated)::bigint, sum(kept)::bigint, sum(lost)::bigint,
                    sum(contact_cost), sum(net_value) as net_value
                from curve
                group by policy
            )

            select
                sums.*,
                case when best.net_value > 0 then sums.net_value / best.net_value end
            from sums
            left join sums as best on best.policy = $oracle
            order by sums.net_value desc
            """,
            {"oracle": oracle},
        ).fetchall()
    return [PolicyResult(*row) for row in rows]


def write_report(curve: pa.Table, out: Path) -> tuple[Path, Path]:
    """Write `learning_curve.csv` and `learning_curve.svg` below a folder; return their paths."""
    table, picture = out / "learning_curve.csv", out / "learning_curve.svg"
    pa_csv.write_csv(curve, table)
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    value_axes, regret_axes = figure.subplots(1, 2)
    for policy in sorted(set(curve["policy"].to_pylist())):
        rows = [row for row in curve.to_pylist() if row["policy"] == policy]
        days = [row["sent_on"] for row in rows]
        value_axes.plot(days, [row["cumulative_net_value"] for row in rows], label=policy)
        regret_axes.plot(days, [row["regret"] for row in rows], label=policy)
    value_axes.set_title("Cumulative net value", loc="left", fontweight="bold")
    regret_axes.set_title("Regret against the oracle", loc="left", fontweight="bold")
    for axes in (value_axes, regret_axes):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="x", rotation=45)
    value_axes.legend(frameon=False)
    # Without a date and with fixed ids the same curve gives the same bytes.
    with rc_context({"svg.hashsalt": "simulation"}):
        figure.savefig(picture, format="svg", metadata={"Date": None})
    return table, picture
