"""Stripe's export: seconds since 1970, minor units, attempts that are no payments, and pauses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from deployment.config_file import load_config
from deployment.home import Home
from ingestion.extraction.files import extract_files
from ingestion.opened_source import open_source
from tests.integration.deployments import ROOT, Deployment
from warehouse.connection import Warehouse

CONFIG = ROOT / "config" / "examples" / "stripe.yml"
DAY = date(2026, 4, 15)
FILES = {
    "customers": """
cus_1,ann@example.com,+49301234567,Ann Ash,1767225600,de,Berlin,
cus_2,,,,,,,true
""",
    # 1775037600 is 2026-04-01 10:00 UTC.
    "subscriptions": """
sub_1,cus_1,active,1767225600,,,false,,,pro,12345,month,1,2,eur,
sub_2,cus_2,active,1767225600,,,false,void,1778400000,pro,120000,year,1,,eur,
sub_3,cus_3,trialing,1774396800,1775606400,,false,,,pro,3000,month,1,1,EUR,
sub_4,cus_4,canceled,1774396800,1775606400,1775606400,false,,,pro,3000,month,1,1,eur,unpaid
sub_5,cus_5,incomplete_expired,1772323200,,1772409600,false,,,pro,3000,month,1,1,eur,
sub_6,cus_6,past_due,1767225600,,,true,,,pro,3000,month,3,1,usd,
sub_7,cus_7,active,soon,,,false,,,pro,3000,month,1,1,eur,
sub_8,cus_8,active,1767225600,tomorrow,,false,,,pro,3000,month,1,1,eur,
""",
    "charges": """
ch_1,cus_1,1775037600,jpy,12000,12000,true,succeeded
ch_2,cus_1,1775037600,KWD,12345,,true,succeeded
ch_3,cus_1,1775037600,eur,12345,10000,true,succeeded
ch_4,cus_1,1775037600,eur,5500,0,false,failed
ch_5,cus_1,1775037600,eur,5500,,false,succeeded
ch_6,cus_1,1775037600000,eur,5500,,true,pending
""",
    "refunds": """
re_1,ch_3,1775124000,eur,3000,succeeded
re_2,ch_3,1775124000,eur,999,failed
""",
}


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The staging views over one day's export."""
    root = tmp_path_factory.mktemp("stripe")
    exports = root / "exports"
    exports.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIPE_EXPORT_DIR", str(exports))
        config = load_config(CONFIG)
        source = config.sources["stripe"]
        for table, rows in FILES.items():
            header = ",".join(source.tables[table].columns)
            (exports / f"{table}_{DAY}.csv").write_text(f"{header}\n{rows.strip()}\n")
        deployment = Deployment(Home(root / "home").create(), CONFIG)
        warehouse = Warehouse(deployment.home.warehouse, time_zone=config.time_zone)
        warehouse.initialise(config.slug, config.company)
        with warehouse.connect() as con:
            extract_files(con, open_source("stripe", source), deployment.home, DAY)
        deployment.dbt("build", "--select", "path:models/staging/stripe", "currencies")
    with warehouse.connect(read_only=True) as con:
        yield con


def test_amounts_are_in_the_units_of_their_currency(staged: duckdb.DuckDBPyConnection) -> None:
    assert staged.execute(
        """
        select source_order_id, currency, net_amount, status from staging.stg_stripe__orders
        where _reject_reason is null order by all
        """
    ).fetchall() == [
        ("ch_1", "JPY", Decimal("12000.000"), "completed"),
        ("ch_2", "KWD", Decimal("12.345"), "completed"),
        ("ch_3", "EUR", Decimal("100.000"), "completed"),
        ("ch_6", "EUR", Decimal("55.000"), "open"),
    ]


def test_an_attempt_is_no_payment(staged: duckdb.DuckDBPyConnection) -> None:
    assert dict(
        staged.execute(
            """
            select source_order_id, _reject_reason from staging.stg_stripe__orders
            where _reject_reason is not null
            """
        ).fetchall()
    ) == {
        "ch_4": "failed attempt to charge",
        "ch_5": "authorisation that was not captured",
    }


def test_seconds_and_milliseconds_are_local_times(staged: duckdb.DuckDBPyConnection) -> None:
    assert staged.execute(
        "select distinct cast(ordered_at as varchar) from staging.stg_stripe__orders"
    ).fetchall() == [("2026-04-01 12:00:00",)]


def test_a_refund_has_its_own_day_and_one_that_failed_is_none(
    staged: duckdb.DuckDBPyConnection,
) -> None:
    assert staged.execute(
        """
        select
            source_refund_id, source_order_id, cast(refunded_at as varchar), amount, _reject_reason
        from staging.stg_stripe__refunds order by all
        """
    ).fetchall() == [
        ("re_1", "ch_3", "2026-04-02 12:00:00", Decimal("30.000"), None),
        ("re_2", "ch_3", "2026-04-02 12:00:00", Decimal("9.990"), "not paid back: failed"),
    ]


def test_each_subscription_has_its_status_dates_and_fee(staged: duckdb.DuckDBPyConnection) -> None:
    rows = {
        row[0]: row[1:]
        for row in staged.execute(
            """
            select
                source_subscription_id, status, cast(trial_ends_at as date),
                cast(resumes_at as date), cast(ended_at as date), monthly_amount, term_months,
                auto_renew
            from staging.stg_stripe__subscriptions where _reject_reason is null
            """
        ).fetchall()
    }
    trial_end = date(2026, 4, 8)
    assert rows == {
        "sub_1": ("active", None, None, None, Decimal("246.90"), 1, True),
        # Stripe says active while it collects nothing.
        "sub_2": ("paused", None, date(2026, 5, 10), None, Decimal("100.00"), 12, True),
        "sub_3": ("trialing", trial_end, None, None, Decimal("30.00"), 1, True),
        "sub_4": ("canceled", trial_end, None, trial_end, Decimal("30.00"), 1, True),
        "sub_5": ("incomplete_expired", None, None, date(2026, 3, 2), Decimal("30.00"), 1, True),
        "sub_6": ("past_due", None, None, None, None, 3, False),
        "sub_8": ("active", None, None, None, Decimal("30.00"), 1, True),
    }


def test_a_bad_start_rejects_the_row_and_a_bad_trial_costs_the_field(
    staged: duckdb.DuckDBPyConnection,
) -> None:
    assert staged.execute(
        """
        select source_subscription_id, _reject_reason, _lost_fields
        from staging.stg_stripe__subscriptions
        where _reject_reason is not null or _lost_fields is not null
        order by all
        """
    ).fetchall() == [
        ("sub_7", "unreadable start_date: soon", None),
        ("sub_8", None, ["trial_ends_at"]),
    ]


def test_a_deleted_customer_is_an_erasure(staged: duckdb.DuckDBPyConnection) -> None:
    assert staged.execute(
        """
        select source_customer_id, email, full_name, country, _reject_reason
        from staging.stg_stripe__customers order by all
        """
    ).fetchall() == [
        ("cus_1", "ann@example.com", "Ann Ash", "DE", None),
        ("cus_2", None, None, None, None),
    ]
