"""Hand-over into a table of PostgreSQL, in one transaction.

The table is made if it is missing. Its further columns, such as a status of the receiver's own, are
left alone. Decisions whose customer has withdrawn consent since are deleted from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from deployment.hand_over import PostgresReceiver
from deployment.secrets import SecretError, reveal
from warehouse.hand_over.action_list import COLUMNS
from warehouse.hand_over.outcomes import Outcome
from warehouse.postgres_connection import ERRORS, connect, reason
from warehouse.quoting import identifier

# A table that the receiver has locked must not stop the day.
_LIMITS = ("set local lock_timeout = '30s'", "set local statement_timeout = '120s'")
_TYPES = {
    "snapshot_date": "date not null",
    "customer_id": "text not null",
    "action_id": "text not null",
    "chosen_with_probability": "double precision",
    "expected_uplift": "double precision",
    "expected_net_value": "numeric",
    "expires_on": "date",
}
_COLUMNS = ", ".join(COLUMNS)
_KINDS = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
_SHAPE = f"({_KINDS}, primary key (decision_id))"
_GIVEN = "given_rows"


class PostgresTable:
    """The table of the configuration; its password is looked up when actions are sent."""

    name = "postgres"

    def __init__(self, receiver: PostgresReceiver) -> None:
        """Take the settings; no connection is opened yet."""
        self._receiver = receiver

    def send(self, actions: pa.Table) -> Iterator[list[Outcome]]:
        """Insert the actions, or update those that the table has.

        Yields:
            The outcomes of all actions: the transaction takes all of them, or none.
        """
        if not len(actions):
            return
        updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
        error = self._write(
            actions,
            f"insert into {self._table} ({_COLUMNS}) select {_COLUMNS} from {_GIVEN}"
            f" on conflict (decision_id) do update set {updates}",
        )
        yield [Outcome(decision_id, 1, error) for decision_id in actions["decision_id"].to_pylist()]

    def withdraw(self, decision_ids: Sequence[str]) -> str | None:
        """Delete decisions from the table; return the reason if that failed."""
        return self._write(
            pa.table({"decision_id": pa.array(decision_ids, pa.string())}),
            f"delete from {self._table} where decision_id in (select decision_id from {_GIVEN})",
        )

    @property
    def _table(self) -> str:
        return identifier(*self._receiver.table.split("."))

    def _write(self, given: pa.Table, statement: str) -> str | None:
        """Execute a statement that reads given rows; return the reason if nothing was written."""
        try:
            url = reveal(self._receiver.url)
        except SecretError as error:
            return str(error)
        try:
            with connect(url) as connection, connection.cursor() as cursor:
                for preparation in (*_LIMITS, f"create table if not exists {self._table} {_SHAPE}"):
                    cursor.execute(preparation)
                cursor.adbc_ingest(_GIVEN, given, mode="create", temporary=True)
                cursor.execute(statement)
                connection.commit()
        except ERRORS as error:
            return f"{self._receiver.table} cannot be written ({reason(error, url)})"
        return None
