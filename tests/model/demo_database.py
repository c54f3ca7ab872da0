"""The demo company's deliveries and truth in one database, for the tests of what is planted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from demo import generate
from demo.sql_files import WORDS

PEOPLE = 2500
FIRST_DATE = date(2024, 7, 1)
LAST_DATE = date(2026, 6, 30)
CAUSES = {
    "product_fit",
    "service_response",
    "price_sensitivity",
    "emotional_bond",
    "external_environment",
}


@contextmanager
def demo_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the truth, with orders, events, reviews and tickets by person, and touches.

    Every row of a source is joined to its person by the truth; of rows delivered again, the last.
    """
    generate(folder / "landing", folder / "truth", people=PEOPLE)
    landing = folder / "landing"
    with duckdb.connect() as connection:
        for file in (folder / "truth").iterdir():
            connection.execute(f"create view {file.stem} as from '{file}'")
        connection.execute(
            f"""
            create table orders as
            select person_id, source.* exclude (filename)
            from read_parquet('{landing}/shop/orders/*.parquet', filename = true) as source
            inner join records on account_no = source_record_id
            where order_no is not null and ordered_at is not null
            qualify row_number() over (partition by order_no order by filename desc) = 1;

            create table touches as
            select contact_id, arm, cost::double as cost,
                strptime(sent_at, '%d.%m.%Y %H:%M') as sent_at,
                strptime(redeemed_at, '%d.%m.%Y %H:%M') as redeemed_at
            from read_csv('{landing}/crm/touches/*.csv', filename = true, all_varchar = true,
                delim = ';')
            where contact_id in (select contact_id from touch_outcomes)
            qualify row_number() over (partition by contact_id order by filename desc) = 1;

            create table events as
            select person_id, source.*
            from '{landing}/shop/events/*.parquet' as source
            inner join records on account_no = source_record_id
            where event_id is not null;

            create table reviews as
            select person_id, try_cast(created_at as timestamp) as created_at,
                try_cast(rating as integer) as rating, text
            from read_ndjson('{landing}/shop/reviews/*.jsonl')
            inner join records on account_no = source_record_id;

            create table surveys as
            select distinct text, topic from read_csv('{WORDS}/texts.csv') where kind = 'survey';

            create table answering as select action_id, cause from '{WORDS}/actions.csv';

            create table tickets as
            select person_id, make_timestamp_ms(try_cast(opened as bigint)) as opened_at,
                (first_response - try_cast(opened as bigint)) / 3.6e6 as wait_hours,
                satisfaction.score as csat, reopened_count, topic
            from read_ndjson('{landing}/helpdesk/tickets/*.jsonl', filename = true)
            inner join records on requester_id::varchar = source_record_id
            where ticket_id is not null
            qualify row_number() over (partition by ticket_id order by filename desc) = 1;

            -- The days before a planted end, and the same length of days of people in no trouble.
            create table periods as
            select person_id, cause, starts_on, ends_on
            from episodes where ends_in_leaving and strength > 0.5 and ends_on < date '{LAST_DATE}'
            union all
            select person_id, 'none', joined_on, date '{LAST_DATE}'
            from people
            where standing = 'buyer' and not is_coupon_hunter
                and person_id not in (select person_id from episodes);
            """
        )
        yield connection


def value(demo: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The one value of a query."""
    row = demo.execute(query).fetchone()
    assert row is not None
    return row[0]


def by_cause(demo: duckdb.DuckDBPyConnection, query: str) -> dict[str, float]:
    """Runs a query that gives (cause, number) for each cause and for 'none'."""
    return dict(demo.execute(query).fetchall())
