"""Ledger of the hand-over, `ops.handed_over`: decisions that a destination took or refused."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from warehouse.hand_over.outcomes import Outcome
from warehouse.row_replacement import replacement


def record(con: duckdb.DuckDBPyConnection, destination: str, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes of a batch, in one transaction; attempts of earlier runs are added.

    Reads the temporary table `action_list`. A decision that was taken keeps the time of that.
    """
    rows = pa.table(
        {
            "decision_id": pa.array([each.decision_id for each in outcomes], pa.string()),
            "attempts": pa.array([each.attempts for each in outcomes], pa.int64()),
            "error": pa.array([each.error for each in outcomes], pa.string()),
        }
    )
    with replacement(con, rows):
        con.execute(
            """
            insert into ops.handed_over by name
            select
                new_rows.decision_id,
                $destination as destination,
                action_list.snapshot_date,
                action_list.customer_id,
                action_list.action_id,
                action_list.expires_on,
                new_rows.attempts,
                case when new_rows.error is null then now() end as handed_over_at,
                new_rows.error
            from new_rows
            inner join action_list using (decision_id)
            on conflict (decision_id, destination) do update set
                attempts = attempts + excluded.attempts,
                handed_over_at = coalesce(handed_over_at, excluded.handed_over_at),
                error = excluded.error
            """,
            {"destination": destination},
        )


def refused(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Decisions that a destination has not taken; reads the temporary table `action_list`.

    `is_tried_again` is false for a decision that has expired or is withheld.
    """
    return con.execute(
        """
        select
            refused.decision_id,
            refused.destination,
            refused.snapshot_date,
            refused.customer_id,
            refused.action_id,
            refused.expires_on,
            refused.attempts,
            refused.error,
            coalesce(action_list.status = 'ready', false) as is_tried_again
        from ops.handed_over as refused
        left join action_list using (decision_id)
        where refused.handed_over_at is null
        order by refused.snapshot_date, refused.destination, refused.decision_id
        """
    ).to_arrow_table()
