from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployment.home import PRIVATE_UMASK, Home


def test_everything_lies_below_the_home_that_the_environment_names(tmp_path: Path) -> None:
    home = Home.from_env({"HOLDFAST_HOME": str(tmp_path / "state")})
    assert home.root == tmp_path / "state"
    assert home.published == tmp_path / "state" / "published" / "holdfast.duckdb"
    assert home.mlflow_tracking_uri == f"sqlite:///{tmp_path}/state/mlflow/mlflow.db"


def test_without_the_variable_the_home_is_data_here_wherever_the_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home.from_env({})
    monkeypatch.chdir("/")
    assert home.root == tmp_path / "data"


def test_nothing_is_made_before_create_and_create_may_be_repeated(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    assert not home.root.exists()
    home.create().create()
    assert home.landing.is_dir()
    assert home.published.parent.is_dir()
    assert not home.warehouse.exists()


def modes(folder: Path) -> dict[str, str]:
    """Mode by path below a folder, and of the folder itself."""
    return {
        path.relative_to(folder).as_posix(): f"{path.stat().st_mode & 0o777:o}"
        for path in (folder, *sorted(folder.rglob("*")))
    }


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0o000)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_what_another_umask_left_open_is_closed_once_and_named(tmp_path: Path) -> None:
    home = Home(tmp_path / "state").create()
    home.warehouse.touch()
    (home.landing / "shop").mkdir()
    (home.landing / "shop" / "orders.csv").touch()
    (home.published.parent / "holdfast.duckdb").touch()

    closed = home.protect()
    assert {path.name for path in closed} == {
        "landing", "mlflow", "dagster", "dbt", "warehouse.duckdb",
    }  # fmt: skip
    found = modes(home.root)
    # Readers of published tables pass through the home, and cannot list it.
    assert found.pop(".") == "711"
    published = {name: found.pop(name) for name in list(found) if name.startswith("published")}
    assert set(published.values()) == {"777", "666"}
    assert set(found.values()) == {"700", "600"}
    assert home.protect() == []


@pytest.mark.usefixtures("open_umask")
def test_a_link_to_a_folder_of_others_is_left_to_them(tmp_path: Path) -> None:
    deliveries = tmp_path / "deliveries"
    deliveries.mkdir()
    home = Home(tmp_path / "state")
    home.root.mkdir()
    home.landing.symlink_to(deliveries)
    home.create().protect()
    assert modes(deliveries) == {".": "777"}


def test_under_the_private_umask_every_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(PRIVATE_UMASK)
    try:
        home = Home(tmp_path / "state").create()
        home.warehouse.touch()
        assert home.protect() == []
    finally:
        os.umask(before)
