"""The planted truth about orders, people and times is found in the exports of a dirty company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
import yaml

from demo import generate
from deployment.config_file import load_config
from deployment.home import Home
from ingestion.exchange_rates import write_exchange_rates
from ingestion.extraction.sources import extract
from tests.integration.deployments import DEMO, Deployment
from warehouse.connection import Warehouse, write_run_dates

# Drops on which orders are edited and refunded, so that the versions differ.
DROPS = 10
DAY = date(2026, 6, 30)
PEOPLE = 400
MODELS = (
    "dim_customers", "fct_orders", "fct_tickets", "daily_totals", "rejected_rows",
    "data_quality_daily",
)  # fmt: skip

VIEWS = """
create temp view people as select distinct person_id from '{truth}/records.parquet';
create temp view planted as from '{truth}/dirt.parquet';
create temp view times as from '{truth}/times.parquet';
create temp view unreadable as
select row_key as order_no from times where table_name = 'orders' and not is_readable;
create temp view orders as from '{truth}/orders.parquet' anti join unreadable using (order_no);
create temp view found as
select records.person_id, history.customer_id
from '{truth}/records.parquet' as records
inner join intermediate.int_identity_history as history
    on records.source = history.source and source_record_id = source_customer_id
where valid_to = date '9999-12-31';
-- People whose records are one customer, and nobody else's.
create temp table one_customer as
select person_id, any_value(customer_id) as customer_id
from found
where
    customer_id in (select customer_id from found group by all having count(distinct person_id) = 1)
group by person_id
having count(distinct customer_id) = 1;
"""


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of a company with all dirt, built as far as orders, beside its truth."""
    folder = tmp_path_factory.mktemp("dirty")
    home, config = Home(folder / "home").create(), folder / "dirty.yml"
    generate(home.landing, folder / "truth", people=PEOPLE, daily_drops=DROPS, dirt=1)
    rates = home.landing / "exchange_rates.csv"
    settings = yaml.safe_load(DEMO.read_text(encoding="utf-8")) | {"exchange_rates": str(rates)}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    deployment = Deployment(home, config)
    deployment.runner()
    warehouse = Warehouse(home.warehouse)
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect() as con:
        for name, source in load_config(config).sources.items():
            assert extract(con, name, source, home, [DAY]).failure is None
        write_run_dates(con, [DAY], [])
        assert write_exchange_rates(con, rates) == []
    deployment.dbt("seed")
    deployment.dbt("run", "--select", *(f"+{model}" for model in MODELS))
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        con.execute(VIEWS.format(truth=folder / "truth"))
        con.execute(f"create temp view delivered as from '{home.landing}/shop/orders/*.parquet'")
        con.execute(f"create temp view lines as from '{home.landing}/shop/order_lines/*.parquet'")
        yield con


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return con.execute(query).fetchall()


def test_every_kind_of_trouble_is_planted(dirty: duckdb.DuckDBPyConnection) -> None:
    kinds = {kind for (kind,) in rows(dirty, "select distinct kind from orders")}
    assert kinds == {
        "plain", "two refunds", "refund beyond the order", "credit note", "currency with a rate",
        "currency without a rate", "currency in lower case", "failed payment", "gift card",
        "goods and gift card", "free order", "edited", "edited, lines unfit",
    }  # fmt: skip
    spellings = rows(dirty, "select distinct table_name, spelling from times")
    assert len(spellings) == 8 + 3


def test_people_are_found(dirty: duckdb.DuckDBPyConnection) -> None:
    pairs = "select sum(n * (n - 1) / 2) from (select count(*) as n from found group by {})"
    [(right, merged, planted)] = rows(
        dirty,
        "select "
        + ", ".join(
            f"({pairs.format(keys)})"
            for keys in ("customer_id, person_id", "customer_id", "person_id")
        ),
    )
    assert right >= 0.99 * merged  # type: ignore[operator]
    assert right >= 0.97 * planted  # type: ignore[operator]
    [(alone, people)] = rows(
        dirty, "select (select count(*) from one_customer), (select count(*) from people)"
    )
    assert isinstance(alone, int)
    assert alone >= 0.95 * int(str(people))


def test_what_customers_bought_last_and_kept_paying_is_what_was_planted(
    dirty: duckdb.DuckDBPyConnection,
) -> None:
    assert not rows(
        dirty,
        """
        with planted as (
            select
                person_id,
                count(*) filter (is_purchase) as order_count,
                max(ordered_on) filter (is_purchase) as last_order_on,
                sum(net_revenue) as net_revenue,
            from orders
            group by person_id
        )

        select customers.*, planted.*
        from one_customer
        inner join marts.dim_customers as customers using (customer_id)
        left join planted using (person_id)
        where
            customers.order_count != coalesce(planted.order_count, 0)
            or cast(customers.last_order_at as date) is distinct from planted.last_order_on
            or customers.net_revenue is distinct from coalesce(planted.net_revenue, 0)
        """,
    )


def test_daily_revenue_adds_up_to_what_was_planted(dirty: duckdb.DuckDBPyConnection) -> None:
    # Beside the truth: copies of good orders for an unknown customer.
    [(total, planted, copies)] = rows(
        dirty,
        """
        select
            (select sum(total) from marts.daily_totals where metric = 'net_revenue'),
            (select sum(net_revenue) from orders),
            (
                select sum(net_amount - refunded_amount) from marts.fct_orders
                where is_purchase and order_id like 'shop:O9910000000%'
                    and status in ('open', 'completed')
            )
        """,
    )
    assert total == planted + copies  # type: ignore[operator]


def test_amounts_to_look_at_are_named_and_no_others(dirty: duckdb.DuckDBPyConnection) -> None:
    assert dict(
        rows(
            dirty,
            """
            select kind, count(amount_issue) / count(*)
            from orders inner join marts.fct_orders on order_id = 'shop:' || order_no
            group by kind having count(amount_issue) > 0
            """,
        )
    ) == {
        "refund beyond the order": 1,
        "currency without a rate": 1,
        "edited, lines unfit": 1,
    }


def test_rows_are_rejected_for_what_is_unreadable_in_them_and_for_nothing_else(
    dirty: duckdb.DuckDBPyConnection,
) -> None:
    unaccounted = "delivered != accepted + rejected + superseded"
    assert not rows(dirty, f"select * from ops.data_quality_daily where {unaccounted}")
    planted = dict(
        rows(
            dirty,
            """
            select table_name, sum(rows) from planted
            where
                kind in ('missing date', 'repeated key', 'unknown order')
                -- An event counts without an id, and a customer without a date.
                or kind = 'missing id' and table_name != 'events'
                or kind = 'unreadable date' and table_name not in ('customers', 'accounts')
            group by table_name
            """,
        )
    )
    [(orders, lines, tickets)] = rows(
        dirty,
        """
        select
            (
                select count(*) from delivered
                where order_no in (from unreadable) or status = 'failed'
            ),
            (select count(*) from lines where order_no in (from unreadable)),
            (
                select count(*) from raw_helpdesk.tickets
                where ticket_id in (
                    select row_key from times where table_name = 'tickets' and not is_readable
                )
            )
        """,
    )
    for table, number in {"orders": orders, "order_lines": lines, "tickets": tickets}.items():
        assert number
        planted[table] += number  # type: ignore[operator]
    rejected = rows(
        dirty, "select table_name, count(*), count(reason) from ops.rejected_rows group by all"
    )
    assert {table: number for table, number, _ in rejected} == planted
    assert all(number == reasons for _, number, reasons in rejected)


def test_readable_times_are_the_moments_that_were_planted(
    dirty: duckdb.DuckDBPyConnection,
) -> None:
    local = "timezone('Europe/Berlin', timezone('UTC', happened_at))"
    for table, key, moment in (
        ("fct_orders", "order_id", "ordered_at"),
        ("fct_tickets", "ticket_id", "opened_at"),
    ):
        [(spelled, exact)] = rows(
            dirty,
            f"""
            select
                count(*),
                count_if(date_trunc('second', {moment}) = date_trunc('second', {local}))
            from times inner join marts.{table} on {key} = times.source || ':' || row_key
            where is_readable
            """,
        )
        assert spelled
        assert spelled == exact
