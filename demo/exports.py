"""Export files of the demo company's systems, with their formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Export:
    """One table of one system.

    `order` sorts every file. It is a total order except for planted repeats, which are identical,
    so the same rows always give the same bytes. `has_byte_order_mark` applies to the history only:
    a spreadsheet saved the history, and a job writes the daily files.
    """

    source: str
    table: str
    format: Literal["csv", "parquet", "jsonl"]
    order: str
    delimiter: str = ","
    has_byte_order_mark: bool = False

    @property
    def relation(self) -> str:
        """The table of the export's rows of the current batch, with their `drop_day`."""
        return f"delivered_{self.source}_{self.table}"

    @property
    def later(self) -> str:
        """The table of the rows of the daily drops, over all batches."""
        return f"later_{self.source}_{self.table}"

    def path(self, landing: Path, drop: str, part: int = 0) -> Path:
        """Path of a drop; further parts of a large drop have the same name in a subfolder."""
        folder = landing / self.source / self.table
        if part:
            folder /= f"part{part:03d}"
        return folder / f"{self.table}_{drop}.{self.format}"

    def write(
        self, connection: duckdb.DuckDBPyConnection, relation: str, drop_day: int, path: Path
    ) -> None:
        """Write the rows of one drop, sorted.

        JSON lines without a row would be a file of 0 bytes, which looks like a truncated file. Such
        a day has no file. CSV and Parquet without rows still contain their columns.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"copy (select * exclude (drop_day) from {relation} where drop_day = {drop_day}"
            f" order by {self.order}) to '{path}' ({self._options()})"
        )
        if path.stat().st_size == 0:
            path.unlink()

    def prepend_byte_order_mark(self, path: Path) -> None:
        """Prepend a byte order mark, as a spreadsheet does for 'CSV UTF-8'."""
        path.write_bytes(BYTE_ORDER_MARK + path.read_bytes())

    def _options(self) -> str:
        if self.format == "csv":
            return f"format csv, header, delimiter '{self.delimiter}'"
        if self.format == "jsonl":
            return "format json"
        return "format parquet, compression zstd"


EXPORTS = (
    Export(
        "crm",
        "customers",
        "csv",
        order="customer_no, created, email",
        delimiter=";",
        has_byte_order_mark=True,
    ),
    Export("crm", "touches", "csv", order="contact_id", delimiter=";"),
    Export("crm", "preferences", "csv", order="preference_no", delimiter=";"),
    Export("crm", "suppressions", "csv", order="entry_no", delimiter=";"),
    Export("shop", "accounts", "csv", order="account_no, email"),
    Export("shop", "orders", "parquet", order="ordered_at, order_no, account_no"),
    Export("shop", "order_lines", "parquet", order="order_no, line_no"),
    Export("shop", "events", "parquet", order="occurred_at, event_id, account_no"),
    Export("shop", "reviews", "jsonl", order="review_id"),
    Export("helpdesk", "requesters", "jsonl", order="id"),
    Export("helpdesk", "tickets", "jsonl", order="ticket_id, requester_id, opened"),
    Export("helpdesk", "messages", "jsonl", order="message_id"),
)
