"""Consent to marketing over several systems: a no counts unless a yes was given after it."""

from __future__ import annotations

import duckdb

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


def test_a_no_in_any_system_counts_unless_a_yes_was_given_later(project: ParsedProject) -> None:
    sql = project.query(
        """
        with as_of as (select date '2026-06-30' as as_of_date),
        identities as (select distinct customer_id, source, source_customer_id from given_rows),
        consents as ({{ marketing_consents() }})
        select customer_id, marketing_consent from consents
        """
    )
    with duckdb.connect() as con:
        con.execute(
            "create table given_rows (customer_id varchar, record varchar,"
            " marketing_consent boolean, known_from date, known_to date, created_at timestamp,"
            " updated_at timestamp)"
        )
        con.executemany("insert into given_rows values (?, ?, ?, ?, ?, ?, ?)", VERSIONS)
        con.execute(
            """
            alter table given_rows add column source varchar;
            alter table given_rows add column source_customer_id varchar;
            update given_rows set
                source = split_part(record, ':', 1),
                source_customer_id = split_part(record, ':', 2);
            create schema intermediate;
            create table intermediate.int_customers_versions as
            select *, 1 as _load_id, row_number() over () as _row, null::varchar as _reject_reason
            from given_rows
            """
        )
        consents = dict(con.execute(sql.replace('"warehouse".', "")).fetchall())
    assert consents == {
        "yes_alone": True,
        "address_corrected": False,
        "agreed_again": True,
        "new_account": True,
        "same_day": False,
        "gap": False,
        "later": True,
        "ended": True,
    }
