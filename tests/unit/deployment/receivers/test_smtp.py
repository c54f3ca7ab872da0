"""A message taken by a real SMTP server on the loopback address."""

from __future__ import annotations

import ssl
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from deployment.receivers.mail_server import MailServer
from deployment.receivers.smtp import MailError, new_message, send_mail
from deployment.secrets import SecretError
from tests.mail_servers import Serve


def settings(port: int, **others: Any) -> MailServer:
    return MailServer(
        host="localhost",
        port=port,
        sender="holdfast@example.com",
        recipients=["ann@example.com", "bo@example.com"],
        **{"tls": "none", "timeout_seconds": 60, **others},
    )


@pytest.fixture
def message() -> EmailMessage:
    message = new_message("A subject", settings(25))
    message.set_content("Act.\n")
    return message


def test_the_server_takes_the_message_for_every_recipient(
    smtp_server: Serve, message: EmailMessage
) -> None:
    box, port = smtp_server()
    send_mail(message, settings(port))
    (taken,) = box.taken
    assert taken["To"] == "ann@example.com, bo@example.com"
    assert taken.get_content().strip() == "Act."


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_password_goes_over_tls_only(
    smtp_server: Serve,
    message: EmailMessage,
    certificate: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    tls: str,
) -> None:
    def check(_: Any, __: Any, ___: Any, ____: Any, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == b"s3cret-word")

    options = (
        {"tls_context": certificate, "require_starttls": True}
        if tls == "starttls"
        else {"ssl_context": certificate, "auth_require_tls": False}
    )
    box, port = smtp_server(authenticator=check, auth_required=True, **options)
    login = {"tls": tls, "user": "holdfast", "password": "${SMTP_PASSWORD}"}
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret-word")
    send_mail(message, settings(port, **login))
    assert len(box.taken) == 1
    monkeypatch.setenv("SMTP_PASSWORD", "another-word")
    # smtplib offers the password by one method after another until the server no longer answers.
    with pytest.raises(MailError, match=f"was not sent by localhost:{port}") as failure:
        send_mail(message, settings(port, **login, timeout_seconds=3))
    assert "another-word" not in str(failure.value)
    monkeypatch.delenv("SMTP_PASSWORD")
    with pytest.raises(SecretError, match="SMTP_PASSWORD is not set"):
        send_mail(message, settings(port, **login))


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(
    smtp_server: Serve, message: EmailMessage
) -> None:
    box, port = smtp_server()
    with pytest.raises(MailError, match="STARTTLS"):
        send_mail(message, settings(port, tls="starttls"))
    assert box.taken == []


def test_a_refused_recipient_is_named(smtp_server: Serve, message: EmailMessage) -> None:
    box, port = smtp_server(refused="bo@example.com")
    with pytest.raises(MailError, match=r"refused the mail for bo@example\.com"):
        send_mail(message, settings(port))
    assert len(box.taken) == 1


def test_a_server_that_does_not_answer_is_named(message: EmailMessage) -> None:
    with pytest.raises(MailError, match="localhost:1:"):
        send_mail(message, settings(1))
