"""The hand-over as a whole: each action arrives once, or is a dead letter; a kill loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet
import pytest

from deployment.hand_over import HandOver
from tests.databases import Database, Server
from tests.unit.warehouse.hand_over.decided_company import DAY, EMAIL, NAME, DecidedCompany
from tests.unit.warehouse.hand_over.receiver import Receiver
from warehouse.hand_over.delivery import destinations

ROOT = Path(__file__).parents[4]
NEXT_DAY = DAY + timedelta(days=1)
FILES = HandOver()


def dead(company: DecidedCompany) -> dict[str, str]:
    """Errors of the dead letters by customer."""
    path = company.hand_over_folder / "dead_letters.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return {row["customer_id"]: row["error"] for row in rows}


def in_files(company: DecidedCompany) -> list[str]:
    path = company.hand_over_folder / DAY.isoformat() / "actions.parquet"
    customers: list[str] = pyarrow.parquet.read_table(path)["customer_id"].to_pylist()
    return customers


def test_the_configuration_names_the_receivers() -> None:
    receivers = {
        "postgres": {"url": "${CRM_URL}"},
        "http": {"url": "https://crm.example.com/actions", "secret": "${SIGNING_SECRET}"},
    }
    settings = HandOver.model_validate(receivers)
    assert [each.name for each in destinations(settings)] == ["postgres", "http"]
    assert destinations(FILES) == []


def test_each_action_arrives_once_or_is_a_dead_letter_until_it_is_taken(
    company: DecidedCompany, receiver: Receiver
) -> None:
    """A receiver that fails in every way, for a while or for the whole run."""
    company.decide_many(40)
    faults = ["500", "hang", "cut", "429", None]
    is_mended = False

    def fault(customer: str, number: int) -> str | None:
        index = int(customer[1:])
        if index % 8 == 7 and not is_mended:
            return ("422", "500", "hang", "cut", "429")[index // 8]
        return faults[index % 5] if number == 1 and not is_mended else None

    receiver.fault = fault
    receiver.hang_seconds = 0.5
    report = company.hand_over(receiver.settings())
    everybody = {f"c{index:03d}" for index in range(40)}
    failed = {"c007", "c015", "c023", "c031", "c039"}
    by_key = {request.key: request.action["customer_id"] for request in receiver.asked}
    assert set(dead(company)) == failed
    assert {by_key[key] for key in receiver.taken} == everybody - failed
    assert report.deliveries["http"].taken == 35
    assert report.deliveries["http"].refused == 5
    assert report.failure is not None
    assert report.failure.startswith("http: 5 decisions were not taken: ")

    is_mended = True
    again = company.hand_over(receiver.settings())
    assert (again.deliveries["http"].taken, again.failure) == (5, None)
    assert dead(company) == {}
    assert set(receiver.taken.values()) == {1}
    assert len(receiver.taken) == 40

    company.hand_over(receiver.settings())
    assert sum(receiver.taken.values()) == 40


KILLED = """
import sys
from pathlib import Path
from deployment.hand_over import HandOver
from tests.unit.warehouse.hand_over.decided_company import DAY, DecidedCompany

settings = HandOver.model_validate_json(sys.argv[2])
DecidedCompany(Path(sys.argv[1])).hand_over(settings, DAY)
"""


def test_a_run_that_is_killed_in_the_middle_loses_nothing(
    company: DecidedCompany, receiver: Receiver
) -> None:
    company.decide_many(80)
    settings = receiver.settings(timeout_seconds=5)
    arguments = [sys.executable, "-c", KILLED, str(company.folder), settings.model_dump_json()]
    for requests in (12, 45):
        with subprocess.Popen(
            arguments, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        ) as process:
            start = len(receiver.asked)

            def kill(asked: int, start: int = start, limit: int = requests) -> None:
                if asked - start == limit:
                    process.send_signal(signal.SIGKILL)

            receiver.after = kill
            assert process.wait(120) == -signal.SIGKILL
    receiver.after = None
    # The first kill came before the end of a batch of 25, the second in the batch after it.
    written = company.rows("select count(*) from ops.handed_over where handed_over_at is not null")
    assert written == [(25,)]

    report = company.hand_over(settings)
    assert report.failure is None
    assert report.deliveries["http"].taken == 55
    assert len(receiver.taken) == 80
    assert max(receiver.taken.values()) <= 3
    repeated = [key for key, times in receiver.taken.items() if times > 1]
    assert 0 < len(repeated) <= 45
    assert dead(company) == {}


def test_consent_withdrawn_today_means_no_action_today_whatever_was_planned_yesterday(
    company: DecidedCompany, receiver: Receiver
) -> None:
    for customer in ("c1", "c2", "c3"):
        company.contact(customer)
        company.decide(customer)
    receiver.fault = lambda *_: "500"
    company.hand_over(receiver.settings())
    assert set(dead(company)) == {"c1", "c2", "c3"}

    company.run(NEXT_DAY)
    company.contact("c1", has_consent=False)
    company.contact("c2", is_erased=True, email=None)
    receiver.fault = None
    receiver.asked.clear()
    report = company.hand_over(receiver.settings(), NEXT_DAY)
    assert report.actions == {"consent_withdrawn": 1, "customer_erased": 1, "ready": 1}
    assert receiver.customers() == ["c3"]
    assert set(dead(company)) == {"c1", "c2"}


def test_an_expired_action_is_not_sent_and_stays_a_dead_letter(
    company: DecidedCompany, receiver: Receiver
) -> None:
    company.contact("c1")
    company.decide("c1", expires_on=NEXT_DAY)
    receiver.fault = lambda *_: "500"
    company.hand_over(receiver.settings())
    company.run(NEXT_DAY)
    receiver.fault = None
    asked = len(receiver.asked)
    report = company.hand_over(receiver.settings(), NEXT_DAY)
    assert (report.actions, report.failure, len(receiver.asked)) == ({}, None, asked)
    assert set(dead(company)) == {"c1"}


def test_a_failing_receiver_keeps_neither_the_files_nor_another_receiver(
    company: DecidedCompany, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_URL", raising=False)
    company.contact("c1")
    company.decide("c1")
    both = {"files": True, "postgres": {"url": "${CRM_URL}"}, "http": receiver.settings().http}
    report = company.hand_over(HandOver.model_validate(both))
    assert in_files(company) == ["c1"]
    assert receiver.customers() == ["c1"]
    assert report.files == {DAY: 1}
    assert report.deliveries["http"].taken == 1
    assert report.failure is not None
    assert report.failure.startswith("postgres: 1 decisions were not taken: CRM_URL is not set")
    assert list(dead(company)) == ["c1"]


def test_postgres_gets_each_action_once_and_loses_those_that_are_withdrawn(
    company: DecidedCompany, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database: Database = postgres.database("handed")
    monkeypatch.setenv("CRM_URL", database.url)
    settings = HandOver.model_validate({"files": False, "postgres": {"url": "${CRM_URL}"}})
    for customer in ("c1", "c2"):
        company.contact(customer)
        company.decide(customer)
    company.hand_over(settings)
    customers = "select customer_id from holdfast_actions order by 1"
    assert database.rows(customers) == [("c1",), ("c2",)]

    # A receiver that deletes what it has carried out does not get it again.
    database.execute("delete from holdfast_actions where customer_id = 'c1'")
    company.run(NEXT_DAY)
    company.contact("c2", has_consent=False)
    company.contact("c3")
    company.decide("c3", snapshot_date=NEXT_DAY)
    report = company.hand_over(settings, NEXT_DAY)
    assert (report.deliveries["postgres"].taken, report.failure) == (1, None)
    assert database.rows(customers) == [("c3",)]


def test_a_withdrawal_that_fails_is_reported(
    company: DecidedCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_URL", raising=False)
    company.contact("c1", has_consent=False)
    company.decide("c1")
    settings = HandOver.model_validate({"files": False, "postgres": {"url": "${CRM_URL}"}})
    report = company.hand_over(settings)
    assert report.failure is not None
    assert "CRM_URL is not set" in report.failure


def test_a_day_that_is_run_again_writes_the_same_bytes(company: DecidedCompany) -> None:
    company.decide_many(30)

    def content() -> dict[str, bytes]:
        company.hand_over(FILES)
        folder = company.hand_over_folder / DAY.isoformat()
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    assert content() == content()


def test_files_of_an_earlier_day_stay_as_they_were_handed_over(company: DecidedCompany) -> None:
    company.contact("c1")
    company.decide("c1")
    company.hand_over(FILES)
    company.run(NEXT_DAY)
    company.contact("c1", has_consent=False)
    assert company.hand_over(FILES, DAY).files == {}
    assert in_files(company) == ["c1"]
    withdrawn = company.hand_over_folder / NEXT_DAY.isoformat() / "withdrawn.csv"
    assert '"c1","voucher","consent_withdrawn"' in withdrawn.read_text("utf-8")


def test_a_day_without_decisions_writes_no_files(company: DecidedCompany) -> None:
    assert company.hand_over(FILES).files == {}
    assert not company.hand_over_folder.exists()


def test_files_older_than_keep_days_are_deleted(company: DecidedCompany) -> None:
    company.contact("c1")
    company.decide("c1")
    company.hand_over(FILES)
    company.run(DAY + timedelta(days=31))
    company.hand_over(HandOver(keep_days=30), DAY + timedelta(days=31))
    assert not (company.hand_over_folder / DAY.isoformat()).exists()


def test_the_ledger_and_the_dead_letters_have_no_contact(
    company: DecidedCompany, receiver: Receiver
) -> None:
    company.contact("c1")
    company.decide("c1")
    receiver.fault = lambda *_: "422"
    report = company.hand_over(receiver.settings())
    letters = (company.hand_over_folder / "dead_letters.jsonl").read_text("utf-8")
    for text in (letters, str(company.rows("from ops.handed_over")), str(report)):
        assert EMAIL not in text
        assert NAME not in text
