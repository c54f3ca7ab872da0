"""The brief by e-mail, taken by a real SMTP server on the loopback address."""

from __future__ import annotations

import asyncio
import email
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import duckdb
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from brief.errors import BriefError
from brief.mail import brief_message, send
from deployment.brief import Mail
from deployment.secrets import SecretError
from tests.unit.brief.published_file import DAY, SHOP


@dataclass
class Box:
    """A server's box: what it took, and whom it refuses."""

    taken: list[EmailMessage] = field(default_factory=list)
    refused: str | None = None

    async def handle_RCPT(  # noqa: N802
        self, _: Any, __: Any, envelope: Any, address: str, ___: Any
    ) -> str:
        if address == self.refused:
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


Serve = Callable[..., tuple[Box, int]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers with the options of aiosmtpd; returns each one's box and port.

    aiosmtpd's own Controller knows no free port, and waits only a second for a busy machine.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers: list[asyncio.Server] = []

    def start(
        refused: str | None = None, ssl_context: ssl.SSLContext | None = None, **options: Any
    ) -> tuple[Box, int]:
        box = Box(refused=refused)
        made = loop.create_server(
            lambda: SMTP(box, hostname="localhost", loop=loop, **options),
            "127.0.0.1",
            0,
            ssl=ssl_context,
        )
        servers.append(asyncio.run_coroutine_threadsafe(made, loop).result(60))
        return box, servers[-1].sockets[0].getsockname()[1]

    yield start
    for server in servers:
        loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for localhost, which this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path, key_path = tmp_path / "cert.pem", tmp_path / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return context


def settings(port: int, **others: Any) -> Mail:
    return Mail(
        host="localhost",
        port=port,
        sender="holdfast@example.com",
        recipients=["ann@example.com", "bo@example.com"],
        **{"tls": "none", "timeout_seconds": 60, **others},
    )


@pytest.fixture(scope="module")
def message(con: duckdb.DuckDBPyConnection) -> EmailMessage:
    return brief_message(con, DAY, SHOP, settings(25))


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    content = found.get_content()
    assert isinstance(content, str)
    return content


def test_the_message_has_a_text_a_body_without_pictures_and_the_page(
    message: EmailMessage,
) -> None:
    assert (
        message["Subject"] == "Retention brief Planted, 30\N{NO-BREAK SPACE}June 2026:"
        " 2 customers to act on"
    )
    text, body = part(message, "plain"), part(message, "html")
    assert "Act on 2 customers today." in text
    assert "c1: voucher of 15 % (e‑mail, until 14\N{NO-BREAK SPACE}July 2026)." in text
    assert "call <now>" in text
    assert "No order for 40 days" in body
    assert "call &lt;now&gt;" in body
    assert not any(word in body for word in ("<svg", "<script", "http:", "https:"))
    (page,) = message.iter_attachments()
    assert page.get_filename() == "brief-2026-06-30.html"
    assert page.get_content().startswith("<!doctype html>")


def test_the_message_is_in_the_language_of_the_recipients(
    con: duckdb.DuckDBPyConnection,
) -> None:
    chinese = brief_message(con, DAY, SHOP, settings(25, language="zh"))
    assert chinese["Subject"] == "客户挽留日报 Planted 2026年6月30日：今天 2 位客户需要采取措施"
    assert "已 40 天没有下单" in part(chinese, "html")
    (page,) = chinese.iter_attachments()
    assert '<html lang="zh-Hans">' in page.get_content()


def test_the_server_takes_the_message_for_every_recipient(
    serve: Serve, message: EmailMessage
) -> None:
    box, port = serve()
    send(message, settings(port))
    (taken,) = box.taken
    assert taken["To"] == "ann@example.com, bo@example.com"
    assert "Act on 2 customers today." in part(taken, "plain")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_password_goes_over_tls_only(
    serve: Serve,
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
    box, port = serve(authenticator=check, auth_required=True, **options)
    login = {"tls": tls, "user": "holdfast", "password": "${SMTP_PASSWORD}"}
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret-word")
    send(message, settings(port, **login))
    assert len(box.taken) == 1
    monkeypatch.setenv("SMTP_PASSWORD", "another-word")
    with pytest.raises(BriefError, match=f"was not sent by localhost:{port}") as failure:
        send(message, settings(port, **login))
    assert "another-word" not in str(failure.value)
    monkeypatch.delenv("SMTP_PASSWORD")
    with pytest.raises(SecretError, match="SMTP_PASSWORD is not set"):
        send(message, settings(port, **login))


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(
    serve: Serve, message: EmailMessage
) -> None:
    box, port = serve()
    with pytest.raises(BriefError, match="STARTTLS"):
        send(message, settings(port, tls="starttls"))
    assert box.taken == []


def test_a_refused_recipient_is_named(serve: Serve, message: EmailMessage) -> None:
    box, port = serve(refused="bo@example.com")
    with pytest.raises(BriefError, match=r"refused the brief for bo@example\.com"):
        send(message, settings(port))
    assert len(box.taken) == 1


def test_a_server_that_does_not_answer_is_named(message: EmailMessage) -> None:
    with pytest.raises(BriefError, match="localhost:1:"):
        send(message, settings(1))
