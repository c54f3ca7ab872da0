"""Alerts to real HTTP and SMTP servers: once for each fault, and once when it is over."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.delivery import failure_message, report
from alerts.fault import Fault
from alerts.ledger import AlertLedger
from deployment.config import DeploymentConfig
from deployment.config_file import load_config
from deployment.project import CONFIG
from deployment.receivers.alerts import Alerts, Webhook
from deployment.receivers.mail_server import MailServer
from tests.mail_servers import Serve
from tests.unit.alerts.webhook import Chat, chat_server

STALE = Fault("stale_source:crm", "warning", "crm is <stale>.", "holdfast doctor")
FAILED = Fault("run_failed:2026-06-30", "error", "The run failed.", "look")
AT = datetime(2026, 6, 30, 5, tzinfo=UTC)


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    with chat_server() as chat:
        monkeypatch.setenv("CHAT_URL", chat.url)
        yield chat


def deployment(*formats: str, mail: MailServer | None = None) -> DeploymentConfig:
    webhooks = {
        name: Webhook.model_validate({"url": "${CHAT_URL}", "format": name}) for name in formats
    }
    alerts = Alerts(webhooks=webhooks, mail=mail)
    return load_config(CONFIG / "demo.yml").model_copy(update={"alerts": alerts})


def send(config: DeploymentConfig, path: Path, *faults: Fault) -> str | None:
    def found(_: set[str]) -> Sequence[Fault]:
        return faults

    return failure_message(report(config, path / "ledger.json", found, AT))


def test_a_fault_is_reported_once_when_it_begins_and_once_when_it_is_over(
    chat: Chat, tmp_path: Path
) -> None:
    config = deployment("json")
    for faults in ([STALE], [STALE], [STALE, FAILED], [FAILED], [FAILED], []):
        assert send(config, tmp_path, *faults) is None
    news = [
        ([each["key"] for each in body["begun"]], [each["key"] for each in body["over"]])
        for body in chat.taken
    ]
    assert news == [
        ([STALE.key], []),
        ([FAILED.key], []),
        ([], [STALE.key]),
        ([], [FAILED.key]),
    ]
    assert chat.taken[0]["begun"][0] == {
        "key": "stale_source:crm",
        "kind": "stale_source",
        "severity": "warning",
        "text": "crm is <stale>.",
        "remedy": "holdfast doctor",
        "since": "2026-06-30T05:00+00:00",
    }
    assert chat.taken[0]["deployment"] == "demo"


def test_slack_gets_escaped_text_and_teams_an_adaptive_card(chat: Chat, tmp_path: Path) -> None:
    assert send(deployment("slack", "teams"), tmp_path, STALE) is None
    slack, teams = chat.taken
    assert slack == {
        "text": "*Holdfast Demo Company*\n[warning] crm is &lt;stale&gt;. To do: holdfast doctor."
    }
    (card,) = teams["attachments"]
    assert (teams["type"], card["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    assert [block["text"] for block in card["content"]["body"]] == [
        "Holdfast Demo Company",
        "[warning] crm is <stale>. To do: holdfast doctor.",
    ]


def test_a_mail_has_the_first_fault_in_its_subject_and_all_in_its_body(
    smtp_server: Serve, tmp_path: Path
) -> None:
    box, port = smtp_server()
    server = MailServer(
        host="localhost",
        port=port,
        tls="none",
        sender="h@example.com",
        recipients=["a@example.com"],
    )
    assert send(deployment(mail=server), tmp_path, FAILED, STALE) is None
    (taken,) = box.taken
    assert taken["Subject"] == "Holdfast Demo Company: The run failed. (and 1 more)"
    assert "crm is <stale>. To do: holdfast doctor." in taken.get_content()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_receiver_that_refuses_gets_the_message_with_the_next_report(
    chat: Chat, tmp_path: Path, status: int
) -> None:
    config = deployment("json")
    chat.status = status
    failure = send(config, tmp_path, STALE)
    assert f"webhook json: the webhook answers {status}" in str(failure)
    chat.status = 200
    assert send(config, tmp_path, STALE) is None
    assert [each["key"] for each in chat.taken[0]["begun"]] == [STALE.key]


def test_a_dead_receiver_is_no_error_for_the_others_and_its_address_is_in_no_message(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_URL", "http://127.0.0.1:1/s3cret-path")
    webhooks = {
        "dead": Webhook.model_validate({"url": "${DEAD_URL}"}),
        "unset": Webhook.model_validate({"url": "${NOT_SET}"}),
        "chat": Webhook.model_validate({"url": "${CHAT_URL}"}),
    }
    config = deployment().model_copy(update={"alerts": Alerts(webhooks=webhooks)})
    failure = str(send(config, tmp_path, STALE))
    assert "webhook dead: the webhook cannot be reached" in failure
    assert "webhook unset: NOT_SET is not set" in failure
    assert len(chat.taken) == 1
    everything = failure + (tmp_path / "ledger.json").read_text()
    assert "s3cret-path" not in everything


def test_a_process_killed_before_the_ledger_is_written_reports_once_more(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = deployment("json")

    def killed(_: AlertLedger) -> None:
        if chat.taken:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(AlertLedger, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            send(config, tmp_path, STALE)
    for _ in range(3):
        assert send(config, tmp_path, STALE) is None
    assert len(chat.taken) == 2


def test_nothing_is_sent_while_the_ledger_cannot_be_written(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "ledger.json.new").mkdir()
    failure = str(send(deployment("json"), tmp_path, STALE))
    assert f"ledger: {tmp_path / 'ledger.json'} cannot be written" in failure
    assert chat.taken == []


def test_a_new_receiver_gets_the_open_faults_and_a_removed_one_is_forgotten(
    chat: Chat, tmp_path: Path
) -> None:
    assert send(deployment("json"), tmp_path, STALE) is None
    assert send(deployment("json", "slack"), tmp_path, STALE) is None
    assert ["text" in body for body in chat.taken] == [False, True]
    assert send(deployment("slack"), tmp_path, STALE) is None
    ledger: dict[str, Any] = json.loads((tmp_path / "ledger.json").read_text())
    assert list(ledger["receivers"]) == ["webhook slack"]
