from __future__ import annotations

from typing import Any

import pytest

from deployment.source_config import FilesSource, RestSource, SqlSource
from ingestion.errors import SourceError
from ingestion.opened_source import OpenedSource, open_origin, open_source

TABLE = {"columns": ["id"], "key": ["id"]}
STORE = FilesSource.model_validate(
    {
        "kind": "files",
        "location": "s3://${SHOP_BUCKET}/orders",
        "storage_options": {"key": "${SHOP_KEY}", "client_kwargs": {"nested": ["${SHOP_KEY}", 7]}},
        "tables": {"orders": {"path": "a.csv", "format": "csv", "columns": ["id"]}},
    }
)
CRM = SqlSource.model_validate(
    {"kind": "sql", "url": "postgresql://crm:${CRM_PASSWORD}@db/crm", "tables": {"people": TABLE}}
)
DESK = RestSource.model_validate(
    {
        "kind": "rest",
        "base_url": "https://${DESK_HOST}/api",
        "auth": {"user": "${DESK_USER}/token", "password": "${DESK_TOKEN}"},
        "tables": {"tickets": {**TABLE, "path": "/tickets", "records": "."}},
    }
)
SECRETS = {
    "SHOP_BUCKET": "bucket-7391",
    "SHOP_KEY": "key-4482",
    "CRM_PASSWORD": "p@ss/word-5561",
    "DESK_HOST": "desk-9921.example.com",
    "DESK_USER": "user-6120@example.com",
    "DESK_TOKEN": "token-3309",
}


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_every_part_with_a_secret_is_resolved() -> None:
    store = open_source("shop", STORE)
    assert store.value(STORE.location) == "s3://bucket-7391/orders"
    assert store.value(STORE.storage_options) == {
        "key": "key-4482",
        "client_kwargs": {"nested": ["key-4482", 7]},
    }
    crm = open_source("crm", CRM)
    assert crm.value(CRM.url) == "postgresql://crm:p@ss/word-5561@db/crm"
    desk = open_source("desk", DESK)
    assert DESK.auth is not None
    assert [desk.value(text) for text in (DESK.base_url, *DESK.auth.texts())] == [
        "https://desk-9921.example.com/api",
        "user-6120@example.com/token",
        "token-3309",
    ]
    assert open_origin("crm", "sqlite:///${SHOP_KEY}.db").value("sqlite:///${SHOP_KEY}.db") == (
        "sqlite:///key-4482.db"
    )


@pytest.mark.parametrize("config", [STORE, CRM, DESK])
def test_an_opened_source_shows_no_secret_when_printed(
    config: FilesSource | SqlSource | RestSource,
) -> None:
    opened: OpenedSource[Any] = open_source("a", config)
    shown = f"{opened} {opened!r} {opened.config!r} {[opened]}"
    assert not [value for value in SECRETS.values() if value in shown]


def test_secrets_are_removed_from_a_message_in_every_form() -> None:
    crm = open_source("crm", CRM)
    message = "cannot reach p%40ss%2Fword-5561 of postgresql://crm:p@ss/word-5561@db/crm"
    assert "word-5561" not in crm.hide(message)


def test_secrets_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    crm = open_source("crm", CRM)
    monkeypatch.delenv("CRM_PASSWORD")
    assert crm.value(CRM.url) == "postgresql://crm:p@ss/word-5561@db/crm"


def test_a_missing_secret_is_an_error_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESK_TOKEN")
    with pytest.raises(SourceError, match=r"^source desk: DESK_TOKEN is not set: set it"):
        open_source("desk", DESK)
    with pytest.raises(SourceError, match=r"^source crm: DESK_TOKEN is not set"):
        open_origin("crm", "${DESK_TOKEN}")
