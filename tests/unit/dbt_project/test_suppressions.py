"""Suppression lists: the records that an entry names, and from when to when."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from tests.unit.dbt_project.conftest import ParsedProject

ALWAYS, NEVER = date(1, 1, 1), date(9999, 12, 31)
# Name, id, address, number, scope, channel, first day of the row, begin and end by the list.
ENTRIES = [
    ("by id", "C1", None, None, "contact", None, ALWAYS, "2026-05-01", None),
    # GMail ignores dots and tags, and the record of another system has the address too.
    (
        "by address",
        None,
        "Ada.Lovelace+news@GMail.com",
        None,
        "contact",
        "email",
        ALWAYS,
        None,
        None,
    ),
    (
        "by number",
        None,
        None,
        "030 123 4567",
        "profile",
        None,
        date(2026, 6, 10),
        "2026-01-01",
        None,
    ),
    ("lifted", "C2", None, None, "contact", "post", ALWAYS, "2026-01-01", "2026-03-01"),
    ("unknown channel", "C3", None, None, "contact", "pigeon", ALWAYS, "2026-01-01", None),
    ("of nobody", None, "stranger@example.com", "+49 30 99", "contact", None, ALWAYS, None, None),
    # Lifted before it was known: it never held.
    ("late", "C4", None, None, "contact", None, date(2026, 6, 10), "2026-01-01", "2026-02-01"),
]


@pytest.fixture(scope="module")
def records(project: ParsedProject) -> list[tuple[object, ...]]:
    sql = project.compiled("--select", "int_suppressed_records")["int_suppressed_records"]
    with duckdb.connect() as con:
        con.execute(
            """
            attach ':memory:' as warehouse; use warehouse;
            create schema intermediate; create schema seeds;
            create table seeds.mail_providers as
            select
                'gmail.com' as domain, 'gmail.com' as mailbox_domain, true as ignores_dots,
                true as ignores_tags;
            create table intermediate.int_identity_keys as
            from (values
                ('crm', 'C1', 'email', 'other@example.com'),
                ('crm', 'C5', 'email', 'adalovelace@gmail.com'),
                ('shop', 'A5', 'email', 'adalovelace@gmail.com'),
                ('shop', 'A6', 'phone', '+49301234567'),
                ('shop', 'A7', 'name', '+49301234567')
            ) as keys (source, source_customer_id, key_type, key_value);
            create table intermediate.int_phone_numbers as
            from (values
                ('030 123 4567', 'DE', '+49301234567'), ('+49 30 99', 'DE', null)
            ) as numbers (phone, country, number);
            create table given_rows (
                name varchar, source_customer_id varchar, email varchar, phone varchar,
                scope varchar, channel varchar, known_from date, suppressed_at timestamp,
                lifted_at timestamp
            )
            """
        )
        con.executemany("insert into given_rows values (?, ?, ?, ?, ?, ?, ?, ?, ?)", ENTRIES)
        con.execute(
            """
            create table intermediate.int_suppressions_versions as
            select
                * exclude (name), 'crm' as source, date '9999-12-31' as known_to,
                null::varchar as _reject_reason
            from given_rows
            """
        )
        return con.execute(
            f"""
            select source_customer_id, scope, channel, valid_from, valid_to, suppressed_on
            from ({sql}) order by all
            """
        ).fetchall()


def test_an_entry_names_records_by_id_address_or_number(records: list[tuple[object, ...]]) -> None:
    assert records == [
        ("A5", "contact", "email", ALWAYS, NEVER, None),
        ("A6", "profile", "any", date(2026, 6, 10), NEVER, date(2026, 1, 1)),
        ("C1", "contact", "any", date(2026, 5, 1), NEVER, date(2026, 5, 1)),
        ("C2", "contact", "post", date(2026, 1, 1), date(2026, 3, 1), date(2026, 1, 1)),
        ("C3", "contact", "any", date(2026, 1, 1), NEVER, date(2026, 1, 1)),
        ("C5", "contact", "email", ALWAYS, NEVER, None),
    ]
