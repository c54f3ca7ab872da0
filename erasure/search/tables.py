"""Tables with rows of a person: which rows of a table are the person's, by the columns it has.

A table that has none of these columns is named below with the reason why it has no such rows, so
that a new table is either erased or known to need no erasure; a contract test compares the names
with a warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from erasure.search.queries import count, rows_of
from erasure.search.rows import condition
from warehouse.quoting import identifier

_COUNTS = "counts over many customers"
_CALIBRATION = "thresholds and parameters fitted to many customers"
_RUNS = "runs, loads and settings"
_REBUILT = "counts that the next run builds again"

# Tables without rows of a person; schemas end in a dot.
WITHOUT_PERSONS: Mapping[str, str] = {
    "seeds.": "rules and catalogues of the project",
    "actions.action_limits": _RUNS,
    "activation.catalogue_labels": _RUNS,
    "activation.churn_causes_daily": _COUNTS,
    "activation.churn_outlook_daily": _COUNTS,
    "activation.company_alarms_daily": _COUNTS,
    "activation.reason_evidence": _COUNTS,
    "activation.segment_boundaries": _CALIBRATION,
    "activation.segment_movements_daily": _COUNTS,
    "activation.warning_calibration": _CALIBRATION,
    "feedback.action_deliveries": _COUNTS,
    "feedback.action_effects": _COUNTS,
    "feedback.demand_performance": _COUNTS,
    "feedback.drift_daily": _COUNTS,
    "feedback.performance_estimates_daily": _COUNTS,
    "feedback.prediction_performance": _COUNTS,
    "feedback.retention_account": _COUNTS,
    "feedback.segment_outcomes": _COUNTS,
    "feedback.warning_performance": _COUNTS,
    "intermediate.int_categories": _REBUILT,
    "intermediate.int_company_days": _REBUILT,
    "intermediate.int_company_rhythm": _REBUILT,
    "intermediate.int_load_accounts": _REBUILT,
    "marts.complaint_topics_monthly": _COUNTS,
    "marts.customer_cohorts": _COUNTS,
    "marts.daily_totals": _COUNTS,
    "marts.lifecycle_attrition": _COUNTS,
    "marts.repeat_purchase": _COUNTS,
    "marts.retention_curves": _COUNTS,
    "ml.action_effects": _COUNTS,
    "ml.action_priors": _CALIBRATION,
    "ml.behaviour_groups": _CALIBRATION,
    "ml.churn_levels": _COUNTS,
    "ml.complaint_terms": "words that at least five customers wrote",
    "ml.feature_counts": _COUNTS,
    "ml.feature_reference": _COUNTS,
    "ml.performance_estimates": _COUNTS,
    "ml.reason_evidence": _COUNTS,
    "ml.value_parameters": _CALIBRATION,
    "ops.accepted_drift": _RUNS,
    "ops.assignment_key": _RUNS,
    "ops.corrections_daily": _COUNTS,
    "ops.data_quality_daily": _COUNTS,
    "ops.decided_days": _COUNTS,
    "ops.decision_choices": "probabilities, which a deleted row of ops.decided_actions refers to",
    "ops.deployment": _RUNS,
    "ops.erased_rows": _COUNTS,
    "ops.exchange_rates": _RUNS,
    "ops.extract_state": _RUNS,
    "ops.extractions": _RUNS,
    "ops.load_ledger": _RUNS,
    "ops.publication": _RUNS,
    "ops.published_days": _RUNS,
    "ops.removed_positions": "positions of removed rows in delivered files",
    "ops.removed_rows": _COUNTS,
    "ops.rewritten_files": "keyed hashes of whole files",
    "ops.run_dates": _RUNS,
    "ops.schema_changes": _RUNS,
    "ops.snapshot_dates": _RUNS,
    "ops.training_dates": _RUNS,
    "warnings.stage_losses": _COUNTS,
    "warnings.warning_expectations": _CALIBRATION,
}
# Conditions of tables whose rows no common column names.
_OF_TABLE: Mapping[str, str] = {
    "intermediate.int_phone_numbers": "phone in (from temp.erased_phones)",
    "ml.complaint_examples": "phrase in (from temp.erased_phrases)",
    "ops.identity_decisions": (
        "(source_a, source_customer_id_a) in (select (source, id) from temp.erased_records)"
        " or (source_b, source_customer_id_b) in (select (source, id) from temp.erased_records)"
    ),
    "ops.rejected_rows": (
        "(source, table_name, file, row_number) in ("
        "select (loads.source, loads.table_name, loads.path, rows.row_no)"
        " from temp.erased_rows as rows inner join ops.load_ledger as loads using (load_id))"
    ),
}
_IDS = "temp.erased_customers"


@dataclass(frozen=True)
class Rule:
    """A table with rows of a person, and the SQL condition on them."""

    schema: str
    name: str
    condition: str

    @property
    def label(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"

    def table(self, database: str) -> str:
        """Qualified, quoted name."""
        return identifier(database, self.schema, self.name)

    def count(self, con: duckdb.DuckDBPyConnection, database: str) -> int:
        """Number of the person's rows."""
        return count(con, f"select count(*) from {self.table(database)} where {self.condition}")

    def delete(self, con: duckdb.DuckDBPyConnection, database: str) -> None:
        """Delete the person's rows."""
        con.execute(f"delete from {self.table(database)} where {self.condition}")


def rules_of(con: duckdb.DuckDBPyConnection, database: str) -> tuple[list[Rule], list[str]]:
    """The rules of all tables of a database, and the labels of tables without one.

    Args:
        con: a connection with the database.
        database: its name in the connection.
    """
    rules, unknown = [], []
    for schema, name, columns in rows_of(
        con,
        """
        select schema_name, table_name, list(column_name)
        from duckdb_columns()
        inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = $database
        group by all
        order by all
        """,
        database=database,
    ):
        label = f"{schema}.{name}"
        # A raw table's other columns have the source's names, whatever they mean there.
        known = columns if not schema.startswith("raw_") else ("_load_id", "_row")
        found = _OF_TABLE.get(label) or _condition(known)
        if found:
            rules.append(Rule(schema, name, found))
        elif not {label, f"{schema}."} & WITHOUT_PERSONS.keys():
            unknown.append(label)
    return rules, unknown


def create_person_tables(
    con: duckdb.DuckDBPyConnection,
    customer_ids: Sequence[str],
    phones: Sequence[str],
    phrases: Sequence[str],
) -> None:
    """Create the temporary tables that the conditions read, besides entities and rows.

    `erased_numbers`, the record numbers of the day, is filled by `number_records`.
    """
    for table, values in (
        ("erased_customers", customer_ids),
        ("erased_phones", phones),
        ("erased_phrases", phrases),
    ):
        con.execute(
            f"create or replace temp table {table} as select unnest($values::varchar[])",
            {"values": list(values)},
        )
    con.execute("create or replace temp table erased_numbers (record_no bigint)")


def number_records(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `erased_numbers` with the numbers that the latest build gave the person's records.

    A customer's number is that of its oldest record.
    """
    con.execute(
        """
        insert into temp.erased_numbers
        select distinct record_no from intermediate.int_identity_history
        where (source, source_customer_id) in (select (source, id) from temp.erased_records)
        """
    )


def close_gaps(con: duckdb.DuckDBPyConnection) -> None:
    """Renumber the kept records of `experiments.action_outcomes`, as the next build will.

    Records are numbered in a fixed order, so each number falls by that of the erased ones below.
    """
    con.execute(
        """
        update experiments.action_outcomes
        set record_no = action_outcomes.record_no - (
            select count(*) from temp.erased_numbers as erased
            where erased.record_no < action_outcomes.record_no
        )
        """
    )


def _condition(columns: Sequence[str]) -> str:
    """The condition by the columns of a table; empty where none of them names a person."""
    there = set(columns)
    found = []
    if {"_load_id", "_row"} <= there:
        found.append("(_load_id, _row) in (from temp.erased_rows)")
    if {"load_id", "row_no"} <= there:
        found.append("(load_id, row_no) in (from temp.erased_rows)")
    found += [
        f"{name} in (from {_IDS})"
        for name in ("customer_id", "own_customer_id", "heir_customer_id")
        if name in there
    ]
    found += [
        f"{name} in (from temp.erased_numbers)"
        for name in ("customer_no", "record_no")
        if name in there
    ]
    if {"source", "source_customer_id"} <= there or {"source", "source_order_id"} <= there:
        found.append(condition(columns))
    return " or ".join(f"({each})" for each in found)
