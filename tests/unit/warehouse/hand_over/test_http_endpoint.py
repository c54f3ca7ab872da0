"""The endpoint against a real server on this machine, with all the faults of a network."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable

import pyarrow as pa
import pytest

from deployment.hand_over import HttpReceiver
from tests.unit.warehouse.hand_over.decided_company import (
    DAY,
    EMAIL,
    SECRET,
    SLUG,
    DecidedCompany,
)
from tests.unit.warehouse.hand_over.receiver import Receiver
from warehouse.hand_over.action_list import action_list, actions_of
from warehouse.hand_over.http_endpoint import HttpEndpoint
from warehouse.hand_over.outcomes import Outcome
from warehouse.hand_over.signature import signed_headers

Actions = Callable[[int], pa.Table]


@pytest.fixture
def actions(company: DecidedCompany) -> Actions:
    """Make that many actions, of customers c000, c001 and so on."""

    def make(customers: int) -> pa.Table:
        company.decide_many(customers)
        with (
            company.warehouse.connect() as con,
            action_list(con, company.published, SLUG, [DAY]),
        ):
            return actions_of(con, DAY)

    return make


def endpoint(receiver: Receiver, **fields: object) -> HttpEndpoint:
    settings = receiver.settings(**fields).http
    assert settings is not None
    return HttpEndpoint(settings)


def sent(of: HttpEndpoint, actions: pa.Table) -> list[Outcome]:
    return [outcome for batch in of.send(actions) for outcome in batch]


def test_a_request_has_the_action_its_key_and_a_signature(
    receiver: Receiver, company: DecidedCompany
) -> None:
    company.contact("c1", email="王@example.com")
    company.decide("c1", why='"Why", 王?')
    with company.warehouse.connect() as con, action_list(con, company.published, SLUG, [DAY]):
        actions = actions_of(con, DAY)
    (outcome,) = sent(endpoint(receiver), actions)
    (decision_id,) = actions["decision_id"].to_pylist()
    assert outcome == Outcome(decision_id, 1)
    (request,) = receiver.asked
    assert request.action == {
        "decision_id": decision_id,
        "snapshot_date": "2026-06-30",
        "customer_id": "c1",
        "action_id": "voucher",
        "arm": "treatment",
        "chosen_with_probability": 0.9,
        "channel": "email",
        "cause": "price_sensitivity",
        "expected_uplift": 0.05,
        "expected_net_value": 12.5,
        "expires_on": "2026-07-07",
        "why": '"Why", 王?',
        "contact": {
            "email": "王@example.com",
            "phone": None,
            "full_name": None,
            "city": None,
            "country": None,
        },
    }
    assert request.key == decision_id
    sent_at = int(request.headers["Holdfast-Timestamp"])
    assert abs(time.time() - sent_at) < 60
    expected = signed_headers(SECRET, request.body, sent_at)["Holdfast-Signature"]
    assert request.headers["Holdfast-Signature"] == expected
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("fault", ["500", "502", "503", "429", "hang", "cut"])
def test_a_receiver_that_fails_twice_takes_each_action_at_the_third_attempt(
    receiver: Receiver, actions: Actions, fault: str
) -> None:
    receiver.fault = lambda _, number: fault if number < 3 else None
    outcomes = sent(endpoint(receiver), actions(2))
    assert [(each.attempts, each.error) for each in outcomes] == [(3, None), (3, None)]
    assert receiver.taken == {each.decision_id: 1 for each in outcomes}
    assert receiver.customers() == ["c000"] * 3 + ["c001"] * 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("500", "the receiver answers 500"),
        ("429", "the receiver answers 429"),
        ("hang", "(read timeout error)"),
        ("cut", "(protocol error)"),
    ],
)
def test_after_the_last_attempt_the_outcome_has_the_error(
    receiver: Receiver, actions: Actions, fault: str, error: str
) -> None:
    receiver.fault = lambda customer, _: fault if customer == "c000" else None
    first, second = sent(endpoint(receiver), actions(2))
    assert (first.attempts, second.attempts) == (3, 1)
    assert first.error is not None
    assert error in first.error
    assert second.error is None


@pytest.mark.parametrize("status", ["400", "401", "404", "409", "413", "422", "302"])
def test_a_request_that_is_refused_is_not_sent_again_nor_anywhere_else(
    receiver: Receiver, actions: Actions, status: str
) -> None:
    receiver.fault = lambda *_: status
    (outcome,) = sent(endpoint(receiver), actions(1))
    assert outcome.attempts == 1
    assert outcome.error is not None
    assert outcome.error.startswith(f"the receiver answers {status}")
    assert len(receiver.asked) == 1


def test_each_attempt_has_a_signature_of_its_own_time(
    receiver: Receiver, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.fault = lambda _, number: "500" if number == 1 else None
    settings = receiver.settings().http
    assert settings is not None
    now = [1_783_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def sleep(seconds: float) -> None:
        now[0] += 600 + seconds

    sent(HttpEndpoint(settings, sleep), actions(1))
    first, second = receiver.asked
    for request in (first, second):
        sent_at = int(request.headers["Holdfast-Timestamp"])
        signed = signed_headers(SECRET, request.body, sent_at)
        assert request.headers["Holdfast-Signature"] == signed["Holdfast-Signature"]
    assert first.headers["Holdfast-Timestamp"] == "1783000000"
    assert second.headers["Holdfast-Timestamp"] == "1783000600"
    assert (first.key, first.body) == (second.key, second.body)


def test_the_wait_doubles_with_jitter_up_to_the_longest(
    receiver: Receiver, actions: Actions
) -> None:
    receiver.fault = lambda *_: "503"
    settings = receiver.settings(attempts=6, first_wait_seconds=1, longest_wait_seconds=5).http
    assert settings is not None
    waits: list[float] = []
    sent(HttpEndpoint(settings, waits.append), actions(1))
    assert len(waits) == 5
    assert all(full / 2 <= wait <= full for wait, full in zip(waits, [1, 2, 4, 5, 5], strict=True))
    assert len(set(waits)) == 5


@pytest.mark.parametrize(("asked", "waited"), [("3", 3), ("3600", 5), ("soon", None)])
def test_a_retry_after_is_obeyed_up_to_the_longest_wait(
    receiver: Receiver, actions: Actions, asked: str, waited: float | None
) -> None:
    receiver.fault = lambda _, number: "429" if number == 1 else None
    receiver.retry_after = asked
    settings = receiver.settings(first_wait_seconds=0.1, longest_wait_seconds=5).http
    assert settings is not None
    waits: list[float] = []
    sent(HttpEndpoint(settings, waits.append), actions(1))
    (wait,) = waits
    assert wait == waited if waited is not None else wait <= 0.1


@pytest.mark.parametrize(("fault", "requests"), [("500", 9), ("401", 3), ("hang", 9)])
def test_a_dead_receiver_is_not_asked_for_every_action(
    receiver: Receiver, actions: Actions, fault: str, requests: int
) -> None:
    receiver.fault = lambda *_: fault
    receiver.hang_seconds = 0.3
    outcomes = sent(endpoint(receiver, timeout_seconds=0.1), actions(60))
    assert len(outcomes) == 60
    assert all(each.error for each in outcomes)
    assert [each.attempts for each in outcomes[3:]] == [0] * 57
    assert len(receiver.asked) == requests


def test_refusals_of_single_actions_do_not_stop_the_others(
    receiver: Receiver, actions: Actions
) -> None:
    receiver.fault = lambda customer, _: "422" if customer < "c010" else None
    outcomes = sent(endpoint(receiver), actions(12))
    assert [each.error is None for each in outcomes] == [False] * 10 + [True] * 2


def test_outcomes_come_in_batches_before_the_next_request(
    receiver: Receiver, actions: Actions
) -> None:
    sizes = [(len(batch), len(receiver.asked)) for batch in endpoint(receiver).send(actions(60))]
    assert sizes == [(25, 25), (25, 50), (10, 60)]


def test_no_error_has_a_contact_an_address_or_a_secret(
    receiver: Receiver, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/hook/token-9f31"
    monkeypatch.setenv("HOOK", closed)
    monkeypatch.setenv("OPEN_HOOK", "http://crm.example.com/token-9f31")
    monkeypatch.delenv("UNSET", raising=False)
    rows = actions(1)
    errors = [
        sent(endpoint(receiver, **fields), rows)[0].error or ""
        for fields in (
            {"url": "${HOOK}"},
            {"url": "${OPEN_HOOK}"},
            {"url": "${UNSET}"},
            {"secret": "${UNSET}"},
        )
    ]
    assert "connection" in errors[0]
    assert "https" in errors[1]
    assert errors[2].startswith("UNSET is not set")
    assert errors[3] == errors[2]
    for text in (*errors, json.dumps(errors)):
        assert not any(part in text for part in (SECRET, "token-9f31", "@example.com", "127.0"))
    assert receiver.asked == []


def test_nothing_is_withdrawn_from_an_endpoint() -> None:
    settings = HttpReceiver.model_validate(
        {"url": "https://crm.example.com/actions", "secret": "${SIGNING_SECRET}"}
    )
    HttpEndpoint(settings).withdraw(["d1"])
    assert EMAIL not in repr(settings)
