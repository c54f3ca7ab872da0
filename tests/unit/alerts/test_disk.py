from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from alerts.disk import disk_faults


class Usage(NamedTuple):
    free: float


@pytest.mark.parametrize(
    ("free_gb", "is_open", "is_fault"),
    [(1.9, False, True), (2.1, False, False), (2.1, True, True), (2.6, True, False)],
)
def test_a_disk_is_nearly_full_below_the_limit_until_a_quarter_more_is_free(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    free_gb: float,
    *,
    is_open: bool,
    is_fault: bool,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free_gb * 1e9))
    assert bool(disk_faults(tmp_path, 2, is_open=is_open)) is is_fault


def test_the_real_disk_is_measured(tmp_path: Path) -> None:
    assert disk_faults(tmp_path, 0, is_open=False) == []
    (fault,) = disk_faults(tmp_path, 1e9, is_open=False)
    assert (fault.key, fault.severity) == ("disk_nearly_full", "error")
