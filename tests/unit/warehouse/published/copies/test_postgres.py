"""The schema in a real PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi

from tests.campaign import times
from tests.databases import PASSWORD, USER, Database
from tests.published_copies import differing_rows
from tests.unit.warehouse.company import FIRST, Company
from tests.unit.warehouse.published.copies.kinds import copied, probed
from warehouse.published.copies.copy_report import CopyError

SCHEMAS = "select nspname from pg_namespace where nspname like 'holdfast%' order by 1"


def test_the_schema_has_the_rows_types_keys_and_comments_of_the_file(
    company: Company, database: Database
) -> None:
    report = copied(company)
    assert (report.version, report.as_of_date, report.warnings) == (1, FIRST, ())
    assert set(differing_rows(company.published, database.url).values()) == {0}
    types = database.rows(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'holdfast.kinds'::regclass and attnum > 0"
    )
    assert dict(types) == {
        "id": "integer",
        "part": "text",
        "amount": "numeric(18,2)",
        "wide": "numeric(38,0)",
        "count": "numeric(38,0)",
        "ratio": "double precision",
        "weight": "real",
        "is_true": "boolean",
        "local_at": "timestamp without time zone",
        "moment_at": "timestamp with time zone",
        "day": "date",
        "time_of_day": "time without time zone",
        "period": "interval",
        "bytes": "bytea",
        "text": "text",
        "tier": "text",
        "words": "text[]",
        "numbers": "integer[]",
        "nested": "json",
        "pairs": "json",
    }
    keys = database.rows(
        "select relname, pg_get_constraintdef(pg_constraint.oid) from pg_constraint"
        " inner join pg_class on conrelid = pg_class.oid"
        " where connamespace = 'holdfast'::regnamespace and contype in ('p', 'u') order by 1"
    )
    assert keys == [
        ("customers", "PRIMARY KEY (customer_id)"),
        ("kinds", "UNIQUE NULLS NOT DISTINCT (id, part)"),
        ("risks", "PRIMARY KEY (snapshot_date, customer_id)"),
    ]
    comments = database.rows(
        "select objsubid, description from pg_description"
        " where objoid in ('holdfast.risks'::regclass, 'holdfast.kinds'::regclass) order by 1"
    )
    assert (0, "Each customer's churn risk.") in comments
    assert (3, "Probability.") in comments
    assert (15, "Isn't it; end $body$?") in comments
    [(description,)] = database.rows(
        "select obj_description('holdfast'::regnamespace, 'pg_namespace')"
    )
    assert json.loads(description)["rows"] == report.rows


def test_grants_and_views_of_readers_follow_the_next_version(
    company: Company, database: Database
) -> None:
    copied(company)
    for role in ("analyst", "newcomer"):
        if not database.rows(f"select 1 from pg_roles where rolname = '{role}'"):
            database.execute(f"create role {role}")
    database.execute(
        "grant usage on schema holdfast to analyst",
        "grant select on holdfast.customers to analyst with grant option",
        "grant select (customer_id) on holdfast.risks to public",
        "alter default privileges in schema holdfast grant select on tables to newcomer",
        "create schema reports",
        "create view reports.today with (security_barrier = true) as"
        " select max(snapshot_date) as day, count(*) as risks from holdfast.risks",
        "create view reports.tomorrow as select day + 1 as day from reports.today",
        "grant select on reports.today to analyst",
    )
    views = "select day, risks, (select day from reports.tomorrow) from reports.today"
    assert database.rows(views) == [(FIRST, 3, FIRST + timedelta(days=1))]
    company.run(1)
    company.publish()
    assert copied(company).warnings == ()

    later = FIRST + timedelta(days=1)
    assert database.rows(views) == [(later, 6, later + timedelta(days=1))]
    assert database.rows(
        "select reloptions::text, relacl::text like '%analyst=r/%' from pg_class"
        " where relname = 'today'"
    ) == [("{security_barrier=true}", True)]
    # The second copy has passed the default privileges on to its own tables.
    for role, privileges in (
        ("analyst", ("r*", None)),
        ("newcomer", ("r", "r")),
    ):
        found = database.rows(
            "select substring(relacl::text from '" + role + "=([a-zA-Z*]*)/') from pg_class"
            " where relnamespace = 'holdfast'::regnamespace and relname in ('customers', 'risks')"
            " order by relname"
        )
        assert tuple(value for (value,) in found) == privileges
    assert database.rows(
        "select has_schema_privilege('analyst', 'holdfast', 'usage'),"
        " has_column_privilege('analyst', 'holdfast.risks', 'customer_id', 'select'),"
        " has_column_privilege('analyst', 'holdfast.risks', 'risk', 'select')"
    ) == [(True, True, False)]
    assert database.rows(SCHEMAS) == [("holdfast",)]


def test_a_view_that_cannot_follow_is_named_and_keeps_the_version_before(
    company: Company, database: Database
) -> None:
    company.execute("alter table marts.customers add column town varchar")
    company.publish()
    copied(company)
    database.execute(
        "create schema reports", "create view reports.towns as select town from holdfast.customers"
    )
    company.execute("alter table marts.customers drop column town")
    company.publish()
    (dead_view, old_schema) = copied(company).warnings
    assert dead_view.startswith("the view reports.towns still reads the version before")
    assert "of an earlier version is left" in old_schema
    assert set(differing_rows(company.published, database.url).values()) == {0}
    assert database.rows("select town from reports.towns") == [(None,)] * 3
    # Once nothing depends on it any more, the next copy drops it.
    database.execute("drop view reports.towns")
    assert copied(company).warnings == ()
    assert database.rows(SCHEMAS) == [("holdfast",)]


def test_a_reader_in_a_transaction_delays_no_copy_and_no_other_reader(
    company: Company, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.published.copies import postgres

    monkeypatch.setattr(postgres, "_DROP_PATIENCE", "set local lock_timeout = '20ms'")
    copied(company)
    with dbapi.connect(database.url) as held, held.cursor() as cursor:
        cursor.execute("select max(snapshot_date) from holdfast.risks")
        assert cursor.fetchall() == [(FIRST,)]
        company.run(1)
        company.publish()
        (warning,) = copied(company).warnings
        assert "lock timeout" in warning
        assert database.rows("select count(*) from holdfast.risks") == [(6,)]
        cursor.execute("select count(*) from holdfast.risks")
        assert cursor.fetchone() == (6,)
    assert copied(company).warnings == ()
    assert database.rows(SCHEMAS) == [("holdfast",)]


def test_a_schema_with_objects_of_others_is_not_replaced(
    company: Company, database: Database
) -> None:
    database.execute("create schema holdfast", "create table holdfast.risks (mine integer)")
    with pytest.raises(CopyError, match=r"objects of others.*table holdfast\.risks"):
        copied(company)
    database.execute("drop table holdfast.risks")
    probed()
    copied(company)
    with pytest.raises(CopyError, match="belongs to the deployment demo"):
        copied(company, "another")
    database.execute("create function holdfast.one() returns integer language sql return 1")
    with pytest.raises(CopyError, match=r"function holdfast\.one\(\)"):
        probed()
    assert database.rows("select count(*) from holdfast.risks") == [(3,)]


def test_a_failure_replaces_nothing_and_its_message_has_no_secret(
    company: Company, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(company)
    company.run(1)
    company.execute("update marts.customers set customer_id = 'c\\0' where customer_id = 'c1'")
    company.execute("insert into marts.customers select 'c0', 0")  # repeats a key
    company.publish()
    messages = []
    for url in (
        database.url,
        database.url.replace("/bi?", "/absent?"),
        database.url.replace(PASSWORD, "wrong-password"),
        f"postgresql://{USER}:{PASSWORD}@/bi?host=/nowhere",
        None,
    ):
        if url is None:
            monkeypatch.delenv("BI_URL")
        else:
            monkeypatch.setenv("BI_URL", url)
        with pytest.raises(CopyError) as error:
            copied(company)
        messages.append(str(error.value))
    assert "could not create unique index" in messages[0]
    assert "does not exist" in messages[1]
    assert "authentication failed" in messages[2]
    assert messages[4].startswith("BI_URL is not set")
    for message in messages:
        assert not any(text in message for text in (PASSWORD, "wrong-password", "c0"))
    assert database.rows("select count(*) from holdfast.risks") == [(3,)]
    assert database.rows(SCHEMAS) == [("holdfast",)]


_COPIES = """
import sys
from pathlib import Path
from tests.unit.warehouse.company import Company
from tests.unit.warehouse.published.copies.kinds import KINDS, copied
from tests.unit.warehouse.company import CUSTOMERS, RISKS
company = Company(Path(sys.argv[1]), tables=(RISKS, CUSTOMERS, KINDS))
copied(company)
print("copying", flush=True)
while True:
    copied(company)
"""


@pytest.mark.campaign
def test_a_copy_killed_at_any_moment_leaves_a_whole_schema(
    company: Company, database: Database
) -> None:
    copied(company)
    company.run(*range(1, 20))
    company.publish()
    whole = [(60, 20, 3)]
    for wait in [0.03 * (attempt % 20) for attempt in range(1, 1 + times(2))]:
        with subprocess.Popen(
            [sys.executable, "-c", _COPIES, str(company.folder)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[5])},
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"copying\n"
            until = time.monotonic() + wait
            while time.monotonic() < until:  # and readers meanwhile see all of it
                assert counts(database) == whole
            process.send_signal(signal.SIGKILL)
        assert counts(database) == whole
    assert copied(company).warnings == ()
    assert database.rows(SCHEMAS) == [("holdfast",)]


def counts(database: Database) -> list[tuple[int, ...]]:
    return database.rows(
        "select count(*), count(distinct snapshot_date),"
        " (select count(*) from holdfast.customers) from holdfast.risks"
    )
