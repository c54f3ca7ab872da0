from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from deployment.source_config import FilesSource
from tests.object_stores import SECRET
from tests.unit.ingestion.conftest import ORDERS


@pytest.mark.parametrize(
    ("location", "storage", "said"),
    [
        ("s3://b", {"secret": SECRET}, "expected secret as a reference"),
        ("s3://b", {"client_kwargs": {"aws_secret_access_key": SECRET}}, "as a reference"),
        ("sftp://host/x", {"password": 20071988}, "expected password as a reference"),
        ("s3://b", f"secret={SECRET}", "expected keys with values"),
        ("abfs://b", {"account_key": SECRET}, "expected account_key as a reference"),
        ("sftp://me:correct-horse@host/x", {}, "expected the password in it as"),
        ("landing/shop", {"anon": True}, "expected storage_options with a URL"),
    ],
)
def test_a_literal_secret_is_refused_and_not_quoted(location: str, storage: Any, said: str) -> None:
    source = {
        "kind": "files",
        "location": location,
        "storage_options": storage,
        "tables": {"orders": ORDERS},
    }
    with pytest.raises(ValidationError, match=said) as caught:
        FilesSource.model_validate(source)
    assert all("horse" not in error["msg"] for error in caught.value.errors())
