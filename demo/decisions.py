"""Decisions that come from outside the demo company: loaded and checked."""

from __future__ import annotations

import duckdb
import pyarrow as pa

DECISION = ("person_id", "sent_on", "action_id")
TOUCH = (*DECISION, "contact_id", "arm")


def load_decisions(
    connection: duckdb.DuckDBPyConnection,
    decisions: pa.Table,
    people: int,
    columns: tuple[str, ...] = DECISION,
) -> None:
    """Create the table `decisions`, with `day_no` in place of `sent_on`.

    Needs the variables of the company and the table `actions`.

    Raises:
        ValueError: a column is missing, or a decision is for a person, a day, an action or an arm
            that the company does not have.
    """
    missing = [column for column in columns if column not in decisions.column_names]
    if missing:
        raise ValueError(f"decisions: column {missing[0]} was expected and is missing")
    connection.register("given_decisions", decisions.select(list(columns)))
    connection.execute(
        "create table decisions as select * exclude (sent_on) replace ("
        "person_id::bigint as person_id, action_id::varchar as action_id),"
        " (sent_on::date - getvariable('first_date'))::integer as day_no from given_decisions"
    )
    connection.unregister("given_decisions")
    _require_known(connection, "person_id", f"person_id between 1 and {people}")
    _require_known(connection, "sent_on", "day_no between 0 and getvariable('days') - 1")
    _require_known(connection, "action_id", "action_id in (select action_id from actions)")
    if "arm" in columns:
        _require_known(connection, "arm", "arm in ('treatment', 'control')")


def _require_known(connection: duckdb.DuckDBPyConnection, column: str, condition: str) -> None:
    (unknown,) = connection.execute(
        f"select count(*) from decisions where not coalesce({condition}, false)"
    ).fetchone() or (0,)
    if unknown:
        raise ValueError(f"decisions: {column} is unknown to the company in {unknown} rows")
