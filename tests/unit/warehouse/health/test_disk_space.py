from __future__ import annotations

import shutil
from pathlib import Path

from deployment.home import Home
from warehouse.health.disk_space import shortage


def test_a_disk_that_will_not_hold_the_deliveries_is_reported_with_what_is_needed(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path).create()
    free = shutil.disk_usage(tmp_path).free
    assert shortage(home, free // 20) is None
    assert f"because {free / 1e9:.1f} GB of deliveries" in str(shortage(home, free))


def test_half_of_the_present_tables_has_to_fit_beside_them(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    home.warehouse.touch()
    assert shortage(home, 0) is None
    # A sparse file: it has its size and takes no space.
    with home.warehouse.open("wb") as file:
        file.truncate(3 * shutil.disk_usage(tmp_path).free)
    assert "0.0 GB of deliveries" in str(shortage(home, 0))
