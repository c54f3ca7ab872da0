from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from deployment.config_file import ConfigError, load_config
from deployment.hand_over import HandOver, HttpReceiver, PostgresReceiver, check_endpoint
from tests.unit.deployment.configs import GOOD, write

SECRET = "${SIGNING_SECRET}"


def test_files_are_written_and_no_receiver_is_asked_by_default(tmp_path: Path) -> None:
    settings = load_config(write(tmp_path, GOOD)).hand_over
    assert settings == HandOver(files=True, postgres=None, http=None)


def test_receivers_are_read_from_the_file(tmp_path: Path) -> None:
    receivers = """
hand_over:
  files: false
  postgres: {url: "postgresql://crm:${CRM_PASSWORD}@db.example.com/crm", table: crm.actions}
  http: {url: "https://crm.example.com/hooks?from=holdfast", secret: "${SIGNING_SECRET}"}
"""
    settings = load_config(write(tmp_path, GOOD + receivers)).hand_over
    assert settings.postgres is not None
    assert settings.postgres.table == "crm.actions"
    assert settings.http is not None
    assert (settings.http.attempts, settings.http.timeout_seconds) == (5, 10)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("http: {url: 'http://crm.example.com', secret: '${S}'}", "hand_over.http.url.*https"),
        ("http: {url: 'https://a:pw4711@h/x', secret: '${S}'}", "without user, password"),
        ("http: {url: 'ftp://h/x', secret: '${S}'}", "expected an address such as https"),
        ("http: {url: 'https://h:99999/x', secret: '${S}'}", "expected an address such as https"),
        ("http: {url: 'https://h/x', secret: pw4711}", "found another text"),
        ("http: {url: 'https://h/x'}", "hand_over.http.secret: expected this key"),
        ("postgres: {url: 'postgresql://crm:pw4711@h/crm'}", "found one written out"),
        ("postgres: {url: 'mysql://h/crm'}", "hand_over.postgres.url.*postgresql://"),
        ("postgres: {url: '${U}', table: 'a; drop table b'}", "a table's name"),
        ("ftp: {}", "hand_over.ftp: expected one of files, keep_days, postgres, http"),
    ],
)
def test_a_mistake_is_named_without_its_secret(tmp_path: Path, section: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(write(tmp_path, f"{GOOD}\nhand_over:\n  {section}\n"))
    assert "pw4711" not in str(caught.value)


def test_a_whole_address_may_be_a_secret() -> None:
    HttpReceiver(url="${HOOK_URL}", secret=SECRET)
    PostgresReceiver(url="${CRM_URL}")


@pytest.mark.parametrize("url", ["https://h", "http://127.0.0.1:8000/x", "http://localhost/x?a=1"])
def test_an_endpoint_is_encrypted_or_on_this_machine(url: str) -> None:
    check_endpoint(url)
    assert HttpReceiver(url=url, secret=SECRET).url == url


def test_settings_cannot_be_changed() -> None:
    settings: Any = HandOver()
    with pytest.raises(ValidationError, match="frozen"):
        settings.files = False
