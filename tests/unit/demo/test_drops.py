"""A drop contains the data known at the end of its day, in the dialect of its system."""

from __future__ import annotations

import duckdb
import pytest

HISTORY = "2026-06-16"
ENDS = "(timezone('UTC', timezone('Europe/Berlin', drop::timestamp + interval 1 day)))"
DATE = "regexp_extract(filename, '(\\d{4}-\\d\\d-\\d\\d)', 1)::date as drop"


@pytest.fixture(scope="module")
def files(company):
    """Every table with the `drop` a row came in; the help desk's times as timestamps in UTC."""
    landing = company.landing
    with duckdb.connect() as connection:
        for table in ("orders", "events", "order_lines"):
            connection.execute(
                f"create view {table} as select *, {DATE}"
                f" from read_parquet('{landing}/shop/{table}/*.parquet', filename = true)"
            )
        for table, delimiter in (("accounts", ","), ("customers", ";"), ("touches", ";")):
            connection.execute(
                f"create view {table} as select *, {DATE}"
                f" from read_csv('{landing}/*/{table}/*.csv', filename = true,"
                f" all_varchar = true, delim = '{delimiter}')"
            )
        for table in ("reviews", "requesters", "tickets", "messages"):
            connection.execute(
                f"create view {table} as select *, {DATE}"
                f" from read_ndjson('{landing}/*/{table}/*.jsonl', filename = true)"
            )
        yield connection


def count(files, query: str) -> int:
    (number,) = files.execute(f"select count(*) from {query}").fetchone()
    return number


@pytest.mark.parametrize(
    ("table", "time"),
    [
        ("orders", "ordered_at"),
        ("orders", "cancelled_at"),
        ("orders", "refunded_at"),
        ("events", "occurred_at"),
        ("accounts", "try_cast(created_at as timestamp)"),
        ("reviews", "try_cast(created_at as timestamp)"),
        ("requesters", "make_timestamp_ms(created_at)"),
        ("tickets", "make_timestamp_ms(try_cast(opened as bigint))"),
        ("tickets", "make_timestamp_ms(first_response)"),
        ("tickets", "make_timestamp_ms(resolved)"),
        ("tickets", "make_timestamp_ms(satisfaction.rated)"),
        ("messages", "make_timestamp_ms(try_cast(sent as bigint))"),
    ],
)
def test_no_drop_knows_the_future(files, table, time):
    assert count(files, f"{table} where {time} is not null") > 0
    assert count(files, f"{table} where {time} >= {ENDS}") == 0


@pytest.mark.parametrize(
    ("table", "time"),
    [
        ("customers", "try_strptime(created, '%d.%m.%Y')"),
        ("customers", "try_strptime(updated, '%d.%m.%Y')"),
        ("touches", "try_strptime(sent_at, '%d.%m.%Y %H:%M')"),
        ("touches", "try_strptime(redeemed_at, '%d.%m.%Y %H:%M')"),
    ],
)
def test_no_drop_of_the_crm_knows_the_future(files, table, time):
    assert count(files, f"{table} where {time} is not null") > 0
    assert count(files, f"{table} where {time} >= drop + 1") == 0


@pytest.mark.parametrize(("table", "time"), [("events", "occurred_at")])
def test_a_daily_drop_holds_only_its_day(files, table, time):
    starts = ENDS.replace("interval 1 day", "interval 0 day")
    assert count(files, f"{table} where drop > date '{HISTORY}' and {time} < {starts}") == 0


def test_there_is_one_history_and_a_drop_for_each_of_14_days(files):
    drops = files.execute("select distinct drop from orders order by drop").fetchall()

    assert [str(drop) for (drop,) in drops] == [f"2026-06-{day}" for day in range(16, 31)]


def test_open_orders_come_again_settled(files):
    again = files.execute(
        """
        select last(status order by drop)
        from orders
        where order_no is not null
        group by order_no
        having first(status order by drop) = 'open' and count(distinct drop) > 1
        """
    ).fetchall()

    assert len(again) > 5
    assert {status for (status,) in again} <= {"completed", "cancelled", "refunded"}


def test_nothing_that_an_order_says_of_its_making_changes(files):
    assert (
        count(
            files,
            """(
            select order_no from orders where order_no is not null
            group by order_no
            having count(distinct (account_no, ordered_at, gross_amount, net_amount)) > 1
        )""",
        )
        == 0
    )


def test_tickets_come_again_as_they_move_on(files):
    assert (
        count(
            files,
            """(
            select ticket_id from tickets where ticket_id is not null
            group by ticket_id having count(distinct drop) > 1
        )""",
        )
        > 0
    )


def test_rows_of_customers_come_again_only_changed(files):
    assert (
        count(
            files,
            """(
            select customer_no from customers where customer_no is not null
            group by customer_no
            having count(distinct drop) > count(distinct (plan, marketing_consent, updated))
        )""",
        )
        == 0
    )


def test_the_history_of_the_crm_begins_with_a_byte_order_mark_and_the_daily_files_do_not(company):
    folder = company.landing / "crm/customers"

    assert (folder / f"customers_{HISTORY}.csv").read_bytes().startswith(b"\xef\xbb\xbfcustomer_no")
    assert (folder / "customers_2026-06-17.csv").read_bytes().startswith(b"customer_no;")


def test_amounts_of_an_order_are_those_of_its_lines(files):
    assert (
        count(
            files,
            """(
            select order_no
            from (select distinct order_no, gross_amount, discount_amount, net_amount from orders)
            inner join (
                select order_no, sum(quantity * unit_price) as lines
                from (select distinct * exclude (drop, filename) from order_lines)
                group by order_no
            ) using (order_no)
            where gross_amount <> lines or net_amount <> gross_amount - discount_amount
        )""",
        )
        == 0
    )


def test_people_write_in_english_and_in_chinese(files):
    chinese = count(files, "messages where body similar to '.*[\\x{4e00}-\\x{9fff}].*'")

    assert 0 < chinese < 0.4 * count(files, "messages")
