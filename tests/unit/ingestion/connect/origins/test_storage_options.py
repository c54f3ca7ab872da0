from __future__ import annotations

import pytest

from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.storage_options import storage_options


def test_options_are_read_as_the_configuration_reads_them() -> None:
    assert storage_options(
        ["anon=true", "key=${A}", "client_kwargs.region_name=eu", "client_kwargs.n=3", "s=a=b: c"]
    ) == {
        "anon": True,
        "key": "${A}",
        "client_kwargs": {"region_name": "eu", "n": 3},
        "s": "a=b: c",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["anon"], "expected NAME=VALUE"),
        (["=x"], "expected NAME=VALUE"),
        (["a..b=x"], "expected NAME=VALUE"),
        (["secret="], "expected NAME=VALUE"),
        (["a=1", "a=2"], "--storage-option a is given twice"),
        (["a=1", "a.b=2"], r"--storage-option a\.b is given twice"),
    ],
)
def test_an_invalid_option_is_refused(given: list[str], said: str) -> None:
    with pytest.raises(ConnectError, match=said):
        storage_options(given)
