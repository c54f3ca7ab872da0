"""Decisions of the deployment on source records: one customer's, or two customers'.

Reads the CSV file that `identity.decisions` of the configuration names into
`ops.identity_decisions`. The effect of a decision does not belong here
(`dbt_project/models/intermediate/identity`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseError
from warehouse.transaction import transaction

DECISIONS = ("always_same", "never_same")
RECORDS = ("source_a", "source_customer_id_a", "source_b", "source_customer_id_b")
COLUMNS = ("decision", *RECORDS, "decided_on")


@dataclass(frozen=True)
class IdentityDecision:
    """One line of the file; `fault` says why it is not applied, None if it is."""

    line: int
    decision: str
    records: tuple[str, str, str, str]
    decided_on: date | None
    fault: str | None


def read_identity_decisions(path: Path) -> list[IdentityDecision]:
    """Decisions of a CSV file with the columns COLUMNS, in the file's order.

    An empty `decided_on` stands for a decision from the beginning.

    Raises:
        WarehouseError: the file cannot be read, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise WarehouseError(
                    f"{path}: line 1: the column {missing[0]} is missing. The columns are"
                    f" {', '.join(COLUMNS)}"
                )
            return [_decision(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WarehouseError(
            f"{path}: the decisions on identities cannot be read ({error}). Restore the file, or"
            " remove identity.decisions from the configuration, which undoes all decisions"
        ) from error


def write_identity_decisions(
    con: duckdb.DuckDBPyConnection, path: Path | None
) -> list[IdentityDecision]:
    """Replace `ops.identity_decisions` by the file's rows; by none without a file.

    Returns the decisions that are not applied.

    Raises:
        WarehouseError: the file cannot be read, or lacks a column.
    """
    decisions = read_identity_decisions(path) if path else []
    with transaction(con):
        con.execute("delete from ops.identity_decisions")
        for entry in decisions:
            con.execute(
                "insert into ops.identity_decisions values (?, ?, ?, ?, ?, ?, ?)",
                [entry.decision, *entry.records, entry.decided_on, entry.fault],
            )
    return [entry for entry in decisions if entry.fault]


def fault_messages(path: Path, decisions: list[IdentityDecision]) -> Iterator[str]:
    """A message for each decision that is not applied: file, line, reason."""
    for entry in decisions:
        yield f"{path}: line {entry.line}: {entry.fault}. The decision is not applied"


def _decision(line: int, row: dict[str, str | None]) -> IdentityDecision:
    values = {name: (row.get(name) or "").strip() for name in COLUMNS}
    a, id_a, b, id_b = (values[name] for name in RECORDS)
    decided_on, fault = None, None
    if values["decision"] not in DECISIONS:
        fault = f"decision: expected {' or '.join(DECISIONS)}"
    elif not all((a, id_a, b, id_b)):
        fault = "a source or an id of a record is empty"
    elif (a, id_a) == (b, id_b):
        fault = "both records are the same"
    if values["decided_on"]:
        try:
            decided_on = date.fromisoformat(values["decided_on"])
        except ValueError:
            fault = fault or "decided_on: expected a date such as 2026-06-30"
    return IdentityDecision(line, values["decision"], (a, id_a, b, id_b), decided_on, fault)
