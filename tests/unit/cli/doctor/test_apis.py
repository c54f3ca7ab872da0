"""Findings of the doctor on an API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.doctor.apis import diagnose_api
from deployment.source_config import RestSource
from tests.api_sources import example
from tests.local_apis import SECRETS, LocalApis, Record

CUSTOMER: Record = {
    "id": 1,
    "email": "a@example.com",
    "phone": None,
    "first_name": "A",
    "last_name": "B",
    "created_at": "2026-05-01T10:00:00+02:00",
    "updated_at": "2026-05-01T10:00:00+02:00",
}


@pytest.fixture
def apis(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApis]:
    monkeypatch.setenv("SHOPIFY_TOKEN", SECRETS["SHOPIFY_TOKEN"])
    with LocalApis().serving() as apis:
        apis.customers.put(CUSTOMER)
        yield apis


def look(apis: LocalApis) -> list[tuple[str, str, str]]:
    content = example(apis)["sources"]["shopify"]
    del content["tables"]["orders"]
    source = RestSource.model_validate(content)
    return [(f.level, f.subject, f.message) for f in diagnose_api("shopify", source)]


def test_a_page_with_the_configured_columns_is_ok(apis: LocalApis) -> None:
    assert look(apis) == [
        ("ok", "shopify.customers", "first page with 1 records, columns as configured")
    ]
    assert len(apis.asked) == 1


def test_an_empty_page_is_doubtful(apis: LocalApis) -> None:
    apis.customers.remove("1")
    assert look(apis)[0][0] == "warning"


def test_a_column_that_no_record_has_is_an_error(apis: LocalApis) -> None:
    apis.customers.put({key: value for key, value in CUSTOMER.items() if key != "email"})
    ((level, subject, message),) = look(apis)
    assert (level, subject) == ("error", "shopify.customers")
    assert message.startswith("none of the first 1 records has email; there are created_at")


def test_a_time_that_cannot_be_read_is_an_error(apis: LocalApis) -> None:
    apis.customers.put({**CUSTOMER, "updated_at": "yesterday"})
    ((level, _, message),) = look(apis)
    assert level == "error"
    assert "incremental.field updated_at has a value that is no iso time" in message


@pytest.mark.parametrize("fault", ["401", "404", "html", "hang up"])
def test_an_api_that_does_not_answer_is_an_error(apis: LocalApis, fault: str) -> None:
    apis.fault = lambda path, count: fault
    ((level, subject, message),) = look(apis)
    assert (level, subject) == ("error", "shopify.customers")
    assert SECRETS["SHOPIFY_TOKEN"] not in message


def test_a_secret_that_is_not_set_is_an_error(
    apis: LocalApis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOPIFY_TOKEN")
    ((level, subject, message),) = look(apis)
    assert (level, subject) == ("error", "source shopify")
    assert "SHOPIFY_TOKEN is not set" in message
