from __future__ import annotations

import os
from pathlib import Path

import pytest

from deployment.home import Home
from tests.held_warehouse import holding
from warehouse.errors import WarehouseBusyError
from warehouse.exclusive import exclusive, hold

HOLDER = """
import sys
from pathlib import Path
from deployment.home import Home
from warehouse.exclusive import hold
hold(Home(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_home_that_another_process_changes_is_refused_with_its_id_until_it_is_killed(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    with holding(HOLDER, home.root) as process:
        with pytest.raises(WarehouseBusyError, match=rf"changed by process {process.pid}: wait"):
            hold(home)
        process.kill()
        process.wait()
        with exclusive(home):
            pass


def test_a_process_may_reserve_its_home_again_and_leaves_it_free(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with exclusive(home):
        hold(home)
        with exclusive(home):
            pass
        assert (tmp_path / "in_use.lock").read_text() == f"{os.getpid()}\n"
    with holding(HOLDER, home.root):
        pass
