"""Findings of the doctor on the receivers of the hand-over: real servers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from cli.doctor.receivers import diagnose_receivers
from deployment.hand_over import HandOver
from tests.databases import Database, Server
from tests.local_server import served

SECRET = "signing secret"
REMEDY = "correct it: its decisions wait until they expire"


class Endpoint(BaseHTTPRequestHandler):
    """Answers HEAD with the status in its path, and keeps the headers."""

    asked: ClassVar[list[dict[str, str]]] = []

    def do_HEAD(self) -> None:
        type(self).asked.append(dict(self.headers.items()))
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a test's output is its own."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(Endpoint) as address:
        yield address


@pytest.fixture
def database(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Database:
    database = postgres.database("probed")
    monkeypatch.setenv("CRM_URL", database.url)
    return database


def found(**receiver: object) -> tuple[str, str, str]:
    [finding] = diagnose_receivers(HandOver.model_validate(receiver))
    assert finding.remedy == ("" if finding.level == "ok" else REMEDY)
    return finding.level, finding.subject, finding.message


def http(url: str) -> tuple[str, str, str]:
    return found(http={"url": url, "secret": "${SIGNING_SECRET}", "timeout_seconds": 2})


@pytest.mark.parametrize("status", [200, 204, 405, 501, 422])
def test_an_endpoint_that_answers_is_ok(
    address: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNING_SECRET", SECRET)
    assert http(f"{address}/{status}") == ("ok", "receiver http", "the endpoint answers")
    assert {"Holdfast-Timestamp", "Holdfast-Signature"} <= set(Endpoint.asked[-1])


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (403, "the receiver answers 403: check secret, and the permissions at the receiver"),
        (404, "the receiver answers 404: correct url"),
        (503, "the receiver answers 503"),
    ],
)
def test_an_endpoint_that_would_take_no_decision_is_a_warning(
    address: str, status: int, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNING_SECRET", SECRET)
    assert http(f"{address}/{status}") == ("warning", "receiver http", problem)


def test_a_closed_port_and_a_missing_secret_are_named(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNING_SECRET", raising=False)
    level, _, message = http(f"{address}/200")
    assert (level, "SIGNING_SECRET" in message) == ("warning", True)
    monkeypatch.setenv("SIGNING_SECRET", SECRET)
    level, _, message = http("http://127.0.0.1:9/actions")
    assert level == "warning"
    assert message.startswith("the receiver cannot be reached")


def test_a_table_that_can_be_written_is_ok_and_is_not_made(database: Database) -> None:
    expected = ("ok", "receiver postgres", "holdfast_actions can be written")
    assert found(postgres={"url": "${CRM_URL}"}) == expected
    tables = database.rows("select 1 from pg_tables where tablename = 'holdfast_actions'")
    assert tables == []


def test_a_schema_that_is_missing_or_another_table_of_the_name_is_named(
    database: Database,
) -> None:
    level, _, message = found(postgres={"url": "${CRM_URL}", "table": "nowhere.actions"})
    assert (level, "SQLSTATE 3F000" in message) == ("warning", True)
    database.execute("create table holdfast_actions (something integer)")
    level, _, message = found(postgres={"url": "${CRM_URL}"})
    assert level == "warning"
    assert message.startswith("holdfast_actions cannot be written")


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", "postgresql://holdfast@127.0.0.1:9/crm")
    level, _, message = found(postgres={"url": "${CRM_URL}"})
    assert level == "warning"
    assert message.startswith("holdfast_actions cannot be written")
