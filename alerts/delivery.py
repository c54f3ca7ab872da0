"""Delivery of alerts: each receiver gets what it does not know yet, and the ledger keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import urllib3

from alerts.fault import Fault
from alerts.ledger import AlertLedger, KnownFault, locked
from alerts.messages import Message, payload
from deployment.config import DeploymentConfig
from deployment.errors import HoldfastError
from deployment.http_pool import http_pool
from deployment.receivers.alerts import Alerts, Webhook
from deployment.receivers.mail_server import MailServer
from deployment.receivers.smtp import new_message, send_mail
from deployment.secrets import reveal

MAIL = "mail"


class AlertError(HoldfastError):
    """A webhook did not take a message; the text has neither its address nor a secret."""


def report(
    config: DeploymentConfig,
    ledger_path: Path,
    faults: Callable[[set[str]], Sequence[Fault]],
    at: datetime,
) -> Mapping[str, str]:
    """Send each receiver the faults that began or ended since its latest message.

    Nothing is raised for a receiver that takes no message: it gets the message with the next
    report, and the ledger keeps the reason. While the ledger cannot be written (a full disk),
    nothing is sent, because it would be sent again each minute.

    Args:
        config: the deployment.
        ledger_path: file of the ledger.
        faults: finds the open faults, given the keys of those that are known to be open.
        at: the time, with an offset.

    Returns:
        The reason by receiver that took no message; `ledger` is the ledger's own.
    """
    try:
        with locked(ledger_path):
            return _report(config, AlertLedger.read(ledger_path), faults, at)
    except OSError as error:
        return {"ledger": f"{ledger_path} cannot be written ({error.strerror})"}


def _report(
    config: DeploymentConfig,
    ledger: AlertLedger,
    faults: Callable[[set[str]], Sequence[Fault]],
    at: datetime,
) -> Mapping[str, str]:
    senders = _senders(config.alerts)
    before = dict(ledger.known), dict(ledger.errors)
    found = {fault.key: fault for fault in faults(ledger.open_keys)}
    ledger.known = {name: ledger.known.get(name, {}) for name in senders}
    ledger.errors = {}
    for name, send in senders.items():
        message, known = _news(config, ledger.known[name], found, at)
        if not (message.begun or message.over):
            continue
        ledger.write()
        try:
            send(message)
        except HoldfastError as error:
            ledger.errors[name] = str(error)
            continue
        ledger.known[name] = known
        ledger.write()
    if (ledger.known, ledger.errors) != before:
        ledger.write()
    return ledger.errors


def failure_message(failures: Mapping[str, str]) -> str | None:
    """The sentence on the receivers that took no message; None if all did."""
    if not failures:
        return None
    reasons = "; ".join(f"{name}: {reason}" for name, reason in failures.items())
    return f"Alerts were not delivered, and are sent with the next run: {reasons}"


def _news(
    config: DeploymentConfig,
    known: Mapping[str, KnownFault],
    found: Mapping[str, Fault],
    at: datetime,
) -> tuple[Message, dict[str, KnownFault]]:
    """The message for a receiver, and the faults that it knows once it has taken the message."""
    now = at.isoformat(timespec="minutes")
    begun = [KnownFault(fault, now) for key, fault in found.items() if key not in known]
    over = [fault for key, fault in known.items() if key not in found]
    stays = {key: fault for key, fault in known.items() if key in found}
    message = Message(config.company, config.slug, begun, over)
    return message, {**stays, **{each.fault.key: each for each in begun}}


def _senders(alerts: Alerts) -> dict[str, Callable[[Message], None]]:
    """The function that sends, by receiver."""
    senders: dict[str, Callable[[Message], None]] = {
        f"webhook {name}": partial(_post, webhook) for name, webhook in alerts.webhooks.items()
    }
    if alerts.mail is not None:
        senders[MAIL] = partial(_mail, alerts.mail)
    return senders


def _post(webhook: Webhook, message: Message) -> None:
    url = reveal(webhook.url).strip()
    body = json.dumps(payload(message, webhook.format)).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "holdfast"}
    try:
        with http_pool(url, webhook.timeout_seconds, retries=False) as pool:
            answer = pool.request("POST", url, body=body, headers=headers, redirect=False)
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        # Its own text has the address.
        kind = type(error).__name__
        raise AlertError(f"the webhook cannot be reached ({kind}): check its url") from None
    if not 200 <= answer.status < 300:
        raise AlertError(f"the webhook answers {answer.status}: check its url and permissions")


def _mail(server: MailServer, message: Message) -> None:
    mail = new_message(message.subject, server)
    mail.set_content("\n\n".join(message.lines) + "\n")
    send_mail(mail, server)
