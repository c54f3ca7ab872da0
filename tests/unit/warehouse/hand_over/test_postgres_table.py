"""The table in a real PostgreSQL."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from deployment.hand_over import PostgresReceiver
from tests.databases import PASSWORD, Database, Server
from tests.unit.warehouse.hand_over.decided_company import (
    DAY,
    EMAIL,
    SLUG,
    DecidedCompany,
)
from warehouse.hand_over.action_list import COLUMNS, action_list, actions_of
from warehouse.hand_over.outcomes import Outcome
from warehouse.hand_over.postgres_table import PostgresTable


@pytest.fixture
def database(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Database:
    database = postgres.database("actions")
    monkeypatch.setenv("CRM_URL", database.url)
    return database


@pytest.fixture
def actions(company: DecidedCompany) -> pa.Table:
    """Two actions: of c1, the more valuable one, and of c2."""
    for customer, value in (("c1", 12.5), ("c2", -1)):
        company.contact(customer)
        company.decide(customer, expected_net_value=value, why="Why, \"王\" 'x'?")
    with company.warehouse.connect() as con, action_list(con, company.published, SLUG, [DAY]):
        return actions_of(con, DAY)


def table(name: str = "holdfast_actions") -> PostgresTable:
    return PostgresTable(PostgresReceiver(url="${CRM_URL}", table=name))


def sent(of: PostgresTable, actions: pa.Table) -> list[Outcome]:
    return [outcome for batch in of.send(actions) for outcome in batch]


def test_the_table_is_made_with_the_columns_of_the_files(
    database: Database, actions: pa.Table
) -> None:
    outcomes = sent(table(), actions)
    ids = actions["decision_id"].to_pylist()
    assert outcomes == [Outcome(ids[0], 1), Outcome(ids[1], 1)]
    found = database.rows(f"select {', '.join(COLUMNS)} from holdfast_actions order by 3")
    first = dict(zip(COLUMNS, found[0], strict=True))
    assert float(first.pop("expected_net_value")) == 12.5
    assert first == {
        "decision_id": ids[0],
        "snapshot_date": DAY,
        "customer_id": "c1",
        "action_id": "voucher",
        "arm": "treatment",
        "chosen_with_probability": 0.9,
        "channel": "email",
        "cause": "price_sensitivity",
        "expected_uplift": 0.05,
        "expires_on": date(2026, 7, 7),
        "why": "Why, \"王\" 'x'?",
        "email": EMAIL,
        "phone": None,
        "full_name": None,
        "city": None,
        "country": None,
    }
    kinds = database.rows(
        "select data_type, count(*) from information_schema.columns"
        " where table_name = 'holdfast_actions' group by 1 order by 1"
    )
    assert kinds == [("date", 2), ("double precision", 2), ("numeric", 1), ("text", 12)]


def test_an_action_is_in_the_table_once_and_the_receivers_own_columns_stay(
    database: Database, actions: pa.Table
) -> None:
    sent(table(), actions)
    database.execute(
        "alter table holdfast_actions add column done boolean",
        "update holdfast_actions set done = true, email = 'old@example.com'",
    )
    sent(table(), actions)
    assert database.rows("select customer_id, email, done from holdfast_actions order by 1") == [
        ("c1", EMAIL, True),
        ("c2", EMAIL, True),
    ]


def test_withdrawn_decisions_leave_the_table(database: Database, actions: pa.Table) -> None:
    sent(table(), actions)
    withdrawn = actions["decision_id"].to_pylist()[0]
    assert table().withdraw([withdrawn, "unknown"]) is None
    assert database.rows("select customer_id from holdfast_actions") == [("c2",)]


def test_a_table_may_be_in_a_schema(database: Database, actions: pa.Table) -> None:
    database.execute('create schema "Crm"')
    assert sent(table("Crm.Actions"), actions)[0].error is None
    assert database.rows('select count(*) from "Crm"."Actions"') == [(2,)]


def test_a_failure_writes_nothing_and_its_message_has_no_row_and_no_password(
    database: Database, actions: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(table(), actions.slice(0, 1))
    database.execute(
        "alter table holdfast_actions add constraint quiet check (customer_id <> 'c2')"
    )
    before = database.rows("select count(*) from holdfast_actions")
    refused = sent(table(), actions)
    monkeypatch.setenv("CRM_URL", database.url.replace("/actions?", "/absent?"))
    absent = sent(table(), actions)
    monkeypatch.setenv("CRM_URL", database.url.replace(PASSWORD, "wrong-password"))
    forbidden = sent(table(), actions)
    monkeypatch.delenv("CRM_URL")
    unset = sent(table(), actions)
    assert table().withdraw(["d1"]) == unset[0].error

    assert database.rows("select count(*) from holdfast_actions") == before == [(1,)]
    errors = [each[0].error or "" for each in (refused, absent, forbidden, unset)]
    assert "SQLSTATE 23514, ERROR:  new row for relation …" in errors[0]
    assert "does not exist" in errors[1]
    assert "authentication failed" in errors[2]
    assert errors[3].startswith("CRM_URL is not set")
    assert all(len({each.error for each in outcomes}) == 1 for outcomes in (refused, absent))
    for error in errors:
        assert not any(text in error for text in (PASSWORD, "wrong-password", EMAIL, "c2"))


def test_a_table_that_is_locked_does_not_stop_the_day(
    database: Database, actions: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adbc_driver_postgresql import dbapi

    from warehouse.hand_over import postgres_table

    sent(table(), actions)
    monkeypatch.setattr(postgres_table, "_LIMITS", ("set local lock_timeout = '50ms'",))
    with dbapi.connect(database.url) as other, other.cursor() as cursor:
        cursor.execute("lock table holdfast_actions in access exclusive mode")
        (first, _) = sent(table(), actions)
    assert first.error is not None
    assert "lock timeout" in first.error


def test_without_actions_the_database_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_URL", raising=False)
    assert list(table().send(pa.table({"decision_id": pa.array([], pa.string())}))) == []
