from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from deployment.source_config import RestSource
from ingestion.connect.connection import connect
from ingestion.connect.drafts.todo import open_questions
from ingestion.connect.origins.api import api_catalog
from ingestion.connect.origins.errors import ConnectError
from tests.api_sources import example
from tests.local_apis import SECRETS, LocalApis
from tests.unit.ingestion.connect.conftest import Project

UNKNOWN = ("columns", "optional_columns", "key", "provides")


@pytest.fixture
def apis(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApis]:
    monkeypatch.setenv("SHOPIFY_TOKEN", SECRETS["SHOPIFY_TOKEN"])
    with LocalApis().serving() as apis:
        for number in range(1, 61):
            apis.customers.put(
                {
                    "id": number,
                    "email": f"ada{number}@example.com",
                    "phone": None,
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "created_at": f"2026-05-{number % 28 + 1:02}T10:00:00+02:00",
                    "updated_at": f"2026-06-{number % 28 + 1:02}T10:00:00+02:00",
                }
            )
        yield apis


def entry_of(apis: LocalApis, folder: Path) -> Path:
    """Entry of the shop's API as a person writes it, before it is profiled."""
    entry = example(apis)["sources"]["shopify"]
    del entry["tables"]["orders"]
    for table in entry["tables"].values():
        for key in UNKNOWN:
            table.pop(key, None)
    path = folder / "shopify_api.yml"
    path.write_text(yaml.safe_dump(entry), encoding="utf-8")
    return path


def test_an_api_is_profiled_from_its_first_pages_and_written_without_its_secret(
    apis: LocalApis, project: Project, tmp_path: Path
) -> None:
    path = entry_of(apis, tmp_path)
    found = connect("webshop", str(path), project.config, project.home, project.root)
    [customers] = found.proposal.entities
    assert (customers.entity, customers.table) == ("customers", "customers")
    assert list(found.proposal.profile.keys["customers"].columns) == ["id"]
    assert open_questions(project.config)
    text = project.config.read_text(encoding="utf-8")
    entry = yaml.safe_load(text)["sources"]["webshop"]
    source = RestSource.model_validate(entry)
    assert source.auth is not None
    assert source.auth.value == "${SHOPIFY_TOKEN}"
    assert source.tables["customers"].paging.kind == "link"
    written = text + "".join(each.read_text(encoding="utf-8") for each in found.written)
    assert SECRETS["SHOPIFY_TOKEN"] not in written
    assert "Lovelace" not in written


def test_an_api_that_denies_access_names_the_secret_to_check(
    apis: LocalApis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPIFY_TOKEN", "another-token")
    with duckdb.connect() as con, pytest.raises(ConnectError, match="SHOPIFY_TOKEN") as raised:
        api_catalog(con, entry_of(apis, tmp_path))
    assert "another-token" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kind: rest\n", "expected one source's entry"),
        ("tables: [", "expected a YAML file that can be read"),
        ("kind: rest\nbase_url: http://example.com\ntables: {a: {}}\n", "expected https"),
    ],
)
def test_an_invalid_entry_is_one_message(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "api.yml"
    path.write_text(content, encoding="utf-8")
    with duckdb.connect() as con, pytest.raises(ConnectError, match=said):
        api_catalog(con, path)
