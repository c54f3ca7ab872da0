"""Settings of an API: accepted values, refused ones, and no secret in the configuration."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployment.config_file import ConfigError, load_config
from deployment.source_config import RestSource
from tests.api_sources import EXAMPLE

SECRET = "pat-eu1-1234567890"


def changed(path: str, value: Any) -> dict[str, Any]:
    """The ready configuration with one key set, named by the keys above it; None takes it away."""
    content: dict[str, Any] = copy.deepcopy(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))
    *above, last = ["sources", *path.split("/")]
    node = content
    for key in above:
        node = node.setdefault(key, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return content


def mistake(path: str, value: Any, folder: Path) -> str:
    file = folder / "company.yml"
    file.write_text(yaml.safe_dump(changed(path, value)), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return str(caught.value).removeprefix(f"{file}: sources.")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("hubspot/auth", SECRET, "hubspot.auth: expected bearer, or header and value"),
        ("hubspot/auth/bearer", SECRET, "hubspot.auth.bearer: expected the name of a secret"),
        ("hubspot/auth/bearer", 1234567890, "hubspot.auth.bearer: expected the name of a secret"),
        ("shopify/auth/value", SECRET, "shopify.auth.value: expected the name of a secret"),
        ("zendesk/auth/password", SECRET, "zendesk.auth.password: expected the name of a secret"),
        ("hubspot/headers", {"X-Api-Key": SECRET}, "hubspot.headers: expected no secret here"),
        ("hubspot/headers", f"X-Api-Key: {SECRET}", "hubspot.headers: expected keys with values"),
        (
            "hubspot/tables/contacts/parameters",
            f"hapikey={SECRET}",
            "hubspot.tables.contacts.parameters: expected keys with values",
        ),
        (
            "hubspot/tables/contacts/path",
            f"/contacts?hapikey={SECRET}",
            "hubspot.tables.contacts.path: expected a path, its query under parameters",
        ),
        (
            "hubspot/tables/contacts/parameters/hapikey",
            SECRET,
            "hubspot.tables.contacts.parameters: expected no secret here, found hapikey",
        ),
        (
            "hubspot/tables/contacts/parameters/x",
            "${HUBSPOT_TOKEN}",
            "hubspot.tables.contacts.parameters: expected no secret here, found x",
        ),
        (
            "hubspot/base_url",
            f"https://me:{SECRET}@api.hubapi.com",
            "hubspot.base_url: expected an address without user, password and query",
        ),
    ],
)
def test_a_literal_secret_is_refused_and_not_quoted(
    path: str, value: Any, said: str, tmp_path: Path
) -> None:
    message = mistake(path, value, tmp_path)
    assert message.startswith(said)
    assert "1234567890" not in message


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("hubspot/base_url", "http://api.hubapi.com", "hubspot.base_url: expected https"),
        ("hubspot/base_url", "api.hubapi.com", "hubspot.base_url: expected an address such as"),
        (
            "zendesk/auth",
            {"bearer": "${A}", "password": "${B}"},
            "zendesk.auth: expected bearer, or header and value, or user and password, found",
        ),
        (
            "hubspot/tables/contacts/paging/parameter",
            None,
            "hubspot.tables.contacts.paging: expected parameter, which kind cursor needs",
        ),
        (
            "shopify/tables/orders/paging/field",
            "next",
            "shopify.tables.orders.paging: expected no field, of which kind link knows nothing",
        ),
        (
            "zendesk/tables/tickets/incremental",
            {"parameter": "start_time", "field": "updated_at"},
            "zendesk.tables.tickets: expected incremental or a cursor that resumes, found both",
        ),
        (
            "zendesk/tables/tickets/deleted_when",
            {"gone": "yes"},
            "zendesk.tables.tickets: deleted_when: expected a column that columns lists, found",
        ),
        (
            "hubspot/tables/contacts/path",
            "https://elsewhere.example.com/contacts",
            "hubspot.tables.contacts.path: expected a path below base_url",
        ),
        (
            "hubspot/tables/contacts/path",
            "/contacts?limit=100",
            "hubspot.tables.contacts.path: expected a path, its query under parameters",
        ),
        ("hubspot/tables/contacts/key", None, "hubspot.tables.contacts: expected key"),
        ("hubspot/retires", {}, "hubspot.retires: expected one of"),
    ],
)
def test_a_mistake_is_reported_with_its_key(
    path: str, value: Any, said: str, tmp_path: Path
) -> None:
    assert mistake(path, value, tmp_path).startswith(said)


def test_the_ready_configuration_is_read_and_holds_names_only() -> None:
    config = load_config(EXAMPLE)
    for source in config.sources.values():
        assert isinstance(source, RestSource)
        assert source.auth is not None
        assert source.auth.secrets()
    assert config.sources_by_entity()["orders"] == ["shopify"]
