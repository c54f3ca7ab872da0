"""Bad rows in known numbers. A correct pipeline rejects each of them and does not stop.

Each is a copy of a good row of the history's drop with some columns replaced. A copy without a
replaced column repeats a key. The numbers do not depend on the scale, so tests can state them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from demo.exports import EXPORTS


@dataclass(frozen=True)
class Dirt:
    """A kind of bad row.

    `rows` is their number. `replaced` maps columns to SQL, in which `copy_no` counts from 1.
    """

    source: str
    table: str
    kind: str
    rows: int
    replaced: dict[str, str] = field(default_factory=dict)


DIRT = (
    Dirt(
        "crm",
        "customers",
        "unreadable date",
        3,
        {"customer_no": "'C9900000' || copy_no", "created": "'31.02.2025'"},
    ),
    Dirt("crm", "customers", "missing id", 2, {"customer_no": "null"}),
    Dirt("crm", "customers", "repeated key", 3),
    Dirt(
        "crm",
        "touches",
        "unreadable date",
        2,
        {"contact_id": "'T9900000000' || copy_no", "sent_at": "'gestern'"},
    ),
    Dirt(
        "crm",
        "touches",
        "unknown customer",
        2,
        {"contact_id": "'T9910000000' || copy_no", "customer_no": "'C0000000'"},
    ),
    Dirt(
        "shop",
        "accounts",
        "unreadable date",
        2,
        {"account_no": "'A990000000' || copy_no", "created_at": "'0000-00-00T00:00:00Z'"},
    ),
    Dirt("shop", "accounts", "missing id", 2, {"account_no": "null"}),
    Dirt("shop", "orders", "missing id", 2, {"order_no": "null"}),
    Dirt(
        "shop",
        "orders",
        "missing date",
        2,
        {"order_no": "'O99000000000' || copy_no", "ordered_at": "null"},
    ),
    Dirt(
        "shop",
        "orders",
        "unknown customer",
        2,
        {"order_no": "'O99100000000' || copy_no", "account_no": "'A00000000'"},
    ),
    Dirt("shop", "orders", "repeated key", 3),
    Dirt(
        "shop",
        "order_lines",
        "unknown order",
        5,
        {"order_no": "'O00000000000' || copy_no"},
    ),
    Dirt("shop", "order_lines", "repeated key", 2),
    Dirt("shop", "events", "missing id", 3, {"event_id": "null"}),
    Dirt(
        "shop",
        "events",
        "unknown customer",
        2,
        {"event_id": "'99000000000000' || copy_no", "account_no": "'A00000000'"},
    ),
    Dirt("shop", "events", "repeated key", 4),
    Dirt(
        "shop",
        "reviews",
        "unreadable date",
        2,
        {"review_id": "'R99000000000' || copy_no", "created_at": "'last week'"},
    ),
    Dirt(
        "shop",
        "reviews",
        "unreadable rating",
        1,
        {"review_id": "'R99100000000' || copy_no", "rating": "'\"n/a\"'::json"},
    ),
    Dirt("helpdesk", "requesters", "repeated key", 2),
    Dirt(
        "helpdesk",
        "tickets",
        "unreadable date",
        2,
        {"ticket_id": "99000000000 + copy_no", "opened": "'\"yesterday\"'::json"},
    ),
    Dirt("helpdesk", "tickets", "missing id", 1, {"ticket_id": "null"}),
    Dirt(
        "helpdesk",
        "tickets",
        "unknown customer",
        2,
        {"ticket_id": "99100000000 + copy_no", "requester_id": "1"},
    ),
    Dirt(
        "helpdesk",
        "messages",
        "unreadable date",
        2,
        {"message_id": "99000000000 + copy_no", "sent": "'\"yesterday\"'::json"},
    ),
)


def plant(connection: duckdb.DuckDBPyConnection, history_day: int) -> None:
    """Add the bad rows to the `delivered_…` tables and their numbers to `truth_dirt`.

    Every bad row is a copy of a different good row, so that no two of them affect one key.
    """
    connection.execute(
        "create or replace table truth_dirt"
        " (source varchar, table_name varchar, kind varchar, rows integer)"
    )
    for export in EXPORTS:
        kinds = [
            dirt for dirt in DIRT if (dirt.source, dirt.table) == (export.source, export.table)
        ]
        connection.execute(
            f"create or replace temp table good_rows as"
            f" select *, row_number() over (order by {export.order}) as good_row from ("
            f" select * from {export.relation} where drop_day = {history_day}"
            f" order by {export.order} limit {sum(dirt.rows for dirt in kinds)})"
        )
        first = 0
        for dirt in kinds:
            _plant_kind(connection, export.relation, dirt, first)
            first += dirt.rows


def _plant_kind(
    connection: duckdb.DuckDBPyConnection, relation: str, dirt: Dirt, first: int
) -> None:
    """Insert copies of the good rows after number `first`, with the columns replaced."""
    replaced = ", ".join(f"{sql} as {column}" for column, sql in dirt.replaced.items())
    connection.execute(
        f"insert into {relation}"
        f" select * exclude (good_row, copy_no) {f'replace ({replaced})' if replaced else ''}"
        f" from (select *, good_row - {first} as copy_no from good_rows)"
        f" where copy_no between 1 and {dirt.rows}"
    )
    connection.execute(
        "insert into truth_dirt"
        f" select '{dirt.source}', '{dirt.table}', '{dirt.kind}', count(*) from good_rows"
        f" where good_row > {first} and good_row <= {first + dirt.rows}"
    )
