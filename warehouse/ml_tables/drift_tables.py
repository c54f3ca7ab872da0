"""Tables of drift: the distributions of a model's training data, and the counts of each day.

The statistics are in `ml/monitoring/drift.py`, the decision in `orchestration/drift/gate.py` and
the dbt model `drift_daily`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from warehouse.row_replacement import replace_rows

# Four weeks: the same weekday, and short enough that the growth of a company is no drift.
LOOK_BACK = timedelta(days=28)
# Sampling error of a decile's share at this size: 0.07 percentage points.
MAX_REFERENCE_ROWS = 200_000

_EARLIER = pa.schema(
    [
        ("feature", pa.string()),
        ("bin", pa.int32()),
        ("earlier_date", pa.date32()),
        ("earlier_customers", pa.int64()),
    ]
)


def training_rows(con: duckdb.DuckDBPyConnection, dates: Sequence[date]) -> pa.Table:
    """Features of the customers eligible on a model's training dates.

    More than 200,000 rows are sampled by a hash of the customer, so that the sample is repeatable.
    """
    return con.execute(
        """
        with rows as (
            from features.feat_customer_snapshots
            where list_contains($dates, snapshot_date) and is_eligible
        )

        from rows
        where
            ('0x' || left(md5(customer_id), 8))::bigint / 4294967296
            <= $most / (select count(*) from rows)
        """,
        {"dates": list(dates), "most": float(MAX_REFERENCE_ROWS)},
    ).to_arrow_table()


def holdout_scores(con: duckdb.DuckDBPyConnection, version: str) -> pa.Table:
    """Scores of a model for its holdout."""
    return con.execute("from ml.holdout_scores where model_version = ?", [version]).to_arrow_table()


def holdout_outcomes(con: duckdb.DuckDBPyConnection, version: str, most: int) -> pa.Table:
    """Features, scores and outcomes of a model's holdout; empty if the warehouse lacks them.

    More than `most` customers are sampled by a hash, so that the sample is repeatable.
    """
    return con.execute(
        """
        with scores as (
            from ml.holdout_scores
            where model_version = $version
            order by md5(customer_id)
            limit $most
        )

        select features.*, scores.churn_probability, outcomes.churned
        from scores
        inner join features.feat_customer_snapshots as features
            using (snapshot_date, customer_id)
        inner join labels.lbl_churn_outcomes as outcomes
            using (snapshot_date, customer_id)
        """,
        {"version": version, "most": most},
    ).to_arrow_table()


def replace_performance_estimates(
    con: duckdb.DuckDBPyConnection, dates: Sequence[date], estimates: pa.Table
) -> None:
    """Replace the estimated performance of some dates in one transaction."""
    replace_rows(con, "ml.performance_estimates", "snapshot_date", dates, estimates)


def reference_of(con: duckdb.DuckDBPyConnection, version: str) -> pa.Table:
    """The reference of a model version, of the schema `ml.drift.REFERENCE`; empty if unknown."""
    return con.execute(
        """
        select
            feature, bin, kind, lower, upper, category, share, sample_size, first_date, last_date
        from ml.feature_reference
        where model_version = ?
        order by feature, bin
        """,
        [version],
    ).to_arrow_table()


def store_reference(
    con: duckdb.DuckDBPyConnection,
    version: str,
    reference: pa.Table,
    weights: Mapping[str, float],
) -> None:
    """Write the reference of a model version, with each feature's weight; 0 where it has none."""
    weighed = [weights.get(name, 0.0) for name in reference["feature"].to_pylist()]
    rows = reference.append_column("model_version", pa.repeat(pa.scalar(version), len(reference)))
    rows = rows.append_column("weight", pa.array(weighed, pa.float64()))
    replace_rows(con, "ml.feature_reference", "model_version", [version], rows)


def weights_of(con: duckdb.DuckDBPyConnection, version: str) -> dict[str, float]:
    """Each feature's share of the total importance in a model version, by name."""
    return dict(
        con.execute(
            "select distinct feature, weight from ml.feature_reference where model_version = ?",
            [version],
        ).fetchall()
    )


def counts_of(con: duckdb.DuckDBPyConnection, day: date, version: str) -> pa.Table:
    """Counts of a day by a version's bins (schema `ml.drift.COUNTS`); empty if not counted."""
    return con.execute(
        """
        select feature, bin, customers
        from ml.feature_counts
        where snapshot_date = ? and model_version = ?
        order by feature, bin
        """,
        [day, version],
    ).to_arrow_table()


def earlier_counts_of(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Counts of the earlier date that a day is compared with, of the schema `ml.drift.COUNTS`."""
    return con.execute(
        """
        select feature, bin, earlier_customers as customers
        from ml.feature_counts
        where snapshot_date = ? and earlier_date is not null
        order by feature, bin
        """,
        [day],
    ).to_arrow_table()


def replace_counts(
    con: duckdb.DuckDBPyConnection,
    day: date,
    version: str,
    counted: pa.Table,
    earlier: Mapping[date, pa.Table],
) -> None:
    """Replace a day's counts.

    Args:
        con: the warehouse.
        day: the day that was counted.
        version: the model whose bins it was counted by.
        counted: of the schema `ml.drift.COUNTS`.
        earlier: counts of earlier days, each with the features that are compared with that day.
    """
    before = pa.concat_tables(
        [
            _EARLIER.empty_table(),
            *(
                pa.table(
                    [
                        table["feature"],
                        table["bin"],
                        pa.repeat(pa.scalar(then, pa.date32()), len(table)),
                        table["customers"],
                    ],
                    schema=_EARLIER,
                )
                for then, table in earlier.items()
            ),
        ]
    )
    rows = counted.join(before, ["feature", "bin"], join_type="left outer")
    for name, value in (("snapshot_date", pa.scalar(day)), ("model_version", pa.scalar(version))):
        rows = rows.append_column(name, pa.repeat(value, len(rows)))
    replace_rows(con, "ml.feature_counts", "snapshot_date", [day], rows)


def earlier_date(
    con: duckdb.DuckDBPyConnection, day: date, also: Collection[date] = ()
) -> date | None:
    """The scored date that a day is compared with; None before the first scored date.

    This is the latest date at least four weeks earlier, and without one the earliest scored date.

    Args:
        con: the warehouse.
        day: the day.
        also: dates that the same run scores.
    """
    row = con.execute(
        """
        with dates as (
            select distinct snapshot_date from ml.churn_scores
            union
            select unnest($also::date[])
        )

        select
            coalesce(
                max(snapshot_date) filter (snapshot_date <= $latest), min(snapshot_date)
            )
        from dates
        where snapshot_date < $day
        """,
        {"also": list(also), "latest": day - LOOK_BACK, "day": day},
    ).fetchone()
    return row[0] if row else None


def version_of(con: duckdb.DuckDBPyConnection, day: date) -> str | None:
    """The model version by whose bins a day was counted; None if the day was not counted."""
    row = con.execute(
        "select any_value(model_version) from ml.feature_counts where snapshot_date = ?", [day]
    ).fetchone()
    return row[0] if row else None


def incomparable_features(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Features that the catalogue excludes from comparisons between days."""
    rows = con.execute(
        "select feature from seeds.feature_catalogue where comparable_after_days is null"
    ).fetchall()
    return {str(feature) for (feature,) in rows}


def accepted_since(con: duckdb.DuckDBPyConnection, day: date) -> dict[str, date]:
    """For each accepted feature the latest date of acceptance on or before a day."""
    return dict(
        con.execute(
            """
            select feature, max(snapshot_date) from ops.accepted_drift
            where snapshot_date <= ?
            group by feature
            """,
            [day],
        ).fetchall()
    )
