"""Consent by purpose and channel over several systems: a no counts unless a yes came after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from tests.unit.dbt_project.conftest import ParsedProject

ALWAYS = "0001-01-01"
# Customer, record, consent, first and last day of the version, creation and last update of the row.
VERSIONS = [
    ("yes_alone", "crm:1", True, ALWAYS, "9999-12-31", None, None),
    ("unknown", "crm:2", None, ALWAYS, "9999-12-31", None, None),
    # The shop's no was delivered after the CRM's yes, and the CRM corrected an address later.
    ("address_corrected", "crm:3", True, ALWAYS, "2026-06-20", "2025-01-01", "2025-01-01"),
    ("address_corrected", "crm:3", True, "2026-06-20", "9999-12-31", "2025-01-01", "2026-06-20"),
    ("address_corrected", "shop:3", True, ALWAYS, "2026-06-10", "2025-02-01", None),
    ("address_corrected", "shop:3", False, "2026-06-10", "9999-12-31", "2025-02-01", None),
    # The customer said no to the CRM, and yes to the shop two weeks later.
    ("agreed_again", "crm:4", False, ALWAYS, "9999-12-31", "2025-01-01", "2025-03-01"),
    ("agreed_again", "shop:4", False, ALWAYS, "2026-06-15", "2025-02-01", None),
    ("agreed_again", "shop:4", True, "2026-06-15", "9999-12-31", "2025-02-01", None),
    # A new account with a yes is a later yes; on the day of the no it is not.
    ("new_account", "crm:5", False, ALWAYS, "9999-12-31", "2025-01-01", "2025-03-01"),
    ("new_account", "shop:5", True, ALWAYS, "9999-12-31", "2025-04-01", None),
    ("same_day", "crm:6", False, ALWAYS, "9999-12-31", "2025-01-01", "2025-03-01"),
    ("same_day", "shop:6", True, ALWAYS, "9999-12-31", "2025-03-01", None),
    # A delivery without a value in between is no new yes.
    ("gap", "crm:7", True, ALWAYS, "2026-06-05", "2025-01-01", None),
    ("gap", "crm:7", None, "2026-06-05", "2026-06-25", "2025-01-01", None),
    ("gap", "crm:7", True, "2026-06-25", "9999-12-31", "2025-01-01", None),
    ("gap", "shop:7", True, ALWAYS, "2026-06-10", "2025-02-01", None),
    ("gap", "shop:7", False, "2026-06-10", "9999-12-31", "2025-02-01", None),
    # A version of a later day is not known yet, and an ended record says nothing.
    ("later", "crm:8", True, ALWAYS, "2026-07-05", "2025-01-01", None),
    ("later", "crm:8", False, "2026-07-05", "9999-12-31", "2025-01-01", None),
    ("ended", "crm:9", True, ALWAYS, "9999-12-31", "2025-01-01", None),
    ("ended", "shop:9", False, ALWAYS, "2026-06-10", "2025-02-01", None),
]


# Customer, purpose, channel (null for every channel), answer, its moment, first day of the version.
ENTRIES = [
    ("no_post", "marketing", None, True, "2025-01-01", ALWAYS),
    ("no_post", "marketing", "post", False, "2025-02-01", ALWAYS),
    ("no_post", "marketing", None, True, "2026-01-01", ALWAYS),
    ("post_again", "marketing", "post", False, "2025-02-01", ALWAYS),
    ("post_again", "marketing", "post", True, "2025-03-01", ALWAYS),
    ("only_email", "marketing", None, False, "2025-01-01", ALWAYS),
    ("only_email", "marketing", "email", True, "2025-02-01", ALWAYS),
    ("left_all", "marketing", "email", True, "2025-02-01", ALWAYS),
    ("left_all", "marketing", None, False, "2025-03-01", ALWAYS),
    # A no without a time is the later one, and a yes without a time is as old as its delivery.
    ("no_time", "service", "phone", True, "2026-06-01", ALWAYS),
    ("no_time", "service", "phone", False, None, "2026-05-01"),
    ("yes_no_time", "service", "phone", False, "2026-06-01", ALWAYS),
    ("yes_no_time", "service", "phone", True, None, "2026-05-01"),
    # The record says yes, and the newer entry no; what comes later is not known yet.
    ("yes_alone", "marketing", "sms", False, "2026-06-01", "2026-06-02"),
    ("yes_alone", "marketing", None, False, "2026-07-01", ALWAYS),
    ("yes_alone", "marketing", None, False, "2026-06-01", "2026-07-01"),
]


@pytest.fixture(scope="module")
def consents(project: ParsedProject) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the relation `consents`, the model on the rows above."""
    sql = project.compiled("--select", "customer_consents")["customer_consents"]
    with duckdb.connect() as con:
        con.execute(
            "attach ':memory:' as warehouse; use warehouse; create schema intermediate;"
            " create schema ops"
        )
        con.execute("create table ops.snapshot_dates as select date '2026-06-30' as snapshot_date")
        con.execute(
            "create table given_rows (customer_id varchar, record varchar,"
            " marketing_consent boolean, known_from date, known_to date, created_at timestamp,"
            " updated_at timestamp)"
        )
        con.executemany("insert into given_rows values (?, ?, ?, ?, ?, ?, ?)", VERSIONS)
        con.execute(
            "create table given_entries (customer_id varchar, purpose varchar, channel varchar,"
            " is_granted boolean, answered_at timestamp, known_from date)"
        )
        con.executemany("insert into given_entries values (?, ?, ?, ?, ?, ?)", ENTRIES)
        con.execute(
            """
            create table intermediate.int_customers_versions as
            select
                *, split_part(record, ':', 1) as source,
                split_part(record, ':', 2) as source_customer_id, 1 as _load_id,
                row_number() over () as _row, null::varchar as _reject_reason
            from given_rows;
            create table intermediate.int_consents_versions as
            select
                *, 'preferences' as source, customer_id as source_customer_id,
                date '9999-12-31' as known_to, null::varchar as _reject_reason
            from given_entries;
            create table intermediate.int_identity_history as
            select
                0 as record_no, source, source_customer_id, customer_id, 0 as customer_no,
                date '0001-01-01' as valid_from, date '9999-12-31' as valid_to
            from (
                select distinct source, source_customer_id, customer_id
                from intermediate.int_customers_versions
                union
                select distinct source, source_customer_id, customer_id
                from intermediate.int_consents_versions
            )
            """
        )
        con.execute(f"create view consents as {sql}")
        yield con


def test_a_no_in_any_system_counts_unless_a_yes_was_given_later(
    consents: duckdb.DuckDBPyConnection,
) -> None:
    rows = consents.execute(
        """
        select customer_id, is_granted from consents
        semi join given_rows using (customer_id)
        where purpose = 'marketing' and channel = 'any'
        """
    ).fetchall()
    assert dict(rows) == {
        "yes_alone": True,
        "address_corrected": False,
        "agreed_again": True,
        "new_account": True,
        "same_day": False,
        "gap": False,
        "later": True,
        "ended": True,
    }


def test_a_no_for_one_channel_outlives_a_later_yes_for_every_channel(
    consents: duckdb.DuckDBPyConnection,
) -> None:
    rows = consents.execute(
        """
        select customer_id, purpose, channel, is_granted, answered_on from consents
        semi join given_entries using (customer_id)
        order by all
        """
    ).fetchall()
    assert rows == [
        ("left_all", "marketing", "any", False, date(2025, 3, 1)),
        ("left_all", "marketing", "email", False, date(2025, 3, 1)),
        ("no_post", "marketing", "any", True, date(2026, 1, 1)),
        ("no_post", "marketing", "post", False, date(2025, 2, 1)),
        ("no_time", "service", "phone", False, date(2026, 6, 30)),
        ("only_email", "marketing", "any", False, date(2025, 1, 1)),
        ("only_email", "marketing", "email", True, date(2025, 2, 1)),
        ("post_again", "marketing", "post", True, date(2025, 3, 1)),
        ("yes_alone", "marketing", "any", True, date(1, 1, 1)),
        ("yes_alone", "marketing", "sms", False, date(2026, 6, 1)),
        ("yes_no_time", "service", "phone", False, date(2026, 6, 1)),
    ]
