"""Implausible and damaged values in canonical entities, whatever a staging model lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from tests.unit.dbt_project.conftest import ParsedProject

# The source of each entity, and the values of a faultless row, as SQL of any type.
GOOD: dict[str, tuple[str, dict[str, str]]] = {
    "customers": (
        "shop",
        {
            "source_customer_id": "'201'", "email": "'ann@example.com'",
            "created_at": "timestamp '2025-01-01 10:00:00'", "birth_year": "1988",
        },
    ),
    "orders": (
        "shop",
        {
            "source_order_id": "'1'", "source_customer_id": "'201'",
            "ordered_at": "timestamp '2026-01-01 10:00:00'", "status": "'completed'",
            "currency": "'EUR'", "net_amount": "12.34", "gross_amount": "15.00",
            "refunded_at": "timestamp '2026-01-03 10:00:00'",
        },
    ),
    "order_lines": (
        "shop",
        {
            "source_order_line_id": "'1-1'", "source_order_id": "'1'", "quantity": "2.0::double",
            "unit_price": "6.17", "cost": "3.00",
        },
    ),
    "refunds": (
        "shopify",
        {
            "source_refund_id": "'1'", "source_order_id": "'1'",
            "refunded_at": "timestamp '2026-01-03 10:00:00'", "amount": "2.34",
        },
    ),
    "tickets": (
        "helpdesk",
        {
            "source_ticket_id": "'1'", "source_customer_id": "'201'",
            "opened_at": "timestamp '2026-01-01 10:00:00'",
            "resolved_at": "timestamp '2026-01-02 10:00:00'", "csat_score": "4.0::double",
            "reopened_count": "1",
        },
    ),
    "feedback": (
        "shop",
        {
            "source_feedback_id": "'1'", "source_customer_id": "'201'",
            "created_at": "timestamp '2026-01-01 10:00:00'", "rating": "5.0::double",
        },
    ),
    "events": (
        "shop",
        {
            "source_event_id": "'1'", "source_customer_id": "'201'",
            "occurred_at": "timestamp '2026-01-01 10:00:00'", "event_type": "'session'",
            "value": "1.0::double",
        },
    ),
    "subscriptions": (
        "ravenstack",
        {
            "source_subscription_id": "'1'", "source_customer_id": "'201'",
            "started_at": "timestamp '2025-01-01 00:00:00'",
            "ended_at": "timestamp '2031-01-01 00:00:00'", "monthly_amount": "9.99",
            "term_months": "12",
        },
    ),
    "touches": (
        "crm",
        {
            "source_touch_id": "'1'", "source_customer_id": "'201'", "action_id": "'call'",
            "sent_at": "timestamp '2026-01-01 10:00:00'", "cost": "0.5",
            "redeemed_at": "timestamp '2026-01-02 10:00:00'",
        },
    ),
    "consents": (
        "crm",
        {
            "source_consent_id": "'1'", "source_customer_id": "'201'", "purpose": "'marketing'",
            "channel": "'post'", "is_granted": "false",
            "answered_at": "timestamp '2026-01-01 10:00:00'",
        },
    ),
    "suppressions": (
        "crm",
        {
            "source_suppression_id": "'1'", "email": "'ada@example.com'", "scope": "'contact'",
            "suppressed_at": "timestamp '2026-01-01 10:00:00'",
            "lifted_at": "timestamp '2026-03-01 10:00:00'",
        },
    ),
}  # fmt: skip

NASTY_TIMES = [
    "timestamp '0026-04-03'", "timestamp '1970-01-01'", "timestamp '9999-12-31 23:59:59'",
    "timestamp '57971-01-01'", "timestamp '290309-12-22 (BC) 00:00:00'",
    "timestamp '294247-01-10 04:00:54'", "timestamp 'infinity'", "timestamp '-infinity'",
    "date '5881580-07-10'", "'9999-99-99'", "'soon'", "17672256000000",
]  # fmt: skip
NASTY_NUMBERS = [
    "'NaN'::double", "'inf'::double", "'-inf'::double", "1e300::double", "-1e15::double",
    "99999999999999999999999999::hugeint", "'twelve'",
]  # fmt: skip
NASTY = {"timestamp": NASTY_TIMES, "double": NASTY_NUMBERS, "integer": NASTY_NUMBERS}

Check = Callable[..., tuple[Any, ...]]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("entities")
    by_entity = {entity: [source] for entity, (source, _) in GOOD.items()}
    sources = sorted({source for source, _ in GOOD.values()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_WAREHOUSE", str(folder / "warehouse.duckdb"))
        project = ParsedProject(folder, sources_by_entity=by_entity, sources=sources)
        yield project.compiled("--select", "int_*_versions", "int_events_checked")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse; use warehouse; set timezone = 'UTC'")
        for schema in ("staging", "ops"):
            con.execute(f"create schema {schema}")
        con.execute(
            """
            create table ops.load_ledger as
            select
                1::bigint as load_id, null::date as known_from, null::date as superseded_on,
                date '2026-02-01' as delivered_on,
                timestamptz '2026-02-01 06:00:00+00' as loaded_at;
            create table ops.ended_rows (load_id bigint, row_no bigint, ended_on date);
            create table ops.run_dates as
            select date '2026-02-01' as snapshot_date, 'daily' as purpose;
            create table ops.snapshot_dates as select date '2026-02-01' as snapshot_date
            """
        )
        yield con


@pytest.fixture(scope="module")
def check(con: duckdb.DuckDBPyConnection, compiled: dict[str, str]) -> Check:
    def check(entity: str, shown: str, lost: str = "null", **values: str) -> tuple[Any, ...]:
        """Columns of one delivered row of an entity, with these values in it."""
        source, good = GOOD[entity]
        columns = ", ".join(f"{sql} as {name}" for name, sql in {**good, **values}.items())
        con.execute(
            f"""
            create or replace table staging.stg_{source}__{entity} as
            select
                1::bigint as _load_id, 1::bigint as _row, '{source}' as source,
                {lost}::varchar[] as _lost_fields, {columns}
            """
        )
        name = "int_events_checked" if entity == "events" else f"int_{entity}_versions"
        (row,) = con.execute(f"select {shown} from ({compiled[name]})").fetchall()
        return row

    return check


def types(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"describe {query}").fetchall()}


@pytest.mark.parametrize("entity", list(GOOD))
def test_a_faultless_row_is_accepted_as_it_is(check: Check, entity: str) -> None:
    good = GOOD[entity][1]
    same = " and ".join(f"{name} = {sql}" for name, sql in good.items())
    assert check(entity, f"_reject_reason, _lost_fields, {same}") == (None, None, True)


@pytest.mark.parametrize("entity", list(GOOD))
def test_no_value_of_a_time_or_number_stops_the_query(
    check: Check, con: duckdb.DuckDBPyConnection, compiled: dict[str, str], entity: str
) -> None:
    check(entity, "1")
    name = "int_events_checked" if entity == "events" else f"int_{entity}_versions"
    kinds = types(con, compiled[name])
    tried = 0
    for column in GOOD[entity][1]:
        kind = kinds[column].lower()
        for value in NASTY.get(kind, NASTY_NUMBERS if kind.startswith("decimal") else []):
            found, reason, lost = check(
                entity, f"{column}, _reject_reason, _lost_fields", **{column: value}
            )
            assert found is None
            if lost is None:
                assert reason.split(":")[0] in (f"implausible {column}", f"unreadable {column}")
            else:
                assert lost == [column]
                assert reason in (None, f"unreadable {column}")
            tried += 1
    assert tried >= 12


def test_a_bad_optional_field_costs_the_field_and_not_the_row(check: Check) -> None:
    shown = "email, created_at, _reject_reason, _lost_fields"
    erased = {"email": "'deleted@site.invalid'", "created_at": "null::timestamp"}
    assert check("customers", shown, lost="['created_at']", **erased) == (
        "deleted@site.invalid", None, None, ["created_at"],
    )  # fmt: skip
    assert check("customers", shown, created_at="'0000-00-00 00:00:00'") == (
        "ann@example.com", None, None, ["created_at"],
    )  # fmt: skip
    both = check("customers", "_lost_fields", lost="['phone']", birth_year="26", created_at="'x'")
    assert both == (["phone", "created_at", "birth_year"],)


def test_a_bad_required_value_rejects_the_row_with_its_reason(check: Check) -> None:
    def reason(entity: str, lost: str = "null", **values: str) -> Any:
        return check(entity, "_reject_reason", lost, **values)[0]

    missing = {"ordered_at": "null::timestamp"}
    assert reason("orders", **missing) == "missing ordered_at"
    assert reason("orders", "['ordered_at']", **missing) == "unreadable ordered_at"
    year_26 = "implausible ordered_at: 0026-04-03 00:00:00"
    assert reason("orders", ordered_at="timestamp '0026-04-03'") == year_26
    endless = "implausible occurred_at: infinity"
    assert reason("events", occurred_at="timestamp 'infinity'") == endless
    assert reason("orders", net_amount="1e30::double") == "unreadable net_amount"
    assert reason("orders", net_amount="5e12::double").startswith("implausible net_amount: 50000")
    assert reason("order_lines", quantity="'NaN'::double") == "implausible quantity: nan"


def test_what_has_happened_lies_at_most_a_year_after_its_delivery(check: Check) -> None:
    shown = "_reject_reason is null, _lost_fields"
    assert check("orders", shown, ordered_at="timestamp '2027-02-01'") == (True, None)
    assert check("orders", shown, ordered_at="timestamp '2027-03-01'") == (False, None)
    # A contract may end, and a trial be planned to end, in any future.
    assert check("subscriptions", shown, ended_at="timestamp '2060-01-01'") == (True, None)
    assert check("subscriptions", shown, started_at="timestamp '2060-01-01'") == (False, None)
    assert check("subscriptions", shown, ended_at="timestamp '9999-12-31'") == (True, ["ended_at"])


@pytest.mark.parametrize(
    ("entity", "values", "reason"),
    [
        ("consents", {"purpose": "'newsletter'"}, "unknown purpose"),
        ("consents", {"channel": "'e-mail'"}, "unknown channel"),
        ("consents", {"channel": "null"}, None),
        ("consents", {"is_granted": "null"}, "missing is_granted"),
        ("suppressions", {"scope": "'all'"}, "unknown scope"),
        ("suppressions", {"channel": "'pigeon'"}, None),
        ("suppressions", {"email": "'n/a'", "phone": "'000'"}, "names no customer"),
        ("suppressions", {"email": "null", "phone": "'030 123 4567'"}, None),
        ("suppressions", {"email": "null", "source_customer_id": "'201'"}, None),
    ],
)
def test_an_answer_or_entry_that_cannot_be_honoured_is_rejected_with_its_reason(
    check: Check, entity: str, values: dict[str, str], reason: str | None
) -> None:
    assert check(entity, "_reject_reason", **values) == (reason,)
