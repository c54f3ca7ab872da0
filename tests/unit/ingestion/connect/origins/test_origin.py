from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.connect.origins.errors import ConnectError
from tests.unit.ingestion.connect.conftest import Project


@pytest.mark.parametrize(
    ("name", "origin", "message"),
    [
        ("Shop 1", ".", "expected a name of lower-case letters"),
        ("shop", "/nowhere/at/all", "expected a folder"),
        ("shop", "${NOT_SET_AT_ALL}", "NOT_SET_AT_ALL is not set"),
        ("shop", "https://shop.example/exports", "bring one delivery to a folder"),
    ],
)
def test_an_unusable_name_or_origin_is_one_message(
    project: Project, name: str, origin: str, message: str
) -> None:
    with pytest.raises(ConnectError, match=message):
        project.connect(name, origin)


def test_options_without_a_store_are_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="--storage-option is for an object store"):
        project.connect("shop", tmp_path, storage_options={"anon": True})
