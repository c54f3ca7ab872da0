from __future__ import annotations

import errno
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deployment.home import Home
from tests.unit.warehouse.health.accounts import give_away, without_privileges
from warehouse.file_damage import damage_of
from warehouse.health.access import require_access
from warehouse.health.faults import FaultError, fault_of


def test_a_new_home_and_one_of_this_account_may_be_used(tmp_path: Path) -> None:
    require_access(Home(tmp_path / "not" / "there"))
    home = Home(tmp_path).create()
    home.warehouse.touch()
    require_access(home)


@pytest.mark.parametrize("name", ["warehouse.duckdb", "dagster", "mlflow"])
def test_state_of_another_account_is_refused_with_both_accounts(tmp_path: Path, name: str) -> None:
    give_away(tmp_path / name)
    with pytest.raises(
        FaultError,
        match=rf"{name} belongs to the account \w+, and this command runs as \w+: run it",
    ):
        require_access(Home(tmp_path))


def test_a_home_that_is_closed_to_this_account_is_a_fault_with_a_remedy(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.root.chmod(0)
    try:
        with without_privileges(), pytest.raises(PermissionError) as raised:
            require_access(home)
        with without_privileges():
            fault = fault_of(raised.value, home)
    finally:
        home.root.chmod(0o700)
    assert raised.value.errno == errno.EACCES
    assert "this account has no permission: run the command as" in str(fault)


def test_a_warehouse_that_this_account_may_not_open_is_not_called_damaged() -> None:
    # Not in pytest's folder, which is closed to the account without privileges.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        path.write_bytes(b"anything")
        path.chmod(0)
        path.parent.chmod(0o711)
        with without_privileges():
            assert damage_of(path) is None
