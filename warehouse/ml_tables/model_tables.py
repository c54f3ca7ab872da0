"""Arrow tables that pass between the warehouse and `ml/`: examples and features out, scores in.

`ml/schemas.py` and the dbt project describe the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from ml.churn.explain import Meaning
from ml.sampling import sample_customers
from ml.schemas import BEHAVIOUR_GROUPS, CUSTOMER_ID
from ml.value.customer_value import VALUE_COLUMNS, ValueModel
from warehouse.quoting import identifier, literal
from warehouse.row_replacement import replace_rows

if TYPE_CHECKING:
    from ml.segments.behaviour_groups import BehaviourGroups

# Of two dates: the share of a date who are away then has a standard error of at most 0.4 %, a log
# factor of about 0.01, where the level's own spread is 0.25.
MAX_WINDOW_ROWS = 40_000
WINDOWS_SALT = 808


def example_keys(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Date and customer of all labelled examples of the run."""
    return con.execute(
        "select snapshot_date, customer_id from examples.churn_examples"
    ).to_arrow_table()


def examples(con: duckdb.DuckDBPyConnection, keys: pa.Table | None = None) -> pa.Table:
    """Labelled examples of the run: those with the keys, or all of them."""
    if keys is None:
        return con.execute("from examples.churn_examples").to_arrow_table()
    con.register("keys", keys)
    found = con.execute(
        "from examples.churn_examples semi join keys using (snapshot_date, customer_id)"
    ).to_arrow_table()
    con.unregister("keys")
    return found


def features_of(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Features of the customers eligible on a day."""
    return con.execute(
        "from features.feat_customer_snapshots where snapshot_date = ? and is_eligible", [day]
    ).to_arrow_table()


def histories_of(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Purchase histories of all customers known on a day, eligible or not, by customer.

    Sorted, because the last digits of fitted parameters depend on the order of the rows.
    """
    columns = ", ".join((CUSTOMER_ID, *VALUE_COLUMNS))
    return con.execute(
        f"select {columns} from features.feat_customer_snapshots where snapshot_date = ?"
        f" order by {CUSTOMER_ID}",
        [day],
    ).to_arrow_table()


def attributes_of(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Text and boolean features of all customers known on a day, eligible or not."""
    columns = con.execute(
        """
        select column_name from duckdb_columns()
        where
            schema_name = 'features'
            and table_name = 'feat_customer_snapshots'
            and data_type in ('VARCHAR', 'BOOLEAN')
        """
    ).fetchall()
    names = ", ".join(identifier(name) for (name,) in columns)
    return con.execute(
        f"select {names} from features.feat_customer_snapshots where snapshot_date = ?", [day]
    ).to_arrow_table()


def attributes_dated_from(con: duckdb.DuckDBPyConnection) -> date | None:
    """First date on which each source had dated versions of its customers' records.

    Rows of a source's first delivery are valid from the beginning, with the values of that
    delivery. None if no source has delivered a second time.
    """
    row = con.execute(
        """
        select max(first_version) from (
            select min(known_from) as first_version
            from intermediate.int_customers_versions
            where known_from > date '0001-01-01'
            group by source
        )
        """
    ).fetchone()
    return row[0] if row else None


def behaviour_of(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Features of customers with an order in 365 days, an activity in 90, or a subscription."""
    return con.execute(
        """
        from features.feat_customer_snapshots
        where
            snapshot_date = ?
            and (orders_365d > 0 or days_since_last_activity < 90 or active_subscriptions > 0)
        """,
        [day],
    ).to_arrow_table()


def behaviour_groups_before(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """The behaviour groups in use on the day before."""
    return con.execute(
        """
        from ml.behaviour_groups
        where as_of_date = (select max(as_of_date) from ml.behaviour_groups where as_of_date < ?)
        """,
        [day],
    ).to_arrow_table()


def replace_behaviour_groups(
    con: duckdb.DuckDBPyConnection, day: date, groups: BehaviourGroups | None
) -> None:
    """Replace the behaviour groups of a day; with None the groups before stay in use."""
    rows = BEHAVIOUR_GROUPS.empty_table() if groups is None else groups.rows()
    dated = rows.append_column("as_of_date", pa.array([day] * len(rows), pa.date32()))
    replace_rows(con, "ml.behaviour_groups", "as_of_date", [day], dated)


def feature_catalogue(con: duckdb.DuckDBPyConnection) -> dict[str, Meaning]:
    """Cause, topic, sign and wording of each feature in the catalogue."""
    rows = con.execute(
        "select feature, cause, topic, risk_sign, told_above, told_below"
        " from seeds.feature_catalogue"
    ).fetchall()
    return {feature: Meaning(*meaning) for feature, *meaning in rows}


def replace_churn_scores(
    con: duckdb.DuckDBPyConnection, dates: Sequence[date], scores: pa.Table
) -> None:
    """Replace the scores of some dates in one transaction."""
    replace_rows(con, "ml.churn_scores", "snapshot_date", dates, scores)


def open_windows(con: duckdb.DuckDBPyConnection, day: date) -> pa.Table:
    """Features of customers eligible on earlier dates whose horizon is open, and `is_away`.

    At most `MAX_WINDOW_ROWS`, of which each customer has all dates or none. Sorted, because the
    last digits of a mean depend on the order of the rows.
    """
    # Read once: the view compares all customers of the dates with their purchases.
    windows = con.execute(
        """
        select snapshot_date, customer_id, is_away
        from labels.lbl_open_windows
        where as_of_date = ?
        """,
        [day],
    ).to_arrow_table()
    windows = sample_customers(windows, MAX_WINDOW_ROWS, WINDOWS_SALT)
    # Dates as literals reach the scan, which else reads the features of all kept days.
    dates = windows["snapshot_date"].unique().to_pylist()
    listed = ", ".join(f"date {literal(str(opened))}" for opened in dates) or "null"
    con.register("windows", windows)
    found = con.execute(
        f"""
        select features.*, windows.is_away
        from features.feat_customer_snapshots as features
        inner join windows using (customer_id, snapshot_date)
        where features.snapshot_date in ({listed})
        order by features.snapshot_date, features.customer_id
        """
    ).to_arrow_table()
    con.unregister("windows")
    return found


def replace_churn_levels(
    con: duckdb.DuckDBPyConnection, dates: Sequence[date], levels: pa.Table
) -> None:
    """Replace the levels of the dates by a table of `CHURN_LEVELS`."""
    replace_rows(con, "ml.churn_levels", "snapshot_date", dates, levels)


def replace_churn_hazards(
    con: duckdb.DuckDBPyConnection, dates: Sequence[date], hazards: pa.Table
) -> None:
    """Replace the monthly hazards of some dates in one transaction."""
    replace_rows(con, "ml.churn_hazards", "snapshot_date", dates, hazards)


def replace_holdout_scores(
    con: duckdb.DuckDBPyConnection, model_version: str, scores: pa.Table
) -> None:
    """Replace a model's scores of its holdout."""
    replace_rows(con, "ml.holdout_scores", "model_version", [model_version], scores)


def replace_reason_evidence(
    con: duckdb.DuckDBPyConnection, model_version: str, evidence: pa.Table
) -> None:
    """Replace a model's evidence for reasons by a table of `REASON_EVIDENCE`."""
    replace_rows(con, "ml.reason_evidence", "model_version", [model_version], evidence)


def replace_value_parameters(
    con: duckdb.DuckDBPyConnection, model_version: str, value: ValueModel
) -> None:
    """Replace the parameters of customer value of a model version."""
    row = pa.Table.from_pylist([{"model_version": model_version, **asdict(value)}])
    replace_rows(con, "ml.value_parameters", "model_version", [model_version], row)
