"""Rejected answers that are not a yes stop the contact of a customer until their correction."""

from __future__ import annotations

import duckdb
import pytest

from tests.unit.dbt_project.conftest import ParsedProject

NEVER = "9999-12-31"
# Customer, key, load, row, answer, reason of the row itself, first and last day.
ENTRIES = [
    ("unknown_purpose", "K1", 1, 1, False, "unknown purpose", "2026-06-01", NEVER),
    ("unknown_channel", "K2", 1, 2, False, "unknown channel", "2026-06-01", NEVER),
    ("unknown_state", "K3", 1, 3, None, "unreadable answer: perhaps", "2026-06-01", NEVER),
    ("no_key", None, 1, 4, False, "missing source_consent_id", "2026-06-01", NEVER),
    # A yes that cannot be read grants nothing, and forbids nothing.
    ("unreadable_yes", "K5", 1, 5, True, "unknown purpose", "2026-06-01", NEVER),
    ("readable_no", "K6", 1, 6, False, None, "2026-06-01", NEVER),
    # Corrected by a later row with the key, or by a corrected file; repeated without a correction.
    ("corrected", "K7", 1, 7, False, "unknown purpose", "2026-06-01", NEVER),
    ("corrected", "K7", 2, 1, False, None, "2026-06-10", NEVER),
    ("file_corrected", "K8", 1, 8, None, "unreadable answer: x", "2026-06-01", "2026-06-10"),
    ("accepted_before", "K9", 1, 9, True, None, "2026-06-01", NEVER),
    ("accepted_before", "K9", 2, 2, None, "unreadable answer: x", "2026-06-10", NEVER),
    ("rejected_again", "K10", 1, 10, False, "unknown purpose", "2026-06-01", NEVER),
    ("rejected_again", "K10", 2, 3, True, "unknown purpose", "2026-06-10", NEVER),
    # What comes later is not known yet, neither the row nor its correction.
    ("later", "K11", 3, 1, False, "unknown purpose", "2026-07-01", NEVER),
    ("corrected_later", "K12", 1, 12, False, "unknown purpose", "2026-06-01", NEVER),
    ("corrected_later", "K12", 3, 2, True, None, "2026-07-01", NEVER),
    # Nobody knows whose answer it is.
    (None, "K13", 1, 13, False, "missing source_customer_id", "2026-06-01", NEVER),
]


@pytest.fixture(scope="module")
def refusing(project: ParsedProject) -> dict[str, str]:
    """Customers with an unreadable refusal, and the day from which it was known."""
    sql = project.compiled("--select", "int_unreadable_refusals")["int_unreadable_refusals"]
    with duckdb.connect() as con:
        con.execute(
            """
            attach ':memory:' as warehouse; use warehouse;
            create schema intermediate; create schema ops;
            create table ops.snapshot_dates as select date '2026-06-30' as snapshot_date;
            create table given_rows (
                source_customer_id varchar, source_consent_id varchar, _load_id bigint,
                _row bigint, is_granted boolean, _row_reason varchar, known_from date,
                known_to date
            )
            """
        )
        con.executemany("insert into given_rows values (?, ?, ?, ?, ?, ?, ?, ?)", ENTRIES)
        con.execute(
            """
            create table intermediate.int_consents_versions as
            select *, 'crm' as source, _row_reason as _reject_reason from given_rows;
            create table intermediate.int_identity_history as
            select distinct
                0 as record_no, 'crm' as source, source_customer_id,
                source_customer_id as customer_id, 0 as customer_no,
                date '0001-01-01' as valid_from, date '9999-12-31' as valid_to
            from given_rows
            where source_customer_id is not null
            """
        )
        return {name: str(day) for name, day in con.execute(sql).fetchall()}


@pytest.mark.parametrize("customer", ["unknown_purpose", "unknown_channel", "unknown_state"])
def test_a_no_or_an_unknown_answer_that_is_rejected_forbids(
    refusing: dict[str, str], customer: str
) -> None:
    assert refusing[customer] == "2026-06-01"


def test_only_a_correction_ends_it(refusing: dict[str, str]) -> None:
    assert {"corrected", "file_corrected"} & refusing.keys() == set()
    assert refusing["accepted_before"] == "2026-06-10"
    assert {"rejected_again", "corrected_later", "no_key"} <= refusing.keys()


def test_what_is_no_refusal_or_not_known_yet_forbids_nothing(refusing: dict[str, str]) -> None:
    assert {"unreadable_yes", "readable_no", "later", None} & refusing.keys() == set()
