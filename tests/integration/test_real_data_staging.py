"""Staging of real, dirty data, row by row: which rows are accepted, which are rejected, and why.

The data sets are public and not part of the repository: ONLINE_RETAIL_DIR and RAVENSTACK_DIR name
their folders (the DD-MM-YYYY edition of RavenStack lies beside it, its name ending in _dmy).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from deployment.config_file import load_config
from deployment.home import Home
from ingestion.extraction.files import extract_files
from ingestion.opened_source import open_source
from tests.integration.deployments import ROOT, Deployment
from warehouse.connection import Warehouse

RAVENSTACK_ENTITIES = ("customers", "subscriptions", "tickets", "events", "feedback")

# Every code of the export that is no product; staging recognises products by their code's form.
NOT_PRODUCTS = (
    "POST", "DOT", "C2", "C3", "M", "D", "S", "B", "ADJUST", "ADJUST2", "BANK CHARGES",
    "AMAZONFEE", "TEST001", "TEST002", "GIFT", *(f"GIFT_0001_{pounds}0" for pounds in range(1, 10)),
)  # fmt: skip

pytestmark = pytest.mark.shared_data


def data_folder(variable: str, suffix: str = "") -> Path:
    """The folder that an environment variable names, or a skip that says what to set."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"set {variable} to the folder of the data set")
    folder = Path(name.rstrip("/") + suffix)
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder} (from {variable})")
    return folder


def landed(config_name: str, variable: str, data: Path, root: Path) -> tuple[Deployment, Warehouse]:
    """A company's deployment with its files in raw tables, and its warehouse."""
    path = ROOT / "config" / f"{config_name}.yml"
    deployment = Deployment(Home(root).create(), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, str(data))
        config = load_config(path)
        warehouse = Warehouse(deployment.home.warehouse, time_zone=config.time_zone)
        warehouse.initialise(config.slug, config.company)
        assert config.last_date is not None
        with warehouse.connect() as con:
            for name, source in config.sources.items():
                extract_files(con, open_source(name, source), deployment.home, config.last_date)
    return deployment, warehouse


@contextmanager
def staged(name: str, variable: str, root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A company's raw tables and its staging views over them, tested by dbt; read only."""
    data = data_folder(variable)
    deployment, warehouse = landed(name, variable, data, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, str(data))
        deployment.dbt("build", "--select", f"path:models/staging/{name}")
    with warehouse.connect(read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    root = tmp_path_factory.mktemp("online_retail")
    with staged("online_retail", "ONLINE_RETAIL_DIR", root) as con:
        # Each query of a view compares all lines for repeats, so the tests query copies.
        con.execute("create temp table lines as from staging.stg_online_retail__order_lines")
        con.execute("create temp table orders as from staging.stg_online_retail__orders")
        con.execute("create temp table customers as from staging.stg_online_retail__customers")
        con.execute("create temp view raw as from raw_online_retail.invoice_lines")
        yield con


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    root = tmp_path_factory.mktemp("ravenstack")
    with staged("ravenstack", "RAVENSTACK_DIR", root) as con:
        yield con


def one(con: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> Any:
    """The only row of a query, or its only value."""
    (row,) = con.execute(query, list(parameters)).fetchall()
    return row if len(row) > 1 else row[0]


def test_every_delivered_line_counts_or_says_why_not(shop: duckdb.DuckDBPyConnection) -> None:
    reasons = dict(
        shop.execute(
            """
            select regexp_extract(_reject_reason, '^(repeats line|[^:]+)'), count(*)
            from lines
            group by all
            """
        ).fetchall()
    )
    assert reasons == {
        None: 511_989,
        "repeats line": 6_865,
        "not a product": 2_957,
        "stock adjustment": 2_119,
        "not paid for": 1_528,
        "not an invoice": 3,
    }
    assert sum(reasons.values()) == one(shop, "select count(*) from raw") == 525_461


def test_a_whole_line_that_is_repeated_is_kept_once_the_first(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    content = (
        '(Invoice, StockCode, Description, Quantity, InvoiceDate, Price, "Customer ID", Country)'
    )
    wrong = one(
        shop,
        f"""
        with firsts as (select {content} as content, min(_row) as first_row from raw group by all)
        select count(*)
        from raw
        inner join firsts on {content} is not distinct from firsts.content
        inner join lines on raw._row = lines._row
        where
            case when raw._row > first_row then 'repeats line ' || first_row end
            is distinct from
            case when _reject_reason like 'repeats%' then _reject_reason end
        """,
    )
    assert wrong == 0


def test_lines_of_one_product_in_one_invoice_that_differ_are_different_lines(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    accepted = "from lines where _reject_reason is null"
    assert one(shop, f"select count(*) = count(distinct source_order_line_id) {accepted}")
    assert one(
        shop,
        f"select count(*) from (select 1 {accepted} group by source_order_id, product_id"
        " having count(*) > 1)",
    )


def test_what_is_no_product_is_no_line_of_an_order(shop: duckdb.DuckDBPyConnection) -> None:
    codes = shop.execute("select distinct product_id from lines where _reject_reason is null")
    assert not {code for (code,) in codes.fetchall()} & set(NOT_PRODUCTS)
    refused = shop.execute(
        "select distinct product_id from lines where _reject_reason like '%product%'"
    )
    assert {code for (code,) in refused.fetchall()} <= set(NOT_PRODUCTS)


def test_an_invoice_of_nothing_but_fees_is_no_order(shop: duckdb.DuckDBPyConnection) -> None:
    fees_only, of_these_orders = one(
        shop,
        """
        with fees as (
            select Invoice as invoice
            from raw
            group by all
            having bool_and(list_contains(?, upper(trim(StockCode))))
        )
        select count(*), count(orders.source_order_id)
        from fees
        left join orders on fees.invoice = orders.source_order_id
        """,
        list(NOT_PRODUCTS),
    )
    assert fees_only > 0
    assert of_these_orders == 0


def test_a_credit_note_is_never_a_purchase(shop: duckdb.DuckDBPyConnection) -> None:
    assert shop.execute(
        """
        select status, starts_with(source_order_id, 'C'), count(*), count(source_customer_id)
        from orders
        group by all
        order by all
        """
    ).fetchall() == [("completed", False, 20_573, 18_966), ("refunded", True, 4_106, 4_021)]
    assert one(
        shop,
        """
        select bool_and(net_amount = 0 and refunded_amount > 0 and refunded_at = ordered_at)
        from orders
        where status = 'refunded'
        """,
    )


def test_every_purchase_has_money_in_it_and_it_is_that_of_its_lines(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    assert one(
        shop,
        """
        with sums as (
            select source_order_id, sum(cast(quantity as decimal(18, 3)) * unit_price) as amount
            from lines
            where _reject_reason is null
            group by all
        )
        select bool_and(net_amount > 0 and abs(net_amount - amount) < 0.01)
        from orders
        inner join sums using (source_order_id)
        where status = 'completed'
        """,
    )


def test_an_order_without_a_customer_number_is_a_guest_s(shop: duckdb.DuckDBPyConnection) -> None:
    guests, wrong = one(
        shop,
        """
        with payers as (
            select Invoice as source_order_id, max("Customer ID") as customer from raw group by all
        )
        select
            count(*) filter (where status = 'completed' and source_customer_id is null),
            count(*) filter (
                where try_cast(source_customer_id as double) is distinct from customer
            )
        from orders
        inner join payers using (source_order_id)
        """,
    )
    assert guests == 1_607
    assert wrong == 0


def test_an_invoice_entered_at_several_times_is_one_order_at_the_earliest(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    assert one(shop, "select count(*) = count(distinct source_order_id) from orders")
    several, wrong = one(
        shop,
        """
        with entered as (
            select
                source_order_id,
                min(InvoiceDate) as first_at,
                count(distinct InvoiceDate) as times
            from raw
            inner join lines on raw._row = lines._row and lines._reject_reason is null
            group by all
        )
        select
            count(*) filter (where times > 1),
            count(*) filter (where ordered_at != first_at)
        from entered
        inner join orders using (source_order_id)
        """,
    )
    assert several > 0
    assert wrong == 0


def test_a_customer_is_one_row_whichever_countries_the_lines_name(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    assert one(shop, "select count(*), count(distinct source_customer_id) from customers") == (
        4_383,
        4_383,
    )
    movers = shop.execute(
        """
        select source_customer_id, country
        from customers
        where source_customer_id in ('12417', '12422', '12423', '12431', '12745')
        order by all
        """
    ).fetchall()
    assert movers == [
        ("12417", "BE"), ("12422", "CH"), ("12423", "BE"), ("12431", "AU"), ("12745", "GB"),
    ]  # fmt: skip


def test_only_a_purchase_of_goods_makes_a_customer_look_alive(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    """Before September 2010, 22 customers paid only for postage, corrections or tests."""
    read = one(
        shop,
        """
        select count(distinct source_customer_id)
        from orders
        where status = 'completed' and ordered_at < '2010-09-01'
        """,
    )
    naively_read = one(
        shop,
        """
        select count(distinct "Customer ID")
        from raw
        where Invoice not like 'C%' and Quantity > 0 and Price > 0 and InvoiceDate < '2010-09-01'
        """,
    )
    assert (read, naively_read) == (3_299, 3_321)


def test_both_editions_of_the_subscription_company_read_the_same(
    company: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    data = data_folder("RAVENSTACK_DIR", suffix="_dmy")
    _, warehouse = landed("ravenstack", "RAVENSTACK_DIR", data, tmp_path)
    views = company.execute("select sql from duckdb_views() where schema_name = 'staging'")
    with warehouse.connect() as other:
        other.execute("create schema if not exists staging")
        for (view,) in views.fetchall():
            other.execute(view)
        for entity in RAVENSTACK_ENTITIES:
            query = f"from staging.stg_ravenstack__{entity} order by _load_id, _row"
            rows = company.execute(query).fetchall()
            assert rows
            assert other.execute(query).fetchall() == rows


@pytest.mark.parametrize(
    ("entity", "delivered"),
    list(zip(RAVENSTACK_ENTITIES, (500, 5_000, 2_000, 25_000, 600), strict=True)),
)
def test_every_row_of_the_subscription_company_can_be_read(
    company: duckdb.DuckDBPyConnection, entity: str, delivered: int
) -> None:
    assert one(
        company,
        f"""
        select count(*), count(_reject_reason), count(_lost_fields), count(source_customer_id)
        from (
            select null::varchar as _reject_reason, null::varchar[] as _lost_fields
            where false
            union all by name
            select * from staging.stg_ravenstack__{entity}
        )
        """,
    ) == (delivered, 0, 0, delivered)


def test_a_contract_ends_on_its_end_date_or_on_its_account_s_next_churn_event(
    company: duckdb.DuckDBPyConnection,
) -> None:
    with_end_date, ended, wrong = one(
        company,
        """
        with expected as (
            select
                contracts.subscription_id,
                any_value(contracts.end_date) as end_date,
                least(any_value(contracts.end_date), min(events.churn_date)) as ended_on
            from raw_ravenstack.subscriptions as contracts
            left join raw_ravenstack.churn_events as events
                on
                    contracts.account_id = events.account_id
                    and events.churn_date >= contracts.start_date
            group by all
        )
        select
            count(end_date),
            count(ended_at),
            count(*) filter (where strftime(ended_at, '%Y-%m-%d') is distinct from ended_on)
        from expected
        inner join staging.stg_ravenstack__subscriptions as staged
            on expected.subscription_id = staged.source_subscription_id
        """,
    )
    assert (with_end_date, ended) == (486, 2_421)
    assert wrong == 0


def test_the_account_s_churn_flag_is_no_end_of_its_contracts(
    company: duckdb.DuckDBPyConnection,
) -> None:
    flagged, still_under_contract = one(
        company,
        """
        select
            count(*),
            count(*) filter (
                where account_id in (
                    select source_customer_id
                    from staging.stg_ravenstack__subscriptions
                    where ended_at is null
                )
            )
        from raw_ravenstack.accounts
        where churn_flag = 'TRUE'
        """,
    )
    assert flagged == 110
    assert still_under_contract > flagged / 2


def test_what_was_not_answered_is_unknown_and_not_zero(company: duckdb.DuckDBPyConnection) -> None:
    assert one(
        company,
        """
        select count(*) filter (where csat_score is null), min(csat_score), max(csat_score)
        from staging.stg_ravenstack__tickets
        """,
    ) == (825, 3, 5)
    assert (
        one(
            company,
            "select count(*) filter (where text is null) from staging.stg_ravenstack__feedback",
        )
        == 148
    )
