"""The brief as a message."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import duckdb
import pytest

from brief.mail import brief_message
from deployment.brief import Mail
from tests.unit.brief.published_file import DAY, SHOP


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
