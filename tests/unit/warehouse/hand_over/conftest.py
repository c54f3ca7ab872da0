"""The company of this folder's tests, and its receivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.warehouse.hand_over.decided_company import SECRET, DecidedCompany
from tests.unit.warehouse.hand_over.receiver import Receiver


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DecidedCompany:
    monkeypatch.setenv("SIGNING_SECRET", SECRET)
    return DecidedCompany(tmp_path).create()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as serving:
        yield serving
